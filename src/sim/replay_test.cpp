#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/digest.h"
#include "base/prng.h"
#include "place/calendar/policies.h"
#include "sim/replay_for_tests.h"
#include "trace/lublin.h"

namespace dayan::sim {
namespace {

/// A job of one task: submitted, running for and limited to so many seconds.
struct Job {
  std::int64_t submit;
  std::int64_t cores;
  std::int64_t run;
  std::int64_t limit;
};

Load load_of(std::initializer_list<Job> jobs) {
  trace::RigidLog log;
  for (const Job& job : jobs) {
    log.jobs.push_back({static_cast<std::int64_t>(log.jobs.size()) + 1, Duration::seconds(job.submit),
                        Duration::seconds(job.run), Duration::seconds(job.limit), job.cores, 0});
  }
  return sim::load_of(log);
}

/// Starts in seconds, by job.
std::vector<std::int64_t> starts_of(const Schedule& schedule, const Load& load) {
  std::vector<std::int64_t> starts(load.jobs.size(), -1);
  for (const TaskRun& run : schedule.runs)
    if (run.is_whole()) starts[run.job] = run.start.microseconds() / 1'000'000;
  return starts;
}

// Shows each policy's starts on one machine, worked out by hand. Of 4 cores the first job takes 3 for 100 s (limit
// 200) and the second waits for all 4; then come one of 1 core for 50 s and one of 1 core for 300 s.
TEST(Replay, OneMachineByHand) {
  const Scenario machine(platform_of(4));
  const Load load = load_of({{0, 3, 100, 200}, {10, 4, 10, 20}, {20, 1, 50, 50}, {30, 1, 300, 300}});
  using Starts = std::vector<std::int64_t>;
  EXPECT_EQ(starts_of(clean(machine, load, PolicyKind::fcfs), load), (Starts{0, 100, 110, 110}));
  // The promise to the second is 200: the third ends before it, the fourth would not.
  EXPECT_EQ(starts_of(clean(machine, load, PolicyKind::easy), load), (Starts{0, 100, 20, 110}));
  EXPECT_EQ(starts_of(clean(machine, load, PolicyKind::conservative), load), (Starts{0, 100, 20, 110}));
  // Nobody keeps room for the second: the fourth takes the core that the third gives back at 70.
  EXPECT_EQ(starts_of(clean(machine, load, PolicyKind::cheapest), load), (Starts{0, 370, 20, 70}));
  EXPECT_EQ(starts_of(clean(machine, load, PolicyKind::random), load), (Starts{0, 370, 20, 70}));
}

constexpr const char* two_centres = R"(
centres:
  - {name: dear, prices: {core_hour: "2", gb_hour: "0"}, pools: [{name: batch, nodes: 1, cpus: 4, memory: 100GB}]}
  - {name: cheap, prices: {core_hour: "1", gb_hour: "0"}, pools: [{name: batch, nodes: 1, cpus: 2, memory: 100GB}]}
)";

// Shows where each policy sends two jobs of two cores for an hour, and what that costs.
TEST(Replay, CheapestFirstThenWhereThereIsRoom) {
  const Scenario scenario = scenario_of(two_centres);
  const Load load = load_of({{0, 2, 3'600, 3'600}, {0, 2, 3'600, 3'600}});
  for (const PolicyKind policy : {PolicyKind::ours, PolicyKind::cheapest, PolicyKind::easy}) {
    const Figures figures = figures_of(clean(scenario, load, policy), scenario, load);
    EXPECT_EQ(figures.jobs_done, 2) << to_text(policy);
    if (policy == PolicyKind::ours) continue;  // it may rather wait than pay twice as much
    EXPECT_EQ(figures.cost, Cny::yuan(2 + 4)) << to_text(policy);
    EXPECT_EQ(figures.max_wait, Duration()) << to_text(policy);
  }
}

constexpr const char* four_centres = R"(
centres:
  - {name: a, prices: {core_hour: "2", gb_hour: "0"}, pools: [{name: batch, nodes: 1, cpus: 32, memory: 100GB}]}
  - {name: b, prices: {core_hour: "1", gb_hour: "0"}, pools: [{name: batch, nodes: 1, cpus: 16, memory: 100GB}]}
  - {name: c, prices: {core_hour: "1.1", gb_hour: "0"}, pools: [{name: batch, nodes: 1, cpus: 64, memory: 100GB}]}
  - {name: d, prices: {core_hour: "3", gb_hour: "0"}, pools: [{name: batch, nodes: 1, cpus: 64, memory: 100GB}]}
)";

Load lublin(std::int64_t jobs) {
  trace::LublinLoad from;
  from.jobs = jobs;
  from.processors = 64;
  from.load = 0.9;
  from.seed = 7;
  const auto made = trace::lublin_jobs(from);
  EXPECT_TRUE(made.has_value());
  return sim::load_of(trace::RigidLog{*made, 0});
}

// Shows that on a generated log every job runs once to its end under every policy, within capacity and with its money
// conserved; and that the same seed gives the same bytes.
TEST(Replay, EveryPolicyRunsALoadWhole) {
  const Scenario machine(platform_of(64));
  const Load load = lublin(400);
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(machine, load, policy);
    EXPECT_EQ(schedule.runs.size(), load.jobs.size()) << to_text(policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    const Schedule again = replay(machine, load, policy, 1);
    EXPECT_EQ(csv_of(schedule, machine, load), csv_of(again, machine, load)) << to_text(policy);
  }
}

/// The engine alone starts each job when and where the platform does, and for as much money.
void expect_the_engine_does_the_same(const Scenario& scenario, const Load& load) {
  const auto told = [&](PolicyKind policy) {
    const Schedule schedule = clean(scenario, load, policy);
    std::vector<std::tuple<std::uint32_t, std::uint32_t, std::int64_t, Cny>> runs;
    for (const TaskRun& run : schedule.runs)
      runs.emplace_back(run.job, run.site, run.start.microseconds() / 1'000'000, run.cost);
    std::ranges::sort(runs);
    return runs;
  };
  EXPECT_EQ(told(PolicyKind::engine), told(PolicyKind::ours));
}

// Shows that on a generated log the engine alone does what the platform does.
TEST(Replay, TheEngineAloneDoesWhatThePlatformDoes) {
  const Load load = lublin(400);
  for (const Scenario& scenario : {Scenario(platform_of(64)), scenario_of(four_centres)})
    expect_the_engine_does_the_same(scenario, load);
}

// Shows that a simulated schedule is the same, to the byte of its table, in debug and release and whatever the compiler
// that the tests are built with. Who changes the rules on purpose puts in the digest that is told here, from one build, and
// lets another confirm it.
TEST(Replay, TheSameWhateverTheCompiler) {
  const Scenario scenario = scenario_of(four_centres);
  const Load load = lublin(400);
  std::string told;
  for (const PolicyKind policy : all_policies) told += csv_of(clean(scenario, load, policy), scenario, load);
  EXPECT_EQ(to_text(sha256(told)), "eeb5d3e073360e151750d705baecb251c8fbd60e150d29d2ea86f7333c6715c4");
}

// Shows that with plans a minute apart nothing starts between them, and all runs all the same.
TEST(Replay, PlansAMinuteApart) {
  const Scenario machine(platform_of(64));
  const Load load = lublin(400);
  const Duration minute = Duration::minutes(1);
  const Schedule schedule = replay(machine, load, PolicyKind::ours, 1, {}, minute);
  EXPECT_EQ(schedule.violations_found, 0);
  EXPECT_EQ(schedule.unfinished, 0);
  std::vector<Duration> starts;
  for (const TaskRun& run : schedule.runs) starts.push_back(run.start);
  std::ranges::sort(starts);
  for (std::size_t i = 1; i < starts.size(); ++i)
    EXPECT_TRUE(starts[i] == starts[i - 1] || starts[i] - starts[i - 1] >= minute);
}

// Shows that the queue policies of one machine are those of the calendar, start by start.
TEST(Replay, QueuesAreThoseOfTheCalendar) {
  const Scenario machine(platform_of(64));
  const Load load = lublin(1'000);
  std::vector<place::BatchJob> jobs;
  for (const LoadJob& job : load.jobs)
    jobs.push_back({{beginning + job.submit, job.limit, load.needs(job).resources.cores.value(), -1}, job.run});
  const std::pair<PolicyKind, place::QueueRule> pairs[] = {
      {PolicyKind::fcfs, place::QueueRule::fcfs},
      {PolicyKind::easy, place::QueueRule::easy},
      {PolicyKind::conservative, place::QueueRule::conservative}};
  for (const auto& [policy, rule] : pairs) {
    const auto queue = place::make_queue_policy(rule, place::TieRule::counted, 64);
    const auto starts = place::replay(jobs, 64, *queue);
    const Schedule schedule = clean(machine, load, policy);
    for (const TaskRun& run : schedule.runs) ASSERT_EQ(beginning + run.start, starts[run.job]) << to_text(policy);
  }
}

// Shows that a job of a log which follows another is submitted when that has ended and its think time has passed, under
// each policy when it ends there, and waits from then on; and that one whose own time is later waits for that.
TEST(Replay, FollowersComeAfterTheEnd) {
  const Scenario machine(platform_of(4));
  Load load = load_of({{0, 4, 100, 200}, {10, 4, 50, 60}, {20, 1, 10, 10}, {500, 1, 10, 10}});
  load.jobs[2].after = load.jobs[1].name;
  load.jobs[2].think = Duration::seconds(30);
  load.jobs[3].after = load.jobs[2].name;
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(machine, load, policy);
    EXPECT_EQ(starts_of(schedule, load), (std::vector<std::int64_t>{0, 100, 180, 500})) << to_text(policy);
    EXPECT_EQ(figures_of(schedule, machine, load).mean_wait, Duration::milliseconds(22'500)) << to_text(policy);
  }
}

// Shows that a job whose predecessor never ran, since its price cap pays nowhere, comes all the same.
TEST(Replay, FollowersOfWhatIsGivenUpCome) {
  const Scenario machine(platform_of(4));
  Load load = load_of({{0, 4, 100, 200}, {10, 4, 50, 60}});
  load.jobs[0].price_cap = Cny::micro(1);
  load.jobs[1].after = load.jobs[0].name;
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(machine, load, policy);
    EXPECT_EQ(schedule.unfinished, 1) << to_text(policy);
    ASSERT_EQ(schedule.runs.size(), 1U) << to_text(policy);
    EXPECT_EQ(schedule.runs[0].job, 1U) << to_text(policy);
  }
}

// Shows that under FCFS nobody starts before somebody who came earlier.
TEST(Replay, FcfsNeverOvertakes) {
  const Scenario machine(platform_of(64));
  const Load load = lublin(1'000);
  const auto starts = starts_of(clean(machine, load, PolicyKind::fcfs), load);
  EXPECT_TRUE(std::ranges::is_sorted(starts));
}

constexpr const char* with_faults = R"(
centres:
  - name: a
    prices: {core_hour: "1", gb_hour: "0", hours: [{from: "01:00", until: "03:00", percent: 10}]}
    silent: [{from: 30m, for: 20m}]
    pools:
      - {name: batch, nodes: 4, cpus: 8, memory: 100GB,
         outages: [{from: 1h, for: 2h, nodes: 3}, {from: 90m, for: 30m, nodes: 1}]}
  - name: b
    prices: {core_hour: "3", gb_hour: "0"}
    silent: [{from: 2h, for: 3h}]
    pools: [{name: batch, nodes: 2, cpus: 8, memory: 100GB, outages: [{from: 150m, for: 1h, nodes: 2}]}]
)";

// Shows that nodes that leave cut work short, that it runs again, and that nothing is over capacity or lost
// meanwhile.
TEST(Replay, OutagesAndSilences) {
  const Scenario scenario = scenario_of(with_faults);
  Load load;
  Prng prng(3);
  trace::RigidLog log;
  for (std::int64_t i = 0; i < 300; ++i) {
    const Duration run = Duration::seconds(prng.between(60, 3'600));
    log.jobs.push_back({i, Duration::seconds(i * 60), run, run * prng.between(1, 3), prng.between(1, 8), 0});
  }
  load = sim::load_of(log);
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(scenario, load, policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    const Figures figures = figures_of(schedule, scenario, load);
    EXPECT_GT(figures.interrupted, 0) << to_text(policy);
    EXPECT_EQ(figures.tasks_done, 300) << to_text(policy);
    for (const TaskRun& run : schedule.runs) {
      const bool is_hour_of_silence = run.start >= Duration::minutes(121) && run.start < Duration::hours(5);
      EXPECT_FALSE(run.site == 1 && is_hour_of_silence) << to_text(policy) << " started at a silent centre";
    }
  }
}

/// Each day: until 04:00 the cheap centre is busy. At 05:00 its nodes die for three hours. At 02:00 a forecast may
/// begin that takes 70 minutes, at most 75, would rather wait for the cheapest, and is due at 06:00 if it says so.
std::string forecasts(int days, bool says_so) {
  const std::string rounds = "every: 24h, times: " + std::to_string(days) + ", objective: cheapest, ";
  const std::string due = says_so ? "deadline: +6h, " : "";
  return "jobs:\n"
         "  - {name: busy, " + rounds + "wall_time: 4h, run_time: 4h, resources: {cpus: 8}}\n"
         "  - {name: forecast, " + rounds + due + "begin: +2h, wall_time: 75m, run_time: 70m, resources: {cpus: 8}}\n";
}

// Shows that a periodic forecast that says when it is due is in time every day, though the centre that it would rather
// wait for dies before; and that without a word of it it waits for that centre, dies with it, and is late.
TEST(Replay, ForecastsAreInTime) {
  const int days = 7;
  std::string outages;
  for (int day = 0; day < days; ++day)
    outages += std::string(day == 0 ? "" : ", ") + "{from: " + std::to_string(24 * day + 5) + "h, for: 3h, nodes: 1}";
  const std::string centres = R"(
centres:
  - {name: cheap, prices: {core_hour: "1", gb_hour: "0"}, pools: [{name: batch, nodes: 1, cpus: 8, memory: 100GB, outages: [)" +
                              outages + R"(]}]}
  - {name: dear, prices: {core_hour: "2", gb_hour: "0"}, pools: [{name: batch, nodes: 1, cpus: 8, memory: 100GB}]}
)";
  for (const bool says_so : {true, false}) {
    const Scenario scenario = scenario_of(centres + forecasts(days, says_so));
    const Load load = sim::load_of(scenario.file().jobs);
    ASSERT_EQ(load.jobs.size(), 2U * days);
    const Schedule schedule = clean(scenario, load, PolicyKind::ours);
    EXPECT_EQ(schedule.unfinished, 0);
    int in_time = 0;
    for (const TaskRun& run : schedule.runs) {
      const std::string& name = load.jobs[run.job].name;
      if (!name.starts_with("forecast-") || !run.is_whole()) continue;
      const Duration midnight = Duration::hours(24) * (std::stoll(name.substr(9)) - 1);
      EXPECT_GE(run.start, midnight + Duration::hours(2));
      in_time += run.end <= midnight + Duration::hours(6) ? 1 : 0;
    }
    if (says_so) EXPECT_EQ(in_time, days);
    else EXPECT_LT(in_time, days);
  }
}

// Shows that a forecast is in time though the centre that it runs at dies just before it would have been done, and it
// must wait until its lease there has ended: whatever part of its wall time it needs. The cheap centre opens at
// 04:00, but by then there would not be time to run twice. So it starts at the dear one at 03:49, which dies, as the
// cheap one does.
TEST(Replay, AForecastWhoseCentreDiesUnderItIsInTime) {
  const std::int64_t wall_minutes = 75;
  const Duration due = Duration::minutes(6 * 60 + 41);
  for (const std::int64_t run_minutes : {30, 60, 66, 70, 74, 75}) {
    const std::string at = std::to_string(3 * 60 + 48 + run_minutes);
    const std::string died = ", outages: [{from: " + at + "m, for: 5h, nodes: 1}]";
    const auto centre = [](const std::string& name, int yuan, const std::string& outages) {
      return "  - {name: " + name + ", prices: {core_hour: \"" + std::to_string(yuan) +
             "\", gb_hour: \"0\"}, pools: [{name: batch, nodes: 1, cpus: 8, memory: 100GB" + outages + "}]}\n";
    };
    const auto minutes = [](std::int64_t count) { return std::to_string(count) + "m"; };
    const Scenario scenario = scenario_of(
        "centres:\n" + centre("cheap", 1, died) + centre("dear", 2, died) + centre("dearest", 3, "") +
        "jobs:\n"
        "  - {name: busy, objective: cheapest, wall_time: 4h, run_time: 4h, resources: {cpus: 8}}\n"
        "  - {name: forecast, objective: cheapest, begin: +2h, deadline: +401m, wall_time: " + minutes(wall_minutes) +
        ", run_time: " + minutes(run_minutes) + ", resources: {cpus: 8}}\n");
    const Load load = sim::load_of(scenario.file().jobs);
    for (const PolicyKind policy : {PolicyKind::ours, PolicyKind::engine}) {
      const std::string told = std::string(to_text(policy)) + ", " + minutes(run_minutes);
      const Schedule schedule = clean(scenario, load, policy);
      EXPECT_EQ(schedule.unfinished, 0) << told;
      int died_under_it = 0;
      for (const TaskRun& run : schedule.runs) {
        if (load.jobs[run.job].name != "forecast") continue;
        died_under_it += run.is_whole() ? 0 : 1;
        EXPECT_TRUE(!run.is_whole() || run.end <= due) << told;
      }
      EXPECT_EQ(died_under_it, 1) << told;
    }
  }
}

/// Each of seven days, at ten: eight hours of cores that may wait until eight the next morning, and as many that may
/// not. From 22:00 to 06:00 the prices are so many percent.
std::string week_of_hours(int percent) {
  const std::string hours = ", hours: [{from: \"22:00\", until: \"06:00\", percent: " + std::to_string(percent) + "}]";
  const std::string rounds =
      "every: 24h, times: 7, objective: cheapest, wall_time: 2h, run_time: 2h, tasks: 4, begin: +10h";
  return "centres:\n"
         "  - {name: guian, prices: {core_hour: \"1\", gb_hour: \"0\"" + (percent == 100 ? std::string() : hours) +
         "}, pools: [{name: batch, nodes: 1, cpus: 8, memory: 100GB}]}\n"
         "jobs:\n"
         "  - {name: patient, " + rounds + ", deadline: +32h}\n"
         "  - {name: plain, " + rounds + "}\n";
}

// Shows that work with a deadline moves to the cheaper hours and costs what they say, with nothing late, and that work
// without one starts as it would without them.
TEST(Replay, WorkThatMayWaitMovesToCheapHours) {
  const auto play = [](int percent) {
    const Scenario scenario = scenario_of(week_of_hours(percent));
    const Load load = sim::load_of(scenario.file().jobs);
    const Schedule schedule = clean(scenario, load, PolicyKind::ours);
    EXPECT_EQ(schedule.unfinished, 0);
    std::pair<Cny, Cny> cost;  // of the patient, of the plain
    for (const TaskRun& run : schedule.runs) {
      const std::string& name = load.jobs[run.job].name;
      const std::size_t number = name.find('-') + 1;
      const Duration ten = Duration::hours(24 * (std::stoll(name.substr(number)) - 1) + 10);
      if (name.starts_with("plain")) EXPECT_EQ(run.start, ten) << name;
      else EXPECT_LE(run.end, ten + Duration::hours(22)) << name;
      (name.starts_with("plain") ? cost.second : cost.first) += run.cost;
    }
    return cost;
  };
  const Cny full = Cny::yuan(7 * 4 * 2);
  const Cny less = Cny::micro(full.micro() / 100 * 40);
  EXPECT_EQ(play(100), std::pair(full, full));
  EXPECT_EQ(play(40), std::pair(less, full));
}

// Shows that the engine alone, too, knows the hours of an offer ahead.
TEST(Replay, TheEngineAloneWaitsForCheapHours) {
  const Scenario scenario = scenario_of(week_of_hours(40));
  expect_the_engine_does_the_same(scenario, sim::load_of(scenario.file().jobs));
}

/// Starts everything at once in the first pool, whatever room there is.
class Overbooking final : public Dispatch {
 public:
  explicit Overbooking(const Stage& stage) : stage_(stage) {}
  void arrive(std::uint32_t job, Duration) override {
    for (TaskIndex task = stage_.first_task[job]; task < stage_.first_task[job + 1]; ++task) waiting_.push_back(task);
  }
  std::optional<Cny> end(const Start&, const Ran&, Duration) override { return std::nullopt; }
  void interrupt(const Start&, const Ran&, Duration) override {}
  void change(const Change&, Duration) override {}
  void decide(Duration, std::vector<Start>& started) override {
    for (const TaskIndex task : std::exchange(waiting_, {})) started.push_back({task, 0});
  }
  [[nodiscard]] bool has_waiting() const override { return !waiting_.empty(); }

 private:
  const Stage& stage_;
  std::vector<TaskIndex> waiting_;
};

std::unique_ptr<Dispatch> make_overbooking(const Stage& stage) { return std::make_unique<Overbooking>(stage); }

// Shows that under every policy nothing runs where a pool is closed to the customer, that what is closed to others alone
// is used, that work goes on afterwards, and that the check of it can fail.
TEST(Replay, ReservationsStandEmpty) {
  const std::string yaml = R"(
customer: lab
centres:
  - name: a
    prices: {core_hour: "1", gb_hour: "0"}
    reservations: [{from: 1h, for: 2h, note: new switches}, {pool: batch, from: 4h, for: 1h, organisations: [lab]}]
    pools: [{name: batch, nodes: 1, cpus: 8, memory: 100GB}]
)";
  const Scenario scenario = scenario_of(yaml);
  trace::RigidLog log;
  for (std::int64_t i = 0; i < 40; ++i)
    log.jobs.push_back({i + 1, Duration::minutes(i), Duration::minutes(10), Duration::minutes(20), 8, 0});
  const Load load = sim::load_of(log);
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(scenario, load, policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    bool is_used_by_lab = false;
    for (const TaskRun& run : schedule.runs) {
      EXPECT_TRUE(run.end <= Duration::hours(1) || run.start >= Duration::hours(3)) << to_text(run.start);
      is_used_by_lab = is_used_by_lab || (run.start >= Duration::hours(4) && run.end <= Duration::hours(5));
    }
    EXPECT_TRUE(is_used_by_lab) << to_text(policy);
  }
  EXPECT_GT(replay(scenario, load, "overbooking", make_overbooking).violations_found, 0);
}

// Shows that never more tasks of a job run at one centre than it lets, though the cheapest has room for all and
// another's nodes die under two; that the others go elsewhere at once; and that the check of it can fail.
TEST(Replay, ReplicasStandApart) {
  const Scenario scenario = scenario_of(R"(
centres:
  - {name: a, prices: {core_hour: "1", gb_hour: "0"}, pools: [{name: batch, nodes: 1, cpus: 16, memory: 100GB}]}
  - name: b
    prices: {core_hour: "2", gb_hour: "0"}
    pools: [{name: batch, nodes: 1, cpus: 4, memory: 100GB, outages: [{from: 1h, for: 3h, nodes: 1}]}]
  - {name: c, prices: {core_hour: "3", gb_hour: "0"}, pools: [{name: batch, nodes: 1, cpus: 4, memory: 100GB}]}
jobs:
  - {name: service, tasks: 12, tasks_per_centre_max: 2, wall_time: 2h, run_time: 2h, objective: cheapest}
)");
  const Load load = sim::load_of(scenario.file().jobs);
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(scenario, load, policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    std::map<std::uint32_t, int> at_once;  // by site, which is a centre each
    for (const TaskRun& run : schedule.runs) {
      at_once[run.site] += run.start < Duration::minutes(1) ? 1 : 0;
      const auto beside = std::ranges::count_if(schedule.runs, [&](const TaskRun& other) {
        return other.site == run.site && other.start <= run.start && run.start < other.end;
      });
      EXPECT_LE(beside, 2) << to_text(policy) << " at " << to_text(run.start);
    }
    EXPECT_EQ(at_once, (std::map<std::uint32_t, int>{{0, 2}, {1, 2}, {2, 2}})) << to_text(policy);
  }
  EXPECT_GT(replay(scenario, load, "overbooking", make_overbooking).violations_found, 0);
}

// Shows that of tasks of which one may run on a node no more run in a pool than it has nodes, though these have room
// for all, and some die meanwhile; that the others go elsewhere at once; and that the check of it can fail.
TEST(Replay, TasksAreKeptApart) {
  const Scenario scenario = scenario_of(R"(
centres:
  - {name: a, prices: {core_hour: "1", gb_hour: "0"}, pools: [{name: batch, nodes: 2, cpus: 16, memory: 100GB}]}
  - name: b
    prices: {core_hour: "2", gb_hour: "0"}
    pools: [{name: batch, nodes: 3, cpus: 16, memory: 100GB, outages: [{from: 1h, for: 3h, nodes: 1}]}]
jobs:
  - {name: service, tasks: 12, tasks_per_node_max: 1, wall_time: 2h, run_time: 2h, objective: cheapest}
)");
  const Load load = sim::load_of(scenario.file().jobs);
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(scenario, load, policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    std::map<std::uint32_t, int> at_once;  // by site, which is a pool each
    for (const TaskRun& run : schedule.runs) at_once[run.site] += run.start < Duration::minutes(1) ? 1 : 0;
    EXPECT_EQ(at_once, (std::map<std::uint32_t, int>{{0, 2}, {1, 3}})) << to_text(policy);
  }
  EXPECT_GT(replay(scenario, load, "overbooking", make_overbooking).violations_found, 0);
}

// Shows that gangs that must lie in one rack go where one is large enough, under every policy; that the platform lets
// no more run at once than find a rack, and those begin again whose nodes have gone; and that the check can fail.
TEST(Replay, GangsLieInOneRack) {
  const Scenario scenario = scenario_of(R"(
centres:
  - name: a
    prices: {core_hour: "1", gb_hour: "0"}
    pools: [{name: batch, nodes: 8, racks: 2, cpus: 16, memory: 100GB}]
  - name: b
    prices: {core_hour: "2", gb_hour: "0"}
    pools: [{name: batch, nodes: 9, racks: [4, 4], cpus: 16, memory: 100GB, outages: [{from: 1h, for: 3h, nodes: 6}]}]
jobs:
  - {name: train, tasks: 6, resources: {nodes: 3, within: rack, cpus: 16}, wall_time: 2h, run_time: 2h}
)");
  const Load load = sim::load_of(scenario.file().jobs);
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(scenario, load, policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    int at_once = 0;
    for (const TaskRun& run : schedule.runs) {
      EXPECT_EQ(scenario.sites()[run.site].centre_name, "b") << to_text(policy);
      at_once += run.start < Duration::minutes(1) ? 1 : 0;
    }
    // Nine nodes are enough for three; the others know no more.
    const bool knows_room = policy == PolicyKind::ours || policy == PolicyKind::engine;
    EXPECT_EQ(at_once, knows_room ? 2 : 3) << to_text(policy);
  }
  EXPECT_GT(replay(scenario, load, "overbooking", make_overbooking).violations_found, 0);
}

// Shows that a run costs what its pool asked for when it started.
TEST(Replay, HoursHoldFromTheStart) {
  const Scenario scenario = scenario_of(R"(
centres:
  - name: a
    prices: {core_hour: "1", gb_hour: "0", hours: [{from: "01:00", until: "03:00", percent: 10}]}
    pools: [{name: batch, nodes: 1, cpus: 8, memory: 100GB}]
)");
  const Load load = load_of({{0, 1, 3'600, 7'200}, {5'400, 2, 7'200, 7'200}, {86'400 + 4'000, 1, 3'600, 3'600}});
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(scenario, load, policy);
    ASSERT_EQ(schedule.runs.size(), 3U) << to_text(policy);
    for (const TaskRun& run : schedule.runs) {
      const Cny right[] = {Cny::yuan(1), Cny::micro(400'000), Cny::micro(100'000)};
      EXPECT_EQ(run.cost, right[run.job]) << to_text(policy) << " job " << run.job;
    }
  }
}

/// Forgets every job.
class Forgetting final : public Dispatch {
 public:
  void arrive(std::uint32_t, Duration) override {}
  std::optional<Cny> end(const Start&, const Ran&, Duration) override { return std::nullopt; }
  void interrupt(const Start&, const Ran&, Duration) override {}
  void change(const Change&, Duration) override {}
  void decide(Duration, std::vector<Start>&) override {}
  [[nodiscard]] bool has_waiting() const override { return true; }
};

constexpr const char* three_nodes = R"(
centres:
  - {name: a, prices: {core_hour: "1", gb_hour: "0"}, pools: [{name: batch, nodes: 3, cpus: 4, memory: 100GB%}]}
)";

/// Of one pool of three nodes, two of which are away from 50 s to 150 s if so.
Scenario three_nodes_with(bool has_outage) {
  std::string yaml = three_nodes;
  const std::string outage = ", outages: [{from: 50s, for: 100s, nodes: 2}]";
  return scenario_of(yaml.replace(yaml.find('%'), 1, has_outage ? outage : ""));
}

Load load_of_gangs() {
  Load load = load_of({{0, 4, 100, 100}, {0, 4, 200, 200}, {10, 1, 100, 100}});
  for (const std::size_t job : {0U, 2U}) {
    Requirements needs = load.needs(load.jobs[job]);
    needs.resources.nodes = 2;
    load.jobs[job].kind = static_cast<std::uint32_t>(load.kinds.size());
    load.kinds.push_back(needs);
  }
  return load;
}

// Shows that a gang takes a node for each of its parts under every policy: with a gang of two nodes and a task on the
// third, a gang of two that needs a core on each waits for the first to end; where nodes go away, a gang that is wider
// than what is left goes with them and runs again when they are back.
TEST(Replay, GangsRunWhole) {
  const Load load = load_of_gangs();
  for (const PolicyKind policy : all_policies) {
    const Scenario whole = three_nodes_with(false);
    EXPECT_EQ(starts_of(clean(whole, load, policy), load), (std::vector<std::int64_t>{0, 0, 100})) << to_text(policy);
    const Figures figures = figures_of(clean(whole, load, policy), whole, load);
    EXPECT_EQ(figures.cost, Cny::micro((8 * 100 + 4 * 200 + 2 * 100) * 1'000'000 / 3'600 - 1)) << to_text(policy);
    const Schedule cut = clean(three_nodes_with(true), load, policy);
    EXPECT_EQ(cut.unfinished, 0) << to_text(policy);
    EXPECT_GE(starts_of(cut, load)[0], 150) << to_text(policy);
    EXPECT_GE(starts_of(cut, load)[2], 150) << to_text(policy);
  }
}

// Shows that planted bugs are caught: a pool overbooked, on the way and from the runs alone; and work forgotten.
TEST(Replay, PlantedBugsAreCaught) {
  const Scenario machine(platform_of(4));
  const Load load = load_of({{0, 3, 100, 200}, {10, 3, 10, 20}});
  const Schedule over =
      replay(machine, load, "overbooking", make_overbooking);
  EXPECT_EQ(over.violations_found, 2) << "cores and memory";
  const auto wrong = check(over, machine, load);
  ASSERT_EQ(wrong.size(), 1U);
  EXPECT_NE(wrong[0].find("over its capacity"), std::string::npos);
  const Schedule none =
      replay(machine, load, "forgetting", [](const Stage&) { return std::make_unique<Forgetting>(); });
  EXPECT_EQ(none.violations_found, 1);
  EXPECT_EQ(none.unfinished, 2);
}

// Shows that the check of a schedule finds each kind of wrong run.
TEST(Replay, CheckFindsWrongRuns) {
  const Scenario machine(platform_of(4));
  const Load load = load_of({{10, 3, 100, 200}});
  const TaskRun right{0, 0, 0, RunEnd::done, Duration::seconds(10), Duration::seconds(110), {}};
  const auto found = [&](std::vector<TaskRun> runs) {
    Schedule schedule;
    schedule.runs = std::move(runs);
    return check(schedule, machine, load).size();
  };
  EXPECT_EQ(found({right}), 0U);
  // A gang on more nodes than there are, whatever it takes of each.
  const Scenario three = three_nodes_with(true);
  Load gangs = load_of_gangs();
  Schedule away;
  away.runs = {{2, 0, 0, RunEnd::done, Duration::seconds(60), Duration::seconds(160), {}}};
  const auto wrong = check(away, three, gangs);
  ASSERT_EQ(wrong.size(), 1U);
  EXPECT_NE(wrong[0].find("has 1 nodes at 1m, and a task on 2"), std::string::npos) << wrong[0];
  TaskRun early = right;
  early.start = Duration::seconds(9);
  early.end = Duration::seconds(109);
  EXPECT_EQ(found({early}), 1U);
  TaskRun shorter = right;
  shorter.end = Duration::seconds(109);
  EXPECT_EQ(found({shorter}), 1U);
  TaskRun again = right;
  again.start = Duration::seconds(110);
  again.end = Duration::seconds(210);
  EXPECT_EQ(found({right, again}), 1U);
}

}  // namespace
}  // namespace dayan::sim
