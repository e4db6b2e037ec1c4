#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/prng.h"
#include "model/rack.h"
#include "place/planner.h"
#include "place/scene_for_tests.h"

namespace dayan::place {
namespace {

/// How many assignments went to each centre.
std::map<CentreId, int> by_centre(const std::vector<Assignment>& plan) {
  std::map<CentreId, int> counts;
  for (const Assignment& assignment : plan) ++counts[assignment.placement.centre];
  return counts;
}

std::vector<std::int32_t> tasks_of(const std::vector<Assignment>& plan) {
  std::vector<std::int32_t> tasks;
  for (const Assignment& assignment : plan) tasks.push_back(assignment.task);
  return tasks;
}

Requirements with_objective(Objective objective, Duration run_time = Duration()) {
  Requirements requirements = Scene::small();
  requirements.objective = objective;
  requirements.run_time = run_time;
  return requirements;
}

TEST(PlanTest, APriorityIsWorthMinutesOfWaiting) {
  // Two jobs on one free core. The one that steps back by two goes first while it has waited more than twelve minutes
  // longer, and not when it lacks a microsecond of it.
  const auto goes_first = [](Duration longer) {
    Scene scene;
    (void)scene.site("a", 1, 1);
    JobRow back = scene.job(1);
    back.requirements.priority = -2;
    back.submitted_at = scene_now - longer;
    scene.put(back);
    JobRow other = scene.job(1);
    other.submitted_at = scene_now;
    scene.put(other);
    const auto plan = scene.plan();
    return plan.size() == 1 && plan[0].job == back.id;
  };
  EXPECT_TRUE(goes_first(Duration::minutes(12)));  // the same rank: the order of ids
  EXPECT_FALSE(goes_first(Duration::minutes(12) - Duration::microseconds(1)));
  EXPECT_TRUE(goes_first(Duration::minutes(13)));
  EXPECT_FALSE(goes_first(Duration()));
}

TEST(PlanTest, FillsWhatIsFreeAndTellsWhy) {
  // Six tasks on four free cores: the first four are placed, from now, with cost, runner-up and what was ruled out.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  const CentreId b = scene.site("b", 1, 4, Cny::yuan(3));
  scene.lease(b, 4, Duration::minutes(30));
  const CentreId c = scene.centre("c").id;
  PoolRow pool = scene.pool(c, 1, 4);
  pool.wall_time_max = Duration::minutes(50);
  scene.put(pool);
  const JobRow job = scene.job(6);
  const auto plan = scene.plan();
  ASSERT_EQ(tasks_of(plan), (std::vector<std::int32_t>{0, 1, 2, 3}));
  const Assignment& first = plan[0];
  EXPECT_EQ(first.job, job.id);
  EXPECT_EQ(first.placement.job, job.id);
  EXPECT_EQ(first.placement.task, 0);
  EXPECT_EQ(first.placement.centre, a);
  EXPECT_EQ(first.placement.pool, "cpu");
  EXPECT_EQ(first.placement.task_cost, Cny::yuan(1));
  EXPECT_EQ(first.placement.expected_start, scene_now);
  EXPECT_EQ(first.placement.expected_finish, scene_now + Duration::hours(1));
  ASSERT_EQ(first.placement.runners_up.size(), 1U);
  EXPECT_EQ(first.placement.runners_up[0], (RunnerUp{b, "cpu", Cny::yuan(3), Duration::minutes(90)}));
  ASSERT_EQ(first.placement.ruled_out.size(), 2U);
  EXPECT_EQ(first.placement.ruled_out[0], (RuledOut{Constraint::wall_time, 1, Duration::minutes(10).microseconds()}));
  EXPECT_EQ(first.placement.ruled_out[1], (RuledOut{Constraint::capacity, 1, 1}));
}

TEST(PlanTest, OldestJobFirst) {
  // Two jobs for the same four cores: the one that was submitted first has them, whichever row came first.
  Scene scene;
  scene.site("a", 1, 4);
  const JobRow older = scene.job(3);
  const JobRow newer = scene.job(3);
  const auto plan = scene.plan();
  ASSERT_EQ(plan.size(), 4U);
  EXPECT_EQ(plan[2].job, older.id);
  EXPECT_EQ(plan[3].job, newer.id);
}

TEST(PlanTest, AGangGetsAllItsNodesAtOnceOrNone) {
  // On three nodes of 4 cores a gang of two nodes of 3 cores finds its place, the next one, with a node left, waits
  // whole, and a task of one node goes past it. A pool of too few nodes takes none, however large they are; and one
  // that the gang cannot have for want of nodes is counted in what is kept of the placement.
  Scene scene;
  const CentreId a = scene.site("a", 3, 4);
  scene.site("large", 1, 100, Cny::micro(1'000));
  Requirements gang = Scene::small();
  gang.resources.cores = Cores(3);
  gang.resources.nodes = 2;
  const JobRow first = scene.job(1, gang);
  scene.job(1, gang);
  Requirements single = Scene::small();
  single.resources.cores = Cores(4);
  single.objective = Objective::fastest;
  const JobRow third = scene.job(1, single);
  const auto plan = scene.plan();
  ASSERT_EQ(plan.size(), 2U);
  EXPECT_EQ(plan[0].job, first.id);
  EXPECT_EQ(plan[0].placement.centre, a);
  EXPECT_EQ(plan[0].placement.task_cost, Cny::yuan(6));
  const auto& out = plan[0].placement.ruled_out;
  const auto nodes =
      std::find_if(out.begin(), out.end(), [](const RuledOut& each) { return each.constraint == Constraint::nodes; });
  ASSERT_NE(nodes, out.end());
  EXPECT_EQ(*nodes, (RuledOut{Constraint::nodes, 1, 1}));
  EXPECT_EQ(plan[1].job, third.id);
}

TEST(PlanTest, StopsAtTheLimit) {
  // No more assignments than were asked for, none when none were.
  Scene scene;
  scene.site("a", 4, 16);
  scene.job(48);
  EXPECT_EQ(scene.plan(5).size(), 5U);
  EXPECT_TRUE(scene.plan(0).empty());
  EXPECT_EQ(scene.plan().size(), 48U);
}

TEST(PlanTest, ThrottleCountsWhatRuns) {
  // Of a job that lets five tasks run, with two running, three more are placed.
  Scene scene;
  scene.site("a", 1, 16);
  JobRow job = scene.job(10);
  job.throttle = 5;
  job.next_task = 2;
  job.live = 2;
  scene.put(job);
  EXPECT_EQ(tasks_of(scene.plan()), (std::vector<std::int32_t>{2, 3, 4}));
}

/// Replicas: at most so many at one centre.
Requirements replicas(std::int32_t tasks_per_centre_max, Objective objective = Objective::cheapest) {
  Requirements requirements = with_objective(objective);
  requirements.tasks_per_centre_max = tasks_per_centre_max;
  return requirements;
}

/// As the core would commit it.
void commit(Engine& engine, JobRow& job, const std::vector<Assignment>& plan) {
  for (const Assignment& each : plan) {
    LeaseRow lease;
    lease.job = job.id;
    lease.task = each.task;
    lease.number = each.placement.number;
    lease.centre = each.placement.centre;
    lease.pool = each.placement.pool;
    lease.resources = job.requirements.resources;
    lease.wall_time = job.requirements.wall_time;
    lease.granted_at = scene_now;
    lease.ends_at = scene_now + lease_start_allowance + lease.wall_time;
    ++job.live;
    ++job.next_task;
    engine.apply({job, RowFate::live});
    engine.apply({lease, RowFate::live});
  }
}

TEST(PlanTest, TasksPerCentreSendOthersElsewhere) {
  // Of six tasks that would each go to the cheapest centre two go to each: over its two pools, though it has room for
  // all; the rest waits. With each objective no centre gets more.
  for (const auto objective : {Objective::cheapest, Objective::fastest, Objective::balanced, Objective::greenest}) {
    Scene scene;
    const CentreId cheap = scene.site("cheap", 1, 1);
    scene.pool(cheap, 1, 8, "more");
    const CentreId dear = scene.site("dear", 1, 8, Cny::yuan(3));
    JobRow job = scene.job(6, replicas(2, objective));
    const auto engine = scene.engine();
    const auto plan = engine->plan(scene_now, 100);
    EXPECT_EQ(by_centre(plan), (std::map<CentreId, int>{{cheap, 2}, {dear, 2}}));
    // The third tells why it went elsewhere: both pools of the cheap centre were left alone.
    const auto& out = plan[2].placement.ruled_out;
    const auto is_bound = [](const RuledOut& each) { return each.constraint == Constraint::tasks_per_centre; };
    const auto told = std::find_if(out.begin(), out.end(), is_bound);
    if (objective == Objective::cheapest) {
      ASSERT_NE(told, out.end());
      EXPECT_EQ(*told, (RuledOut{Constraint::tasks_per_centre, 2, 1}));
    }
    commit(*engine, job, plan);
    EXPECT_TRUE(engine->plan(scene_now, 100).empty());
    EXPECT_EQ(engine->waiting(job.id, scene_now)->reasons[0].constraint, Constraint::tasks_per_centre);
  }
}

TEST(PlanTest, TasksPerNodeSendOthersElsewhere) {
  // Of six tasks that would each go to the cheapest pool, of two nodes, two go there and three to the other's three
  // nodes, though the first has room for all; the rest waits, and is told what it had to let. A task of several nodes
  // has one of each.
  for (const auto objective : {Objective::cheapest, Objective::fastest, Objective::balanced, Objective::greenest}) {
    Scene scene;
    const CentreId cheap = scene.site("cheap", 2, 8);
    const CentreId dear = scene.site("dear", 3, 8, Cny::yuan(3));
    Requirements needs = with_objective(objective);
    needs.tasks_per_node_max = 1;
    JobRow job = scene.job(6, needs);
    const auto engine = scene.engine();
    const auto plan = engine->plan(scene_now, 100);
    EXPECT_EQ(by_centre(plan), (std::map<CentreId, int>{{cheap, 2}, {dear, 3}}));
    if (objective == Objective::cheapest) {
      const auto& out = plan[2].placement.ruled_out;
      EXPECT_NE(std::find(out.begin(), out.end(), RuledOut{Constraint::tasks_per_node, 1, 1}), out.end());
    }
    commit(*engine, job, plan);
    EXPECT_TRUE(engine->plan(scene_now, 100).empty());
    const Reason reason = engine->waiting(job.id, scene_now)->reasons[0];
    EXPECT_EQ(reason.constraint, Constraint::tasks_per_node);
    EXPECT_EQ(reason.required, 2);
    EXPECT_EQ(reason.offered, 1);
    EXPECT_TRUE(reason.passes_with_time);
  }
  Scene gangs;
  gangs.site("a", 4, 8);
  Requirements needs = Scene::small();
  needs.resources.nodes = 2;
  needs.tasks_per_node_max = 1;
  (void)gangs.job(6, needs);
  EXPECT_EQ(gangs.plan().size(), 2U);
}

TEST(PlanTest, AGangLiesInOneRack) {
  // Six nodes in two racks of three: two gangs of two whole nodes find a rack each. The third finds none, though two
  // nodes are left, and says so; one whose nodes may stand anywhere takes these.
  Scene scene;
  const CentreRow centre = scene.centre("a");
  PoolRow pool = scene.pool(centre.id, 6, 8);
  pool.racks = {{3, 2}};
  scene.put(pool);
  Requirements needs = Scene::small();
  needs.resources.cores = Cores(8);
  needs.resources.nodes = 2;
  needs.resources.within = Within::rack;
  JobRow job = scene.job(3, needs);
  const auto engine = scene.engine();
  const auto plan = engine->plan(scene_now, 100);
  ASSERT_EQ(plan.size(), 2U);
  commit(*engine, job, plan);
  const auto quotes = engine->quotes(job.id, scene_now);
  ASSERT_EQ(quotes[0].reasons.size(), 1U);
  EXPECT_EQ(quotes[0].reasons[0].constraint, Constraint::capacity);
  EXPECT_EQ(quotes[0].reasons[0].required, 2);
  EXPECT_EQ(quotes[0].reasons[0].offered, 1);
  EXPECT_EQ(quotes[0].reasons[0].text.substr(0, 96),
            "needs 2 nodes of one rack with 8 cores left on each, at most 1 of one has so much now, as leases");
  EXPECT_EQ(quotes[0].wait, Duration::hours(1));
  EXPECT_TRUE(engine->plan(scene_now, 100).empty());
  JobRow other = job;
  other.id = JobId(2'000);
  other.count = 1;
  other.next_task = other.live = 0;
  other.held = Cny();
  other.requirements.resources.within = Within::pool;
  engine->apply({other, RowFate::live});
  const auto elsewhere = engine->plan(scene_now, 100);
  ASSERT_EQ(elsewhere.size(), 1U);
  EXPECT_EQ(elsewhere[0].job, other.id);
  const auto broken = engine->broken_invariant();
  EXPECT_FALSE(broken.has_value()) << *broken;
}

TEST(PlanTest, AGangGoesWhereARackIsLargeEnough) {
  // Of pools of six nodes the cheapest does not tell its racks, the next has too small ones, and the dearest has one of
  // four: there it goes, and the plan counts the others with how much they lack. Each says why. One node needs no rack.
  Scene scene;
  const auto add = [&](const std::string& name, std::int32_t yuan, std::vector<Racks> racks) {
    const CentreRow centre = scene.centre(name, Cny::yuan(yuan));
    PoolRow pool = scene.pool(centre.id, 6, 8);
    pool.racks = std::move(racks);
    scene.put(pool);
    return centre.id;
  };
  (void)add("untold", 1, {});
  (void)add("small", 2, {{2, 3}});
  const CentreId large = add("large", 3, {{4, 1}, {2, 1}});
  Requirements needs = Scene::small();
  needs.objective = Objective::cheapest;
  needs.resources.nodes = 4;
  needs.resources.within = Within::rack;
  (void)scene.job(1, needs);
  const auto plan = scene.plan();
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].placement.centre, large);
  EXPECT_EQ(plan[0].placement.ruled_out, (std::vector<RuledOut>{{Constraint::rack, 2, 2}}));
  std::map<std::string, std::string> why;
  for (const Quote& each : scene.quotes(needs))
    why[each.centre_name] = each.reasons.empty() ? "" : each.reasons[0].text;
  EXPECT_EQ(why["large"], "");
  EXPECT_EQ(why["small"], "needs 4 nodes of one rack, the largest has 2: 2 too many");
  EXPECT_EQ(why["untold"], "needs 4 nodes of one rack, which nodes of the pool stand in one is not known");
  needs.resources.nodes = 1;
  for (const Quote& each : scene.quotes(needs)) EXPECT_TRUE(each.feasible) << each.centre_name;
}

TEST(PlanTest, RoomOnANodeWithAsManyOfItsTasksIsNone) {
  // Three nodes of 8 cores; others fill one, and half of the next. Two tasks of 2 cores each get a node of their own;
  // the third finds room, and none of its nodes. A further task of the others' work leaves: then it goes there, though
  // nothing of its own has changed. Whoever lets two run on a node had all three at once.
  for (const std::int32_t on_node : {1, 2}) {
    Scene scene;
    const CentreId a = scene.site("a", 3, 8);
    Requirements needs = Scene::small();
    needs.resources.cores = Cores(2);
    needs.tasks_per_node_max = on_node;
    const LeaseRow whole = scene.lease(a, 8, Duration::hours(1));
    scene.lease(a, 4, Duration::hours(1));
    JobRow job = scene.job(3, needs);
    const auto engine = scene.engine();
    const auto plan = engine->plan(scene_now, 100);
    ASSERT_EQ(plan.size(), on_node == 1 ? 2U : 3U);
    if (on_node > 1) continue;
    commit(*engine, job, plan);
    EXPECT_TRUE(engine->plan(scene_now, 100).empty());
    const auto quotes = engine->quotes(job.id, scene_now);
    ASSERT_EQ(quotes[0].reasons.size(), 1U);
    const std::string text = "the job lets 1 task run on one node, and 2 run in this pool of 3 nodes: for a further one "
                             "it had to let 2, 1 more; a place is expected in 1h to 1h10m";
    EXPECT_EQ(quotes[0].reasons[0], (Reason{Constraint::tasks_per_node, 2, 1, text, true}));
    engine->apply({whole, RowFate::retired});
    EXPECT_EQ(engine->plan(scene_now, 100).size(), 1U);
  }
}

TEST(PlanTest, TasksKeptApartStayWhereTheyAre) {
  // Two jobs of one organisation of which one runs long: tasks that are free to move do (together_test). Those that are
  // kept apart, or bounded at a centre, stay where their bound has put them.
  for (const bool is_of_nodes : {true, false}) {
    Prng random(is_of_nodes ? 1 : 2);
    for (int round = 0; round < 100; ++round) {
      Scene scene;
      for (const char* name : {"a", "b", "c"}) {
        const CentreId centre = scene.site(name, 2, 4, Cny::micro(random.between(1, 9) * 100'000));
        PoolRow pool = scene.pool(centre, 2, 4);
        pool.core_capability = Capability(random.between(1, 4) * 5'000);
        scene.put(pool);
      }
      std::map<JobId, JobRow> jobs;
      for (int i = 0; i < 4; ++i) {
        Requirements needs = with_objective(Objective::balanced);
        needs.run_time = Duration::minutes(random.between(1, 50));
        (is_of_nodes ? needs.tasks_per_node_max : needs.tasks_per_centre_max) = 1;
        const JobRow job = scene.job(2, needs);
        jobs[job.id] = job;
      }
      std::map<std::pair<JobId, CentreId>, int> there;
      for (const Assignment& each : scene.plan()) {
        EXPECT_TRUE(each.placement.exchanged_with.is_none());
        const int at_centre = ++there[std::pair(each.job, each.placement.centre)];
        EXPECT_LE(at_centre, is_of_nodes ? 2 : 1);
      }
    }
  }
}

TEST(PlanTest, ATaskThatEndsLetsAnotherGoToItsCentre) {
  // Nothing else changes, and there was room all the time.
  Scene scene;
  const CentreId a = scene.site("a", 1, 8);
  JobRow job = scene.job(3, replicas(1));
  const auto engine = scene.engine();
  const auto plan = engine->plan(scene_now, 100);
  ASSERT_EQ(plan.size(), 1U);
  commit(*engine, job, plan);
  EXPECT_TRUE(engine->plan(scene_now, 100).empty());
  LeaseRow ended;
  ended.job = job.id;
  ended.number = 1;
  ended.centre = a;
  ended.pool = "cpu";
  engine->apply({ended, RowFate::retired});
  EXPECT_EQ(tasks_of(engine->plan(scene_now, 100)), std::vector<std::int32_t>{1});
  EXPECT_EQ(engine->broken_invariant(), std::nullopt);
}

TEST(PlanTest, ARefusedPlanLeavesACentreAsItWas) {
  // What a plan claimed and the core did not take does not count: the same is planned again.
  Scene scene;
  scene.site("a", 1, 8);
  scene.job(3, replicas(1));
  const auto engine = scene.engine();
  EXPECT_EQ(engine->plan(scene_now, 100).size(), 1U);
  EXPECT_EQ(engine->plan(scene_now, 100).size(), 1U);
  EXPECT_EQ(engine->broken_invariant(), std::nullopt);
}

TEST(PlanTest, ATaskGoesBackWhereItFailedWhenTheOthersHaveTheirTasks) {
  // It would keep away from the centre where it failed, but the job lets no second task run at the other one.
  const auto goes_to = [](std::int32_t most) {
    Scene scene;
    const CentreId a = scene.site("a", 1, 8);
    const CentreId b = scene.site("b", 1, 8);
    JobRow job = scene.job(2, replicas(most));
    job.next_task = 2;
    job.live = job.retrying = 1;
    scene.put(job);
    LeaseRow other = scene.lease(b, 1);
    scene.put(other, RowFate::erased);
    other.job = job.id;
    scene.put(other);
    scene.put(TaskRow{job.id, 1, TaskState::waiting, 1, {}, a});
    const auto plan = scene.plan();
    return plan.size() == 1 ? plan[0].placement.centre == a ? 'a' : 'b' : '-';
  };
  EXPECT_EQ(goes_to(1), 'a');
  EXPECT_EQ(goes_to(2), 'b');
}

TEST(PlanTest, WalletBoundsAllJobsOfACustomer) {
  // With 5.5 yuan and holds of one yuan five tasks are placed over two jobs; another customer's wallet is its own.
  Scene scene;
  scene.site("a", 1, 16);
  scene.wallet(scene_customer, Cny::micro(5'500'000));
  scene.organisation(OrganisationId(3), "lab");
  scene.wallet(OrganisationId(3), Cny::yuan(2));
  const JobRow first = scene.job(3);
  const JobRow second = scene.job(3);
  JobRow third = scene.job(3);
  third.organisation = OrganisationId(3);
  scene.put(third);
  std::map<JobId, int> counts;
  for (const Assignment& assignment : scene.plan()) ++counts[assignment.job];
  EXPECT_EQ(counts, (std::map<JobId, int>{{first.id, 3}, {second.id, 2}, {third.id, 2}}));
}

TEST(PlanTest, PriceCapCountsChargedAndHeld) {
  // A cap of 6 yuan, of which 2 are charged and 1 is held, lets three more holds of one yuan through.
  Scene scene;
  scene.site("a", 1, 16);
  Requirements requirements = Scene::small();
  requirements.price_cap = Cny::yuan(6);
  JobRow job = scene.job(10, requirements);
  job.next_task = 3;
  job.live = 1;
  job.succeeded = 2;
  job.run_time_sum = Duration::hours(2).microseconds();
  job.charged = Cny::yuan(2);
  job.held = Cny::yuan(1);
  scene.put(job);
  EXPECT_EQ(scene.plan().size(), 3U);
}

TEST(PlanTest, OnlyReachableCentresTakeWork) {
  // A silent centre gets nothing, however cheap; when it speaks again it does.
  Scene scene;
  const CentreId cheap = scene.site("cheap", 1, 4, Cny());
  const CentreId dear = scene.site("dear", 1, 4, Cny::yuan(9));
  scene.job(1, with_objective(Objective::cheapest));
  auto engine = scene.engine();
  const UnixTime later = scene_now + Duration::minutes(3);
  engine->observe({dear, later, {}});
  EXPECT_EQ(engine->plan(later, 10).at(0).placement.centre, dear);
  engine->observe({cheap, later, {}});
  EXPECT_EQ(engine->plan(later, 10).at(0).placement.centre, cheap);
}

TEST(PlanTest, ForeignWorkIsLeftAlone) {
  // Cores that the provider's own people use are not given away.
  Scene scene;
  const CentreId a = scene.site("a", 1, 8);
  scene.heard(a, scene_now, Cores(6));
  scene.job(8);
  EXPECT_EQ(scene.plan().size(), 2U);
}

TEST(PlanTest, CancelledAndEndedJobsGetNothing) {
  // Only jobs that wait or run are placed.
  for (const JobState state : {JobState::cancelling, JobState::cancelled, JobState::failed, JobState::succeeded}) {
    Scene scene;
    scene.site("a", 1, 4);
    JobRow job = scene.job(2);
    job.state = state;
    scene.put(job);
    EXPECT_TRUE(scene.plan().empty()) << to_text(state);
    job.state = JobState::running;
    scene.put(job);
    EXPECT_EQ(scene.plan().size(), 2U);
    scene.put(job, RowFate::retired);
    EXPECT_TRUE(scene.plan().empty());
  }
}

TEST(PlanTest, RetriesComeFirstAndInTheirTime) {
  // A task that waits for another try goes before untouched ones, as its next attempt, but not before its time.
  Scene scene;
  scene.site("a", 1, 2);
  JobRow job = scene.job(9);
  job.next_task = 5;
  job.retrying = 2;
  scene.put(job);
  scene.put(TaskRow{job.id, 3, TaskState::waiting, 1, scene_now, {}});
  scene.put(TaskRow{job.id, 4, TaskState::waiting, 1, scene_now + Duration::microseconds(1), {}});
  const auto plan = scene.plan();
  EXPECT_EQ(tasks_of(plan), (std::vector<std::int32_t>{3, 5}));
  EXPECT_EQ(plan[0].placement.number, 2);
}

TEST(PlanTest, ARetryKeepsAwayFromWhereItFailed) {
  // It goes to the dearer centre, says so, and goes back only when no other can take it at all.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  const CentreId b = scene.site("b", 1, 4, Cny::yuan(9));
  scene.tried(1, {{{}, a}}, with_objective(Objective::cheapest));
  const auto plan = scene.plan();
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].placement.centre, b);
  EXPECT_TRUE(plan[0].placement.runners_up.empty());
  EXPECT_EQ(plan[0].placement.ruled_out.back(), (RuledOut{Constraint::failed_here, 1, 0}));
  // A busy other centre is waited for; one that does not answer is not.
  scene.lease(b, 4);
  EXPECT_TRUE(scene.plan().empty());
  auto engine = scene.engine();
  engine->observe({a, scene_now + Duration::minutes(5), {}});
  EXPECT_EQ(engine->plan(scene_now + Duration::minutes(5), 1).at(0).placement.centre, a);
}

TEST(SpreadTest, AnArrayUsesAllCentresThatAreAlike) {
  // 48 tasks over three centres of 16, 32 and 48 cores with the same price, within 5 % of the same speed: each is
  // filled by the same part, though all tasks would fit into the largest.
  for (const Objective objective : {Objective::fastest, Objective::balanced}) {
    Scene scene;
    std::map<CentreId, int> expected;
    for (const int nodes : {2, 4, 6}) {
      const CentreId id = scene.centre("centre-" + std::to_string(nodes)).id;
      PoolRow pool = scene.pool(id, nodes, 8);
      pool.core_capability = Capability(10'000 + nodes * 50);
      scene.put(pool);
      expected[id] = nodes * 4;
    }
    scene.job(48, with_objective(objective, Duration::minutes(30)));
    const auto spread = by_centre(scene.plan());
    ASSERT_EQ(spread.size(), 3U) << to_text(objective);
    for (const auto& [centre, count] : expected) EXPECT_NEAR(spread.at(centre), count, 1);
  }
}

TEST(SpreadTest, WhoNeedsManyCoresForFewCardsGoesWhereCoresArePlenty) {
  // Four cards with 16 cores, and four with 4: eight tasks of a card each fit only if those of four cores go to the
  // former and those of one to the latter, in whatever order they come.
  for (const int heavy_first : {0, 1}) {
    Scene scene;
    for (const auto& [name, cores] : {std::pair{"plenty", 16}, std::pair{"scarce", 4}}) {
      PoolRow pool = scene.pool(scene.centre(name).id, 1, cores);
      pool.cards_per_node = MilliCards(4'000);
      pool.chip = "a800";
      scene.put(pool);
    }
    // Somebody else's, and so what is asked for: two and a half cores a card.
    PoolRow other = scene.pool(scene.centre("other").id, 1, 10);
    other.cards_per_node = MilliCards(4'000);
    other.chip = "t4";
    scene.put(other);
    LeaseRow lease = scene.lease(other.centre, 10);
    lease.resources.cards = MilliCards(4'000);
    scene.put(lease);
    for (int i = 0; i < 8; ++i) {
      Requirements requirements = with_objective(Objective::balanced, Duration::minutes(30));
      requirements.chips = {"a800"};
      requirements.resources = {Cores(i % 2 == heavy_first ? 1 : 4), Bytes(), MilliCards(1'000)};
      scene.job(1, requirements);
    }
    EXPECT_EQ(scene.plan().size(), 8U) << heavy_first;
  }
}

TEST(SpreadTest, FastestFillsTheFastestFirst) {
  // Half as fast is not as good: the fast centre is filled first, the rest goes to the slow one as long as that
  // helps.
  Scene scene;
  const CentreId slow = scene.centre("slow").id;
  PoolRow pool = scene.pool(slow, 1, 8);
  pool.core_capability = Capability(5'000);
  scene.put(pool);
  const CentreId fast = scene.site("fast", 1, 8, Cny::yuan(50));
  scene.job(6, with_objective(Objective::fastest, Duration::minutes(20)));
  EXPECT_EQ(by_centre(scene.plan()), (std::map<CentreId, int>{{fast, 6}}));
  scene.job(40, with_objective(Objective::fastest, Duration::minutes(20)));
  EXPECT_EQ(by_centre(scene.plan()), (std::map<CentreId, int>{{fast, 8}, {slow, 8}}));
}

TEST(SpreadTest, AFarSlowerCentreIsLeftAlone) {
  // Where one task takes longer than the whole job on the fast centre, none is put; the balanced are more patient.
  const auto placed_on_slow = [](Objective objective, std::int64_t capability) {
    Scene scene;
    const CentreId slow = scene.centre("slow").id;
    PoolRow pool = scene.pool(slow, 1, 8);
    pool.core_capability = Capability(capability);
    scene.put(pool);
    scene.site("fast", 1, 8);
    Requirements requirements = with_objective(objective, Duration::minutes(10));
    requirements.wall_time = Duration::hours(5);
    scene.job(24, requirements);
    const auto plan = scene.plan();
    return static_cast<int>(std::count_if(
        plan.begin(), plan.end(), [&](const Assignment& assignment) { return assignment.placement.centre == slow; }));
  };
  // 24 tasks on 8 fast cores take 30 minutes, and 5 % more are as good: 31.5 minutes and 63.
  EXPECT_EQ(placed_on_slow(Objective::fastest, 3'200), 8);
  EXPECT_EQ(placed_on_slow(Objective::fastest, 3'150), 0);
  EXPECT_EQ(placed_on_slow(Objective::balanced, 3'150), 8);
  EXPECT_EQ(placed_on_slow(Objective::balanced, 1'600), 8);
  EXPECT_EQ(placed_on_slow(Objective::balanced, 1'550), 0);
}

TEST(SpreadTest, CheapestWaitsForTheCheapest) {
  // Tasks beyond the cheapest centre's room wait, with a dear one free; if nobody knows how long, they do not.
  Scene scene;
  const CentreId cheap = scene.site("cheap", 1, 4);
  const CentreId dear = scene.site("dear", 1, 4, Cny::yuan(2));
  scene.job(6, with_objective(Objective::cheapest));
  EXPECT_EQ(by_centre(scene.plan()), (std::map<CentreId, int>{{cheap, 4}}));
  scene.heard(cheap, scene_now, Cores(4));
  EXPECT_EQ(by_centre(scene.plan()), (std::map<CentreId, int>{{dear, 4}}));
}

/// A random scene with several customers, pools, leases, jobs of many shapes, throttles and caps.
Scene random_scene(Prng& random) {
  Scene scene;
  std::vector<CentreId> centres;
  const auto centre_count = static_cast<int>(random.between(1, 5));
  for (int i = 0; i < centre_count; ++i) {
    const CentreId id = scene.centre("c" + std::to_string(i), Cny::micro(random.between(0, 3'000'000))).id;
    for (const char* name : {"one", "two"}) {
      PoolRow pool = scene.pool(id, static_cast<std::int32_t>(random.between(1, 4)), random.between(1, 8), name);
      pool.cards_per_node = MilliCards(random.between(0, 2) * 1'000);
      pool.core_capability = Capability(random.between(0, 3) * 7'000);
      if (random.chance(1, 2)) pool.core_power = Milliwatts(random.between(2'000, 9'000));
      if (random.chance(1, 2)) pool.card_power = Milliwatts(300'000);
      std::vector<std::int32_t> racks;
      for (std::int32_t left = random.chance(2, 3) ? pool.nodes : 0; left > 0; left -= racks.back())
        racks.push_back(static_cast<std::int32_t>(random.between(1, left)));
      pool.racks = racks_of(racks);
      scene.put(pool);
      if (random.chance(1, 2)) scene.lease(id, 1, Duration::minutes(random.between(1, 60)), name);
    }
    if (random.chance(1, 3)) scene.heard(id, scene_now, Cores(random.between(0, 6)));
    if (random.chance(1, 8)) scene.heard(id, scene_now + Duration::microseconds(1), Cores(1));
  }
  scene.wallet(scene_customer, Cny::micro(random.between(0, 60'000'000)));
  for (auto jobs = random.between(1, 12); jobs > 0; --jobs) {
    Requirements requirements = Scene::small();
    requirements.resources = {Cores(random.between(1, 4)), Bytes(random.between(0, 8) * 1'000'000'000),
                              MilliCards(random.chance(1, 3) ? random.between(1, 3) * 500 : 0)};
    requirements.objective = static_cast<Objective>(random.below(5));
    if (requirements.objective == Objective::weighted) requirements.weights = {2, 1, 1};
    if (random.chance(1, 3)) requirements.resources.nodes = static_cast<std::int32_t>(random.between(2, 4));
    if (random.chance(1, 2)) requirements.run_time = Duration::minutes(random.between(1, 50));
    if (random.chance(1, 3)) requirements.price_cap = Cny::micro(random.between(0, 30'000'000));
    if (random.chance(1, 4)) requirements.tasks_per_centre_max = static_cast<std::int32_t>(random.between(1, 3));
    if (random.chance(1, 3)) requirements.tasks_per_node_max = static_cast<std::int32_t>(random.between(1, 2));
    if (random.chance(1, 3)) requirements.resources.within = Within::rack;
    JobRow job = scene.job(static_cast<std::int32_t>(random.between(1, 20)), requirements);
    job.throttle = static_cast<std::int32_t>(random.between(0, 6));
    scene.put(job);
  }
  return scene;
}

class RandomPlanTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  RandomPlanTest() : random_(GetParam()), scene_(random_scene(random_)) {}
  Prng random_;
  Scene scene_;
};

/// What the rows of a scene say, worked out plainly for the check.
struct Plain {
  std::map<std::pair<CentreId, std::string>, PoolRow> pools;
  std::map<CentreId, OfferRow> offers;
  std::map<JobId, JobRow> jobs;
  std::map<std::pair<CentreId, std::string>, Resources> taken;
  Cny wallet;

  explicit Plain(const std::vector<RowChange>& changes) {
    for (const RowChange& change : changes) {
      if (const auto* pool = std::get_if<PoolRow>(&change.row)) pools[{pool->centre, pool->name}] = *pool;
      if (const auto* offer = std::get_if<OfferRow>(&change.row)) offers[offer->centre] = *offer;
      if (const auto* job = std::get_if<JobRow>(&change.row)) jobs[job->id] = *job;
      if (const auto* lease = std::get_if<LeaseRow>(&change.row)) add(lease->centre, lease->pool, lease->resources);
      if (const auto* account = std::get_if<AccountRow>(&change.row)) wallet = account->available();
    }
  }
  void add(CentreId centre, const std::string& pool, const Resources& more) {
    auto [sum, is_new] = taken.try_emplace({centre, pool}, Resources{Cores(0), Bytes(), MilliCards()});
    sum->second.cores += more.cores * more.nodes;
    sum->second.memory += more.memory * more.nodes;
    sum->second.cards += more.cards * more.nodes;
  }
};

TEST_P(RandomPlanTest, KeepsEveryBound) {
  // Whatever is planned: pools, wallet, throttles, bounds and caps are kept, each task is placed once, shapes fit their
  // node.
  Plain plain(scene_.changes());
  std::map<JobId, std::int32_t> placed;
  std::map<JobId, Cny> held;
  std::map<std::pair<JobId, CentreId>, std::int32_t> at_centre;
  std::map<std::pair<JobId, std::pair<CentreId, std::string>>, std::int64_t> at_pool;
  Cny held_in_all;
  for (const Assignment& assignment : scene_.plan()) {
    const PlacementRow& placement = assignment.placement;
    const JobRow& job = plain.jobs.at(assignment.job);
    const std::int32_t there = ++at_centre[{job.id, placement.centre}];
    ASSERT_TRUE(job.requirements.tasks_per_centre_max == 0 || there <= job.requirements.tasks_per_centre_max);
    const Resources& need = job.requirements.resources;
    const PoolRow& pool = plain.pools.at({placement.centre, placement.pool});
    const std::int32_t on_node = job.requirements.tasks_per_node_max;
    const std::int64_t in_pool = ++at_pool[{job.id, {placement.centre, placement.pool}}];
    ASSERT_TRUE(on_node == 0 || in_pool * need.nodes <= std::int64_t{on_node} * pool.nodes);
    ASSERT_EQ(assignment.task, placed[job.id]++);
    ASSERT_LE(need.cores, pool.cores_per_node);
    ASSERT_LE(need.memory, pool.memory_per_node);
    ASSERT_LE(need.cards, pool.cards_per_node);
    ASSERT_LE(need.nodes, pool.nodes);
    ASSERT_TRUE(has_nodes_for(pool, need));
    plain.add(placement.centre, placement.pool, need);
    const Cny price = plain.offers.at(placement.centre).core_hour;
    held[job.id] += Cny::micro(price.micro() * need.cores.value() * need.nodes);
    held_in_all += Cny::micro(price.micro() * need.cores.value() * need.nodes);
    ASSERT_LE(placement.runners_up.size(), runners_up_max);
  }
  ASSERT_LE(held_in_all, plain.wallet);
  for (const auto& [id, count] : placed) {
    const JobRow& job = plain.jobs.at(id);
    ASSERT_LE(count, job.throttle > 0 ? job.throttle : job.count);
    ASSERT_LE(held[id], job.requirements.price_cap.value_or(amount_max));
  }
  for (const auto& [key, sum] : plain.taken) {
    const PoolRow& pool = plain.pools.at(key);
    ASSERT_LE(sum.cores, pool.cores_per_node * pool.nodes);
    ASSERT_LE(sum.memory, pool.memory_per_node * pool.nodes);
    ASSERT_LE(sum.cards, pool.cards_per_node * pool.nodes);
  }
}

TEST_P(RandomPlanTest, IsTheSameForTheSameRows) {
  // Equal rows give equal plans and quotes: asked twice, and from an engine that was fed in another order.
  const auto engine = scene_.engine();
  const auto plan = engine->plan(scene_now, 100);
  EXPECT_EQ(plan, engine->plan(scene_now, 100));
  EXPECT_EQ(plan, scene_.plan(100));
  // Only the last word on each row is shuffled: of one row, order is what counts.
  std::vector<RowChange> last;
  for (std::size_t i = 0; i < scene_.changes().size(); ++i) {
    const auto same_row = [&](const RowChange& other) {
      return std::visit(
          [&]<class A, class B>(const A& a, const B& b) {
            if constexpr (std::is_same_v<A, B>) return a.key() == b.key();
            return false;
          },
          scene_.changes()[i].row, other.row);
    };
    if (std::none_of(scene_.changes().begin() + static_cast<std::ptrdiff_t>(i) + 1, scene_.changes().end(), same_row))
      last.push_back(scene_.changes()[i]);
  }
  for (std::size_t i = last.size(); i > 1; --i) std::swap(last[i - 1], last[random_.below(i)]);
  scene_.changes() = last;
  EXPECT_EQ(plan, scene_.plan(100));
}

TEST_P(RandomPlanTest, PlansAreCarriedOutUntilNothingMoves) {
  // The plan's own leases, fed back, leave less room: plans end, and the total of all of them keeps the pools'
  // bounds.
  Plain plain(scene_.changes());
  auto engine = scene_.engine();
  for (int round = 0;; ++round) {
    ASSERT_LT(round, 300);
    const auto plan = engine->plan(scene_now, 3);
    if (plan.empty()) break;
    for (const Assignment& assignment : plan) {
      JobRow& job = plain.jobs.at(assignment.job);
      const LeaseRow lease = granted(assignment, job, scene_now);
      engine->apply({lease, RowFate::live});
      job.state = JobState::running;
      engine->apply({job, RowFate::live});
      plain.add(lease.centre, lease.pool, lease.resources);
    }
  }
  for (const auto& [key, sum] : plain.taken) {
    const PoolRow& pool = plain.pools.at(key);
    ASSERT_LE(sum.cores, pool.cores_per_node * pool.nodes);
    ASSERT_LE(sum.cards, pool.cards_per_node * pool.nodes);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPlanTest, testing::Range<std::uint64_t>(1, 151));

TEST(PlanCostTest, ManyJobsThatCannotBePlacedAreNotLookedAtOneByOne) {
  // 20,000 waiting jobs and no money: each is set aside, and nothing is left to look at. With money and no room they wait,
  // and one more of their kind is not even put on the agenda: who was asked first has spoken for it.
  Scene scene;
  std::vector<CentreId> centres;
  for (int i = 0; i < 30; ++i) centres.push_back(scene.site("c" + std::to_string(i), 0, 4));
  for (int i = 0; i < 20'000; ++i) scene.job(10);
  scene.wallet(scene_customer, Cny());
  World world;
  Planner planner(world, PlantedBug::none);
  const auto feed = [&] {
    for (const RowChange& change : std::exchange(scene.changes(), {})) world.apply(change);
    for (const CentreId centre : centres) world.observe({centre, scene_now, {}});
  };
  feed();
  EXPECT_TRUE(planner.plan(scene_now, 1'000).empty());
  EXPECT_EQ(planner.agenda().queue().size(), 0U);
  EXPECT_TRUE(planner.agenda().is_empty());
  scene.wallet(scene_customer, Cny::yuan(1'000'000));
  feed();
  EXPECT_TRUE(planner.plan(scene_now, 1'000).empty());
  EXPECT_EQ(planner.agenda().queue().size(), 20'000U);
  EXPECT_TRUE(planner.agenda().is_empty());
  scene.job(10);
  feed();
  EXPECT_TRUE(planner.agenda().dirty.empty());
}

}  // namespace
}  // namespace dayan::place
