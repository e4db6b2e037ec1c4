#include <gtest/gtest.h>

#include <algorithm>

#include "base/prng.h"
#include "sim/replay_for_tests.h"
#include "sim/run_load.h"

/// Room that is taken back in a replay: with its notice, paid, and run again.

namespace dayan::sim {
namespace {

constexpr PolicyKind that_take_back[] = {PolicyKind::ours, PolicyKind::engine};

std::vector<TaskRun> taken_back(const Schedule& schedule) {
  std::vector<TaskRun> runs;
  for (const TaskRun& run : schedule.runs)
    if (run.how == RunEnd::reclaimed) runs.push_back(run);
  return runs;
}

const LoadJob& job_named(const Load& load, std::string_view name) {
  return *std::ranges::find(load.jobs, name, &LoadJob::name);
}
std::uint32_t number_of(const Load& load, std::string_view name) {
  return static_cast<std::uint32_t>(&job_named(load, name) - load.jobs.data());
}

Duration to_the_second(Duration at) { return Duration::seconds((at.microseconds() + 500'000) / 1'000'000); }

/// One centre of four cores full of reclaimable work of ten hours at 40 % of the price; after an hour urgent work comes.
Load one_urgent(const Scenario& scenario) {
  Load load = load_of(scenario.file().jobs);
  for (LoadJob& job : load.jobs)
    if (job.name == "urgent") job.submit = Duration::hours(1);
  std::ranges::stable_sort(load.jobs, {}, &LoadJob::submit);
  return load;
}

constexpr const char* one_centre = R"(
centres:
  - {name: only, prices: {core_hour: "1", gb_hour: "0", reclaimable_percent: 40},
     pools: [{name: p, nodes: 1, cpus: 4, memory: 8GB}]}
jobs:
  - {name: filler, tasks: 4, resources: {cpus: 1}, wall_time: 12h, run_time: 10h, reclaimable: true}
  - {name: urgent, resources: {cpus: 2}, wall_time: 1h, run_time: 30m}
)";

// Shows that urgent work starts with the notice and a little, that what was taken back ran until then, has paid for that at
// its lower price, and runs again to its end; that the tables, the page and the check tell of it; and that no other policy
// takes anything back.
TEST(ReclaimPlay, UrgentWorkStartsWithTheNotice) {
  const Scenario scenario = scenario_of(one_centre);
  const Load load = one_urgent(scenario);
  for (const PolicyKind policy : that_take_back) {
    const Schedule schedule = clean(scenario, load, policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    const auto lost = taken_back(schedule);
    ASSERT_EQ(lost.size(), 2U) << to_text(policy) << ": two of four cores";
    for (const TaskRun& run : lost) {
      EXPECT_EQ(run.end - run.told, reclaim_notice);
      EXPECT_GE(run.told, Duration::hours(1));
      EXPECT_LE(run.told, Duration::hours(1) + Duration::seconds(10));
      const double hours = static_cast<double>((run.end - run.start).microseconds()) / 3.6e9;
      EXPECT_NEAR(static_cast<double>(run.cost.micro()), 0.4e6 * hours, 2) << "at two fifths of the price";
    }
    const auto urgent = std::ranges::find(schedule.runs, number_of(load, "urgent"), &TaskRun::job);
    ASSERT_NE(urgent, schedule.runs.end());
    EXPECT_LE(urgent->start, Duration::hours(1) + reclaim_notice + Duration::seconds(15)) << to_text(policy);
    const Figures figures = figures_of(schedule, scenario, load);
    EXPECT_EQ(figures.reclaimable.taken_back, 2);
    EXPECT_EQ(figures.interrupted, 0);
    EXPECT_EQ(figures.reclaimable.tasks_done, 4);
    EXPECT_EQ(figures.reclaimable.cost_taken_back, lost[0].cost + lost[1].cost);
    EXPECT_NEAR(figures.reclaimable.core_hours_lost, 2 * (62.0 / 60), 0.01);
    EXPECT_NEAR(static_cast<double>(figures.reclaimable.cost.micro()), 1e6 * 0.4 * (40 + 2 * 62.0 / 60), 1e4);
    EXPECT_NE(csv_of(schedule, scenario, load).find(",reclaimed,"), std::string::npos);
  }
  for (const PolicyKind policy : {PolicyKind::easy, PolicyKind::cheapest})
    EXPECT_TRUE(taken_back(clean(scenario, load, policy)).empty()) << to_text(policy);
}

// With plans half a minute apart the engine would have some in between, for what may be taken back: time goes on.
TEST(ReclaimPlay, PlansThatAreApartAreWaitedFor) {
  const Scenario scenario = scenario_of(one_centre);
  const Load load = one_urgent(scenario);
  constexpr Duration apart = Duration::seconds(30);
  for (const PolicyKind policy : that_take_back) {
    const Schedule schedule = replay(scenario, load, policy, 1, {}, apart);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    EXPECT_EQ(schedule.violations_found, 0) << to_text(policy);
    const auto urgent = std::ranges::find(schedule.runs, number_of(load, "urgent"), &TaskRun::job);
    ASSERT_NE(urgent, schedule.runs.end());
    EXPECT_LE(urgent->start, Duration::hours(1) + reclaim_notice + apart * 3) << to_text(policy);
  }
}

// Shows that what ends by itself within its notice has ended, and that what fetches its inputs is taken out at once and
// fetches the rest when it starts again.
TEST(ReclaimPlay, WhoEndsWithinTheNoticeAndWhoHasNotBegun) {
  const Scenario scenario = scenario_of(R"(
centres:
  - {name: only, prices: {core_hour: "1", gb_hour: "0", transfer_gb: "0.1", reclaimable_percent: 40},
     bandwidth: 10 MB/s, pools: [{name: p, nodes: 1, cpus: 4, memory: 8GB}]}
jobs:
  - {name: filler, tasks: 4, resources: {cpus: 1}, wall_time: 12h, run_time: 10h, input_bytes: 72GB, reclaimable: true}
  - {name: urgent, resources: {cpus: 4}, wall_time: 1h, run_time: 30m}
)");
  const Load load = one_urgent(scenario);  // 72 GB take two hours: at one hour nothing of them runs
  for (const PolicyKind policy : that_take_back) {
    const Schedule schedule = clean(scenario, load, policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    const auto lost = taken_back(schedule);
    ASSERT_EQ(lost.size(), 4U) << to_text(policy);
    for (const TaskRun& run : lost) EXPECT_EQ(run.end - run.start, run.staged) << "it had not begun";
    EXPECT_EQ(schedule.moved, Bytes(72'000'000'000)) << to_text(policy) << ": what has crossed stays";
    const auto urgent = std::ranges::find(schedule.runs, number_of(load, "urgent"), &TaskRun::job);
    EXPECT_LE(urgent->start, Duration::hours(1) + Duration::minutes(1)) << "nobody needs a notice";
  }
}

// Shows that the engine alone takes back what the platform does, unless a bound of time falls on the very instant (the
// core's commands of one follow each other by a microsecond, which then decides), and that money, capacity and notices hold on random
// loads of both kinds of work at two centres, one of which falls silent and loses nodes.
TEST(ReclaimPlay, RandomLoads) {
  const Scenario calm = scenario_of(R"(
centres:
  - {name: a, prices: {core_hour: "1", gb_hour: "0", reclaimable_percent: 30}, pools: [{name: p, nodes: 2, cpus: 8, memory: 64GB}]}
  - {name: b, prices: {core_hour: "1.2", gb_hour: "0", reclaimable_percent: 50}, pools: [{name: p, nodes: 3, cpus: 4, memory: 64GB}]}
)");
  const Scenario rough = scenario_of(R"(
centres:
  - {name: a, prices: {core_hour: "1", gb_hour: "0", reclaimable_percent: 30}, 
     pools: [{name: p, nodes: 2, cpus: 8, memory: 64GB, outages: [{from: 2h, for: 1h, nodes: 1}, {from: 5h, for: 1h, nodes: 1}]}]}
  - {name: b, prices: {core_hour: "1.2", gb_hour: "0", reclaimable_percent: 50}, pools: [{name: p, nodes: 3, cpus: 4, memory: 64GB}],
     silent: [{from: 3h, for: 40m}, {from: 6h, for: 20m}]}
)");
  std::size_t lost = 0;
  int equal = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Prng random(seed);
    Load load;
    KindList kinds(load.kinds);
    for (int i = 0; i < 120; ++i) {
      LoadJob job;
      job.name = "j" + std::to_string(i);
      job.submit = Duration::seconds(random.between(0, 28'800));
      Requirements needs;
      needs.reclaimable = random.chance(2, 3);
      needs.resources.cores = Cores(random.between(1, 4));
      needs.resources.memory = Bytes(1'000'000'000);
      needs.objective = Objective::balanced;
      job.run = job.estimate = Duration::seconds(needs.reclaimable ? random.between(1'800, 18'000) : random.between(120, 2'400));
      job.limit = job.run * 2;
      job.tasks = static_cast<std::int32_t>(random.between(1, 3));
      job.kind = kinds.find_or_add(std::move(needs));
      load.jobs.push_back(std::move(job));
    }
    std::ranges::stable_sort(load.jobs, {}, &LoadJob::submit);
    for (const Scenario* scenario : {&calm, &rough}) {
      for (const PolicyKind policy : that_take_back) {
        const Schedule schedule = clean(*scenario, load, policy, seed);
        EXPECT_EQ(schedule.unfinished, 0) << to_text(policy) << ", seed " << seed;
        if (policy == PolicyKind::ours) lost += taken_back(schedule).size();
      }
    }
    const auto told = [&](PolicyKind policy) {
      std::vector<std::tuple<std::uint32_t, std::int32_t, Duration, Duration>> runs;
      for (const TaskRun& run : replay(calm, load, policy, seed).runs)
        runs.emplace_back(run.job, run.task, to_the_second(run.start), to_the_second(run.end));
      std::ranges::sort(runs);
      return runs;
    };
    equal += told(PolicyKind::engine) == told(PolicyKind::ours) ? 1 : 0;
  }
  EXPECT_GE(equal, 3) << "of eight";
  EXPECT_GT(lost, 50U) << "too little is taken back: the test shows too little";
}

// Shows that a generated platform has reclaimable work, which pays less.
TEST(ReclaimPlay, AGeneratedPlatformHasSome) {
  RunOrder order;
  order.generate = "platform";
  order.jobs = 300;
  order.providers = 3;
  const auto input = input_of(order);
  ASSERT_TRUE(input.has_value());
  EXPECT_TRUE(input->load.has_reclaimable());
  EXPECT_EQ(input->scenario.offer(0).reclaimable_part, 400);
}

// Shows that the check of a schedule finds room that was taken back from whom it may not be, and without its notice.
TEST(ReclaimPlay, CheckFindsWhatMayNotBe) {
  const Scenario scenario = scenario_of(one_centre);
  const Load load = one_urgent(scenario);
  Schedule schedule = clean(scenario, load, PolicyKind::engine);
  const auto lost = std::ranges::find(schedule.runs, RunEnd::reclaimed, &TaskRun::how);
  ASSERT_NE(lost, schedule.runs.end());
  lost->told = lost->end - Duration::seconds(30);
  const auto wrong = check(schedule, scenario, load);
  ASSERT_EQ(wrong.size(), 1U);
  EXPECT_NE(wrong[0].find("without its notice"), std::string::npos);
  const auto urgent = std::ranges::find(schedule.runs, number_of(load, "urgent"), &TaskRun::job);
  TaskRun planted = *urgent;
  planted.how = RunEnd::reclaimed;
  planted.start = planted.end = planted.told = Duration::hours(200);
  schedule.runs.push_back(planted);
  EXPECT_EQ(check(schedule, scenario, load).size(), 2U);
}

}  // namespace
}  // namespace dayan::sim
