#include "model/usage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/prng.h"

namespace dayan {
namespace {

constexpr UnixTime noon(1'700'000'000'000'000);

UsageRow usage_at(UnixTime at) { return {ProjectId(1), OrganisationId(1), usage_period(at)}; }

double half_lives(Duration length) {
  return static_cast<double>(length.microseconds()) / static_cast<double>(usage_half_life.microseconds());
}

TEST(Usage, TimeIsWeighedAsTheFormulaSays) {
  // Against the formula in floating point, over periods before and after; and a later moment never weighs less.
  Prng random(11);
  const UnixTime period = usage_period(noon);
  EXPECT_LE(period, noon);
  EXPECT_GT(period + usage_half_life, noon);
  EXPECT_EQ(usage_period(period), period);
  for (int i = 0; i < 20'000; ++i) {
    const UnixTime at = period + Duration::microseconds(random.between(-6 * usage_half_life.microseconds(),
                                                                       6 * usage_half_life.microseconds()));
    const double exact = 604'800e6 / std::log(2.0) * std::exp2(half_lives(at - period));
    const std::int64_t told = weighed_time(at, period);
    ASSERT_NEAR(static_cast<double>(told), exact, 2 + exact * 1e-11) << to_text(at);
    ASSERT_LE(told, weighed_time(at + Duration::microseconds(random.between(0, 10)), period) + 1);
  }
  EXPECT_EQ(weighed_time(period - usage_half_life * 100, period), 0);
  EXPECT_EQ(weighed_time(period + usage_half_life * 100, period), INT64_MAX);
}

TEST(Usage, CountsHalfForEachHalfLife) {
  // A use of 3 cores for 1000 s at the start of a period is 3,000,000 core-milliseconds; a half life later it is half
  // that, and the same use then counts beside it in full.
  const UnixTime period = usage_period(noon);
  const Resources three{Cores(3), Bytes(2'000'000), MilliCards(500)};
  UsageRow usage = usage_at(noon);
  add_use(usage, three, {}, period, period + Duration::seconds(1000));
  EXPECT_NEAR(static_cast<double>(usage.core_ms), 3'000'000 * 1.0006, 600);
  EXPECT_NEAR(static_cast<double>(usage.memory_mib_s), 2'000 * 1.0006, 2);
  EXPECT_NEAR(static_cast<double>(usage.card_ms), 500'000 * 1.0006, 100);
  const std::int64_t first = usage.core_ms;
  add_use(usage, three, {}, period + usage_half_life, period + usage_half_life + Duration::seconds(1000));
  EXPECT_EQ(usage.period, period + usage_half_life);
  EXPECT_NEAR(static_cast<double>(usage.core_ms), static_cast<double>(first) * 1.5, 2);
  move_to(usage, period + usage_half_life * 70);
  EXPECT_EQ(usage.core_ms, 0);
}

TEST(Usage, CardsCountAsFastAsTheyAre) {
  // Three quarters of a card that is 2.5 times the reference card are 1.875 reference cards; cards of which nobody knows
  // how fast they are count as the reference, and no fraction is lost, nor any number wraps round.
  EXPECT_EQ(in_reference_cards(MilliCards(750), Capability(25'000)), MilliCards(1'875));
  EXPECT_EQ(in_reference_cards(MilliCards(750), Capability()), MilliCards(750));
  EXPECT_EQ(in_reference_cards(MilliCards(1), Capability(1)), MilliCards(1));
  EXPECT_EQ(in_reference_cards(MilliCards(INT64_MAX), Capability(10'001)), MilliCards(INT64_MAX));
  const UnixTime period = usage_period(noon);
  const UnixTime later = period + Duration::hours(1);
  UsageRow fast = usage_at(noon);
  add_use(fast, {Cores(3), Bytes(2'000'000), MilliCards(250), 3}, Capability(25'000), period, later);
  UsageRow reference = usage_at(noon);
  add_use(reference, {Cores(9), Bytes(6'000'000), MilliCards(1'875)}, {}, period, later);
  EXPECT_EQ(fast, reference);
}

TEST(Usage, WhatIsAddedInPartsIsTheWhole) {
  // A long use in any parts, over ends of periods, is what it is in one piece, up to the rounding of each part; and
  // it is what the mean of the decay says: all the time is worth half life ÷ ln 2.
  Prng random(12);
  for (int round = 0; round < 200; ++round) {
    const UnixTime from = noon + Duration::seconds(random.between(0, 1'000'000));
    const Duration length = Duration::seconds(random.between(1, 30 * 86'400));
    const Resources each{Cores(random.between(1, 64)), Bytes(random.between(1, 1'000'000'000)),
                         MilliCards(random.between(0, 8'000)), static_cast<std::int32_t>(random.between(1, 4))};
    UsageRow whole = usage_at(from);
    add_use(whole, each, {}, from, from + length);
    UsageRow parts = usage_at(from);
    const std::int64_t pieces = random.between(1, 30);
    for (std::int64_t i = 0; i < pieces; ++i) {
      add_use(
          parts, each, {}, from + Duration::microseconds(length.microseconds() / pieces * i),
          i + 1 == pieces ? from + length : from + Duration::microseconds(length.microseconds() / pieces * (i + 1)));
    }
    move_to(parts, whole.period);
    // Each part is rounded up and may be shifted down a few times: a unit each, or a µs of all cores.
    const double slack = static_cast<double>(pieces) * 4 + 1e-9 * static_cast<double>(whole.core_ms);
    ASSERT_NEAR(static_cast<double>(whole.core_ms), static_cast<double>(parts.core_ms), slack) << round;
    ASSERT_NEAR(static_cast<double>(whole.card_ms), static_cast<double>(parts.card_ms),
                static_cast<double>(pieces) * 4 + 1e-9 * static_cast<double>(whole.card_ms));
    ASSERT_NEAR(static_cast<double>(whole.memory_mib_s), static_cast<double>(parts.memory_mib_s),
                static_cast<double>(pieces) * 4 + 1e-9 * static_cast<double>(whole.memory_mib_s));
  }
}

TEST(Usage, NothingWrapsRound) {
  // The largest use there can be, again and again, stays at the largest number; no use at all changes nothing.
  UsageRow usage = usage_at(noon);
  const Resources all{Cores(INT64_MAX), Bytes(INT64_MAX), MilliCards(INT64_MAX), 2};
  add_use(usage, all, {}, noon, noon);
  EXPECT_EQ(usage, usage_at(noon));
  for (int i = 0; i < 3; ++i) add_use(usage, all, {}, noon, noon + Duration::hours(24 * 30));
  EXPECT_EQ(usage.core_ms, INT64_MAX);
  EXPECT_EQ(usage.card_ms, INT64_MAX);
  move_to(usage, usage.period + usage_half_life);
  EXPECT_EQ(usage.core_ms, INT64_MAX / 2);
}

}  // namespace
}  // namespace dayan
