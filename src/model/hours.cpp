#include "model/hours.h"

#include <algorithm>
#include <string>

namespace dayan {
namespace {

bool covers(const DayHours& window, DayTime time) {
  if (window.from < window.until) return time >= window.from && time < window.until;
  return time >= window.from || time < window.until;
}

std::int32_t percent_of(const std::vector<DayHours>& hours, DayTime time) {
  const auto found = std::ranges::find_if(hours, [&](const DayHours& each) { return covers(each, time); });
  return found != hours.end() ? found->percent : 100;
}

}  // namespace

void check_hours(std::string_view field, const std::vector<DayHours>& hours, Faults& faults) {
  const auto fault = [&](std::size_t index, const char* part, std::string wrong, std::string right) {
    faults.push_back({ErrorCode::invalid, std::string(field) + '[' + std::to_string(index) + ']' + part,
                      std::move(wrong), std::move(right)});
  };
  if (hours.size() > day_hours_max) {
    faults.push_back({ErrorCode::invalid, std::string(field), std::to_string(hours.size()) + " windows are too many",
                      "give at most " + std::to_string(day_hours_max)});
    return;
  }
  for (std::size_t i = 0; i < hours.size(); ++i) {
    const DayHours& each = hours[i];
    if (each.percent < hours_percent_min || each.percent > hours_percent_max) {
      fault(i, ".percent", std::to_string(each.percent) + " % is out of range",
            "give " + std::to_string(hours_percent_min) + " to " + std::to_string(hours_percent_max) +
                " percent of what holds at other hours");
    }
    if (each.from == each.until) {
      fault(i, ".until", "is " + to_text(each.until) + ", at which it begins", "give the time at which it ends");
      continue;
    }
    const auto overlaps = [&](const DayHours& other) {
      return other.from != other.until && (covers(other, each.from) || covers(each, other.from));
    };
    const auto before = std::find_if(hours.begin(), hours.begin() + static_cast<std::ptrdiff_t>(i), overlaps);
    if (before == hours.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    fault(i, ".from", "overlaps the window from " + to_text(before->from) + " to " + to_text(before->until),
          "give windows that lie apart");
  }
}

std::int32_t percent_at(const std::vector<DayHours>& hours, UnixTime at) { return percent_of(hours, day_time_of(at)); }

std::int32_t least_percent(const std::vector<DayHours>& hours) {
  std::int32_t least = 0;
  std::int64_t covered = 0;  // minutes
  for (const DayHours& each : hours) {
    least = least == 0 ? each.percent : std::min(least, each.percent);
    covered += (each.until.minutes() - each.from.minutes() + DayTime::day) % DayTime::day;
  }
  return covered < DayTime::day && (least == 0 || least > 100) ? 100 : least;
}

std::optional<UnixTime> next_percent_change(const std::vector<DayHours>& hours, UnixTime at) {
  const DayTime now = day_time_of(at);
  const std::int32_t percent = percent_of(hours, now);
  std::optional<std::int32_t> least;  // minutes from the minute of `at` on
  const auto look = [&](DayTime time) {
    if (percent_of(hours, time) == percent) return;
    const std::int32_t ahead = (time.minutes() - now.minutes() + DayTime::day) % DayTime::day;
    if (!least || ahead < *least) least = ahead;
  };
  for (const DayHours& each : hours) {
    look(each.from);
    look(each.until);
  }
  if (!least) return std::nullopt;
  const std::int64_t minute = Duration::minutes(1).microseconds();
  return UnixTime(at.microseconds() - at.microseconds() % minute) + Duration::minutes(*least);
}

}  // namespace dayan
