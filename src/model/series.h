#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "model/fields.h"
#include "model/ids.h"
#include "model/job.h"

/// Series: periodic work. Its rounds are jobs of their own, one a period of fixed length: the core submits each when
/// its time has come, with earliest start and deadline that much later than those of the first.

namespace dayan {

enum class SeriesEnd {
  not_yet,
  complete,   ///< the time of its last round has come
  cancelled,  ///< by its customer
};
template <>
struct EnumWords<SeriesEnd> {
  static constexpr std::array<std::string_view, 3> words{"not_yet", "complete", "cancelled"};
};

/// Live as long as a further round is to come. Round k is due at first_at + (k − 1) × every.
struct SeriesRow {
  JobId id;  ///< of the first round, under which the payload of all is kept
  OrganisationId organisation;
  ProjectId project;
  UserId user;
  std::string name;
  std::int32_t count = 1;
  std::int32_t throttle = 0;
  Duration wait_max;
  Requirements requirements;  ///< of the first round
  Duration every;
  std::int32_t times = 0;
  Overlap overlap = Overlap::both;
  UnixTime first_at;          ///< the first round's earliest start; where it has none, its submission
  std::int32_t round = 1;     ///< the last whose time has come
  std::int32_t skipped = 0;   ///< of these were not submitted
  JobId newest;               ///< the last that was submitted
  UnixTime next_at;           ///< none: no further round comes
  SeriesEnd end = SeriesEnd::not_yet;
  UnixTime submitted_at;
  UnixTime ended_at;
  Bytes input_bytes;          ///< of each round

  static constexpr std::string_view table = "series";
  [[nodiscard]] auto key() const { return std::tuple{id}; }
  static constexpr auto fields() {
    using R = SeriesRow;
    return std::tuple{dayan::key("id", &R::id),
                      field("organisation", &R::organisation),
                      field("project", &R::project),
                      field("user", &R::user),
                      field("name", &R::name),
                      field("count", &R::count),
                      field("throttle", &R::throttle),
                      field("wait_max", &R::wait_max),
                      field("requirements", &R::requirements),
                      field("every", &R::every),
                      field("times", &R::times),
                      field("overlap", &R::overlap),
                      field("first_at", &R::first_at),
                      field("round", &R::round),
                      field("skipped", &R::skipped),
                      field("newest", &R::newest),
                      field("next_at", &R::next_at),
                      field("end", &R::end),
                      field("submitted_at", &R::submitted_at),
                      field("ended_at", &R::ended_at),
                      field("input_bytes", &R::input_bytes)};
  }
  friend bool operator==(const SeriesRow&, const SeriesRow&) = default;

  /// When the time of a round comes.
  [[nodiscard]] UnixTime due(std::int32_t number) const { return first_at + every * (number - 1); }
};

}  // namespace dayan
