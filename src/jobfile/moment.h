#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time.h"

/// Times as people write them in job files and on the command line.

namespace dayan::jobfile {

/// What the times in a file count from.
struct TimeBase {
  UnixTime now;           ///< "+8h" is 8 hours later; none: nothing can be counted from it
  bool has_dates = true;  ///< false: `now` is of no calendar, and only what counts from it has a meaning
};

/// The longest that a time may lie behind the time base.
inline constexpr Duration time_ahead_max = Duration::hours(24 * 366);

/// "2026-11-23T06:00:00+08:00", or "+8h": so long after the time base.
[[nodiscard]] Result<UnixTime> parse_moment(std::string_view text, const TimeBase& base);

}  // namespace dayan::jobfile
