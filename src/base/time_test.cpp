#include "base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <type_traits>

#include "base/operators.h"

namespace dayan {
namespace {

constexpr std::int64_t time_max = 253'402'300'799'999'999;

static_assert(Subtractable<UnixTime> && Addable<UnixTime, Duration> && Subtractable<UnixTime, Duration>);
static_assert(!Addable<UnixTime> && !Addable<Duration, UnixTime> && !Subtractable<Duration, UnixTime>);
static_assert(!Multipliable<UnixTime, int> && !Addable<UnixTime, int> && !Equatable<UnixTime, Duration>);
static_assert(Addable<Duration> && Subtractable<Duration> && Multipliable<Duration, std::int64_t>);
static_assert(!Multipliable<Duration> && !Addable<Duration, int> && !Dividable<Duration>);
static_assert(!Equatable<Duration, int> && !Orderable<UnixTime, std::int64_t>);
static_assert(!std::is_convertible_v<std::int64_t, UnixTime> && !std::is_constructible_v<Duration, std::int64_t>);

// Moments and lengths of time combine as they read.
TEST(Time, Arithmetic) {
  const UnixTime start(5'000'000);
  EXPECT_EQ(start + Duration::seconds(2), UnixTime(7'000'000));
  EXPECT_EQ(start - Duration::seconds(2), UnixTime(3'000'000));
  EXPECT_EQ(UnixTime(3) - UnixTime(5), Duration::microseconds(-2));
  EXPECT_EQ(Duration::minutes(1) + Duration::seconds(30), Duration::seconds(90));
  EXPECT_EQ(Duration::hours(1) - Duration::minutes(1), Duration::minutes(59));
  EXPECT_EQ(Duration::milliseconds(250) * 4, Duration::seconds(1));
  EXPECT_LT(UnixTime(1), UnixTime(2));
  EXPECT_TRUE(UnixTime().is_none());
}

// Seconds are rounded up, also for negative lengths, where up is towards zero.
TEST(Time, SecondsUp) {
  EXPECT_EQ(Duration::seconds(2).seconds_up(), 2);
  EXPECT_EQ(Duration::microseconds(2'000'001).seconds_up(), 3);
  EXPECT_EQ(Duration::microseconds(1).seconds_up(), 1);
  EXPECT_EQ(Duration::microseconds(-1'500'000).seconds_up(), -1);
  EXPECT_EQ(Duration().seconds_up(), 0);
}

// Known moments, checked against date(1), are written in UTC with microseconds only when there are any.
TEST(Time, Text) {
  EXPECT_EQ(to_text(UnixTime()), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_text(UnixTime(951'782'400'000'000)), "2000-02-29T00:00:00Z");
  EXPECT_EQ(to_text(UnixTime(1'795'336'200'000'000)), "2026-11-22T08:30:00Z");
  EXPECT_EQ(to_text(UnixTime(1'795'336'200'000'250)), "2026-11-22T08:30:00.000250Z");
  EXPECT_EQ(to_text(UnixTime(time_max)), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_text(UnixTime(-1)), "1969-12-31T23:59:59.999999Z");
}

// Writing never overflows, whatever number a UnixTime holds.
TEST(Time, TextOfExtremes) {
  EXPECT_EQ(to_text(UnixTime(std::numeric_limits<std::int64_t>::max())), "294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(to_text(UnixTime(std::numeric_limits<std::int64_t>::min())), "-290308-12-21T19:59:05.224192Z");
}

// Every moment from 1970 to 9999 is read back as it was written.
RC_GTEST_PROP(Time, RoundTrip, ()) {
  const UnixTime time(*rc::gen::inRange<std::int64_t>(0, time_max + 1));
  RC_ASSERT(parse_time(to_text(time)).value() == time);
}

// Days in a row are dates in a row: through the 400 years after which the calendar repeats, every day has a new text,
// later than the one before, that reads back.
TEST(Time, EveryDay) {
  constexpr std::int64_t cycle_days = 146'097;
  std::string last;
  for (std::int64_t day = 0; day <= cycle_days; ++day) {
    const UnixTime time = UnixTime() + Duration::hours(24 * day);
    std::string text = to_text(time);
    ASSERT_LT(last, text);
    ASSERT_EQ(parse_time(text).value(), time);
    last = std::move(text);
  }
  EXPECT_EQ(last, "2370-01-01T00:00:00Z");
}

// Offsets, short fractions and the lower-case letters that RFC 3339 allows name the same moment.
TEST(Time, ReadsForms) {
  for (const std::string_view text :
       {"2026-11-22T08:30:00Z", "2026-11-22T08:30:00+00:00", "2026-11-22T08:30:00-00:00", "2026-11-22T16:30:00+08:00",
        "2026-11-21T23:00:00-09:30", "2026-11-22T08:30:00.0Z", "2026-11-22T08:30:00.000000Z", "2026-11-22t08:30:00z"})
    EXPECT_EQ(parse_time(text).value(), UnixTime(1'795'336'200'000'000)) << text;
  EXPECT_EQ(parse_time("1970-01-01T00:00:00.5Z").value(), UnixTime(500'000));
  EXPECT_EQ(parse_time("2000-02-29T00:00:00Z").value(), UnixTime(951'782'400'000'000));
}

struct Refused {
  std::string_view text;
  std::string_view wrong;  ///< after the quoted text
  std::string_view right;
};

// Every other text is refused, with the value seen and what would be right.
TEST(Time, RefusesOtherTexts) {
  constexpr std::string_view not_time = " is not an RFC 3339 time";
  constexpr std::string_view example = "give one like 2026-11-22T08:30:00Z";
  constexpr std::string_view years = "give a time from 1970 to 9999 UTC";
  constexpr std::string_view clock = "give one from 00:00:00 to 23:59:59";
  for (const Refused& refused : std::initializer_list<Refused>{
           {"", not_time, example},
           {"tomorrow", not_time, example},
           {"2026-11-22", not_time, example},
           {"2026-11-22 08:30:00Z", not_time, example},
           {"2026-1-22T08:30:00Z", not_time, example},
           {"02026-11-22T08:30:00Z", not_time, example},
           {"+2026-11-22T08:30:00Z", not_time, example},
           {"2026-11-22T08:30Z", not_time, example},
           {"2026-11-22T08:30:0aZ", not_time, example},
           {"2026-11-22T08:30:00.Z", not_time, example},
           {"2026-11-22T08:30:00,5Z", " has no offset", "end it with Z for UTC, or with one like +08:00"},
           {"2026-11-22T08:30:00", " has no offset", "end it with Z for UTC, or with one like +08:00"},
           {"2026-11-22T08:30:00+0800", not_time, example},
           {"2026-11-22T08:30:00+08", not_time, example},
           {"2026-11-22T08:30:00Z ", not_time, example},
           {" 2026-11-22T08:30:00Z", not_time, example},
           {"２026-11-22T08:30:00Z", not_time, example},
           {"2026-11-22T08:30:00.1234567Z", " is finer than a microsecond", "give at most six digits of a second"},
           {"2026-11-22T08:30:00+24:00", " has no such offset", "give an offset from -23:59 to +23:59"},
           {"2026-11-22T08:30:00+08:60", " has no such offset", "give an offset from -23:59 to +23:59"},
           {"2026-00-22T08:30:00Z", " has no such month", "give a month from 01 to 12"},
           {"2026-13-22T08:30:00Z", " has no such month", "give a month from 01 to 12"},
           {"2026-11-00T08:30:00Z", " has no such day", "give a day from 01 to 30 in that month"},
           {"2026-11-31T08:30:00Z", " has no such day", "give a day from 01 to 30 in that month"},
           {"2026-02-29T08:30:00Z", " has no such day", "give a day from 01 to 28 in that month"},
           {"2100-02-29T08:30:00Z", " has no such day", "give a day from 01 to 28 in that month"},
           {"2024-02-30T08:30:00Z", " has no such day", "give a day from 01 to 29 in that month"},
           {"2026-11-22T24:00:00Z", " has no such time of day", clock},
           {"2026-11-22T08:60:00Z", " has no such time of day", clock},
           {"2016-12-31T23:59:60Z", " has no such time of day", clock},
           {"1969-12-31T23:59:59Z", " is too early", years},
           {"0000-01-01T00:00:00Z", " is too early", years},
           {"1970-01-01T00:00:00+00:01", " is too early", years},
           {"9999-12-31T23:59:59-00:01", " is too late", years},
       }) {
    const auto time = parse_time(refused.text);
    ASSERT_FALSE(time.has_value()) << refused.text;
    EXPECT_EQ(time.error().code, ErrorCode::invalid);
    EXPECT_EQ(time.error().wrong, "'" + std::string(refused.text) + "'" + std::string(refused.wrong));
    EXPECT_EQ(time.error().right, refused.right);
  }
  EXPECT_LT(parse_time(std::string(100'000, '2')).error().wrong.size(), 128U);
}

// A length of time is written exactly and shortly.
TEST(Duration, Text) {
  EXPECT_EQ(to_text(Duration()), "0s");
  EXPECT_EQ(to_text(Duration::seconds(60)), "1m");
  EXPECT_EQ(to_text(Duration::seconds(90)), "1m30s");
  EXPECT_EQ(to_text(Duration::minutes(2)), "2m");
  EXPECT_EQ(to_text(Duration::seconds(150)), "2m30s");
  EXPECT_EQ(to_text(Duration::minutes(90)), "1h30m");
  EXPECT_EQ(to_text(Duration::hours(24)), "1d");
  EXPECT_EQ(to_text(Duration::hours(36)), "1d12h");
  EXPECT_EQ(to_text(Duration::milliseconds(250)), "250ms");
  EXPECT_EQ(to_text(Duration::milliseconds(1'500)), "1500ms");
  EXPECT_EQ(to_text(Duration::microseconds(1'500)), "1500us");
  EXPECT_EQ(to_text(Duration::microseconds(1)), "1us");
  EXPECT_EQ(to_text(Duration::hours(1) + Duration::seconds(1)), "1h1s");
  EXPECT_EQ(to_text(Duration::seconds(-90)), "-1m30s");
  EXPECT_EQ(to_text(Duration::microseconds(std::numeric_limits<std::int64_t>::min())), "-106751991d4h54s775ms808us");
}

// Every length that is not negative is read back as it was written.
RC_GTEST_PROP(Duration, RoundTrip, ()) {
  const std::int64_t scale = *rc::gen::element<std::int64_t>(1, 1'000, 1'000'000, 60'000'000, 3'600'000'000);
  const std::int64_t count = *rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max() / scale);
  const Duration small = Duration::microseconds(count % 1'000'000 * scale);
  const Duration large = Duration::microseconds(count * scale);
  RC_ASSERT(parse_duration(to_text(small)).value() == small);
  RC_ASSERT(parse_duration(to_text(large)).value() == large);
}

// All units are read, alone and together; a count may pass the next unit.
TEST(Duration, ReadsForms) {
  EXPECT_EQ(parse_duration("2m").value(), Duration::minutes(2));
  EXPECT_EQ(parse_duration("1h30m").value(), Duration::minutes(90));
  EXPECT_EQ(parse_duration("90m").value(), Duration::minutes(90));
  EXPECT_EQ(parse_duration("90s").value(), Duration::seconds(90));
  EXPECT_EQ(parse_duration("250ms").value(), Duration::milliseconds(250));
  EXPECT_EQ(parse_duration("1m1ms").value(), Duration::milliseconds(60'001));
  EXPECT_EQ(parse_duration("7us").value(), Duration::microseconds(7));
  EXPECT_EQ(parse_duration("1d12h").value(), Duration::hours(36));
  EXPECT_EQ(parse_duration("0s").value(), Duration());
  EXPECT_EQ(parse_duration("9223372036854775807us").value().microseconds(), std::numeric_limits<std::int64_t>::max());
}

// Every other text is refused, with the value seen and what would be right; a bare number most of all.
TEST(Duration, RefusesOtherTexts) {
  constexpr std::string_view not_length = " is not a length of time";
  constexpr std::string_view example = "give whole numbers with d, h, m, s, ms or us, e.g. 1h30m";
  constexpr std::string_view order = "give each unit once, the largest first, e.g. 1h30m";
  for (const Refused& refused : std::initializer_list<Refused>{
           {"", not_length, example},
           {"soon", not_length, example},
           {"h", not_length, example},
           {"-2m", not_length, example},
           {"+2m", not_length, example},
           {"2 m", not_length, example},
           {" 2m", not_length, example},
           {"2m ", not_length, example},
           {"2M", not_length, example},
           {"1.5h", not_length, example},
           {"1e3s", not_length, example},
           {"2m30", " has a number without a unit", example},
           {"90", " has a number without a unit", example},
           {"30m1h", " has its units out of order", order},
           {"1h1h", " has its units out of order", order},
           {"9223372036854775808us", " is too long", "give at most 106751991d"},
           {"106751992d", " is too long", "give at most 106751991d"},
           {"106751991d5h", " is too long", "give at most 106751991d"},
           {"99999999999999999999999s", " is too long", "give at most 106751991d"},
       }) {
    const auto duration = parse_duration(refused.text);
    ASSERT_FALSE(duration.has_value()) << refused.text;
    EXPECT_EQ(duration.error().code, ErrorCode::invalid);
    EXPECT_EQ(duration.error().wrong, "'" + std::string(refused.text) + "'" + std::string(refused.wrong));
    EXPECT_EQ(duration.error().right, refused.right);
  }
}

// A time of the day is read with and without an offset, and written in UTC; nothing else is one.
TEST(Time, DayTime) {
  EXPECT_EQ(parse_day_time("07:05").value(), DayTime::minutes(425));
  EXPECT_EQ(parse_day_time("23:59Z").value(), DayTime::minutes(1'439));
  EXPECT_EQ(to_text(parse_day_time("23:00+08:00").value()), "15:00");
  EXPECT_EQ(to_text(parse_day_time("07:00+08:00").value()), "23:00");
  EXPECT_EQ(to_text(parse_day_time("20:30-05:30").value()), "02:00");
  EXPECT_EQ(day_time_of(UnixTime(1'795'336'200'000'250)), DayTime::minutes(8 * 60 + 30));
  EXPECT_EQ(day_time_of(UnixTime(1'795'336'259'999'999)), DayTime::minutes(8 * 60 + 30));
  for (const char* bad : {"", "7:00", "24:00", "12:60", "12:00x", "12:00+8", "12:00+24:00", "12:00 ", "12", "1200"})
    EXPECT_FALSE(parse_day_time(bad)) << bad;
}

}  // namespace
}  // namespace dayan
