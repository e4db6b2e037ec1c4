#include "jobfile/moment.h"

#include "base/scan.h"

namespace dayan::jobfile {

Result<UnixTime> parse_moment(std::string_view text, const TimeBase& base) {
  const auto refuse = [text](std::string_view wrong, std::string right) {
    return fail(ErrorCode::invalid, quote(text) + ' ' + std::string(wrong), std::move(right));
  };
  if (text.starts_with('+')) {
    const auto ahead = parse_duration(text.substr(1));
    if (!ahead.has_value()) return refuse("is not a time from now on", "give one like +8h or +1d12h");
    if (*ahead > time_ahead_max) return refuse("is too far ahead", "give at most +366d");
    if (base.now.is_none()) return refuse("has nothing to count from here", "give a date");
    return base.now + *ahead;
  }
  if (!base.has_dates)
    return refuse("is no time of a described platform, which has no calendar",
                  "give a time from its beginning on like +8h");
  const auto time = parse_time(text);
  if (time.has_value() && !time->is_none()) return *time;
  return refuse("is not a time",
                "give a date with its offset like 2026-11-23T06:00:00+08:00, or a time from now on like +8h");
}

}  // namespace dayan::jobfile
