#include "base/prng.h"

#include <gtest/gtest.h>

#include <array>

namespace dayan {
namespace {

// The numbers are those of splitmix64 for seed 0, so that every compiler and every release replays the same run.
TEST(Prng, IsSplitmix64) {
  Prng prng(0);
  EXPECT_EQ(prng.next(), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(prng.next(), 0x6e789e6aa1b965f4ULL);
  EXPECT_EQ(prng.next(), 0x06c45d188009454fULL);
}

// One seed gives one run, and another seed another.
TEST(Prng, SeedDecides) {
  Prng a(42);
  Prng b(42);
  Prng c(43);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t drawn = a.next();
    EXPECT_EQ(drawn, b.next());
    differs = differs || drawn != c.next();
  }
  EXPECT_TRUE(differs);
}

// Draws below a bound stay below it and fall evenly: each of ten values within five percent of its due.
TEST(Prng, BelowIsUniform) {
  Prng prng(1);
  std::array<int, 10> counts{};
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t drawn = prng.below(10);
    ASSERT_LT(drawn, 10U);
    ++counts[drawn];
  }
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_EQ(prng.below(1), 0U);
}

// Draws between two numbers reach both ends and nothing beyond.
TEST(Prng, BetweenReachesBothEnds) {
  Prng prng(2);
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1'000; ++i) {
    const std::int64_t drawn = prng.between(-3, 3);
    ASSERT_GE(drawn, -3);
    ASSERT_LE(drawn, 3);
    low = low || drawn == -3;
    high = high || drawn == 3;
  }
  EXPECT_TRUE(low);
  EXPECT_TRUE(high);
  EXPECT_EQ(prng.between(5, 5), 5);
}

// A chance of none in three never comes, three in three always, one in three about a third of the time.
TEST(Prng, Chance) {
  Prng prng(3);
  int hits = 0;
  for (int i = 0; i < 30'000; ++i) {
    EXPECT_FALSE(prng.chance(0, 3));
    EXPECT_TRUE(prng.chance(3, 3));
    if (prng.chance(1, 3)) ++hits;
  }
  EXPECT_NEAR(hits, 10'000, 500);
}

// After a split, what one consumer draws does not shift the other's numbers.
TEST(Prng, SplitsAreIndependent) {
  Prng a(4);
  Prng b(4);
  Prng child_of_a = a.split();
  Prng child_of_b = b.split();
  for (int i = 0; i < 50; ++i) static_cast<void>(child_of_a.next());
  EXPECT_EQ(a.next(), b.next());
  EXPECT_NE(child_of_b.next(), b.next());
}

// Nothing lies below zero, and no number lies in an empty range: asking is our bug.
TEST(PrngDeathTest, EmptyRangeStops) {
  EXPECT_DEATH(static_cast<void>(Prng(0).below(0)), "broken invariant");
  EXPECT_DEATH(static_cast<void>(Prng(0).between(1, 0)), "broken invariant");
}

}  // namespace
}  // namespace dayan
