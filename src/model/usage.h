#pragma once

#include <cstdint>

#include "base/time.h"
#include "model/fields.h"
#include "model/ids.h"
#include "model/job.h"

/// Usage: how much of the platform a project has used lately. What was used counts half for each half life that has
/// passed. Instead of shrinking all sums as time goes by, later use is weighed heavier, against the start of a period
/// (periods are half lives, counted from 1970): sums of one period are simply added, and a sum moves to the next
/// period by halving it. Integers alone: equal on every compiler.

namespace dayan {

/// How fast the platform forgets who used it (docs/decisions/0011-fair-share.md).
inline constexpr Duration usage_half_life = Duration::hours(24 * 7);
/// Weights of organisations, and of projects in their organisation, in thousandths: 1,000 is the usual one.
inline constexpr std::int64_t share_weight_usual = 1'000;
inline constexpr std::int64_t share_weight_max = 1'000'000;

/// When the period of a moment (1970 or later) began.
[[nodiscard]] UnixTime usage_period(UnixTime at);

/// The time that has passed until `at`, as weighed at the start of `period`: half life ÷ ln 2 × 2^((at − period) ÷
/// half life), in µs, to about a µs. A use that lasts from a to b weighs weighed_time(b) − weighed_time(a). What lies
/// so far ahead of the period that it would not fit stays at the largest number.
[[nodiscard]] std::int64_t weighed_time(UnixTime at, UnixTime period);

/// What attempts of a project have used that are over, weighed as of `period`. Each number stops at the largest there
/// is instead of wrapping round.
struct UsageRow {
  ProjectId project;
  OrganisationId organisation;
  UnixTime period;
  std::int64_t core_ms = 0;       ///< cores × milliseconds
  std::int64_t memory_mib_s = 0;  ///< MiB × seconds
  std::int64_t card_ms = 0;       ///< reference cards × milliseconds

  static constexpr std::string_view table = "usage";
  [[nodiscard]] auto key() const { return std::tuple{project}; }
  static constexpr auto fields() {
    using R = UsageRow;
    return std::tuple{
        dayan::key("project", &R::project), field("organisation", &R::organisation), field("period", &R::period),
        field("core_ms", &R::core_ms),      field("memory_mib_s", &R::memory_mib_s), field("card_ms", &R::card_ms)};
  }
  friend bool operator==(const UsageRow&, const UsageRow&) = default;
};

/// What so many cards of this capability (zero is unknown: as the reference) come to in reference cards, rounded up.
[[nodiscard]] MilliCards in_reference_cards(MilliCards cards, Capability of_one);

/// Weighs the row as of a period that is not before its own.
void move_to(UsageRow& row, UnixTime period);
/// Adds a use of these resources, over all their nodes and with cards of this capability, from `from` to `to`; each
/// number is rounded up. The row moves to the period of `to`, unless it is in a later one already.
void add_use(UsageRow& row, const Resources& resources, Capability card, UnixTime from, UnixTime to);

}  // namespace dayan
