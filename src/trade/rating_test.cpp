#include "trade/rating.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/prng.h"

namespace dayan::trade {
namespace {

OfferRow offer_of(Cny core_hour, Cny card_hour, Cny gb_hour) {
  OfferRow offer;
  offer.id = OfferId(7);
  offer.centre = CentreId(3);
  offer.core_hour = core_hour;
  offer.card_hour = card_hour;
  offer.gb_hour = gb_hour;
  offer.commission = BasisPoints{500};
  return offer;
}

LeaseRow lease_of(Resources resources, Duration wall_time) {
  LeaseRow lease;
  lease.job = JobId(11);
  lease.task = 4;
  lease.number = 2;
  lease.centre = CentreId(3);
  lease.resources = resources;
  lease.wall_time = wall_time;
  lease.granted_at = UnixTime(1'000'000'000);
  return lease;
}

Cny sum_of(const std::vector<ChargeRow>& lines) {
  Cny sum;
  for (const ChargeRow& line : lines) sum += line.amount;
  return sum;
}

constexpr Cny one_yuan = Cny::micro(1'000'000);

TEST(QuantityTest, IsInTheUnitOfItsMeter) {
  // Two cores, half a card and 1.5 GB for two seconds, by hand.
  const Resources resources{Cores(2), Bytes(1'500'000'000), MilliCards(500)};
  const Duration run = Duration::seconds(2);
  EXPECT_EQ(quantity_of(Meter::core_time, resources, run), 2 * 2'000);
  EXPECT_EQ(quantity_of(Meter::card_time, resources, run), 500 * 2'000);
  EXPECT_EQ(quantity_of(Meter::memory_time, resources, run), 1'500 * 2'000);
}

TEST(QuantityTest, CountsAllNodes) {
  // Four nodes measure four times what one does, memory in whole MB of each; together they are as one node four times
  // as large. What passes 64 bits stays at their maximum.
  const Resources one{Cores(2), Bytes(1'500'000), MilliCards(500)};
  Resources four = one;
  four.nodes = 4;
  for (const Meter meter : meters)
    EXPECT_EQ(quantity_of(meter, four, Duration::seconds(2)), 4 * quantity_of(meter, one, Duration::seconds(2)));
  EXPECT_EQ(over_all_nodes(four), (Resources{Cores(8), Bytes(6'000'000), MilliCards(2'000)}));
  EXPECT_EQ(over_all_nodes(one), one);
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  four.cores = Cores(most / 2);
  EXPECT_EQ(quantity_of(Meter::core_time, four, Duration::milliseconds(1)), most);
  EXPECT_EQ(over_all_nodes(four).cores, Cores(most));
}

TEST(QuantityTest, MemoryCountsInWholeMegabytesUp) {
  // A byte counts as a MB, a whole MB as one, a byte more as two; none as none.
  const auto of = [](std::int64_t bytes) {
    return quantity_of(Meter::memory_time, {Cores(1), Bytes(bytes), MilliCards()}, Duration::milliseconds(1));
  };
  EXPECT_EQ(of(0), 0);
  EXPECT_EQ(of(1), 1);
  EXPECT_EQ(of(1'000'000), 1);
  EXPECT_EQ(of(1'000'001), 2);
}

TEST(QuantityTest, RunCountsInWholeMillisecondsDown) {
  // A started millisecond is not counted.
  const Resources core{Cores(1), {}, {}};
  EXPECT_EQ(quantity_of(Meter::core_time, core, Duration::microseconds(999)), 0);
  EXPECT_EQ(quantity_of(Meter::core_time, core, Duration::microseconds(1'000)), 1);
  EXPECT_EQ(quantity_of(Meter::core_time, core, Duration::microseconds(1'999)), 1);
}

TEST(PriceTest, AnHourCostsWhatTheOfferSays) {
  // One core, one card or one GB for an hour comes to just the offer's figure: the units of price and meter fit.
  const OfferRow offer = offer_of(Cny::micro(300'000), Cny::yuan(9), Cny::micro(20'001));
  const Duration hour = Duration::hours(1);
  EXPECT_EQ(*cost_of(offer, {Cores(1), {}, {}}, hour), Cny::micro(300'000));
  EXPECT_EQ(*cost_of(offer, {Cores(0), {}, MilliCards(1'000)}, hour), Cny::yuan(9));
  EXPECT_EQ(*cost_of(offer, {Cores(0), Bytes(1'000'000'000), {}}, hour), Cny::micro(20'001));
  EXPECT_EQ(*hold_for(offer, {Cores(1), Bytes(1'000'000'000), MilliCards(1'000)}, hour), Cny::micro(9'320'001));
}

TEST(HoldTest, RoundsEachMeterUpAndTheCostDown) {
  // One micro-yuan an hour for a millisecond: a hold of one micro-yuan a meter, a charge of nothing.
  const OfferRow offer = offer_of(Cny::micro(1), Cny::micro(1), Cny::micro(1));
  const Resources resources{Cores(1), Bytes(1), MilliCards(1)};
  EXPECT_EQ(*hold_for(offer, resources, Duration::milliseconds(1)), Cny::micro(3));
  EXPECT_EQ(*cost_of(offer, resources, Duration::milliseconds(1)), Cny());
  EXPECT_EQ(*hold_for(offer, resources, Duration()), Cny());
}

TEST(HoldTest, WhatLeavesTheRangeIsExhausted) {
  // Neither a quantity, nor one meter's amount, nor the sum of meters may wrap round: each is refused as exhausted.
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const Duration hour = Duration::hours(1);
  const auto code = [&](const OfferRow& offer, Resources resources) {
    const Result<Cny> hold = hold_for(offer, resources, hour);
    return hold ? std::optional<ErrorCode>() : hold.error().code;
  };
  EXPECT_EQ(code(offer_of(one_yuan, {}, {}), {Cores(most / 1'000), {}, {}}), ErrorCode::exhausted);
  EXPECT_EQ(code(offer_of(Cny::micro(most), {}, {}), {Cores(2), {}, {}}), ErrorCode::exhausted);
  EXPECT_EQ(code(offer_of(Cny::micro(most), one_yuan, {}), {Cores(1), {}, MilliCards(1'000)}), ErrorCode::exhausted);
  EXPECT_EQ(code(offer_of(Cny::micro(most), {}, {}), {Cores(1), {}, {}}), std::nullopt);
  // What is given away cannot cost too much.
  EXPECT_EQ(code(offer_of({}, {}, one_yuan), {Cores(most), {}, {}}), std::nullopt);
}

/// A random offer, resources and wall time, from the tiny to the large.
struct Case {
  OfferRow offer;
  Resources resources;
  Duration wall_time;
};
Case draw(Prng& random) {
  const auto any = [&](std::int64_t most) { return random.chance(1, 5) ? 0 : random.between(1, most); };
  Case drawn;
  drawn.offer = offer_of(Cny::micro(any(5'000'000)), Cny::micro(any(90'000'000)), Cny::micro(any(400'000)));
  drawn.offer.commission = BasisPoints{static_cast<std::int32_t>(random.between(0, 10'000))};
  drawn.resources = {Cores(random.between(1, 128)), Bytes(any(512'000'000'000)), MilliCards(any(8'000))};
  if (random.chance(1, 4)) drawn.resources.nodes = static_cast<std::int32_t>(random.between(2, 500));
  drawn.wall_time = Duration::microseconds(random.between(1, Duration::hours(48).microseconds()));
  return drawn;
}

TEST(RatingPropertyTest, HoldCoversEveryRunUpToTheWallTime) {
  // hold_for ≥ cost_of for random runs ≤ the wall time, at the limit and just below; and cost rises with the run.
  Prng random(1);
  for (int i = 0; i < 2'000; ++i) {
    const Case c = draw(random);
    const Cny hold = *hold_for(c.offer, c.resources, c.wall_time);
    const Duration run = Duration::microseconds(random.between(0, c.wall_time.microseconds()));
    const Cny cost = *cost_of(c.offer, c.resources, run);
    ASSERT_LE(cost, hold);
    ASSERT_LE(cost, *cost_of(c.offer, c.resources, c.wall_time));
    ASSERT_LE(*cost_of(c.offer, c.resources, c.wall_time), hold);
    // Three meters, each rounded once by less than one micro-yuan up and down.
    ASSERT_LE(hold - *cost_of(c.offer, c.resources, c.wall_time), Cny::micro(3));
  }
}

TEST(RatingPropertyTest, AGangIsHeldAndChargedAsItsNodesAre) {
  // By a price that comes out even a gang of n nodes holds and costs just n times what one does; by any price its sum
  // is rounded once, so it is held at most, and charged at least, n times as much.
  const OfferRow even = offer_of(Cny::micro(360'000), Cny::yuan(9), Cny::micro(20'000));
  const Resources one{Cores(8), Bytes(32'000'000'000), MilliCards(2'000)};
  Resources gang = one;
  gang.nodes = 16;
  const Duration wall = Duration::hours(3);
  const Duration run = Duration::minutes(6);
  EXPECT_EQ(hold_for(even, gang, wall)->micro(), 16 * hold_for(even, one, wall)->micro());
  EXPECT_EQ(cost_of(even, gang, run)->micro(), 16 * cost_of(even, one, run)->micro());
  Prng random(4);
  for (int i = 0; i < 2'000; ++i) {
    const Case c = draw(random);
    Resources of_one = c.resources;
    of_one.nodes = 1;
    const Cny hold = *hold_for(c.offer, c.resources, c.wall_time);
    const Cny cost = *cost_of(c.offer, c.resources, c.wall_time);
    ASSERT_LE(hold.micro(), c.resources.nodes * hold_for(c.offer, of_one, c.wall_time)->micro());
    ASSERT_GE(cost.micro(), c.resources.nodes * cost_of(c.offer, of_one, c.wall_time)->micro());
    ASSERT_GE(hold, cost);
  }
}

TEST(RatingPropertyTest, DifferencesOfACumulativeRunTelescope) {
  // However a run is cut into growing cumulative figures, the differences add up to the cost of the whole.
  Prng random(2);
  for (int i = 0; i < 500; ++i) {
    const Case c = draw(random);
    Cny booked;
    Duration run;
    while (run < c.wall_time) {
      run =
          std::min(c.wall_time, run + Duration::microseconds(random.between(1, 1 + c.wall_time.microseconds() / 3)));
      const Cny due = *cost_of(c.offer, c.resources, run);
      ASSERT_GE(due, booked);
      booked += due - booked;
    }
    ASSERT_EQ(booked, *cost_of(c.offer, c.resources, c.wall_time));
  }
}

TEST(RatingPropertyTest, LinesAddUpAndPartsMakeTheWhole) {
  // The lines of a bill sum to cost_of; each line's fee lies in [0, amount] and is the exact share rounded down.
  Prng random(3);
  for (int i = 0; i < 2'000; ++i) {
    const Case c = draw(random);
    const Duration run = Duration::microseconds(random.between(0, c.wall_time.microseconds()));
    const auto lines = rate(c.offer, lease_of(c.resources, c.wall_time), run);
    ASSERT_EQ(sum_of(lines), *cost_of(c.offer, c.resources, run));
    for (const ChargeRow& line : lines) {
      ASSERT_GE(line.fee, Cny());
      const Cny of_provider = line.amount - line.fee;
      ASSERT_GE(of_provider, Cny());
      ASSERT_EQ(line.fee, share_of(line.amount, c.offer.commission));
      ASSERT_LE(line.fee.micro() * 10'000, line.amount.micro() * c.offer.commission.value);
    }
  }
}

TEST(RateTest, LineTellsQuantityPriceAmountAndFee) {
  // One line of a bill, by hand: half an hour of 4 cores at 0.3 yuan, 5 % of it the platform's.
  const auto lines = rate(offer_of(Cny::micro(300'000), Cny::yuan(9), {}),
                          lease_of({Cores(4), Bytes(1), {}}, Duration::hours(1)), Duration::minutes(30));
  ASSERT_EQ(lines.size(), 1U);
  const ChargeRow& line = lines[0];
  EXPECT_EQ(line.key(), (std::tuple{JobId(11), 4, 2, Meter::core_time}));
  EXPECT_EQ(line.centre, CentreId(3));
  EXPECT_EQ(line.offer, OfferId(7));
  EXPECT_EQ(line.quantity, 4 * 1'800'000);
  EXPECT_EQ(line.price_amount, Cny::micro(300'000));
  EXPECT_EQ(line.price_quantity, 3'600'000);
  EXPECT_EQ(line.amount, Cny::micro(600'000));
  EXPECT_EQ(line.fee, Cny::micro(30'000));
}

TEST(RateTest, NothingMeasuredOrPricedGivesNoLine) {
  // A zero price gives no line though the meter ran, and a priced meter that did not run gives none either.
  const Resources all{Cores(1), Bytes(1'000'000), MilliCards(1'000)};
  EXPECT_TRUE(rate(offer_of({}, {}, {}), lease_of(all, Duration::hours(1)), Duration::hours(1)).empty());
  EXPECT_TRUE(rate(offer_of(one_yuan, one_yuan, one_yuan), lease_of(all, Duration::hours(1)), Duration()).empty());
  const auto lines = rate(offer_of(one_yuan, one_yuan, {}), lease_of(all, Duration::hours(1)), Duration::hours(1));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].meter, Meter::core_time);
  EXPECT_EQ(lines[1].meter, Meter::card_time);
}

TEST(RateDeathTest, MoreThanTheWallTimeOrAnotherCentresOfferIsOurBug) {
  // The bound on the bill is the caller's duty, and so is the offer: both stop the process instead of overcharging.
  const LeaseRow lease = lease_of({Cores(1), {}, {}}, Duration::hours(1));
  OfferRow other = offer_of(one_yuan, {}, {});
  EXPECT_DEATH((void)rate(other, lease, Duration::hours(1) + Duration::microseconds(1)), "wall_time");
  other.centre = CentreId(4);
  EXPECT_DEATH((void)rate(other, lease, Duration::hours(1)), "centre");
}

class BillableRunTest : public testing::Test {
 protected:
  BillableRunTest() : lease_(lease_of({}, Duration::minutes(10))) {
    attempt_.job = lease_.job;
    attempt_.task = lease_.task;
    attempt_.number = lease_.number;
  }
  /// By engine and wrapper, an hour after the grant unless told otherwise.
  Duration billable(Duration engine, Duration wrapper, Duration after_grant = Duration::hours(1)) {
    attempt_.engine_run = engine;
    attempt_.wrapper_run = wrapper;
    return billable_run(lease_, attempt_, lease_.granted_at + after_grant);
  }
  LeaseRow lease_;
  AttemptRow attempt_;
};

TEST_F(BillableRunTest, IsTheLeastOfWhatThreeSay) {
  // Each of engine, wrapper, the time since the grant and the wall time bounds it when it is the least.
  EXPECT_EQ(billable(Duration::seconds(90), Duration::seconds(95)), Duration::seconds(90));
  EXPECT_EQ(billable(Duration::seconds(90), Duration::seconds(85)), Duration::seconds(85));
  EXPECT_EQ(billable(Duration::seconds(90), Duration::seconds(95), Duration::seconds(40)), Duration::seconds(40));
  EXPECT_EQ(billable(Duration::hours(2), Duration::hours(2), Duration::hours(3)), Duration::minutes(10));
}

TEST_F(BillableRunTest, AWrapperThatGaveNothingDoesNotMakeItFree) {
  // No figure is not a figure of zero; an engine that tells of no run bills none.
  EXPECT_EQ(billable(Duration::seconds(90), Duration()), Duration::seconds(90));
  EXPECT_EQ(billable(Duration(), Duration::seconds(90)), Duration());
}

TEST_F(BillableRunTest, IsNeverNegative) {
  // A nonsense figure of an engine, or a time before the grant, bills nothing.
  EXPECT_EQ(billable(Duration::seconds(-5), Duration()), Duration());
  EXPECT_EQ(billable(Duration::seconds(5), Duration(), Duration::seconds(-1)), Duration());
}

}  // namespace
}  // namespace dayan::trade
