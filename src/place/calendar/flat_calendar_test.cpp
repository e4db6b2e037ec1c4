#include "place/calendar/flat_calendar.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/prng.h"

namespace dayan::place {
namespace {

constexpr std::int64_t capacity = 20;

/// The longest time from a moment of [from, until) on, moment by moment.
std::int64_t longest(const Calendar& calendar, std::int64_t from, std::int64_t until, std::int64_t amount) {
  std::int64_t longest = 0;
  for (std::int64_t start = from; start < until; ++start) {
    const UnixTime end = calendar.free_until(UnixTime(start), amount);
    longest = std::max(longest, end == never ? INT64_MAX : end.microseconds() - start);
  }
  return longest;
}

void compare_with_calendar(std::uint64_t seed) {
  struct Taken {
    UnixTime start, end;
    std::int32_t amount;
  };
  Prng prng(seed);
  FlatCalendar flat(capacity);
  Calendar calendar(capacity);
  std::vector<Taken> taken;
  UnixTime now(0);
  for (int turn = 0; turn < 300; ++turn) {
    const Duration duration = Duration::microseconds(prng.between(1, 30));
    const auto amount = static_cast<std::int32_t>(prng.between(1, capacity));
    if (!taken.empty() && prng.chance(2, 5)) {
      // From some moment on, as when a job ends before its limit, or all of it.
      const std::size_t which = prng.below(taken.size());
      const Taken back = taken[which];
      taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(which));
      const UnixTime from = std::max(back.start, now);
      if (from >= back.end) continue;
      flat.release(from, back.end, back.amount);
      calendar.release(from, back.end, back.amount);
    } else {
      const UnixTime start = calendar.earliest_start(now, duration, amount);
      ASSERT_EQ(flat.earliest_start(now, duration, amount), start) << "seed " << seed << " turn " << turn;
      ASSERT_EQ(flat.take_earliest(now, duration, amount), start);
      calendar.take(start, start + duration, amount);
      taken.push_back({start, start + duration, amount});
    }
    if (prng.chance(1, 10)) {
      now = now + Duration::microseconds(prng.between(0, 20));
      flat.forget_before(now);
      calendar.forget_before(now);
    }
    ASSERT_EQ(flat.steps(), calendar.steps()) << "seed " << seed << " turn " << turn;
    const UnixTime until = now + duration;
    ASSERT_EQ(flat.free_until(now, amount), calendar.free_until(now, amount));
    ASSERT_EQ(flat.most_free(now, until), calendar.most_free(now, until));
    const std::int64_t free_for = longest(calendar, now.microseconds(), until.microseconds(), amount);
    const Duration found = flat.longest_from(now, until, amount);
    // What is free for ever counts from some moment to the end of time.
    ASSERT_EQ(std::min(found, Duration::hours(1)), std::min(Duration::microseconds(free_for), Duration::hours(1)))
        << "seed " << seed << " turn " << turn;
    FlatCalendar front(1);
    front.copy_until(until, flat);
    for (UnixTime at = now; at < until; at = at + Duration::microseconds(1))
      ASSERT_EQ(front.most_free(at, at + Duration::microseconds(1)), calendar.free_at(at));
    ASSERT_EQ(front.earliest_start(until, Duration::hours(1), INT32_MAX), until);
    front.copy(flat);
    ASSERT_EQ(front.steps(), flat.steps());
    ASSERT_EQ(front.earliest_start(until, duration, amount), flat.earliest_start(until, duration, amount));
  }
}

// Shows that every answer is that of the tree, whose own test compares it with a level per moment.
TEST(FlatCalendar, EqualsTheCalendar) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) compare_with_calendar(seed);
}

}  // namespace
}  // namespace dayan::place
