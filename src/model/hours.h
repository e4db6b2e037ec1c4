#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/fields.h"

/// Hours of the day at which something is another percentage of what it usually is: prices at night, the carbon of a
/// grid at noon.

namespace dayan {

/// [from, until) of each day; past midnight where `until` is not later than `from`.
struct DayHours {
  DayTime from;
  DayTime until;
  std::int32_t percent = 100;

  static constexpr auto fields() {
    return std::tuple{field("from", &DayHours::from), field("until", &DayHours::until),
                      field("percent", &DayHours::percent)};
  }
  friend bool operator==(const DayHours&, const DayHours&) = default;
};
inline constexpr std::size_t day_hours_max = 24;
inline constexpr std::int32_t hours_percent_min = 1;
inline constexpr std::int32_t hours_percent_max = 1'000;

/// Every fault of a list, each named below `field`: percentages in range, windows with a length, none over another.
void check_hours(std::string_view field, const std::vector<DayHours>& hours, Faults& faults);

/// The percentage that holds at a moment; 100 outside all windows. `hours` has no fault.
[[nodiscard]] std::int32_t percent_at(const std::vector<DayHours>& hours, UnixTime at);
/// The least that holds at some hour.
[[nodiscard]] std::int32_t least_percent(const std::vector<DayHours>& hours);
/// The first moment after `at` from which on another percentage holds; nothing where one holds all day.
[[nodiscard]] std::optional<UnixTime> next_percent_change(const std::vector<DayHours>& hours, UnixTime at);

}  // namespace dayan
