#include <gtest/gtest.h>

#include <map>

#include "place/scene_for_tests.h"

namespace dayan::place {
namespace {

/// What energy and carbon do to the choice of a pool, in quotes and in plans.
class GreenTest : public testing::Test {
 protected:
  /// One pool of 4 cores; a core draws 10 W.
  CentreId site(const std::string& name, std::optional<std::int64_t> carbon, Cny core_hour = Cny::yuan(1),
                std::int64_t capability = 10'000) {
    CentreRow row = scene_.centre(name, core_hour);
    row.pue = 1'200;
    row.carbon = carbon;
    scene_.put(row);
    PoolRow pool = scene_.pool(row.id, 1, 4);
    pool.core_power = Milliwatts(10'000);
    pool.core_capability = Capability(capability);
    scene_.put(pool);
    return row.id;
  }
  static Requirements wanting(Objective objective, Weights weights = {}) {
    Requirements requirements = Scene::small();
    requirements.objective = objective;
    requirements.weights = weights;
    requirements.run_time = Duration::minutes(30);
    return requirements;
  }
  std::vector<std::string> order(const Requirements& requirements) {
    std::vector<std::string> names;
    for (const Quote& quote : scene_.quotes(requirements)) names.push_back(quote.centre_name);
    return names;
  }
  std::map<CentreId, int> placed() {
    std::map<CentreId, int> counts;
    for (const Assignment& each : scene_.plan()) ++counts[each.placement.centre];
    return counts;
  }
  Scene scene_;
};

using Names = std::vector<std::string>;

TEST_F(GreenTest, AQuoteTellsEnergyAndCarbonWhereTheyAreKnown) {
  // Half an hour of a core of 10 W at a PUE of 1.2 is 6 Wh, and at 500 g a kWh 3 g; without the intensity of the grid
  // the energy is still known; without the power of a core nothing is.
  (void)site("a", 500);
  (void)site("b", {});
  scene_.site("c", 1, 4);
  const auto quotes = scene_.quotes(wanting(Objective::cheapest));
  EXPECT_EQ(quotes[0].energy, Joules(21'600));
  EXPECT_EQ(quotes[0].carbon, Milligrams(3'000));
  EXPECT_EQ(quotes[1].energy, Joules(21'600));
  EXPECT_FALSE(quotes[1].carbon.has_value());
  EXPECT_FALSE(quotes[2].energy.has_value());
  EXPECT_FALSE(quotes[2].carbon.has_value());
}

TEST_F(GreenTest, GreenestIsTheLeastCarbonThenTheLeastCost) {
  // Unknown carbon stands behind all that is known, however cheap; a fast pool draws for a shorter time.
  (void)site("coal", 900, Cny::yuan(1));
  (void)site("water-dear", 30, Cny::yuan(5));
  (void)site("water", 30, Cny::yuan(2));
  (void)site("unknown", {}, Cny());
  (void)site("fast-coal", 900, Cny::yuan(3), 20'000);
  EXPECT_EQ(order(wanting(Objective::greenest)), (Names{"water", "water-dear", "fast-coal", "coal", "unknown"}));
}

TEST_F(GreenTest, GreenestWaitsForTheGreenest) {
  // Six tasks go to the two greenest pools, the cheaper one first, and the rest waits though others have room; pools
  // of which nothing is known are taken only when no known one could ever take it.
  const CentreId water = site("water", 30, Cny::yuan(2));
  const CentreId dear = site("water-dear", 30, Cny::yuan(5));
  (void)site("coal", 900);
  const CentreId unknown = site("unknown", {}, Cny());
  scene_.job(6, wanting(Objective::greenest));
  EXPECT_EQ(placed(), (std::map<CentreId, int>{{water, 4}, {dear, 2}}));
  scene_.job(6, wanting(Objective::greenest));
  EXPECT_EQ(placed(), (std::map<CentreId, int>{{water, 4}, {dear, 4}}));
  // Of a row of its own: what was expected of it.
  EXPECT_EQ(scene_.plan()[0].placement.carbon, Milligrams(180));
  Scene blind;
  scene_ = Scene();
  const CentreId cheap = site("cheap", {}, Cny::yuan(1));
  (void)site("other", {}, Cny::yuan(2));
  scene_.job(6, wanting(Objective::greenest));
  EXPECT_EQ(placed(), (std::map<CentreId, int>{{cheap, 4}}));
  EXPECT_FALSE(scene_.plan()[0].placement.carbon.has_value());
  (void)unknown;
}

TEST_F(GreenTest, WeightsDecideBetweenCostTimeAndCarbon) {
  // Three pools, each the best in one: the weights say which is first; equal ones for cost and time are the balanced.
  (void)site("cheap", 900, Cny::yuan(1), 5'000);
  (void)site("fast", 900, Cny::yuan(16), 20'000);
  (void)site("green", 30, Cny::yuan(8), 6'000);
  EXPECT_EQ(order(wanting(Objective::weighted, {10, 1, 0}))[0], "cheap");
  EXPECT_EQ(order(wanting(Objective::weighted, {0, 1, 0}))[0], "fast");
  EXPECT_EQ(order(wanting(Objective::weighted, {1, 1, 1}))[0], "green");
  EXPECT_EQ(order(wanting(Objective::weighted, {3, 3, 0})), order(wanting(Objective::balanced)));
  (void)site("unknown", {}, Cny(), 40'000);
  EXPECT_EQ(order(wanting(Objective::weighted, {10, 10, 1})).back(), "unknown");
  EXPECT_EQ(order(wanting(Objective::weighted, {1, 1, 0}))[0], "unknown");
}

TEST_F(GreenTest, WeightsForTimeMakeImpatient) {
  // Eight tasks of half an hour, four at once on each: who gives time no weight waits for the best pool, who gives it
  // some also takes one that is slower by less than the weights allow.
  const CentreId green = site("green", 30);
  const CentreId slow = site("slow", 900, Cny::yuan(1), 4'000);
  scene_.job(8, wanting(Objective::weighted, {0, 0, 5}));
  EXPECT_EQ(placed(), (std::map<CentreId, int>{{green, 4}}));
  scene_ = Scene();
  (void)site("green", 30);
  (void)site("slow", 900, Cny::yuan(1), 4'000);
  scene_.job(8, wanting(Objective::weighted, {0, 1, 5}));
  EXPECT_EQ(placed(), (std::map<CentreId, int>{{green, 4}, {slow, 4}}));
  scene_ = Scene();
  (void)site("green", 30);
  (void)site("slow", 900, Cny::yuan(1), 4'000);
  // The rest takes an hour on the green one: 2.5 times as slow, half an hour each, is 75 minutes.
  scene_.job(8, wanting(Objective::weighted, {0, 10, 1}));
  EXPECT_EQ(placed(), (std::map<CentreId, int>{{green, 4}}));
}

}  // namespace
}  // namespace dayan::place
