#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/prng.h"
#include "sim/replay_for_tests.h"
#include "sim/run_load.h"

/// Loads of many customers: who submits how much, and how each of them fares.

namespace dayan::sim {
namespace {

RunOrder platform(std::int64_t jobs, std::optional<std::int64_t> customers = {}) {
  RunOrder order;
  order.generate = "platform";
  order.jobs = jobs;
  order.customers = customers;
  return order;
}

RunInput made(const RunOrder& order) {
  auto input = input_of(order);
  EXPECT_TRUE(input.has_value()) << (input ? "" : to_text(input.error().front()));
  return *std::move(input);
}

std::map<std::string, std::int64_t> jobs_by_customer(const RunInput& input) {
  std::map<std::string, std::int64_t> jobs;
  for (const LoadJob& job : input.load.jobs) ++jobs[customers_of(input.load, input.scenario)[job.customer]];
  return jobs;
}

// Shows that a generated platform has 496 customers, that the k-th largest submits 1/k of what the largest does, as far
// as chance goes, and that the same seed makes the same load, another one another.
TEST(Customers, FewLargeAndManySmall) {
  constexpr double count = 20'000;
  const RunInput input = made(platform(static_cast<std::int64_t>(count)));
  EXPECT_LE(input.load.customers.size(), 496U);
  EXPECT_GT(input.load.customers.size(), 470U) << "with so many jobs hardly anybody submits none";
  const auto jobs = jobs_by_customer(input);
  double harmonic = 0;
  for (int rank = 1; rank <= 496; ++rank) harmonic += 1.0 / rank;
  double twenty_five = 0;
  for (int rank = 1; rank <= 25; ++rank) {
    const double expected = count / (rank * harmonic);
    const auto found = static_cast<double>(jobs.at("customer-" + std::to_string(rank)));
    EXPECT_NEAR(found, expected, 5 * std::sqrt(expected)) << rank;
    twenty_five += found / count;
  }
  EXPECT_NEAR(twenty_five, 0.562, 0.015);
  EXPECT_EQ(jobs, jobs_by_customer(made(platform(static_cast<std::int64_t>(count)))));
  RunOrder other = platform(static_cast<std::int64_t>(count));
  other.seed = 2;
  EXPECT_NE(jobs, jobs_by_customer(made(other)));
}

// Shows that as many customers as are asked for submit, one alone too, that those who submit nothing are not told of, and
// that a platform whose file names whom it serves has its own customer alone.
TEST(Customers, AsManyAsAreAskedFor) {
  EXPECT_EQ(made(platform(500, 7)).load.customers.size(), 7U);
  EXPECT_TRUE(made(platform(500, 1)).load.customers.empty());
  const RunInput many = made(platform(200, 100'000));
  EXPECT_LE(many.load.customers.size(), 200U);
  EXPECT_GT(many.load.customers.size(), 100U);
  for (const LoadJob& job : many.load.jobs) ASSERT_LT(job.customer, many.load.customers.size());

  const auto file = jobfile::parse_platform_yaml(R"(
customer: lab
centres: [{name: a, prices: {core_hour: "1", card_hour: "9", gb_hour: "0", transfer_gb: "0"}, accepts: [lab],
           pools: [{name: p, nodes: 90, cpus: 128, memory: 2TB, cards: 8, chip: a800}]}]
)");
  ASSERT_TRUE(file.has_value()) << to_text(file.error().front());
  RunOrder choosy = platform(200);
  choosy.platform = *file;
  const RunInput alone = made(choosy);
  EXPECT_TRUE(alone.load.customers.empty());
  EXPECT_EQ(customers_of(alone.load, alone.scenario)[0], "lab");
  for (const std::int64_t customers : {0, 3}) {
    choosy.customers = customers;
    const auto refused = input_of(choosy);
    ASSERT_FALSE(refused.has_value()) << customers;
    EXPECT_EQ(refused.error().front().field, "--customers");
  }
}

/// A log of jobs of one core for an hour: user, and when it comes in minutes.
Load log_of(const std::vector<std::pair<std::int64_t, std::int64_t>>& jobs) {
  trace::RigidLog log;
  for (const auto& [user, minute] : jobs) {
    trace::RigidJob job;
    job.number = std::ssize(log.jobs) + 1;
    job.submit = Duration::minutes(minute);
    job.run = job.limit = Duration::hours(1);
    job.processors = 1;
    job.user = user;
    log.jobs.push_back(job);
  }
  return load_of(log);
}

// Shows that users of a log are customers, the busiest first, and one user of all is none.
TEST(Customers, UsersOfALog) {
  const Load load = log_of({{3, 0}, {7, 1}, {7, 2}, {-1, 3}});
  EXPECT_EQ(load.customers, (std::vector<std::string>{"user-7", "user-unknown", "user-3"}));
  EXPECT_EQ(load.jobs[0].customer, 2U);
  EXPECT_EQ(load.jobs[1].customer, 0U);
  EXPECT_FALSE(log_of({{3, 0}, {3, 1}}).has_many_customers());
}

// Shows the figures worked out by hand: two jobs of one user wait 0 and 60 minutes, the job of another 30.
TEST(Customers, FairnessByHand) {
  const Scenario machine(platform_of(1));
  const Load load = log_of({{1, 0}, {1, 0}, {2, 90}});
  Schedule schedule;
  const auto ran = [](std::uint32_t job, std::int64_t minute) {
    return TaskRun{job, 0, 0, RunEnd::done, Duration::minutes(minute), Duration::minutes(minute + 60), Cny()};
  };
  schedule.runs = {ran(0, 0), ran(1, 60), ran(2, 120)};
  const Fairness fairness = figures_of(schedule, machine, load).fairness;
  EXPECT_EQ(fairness.customers, 2);
  EXPECT_EQ(fairness.largest, "user-1");
  EXPECT_EQ(fairness.largest_jobs, 2);
  EXPECT_EQ(fairness.largest_wait, Duration::minutes(30));
  EXPECT_EQ(fairness.median_wait, Duration::minutes(30));
  EXPECT_DOUBLE_EQ(fairness.index, 1) << "slowdowns of 1 and 2, and of 1.5";
  schedule.runs[2] = ran(2, 210);
  const Fairness worse = figures_of(schedule, machine, load).fairness;
  EXPECT_EQ(worse.worst, "user-2");
  EXPECT_EQ(worse.worst_wait, Duration::hours(2));
  EXPECT_DOUBLE_EQ(worse.index, 4.5 * 4.5 / (2 * (1.5 * 1.5 + 3 * 3)));
  EXPECT_NE(csv_of(schedule, machine, load).find(",done,user-1\n"), std::string::npos);
}

// Shows that fair share weighs customers: who asks for a tenth, after the others, does not wait for all of theirs, as in
// a queue; that the engine alone does what the platform does with several customers; and that the tables tell of it.
TEST(Customers, FairShareIsByCustomer) {
  const Scenario machine(platform_of(4));
  std::vector<std::pair<std::int64_t, std::int64_t>> jobs;
  for (int i = 0; i < 90; ++i) jobs.emplace_back(1, 0);
  for (int i = 0; i < 10; ++i) jobs.emplace_back(2, 30);
  RunInput input{machine, log_of(jobs)};
  RunOrder order;
  order.policies = {PolicyKind::ours, PolicyKind::engine, PolicyKind::fcfs};
  Result<void> written;
  std::vector<std::vector<std::int64_t>> starts;
  const auto keep = [&](const Schedule& schedule) -> Result<void> {
    auto& mine = starts.emplace_back(jobs.size());
    for (const TaskRun& run : schedule.runs) mine[run.job] = run.start.microseconds() / 1'000'000;
    return {};
  };
  const Compared compared = compare(input, order, {}, keep, written);
  for (const Figures& each : compared.figures) EXPECT_EQ(each.violations, 0) << each.policy;
  const Fairness& ours = compared.figures[0].fairness;
  const Fairness& fcfs = compared.figures[2].fairness;
  EXPECT_EQ(ours.largest, "user-1");
  EXPECT_EQ(fcfs.worst, "user-2") << "the later one waits for everybody";
  EXPECT_EQ(ours.worst, "user-1");
  EXPECT_EQ(starts[0], starts[1]);
  const std::string page = html_of(compared, input);
  EXPECT_NE(page.find("<h2>Customers</h2>"), std::string::npos);
  const JsonObject summary = summary_of(compared, input);
  EXPECT_EQ(summary.at("load").at("customers").to_number<int>(), 2);
  EXPECT_EQ(summary.at("policies").at(0).at("fairness").at("largest").as_string(), "user-1");
}

// Shows that random users, jobs and pools start alike through the core and through the engine alone.
TEST(Customers, TheEngineAloneDoesWhatThePlatformDoes) {
  Prng random(3);
  for (int round = 0; round < 4; ++round) {
    std::vector<std::pair<std::int64_t, std::int64_t>> jobs;
    for (std::int64_t minute = 0; minute < 240; minute += 2) jobs.emplace_back(random.between(1, 5), minute);
    const RunInput input{Scenario(platform_of(static_cast<std::int64_t>(random.between(8, 40)))), log_of(jobs)};
    const Schedule ours = clean(input.scenario, input.load, PolicyKind::ours);
    const Schedule engine = clean(input.scenario, input.load, PolicyKind::engine);
    std::map<std::uint32_t, std::int64_t> at;
    for (const TaskRun& run : ours.runs) at[run.job] = run.start.microseconds() / 1'000'000;
    for (const TaskRun& run : engine.runs) EXPECT_EQ(at.at(run.job), run.start.microseconds() / 1'000'000) << run.job;
  }
}

/// A small day of a large platform, played by the engine.
void expect_played(RunOrder order, std::size_t customers_least) {
  order.load = 0.001;  // else so few jobs would run for days
  const RunInput input = made(order);
  EXPECT_GT(input.load.customers.size(), customers_least);
  EXPECT_GE(std::ssize(input.scenario.sites()), order.providers);
  const Schedule schedule = clean(input.scenario, input.load, PolicyKind::engine);
  EXPECT_LE(schedule.unfinished, 5) << "whose price cap ran out";
  EXPECT_GE(figures_of(schedule, input.scenario, input.load).fairness.customers, std::ssize(input.load.customers) - 5);
}

// Shows that a platform of 3,000 providers and 3,000 customers is made and played, and one of 50,000 customers
// (docs/simulator.md tells what 50,000 of each take).
TEST(Customers, ThreeThousandOfEach) {
  RunOrder order = platform(200, 3'000);
  order.providers = 3'000;
  expect_played(order, 100);
}
TEST(Customers, FiftyThousand) { expect_played(platform(2'000, 50'000), 800); }

}  // namespace
}  // namespace dayan::sim
