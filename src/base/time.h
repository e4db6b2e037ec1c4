#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

/// Time inside Dayan: microseconds, UTC. The core is handed `now`; it never reads a clock.

namespace dayan {

/// A length of time in microseconds; may be negative as a difference.
class Duration {
 public:
  constexpr Duration() = default;
  [[nodiscard]] static constexpr Duration microseconds(std::int64_t n) { return Duration(n); }
  [[nodiscard]] static constexpr Duration milliseconds(std::int64_t n) { return Duration(n * 1000); }
  [[nodiscard]] static constexpr Duration seconds(std::int64_t n) { return Duration(n * 1'000'000); }
  [[nodiscard]] static constexpr Duration minutes(std::int64_t n) { return seconds(n * 60); }
  [[nodiscard]] static constexpr Duration hours(std::int64_t n) { return seconds(n * 3600); }

  [[nodiscard]] constexpr std::int64_t microseconds() const { return microseconds_; }
  /// Whole seconds, rounded up: a time limit is never cut short by rounding.
  [[nodiscard]] constexpr std::int64_t seconds_up() const {
    return microseconds_ / 1'000'000 + (microseconds_ % 1'000'000 > 0 ? 1 : 0);
  }

  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return Duration(a.microseconds_ + b.microseconds_); }
  friend constexpr Duration operator-(Duration a, Duration b) { return Duration(a.microseconds_ - b.microseconds_); }
  friend constexpr Duration operator*(Duration a, std::int64_t n) { return Duration(a.microseconds_ * n); }

 private:
  constexpr explicit Duration(std::int64_t microseconds) : microseconds_(microseconds) {}
  std::int64_t microseconds_ = 0;
};

/// A moment: microseconds since 1970-01-01 UTC. For storing and showing; zero is "none".
class UnixTime {
 public:
  constexpr UnixTime() = default;
  constexpr explicit UnixTime(std::int64_t microseconds) : microseconds_(microseconds) {}

  [[nodiscard]] constexpr std::int64_t microseconds() const { return microseconds_; }
  [[nodiscard]] constexpr bool is_none() const { return microseconds_ == 0; }

  friend constexpr auto operator<=>(UnixTime, UnixTime) = default;
  friend constexpr UnixTime operator+(UnixTime t, Duration d) { return UnixTime(t.microseconds_ + d.microseconds()); }
  friend constexpr UnixTime operator-(UnixTime t, Duration d) { return UnixTime(t.microseconds_ - d.microseconds()); }
  friend constexpr Duration operator-(UnixTime a, UnixTime b) {
    return Duration::microseconds(a.microseconds_ - b.microseconds_);
  }

 private:
  std::int64_t microseconds_ = 0;
};

/// A time of the day in UTC, to the minute.
class DayTime {
 public:
  static constexpr std::int32_t day = 24 * 60;  ///< minutes
  constexpr DayTime() = default;
  /// 0 to day − 1.
  [[nodiscard]] static constexpr DayTime minutes(std::int32_t n) { return DayTime(n); }
  [[nodiscard]] constexpr std::int32_t minutes() const { return minutes_; }

  friend constexpr auto operator<=>(DayTime, DayTime) = default;

 private:
  constexpr explicit DayTime(std::int32_t minutes) : minutes_(minutes) {}
  std::int32_t minutes_ = 0;
};

/// The minute of its day in which a moment from 1970 on lies.
[[nodiscard]] DayTime day_time_of(UnixTime time);
/// "07:05", in UTC.
[[nodiscard]] std::string to_text(DayTime time);
/// Reads "23:00", "23:00Z" or, where the place has another time, "23:00+08:00", which is 15:00.
[[nodiscard]] Result<DayTime> parse_day_time(std::string_view text);

/// RFC 3339 in UTC with microseconds only when there are any: 2026-11-22T08:30:00Z.
[[nodiscard]] std::string to_text(UnixTime time);
/// Reads RFC 3339 with `Z` or a numeric offset, up to six fraction digits.
[[nodiscard]] Result<UnixTime> parse_time(std::string_view text);

/// The exact form of a length of time: "1m30s", "2m", "1h30m", "250ms", "1500ms".
[[nodiscard]] std::string to_text(Duration duration);
/// Reads "2m", "1h30m", "90s", "250ms", "1d12h"; a bare number is refused, since its unit would be a guess.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

}  // namespace dayan
