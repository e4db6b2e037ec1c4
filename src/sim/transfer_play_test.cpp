#include <algorithm>
#include <map>
#include <set>

#include "base/prng.h"
#include "sim/replay_for_tests.h"

/// Inputs on their way to centres, played under every policy.

namespace dayan::sim {
namespace {

// Shows that the inputs of an array cross once: of three tasks on two cores the first two wait for all of them, the
// third for nothing; they are paid for once, and a second job pays for its own.
TEST(TransferPlay, InputsCrossOnce) {
  const Scenario scenario = scenario_of(R"(
centres:
  - {name: only, prices: {core_hour: "1", gb_hour: "0", transfer_gb: "0.1"}, bandwidth: 100 MB/s,
     pools: [{name: p, nodes: 1, cpus: 2, memory: 8GB}]}
jobs:
  - {name: shot, tasks: 3, wall_time: 2h, run_time: 1h, input_bytes: 100GB}
  - {name: other, wall_time: 2h, run_time: 1h, input_bytes: 10GB}
)");
  const Load load = load_of(scenario.file().jobs);
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(scenario, load, policy);
    std::multiset<std::int64_t> staged;  // seconds
    for (const TaskRun& run : schedule.runs) staged.insert(run.staged.microseconds() / 1'000'000);
    EXPECT_EQ(staged, (std::multiset<std::int64_t>{0, 100, 1'000, 1'000})) << to_text(policy);
    const Figures figures = figures_of(schedule, scenario, load);
    EXPECT_EQ(figures.cost, Cny::yuan(4 + 10 + 1)) << to_text(policy);
    EXPECT_EQ(figures.moved, Bytes(110'000'000'000)) << to_text(policy);
    EXPECT_EQ(figures.jobs_done, 2) << to_text(policy);
  }
}

// Shows that the platform goes where the data are soonest or cheapest, when they weigh more than the run.
TEST(TransferPlay, DataDecideWhereTheyWeighMore) {
  const std::string centres = R"(
centres:
  - {name: near, prices: {core_hour: "1", gb_hour: "0", transfer_gb: "0.01"}, bandwidth: 1 GB/s,
     pools: [{name: p, nodes: 1, cpus: 2, memory: 8GB}]}
  - {name: far, prices: {core_hour: "0.9", gb_hour: "0", transfer_gb: "0.2"}, bandwidth: 10 MB/s,
     pools: [{name: p, nodes: 1, cpus: 2, memory: 8GB}]}
jobs: [{name: train, objective: OBJECTIVE, wall_time: 2h, run_time: 1h, input_bytes: SIZE}]
)";
  const auto went = [&](std::string objective, std::string size, PolicyKind policy) {
    std::string yaml = centres;
    yaml.replace(yaml.find("OBJECTIVE"), 9, objective);
    yaml.replace(yaml.find("SIZE"), 4, size);
    const Scenario scenario = scenario_of(yaml);
    return scenario.sites()[clean(scenario, load_of(scenario.file().jobs), policy).runs.at(0).site].centre_name;
  };
  for (const PolicyKind policy : {PolicyKind::ours, PolicyKind::engine}) {
    EXPECT_EQ(went("cheapest", "1MB", policy), "far") << to_text(policy);
    EXPECT_EQ(went("cheapest", "100GB", policy), "near") << to_text(policy);
    EXPECT_EQ(went("fastest", "100GB", policy), "near") << to_text(policy);
  }
}

// Shows that a node which leaves while the inputs cross loses only the time: what has crossed stays, and is paid
// once.
TEST(TransferPlay, WhatHasCrossedStays) {
  const Scenario scenario = scenario_of(R"(
centres:
  - name: only
    prices: {core_hour: "1", gb_hour: "0", transfer_gb: "0.1"}
    bandwidth: 100 MB/s
    pools: [{name: p, nodes: 1, cpus: 2, memory: 8GB, outages: [{from: 400s, for: 1h, nodes: 1}]}]
jobs: [{name: shot, wall_time: 2h, run_time: 1h, input_bytes: 100GB}]
)");
  const Load load = load_of(scenario.file().jobs);
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(scenario, load, policy);
    ASSERT_EQ(schedule.runs.size(), 2U) << to_text(policy);
    EXPECT_EQ(schedule.runs[0].how, RunEnd::interrupted) << to_text(policy);
    EXPECT_EQ(schedule.runs[0].staged.seconds_up(), 400) << to_text(policy);
    EXPECT_EQ(schedule.runs[1].staged.seconds_up(), 600) << to_text(policy);
    EXPECT_EQ(figures_of(schedule, scenario, load).cost, Cny::yuan(1 + 10)) << to_text(policy);
    EXPECT_EQ(schedule.moved, Bytes(100'000'000'000)) << to_text(policy);
  }
}

// Shows that a lease waits for its inputs for a day and no longer: what takes longer goes on with the next lease.
TEST(TransferPlay, ALeaseWaitsADayForItsInputs) {
  const Scenario scenario = scenario_of(R"(
centres:
  - {name: only, prices: {core_hour: "1", gb_hour: "0", transfer_gb: "0"},
     bandwidth: 10 MB/s, pools: [{name: p, nodes: 1, cpus: 2, memory: 8GB}]}
jobs: [{name: shot, wall_time: 1h, run_time: 1h, input_bytes: 1TB}]
)");
  const Load load = load_of(scenario.file().jobs);
  for (const PolicyKind policy : {PolicyKind::ours, PolicyKind::engine}) {
    const Schedule schedule = clean(scenario, load, policy);
    ASSERT_EQ(schedule.runs.size(), 2U) << to_text(policy);
    EXPECT_EQ(schedule.runs[0].how, RunEnd::interrupted) << to_text(policy);
    EXPECT_EQ(schedule.runs[0].staged.microseconds() / 1'000'000, 24 * 3'600 + 600) << to_text(policy);
    EXPECT_EQ(schedule.runs[1].how, RunEnd::done) << to_text(policy);
    EXPECT_EQ(schedule.moved, Bytes(1'000'000'000'000)) << to_text(policy);
  }
}

/// Arrays of a random load on three centres, two of whose links are described.
Load random_arrays(std::uint64_t seed) {
  Load load;
  Prng prng(seed);
  Requirements needs;
  needs.objective = Objective::balanced;
  load.kinds.push_back(needs);
  Duration submit;
  for (int i = 0; i < 120; ++i) {
    LoadJob job;
    job.name = "j" + std::to_string(i);
    submit = submit + Duration::seconds(prng.between(0, 900));
    job.submit = submit;
    job.run = Duration::seconds(prng.between(60, 7'200));
    job.limit = job.run * prng.between(1, 3);
    job.tasks = static_cast<std::int32_t>(prng.between(1, 4));
    if (prng.chance(3, 4)) job.inputs = Bytes(prng.between(1, 200) * 1'000'000'000);
    if (prng.chance(1, 3)) job.throttle = static_cast<std::int32_t>(prng.between(1, 2));
    load.jobs.push_back(std::move(job));
  }
  return load;
}

constexpr const char* three_links = R"(
centres:
  - {name: a, prices: {core_hour: "1", gb_hour: "0", transfer_gb: "0.01"}, bandwidth: 500 MB/s,
     pools: [{name: p, nodes: 2, cpus: 2, memory: 32GB}]}
  - name: b
    prices: {core_hour: "0.8", gb_hour: "0", transfer_gb: "0.05"}
    bandwidth: 80 MB/s
    pools: [{name: p, nodes: 2, cpus: 2, memory: 32GB}, {name: q, nodes: 1, cpus: 1, memory: 8GB}]
  - {name: c, prices: {core_hour: "1.5", gb_hour: "0", transfer_gb: "0"},
     pools: [{name: p, nodes: 1, cpus: 2, memory: 32GB}]}
)";

// Shows that random arrays with inputs and throttles run whole under every policy, that the engine alone does what
// the platform does with them, to the second and the micro-yuan, and that no policy moves a job's inputs twice to a
// centre.
TEST(TransferPlay, RandomArrays) {
  const Scenario scenario = scenario_of(three_links);
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Load load = random_arrays(seed);
    std::map<PolicyKind, std::vector<std::tuple<std::uint32_t, std::uint32_t, std::int64_t, std::int64_t, Cny>>> told;
    for (const PolicyKind policy : all_policies) {
      const Schedule schedule = clean(scenario, load, policy);
      EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
      std::set<std::pair<std::uint32_t, std::size_t>> went;
      for (const TaskRun& run : schedule.runs) {
        went.emplace(run.job, scenario.sites()[run.site].centre);
        told[policy].emplace_back(run.job, run.site, run.start.microseconds() / 1'000'000, run.staged.seconds_up(),
                                  run.cost);
      }
      Bytes most;
      for (const auto& [job, centre] : went) most = most + load.jobs[job].inputs;
      EXPECT_EQ(schedule.moved, most) << to_text(policy);
      std::ranges::sort(told[policy]);
    }
    EXPECT_EQ(told[PolicyKind::engine], told[PolicyKind::ours]) << "seed " << seed;
  }
}

// Shows that the check of a schedule finds a task that ran before its inputs were there.
TEST(TransferPlay, CheckFindsWhoRanTooEarly) {
  const Scenario scenario = scenario_of(three_links);
  Load load = random_arrays(1);
  load.jobs.resize(1);
  LoadJob& job = load.jobs.front();
  job.tasks = 1;
  job.inputs = Bytes(80'000'000'000);
  const Duration there = Duration::seconds(1'000);
  TaskRun run{0, 0, 1, RunEnd::done, job.submit, job.submit + there + job.run, {}, there};
  Schedule schedule;
  schedule.runs = {run};
  EXPECT_TRUE(check(schedule, scenario, load).empty());
  schedule.runs[0].staged = Duration::seconds(999);
  schedule.runs[0].end = run.end - Duration::seconds(1);
  ASSERT_EQ(check(schedule, scenario, load).size(), 1U);
  EXPECT_NE(check(schedule, scenario, load)[0].find("before its inputs were there"), std::string::npos);
}

// Shows that a throttle bounds how many tasks run at once under every policy, and that the check of it can fail.
TEST(TransferPlay, ThrottlesHold) {
  const Scenario scenario = scenario_of(R"(
centres:
  - {name: a, prices: {core_hour: "1", gb_hour: "0", transfer_gb: "0"},
     pools: [{name: p, nodes: 1, cpus: 8, memory: 16GB}]}
  - {name: b, prices: {core_hour: "2", gb_hour: "0", transfer_gb: "0"},
     pools: [{name: p, nodes: 1, cpus: 8, memory: 16GB}]}
jobs:
  - {name: shot, tasks: 6, array: {throttle: 2}, wall_time: 1h, run_time: 1h}
)");
  Load load = load_of(scenario.file().jobs);
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(scenario, load, policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    std::multiset<std::int64_t> starts;  // hours
    for (const TaskRun& run : schedule.runs) starts.insert(run.start.microseconds() / 3'600'000'000);
    EXPECT_EQ(starts, (std::multiset<std::int64_t>{0, 0, 1, 1, 2, 2})) << to_text(policy);
  }
}

// Shows that policies which know of no deadline are told how many jobs came too late, beside the platform, which is
// in time where it can be.
TEST(TransferPlay, WhoIsLateIsCounted) {
  const Scenario scenario = scenario_of(R"(
centres:
  - {name: slow, prices: {core_hour: "1", gb_hour: "0", transfer_gb: "0"},
     pools: [{name: p, nodes: 1, cpus: 1, memory: 16GB, capability: 0.25}]}
  - {name: quick, prices: {core_hour: "8", gb_hour: "0", transfer_gb: "0"},
     pools: [{name: p, nodes: 1, cpus: 1, memory: 16GB}]}
jobs:
  - {name: forecast, wall_time: 4h, run_time: 1h, begin: +2h, deadline: +4h, objective: cheapest}
)");
  const Load load = load_of(scenario.file().jobs);
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(scenario, load, policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    EXPECT_GE(schedule.runs.at(0).start, Duration::hours(2)) << to_text(policy);
    const bool is_platform = policy == PolicyKind::ours || policy == PolicyKind::engine;
    const std::int64_t late = figures_of(schedule, scenario, load).late;
    EXPECT_EQ(late, schedule.runs[0].end > Duration::hours(4) ? 1 : 0) << to_text(policy);
    EXPECT_TRUE(!is_platform || late == 0) << to_text(policy);
    EXPECT_TRUE(policy != PolicyKind::cheapest || late == 1);
  }
}

}  // namespace
}  // namespace dayan::sim
