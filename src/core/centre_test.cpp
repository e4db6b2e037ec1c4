#include <functional>

#include "core/platform_for_tests.h"

/// Centres, their agents, pools and offers.

namespace dayan::core {
namespace {

using CentreTest = TwoCentres;

TEST_F(CentreTest, APoolTooLargeToCountIsRefused) {
  // A million nodes of an exabyte each would overflow the sums that placement makes.
  PoolRow pool;
  pool.name = "absurd";
  pool.nodes = 1'000'000;
  pool.cores_per_node = Cores(1);
  pool.memory_per_node = bytes_max;
  pool.wall_time_max = Duration::hours(1);
  EXPECT_EQ(refused(as("agent guian"), ReportPools{{pool}}).faults[0].field, "pools[0].nodes");
}

TEST_F(CentreTest, AProviderTellsOfItsCentreWithinRanges) {
  // What is told replaces what was told before, and stays through what the agent reports; each fault is named;
  // another provider's centre is not found; saying the same again is no event.
  UpdateCentre told{"guian", {"film-studio"}, {{"shanghai", Duration::milliseconds(28)}}, 1'200, 410};
  EXPECT_EQ(must(as("guizhou"), told).events.size(), 1U);
  EXPECT_TRUE(must(as("guizhou"), told).events.empty());
  const CentreRow row = *state_.centres.find({CentreId(10)});
  EXPECT_EQ(row.accepts, told.accepts);
  EXPECT_EQ(row.latency, told.latency);
  EXPECT_EQ(row.pue, 1'200);
  EXPECT_EQ(row.carbon, 410);
  UpdateCentre overtaken{"guian", {"film-studio"}, {}, 1'300, 410};
  overtaken.seen = CentreDescription{{"film-studio"}, {}, 1'200, 410, {}, {}};  // the latency was told meanwhile
  EXPECT_EQ(refused(as("guizhou"), overtaken).reason, RefusalReason::wrong_state);
  overtaken.seen->latency = told.latency;
  EXPECT_EQ(must(as("guizhou"), overtaken).events.size(), 1U);
  must(as("guizhou"), UpdateCentre{"guian", {}, {}, {}, {}});
  EXPECT_FALSE(state_.centres.find({CentreId(10)})->pue.has_value());
  EXPECT_EQ(refused(as("zhangjiang"), told).reason, RefusalReason::not_found);
  told = {"guian",
          {"film-studio", "a b", "film-studio"},
          {{"x", Duration()}, {"x", Duration::hours(2)}, {"", Duration::seconds(1)}},
          999,
          -1};
  std::vector<std::string> fields;
  for (const Error& fault : refused(as("guizhou"), told).faults) fields.push_back(fault.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"accepts[1]", "accepts[2]", "latency[1].city", "latency[2].city",
                                              "latency[0].round_trip", "latency[1].round_trip", "pue", "carbon"}));
  PoolRow pool = *state_.pools.find({CentreId(10), "batch"});
  pool.core_power = Milliwatts(0);
  pool.card_power = Milliwatts(100'000'001);
  fields.clear();
  for (const Error& fault : refused(as("agent guian"), ReportPools{{pool}}).faults) fields.push_back(fault.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"pools[0].core_power", "pools[0].card_power"}));
}

TEST_F(CentreTest, EveryFaultOfAPoolNamesTheValueAndItsBounds) {
  // What an agent may get wrong of a pool, one thing after the other: the field, what it was, and what would be
  // right.
  const PoolRow good = *state_.pools.find({CentreId(10), "batch"});
  const auto fault_of = [&](const std::function<void(PoolRow&)>& spoil) {
    PoolRow pool = good;
    spoil(pool);
    const Refusal refusal = refused(as("agent guian"), ReportPools{{pool}});
    return refusal.faults.size() == 1 ? to_text(refusal.faults[0]) : "not one fault";
  };
  EXPECT_EQ(fault_of([](auto& p) { p.name = "a b"; }),
            "pools[0].name: 'a b' is not a name; 1 to 64 of letters, digits, '.', '_' and '-'");
  EXPECT_EQ(fault_of([](auto& p) { p.nodes = 0; }), "pools[0].nodes: 0 is out of range; 1 to 1000000");
  EXPECT_EQ(fault_of([](auto& p) { p.racks = {{p.nodes + 1, 1}}; }),
            "pools[0].racks: they have " + std::to_string(good.nodes + 1) + " nodes, the pool has " +
                std::to_string(good.nodes) + "; no more nodes in racks than there are");
  EXPECT_EQ(fault_of([](auto& p) { p.racks = {{1, 0}}; }),
            "pools[0].racks[0]: is no rack with nodes in it; nodes and count of at least 1");
  EXPECT_EQ(fault_of([](auto& p) {
              p.nodes = 9;
              p.racks = {{2, 1}, {2, 1}};
            }),
            "pools[0].racks[1]: is not smaller than the one before; the largest racks first, each size once");
  EXPECT_EQ(fault_of([](auto& p) {
              p.nodes = 900;
              p.racks = {{1, 513}};
            }),
            "pools[0].racks: 513 racks are too many; the 512 largest");
  EXPECT_EQ(fault_of([](auto& p) { p.cores_per_node = Cores(100'001); }),
            "pools[0].cores_per_node: 100001 is out of range; 1 to 100000");
  EXPECT_EQ(fault_of([](auto& p) { p.memory_per_node = Bytes(0); }),
            "pools[0].memory_per_node: 0 is out of range; 1 to 1000000000000000000");
  EXPECT_EQ(fault_of([](auto& p) { p.cards_per_node = MilliCards(-1'500); }),
            "pools[0].cards_per_node: -1.5 is out of range; 0 to 1000");
  EXPECT_EQ(fault_of([](auto& p) { p.wall_time_max = Duration(); }),
            "pools[0].wall_time_max: 0s is too short; at least 1s");
  EXPECT_EQ(fault_of([](auto& p) { p.core_capability = Capability(-1); }),
            "pools[0].core_capability: -1 is out of range; 0 to 100000000");
  EXPECT_EQ(fault_of([](auto& p) {
              p.cards_per_node = MilliCards(1'000);
              p.card_capability = Capability(1'000'001);
            }),
            "pools[0].card_capability: 1000001 is out of range; 0 to 1000000");
  EXPECT_EQ(fault_of([](auto& p) { p.card_capability = Capability(10'000); }),
            "pools[0].card_capability: is given, and the pool has no cards; zero, or the number of cards");
  EXPECT_EQ(
      fault_of([](auto& p) { p.core_power = Milliwatts(0); }),
      "pools[0].core_power: 0 is out of range; 1 to 1000000 thousandths of a watt, or null when it is not known");
  EXPECT_EQ(fault_of([](auto& p) { p.chip.assign(65, 'x'); }),
            "pools[0].chip: a text of 65 bytes is too long; at most 64 bytes");
  EXPECT_EQ(fault_of([](auto& p) {
              p.software = {{"povray", "3.7"}, {std::string(65, 'x'), "1"}};
            }),
            "pools[0].software[1].name: a text of 65 bytes is too long; at most 64 bytes");
  EXPECT_EQ(fault_of([](auto& p) { p.software = {{"", "1"}}; }), "pools[0].software[0].name: is empty; a word");
  EXPECT_EQ(fault_of([](auto& p) {
              p.software = {{"povray", std::string(65, '1')}};
            }),
            "pools[0].software[0].version: a text of 65 bytes is too long; at most 64 bytes");
  EXPECT_EQ(fault_of([](auto& p) {
              p.software.assign(1'001, {"povray", "3.7"});
            }),
            "pools[0].software: 1001 programs are too many; at most 1000");
  must(as("agent guian"), ReportPools{{good}});
}

TEST_F(CentreTest, AMissingPriceIsNoPrice) {
  // Left out is refused, by its field; zero is a price, as long as one is above it.
  const auto fields_of = [&](PublishOffer offer) {
    std::string fields;
    for (const Error& fault : refused(as("guizhou"), offer).faults) fields += fault.field + ' ';
    return fields;
  };
  EXPECT_EQ(fields_of({OfferId(90), "guian", Cny::yuan(1), std::nullopt, std::nullopt}), "card_hour gb_hour ");
  EXPECT_EQ(fields_of({OfferId(90), "guian", std::nullopt, Cny::yuan(-1), Cny::yuan(200'000)}),
            "core_hour card_hour gb_hour ");
  EXPECT_EQ(fields_of({OfferId(90), "guian", Cny(), Cny(), Cny()}), "core_hour ");
  must(as("guizhou"), PublishOffer{OfferId(90), "guian", Cny(), Cny::yuan(1), Cny()});
}

TEST_F(CentreTest, NewAgentFencesTheOlderOff) {
  // A second agent enrols for guian: the first one's token is dead, and its epoch is refused.
  must(as("guizhou"), CreateJoinToken{"guian", sha256("join again")});
  must(host_, EnrolAgent{sha256("join again"), std::string(64, 'b'), sha256("agent two")});
  EXPECT_FALSE(authenticate(state_, sha256("agent guian"), now_));
  EXPECT_EQ(refused(as("agent two"), ReportAttempts{1, 1, {}}).reason, RefusalReason::stale_agent);
  EXPECT_EQ(refused(host_, EnrolAgent{sha256("join again"), std::string(64, 'c'), sha256("third")}).reason,
            RefusalReason::wrong_state);
}

TEST_F(CentreTest, AnAgentRenewsItsToken) {
  // The new one outlives the old one, which stays good until its end; a person's token cannot ask for one.
  now_ = now_ + Duration::hours(24 * 60);
  must(as("agent guian"), RenewAgentToken{sha256("agent guian 2")});
  EXPECT_TRUE(authenticate(state_, sha256("agent guian"), now_));
  now_ = now_ + Duration::hours(24 * 60);
  EXPECT_FALSE(authenticate(state_, sha256("agent guian"), now_));
  EXPECT_EQ(as("agent guian 2").centre, CentreId(10));
  must(host_, ReissueToken{"guizhou", sha256("guizhou 2")});
  EXPECT_EQ(refused(as("guizhou 2"), RenewAgentToken{sha256("x")}).reason, RefusalReason::forbidden);
}

TEST_F(CentreTest, TokensThatEndedLongAgoAreForgotten) {
  // A month after its end a token goes with the next one that is made, from State and from the store; no earlier. Those
  // of agents by renewal and enrolment, join tokens likewise.
  const auto erased = [&] {
    std::vector<Digest> hashes;
    for (const RowChange& change : state_.drain()) {
      if (change.fate != RowFate::erased) continue;
      if (const auto* token = std::get_if<TokenRow>(&change.row)) hashes.push_back(token->hash);
      if (const auto* join = std::get_if<JoinTokenRow>(&change.row)) hashes.push_back(join->hash);
    }
    return hashes;
  };
  const Duration month = Duration::hours(24 * 30);
  must(as("film-studio"), CreateToken{sha256("short"), "a", Scopes{Scope::read}, Duration::hours(1)});
  must(as("guizhou"), CreateJoinToken{"guian", sha256("join 2")});
  const UnixTime made = state_.tokens.find({sha256("short")})->created_at;
  now_ = made + Duration::hours(1) + month - Duration::seconds(10);
  must(as("film-studio"), CreateToken{sha256("second"), "b", Scopes{Scope::read}, Duration::hours(1)});
  EXPECT_TRUE(state_.tokens.contains({sha256("short")})) << "it ended less than a month ago";
  EXPECT_TRUE(erased().empty());
  now_ = made + Duration::hours(1) + month;
  must(as("film-studio"), CreateToken{sha256("third"), "c", Scopes{Scope::read}, Duration::hours(1)});
  EXPECT_FALSE(state_.tokens.contains({sha256("short")}));
  EXPECT_TRUE(state_.tokens.contains({sha256("second")}));
  EXPECT_EQ(erased(), std::vector{sha256("short")});
  EXPECT_TRUE(state_.join_tokens.contains({sha256("join 2")})) << "only with a new one of its kind";
  must(as("guizhou"), CreateJoinToken{"guian", sha256("join 3")});
  EXPECT_FALSE(state_.join_tokens.contains({sha256("join 2")}));
  EXPECT_TRUE(state_.join_tokens.contains({sha256("join 3")}));
  now_ = now_ + Duration::hours(24 * 59);
  must(as("agent guian"), RenewAgentToken{sha256("agent guian 2")});
  EXPECT_FALSE(state_.tokens.contains({sha256("third")}));
  EXPECT_TRUE(state_.tokens.contains({sha256("agent guian")}));
}

TEST_F(CentreTest, ACentreThatDoesNotServeTheCustomerRunsNothingOfIt) {
  // A plan that was made before the centre became choosy is refused; one for a customer that it names is not.
  const JobId job = submit(2);
  must(as("guizhou"), UpdateCentre{"guian", {"weather-office"}, {}, {}, {}});
  const Decision refusal = plan({assign(job, 0, 10)});
  ASSERT_EQ(refusal.stale.size(), 1U);
  EXPECT_EQ(refusal.stale[0].reason.constraint, Constraint::acceptance);
  must(as("guizhou"), UpdateCentre{"guian", {"weather-office", "film-studio"}, {}, {}, {}});
  EXPECT_TRUE(plan({assign(job, 0, 10)}).stale.empty());
}

TEST_F(CentreTest, ACentreRunsNothingOfWhomItHasNoAccountFor) {
  // What its agent tells of that is kept in the centre's row, in one order and once, until it tells otherwise; a plan
  // for another customer is dropped. Names are checked as its provider's are; an agent that does not tell serves all.
  const JobId job = submit(3);
  const PoolRow pool = *state_.pools.find({CentreId(10), "batch"});
  const ReportPools told{{pool}, std::vector<std::string>{"weather-office", "ai-lab"}};
  EXPECT_EQ(must(as("agent guian"), told).events.size(), 1U);
  EXPECT_TRUE(must(as("agent guian"), told).events.empty());
  EXPECT_EQ(state_.centres.find({CentreId(10)})->maps, (std::vector<std::string>{"ai-lab", "weather-office"}));
  const Decision stopped = plan({assign(job, 0, 10), assign(job, 0, 11)});
  ASSERT_EQ(stopped.stale.size(), 1U);
  EXPECT_EQ(stopped.stale[0].reason.constraint, Constraint::acceptance);
  EXPECT_EQ(stopped.stale[0].reason.text, "the centre has no local account for the organisation");
  std::vector<std::string> fields;
  const ReportPools wrong{{pool}, std::vector<std::string>{"a b", "ai-lab", "ai-lab"}};
  for (const Error& fault : refused(as("agent guian"), wrong).faults) fields.push_back(fault.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"maps[0]", "maps[2]"}));
  must(as("agent guian"), ReportPools{{pool}, std::vector<std::string>{"film-studio"}});
  EXPECT_TRUE(plan({assign(job, 1, 10)}).stale.empty());
  must(as("agent guian"), ReportPools{{pool}, std::vector<std::string>{}});
  EXPECT_EQ(plan({assign(job, 2, 10)}).stale.size(), 1U) << "it maps nobody";
  must(as("agent guian"), ReportPools{{pool}});
  EXPECT_TRUE(plan({assign(job, 2, 10)}).stale.empty());
}

}  // namespace
}  // namespace dayan::core
