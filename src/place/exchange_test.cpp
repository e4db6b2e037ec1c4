#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/prng.h"
#include "place/exchange.h"
#include "place/scene_for_tests.h"
#include "place/turn.h"

namespace dayan::place {
namespace {

Requirements running_for(Duration run, Objective objective = Objective::balanced) {
  Requirements requirements = Scene::small();
  requirements.run_time = run;
  requirements.wall_time = run * 2;
  requirements.objective = objective;
  return requirements;
}

std::map<JobId, PlacementRow> placements(const std::vector<Assignment>& plan) {
  std::map<JobId, PlacementRow> found;
  for (const Assignment& each : plan) found[each.job] = each.placement;
  return found;
}

class ExchangeTest : public testing::Test {
 protected:
  Scene scene_;
  CentreId cheap_ = scene_.site("cheap", 1, 1, Cny::yuan(1));
  CentreId dear_ = scene_.site("dear", 1, 1, Cny::yuan(2));
  JobRow short_ = scene_.job(1, running_for(Duration::minutes(30)));
  JobRow long_ = scene_.job(1, running_for(Duration::hours(10)));
};

TEST_F(ExchangeTest, TheLongerRunGetsTheCheaperPlaceWhoeverCameFirst) {
  // One by one the first of two jobs of one organisation would take the cheap core for half an hour, and the second the
  // dear one for ten: 20.5 yuan. Together they cost 11, and each placement says with whom it traded.
  const auto placed = placements(scene_.plan());
  ASSERT_EQ(placed.size(), 2U);
  EXPECT_EQ(placed.at(short_.id).centre, dear_);
  EXPECT_EQ(placed.at(long_.id).centre, cheap_);
  EXPECT_EQ(placed.at(short_.id).exchanged_with, long_.id);
  EXPECT_EQ(placed.at(long_.id).exchanged_with, short_.id);
  EXPECT_EQ(placed.at(short_.id).task_cost + placed.at(long_.id).task_cost, Cny::yuan(11));
}

TEST_F(ExchangeTest, APlacementThatWasTradedTellsOfWhereItIs) {
  // All its figures are those of the place that it has now, and the one that it gave away is named as the next best.
  const PlacementRow row = placements(scene_.plan()).at(short_.id);
  EXPECT_EQ(row.pool, "cpu");
  EXPECT_EQ(row.task_cost, Cny::yuan(1));
  EXPECT_EQ(row.expected_start, scene_now);
  EXPECT_EQ(row.expected_finish, scene_now + Duration::minutes(30));
  ASSERT_EQ(row.runners_up.size(), 1U);
  EXPECT_EQ(row.runners_up.front().centre, cheap_);
  EXPECT_EQ(row.runners_up.front().task_cost, Cny::micro(500'000));
  EXPECT_EQ(row.runners_up.front().finish, Duration::minutes(30));
}

TEST_F(ExchangeTest, NothingIsTradedBetweenOrganisations) {
  // Whoever stands earlier in the queue keeps what it got, when the other one is not its own.
  JobRow others = long_;
  others.organisation = scene_provider;
  scene_.put(others);
  scene_.wallet(scene_provider, Cny::yuan(1'000));
  const auto placed = placements(scene_.plan());
  EXPECT_EQ(placed.at(short_.id).centre, cheap_);
  EXPECT_TRUE(placed.at(short_.id).exchanged_with.is_none());
}

TEST_F(ExchangeTest, APriceCapIsKept) {
  // Half an hour on the dear core costs more than the short job may: it holds an hour there, which is 2 yuan.
  short_.requirements.price_cap = Cny::micro(1'900'000);
  scene_.put(short_);
  const auto placed = placements(scene_.plan());
  EXPECT_EQ(placed.at(short_.id).centre, cheap_);
  EXPECT_EQ(placed.at(long_.id).centre, dear_);
}

TEST_F(ExchangeTest, ADeadlineIsKept) {
  // The dear core is half as fast; the long job has the time for it, the short one has not.
  scene_.put([&] {
    PoolRow slow;
    slow.centre = dear_;
    slow.name = "cpu";
    slow.nodes = 1;
    slow.cores_per_node = Cores(1);
    slow.memory_per_node = Bytes(16'000'000'000);
    slow.wall_time_max = Duration::hours(24);
    slow.core_capability = Capability(5'000);
    return slow;
  }());
  short_.requirements.finish_by = scene_now + lease_start_allowance + Duration::minutes(40);
  scene_.put(short_);
  const auto placed = placements(scene_.plan());
  ASSERT_TRUE(placed.contains(short_.id));
  EXPECT_EQ(placed.at(short_.id).centre, cheap_);
}

TEST_F(ExchangeTest, WhatTheWalletCannotHoldIsNotTraded) {
  // On the dear core the long job holds 40 yuan and the short one 1 on the cheap one: exactly what there is. The other
  // way round they hold less, and are traded. Where the trade would hold more than there is, it is not made.
  scene_.wallet(scene_customer, Cny::yuan(41));
  EXPECT_EQ(placements(scene_.plan()).at(long_.id).centre, cheap_);
  // A job that holds for long and runs for little has the cheap place by its turn; the other would have it hold twice.
  Scene tight;
  const CentreId cheap = tight.site("cheap", 1, 1, Cny::yuan(1));
  tight.site("dear", 1, 1, Cny::yuan(2));
  Requirements brief = running_for(Duration::minutes(30));
  brief.wall_time = Duration::hours(20);
  const JobRow first = tight.job(1, brief);
  tight.job(1, running_for(Duration::hours(5)));
  tight.wallet(scene_customer, Cny::yuan(40));  // 20 and 20; traded it would be 40 and 10
  EXPECT_EQ(placements(tight.plan()).at(first.id).centre, cheap);
}

TEST(Exchange, APlanIsWithinFivePercentOfTheBestAssignmentOfItsRooms) {
  // Against brute force: of all ways to give the tasks of a plan the rooms that it uses, none costs their organisation
  // more than 5 % less, run time by run time and price by price.
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Prng random(seed);
    Scene scene;
    std::map<CentreId, std::int64_t> prices;
    const std::int64_t tasks = random.between(2, 6);
    for (std::int64_t i = 0; i < tasks + 1; ++i) {
      const std::int64_t price = random.between(100, 1'000);
      prices[scene.site("c" + std::to_string(i), 1, 1, Cny::micro(price * 10'000))] = price;
    }
    std::map<JobId, double> runs;
    for (std::int64_t i = 0; i < tasks; ++i) {
      const std::int64_t minutes = random.between(10, 600);
      Requirements requirements = running_for(Duration::minutes(minutes), Objective::weighted);
      requirements.weights = {10, 1, 0};
      runs[scene.job(1, requirements).id] = static_cast<double>(minutes);
    }
    std::vector<double> lengths;
    std::vector<double> rooms;
    double cost = 0;
    for (const auto& [job, row] : placements(scene.plan())) {
      lengths.push_back(runs.at(job));
      rooms.push_back(static_cast<double>(prices.at(row.centre)));
      cost += lengths.back() * rooms.back();
    }
    std::sort(rooms.begin(), rooms.end());
    double least = cost;
    do {
      double sum = 0;
      for (std::size_t i = 0; i < rooms.size(); ++i) sum += lengths[i] * rooms[i];
      least = std::min(least, sum);
    } while (std::next_permutation(rooms.begin(), rooms.end()));
    EXPECT_GE(rooms.size(), 2U);
    EXPECT_LE(cost, least * 1.05) << "seed " << seed;
  }
}

}  // namespace
}  // namespace dayan::place
