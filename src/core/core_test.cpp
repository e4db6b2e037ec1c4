#include "core/core.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/prng.h"
#include "trade/rating.h"

namespace dayan::core {
namespace {

/// A platform with one customer and two centres, driven command by command; every event is applied, every invariant
/// checked after each.
class CoreTest : public testing::Test {
 protected:
  CoreTest() {
    host_.is_host = true;
    must(host_, Bootstrap{OrganisationId(1), UserId(1), ProjectId(1), "platform", "root", sha256("root")});
    must(as("root"), organisation(2, "film-studio", true, false));
    must(as("root"), organisation(3, "guizhou", false, true));
    must(as("root"), organisation(4, "zhangjiang", false, true));
    add_centre(10, "guian", "guizhou", Cny::micro(360'000), 1);
    add_centre(11, "shanghai", "zhangjiang", Cny::micro(720'000), 2);
    must(as("root"), TopUpWallet{"film-studio", Cny::yuan(100), "bank 1"});
  }

  static CreateOrganisation organisation(std::int64_t id, const std::string& name, bool customer, bool provider) {
    return {OrganisationId(id), ProjectId(id), UserId(id), name, "first", customer, provider, sha256(name)};
  }

  void add_centre(std::int64_t id, const std::string& name, const std::string& provider, Cny core_hour,
                  std::int32_t nodes) {
    must(as(provider), CreateCentre{CentreId(id), name, "somewhere"});
    must(as(provider), CreateJoinToken{name, sha256("join " + name)});
    must(host_, EnrolAgent{sha256("join " + name), std::string(64, 'a'), sha256("agent " + name)});
    must(as(provider), PublishOffer{OfferId(id), name, core_hour, Cny::yuan(2), Cny()});
    PoolRow pool;
    pool.name = "batch";
    pool.nodes = nodes;
    pool.cores_per_node = Cores(2);
    pool.memory_per_node = Bytes(4'000'000'000);
    pool.wall_time_max = Duration::hours(24);
    must(as("agent " + name), ReportPools{{pool}});
  }

  /// The bearer of the token that was made from this text.
  Actor as(const std::string& token) {
    const auto actor = authenticate(state_, sha256(token), now_);
    EXPECT_TRUE(actor) << token;
    return actor ? *actor : Actor{};
  }

  Decided<Decision> run(const Actor& actor, CommandBody body, const Fetched& fetched = {},
                        PlantedBug bug = PlantedBug::none) {
    now_ = now_ + Duration::seconds(1);
    auto decision = decide(state_, {actor, std::move(body)}, now_, fetched, bug);
    if (!decision) return decision;
    for (const Event& event : decision->events) apply(state_, event, now_);
    return decision;
  }
  Decision must(const Actor& actor, CommandBody body, const Fetched& fetched = {}) {
    auto decision = run(actor, std::move(body), fetched);
    EXPECT_TRUE(decision) << (decision ? "" : to_text(decision.error().faults.front()));
    EXPECT_EQ(broken_invariant(state_), std::nullopt);
    EXPECT_EQ(exceeded_capacity(state_), std::nullopt);
    return decision ? *std::move(decision) : Decision{};
  }
  Refusal refused(const Actor& actor, CommandBody body, const Fetched& fetched = {}) {
    const std::uint64_t before = state_.hash();
    auto decision = run(actor, std::move(body), fetched);
    EXPECT_FALSE(decision);
    EXPECT_EQ(state_.hash(), before) << "a refusal changed the state";
    return decision ? Refusal{} : decision.error();
  }

  static JobSpec spec(std::int32_t count) {
    JobSpec made;
    made.name = "shot";
    made.count = count;
    made.requirements.resources = {Cores(1), Bytes(500'000'000), MilliCards(0)};
    made.requirements.wall_time = Duration::hours(1);
    made.payload.command = {"true"};
    return made;
  }
  JobId submit(std::int32_t count, std::int64_t id = 100) {
    must(as("film-studio"), SubmitJob{JobId(id), "default", spec(count)});
    return JobId(id);
  }
  static Assignment assign(JobId job, std::int32_t task, std::int64_t centre) {
    Assignment made{job, task, {}};
    made.placement.centre = CentreId(centre);
    made.placement.pool = "batch";
    return made;
  }
  Decision plan(std::vector<Assignment> assignments) { return must(host_, CommitPlan{std::move(assignments)}); }
  ReportAttempts report(const std::string& centre, AttemptReport one) {
    const auto row = as("agent " + centre).centre;
    return {state_.centres.find({row})->agent_epoch, ++sequence_, {std::move(one)}};
  }
  static AttemptReport ended(JobId job, std::int32_t task, std::int32_t number, int exit_code, Duration run) {
    AttemptReport made;
    made.attempt = {job, task, number};
    made.state = AttemptState::ended;
    made.outcome = Outcome::exited;
    made.exit_code = exit_code;
    made.engine_run = run;
    return made;
  }
  Cny wallet_available() const {
    return state_.accounts.find({AccountKind::customer_wallet, OrganisationId(2)})->available();
  }
  Cny balance(AccountKind kind, std::int64_t owner) const {
    const AccountRow* row = state_.accounts.find({kind, OrganisationId(owner)});
    return row == nullptr ? Cny() : row->credits_posted - row->debits_posted;
  }

  State state_;
  Actor host_;
  UnixTime now_{1'000'000'000'000'000};
  std::int64_t sequence_ = 0;
};

TEST_F(CoreTest, BootstrapWorksOnce) {
  // A second operator cannot be made by bootstrapping again.
  const auto refusal = refused(host_, Bootstrap{OrganisationId(9), UserId(9), ProjectId(9), "x", "y", sha256("z")});
  EXPECT_EQ(refusal.reason, RefusalReason::already_exists);
}

TEST_F(CoreTest, AnIdIsGivenOutOnce) {
  // A host that hands in an id of somebody else overwrites nobody: the operator stays the operator.
  const auto refusal = refused(as("root"), organisation(1, "usurper", true, false));
  EXPECT_EQ(refusal.reason, RefusalReason::already_exists);
  EXPECT_TRUE(state_.organisations.find({OrganisationId(1)})->is_operator);
}

TEST_F(CoreTest, APoolTooLargeToCountIsRefused) {
  // A million nodes of an exabyte each would overflow the sums that placement makes.
  PoolRow pool;
  pool.name = "absurd";
  pool.nodes = 1'000'000;
  pool.cores_per_node = Cores(1);
  pool.memory_per_node = bytes_max;
  pool.wall_time_max = Duration::hours(1);
  EXPECT_EQ(refused(as("agent guian"), ReportPools{{pool}}).faults[0].field, "pools[0].nodes");
}

TEST_F(CoreTest, ReportedLossWaitsForTheLeaseToEnd) {
  // The agent says that it lost the attempt: it may still run where the agent cannot look, so the task waits.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  const UnixTime deadline = lease_deadline(*state_.leases.find({job, 0, 1}));
  AttemptReport lost = ended(job, 0, 1, 0, Duration::seconds(1));
  lost.outcome = Outcome::lost;
  must(as("agent guian"), report("guian", lost));
  EXPECT_EQ(state_.tasks.find({job, 0})->not_before, deadline);
  EXPECT_EQ(plan({assign(job, 0, 11)}).stale.size(), 1U);
  now_ = deadline;
  EXPECT_TRUE(plan({assign(job, 0, 11)}).stale.empty());
}

TEST_F(CoreTest, OneReportOfAnAttemptInAMessage) {
  // Two in one message could let a counter go back between them.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  ReportAttempts message = report("guian", ended(job, 0, 1, 0, Duration::seconds(1)));
  message.reports.push_back(message.reports[0]);
  EXPECT_EQ(refused(as("agent guian"), message).faults[0].field, "reports[1].attempt");
}

TEST_F(CoreTest, AgentsRevokeNobodysToken) {
  // The agent of guian tries to lock its provider out.
  EXPECT_EQ(refused(as("agent guian"), RevokeToken{sha256("guizhou")}).reason, RefusalReason::forbidden);
}

TEST_F(CoreTest, MoneyIsHeldBeforeTheLeaseAndChargedByWhatWasMeasured) {
  // One task at 0.36 yuan a core-hour: an hour is held, ten minutes are charged, the rest is free again.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  EXPECT_EQ(wallet_available(), Cny::yuan(100) - Cny::micro(360'000));
  now_ = now_ + Duration::minutes(20);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(10))));
  EXPECT_EQ(wallet_available(), Cny::yuan(100) - Cny::micro(60'000));
  EXPECT_EQ(balance(AccountKind::provider_payable, 3), Cny::micro(57'000));
  EXPECT_EQ(balance(AccountKind::platform_fee, 0), Cny::micro(3'000));
  EXPECT_FALSE(state_.jobs.contains({job})) << "a final job leaves the state";
}

TEST_F(CoreTest, TheHubsBoundCapsALyingCounter) {
  // The agent claims five hours; the lease began a minute ago: a minute and the seconds of the commands are charged.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  now_ = now_ + Duration::seconds(59);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::hours(5))));
  EXPECT_EQ(wallet_available(), Cny::yuan(100) - Cny::micro(6'000));
}

TEST_F(CoreTest, SecondAssignmentSeesTheFirstOnesHold) {
  // Money for one hour of one core only: of two assignments in one plan the second is dropped, for want of funds.
  must(as("root"), organisation(5, "poor", true, false));
  must(as("root"), TopUpWallet{"poor", Cny::micro(500'000), "bank 2"});
  must(as("poor"), SubmitJob{JobId(200), "default", spec(2)});
  const Decision decision = plan({assign(JobId(200), 0, 10), assign(JobId(200), 1, 10)});
  ASSERT_EQ(decision.stale.size(), 1U);
  EXPECT_EQ(decision.stale[0].reason.constraint, Constraint::funds);
  EXPECT_EQ(decision.stale[0].reason.required, 360'000);
  EXPECT_EQ(decision.stale[0].reason.offered, 140'000);
}

TEST_F(CoreTest, AProviderTellsOfItsCentreWithinRanges) {
  // What is told replaces what was told before, and stays through what the agent reports; each fault is named; another
  // provider's centre is not found; saying the same again is no event.
  UpdateCentre told{"guian", {"film-studio"}, {{"shanghai", Duration::milliseconds(28)}}, 1'200, 410};
  EXPECT_EQ(must(as("guizhou"), told).events.size(), 1U);
  EXPECT_TRUE(must(as("guizhou"), told).events.empty());
  const CentreRow row = *state_.centres.find({CentreId(10)});
  EXPECT_EQ(row.accepts, told.accepts);
  EXPECT_EQ(row.latency, told.latency);
  EXPECT_EQ(row.pue, 1'200);
  EXPECT_EQ(row.carbon, 410);
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

TEST_F(CoreTest, ACentreThatDoesNotServeTheCustomerRunsNothingOfIt) {
  // A plan that was made before the centre became choosy is refused; one for a customer that it names is not.
  const JobId job = submit(2);
  must(as("guizhou"), UpdateCentre{"guian", {"weather-office"}, {}, {}, {}});
  const Decision refusal = plan({assign(job, 0, 10)});
  ASSERT_EQ(refusal.stale.size(), 1U);
  EXPECT_EQ(refusal.stale[0].reason.constraint, Constraint::acceptance);
  must(as("guizhou"), UpdateCentre{"guian", {"weather-office", "film-studio"}, {}, {}, {}});
  EXPECT_TRUE(plan({assign(job, 0, 10)}).stale.empty());
}

TEST_F(CoreTest, PoolIsNeverOverfilled) {
  // guian has two cores: the third assignment is dropped singly, the others stand.
  const JobId job = submit(3);
  const Decision decision = plan({assign(job, 0, 10), assign(job, 1, 10), assign(job, 2, 10)});
  ASSERT_EQ(decision.stale.size(), 1U);
  EXPECT_EQ(decision.stale[0].reason.constraint, Constraint::capacity);
}

TEST_F(CoreTest, AGangGetsAllItsNodesOrNone) {
  // In a pool of two nodes of 2 cores: three nodes are too many for ever; two of 1 core each go twice, then neither
  // they nor a single node's work of 1 core fits; what ends gives back all its nodes.
  JobSpec gang = spec(1);
  const auto submitted = [&](std::int64_t id, std::int32_t nodes) {
    gang.requirements.resources.nodes = nodes;
    must(as("film-studio"), SubmitJob{JobId(id), "default", gang});
    return JobId(id);
  };
  const Decision too_wide = plan({assign(submitted(101, 3), 0, 11)});
  ASSERT_EQ(too_wide.stale.size(), 1U);
  EXPECT_EQ(too_wide.stale[0].reason.constraint, Constraint::nodes);
  EXPECT_EQ(too_wide.stale[0].reason.required, 3);
  EXPECT_EQ(too_wide.stale[0].reason.offered, 2);
  const JobId first = submitted(102, 2);
  const JobId second = submitted(103, 2);
  EXPECT_TRUE(plan({assign(first, 0, 11), assign(second, 0, 11)}).stale.empty());
  const JobId single = submit(1, 104);
  const Decision full = plan({assign(single, 0, 11), assign(submitted(105, 2), 0, 11)});
  ASSERT_EQ(full.stale.size(), 2U);
  EXPECT_EQ(full.stale[1].reason.constraint, Constraint::capacity);
  EXPECT_EQ(full.stale[1].reason.required, 2);
  EXPECT_EQ(full.stale[1].reason.offered, 0);
  must(as("agent shanghai"), report("shanghai", ended(first, 0, 1, 0, Duration::minutes(1))));
  EXPECT_TRUE(plan({assign(single, 0, 11)}).stale.empty());
  EXPECT_EQ(plan({assign(JobId(105), 0, 11)}).stale.size(), 1U);  // a node's worth is left, and it needs two
}

TEST_F(CoreTest, AGangPaysForAllItsNodes) {
  // Two nodes of 1 core for 20 minutes at 0.72 yuan a core-hour: held is two hours, charged are twice 20 minutes.
  JobSpec gang = spec(1);
  gang.requirements.resources.nodes = 2;
  const JobId job(100);
  must(as("film-studio"), SubmitJob{job, "default", gang});
  plan({assign(job, 0, 11)});
  EXPECT_EQ(wallet_available(), Cny::yuan(100) - Cny::micro(2 * 720'000));
  now_ = now_ + Duration::minutes(30);
  must(as("agent shanghai"), report("shanghai", ended(job, 0, 1, 0, Duration::minutes(20))));
  EXPECT_EQ(wallet_available(), Cny::yuan(100) - Cny::micro(2 * 240'000));
}

TEST_F(CoreTest, AGangWiderThanItsPoolIsSeenByTheCapacityCheck) {
  // A pool that loses a node under a gang of two has room for it in sum still, and not for its nodes.
  JobSpec gang = spec(1);
  gang.requirements.resources.nodes = 2;
  must(as("film-studio"), SubmitJob{JobId(100), "default", gang});
  plan({assign(JobId(100), 0, 11)});
  PoolRow pool = *state_.pools.find({CentreId(11), "batch"});
  pool.nodes = 1;
  ASSERT_TRUE(run(as("agent shanghai"), ReportPools{{pool}}));
  EXPECT_NE(exceeded_capacity(state_).value_or("").find("takes 2 nodes"), std::string::npos);
}

TEST_F(CoreTest, LostTaskIsPlacedAgainOnlyAfterItsLeaseEnded) {
  // The centre is silent. Before lease end + grace + clock bound nothing happens; after it the task waits again.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  const UnixTime deadline = *next_wakeup(state_);
  const LeaseRow lease = *state_.leases.find({job, 0, 1});
  EXPECT_EQ(deadline, lease.ends_at + lease_grace + clock_bound);
  now_ = deadline - Duration::seconds(2);
  must(host_, Tick{});
  EXPECT_EQ(plan({assign(job, 0, 11)}).stale.size(), 1U) << "the older lease has not ended";
  must(host_, Tick{});
  EXPECT_EQ(wallet_available(), Cny::yuan(100)) << "a lost attempt costs nothing";
  EXPECT_TRUE(plan({assign(job, 0, 11)}).stale.empty());
  EXPECT_EQ(state_.tasks.find({job, 0})->attempts, 2);

  // The old attempt's late report is kept as evidence and changes neither money nor the new attempt.
  AttemptRow old_row;
  old_row.job = job;
  old_row.centre = CentreId(10);
  const Cny before = wallet_available();
  const Decision late = must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(5))),
                             {{}, {old_row}, {}});
  EXPECT_EQ(late.events.size(), 2U);
  EXPECT_EQ(wallet_available(), before);
  EXPECT_TRUE(state_.attempts.contains({job, 0, 2}));
}

TEST_F(CoreTest, ReportsAreForTheOwnCentreOnly) {
  // shanghai's agent reports an attempt that runs at guian.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  const auto refusal = refused(as("agent shanghai"), report("shanghai", ended(job, 0, 1, 0, Duration::minutes(1))));
  EXPECT_EQ(refusal.reason, RefusalReason::forbidden);
  EXPECT_EQ(refusal.faults[0].field, "reports[0].attempt");
}

TEST_F(CoreTest, CountersNeverGoBack) {
  // A running attempt had five minutes; a later report says four.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  AttemptReport running;
  running.attempt = {job, 0, 1};
  running.state = AttemptState::running;
  running.engine_run = Duration::minutes(5);
  must(as("agent guian"), report("guian", running));
  running.engine_run = Duration::minutes(4);
  EXPECT_EQ(refused(as("agent guian"), report("guian", running)).faults[0].field, "reports[0].engine_run");
}

TEST_F(CoreTest, EveryFaultOfAReportIsNamed) {
  // Each thing that a report may get wrong is refused by its own field, and a report with one of them changes nothing.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  const OutputFile good{"frame.png", sha256("frame"), Bytes(5)};
  const auto fields_of = [&](const std::function<void(AttemptReport&)>& spoil) {
    AttemptReport report = ended(job, 0, 1, 0, Duration::minutes(1));
    report.outputs = {good};
    spoil(report);
    std::string fields;
    for (const Error& fault : refused(as("agent guian"), this->report("guian", report)).faults)
      fields += (fields.empty() ? "" : " ") + fault.field;
    return fields;
  };
  EXPECT_EQ(fields_of([](auto& r) { r.engine_run = Duration::seconds(-1); }), "reports[0].engine_run");
  EXPECT_EQ(fields_of([](auto& r) { r.wrapper_run = Duration::seconds(-1); }), "reports[0].wrapper_run");
  EXPECT_EQ(fields_of([](auto& r) { r.memory_peak = Bytes(-1); }), "reports[0].memory_peak");
  EXPECT_EQ(fields_of([](auto& r) { r.outcome = Outcome::none; }), "reports[0].outcome");
  EXPECT_EQ(fields_of([](auto& r) { r.state = AttemptState::running; }), "reports[0].outcome reports[0].outputs");
  EXPECT_EQ(fields_of([](auto& r) {
              r.state = AttemptState::leased;
              r.outcome = Outcome::none;
              r.outputs.clear();
            }),
            "reports[0].state");
  EXPECT_EQ(fields_of([](auto& r) { r.failure.assign(4'097, 'x'); }), "reports[0].failure");
  EXPECT_EQ(fields_of([](auto& r) { r.engine_id.assign(129, '7'); }), "reports[0].engine_id");
  EXPECT_EQ(fields_of([](auto& r) { r.outputs[0].path = "../frame.png"; }), "reports[0].outputs[0].path");
  EXPECT_EQ(fields_of([](auto& r) { r.outputs[0].path = "/etc/passwd"; }), "reports[0].outputs[0].path");
  EXPECT_EQ(fields_of([](auto& r) { r.outputs[0].size = Bytes(-1); }), "reports[0].outputs[0].size");
  // Several at once, all told.
  EXPECT_EQ(fields_of([](auto& r) {
              r.memory_peak = Bytes(-1);
              r.engine_id.assign(129, '7');
              r.failure.assign(4'097, 'x');
              r.outputs[0] = {"/etc/passwd", sha256("frame"), Bytes(-1)};
            }),
            "reports[0].memory_peak reports[0].failure reports[0].engine_id reports[0].outputs[0].path "
            "reports[0].outputs[0].size");
  EXPECT_EQ(state_.attempts.find({job, 0, 1})->state, AttemptState::leased);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(1))));
}

TEST_F(CoreTest, EveryFaultOfAPoolNamesTheValueAndItsBounds) {
  // What an agent may get wrong of a pool, one thing after the other: the field, what it was, and what would be right.
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
  EXPECT_EQ(fault_of([](auto& p) { p.core_power = Milliwatts(0); }),
            "pools[0].core_power: 0 is out of range; 1 to 1000000 thousandths of a watt, or null when it is not known");
  EXPECT_EQ(fault_of([](auto& p) { p.chip.assign(65, 'x'); }),
            "pools[0].chip: a text of 65 bytes is too long; at most 64 bytes");
  EXPECT_EQ(fault_of([](auto& p) { p.software = {{"povray", "3.7"}, {std::string(65, 'x'), "1"}}; }),
            "pools[0].software[1].name: a text of 65 bytes is too long; at most 64 bytes");
  EXPECT_EQ(fault_of([](auto& p) { p.software = {{"", "1"}}; }), "pools[0].software[0].name: is empty; a word");
  EXPECT_EQ(fault_of([](auto& p) { p.software = {{"povray", std::string(65, '1')}}; }),
            "pools[0].software[0].version: a text of 65 bytes is too long; at most 64 bytes");
  EXPECT_EQ(fault_of([](auto& p) { p.software.assign(1'001, {"povray", "3.7"}); }),
            "pools[0].software: 1001 programs are too many; at most 1000");
  must(as("agent guian"), ReportPools{{good}});
}

TEST_F(CoreTest, AMissingPriceIsNoPrice) {
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

TEST_F(CoreTest, RepeatedReportChangesNothing) {
  // The same sequence again: accepted, without an event.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  AttemptReport running;
  running.attempt = {job, 0, 1};
  running.state = AttemptState::running;
  const ReportAttempts message = report("guian", running);
  must(as("agent guian"), message);
  EXPECT_TRUE(must(as("agent guian"), message).events.empty());
}

TEST_F(CoreTest, ASignOfLifeIsNoEvent) {
  // A message without a report leaves no trace, and what comes after it is still taken.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  EXPECT_TRUE(must(as("agent guian"), ReportAttempts{1, ++sequence_, {}}).events.empty());
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(1))));
  EXPECT_EQ(state_.leases.find({job, 0, 1}), nullptr);
}

TEST_F(CoreTest, NewAgentFencesTheOlderOff) {
  // A second agent enrols for guian: the first one's token is dead, and its epoch is refused.
  must(as("guizhou"), CreateJoinToken{"guian", sha256("join again")});
  must(host_, EnrolAgent{sha256("join again"), std::string(64, 'b'), sha256("agent two")});
  EXPECT_FALSE(authenticate(state_, sha256("agent guian"), now_));
  EXPECT_EQ(refused(as("agent two"), ReportAttempts{1, 1, {}}).reason, RefusalReason::stale_agent);
  EXPECT_EQ(refused(host_, EnrolAgent{sha256("join again"), std::string(64, 'c'), sha256("third")}).reason,
            RefusalReason::wrong_state);
}

TEST_F(CoreTest, FailedStartIsTriedElsewhereAndRemembersWhere) {
  // A refused start costs nothing, and the task carries the centre to avoid.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  AttemptReport refused_start = ended(job, 0, 1, 0, Duration());
  refused_start.outcome = Outcome::start_refused;
  must(as("agent guian"), report("guian", refused_start));
  EXPECT_EQ(state_.tasks.find({job, 0})->avoid, CentreId(10));
  EXPECT_EQ(state_.jobs.find({job})->retrying, 1);
  EXPECT_EQ(wallet_available(), Cny::yuan(100));
}

TEST_F(CoreTest, ARefusedStartUsesUpNoAttempt) {
  // Of nine attempts that were refused nothing ran: three are left in which the task may be lost, and not one more. A task
  // that is refused once more than that fails: a bound there is.
  const JobId job = submit(2);
  const auto try_once = [&](std::int32_t task, std::int32_t number, Outcome outcome) {
    EXPECT_TRUE(plan({assign(job, task, number % 2 == 0 ? 10 : 11)}).stale.empty());
    AttemptReport told = ended(job, task, number, 0, Duration());
    told.outcome = outcome;
    const char* centre = number % 2 == 0 ? "guian" : "shanghai";
    must(as(std::string("agent ") + centre), report(centre, told));
  };
  for (std::int32_t number = 1; number <= refusals_max; ++number) try_once(0, number, Outcome::start_refused);
  EXPECT_EQ(state_.tasks.find({job, 0})->refusals, refusals_max);
  for (std::int32_t i = 1; i < attempts_max; ++i) try_once(0, refusals_max + i, Outcome::expired);
  EXPECT_EQ(state_.jobs.find({job})->retrying, 1);
  try_once(0, refusals_max + attempts_max, Outcome::expired);
  EXPECT_EQ(state_.jobs.find({job})->failed, 1);
  for (std::int32_t number = 1; number <= refusals_max; ++number) try_once(1, number, Outcome::start_refused);
  EXPECT_EQ(state_.jobs.find({job})->retrying, 1);
  try_once(1, refusals_max + 1, Outcome::start_refused);
  EXPECT_FALSE(state_.jobs.contains({job}));
  EXPECT_EQ(wallet_available(), Cny::yuan(100));
}

TEST_F(CoreTest, ACentreRunsNothingOfWhomItHasNoAccountFor) {
  // What its agent tells of that is kept in the centre's row, in one order and once, until it tells otherwise; a plan for
  // another customer is dropped. Names are checked as its provider's are; an agent that does not tell serves all.
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

TEST_F(CoreTest, CancelStopsWhatRunsAndEndsWhenItHasStopped) {
  // Two tasks run, two wait: the waiting ones are cancelled at once, the job ends with the last report.
  const JobId job = submit(4);
  plan({assign(job, 0, 10), assign(job, 1, 10)});
  must(as("film-studio"), CancelJob{job});
  EXPECT_EQ(state_.leases.find({job, 0, 1})->desired, Desired::stop);
  EXPECT_EQ(state_.jobs.find({job})->cancelled, 2);
  for (const std::int32_t task : {0, 1}) {
    AttemptReport stopped = ended(job, task, 1, 0, Duration::seconds(10));
    stopped.outcome = Outcome::stopped;
    must(as("agent guian"), report("guian", stopped));
  }
  EXPECT_FALSE(state_.jobs.contains({job}));
}

TEST_F(CoreTest, JobsOfOthersAreNotFound) {
  // Another customer cannot cancel the job, nor learn that it exists.
  const JobId job = submit(1);
  must(as("root"), organisation(5, "rival", true, false));
  EXPECT_EQ(refused(as("rival"), CancelJob{job}).reason, RefusalReason::not_found);
}

TEST_F(CoreTest, SubmitTellsEveryFaultAndWantsFunds) {
  // Three faults, three errors; and an empty wallet is told by how much.
  JobSpec bad = spec(0);
  bad.name = "";
  bad.requirements.wall_time = Duration();
  EXPECT_GE(refused(as("film-studio"), SubmitJob{JobId(7), "default", bad}).faults.size(), 3U);
  must(as("root"), organisation(5, "poor", true, false));
  const auto refusal = refused(as("poor"), SubmitJob{JobId(8), "default", spec(1)});
  EXPECT_EQ(refusal.reason, RefusalReason::insufficient_funds);
  EXPECT_NE(refusal.faults[0].right.find("0.36"), std::string::npos);
}

TEST_F(CoreTest, ThrottleAndPriceCapHold) {
  // Throttle one: the second assignment waits. A cap of one hold: the same.
  JobSpec throttled = spec(2);
  throttled.throttle = 1;
  must(as("film-studio"), SubmitJob{JobId(300), "default", throttled});
  EXPECT_EQ(plan({assign(JobId(300), 0, 10), assign(JobId(300), 1, 10)}).stale[0].reason.constraint,
            Constraint::throttle);
  JobSpec capped = spec(2);
  capped.requirements.price_cap = Cny::micro(400'000);
  must(as("film-studio"), SubmitJob{JobId(301), "default", capped});
  const Decision decision = plan({assign(JobId(301), 0, 10), assign(JobId(301), 1, 11)});
  ASSERT_EQ(decision.stale.size(), 1U);
  EXPECT_EQ(decision.stale[0].reason.constraint, Constraint::price_cap);
}

TEST_F(CoreTest, TasksAtOneCentreAreBounded) {
  // One task at a centre at once: within a plan, from plan to plan, and after a start from the rows. One that ends
  // makes room for the next.
  JobSpec replicas = spec(4);
  replicas.requirements.tasks_per_centre_max = 1;
  must(as("film-studio"), SubmitJob{JobId(300), "default", replicas});
  const JobId job(300);
  const Decision first = plan({assign(job, 0, 11), assign(job, 1, 11), assign(job, 2, 10)});
  ASSERT_EQ(first.stale.size(), 1U);
  const Reason& reason = first.stale[0].reason;
  EXPECT_EQ(reason.constraint, Constraint::tasks_per_centre);
  EXPECT_EQ(reason.required, 2);
  EXPECT_EQ(reason.offered, 1);
  EXPECT_TRUE(reason.passes_with_time);
  EXPECT_EQ(state_.jobs.find({job})->live, 2);
  State loaded;
  for (const RowChange& each : state_.drain()) {
    if (each.fate == RowFate::live) loaded.load(each.row);
  }
  const Command again{host_, CommitPlan{{assign(job, 2, 11)}}};
  for (const State* each : {&state_, &loaded}) {
    const auto refused = decide(*each, again, now_);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->stale.size(), 1U);
  }
  must(as("agent shanghai"), report("shanghai", ended(job, 0, 1, 0, Duration::minutes(5))));
  EXPECT_TRUE(plan({assign(job, 2, 11)}).stale.empty());
}

TEST_F(CoreTest, WhatWaitsTooLongIsGivenUp) {
  // One task runs, one waits for another attempt, one never began: at the end of wait_max the latter two have failed,
  // the first goes on, and the job ends with it.
  JobSpec patient = spec(3);
  patient.wait_max = Duration::hours(2);
  must(as("film-studio"), SubmitJob{JobId(300), "default", patient});
  const JobId job(300);
  const UnixTime limit = state_.jobs.find({job})->waits_until;
  EXPECT_EQ(limit, now_ + Duration::hours(2));
  EXPECT_EQ(*next_wakeup(state_), limit);
  now_ = limit - Duration::minutes(5);
  plan({assign(job, 0, 11), assign(job, 1, 10)});
  AttemptReport expired = ended(job, 1, 1, 0, Duration());
  expired.outcome = Outcome::expired;
  must(as("agent guian"), report("guian", expired));
  EXPECT_EQ(state_.jobs.find({job})->retrying, 1);
  now_ = limit - Duration::seconds(2);
  must(host_, Tick{});
  EXPECT_EQ(state_.jobs.find({job})->gave_up, GaveUp::no);
  must(host_, Tick{});
  const JobRow* row = state_.jobs.find({job});
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->gave_up, GaveUp::wait_max);
  EXPECT_EQ(row->failed, 2);
  EXPECT_EQ(row->live, 1);
  EXPECT_EQ(plan({assign(job, 2, 10)}).stale.size(), 1U);
  // Even a failure that another attempt could mend is final now.
  AttemptReport refused_start = ended(job, 0, 1, 0, Duration());
  refused_start.outcome = Outcome::start_refused;
  must(as("agent shanghai"), report("shanghai", refused_start));
  EXPECT_FALSE(state_.jobs.contains({job}));
  EXPECT_EQ(next_wakeup(state_), std::nullopt);
  EXPECT_EQ(wallet_available(), Cny::yuan(100));
}

TEST_F(CoreTest, AJobThatNothingTakesEndsWithItsPatience) {
  // Nothing of it ever ran: the timer alone ends it, and a cancelled or finished job leaves no timer behind.
  JobSpec hopeless = spec(2);
  hopeless.wait_max = Duration::minutes(1);
  must(as("film-studio"), SubmitJob{JobId(300), "default", hopeless});
  const JobId cancelled = submit(1, 301);
  must(as("film-studio"), CancelJob{cancelled});
  now_ = now_ + Duration::minutes(2);
  must(host_, Tick{});
  EXPECT_FALSE(state_.jobs.contains({JobId(300)}));
  EXPECT_EQ(next_wakeup(state_), std::nullopt);
}

TEST_F(CoreTest, NothingIsLeasedBeforeTheEarliestStart) {
  // A plan that comes too early is dropped with how long it still is, to the microsecond; at the time it is granted.
  // Waiting counts from then on.
  JobSpec later = spec(1);
  later.requirements.not_before = now_ + Duration::hours(1);
  later.wait_max = Duration::minutes(30);
  must(as("film-studio"), SubmitJob{JobId(100), "default", later});
  const auto early = plan({assign(JobId(100), 0, 10)});
  ASSERT_EQ(early.stale.size(), 1U);
  EXPECT_EQ(early.stale[0].reason.constraint, Constraint::not_before);
  EXPECT_EQ(early.stale[0].reason.required, (later.requirements.not_before - now_).microseconds());
  now_ = later.requirements.not_before - Duration::seconds(1) - Duration::microseconds(1);
  EXPECT_EQ(plan({assign(JobId(100), 0, 10)}).stale.size(), 1U);
  EXPECT_EQ(state_.jobs.find({JobId(100)})->waits_until, later.requirements.not_before + later.wait_max);
  now_ = later.requirements.not_before - Duration::seconds(1);
  EXPECT_TRUE(plan({assign(JobId(100), 0, 10)}).stale.empty());
}

TEST_F(CoreTest, ALeaseEndsByTheDeadline) {
  // The lease is cut so that it ends with the deadline, and is held and charged for no more. Where the expected run
  // does not fit any more, by a microsecond, nothing is leased.
  JobSpec due = spec(3);
  due.requirements.finish_by = now_ + Duration::minutes(45);
  due.requirements.run_time = Duration::minutes(20);
  must(as("film-studio"), SubmitJob{JobId(100), "default", due});
  EXPECT_TRUE(plan({assign(JobId(100), 0, 10)}).stale.empty());
  const LeaseRow* lease = state_.leases.find({JobId(100), 0, 1});
  ASSERT_NE(lease, nullptr);
  EXPECT_EQ(lease->ends_at, due.requirements.finish_by);
  EXPECT_EQ(lease->wall_time, due.requirements.finish_by - lease->granted_at - lease_start_allowance);
  EXPECT_EQ(lease->held, trade::hold_for(*state_.offers.find({OfferId(10)}), lease->resources, lease->wall_time));
  const UnixTime last = due.requirements.finish_by - lease_start_allowance - due.requirements.run_time;
  now_ = last - Duration::seconds(1);
  EXPECT_TRUE(plan({assign(JobId(100), 1, 10)}).stale.empty());
  EXPECT_EQ(state_.leases.find({JobId(100), 1, 1})->wall_time, due.requirements.run_time);
  now_ = last - Duration::seconds(1) + Duration::microseconds(1);
  const auto late = plan({assign(JobId(100), 2, 11)});
  ASSERT_EQ(late.stale.size(), 1U);
  EXPECT_EQ(late.stale[0].reason.constraint, Constraint::deadline);
  EXPECT_EQ(late.stale[0].reason.required - late.stale[0].reason.offered, 1);
}

TEST_F(CoreTest, WhatCanMeetItsDeadlineNowhereIsGivenUp) {
  // The timer is at the latest start that the fastest pool leaves, a microsecond after which nothing waits any more;
  // a pool that has come meanwhile and is faster moves it.
  JobSpec due = spec(2);
  due.requirements.finish_by = now_ + Duration::hours(3);
  due.requirements.run_time = Duration::hours(1);
  must(as("film-studio"), SubmitJob{JobId(100), "default", due});
  const UnixTime latest = due.requirements.finish_by - lease_start_allowance - Duration::hours(1);
  EXPECT_EQ(state_.jobs.find({JobId(100)})->latest_start, latest);
  PoolRow fast = *state_.pools.find({CentreId(10), "batch"});
  fast.core_capability = Capability(20'000);
  must(as("agent guian"), ReportPools{{fast}});
  EXPECT_EQ(next_wakeup(state_), latest + Duration::microseconds(1));
  now_ = latest - Duration::seconds(1) + Duration::microseconds(1);
  must(host_, Tick{});
  EXPECT_EQ(state_.jobs.find({JobId(100)})->latest_start, latest + Duration::minutes(30));
  EXPECT_TRUE(plan({assign(JobId(100), 0, 10)}).stale.empty());
  now_ = latest + Duration::minutes(30) - Duration::seconds(1) + Duration::microseconds(1);
  must(host_, Tick{});
  EXPECT_EQ(state_.jobs.find({JobId(100)})->gave_up, GaveUp::deadline);
  EXPECT_EQ(state_.jobs.find({JobId(100)})->failed, 1);
  must(as("agent guian"), report("guian", ended(JobId(100), 0, 1, 0, Duration::minutes(20))));
  EXPECT_EQ(state_.jobs.find({JobId(100)}), nullptr);
}

TEST_F(CoreTest, DeadlinesThatCannotBeKeptAreNotTaken) {
  // One fault for each cause, which names the field and what would be right.
  const auto fault_of = [&](UnixTime not_before, UnixTime finish_by) {
    JobSpec asked = spec(1);
    asked.requirements.not_before = not_before;
    asked.requirements.finish_by = finish_by;
    const Refusal refusal = refused(as("film-studio"), SubmitJob{JobId(100), "default", asked});
    EXPECT_EQ(refusal.faults.size(), 1U);
    return refusal.faults.empty() ? std::string() : refusal.faults[0].field + ": " + refusal.faults[0].wrong;
  };
  const Duration hour = Duration::hours(1);
  EXPECT_EQ(fault_of({}, now_), "requirements.finish_by: " + to_text(now_) + " is over");
  EXPECT_EQ(fault_of(now_ + hour, now_ + hour),
            "requirements.finish_by: " + to_text(now_ + hour) + " does not lie after the earliest start, " +
                to_text(now_ + hour));
  EXPECT_EQ(fault_of(now_ + hour, now_ + hour + Duration::minutes(10)),
            "requirements.finish_by: leaves 10m, and a centre may take 10m to start a task");
  EXPECT_EQ(fault_of(now_ + hour * 721, {}),
            "requirements.not_before: " + to_text(now_ + hour * 721) + " lies more than 30d ahead");
}

TEST_F(CoreTest, AReservationKeepsOthersOut) {
  // Nobody who is not named is leased anything that could still run when the pool is closed, to the microsecond; the
  // named may use it at all times; what is over has left the state.
  const UnixTime from = now_ + Duration::hours(2);
  const UnixTime until = from + Duration::hours(1);
  must(as("guizhou"), AddReservation{ReservationId(70), "guian", "batch", from, until, {}, "new switches"});
  submit(4);
  now_ = from - lease_start_allowance - Duration::hours(1) - Duration::seconds(1);
  EXPECT_TRUE(plan({assign(JobId(100), 0, 10)}).stale.empty());
  now_ = from - lease_start_allowance - Duration::hours(1) - Duration::seconds(1) + Duration::microseconds(1);
  const auto late = plan({assign(JobId(100), 1, 10), assign(JobId(100), 1, 11)});
  ASSERT_EQ(late.stale.size(), 1U);
  EXPECT_EQ(late.stale[0].reason.constraint, Constraint::closed);
  EXPECT_EQ(late.stale[0].reason.required - late.stale[0].reason.offered, 1);
  now_ = until - Duration::seconds(1) - Duration::microseconds(1);
  EXPECT_EQ(plan({assign(JobId(100), 2, 10)}).stale.size(), 1U);
  now_ = until - Duration::seconds(1);
  EXPECT_TRUE(plan({assign(JobId(100), 2, 10)}).stale.empty());
  must(host_, Tick{});
  EXPECT_FALSE(state_.reservations.contains({ReservationId(70)}));

  must(as("guizhou"), AddReservation{ReservationId(71), "guian", "", now_, now_ + Duration::hours(1), {"film-studio"}, ""});
  EXPECT_TRUE(plan({assign(JobId(100), 3, 10)}).stale.empty());
}

TEST_F(CoreTest, ALeaseInAReservationIsSeenByTheInvariant) {
  // What was leased before the reservation was made is left alone; what is granted later and overlaps it is told of.
  submit(2);
  plan({assign(JobId(100), 0, 10)});
  must(as("guizhou"), AddReservation{ReservationId(70), "guian", "", now_, now_ + Duration::hours(4), {}, ""});
  LeaseRow lease = *state_.leases.find({JobId(100), 0, 1});
  lease.granted_at = now_ + Duration::seconds(1);
  state_.leases.put(lease);
  const auto broken = broken_invariant(state_);
  ASSERT_TRUE(broken.has_value());
  EXPECT_NE(broken->find("lies in reservation_"), std::string::npos) << *broken;
}

TEST_F(CoreTest, ReservationsAreOfTheOwnCentre) {
  // Somebody else's centre is not there; each fault names its field; two that close one pool at once are one too many;
  // one that is removed is gone.
  const UnixTime from = now_ + Duration::hours(2);
  const auto add = [&](std::string centre, std::string pool, UnixTime begin, UnixTime end) {
    return AddReservation{ReservationId(70), std::move(centre), std::move(pool), begin, end, {}, ""};
  };
  EXPECT_EQ(refused(as("zhangjiang"), add("guian", "", from, from + Duration::hours(1))).reason,
            RefusalReason::not_found);
  EXPECT_EQ(refused(as("film-studio"), add("guian", "", from, from + Duration::hours(1))).reason,
            RefusalReason::forbidden);
  EXPECT_EQ(refused(as("agent guian"), add("guian", "", from, from + Duration::hours(1))).reason,
            RefusalReason::forbidden);
  AddReservation bad = add("guian", "gpu", from, from);
  bad.organisations = {"film-studio", "../x", "film-studio"};
  bad.note = "two\nlines";
  std::vector<std::string> fields;
  for (const Error& fault : refused(as("guizhou"), bad).faults) fields.push_back(fault.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"until", "organisations[1]", "organisations[2]", "note", "pool"}));
  const auto only_fault = [&](UnixTime begin, UnixTime end) {
    const Refusal refusal = refused(as("guizhou"), add("guian", "", begin, end));
    return refusal.faults.size() == 1 ? refusal.faults[0].field : std::to_string(refusal.faults.size());
  };
  EXPECT_EQ(only_fault({}, from), "from");
  EXPECT_EQ(only_fault(now_ - Duration::hours(2), now_), "until");
  EXPECT_EQ(only_fault(from, from + Duration::seconds(59)), "until");
  EXPECT_EQ(only_fault(from, from + Duration::hours(721)), "until");
  EXPECT_EQ(only_fault(now_ + Duration::hours(24 * 367), now_ + Duration::hours(24 * 368)), "from");

  must(as("guizhou"), add("guian", "batch", from, from + Duration::hours(1)));
  AddReservation second = add("guian", "", from + Duration::minutes(59), from + Duration::hours(3));
  second.id = ReservationId(71);
  EXPECT_EQ(refused(as("guizhou"), second).reason, RefusalReason::already_exists);
  second.from = from + Duration::hours(1);
  must(as("guizhou"), second);
  EXPECT_EQ(refused(as("zhangjiang"), RemoveReservation{ReservationId(70)}).reason, RefusalReason::not_found);
  must(as("guizhou"), RemoveReservation{ReservationId(70)});
  EXPECT_EQ(refused(as("guizhou"), RemoveReservation{ReservationId(70)}).reason, RefusalReason::not_found);
  EXPECT_EQ(next_wakeup(state_), second.until);
}

TEST_F(CoreTest, APriceCapThatPaysForNoTaskIsRefused) {
  // An hour of a core is held for 0.36 yuan at the cheapest: a cap of a micro-yuan less is refused when it is submitted, by
  // its field and with what would do; at 0.36 the job is taken. With a deadline less is held the nearer it comes: it waits.
  JobSpec capped = spec(2);
  capped.requirements.price_cap = Cny::micro(359'999);
  const Refusal refusal = refused(as("film-studio"), SubmitJob{JobId(300), "default", capped});
  EXPECT_EQ(refusal.faults.front().field, "requirements.price_cap");
  EXPECT_EQ(refusal.faults.front().wrong,
            "0.359999 yuan pay for no task; one holds at least 0.36 yuan, wherever it runs");
  EXPECT_EQ(refusal.faults.front().right, "give at least 0.36, or ask for less wall time");
  capped.requirements.finish_by = now_ + Duration::hours(3);
  must(as("film-studio"), SubmitJob{JobId(300), "default", capped});
  capped.requirements.finish_by = {};
  capped.requirements.price_cap = Cny::micro(360'000);
  must(as("film-studio"), SubmitJob{JobId(301), "default", capped});
  EXPECT_TRUE(plan({assign(JobId(301), 0, 10)}).stale.empty());
}

TEST_F(CoreTest, WhatThePriceCapNoLongerPaysIsGivenUp) {
  // The cap pays for the hold of one task at the cheapest centre. Its charge leaves too little for another, so the
  // rest fails when nothing runs any more; while something runs, its unused hold may still come back.
  JobSpec capped = spec(3);
  capped.requirements.price_cap = Cny::micro(400'000);
  must(as("film-studio"), SubmitJob{JobId(300), "default", capped});
  const JobId job(300);
  plan({assign(job, 0, 10)});
  now_ = now_ + Duration::minutes(10);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(6))));  // 0.036 yuan: 0.364 are left
  ASSERT_TRUE(state_.jobs.contains({job})) << "the hold of another, 0.36, still fits";
  plan({assign(job, 1, 10)});
  now_ = now_ + Duration::minutes(10);
  must(as("agent guian"), report("guian", ended(job, 1, 1, 0, Duration::minutes(6))));
  EXPECT_FALSE(state_.jobs.contains({job}));
}

TEST_F(CoreTest, WhatAProjectUsesIsKept) {
  // What is billed counts, over all nodes and weighed; what was lost or never started does not; and a State read back
  // from the rows has it too.
  const JobId job = submit(3);
  plan({assign(job, 0, 10), assign(job, 1, 11), assign(job, 2, 11)});
  EXPECT_FALSE(state_.usage.contains({ProjectId(2)}));
  now_ = now_ + Duration::minutes(30);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(30))));
  const UsageRow* usage = state_.usage.find({ProjectId(2)});
  ASSERT_NE(usage, nullptr);
  EXPECT_EQ(usage->organisation, OrganisationId(2));
  UsageRow expected{ProjectId(2), OrganisationId(2), usage_period(now_)};
  add_use(expected, spec(1).requirements.resources, now_ - Duration::minutes(30), now_);
  EXPECT_EQ(*usage, expected);
  EXPECT_GE(usage->core_ms, 1'800'000);
  AttemptReport refusal = ended(job, 1, 1, 0, Duration());
  refusal.outcome = Outcome::start_refused;
  must(as("agent shanghai"), report("shanghai", refusal));
  EXPECT_EQ(*state_.usage.find({ProjectId(2)}), expected);
  must(as("agent shanghai"), report("shanghai", ended(job, 2, 1, 1, Duration::minutes(10))));
  EXPECT_GT(state_.usage.find({ProjectId(2)})->core_ms, expected.core_ms);
}

TEST_F(CoreTest, WeightsAreSetByWhoeverMay) {
  // An operator weighs organisations and an organisation its own projects, in range; nobody else's, and no unknown ones.
  must(as("root"), WeighOrganisation{"film-studio", 2'500});
  EXPECT_EQ(state_.organisations.find({OrganisationId(2)})->weight, 2'500);
  EXPECT_TRUE(must(as("root"), WeighOrganisation{"film-studio", 2'500}).events.empty());
  EXPECT_EQ(refused(as("film-studio"), WeighOrganisation{"film-studio", 9'000}).reason, RefusalReason::forbidden);
  EXPECT_EQ(refused(as("root"), WeighOrganisation{"nobody", 1'000}).reason, RefusalReason::not_found);
  for (const std::int64_t wrong : {std::int64_t{0}, std::int64_t{-1}, share_weight_max + 1}) {
    EXPECT_EQ(refused(as("root"), WeighOrganisation{"film-studio", wrong}).faults.front().field, "weight");
    EXPECT_EQ(refused(as("film-studio"), WeighProject{"default", wrong}).faults.front().field, "weight");
  }
  must(as("film-studio"), WeighProject{"default", 500});
  EXPECT_EQ(state_.projects.find({ProjectId(2)})->weight, 500);
  EXPECT_EQ(state_.projects.find({ProjectId(3)})->weight, share_weight_usual);
  EXPECT_EQ(refused(as("film-studio"), WeighProject{"shots", 500}).reason, RefusalReason::not_found);
  EXPECT_EQ(refused(as("agent guian"), WeighProject{"default", 500}).reason, RefusalReason::forbidden);
}

TEST_F(CoreTest, ABatchThatLeavesAWalletNegativeIsFoundBeforeItsCommit) {
  // What a hub asks of every batch: an account that must not go negative and would, by a micro-yuan, is named; one at zero
  // and one that may are not.
  AccountRow wallet = *state_.accounts.find({AccountKind::customer_wallet, OrganisationId(2)});
  AccountRow bank = *state_.accounts.find({AccountKind::bank, OrganisationId()});
  wallet.debits_posted = wallet.credits_posted;
  EXPECT_FALSE(broken_change({{wallet, RowFate::live}, {bank, RowFate::live}}));
  wallet.debits_pending = Cny::micro(1);
  const auto broken = broken_change({{bank, RowFate::live}, {wallet, RowFate::live}});
  ASSERT_TRUE(broken.has_value());
  EXPECT_NE(broken->find("-0.000001"), std::string::npos) << *broken;
}

TEST_F(CoreTest, APaymentIsCreditedOnce) {
  // The reference is what tells one payment from another, whatever the key of the request and whoever is named.
  const Needs wanted = needs(state_, {as("root"), TopUpWallet{"film-studio", Cny::yuan(1), "bank 1"}});
  ASSERT_EQ(wanted.payments, std::vector<std::string>{"bank 1"});
  Fetched fetched;
  for (const RowChange& change : state_.drain()) {
    const auto* payment = std::get_if<PaymentRow>(&change.row);
    if (payment == nullptr) continue;
    EXPECT_EQ(change.fate, RowFate::retired) << "State holds live things only";
    fetched.payments.push_back(*payment);
  }
  ASSERT_EQ(fetched.payments.size(), 1U);
  const Refusal refusal = refused(as("root"), TopUpWallet{"film-studio", Cny::yuan(1), "bank 1"}, fetched);
  EXPECT_EQ(refusal.reason, RefusalReason::already_exists);
  EXPECT_EQ(refusal.faults[0].field, "reference");
  EXPECT_NE(refusal.faults[0].wrong.find("100"), std::string::npos);
  must(as("root"), TopUpWallet{"film-studio", Cny::yuan(1), "bank 2"});
  EXPECT_EQ(wallet_available(), Cny::yuan(101));
}

TEST_F(CoreTest, WorkThatIsGivenAwayRunsToo) {
  // A centre may take money for cards alone: a lease without any holds the least there is, and charges nothing.
  must(as("guizhou"), PublishOffer{OfferId(90), "guian", Cny(), Cny::yuan(2), Cny()});
  const JobId job = submit(1);
  ASSERT_TRUE(plan({assign(job, 0, 10)}).stale.empty());
  EXPECT_EQ(state_.leases.find({job, 0, 1})->held, Cny::micro(1));
  now_ = now_ + Duration::minutes(5);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(1))));
  EXPECT_EQ(wallet_available(), Cny::yuan(100));
}

TEST_F(CoreTest, ALostTokenIsReissued) {
  // The operator for customers and providers, the machine's owner for an operator too; nobody else.
  must(as("root"), ReissueToken{"film-studio", sha256("again")});
  EXPECT_EQ(as("again").organisation, OrganisationId(2));
  EXPECT_EQ(as("again").user, UserId(2));
  EXPECT_TRUE(as("again").scopes.has(Scope::submit));
  EXPECT_FALSE(as("again").scopes.has(Scope::operate));
  EXPECT_TRUE(authenticate(state_, sha256("film-studio"), now_)) << "older ones stay as they are";
  EXPECT_EQ(refused(as("film-studio"), ReissueToken{"guizhou", sha256("x")}).reason, RefusalReason::forbidden);
  EXPECT_EQ(refused(as("root"), ReissueToken{"platform", sha256("x")}).reason, RefusalReason::forbidden);
  EXPECT_EQ(refused(as("root"), ReissueToken{"nobody", sha256("x")}).reason, RefusalReason::not_found);
  must(host_, ReissueToken{"platform", sha256("root again")});
  EXPECT_TRUE(as("root again").scopes.has(Scope::operate));
}

TEST_F(CoreTest, AnAgentRenewsItsToken) {
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

TEST_F(CoreTest, DrainedRowsRebuildTheState) {
  // What drain hands to a store, loaded again, is the same state, derived timers included. (Events from empty: sim.)
  const JobId job = submit(3);
  State copy;
  plan({assign(job, 0, 10), assign(job, 1, 11)});
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(1))));
  for (const RowChange& change : state_.drain()) {
    if (change.fate == RowFate::live) copy.load(change.row);
  }
  EXPECT_EQ(copy.hash(), state_.hash());
  EXPECT_EQ(next_wakeup(copy), next_wakeup(state_));
}

TEST_F(CoreTest, TimeNeverGoesBack) {
  // A command at the time of the last one is refused.
  auto decision = decide(state_, {host_, Tick{}}, state_.counters().last_now);
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().reason, RefusalReason::not_after_last);
}

TEST_F(CoreTest, PlantedBugsAreSeenByTheInvariants) {
  // The switch works, and the checkers name what broke: a charge posted twice empties clearing.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  now_ = now_ + Duration::minutes(5);
  ASSERT_TRUE(run(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(1))), {},
                  PlantedBug::post_twice));
  ASSERT_TRUE(broken_invariant(state_).has_value());
  EXPECT_NE(broken_invariant(state_)->find("clearing"), std::string::npos);
}

}  // namespace
}  // namespace dayan::core
