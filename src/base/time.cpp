#include "base/time.h"

#include <array>

#include "base/scan.h"

namespace dayan {
namespace {

constexpr std::int64_t microseconds_per_second = 1'000'000;
constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t microseconds_per_day = seconds_per_day * microseconds_per_second;

/// The last microsecond of the year 9999.
constexpr std::int64_t time_max = 253'402'300'800 * microseconds_per_second - 1;

struct Date {
  std::int64_t year = 1970;
  std::int64_t month = 1;  ///< 1 … 12
  std::int64_t day = 1;    ///< 1 … 31
};

constexpr bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr std::int64_t days_of_month(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[static_cast<std::size_t>(month - 1)];
}

// Both directions count from 1 March, so that the leap day ends the year, in eras of 400 years = 146,097 days.
// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013 (days_from_civil, civil_from_days).

constexpr std::int64_t days_of(Date date) {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

constexpr Date date_of(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return Date{year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

static_assert(days_of(Date{1970, 1, 1}) == 0);
static_assert(days_of(Date{10'000, 1, 1}) * microseconds_per_day == time_max + 1);

/// Takes exactly `count` digits off `text`.
bool take_field(std::string_view& text, std::size_t count, std::int64_t& value) {
  if (text.size() < count) return false;
  std::string_view field = text.substr(0, count);
  if (take_digits(field).size() != count) return false;
  value = *number_of(text.substr(0, count));  // at most four digits: cannot overflow
  text.remove_prefix(count);
  return true;
}

struct Unit {
  std::string_view name;
  std::int64_t microseconds;
};
constexpr std::array<Unit, 6> units = {{{"d", microseconds_per_day},
                                        {"h", 3'600 * microseconds_per_second},
                                        {"m", 60 * microseconds_per_second},
                                        {"s", microseconds_per_second},
                                        {"ms", 1'000},
                                        {"us", 1}}};

}  // namespace

std::string to_text(UnixTime time) {
  const std::int64_t total = time.microseconds();
  std::int64_t days = total / microseconds_per_day;
  std::int64_t rest = total % microseconds_per_day;
  if (rest < 0) {
    rest += microseconds_per_day;
    --days;
  }
  const Date date = date_of(days);
  const auto two = [](std::int64_t value) { return padded(static_cast<std::uint64_t>(value), 2); };
  const std::int64_t seconds = rest / microseconds_per_second;
  const std::int64_t fraction = rest % microseconds_per_second;

  std::string text = date.year < 0 ? "-" : "";
  text += padded(magnitude(date.year), 4) + '-' + two(date.month) + '-' + two(date.day);
  text += 'T' + two(seconds / 3'600) + ':' + two(seconds / 60 % 60) + ':' + two(seconds % 60);
  if (fraction != 0) text += '.' + padded(static_cast<std::uint64_t>(fraction), 6);
  text += 'Z';
  return text;
}

Result<UnixTime> parse_time(std::string_view text) {
  const auto refuse = [text](std::string_view why, std::string right = "give one like 2026-11-22T08:30:00Z") {
    return fail(ErrorCode::invalid, quote(text) + ' ' + std::string(why), std::move(right));
  };
  constexpr std::string_view not_time = "is not an RFC 3339 time";

  std::string_view rest = text;
  Date date;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  const bool dated = take_field(rest, 4, date.year) && take(rest, '-') && take_field(rest, 2, date.month) &&
                     take(rest, '-') && take_field(rest, 2, date.day) && (take(rest, 'T') || take(rest, 't'));
  if (!dated) return refuse(not_time);
  const bool clocked = take_field(rest, 2, hour) && take(rest, ':') && take_field(rest, 2, minute) &&
                       take(rest, ':') && take_field(rest, 2, second);
  if (!clocked) return refuse(not_time);

  std::int64_t fraction = 0;
  if (take(rest, '.')) {
    const std::string_view digits = take_digits(rest);
    if (digits.empty()) return refuse(not_time);
    if (digits.size() > 6) return refuse("is finer than a microsecond", "give at most six digits of a second");
    fraction = fraction_of(digits, 6);
  }

  std::int64_t offset_minutes = 0;
  if (!take(rest, 'Z') && !take(rest, 'z')) {
    const bool behind = take(rest, '-');
    if (!behind && !take(rest, '+')) return refuse("has no offset", "end it with Z for UTC, or with one like +08:00");
    std::int64_t offset_hour = 0;
    std::int64_t offset_minute = 0;
    if (!take_field(rest, 2, offset_hour) || !take(rest, ':') || !take_field(rest, 2, offset_minute))
      return refuse(not_time);
    if (offset_hour > 23 || offset_minute > 59)
      return refuse("has no such offset", "give an offset from -23:59 to +23:59");
    offset_minutes = offset_hour * 60 + offset_minute;
    if (behind) offset_minutes = -offset_minutes;
  }
  if (!rest.empty()) return refuse(not_time);

  constexpr std::string_view years = "give a time from 1970 to 9999 UTC";
  if (date.year < 1970) return refuse("is too early", std::string(years));
  if (date.month < 1 || date.month > 12) return refuse("has no such month", "give a month from 01 to 12");
  const std::int64_t day_max = days_of_month(date.year, date.month);
  if (date.day < 1 || date.day > day_max)
    return refuse("has no such day", "give a day from 01 to " + std::to_string(day_max) + " in that month");
  if (hour > 23 || minute > 59 || second > 59)
    return refuse("has no such time of day", "give one from 00:00:00 to 23:59:59");

  const std::int64_t seconds =
      days_of(date) * seconds_per_day + hour * 3'600 + minute * 60 + second - offset_minutes * 60;
  const std::int64_t microseconds = seconds * microseconds_per_second + fraction;
  if (microseconds < 0) return refuse("is too early", std::string(years));
  if (microseconds > time_max) return refuse("is too late", std::string(years));
  return UnixTime(microseconds);
}

DayTime day_time_of(UnixTime time) {
  ASSERT(time.microseconds() >= 0);
  return DayTime::minutes(
      static_cast<std::int32_t>(time.microseconds() % microseconds_per_day / units[2].microseconds));
}

std::string to_text(DayTime time) {
  const auto two = [](std::int32_t value) { return padded(static_cast<std::uint64_t>(value), 2); };
  return two(time.minutes() / 60) + ':' + two(time.minutes() % 60);
}

Result<DayTime> parse_day_time(std::string_view text) {
  const auto refuse = [text](std::string_view why, std::string right) {
    return fail(ErrorCode::invalid, quote(text) + ' ' + std::string(why), std::move(right));
  };
  constexpr const char* example = "give one like 23:00, which is UTC, or 23:00+08:00";
  std::string_view rest = text;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  if (!take_field(rest, 2, hour) || !take(rest, ':') || !take_field(rest, 2, minute))
    return refuse("is not a time of the day", example);
  if (hour > 23 || minute > 59) return refuse("has no such time of day", "give one from 00:00 to 23:59");
  std::int64_t offset = 0;
  if (!rest.empty() && !take(rest, 'Z')) {
    const bool behind = take(rest, '-');
    std::int64_t offset_hour = 0;
    std::int64_t offset_minute = 0;
    if ((!behind && !take(rest, '+')) || !take_field(rest, 2, offset_hour) || !take(rest, ':') ||
        !take_field(rest, 2, offset_minute))
      return refuse("is not a time of the day", example);
    if (offset_hour > 23 || offset_minute > 59)
      return refuse("has no such offset", "give an offset from -23:59 to +23:59");
    offset = (offset_hour * 60 + offset_minute) * (behind ? -1 : 1);
  }
  if (!rest.empty()) return refuse("is not a time of the day", example);
  const std::int64_t minutes = (hour * 60 + minute - offset + DayTime::day) % DayTime::day;
  return DayTime::minutes(static_cast<std::int32_t>(minutes));
}

std::string to_text(Duration duration) {
  if (duration.microseconds() == 0) return "0s";
  std::string text = duration.microseconds() < 0 ? "-" : "";
  std::uint64_t rest = magnitude(duration.microseconds());
  bool leading = true;
  for (const Unit& unit : units) {
    const auto size = static_cast<std::uint64_t>(unit.microseconds);
    // A second or a millisecond and a bit reads shorter in the next unit: 1500ms, not 1s500ms.
    const bool shorter_below =
        leading && unit.microseconds <= units[3].microseconds && rest < 2 * size && rest % size != 0;
    if (rest < size || shorter_below) continue;
    text += std::to_string(rest / size);
    text += unit.name;
    rest %= size;
    leading = false;
  }
  ASSERT(rest == 0);
  return text;
}

Result<Duration> parse_duration(std::string_view text) {
  const auto refuse = [text](std::string_view why, std::string right) {
    return fail(ErrorCode::invalid, quote(text) + ' ' + std::string(why), std::move(right));
  };
  constexpr const char* example = "give whole numbers with d, h, m, s, ms or us, e.g. 1h30m";

  std::string_view rest = text;
  std::int64_t total = 0;
  std::size_t unit_min = 0;  // units stand from the largest to the smallest, each at most once
  do {
    const std::string_view digits = take_digits(rest);
    if (digits.empty()) return refuse("is not a length of time", example);
    std::size_t name_size = 0;
    while (name_size < rest.size() && !is_digit(rest[name_size])) ++name_size;
    const std::string_view name = rest.substr(0, name_size);
    rest.remove_prefix(name_size);
    if (name.empty()) return refuse("has a number without a unit", example);

    std::size_t unit = 0;
    while (unit < units.size() && units[unit].name != name) ++unit;
    if (unit == units.size()) return refuse("is not a length of time", example);
    if (unit < unit_min)
      return refuse("has its units out of order", "give each unit once, the largest first, e.g. 1h30m");
    unit_min = unit + 1;

    const auto count = number_of(digits);
    std::int64_t part = 0;
    if (!count.has_value() || __builtin_mul_overflow(*count, units[unit].microseconds, &part) ||
        __builtin_add_overflow(total, part, &total))
      return refuse("is too long", "give at most 106751991d");
  } while (!rest.empty());
  return Duration::microseconds(total);
}

}  // namespace dayan
