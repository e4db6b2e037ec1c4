#include <gtest/gtest.h>

#include <map>

#include "place/acceptance.h"
#include "place/scene_for_tests.h"

namespace dayan::place {
namespace {

/// Capability, latency and acceptance: what makes a pool unfit for good, whatever its room.
class SuitabilityTest : public testing::Test {
 protected:
  CentreRow site(const std::string& name, std::int64_t capability = 0, Cny core_hour = Cny::yuan(1)) {
    CentreRow row = scene_.centre(name, core_hour);
    PoolRow pool = scene_.pool(row.id, 1, 4);
    pool.core_capability = Capability(capability);
    scene_.put(pool);
    return row;
  }
  Reason only_reason(const Requirements& requirements) {
    const Quote quote = scene_.quotes(requirements).at(0);
    EXPECT_EQ(quote.reasons.size(), 1U);
    EXPECT_EQ(quote.feasible, quote.reasons.empty() || quote.reasons[0].passes_with_time);
    return quote.reasons.empty() ? Reason{} : quote.reasons[0];
  }
  static std::map<CentreId, int> by_centre(const std::vector<Assignment>& plan) {
    std::map<CentreId, int> counts;
    for (const Assignment& each : plan) ++counts[each.placement.centre];
    return counts;
  }
  Scene scene_;
};

TEST_F(SuitabilityTest, ACoreIsFastEnoughByItsMeasuredCapability) {
  // The reason has the capability wanted and there, in words and numbers; one that is not known is not enough.
  (void)site("a", 9'500);
  Requirements requirements = Scene::small();
  requirements.core_capability_min = Capability(12'000);
  const Reason reason = only_reason(requirements);
  EXPECT_EQ(reason, (Reason{Constraint::capability, 12'000, 9'500,
                            "needs cores of 1.2 times the reference core, those of the pool have 0.95: 0.25 too slow",
                            false}));
  requirements.core_capability_min = Capability(9'500);
  EXPECT_TRUE(scene_.quotes(requirements)[0].feasible);
  requirements.core_capability_min = Capability(9'501);
  EXPECT_FALSE(scene_.quotes(requirements)[0].feasible);
  scene_ = Scene();
  (void)site("b");
  EXPECT_EQ(only_reason(requirements).text,
            "needs cores of 0.9501 times the reference core, how fast those of the pool are is not known");
}

TEST_F(SuitabilityTest, ACardIsFastEnoughByItsCapability) {
  // As a core is: with both numbers, and never where nobody knows. How fast the cores are is nothing to it.
  const CentreRow row = site("a", 30'000);
  PoolRow pool = scene_.pool(row.id, 1, 4);
  pool.cards_per_node = MilliCards(8'000);
  pool.chip = "t4";
  pool.core_capability = Capability(30'000);
  pool.card_capability = Capability(2'083);
  scene_.put(pool);
  Requirements requirements = Scene::small();
  requirements.resources.cards = MilliCards(1'000);
  requirements.card_capability_min = Capability(10'000);
  EXPECT_EQ(only_reason(requirements),
            (Reason{Constraint::card_capability, 10'000, 2'083,
                    "needs cards of 1 times the reference card, those of the pool have 0.2083: 0.7917 too slow",
                    false}));
  requirements.card_capability_min = Capability(2'083);
  EXPECT_TRUE(scene_.quotes(requirements)[0].feasible);
  pool.card_capability = Capability();
  scene_.put(pool);
  EXPECT_EQ(only_reason(requirements).text,
            "needs cards of 0.2083 times the reference card, how fast those of the pool are is not known");
}

TEST_F(SuitabilityTest, EachCityIsNearEnoughOrTold) {
  // A reason for each city that is too far, with both times and their difference; a city that the centre does not
  // know is told without numbers.
  CentreRow a = site("a");
  a.latency = {{"shanghai", Duration::milliseconds(35)}, {"guiyang", Duration::microseconds(1'500)}};
  scene_.put(a);
  Requirements requirements = Scene::small();
  requirements.latency = {{"shanghai", Duration::milliseconds(20)}, {"guiyang", Duration::microseconds(1'500)}};
  EXPECT_EQ(only_reason(requirements), (Reason{Constraint::latency, 20'000, 35'000,
                                               "needs 20ms to shanghai, the centre has 35ms: 15ms too far", false}));
  requirements.latency[0].at_most = Duration::milliseconds(35);
  EXPECT_TRUE(scene_.quotes(requirements)[0].feasible);
  requirements.latency.push_back({"beijing", Duration::seconds(1)});
  EXPECT_EQ(
      only_reason(requirements),
      (Reason{Constraint::latency, 0, 0, "needs 1s to beijing, the centre does not know how far that is", false}));
  requirements.latency[1].at_most = Duration::microseconds(1'499);
  EXPECT_EQ(scene_.quotes(requirements)[0].reasons.size(), 2U);
}

TEST_F(SuitabilityTest, AChoosyCentreServesThoseItNames) {
  // Who is not named is refused there and served elsewhere; who is named is served at both, in quotes and plans
  // alike.
  CentreRow choosy = site("choosy");
  const CentreRow open = site("open", 0, Cny::yuan(9));
  choosy.accepts = {"lab", "studio-2"};
  scene_.put(choosy);
  scene_.organisation(OrganisationId(3), "lab");
  scene_.wallet(OrganisationId(3), Cny::yuan(100));
  const auto engine = scene_.engine();
  const auto studio = engine->quotes({scene_customer, Scene::small(), 1, 0}, scene_now);
  EXPECT_EQ(studio[0].centre_name, "open");
  ASSERT_EQ(studio[1].reasons.size(), 1U);
  EXPECT_EQ(studio[1].reasons[0],
            (Reason{Constraint::acceptance, 0, 0, "the centre serves only customers that it names, and not this one",
                    false}));
  EXPECT_EQ(engine->quotes({OrganisationId(3), Scene::small(), 1, 0}, scene_now)[0].centre_name, "choosy");
  // One whose row has not come is a stranger.
  EXPECT_EQ(engine->quotes({OrganisationId(9), Scene::small(), 1, 0}, scene_now)[0].centre_name, "open");

  Requirements requirements = Scene::small();
  requirements.objective = Objective::cheapest;
  const JobRow of_studio = scene_.job(3, requirements);
  JobRow of_lab = scene_.job(3, requirements);
  of_lab.organisation = OrganisationId(3);
  scene_.put(of_lab);
  const auto plan = scene_.plan();
  ASSERT_EQ(plan.size(), 6U);
  for (const Assignment& each : plan) EXPECT_EQ(each.placement.centre, each.job == of_lab.id ? choosy.id : open.id);
  EXPECT_EQ(plan[0].job, of_studio.id);
  EXPECT_EQ(plan[0].placement.ruled_out, (std::vector<RuledOut>{{Constraint::acceptance, 1, 0}}));
  EXPECT_TRUE(plan[0].placement.runners_up.empty());
  EXPECT_EQ(plan[5].placement.runners_up.size(), 1U);
}

TEST_F(SuitabilityTest, ACentreServesThoseThatItHasAnAccountFor) {
  // The cheapest has no account for the customer: it is ruled out with that as its reason, and the job goes to the dearest
  // of three, which has one. Its provider's list comes first: who is not on it is told of that. When the agent maps the
  // customer too, the next task goes there.
  CentreRow cheap = site("cheap");
  cheap.maps = std::vector<std::string>{"lab"};
  scene_.put(cheap);
  CentreRow other = site("other", 0, Cny::yuan(2));
  other.maps = std::vector<std::string>{};
  other.accepts = {"lab"};
  scene_.put(other);
  CentreRow dear = site("dear", 0, Cny::yuan(9));
  dear.maps = std::vector<std::string>{"lab", "studio"};
  scene_.put(dear);
  Requirements requirements = Scene::small();
  requirements.objective = Objective::cheapest;
  const auto quotes = scene_.quotes(requirements);
  EXPECT_EQ(quotes[0].centre_name, "dear");
  EXPECT_TRUE(quotes[0].reasons.empty());
  for (const Quote& each : {quotes[1], quotes[2]}) {
    ASSERT_EQ(each.reasons.size(), 1U);
    EXPECT_EQ(each.reasons[0],
              (Reason{Constraint::acceptance, 0, 0,
                      each.centre_name == "cheap" ? "the centre has no local account for your organisation"
                                                  : "the centre serves only customers that it names, and not this one",
                      false}));
  }
  (void)scene_.job(1, requirements);
  auto engine = scene_.engine();
  const auto plan = engine->plan(scene_now, 10);
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].placement.centre, dear.id);
  EXPECT_EQ(plan[0].placement.ruled_out, (std::vector<RuledOut>{{Constraint::acceptance, 2, 0}}));
  cheap.maps->push_back("studio");
  engine->apply({cheap, RowFate::live});
  const auto again = engine->plan(scene_now, 10);  // what has not come back is planned again
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].placement.centre, cheap.id);
  EXPECT_FALSE(engine->broken_invariant().has_value());
}

TEST_F(SuitabilityTest, WhatACentreAcceptsAndIsMayChange) {
  // A job that no centre takes is placed as soon as one accepts its customer, comes near enough or gets fast enough.
  CentreRow a = site("a", 8'000);
  a.accepts = {"lab"};
  scene_.put(a);
  Requirements requirements = Scene::small();
  requirements.core_capability_min = Capability(10'000);
  requirements.latency = {{"shanghai", Duration::milliseconds(20)}};
  (void)scene_.job(1, requirements);
  auto engine = scene_.engine();
  const auto changes_nothing = [&](const Row& row) {
    engine->apply({row, RowFate::live});
    return engine->plan(scene_now, 10).empty();
  };
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  a.accepts.push_back("studio");
  EXPECT_TRUE(changes_nothing(a));
  a.latency = {{"shanghai", Duration::milliseconds(20)}};
  EXPECT_TRUE(changes_nothing(a));
  PoolRow pool = scene_.pool(a.id, 1, 4);
  pool.core_capability = Capability(10'000);
  EXPECT_FALSE(changes_nothing(pool));
  // And it is not, once the customer is not accepted any more.
  a.accepts = {"lab"};
  EXPECT_TRUE(changes_nothing(a));
  OrganisationRow renamed;
  renamed.id = scene_customer;
  renamed.name = "lab";
  EXPECT_FALSE(changes_nothing(renamed));
  EXPECT_FALSE(engine->broken_invariant().has_value());
}

TEST_F(SuitabilityTest, TheBestMarginIsOfThePoolThatIsNearest) {
  // Of three centres one is fit; of the others the reasons tell how many each constraint cost, and the nearest.
  (void)site("a", 20'000);
  for (const std::int64_t capability : {9'000, 7'000}) {
    CentreRow row = site("c" + std::to_string(capability), capability);
    row.latency = {{"shanghai", Duration::milliseconds(capability / 100)}};
    scene_.put(row);
  }
  CentreRow b = site("b", 20'000);
  b.latency = {{"shanghai", Duration::milliseconds(5)}};
  scene_.put(b);
  Requirements requirements = Scene::small();
  requirements.core_capability_min = Capability(10'000);
  requirements.latency = {{"shanghai", Duration::milliseconds(50)}};
  (void)scene_.job(1, requirements);
  EXPECT_EQ(scene_.plan().at(0).placement.ruled_out,
            (std::vector<RuledOut>{{Constraint::capability, 2, 1'000}, {Constraint::latency, 3, 20'000}}));
}

TEST(AcceptanceTest, CustomersOfTheSameCentresAreOneGroup) {
  // Groups are as many as there are sets of choosy centres; who is named nowhere is in none, and moves are told.
  std::map<OrganisationId, std::string> organisations;
  for (int i = 1; i <= 6; ++i) organisations[OrganisationId(i)] = "o" + std::to_string(i);
  std::map<CentreId, CentreState> centres;
  for (int i = 1; i <= 3; ++i) {
    centres[CentreId(i)].id = CentreId(i);
    centres[CentreId(i)].pools = {static_cast<PoolIndex>(i)};
  }
  centres[CentreId(1)].accepts = {"o1", "o2", "o3"};
  centres[CentreId(2)].accepts = {"o3", "o1", "o3"};
  Acceptance acceptance;
  const std::vector<OrganisationId> first{OrganisationId(1), OrganisationId(2), OrganisationId(3)};
  EXPECT_EQ(acceptance.renew(organisations, centres, {}), first);
  EXPECT_EQ(acceptance.group_of(OrganisationId(1)), acceptance.group_of(OrganisationId(3)));
  EXPECT_NE(acceptance.group_of(OrganisationId(1)), acceptance.group_of(OrganisationId(2)));
  EXPECT_EQ(acceptance.group_of(OrganisationId(4)), named_by_none);
  EXPECT_TRUE(acceptance.renew(organisations, centres, {}).empty());
  for (const auto& [id, name] : organisations) {
    for (const auto& [centre_id, centre] : centres) {
      const PoolIndex pool = centre.pools[0];
      const CustomerGroup group = acceptance.group_of(id);
      EXPECT_EQ(acceptance.accepts(group, pool), accepts(centre, &name));
      EXPECT_EQ((acceptance.word(group, 0) >> pool & 1) != 0, accepts(centre, &name));
    }
  }
  // The second centre lets go of o1: it joins o2, and nobody gets the number that it had.
  const CustomerGroup before = acceptance.group_of(OrganisationId(1));
  centres[CentreId(2)].accepts = {"o3"};
  EXPECT_EQ(acceptance.renew(organisations, centres, {}), std::vector<OrganisationId>{OrganisationId(1)});
  EXPECT_EQ(acceptance.group_of(OrganisationId(1)), acceptance.group_of(OrganisationId(2)));
  EXPECT_EQ(acceptance.group_of(OrganisationId(3)), before);
  // Whom a centre lists and has no account for it does not serve; and one that lists nobody serves those that it has.
  centres[CentreId(2)].maps = std::vector<std::string>{"o1", "o5"};
  centres[CentreId(3)].maps = std::vector<std::string>{"o5", "o6"};
  EXPECT_EQ(acceptance.renew(organisations, centres, {}),
            (std::vector<OrganisationId>{OrganisationId(3), OrganisationId(5), OrganisationId(6)}));
  for (const auto& [id, name] : organisations) {
    for (const auto& [centre_id, centre] : centres)
      EXPECT_EQ(acceptance.accepts(acceptance.group_of(id), centre.pools[0]), accepts(centre, &name)) << name;
  }
  EXPECT_FALSE(acceptance.accepts(acceptance.group_of(OrganisationId(5)), 2)) << "it has an account and is not listed";
  centres[CentreId(2)].maps.reset();
  centres[CentreId(3)].maps.reset();
  EXPECT_EQ(acceptance.renew(organisations, centres, {}),
            (std::vector<OrganisationId>{OrganisationId(3), OrganisationId(5), OrganisationId(6)}));
  centres[CentreId(1)].accepts.clear();
  centres[CentreId(2)].accepts.clear();
  EXPECT_EQ(acceptance.renew(organisations, centres, {}), first);
  EXPECT_FALSE(acceptance.has_choosy());
}

}  // namespace
}  // namespace dayan::place
