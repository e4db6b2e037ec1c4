#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "base/id.h"
#include "model/fields.h"

namespace dayan {

struct OrganisationTag { static constexpr std::string_view prefix = "org"; };
struct ProjectTag { static constexpr std::string_view prefix = "project"; };
struct UserTag { static constexpr std::string_view prefix = "user"; };
struct CentreTag { static constexpr std::string_view prefix = "centre"; };
struct OfferTag { static constexpr std::string_view prefix = "offer"; };
struct JobTag { static constexpr std::string_view prefix = "job"; };
struct EntryTag { static constexpr std::string_view prefix = "entry"; };
struct ReservationTag { static constexpr std::string_view prefix = "reservation"; };

using OrganisationId = Id<OrganisationTag>;
using ProjectId = Id<ProjectTag>;
using UserId = Id<UserTag>;
using CentreId = Id<CentreTag>;
using OfferId = Id<OfferTag>;
using JobId = Id<JobTag>;
using ReservationId = Id<ReservationTag>;
/// Counted by the ledger from one, without gaps.
using EntryId = Id<EntryTag>;

/// One try at one task of a job. `number` counts from one and is the epoch: a higher one fences a lower one off.
struct AttemptKey {
  JobId job;
  std::int32_t task = 0;    ///< index in the job's array, from zero
  std::int32_t number = 1;  ///< from one

  static constexpr auto fields() {
    return std::tuple{field("job", &AttemptKey::job), field("task", &AttemptKey::task),
                      field("number", &AttemptKey::number)};
  }
  friend auto operator<=>(const AttemptKey&, const AttemptKey&) = default;
};

/// The attempt's name at every engine: "dayan-<13 digits of the job>-<task>-<number>". A repeated start order finds
/// the engine's job by it.
[[nodiscard]] std::string engine_name(const AttemptKey& key);
[[nodiscard]] Result<AttemptKey> parse_engine_name(std::string_view name);

}  // namespace dayan
