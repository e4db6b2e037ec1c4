#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/chaos.h"

namespace dayan::sim {
namespace {

constexpr std::uint64_t seeds = 50;

std::string told(const ChaosReport& report, const ChaosOptions& options) {
  if (!report.violation) return "clean";
  return "'" + report.violation->checker + "': " + report.violation->text + "\n  " + repeat_command(options);
}

TEST(Chaos, FiftySeedsAreClean) {
  // Crashes, partitions, lost and repeated messages, wrong clocks, broken engines: no checker finds anything, and after
  // healing every job ends.
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const ChaosReport report = run_chaos({seed});
    ASSERT_FALSE(report.violation) << told(report, {seed});
  }
}

TEST(Chaos, SeedsThatOnceFailedAreClean) {
  // Each found a fault of the platform: 1, an overdue lease counted as room (place); 2065, a reinstalled agent called a
  // running attempt unstarted (execute).
  for (const std::uint64_t seed : {std::uint64_t{1}, std::uint64_t{2065}}) {
    const ChaosReport report = run_chaos({seed});
    EXPECT_FALSE(report.violation) << told(report, {seed});
  }
}

TEST(Chaos, TheSameSeedIsTheSameRun) {
  // Every tenth seed twice: the same trace, to the bit. And no two seeds have the same.
  std::set<std::uint64_t> traces;
  for (std::uint64_t seed = 10; seed <= seeds; seed += 10) {
    const ChaosReport first = run_chaos({seed});
    EXPECT_EQ(first.trace_hash, run_chaos({seed}).trace_hash) << "seed " << seed;
    EXPECT_TRUE(traces.insert(first.trace_hash).second) << "seed " << seed;
  }
}

TEST(Chaos, TheFaultsReallyHappen) {
  // Clean seeds mean something only if enough went wrong in them: every count of the sum is well above zero. The rarest
  // (a late report) needs a few more seeds than are checked above.
  Counts total;
  for (std::uint64_t seed = 1; seed <= 2 * seeds; ++seed) {
    const Counts counts = run_chaos({seed}).counts;
    for_each_field<Counts>([&](const auto& each) { total.*each.member += counts.*each.member; });
  }
  for_each_field<Counts>([&](const auto& each) { EXPECT_GT(total.*each.member, 10) << each.name; });
  EXPECT_GT(total.leases, 1'000);
  EXPECT_GT(total.hub_crashes, 1'000);
}

struct Planted {
  PlantedBug bug;
  const char* checker;
};

class PlantedBugs : public testing::TestWithParam<Planted> {};

TEST_P(PlantedBugs, AreFoundByTheirCheckerOnSeedsThatAreCleanWithoutThem) {
  // Within ten seeds the named checker finds the bug; the very world in which it did is clean when it is not planted.
  constexpr std::uint64_t within = 10;
  std::uint64_t found = 0;
  for (std::uint64_t seed = 1; seed <= within && found == 0; ++seed) {
    const ChaosOptions with{seed, GetParam().bug};
    const ChaosOptions without{seed, PlantedBug::none, GetParam().bug};
    const ChaosReport planted = run_chaos(with);
    const ChaosReport clean = run_chaos(without);
    EXPECT_FALSE(clean.violation) << told(clean, without);
    if (!planted.violation) continue;
    found = seed;
    EXPECT_EQ(planted.violation->checker, GetParam().checker) << told(planted, with);
  }
  EXPECT_NE(found, 0U) << "no checker saw " << to_text(GetParam().bug);
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBugs,
                         testing::Values(Planted{PlantedBug::second_hold_unchecked, "ledger"},
                                         Planted{PlantedBug::post_twice, "ledger"},
                                         Planted{PlantedBug::old_epoch_accepted, "counter"},
                                         Planted{PlantedBug::counter_back_accepted, "counter"},
                                         Planted{PlantedBug::placed_before_lease_end, "single_process"},
                                         Planted{PlantedBug::reply_before_commit, "acknowledged"},
                                         Planted{PlantedBug::event_recorded_wrong, "replay"},
                                         Planted{PlantedBug::final_job_rewritten, "final_jobs"},
                                         Planted{PlantedBug::engine_runs_on, "lease_end"},
                                         Planted{PlantedBug::agent_doubles_counters, "charge"},
                                         Planted{PlantedBug::capacity_ignored, "capacity"},
                                         Planted{PlantedBug::report_swallowed, "acknowledged"},
                                         Planted{PlantedBug::job_end_not_applied, "liveness"},
                                         Planted{PlantedBug::lease_not_applied, "work"},
                                         Planted{PlantedBug::reclaim_without_notice, "reclaim"},
                                         Planted{PlantedBug::any_node, "node_bound"},
                                         Planted{PlantedBug::any_rack, "rack"}),
                         [](const auto& planted) { return std::string(to_text(planted.param.bug)); });

TEST(ChaosCommand, TellsHowToSeeAFailureAgain) {
  // One command, that a person can copy, and an exit status that a script can read.
  testing::internal::CaptureStdout();
  const int status = chaos_main({3, 5, PlantedBug::counter_back_accepted, PlantedBug::none, false, false});
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_EQ(status, 1);
  EXPECT_NE(text.find("  dayan sim chaos --seed 3 --seeds 1 --bug counter_back_accepted\n"), std::string::npos) << text;
  EXPECT_NE(text.find("The checker 'counter' found"), std::string::npos) << text;
}

TEST(ChaosCommand, RepeatsTheVeryRun) {
  // The command names the bug, or the world that was made for it without it: all that makes a run.
  EXPECT_EQ(repeat_command({7}), "dayan sim chaos --seed 7 --seeds 1");
  EXPECT_EQ(repeat_command({7, PlantedBug::post_twice}), "dayan sim chaos --seed 7 --seeds 1 --bug post_twice");
  EXPECT_EQ(repeat_command({7, PlantedBug::none, PlantedBug::post_twice}),
            "dayan sim chaos --seed 7 --seeds 1 --scenario post_twice");
  // A world without its bug is another run than that of the bare seed, and clean.
  testing::internal::CaptureStdout();
  EXPECT_EQ(chaos_main({3, 1, PlantedBug::none, PlantedBug::counter_back_accepted, true, false}), 0);
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_NE(run_chaos({3, PlantedBug::none, PlantedBug::counter_back_accepted}).trace_hash, run_chaos({3}).trace_hash);
  EXPECT_EQ(text.find("violation"), std::string::npos) << text;
}

TEST(ChaosCommand, WritesALineOfJsonForEachSeed) {
  // For machines: one object a seed and one for the sum.
  testing::internal::CaptureStdout();
  EXPECT_EQ(chaos_main({1, 2, PlantedBug::none, PlantedBug::none, true, false}), 0);
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_EQ(text.rfind("{\"seed\":1,\"trace_hash\":", 0), 0U) << text;
}

}  // namespace
}  // namespace dayan::sim
