#include "place/calendar/calendar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/prng.h"

namespace dayan::place {
namespace {

constexpr UnixTime at(std::int64_t t) { return UnixTime(t); }
constexpr Duration of(std::int64_t d) { return Duration::microseconds(d); }

/// A level per moment of a short time: as slow as it is plain.
struct Moments {
  explicit Moments(std::int64_t capacity, std::size_t length) : level(length, capacity) {}
  void add(std::int64_t start, std::int64_t end, std::int64_t amount) {
    for (std::int64_t t = start; t < std::min<std::int64_t>(end, std::ssize(level)); ++t)
      level[static_cast<std::size_t>(t)] += amount;
  }
  /// The last moment lasts for ever.
  [[nodiscard]] std::int64_t when(std::int64_t t) const {
    return level[static_cast<std::size_t>(std::min<std::int64_t>(t, std::ssize(level) - 1))];
  }
  [[nodiscard]] std::int64_t least(std::int64_t start, std::int64_t end) const {
    std::int64_t low = INT64_MAX;
    for (std::int64_t t = start; t < end && t <= std::ssize(level); ++t) low = std::min(low, when(t));
    return low;
  }
  [[nodiscard]] std::int64_t most(std::int64_t start, std::int64_t end) const {
    std::int64_t high = INT64_MIN;
    for (std::int64_t t = start; t < end && t <= std::ssize(level); ++t) high = std::max(high, when(t));
    return high;
  }
  [[nodiscard]] std::int64_t earliest(std::int64_t from, std::int64_t duration, std::int64_t amount,
                                      std::int64_t latest) const {
    for (std::int64_t start = from; start <= std::min<std::int64_t>(latest, std::ssize(level)); ++start) {
      if (least(start, start + std::max<std::int64_t>(duration, 1)) >= amount) return start;
    }
    return INT64_MAX;
  }
  [[nodiscard]] std::size_t steps(std::int64_t from) const {
    std::size_t count = 1;
    for (std::size_t t = static_cast<std::size_t>(from) + 1; t < level.size(); ++t)
      count += level[t] != level[t - 1] ? 1 : 0;
    return count;
  }
  std::vector<std::int64_t> level;
};

// Shows the whole life of a reservation, with its edges: it holds from its start to just before its end.
TEST(Calendar, TakesAndGivesBack) {
  Calendar calendar(10);
  calendar.take(at(100), at(200), 8);
  EXPECT_EQ(calendar.free_at(at(99)), 10);
  EXPECT_EQ(calendar.free_at(at(100)), 2);
  EXPECT_EQ(calendar.free_at(at(199)), 2);
  EXPECT_EQ(calendar.free_at(at(200)), 10);
  EXPECT_EQ(calendar.earliest_start(at(0), of(100), 3), at(0));
  EXPECT_EQ(calendar.earliest_start(at(0), of(101), 3), at(200));
  EXPECT_EQ(calendar.earliest_start(at(0), of(101), 3, at(199)), never);
  EXPECT_EQ(calendar.earliest_start(at(0), of(5000), 2), at(0));
  EXPECT_EQ(calendar.earliest_start(at(0), of(1), 11), never);
  EXPECT_EQ(calendar.steps(), 3U);
  calendar.release(at(100), at(200), 8);
  EXPECT_EQ(calendar.steps(), 1U);
}

// Shows that capacity lost for ever is seen as such, and that the level may then lie below zero.
TEST(Calendar, LosesCapacity) {
  Calendar calendar(4);
  calendar.take(at(0), at(50), 4);
  calendar.take(at(20), never, 3);
  EXPECT_EQ(calendar.free_at(at(30)), -3);
  EXPECT_EQ(calendar.earliest_start(at(0), of(1), 2), never);
  EXPECT_EQ(calendar.earliest_start(at(0), Duration::hours(1'000'000), 1), at(50));
  EXPECT_EQ(calendar.most_free(at(0), never), 1);
}

// Shows that the ends of time do not overflow.
TEST(Calendar, HoldsAtTheEndsOfTime) {
  Calendar calendar(1);
  calendar.take(at(INT64_MAX - 10), at(INT64_MAX - 5), 1);
  EXPECT_EQ(calendar.earliest_start(at(INT64_MAX - 100), of(INT64_MAX), 1), at(INT64_MAX - 5));
  EXPECT_EQ(calendar.earliest_start(at(INT64_MIN), of(INT64_MAX), 1), at(INT64_MIN));
  EXPECT_EQ(calendar.earliest_start(at(-5), of(5), 2), never);
}

struct Shape {
  std::int64_t length;
  std::int64_t longest;
  int turns;
  int give_back_percent;
};

void compare_with_moments(std::uint64_t seed, Shape shape) {
  Prng prng(seed);
  constexpr std::int64_t capacity = 20;
  Calendar calendar(capacity);
  Moments moments(capacity, static_cast<std::size_t>(shape.length));
  struct Taken {
    std::int64_t start, end, amount;
  };
  std::vector<Taken> taken;
  std::int64_t now = 0;
  for (int turn = 0; turn < shape.turns; ++turn) {
    if (!taken.empty() && prng.chance(static_cast<std::uint64_t>(shape.give_back_percent), 100)) {
      const std::size_t which = prng.below(taken.size());
      const Taken back = taken[which];
      taken[which] = taken.back();
      taken.pop_back();
      if (back.start >= now) {
        calendar.release(at(back.start), at(back.end), back.amount);
        moments.add(back.start, back.end, back.amount);
      }
    } else {
      const std::int64_t start = prng.between(now, shape.length - 2);
      const bool for_ever = prng.chance(1, 100);
      const std::int64_t end =
          for_ever ? INT64_MAX : std::min(start + prng.between(0, shape.longest), shape.length - 1);
      const Taken more{start, end, for_ever ? 1 : prng.between(1, 6)};
      calendar.take(at(more.start), at(more.end), more.amount);
      moments.add(more.start, more.end, -more.amount);
      taken.push_back(more);
    }
    if (prng.chance(1, 50) && now < shape.length / 2) {
      now += prng.between(0, shape.length / 40);
      calendar.forget_before(at(now));
    }
    const std::int64_t from = prng.between(now, shape.length - 1);
    const std::int64_t duration = prng.between(0, shape.longest * 2);
    const std::int64_t amount = prng.between(-5, capacity + 1);
    const std::int64_t latest = prng.chance(1, 2) ? INT64_MAX : from + prng.between(-2, shape.length / 4);
    ASSERT_EQ(calendar.earliest_start(at(from), of(duration), amount, at(latest)).microseconds(),
              moments.earliest(from, duration, amount, latest))
        << "seed " << seed << " turn " << turn;
    ASSERT_EQ(calendar.free_at(at(from)), moments.when(from));
    std::int64_t low_at = from;
    while (low_at <= std::ssize(moments.level) && moments.when(low_at) >= amount) ++low_at;
    ASSERT_EQ(calendar.free_until(at(from), amount), low_at > std::ssize(moments.level) ? never : at(low_at));
    const std::int64_t end = from + 1 + prng.between(0, shape.length);
    ASSERT_EQ(calendar.least_free(at(from), at(end)), moments.least(from, end));
    ASSERT_EQ(calendar.most_free(at(from), at(end)), moments.most(from, end));
    if (turn % 16 == 0) {
      // What lies before now is forgotten, so that a step at now itself is of no account.
      const std::size_t at_now = calendar.free_at(at(now)) != calendar.free_at(at(now - 1)) ? 1 : 0;
      ASSERT_EQ(calendar.steps() - at_now, moments.steps(now)) << "seed " << seed << " turn " << turn;
    }
  }
}

// Shows that every answer is that of a level per moment, while the tree grows to three floors and shrinks again.
TEST(Calendar, EqualsALevelPerMoment) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) compare_with_moments(seed, {120, 20, 400, 40});
  for (std::uint64_t seed = 1; seed <= 4; ++seed) compare_with_moments(seed, {6000, 40, 3000, 20});
  for (std::uint64_t seed = 1; seed <= 4; ++seed) compare_with_moments(seed, {6000, 300, 3000, 49});
}

}  // namespace
}  // namespace dayan::place
