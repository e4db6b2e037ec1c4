#include "core/platform_for_tests.h"
#include "trade/rating.h"

/// Leases as plans grant them: money, room, gangs and times.

namespace dayan::core {
namespace {

using PlanTest = TwoCentres;

TEST_F(PlanTest, SecondAssignmentSeesTheFirstOnesHold) {
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

TEST_F(PlanTest, PoolIsNeverOverfilled) {
  // guian has two cores: the third assignment is dropped singly, the others stand.
  const JobId job = submit(3);
  const Decision decision = plan({assign(job, 0, 10), assign(job, 1, 10), assign(job, 2, 10)});
  ASSERT_EQ(decision.stale.size(), 1U);
  EXPECT_EQ(decision.stale[0].reason.constraint, Constraint::capacity);
}

TEST_F(PlanTest, TasksAtOneCentreAreBounded) {
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
    const auto refused = decide(*each, again, now_ + Duration::seconds(1));
    ASSERT_TRUE(refused) << to_text(refused.error().faults.front());
    EXPECT_EQ(refused->stale.size(), 1U);
  }
  must(as("agent shanghai"), report("shanghai", ended(job, 0, 1, 0, Duration::minutes(5))));
  EXPECT_TRUE(plan({assign(job, 2, 11)}).stale.empty());
}

TEST_F(PlanTest, AGangNeedsARackOfItsNodes) {
  // A gang that must lie in one rack is granted where one has its nodes: not where nobody tells them, nor where all are
  // too small, whatever a plan says.
  JobSpec gangs = spec(4);
  gangs.requirements.resources.nodes = 2;
  gangs.requirements.resources.within = Within::rack;
  must(as("film-studio"), SubmitJob{JobId(300), "default", gangs});
  const auto told = [&](std::vector<Racks> racks) {
    PoolRow pool = *state_.pools.find({CentreId(11), "batch"});
    pool.racks = std::move(racks);
    must(as("agent shanghai"), ReportPools{{pool}});
  };
  const auto refused_for = [&] {
    const Decision decided = plan({assign(JobId(300), 0, 11)});
    return decided.stale.empty() ? Reason() : decided.stale[0].reason;
  };
  const Reason untold = refused_for();
  EXPECT_EQ(untold.constraint, Constraint::rack);
  EXPECT_EQ(untold.required, 2);
  EXPECT_EQ(untold.offered, 1);
  told({{1, 2}});
  EXPECT_EQ(refused_for().constraint, Constraint::rack);
  told({{2, 1}});
  EXPECT_TRUE(plan({assign(JobId(300), 0, 11)}).stale.empty());
  EXPECT_EQ(state_.leases.find({JobId(300), 0, 1})->resources.within, Within::rack);
}

TEST_F(PlanTest, TasksOnOneNodeAreBounded) {
  // One task on a node at once, in a pool of two: the third is dropped, within a plan, from plan to plan, and after a
  // start from the rows. One that ends makes room for the next.
  JobSpec replicas = spec(4);
  replicas.requirements.tasks_per_node_max = 1;
  must(as("film-studio"), SubmitJob{JobId(300), "default", replicas});
  const JobId job(300);
  const Decision first = plan({assign(job, 0, 11), assign(job, 1, 11), assign(job, 2, 11)});
  ASSERT_EQ(first.stale.size(), 1U);
  const Reason& reason = first.stale[0].reason;
  EXPECT_EQ(reason.constraint, Constraint::tasks_per_node);
  EXPECT_EQ(reason.required, 2);
  EXPECT_EQ(reason.offered, 1);
  EXPECT_TRUE(reason.passes_with_time);
  State loaded;
  for (const RowChange& each : state_.drain()) {
    if (each.fate == RowFate::live) loaded.load(each.row);
  }
  const Command again{host_, CommitPlan{{assign(job, 2, 11)}}};
  for (const State* each : {&state_, &loaded}) {
    const auto refused = decide(*each, again, now_ + Duration::seconds(1));
    ASSERT_TRUE(refused) << to_text(refused.error().faults.front());
    EXPECT_EQ(refused->stale.size(), 1U);
  }
  must(as("agent shanghai"), report("shanghai", ended(job, 0, 1, 0, Duration::minutes(5))));
  EXPECT_TRUE(plan({assign(job, 2, 11)}).stale.empty());
}

TEST_F(PlanTest, AGangGetsAllItsNodesOrNone) {
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

TEST_F(PlanTest, AGangPaysForAllItsNodes) {
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

TEST_F(PlanTest, AGangWiderThanItsPoolIsSeenByTheCapacityCheck) {
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

TEST_F(PlanTest, ThrottleAndPriceCapHold) {
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

TEST_F(PlanTest, NothingIsLeasedBeforeTheEarliestStart) {
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

TEST_F(PlanTest, ALeaseEndsByTheDeadline) {
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

TEST_F(PlanTest, WorkThatIsGivenAwayRunsToo) {
  // A centre may take money for cards alone: a lease without any holds the least there is, and charges nothing.
  must(as("guizhou"), PublishOffer{OfferId(90), "guian", Cny(), Cny::yuan(2), Cny()});
  const JobId job = submit(1);
  ASSERT_TRUE(plan({assign(job, 0, 10)}).stale.empty());
  EXPECT_EQ(state_.leases.find({job, 0, 1})->held, Cny::micro(1));
  now_ = now_ + Duration::minutes(5);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(1))));
  EXPECT_EQ(wallet_available(), Cny::yuan(100));
}

}  // namespace
}  // namespace dayan::core
