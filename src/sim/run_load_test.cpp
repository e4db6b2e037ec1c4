#include "sim/run_load.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <set>

#include "sim/chart.h"
#include "sim/gavel_load.h"

namespace dayan::sim {
namespace {

RunOrder lublin(std::int64_t jobs) {
  RunOrder order;
  order.generate = "lublin";
  order.jobs = jobs;
  order.processors = 32;
  order.policies = {PolicyKind::ours, PolicyKind::easy, PolicyKind::random};
  return order;
}

std::string field_of(const RunOrder& order) {
  const auto input = input_of(order);
  if (input) return "none";
  EXPECT_EQ(input.error().size(), 1U);
  EXPECT_FALSE(input.error().front().right.empty());
  return input.error().front().field;
}

// Shows one fault for each thing that is wrong with an order, naming the option.
TEST(RunLoad, NamesEachFault) {
  EXPECT_EQ(field_of(lublin(10)), "none");
  EXPECT_EQ(field_of({}), "--swf") << "no load";
  RunOrder order = lublin(10);
  order.swf = "log.swf";
  EXPECT_EQ(field_of(order), "--swf") << "two loads";
  EXPECT_EQ(field_of(lublin(0)), "--jobs");
  EXPECT_EQ(field_of(lublin(100'000'000)), "--jobs");
  order = lublin(10);
  order.generate = "poisson";
  EXPECT_EQ(field_of(order), "--generate");
  order = lublin(10);
  order.processors = -3;
  EXPECT_EQ(field_of(order), "--processors");
  order = lublin(10);
  order.load = -1;
  EXPECT_EQ(field_of(order), "--load");
  order = lublin(10);
  order.providers = 0;
  EXPECT_EQ(field_of(order), "--providers");
  order = {};
  order.openb = "/nowhere";
  EXPECT_EQ(field_of(order), "--openb");
  order.load = 0.9;
  EXPECT_EQ(field_of(order), "--load") << "it would do nothing";
  order = {};
  order.gavel = "/nowhere";
  EXPECT_EQ(field_of(order), "--gavel");
}

// Shows that jobs that no node could run are left out and told, and the rest is played.
TEST(RunLoad, WhatNoNodeCanRunIsLeftOut) {
  RunOrder order = lublin(200);
  order.processors = 64;
  const auto file = jobfile::parse_platform_yaml(
      "centres: [{name: a, prices: {core_hour: \"1\", gb_hour: \"0\"}, "
      "pools: [{name: p, nodes: 4, cpus: 16, memory: 64GB}]}]");
  ASSERT_TRUE(file.has_value());
  order.platform = *file;
  const auto input = input_of(order);
  ASSERT_TRUE(input.has_value());
  EXPECT_GT(input->load.left_out, 0);
  EXPECT_NE(input->load.why_left_out.find(std::to_string(input->load.left_out) + " by cores (the largest asks for "),
            std::string::npos)
      << input->load.why_left_out;
  EXPECT_EQ(static_cast<std::int64_t>(input->load.jobs.size()) + input->load.left_out, 200);
}

// Shows that a platform's mix, gangs, fractions of cards, price caps, bounds of latency and inputs among it, is played
// whole and without a violation.
TEST(RunLoad, AGeneratedPlatform) {
  RunOrder order;
  order.generate = "platform";
  order.jobs = 60;
  order.providers = 3;
  order.policies = {PolicyKind::easy, PolicyKind::cheapest, PolicyKind::random};
  const auto input = input_of(order);
  ASSERT_TRUE(input.has_value()) << to_text(input.error().front());
  const auto is_gang = [](const Requirements& needs) { return needs.resources.nodes > 1; };
  EXPECT_TRUE(std::ranges::any_of(input->load.kinds, is_gang)) << "no gang was drawn: the test shows too little";
  EXPECT_TRUE(input->load.has_inputs());
  EXPECT_TRUE(std::ranges::any_of(input->load.kinds, [](const Requirements& needs) { return !needs.latency.empty(); }));
  order.policies.push_back(PolicyKind::ours);
  Result<void> written;
  const Compared compared = compare(*input, order, {}, {}, written);
  ASSERT_EQ(compared.figures.size(), 4U);
  for (const Figures& each : compared.figures) {
    EXPECT_EQ(each.violations, 0) << each.policy << ": " << each.violations_told.front();
    EXPECT_EQ(each.unfinished, 0) << each.policy;
    EXPECT_GT(each.card_utilisation, 0);
    EXPECT_GT(each.moved, Bytes()) << each.policy;
  }
  // Whoever takes the cheapest pool pays no more than whoever takes any.
  EXPECT_LT(compared.figures[1].cost, compared.figures[2].cost);
}

constexpr std::string_view two_types = R"t({
  "fast": {"('A', 1)": {"null": 10}, "('B', 1)": {"null": 100}, "('B', 8)": {"null": 400}, "('C', 1)": {"null": 5}},
  "slow": {"('A', 1)": {"null": 5},  "('B', 1)": {"null": 10},  "('B', 8)": {"null": 0.0}},
  "fast_unconsolidated": {"('B', 8)": {"null": 100}}})t";

// Shows jobs drawn from a table of rates: each names the types that it runs on, takes as long as the table says there,
// whatever the platform believes, and eight cards are a gang of two nodes; and that every policy plays them whole.
TEST(RunLoad, GavelsRates) {
  const auto table = trace::parse_gavel(two_types);
  ASSERT_TRUE(table.has_value());
  const auto from = GavelLoad::make(*table);
  ASSERT_TRUE(from.has_value());
  const Scenario scenario(from->platform());
  ASSERT_EQ(scenario.sites().size(), 2U);
  const Site& slow = scenario.sites()[1];
  EXPECT_EQ(slow.pool.chip, "slow");
  EXPECT_EQ(slow.pool.nodes * slow.pool.cards_per_node.value(), 36'000);
  EXPECT_EQ(slow.pool.card_capability, Capability(2'236)) << "the root of 0.5 times 0.1";
  const Load load = from->draw(200, 0.9, 3);
  ASSERT_EQ(load.jobs.size(), 200U);
  std::map<std::pair<std::size_t, std::int32_t>, std::set<std::int64_t>> ratios;  // by types and nodes
  for (const LoadJob& job : load.jobs) {
    const Requirements& needs = load.needs(job);
    EXPECT_EQ(slow.could_run(needs, job.limit), needs.chips.size() == 2);
    if (needs.chips.size() == 2)
      ratios[{2, needs.resources.nodes}].insert(slow.run_of(load, job).microseconds() / job.run.microseconds());
    if (needs.chips.size() == 1) ratios[{1, needs.resources.nodes}].insert(0);
    EXPECT_FALSE(needs.chips.size() == 2 && slow.is_cut(load, job));
  }
  EXPECT_EQ((ratios[{2, 1}]), (std::set<std::int64_t>{2, 10})) << "A at half, B at a tenth of the rate";
  EXPECT_EQ(ratios.count({1, 1}), 1U) << "C was measured on the fast type alone";
  EXPECT_EQ(ratios.count({1, 2}), 1U) << "B on eight cards does not run on the slow type";
  for (const PolicyKind policy : {PolicyKind::ours, PolicyKind::engine, PolicyKind::easy}) {
    const Schedule schedule = replay(scenario, load, policy, 1);
    EXPECT_EQ(schedule.violations_found, 0) << to_text(policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    EXPECT_TRUE(check(schedule, scenario, load).empty()) << to_text(policy);
  }
  EXPECT_EQ(from->draw(200, 0.9, 3).jobs[7].submit, load.jobs[7].submit);
  EXPECT_FALSE(GavelLoad::make(*trace::parse_gavel(R"t({"v100": {"('A', 1)": {"null": 0}}})t")));
}

// Shows that the report is one page that loads nothing, names every policy, and escapes what it shows.
TEST(RunLoad, TheReportStandsAlone) {
  const RunOrder order = lublin(150);
  auto input = input_of(order);
  ASSERT_TRUE(input.has_value());
  input->load.name = "a <b> & \"c\"";
  Result<void> written;
  int schedules = 0;
  const auto count = [&](const Schedule&) -> Result<void> {
    ++schedules;
    return {};
  };
  const Compared compared = compare(*input, order, {}, count, written);
  EXPECT_EQ(schedules, 3);
  const std::string page = html_of(compared, *input);
  for (const char* outside : {"http://", "https://", "<script", "url(", "@import", "<link", "<img", "src="})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  EXPECT_EQ(page.find("a <b>"), std::string::npos);
  EXPECT_NE(page.find("a &lt;b&gt; &amp; &quot;c&quot;"), std::string::npos);
  for (const char* name : {">ours<", ">easy<", ">random<"}) EXPECT_NE(page.find(name), std::string::npos) << name;
  const auto count_of = [&](std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count_of("<svg"), count_of("</svg>"));
  EXPECT_EQ(count_of("<svg"), 4U + 3U) << "four charts, and a legend of three";
  EXPECT_EQ(page.find("nan"), std::string::npos);
  const JsonObject summary = summary_of(compared, *input);
  EXPECT_EQ(summary.at("policies").as_array().size(), 3U);
  EXPECT_EQ(summary.at("load").at("jobs").to_number<std::int64_t>(), 150);
}

// Shows the figures of a schedule worked out by hand: two jobs of 2 of 4 cores, the second waits for 30 s.
TEST(RunLoad, FiguresByHand) {
  const Scenario machine(platform_of(4));
  trace::RigidLog log;
  log.jobs = {{1, Duration(), Duration::seconds(100), Duration::seconds(100), 2, 0},
              {2, Duration::seconds(100), Duration::seconds(20), Duration::seconds(20), 2, 0}};
  const Load load = load_of(log);
  Schedule schedule;
  schedule.runs = {{0, 0, 0, RunEnd::done, Duration(), Duration::seconds(100), Cny::yuan(3)},
                   {1, 0, 0, RunEnd::cut, Duration::seconds(130), Duration::seconds(150), Cny::yuan(4)}};
  const Figures figures = figures_of(schedule, machine, load);
  EXPECT_EQ(figures.jobs_done, 2);
  EXPECT_EQ(figures.cut, 1);
  EXPECT_EQ(figures.mean_wait, Duration::seconds(15));
  EXPECT_EQ(figures.max_wait, Duration::seconds(30));
  EXPECT_EQ(figures.longest_waiter, "j2");
  EXPECT_DOUBLE_EQ(figures.mean_bounded_slowdown, (1 + (30 + 20) / 20.0) / 2);
  EXPECT_EQ(figures.cost, Cny::yuan(7));
  EXPECT_EQ(figures.makespan, Duration::seconds(150));
  EXPECT_NEAR(figures.core_utilisation, 0.5, 1e-9) << "2 of 4 cores until the last submission";
  EXPECT_EQ(csv_of(schedule, machine, load),
            "job,task,submit,start,staged,end,wait,centre,pool,nodes,cores,cards,cost,ended,customer\n"
            "j1,0,0,0,0,100,0,machine,batch,1,2,0,3,done,customer\n"
            "j2,0,100,130,0,150,30,machine,batch,1,2,0,4,cut,customer\n");
}

// Shows that tasks that take no time need their room one after the other: three may have the whole machine at one instant,
// before one that stays there, and none beside one that is there already.
TEST(RunLoad, WhatTakesNoTimeNeedsItsRoomForNone) {
  const Scenario machine(platform_of(4));
  trace::RigidLog log;
  for (std::int64_t i = 1; i <= 4; ++i)
    log.jobs.push_back({i, Duration(), Duration::seconds(i < 4 ? 0 : 10), Duration::seconds(20), 4, 0});
  const Load load = load_of(log);
  const Duration at = Duration::seconds(5);
  Schedule schedule;
  for (std::uint32_t job = 0; job < 4; ++job)
    schedule.runs.push_back({job, 0, 0, RunEnd::done, at, at + load.jobs[job].run, Cny()});
  EXPECT_EQ(check(schedule, machine, load), std::vector<std::string>());
  schedule.runs[0].start = schedule.runs[0].end = at + Duration::seconds(1);
  EXPECT_EQ(check(schedule, machine, load),
            std::vector<std::string>{"pool 0 (batch of machine) is over its capacity at 6s"});
}

// Shows that an earliest start is no waiting, wherever waits are told: of two jobs submitted at once, the second may begin
// after two minutes and does so ten seconds late. One that may begin before it is submitted waits from its submission on.
TEST(RunLoad, AnEarliestStartIsNoWaiting) {
  const Scenario machine(platform_of(4));
  trace::RigidLog log;
  log.jobs = {{1, Duration(), Duration::seconds(100), Duration::seconds(100), 2, 0},
              {2, Duration(), Duration::seconds(20), Duration::seconds(20), 2, 0}};
  Load load = load_of(log);
  load.kinds.push_back(load.kinds.front());
  load.jobs[1].kind = 1;
  load.jobs[1].customer = 1;
  load.customers = {"early", "late"};
  Schedule schedule;
  schedule.runs = {{0, 0, 0, RunEnd::done, Duration(), Duration::seconds(100), Cny()},
                   {1, 0, 0, RunEnd::done, Duration::seconds(130), Duration::seconds(150), Cny()}};
  for (const std::int64_t begin : {120, -120}) {
    load.kinds[1].not_before = beginning + Duration::seconds(begin);
    const std::int64_t wait = begin > 0 ? 10 : 130;
    const Figures figures = figures_of(schedule, machine, load);
    EXPECT_EQ(figures.max_wait, Duration::seconds(wait));
    EXPECT_EQ(figures.longest_waiter, "j2");
    EXPECT_DOUBLE_EQ(figures.mean_bounded_slowdown, (1 + static_cast<double>(wait + 20) / 20.0) / 2);
    EXPECT_EQ(figures.fairness.worst_wait, Duration::seconds(wait));
    const std::string line = "j2,0,0,130,0,150," + std::to_string(wait) + ",machine,";
    EXPECT_NE(csv_of(schedule, machine, load).find(line), std::string::npos) << csv_of(schedule, machine, load);
  }
  // Nor may it start before.
  load.kinds[1].not_before = beginning + Duration::seconds(131);
  EXPECT_EQ(check(schedule, machine, load), std::vector<std::string>{"task 0 of j2 started before it may"});
}

}  // namespace
}  // namespace dayan::sim
