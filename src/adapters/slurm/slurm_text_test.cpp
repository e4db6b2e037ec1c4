#include "adapters/slurm/slurm_text.h"

#include <gtest/gtest.h>
#include <time.h>

#include <cstdlib>
#include <set>
#include <string>

#include "adapters/slurm/slurm_pools.h"
#include "adapters/slurm/slurm_script.h"

namespace dayan::adapters {
namespace {

using S = AttemptState;
using O = Outcome;

// Shows that lines as Slurm 22.05 printed them are read, a name with bars in it included.
TEST(SlurmText, ReadsSqueue) {
  const auto jobs = parse_squeue(
      "1|FAILED|768|1795308537|1795308540|1795308530|0|NonZeroExitCode|n[1-2]|dayan-0000000000001-0-1\n"
      "2|RUNNING|0|1795308537|1795308597|1795308530|1|None|n1|a|b\n"
      "3|PENDING|0|N/A|N/A|1795308530|0|Resources||c\n"
      "4|CANCELLED|15|1795308537|1795308537|1795308530|0|None|n1|d\n");
  ASSERT_TRUE(jobs.has_value());
  ASSERT_EQ(jobs->size(), 4U);
  EXPECT_EQ((*jobs)[0], (SlurmJob{"1", "dayan-0000000000001-0-1", "FAILED", "NonZeroExitCode", 3,
                                  UnixTime(1'795'308'537'000'000), UnixTime(1'795'308'540'000'000), Bytes(),
                                  UnixTime(1'795'308'530'000'000), 0, "n[1-2]"}));
  EXPECT_EQ((*jobs)[1].name, "a|b");
  EXPECT_EQ((*jobs)[1].restarts, 1);
  EXPECT_TRUE((*jobs)[2].started_at.is_none());
  EXPECT_EQ((*jobs)[3].exit_code, 128 + 15);
}

// Shows that a listing understood by half is refused as a whole: silence about a job would be taken for its absence.
TEST(SlurmText, RefusesAHalfReadListing) {
  EXPECT_TRUE(parse_squeue("")->empty());
  EXPECT_FALSE(
      parse_squeue("1|FAILED|768|1795308537|1795308540|1795308530|0|None|n1|x\nslurm_load_jobs error\n").has_value());
  EXPECT_FALSE(parse_squeue("1|FAILED\n").has_value());
  EXPECT_FALSE(parse_sacct("1|FAILED|3|x|y|w||z\n").has_value());
  EXPECT_FALSE(parse_sinfo("batch|n1|four|2000|(null)|1:00|idle\n", {}).has_value());
}

// Shows that accounting lines are read, with a job's steps folded in for their memory. (Lines made by hand.)
TEST(SlurmText, ReadsSacct) {
  const auto jobs = parse_sacct(
      "12|CANCELLED by 1001|0:15|1795308537|1795308547|1795308530||dayan-x\n"
      "12.batch|CANCELLED|0:15|1795308537|1795308547|1795308530|159421K|batch\n"
      "13|COMPLETED|0:0|Unknown|Unknown|1795308530||dayan-y\n");
  ASSERT_TRUE(jobs.has_value());
  ASSERT_EQ(jobs->size(), 2U);
  EXPECT_EQ((*jobs)[0].state, "CANCELLED");
  EXPECT_EQ((*jobs)[0].exit_code, 143);
  EXPECT_EQ((*jobs)[0].submitted_at, UnixTime(1'795'308'530'000'000));
  EXPECT_EQ((*jobs)[0].memory_peak, Bytes(159'421LL * 1024));
  EXPECT_TRUE((*jobs)[1].started_at.is_none());
}

// Shows that a partition is as strong as its weakest usable node, and that others may be left out.
TEST(SlurmText, ReadsSinfo) {
  const std::string text =
      "batch|a1|8|2000|gpu:ascend910b:8(S:0-1)|1-00:00:00|mixed\n"
      "batch|a2|4|4000|gpu:ascend910b:2,tmp:5|1-00:00:00|idle\n"
      "batch|a3|1|1|(null)|1-00:00:00|down*\n"
      "batch|a4|1|1|(null)|1-00:00:00|idle*\n"
      "mixed|a1|8|2000|gpu:ascend910b:8|infinite|idle\n"
      "mixed|b1|8|2000|gpu:a100:8|infinite|idle\n"
      "plain|c1|8|2000|(null)|30:00|idle\n";
  const auto pools = parse_sinfo(text, {});
  ASSERT_TRUE(pools.has_value());
  ASSERT_EQ(pools->size(), 3U);
  const PoolRow& batch = (*pools)[0];
  EXPECT_EQ(batch.nodes, 2);
  EXPECT_EQ(batch.cores_per_node, Cores(4));
  EXPECT_EQ(batch.memory_per_node, Bytes(2000LL * 1024 * 1024));
  EXPECT_EQ(batch.cards_per_node, MilliCards(2000));
  EXPECT_EQ(batch.chip, "ascend910b");
  EXPECT_EQ(batch.wall_time_max, Duration::hours(24));
  EXPECT_TRUE((*pools)[1].cards_per_node.is_zero());
  EXPECT_EQ((*pools)[1].chip, "");
  EXPECT_EQ((*pools)[1].wall_time_max, wall_time_limit_max);
  EXPECT_EQ((*pools)[2].wall_time_max, Duration::minutes(30));
  EXPECT_EQ(parse_sinfo(text, {"plain"})->size(), 1U);
}

// Shows that a partition whose nodes are all down or drained is not offered, and hides no other.
TEST(SlurmText, LeavesOutAPartitionThatIsDown) {
  const auto pools = parse_sinfo(
      "batch|a1|8|2000|(null)|infinite|drained\nbatch|a2|8|2000|(null)|infinite|down*\n"
      "plain|c1|8|2000|(null)|infinite|idle\n",
      {});
  ASSERT_TRUE(pools.has_value());
  ASSERT_EQ(pools->size(), 1U);
  EXPECT_EQ(pools->front().name, "plain");
  EXPECT_TRUE(parse_sinfo("batch|a1|8|2000|(null)|infinite|down\n", {})->empty());
}

// Shows every state's meaning, and that an unknown word has none.
TEST(SlurmText, KnowsTheStates) {
  for (const char* word :
       {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"})
    EXPECT_EQ(verdict_on(word, ""), (SlurmVerdict{S::queued, O::none})) << word;
  for (const char* word : {"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING"})
    EXPECT_EQ(verdict_on(word, ""), (SlurmVerdict{S::running, O::none})) << word;
  EXPECT_EQ(verdict_on("COMPLETED", "None")->outcome, O::exited);
  EXPECT_EQ(verdict_on("FAILED", "NonZeroExitCode")->outcome, O::exited);
  EXPECT_EQ(verdict_on("FAILED", "JobLaunchFailure")->outcome, O::start_refused);
  EXPECT_EQ(verdict_on("FAILED", "BadConstraints")->outcome, O::start_refused);
  EXPECT_EQ(verdict_on("TIMEOUT", "")->outcome, O::timed_out);
  EXPECT_EQ(verdict_on("CANCELLED", "")->outcome, O::stopped);
  EXPECT_EQ(verdict_on("OUT_OF_MEMORY", "")->outcome, O::out_of_memory);
  EXPECT_EQ(verdict_on("NODE_FAIL", "")->outcome, O::lost);
  EXPECT_EQ(verdict_on("PREEMPTED", "")->outcome, O::lost);
  EXPECT_EQ(verdict_on("DEADLINE", "")->outcome, O::expired);
  EXPECT_EQ(verdict_on("BOOT_FAIL", "")->outcome, O::start_refused);
  EXPECT_EQ(verdict_on("NEW_WORD", ""), std::nullopt);
}

// Shows that a time without a zone is read in the machine's.
TEST(SlurmText, ReadsTimes) {
  EXPECT_EQ(parse_slurm_time("1795308537"), UnixTime(1'795'308'537'000'000));
  ASSERT_EQ(::setenv("TZ", "Asia/Shanghai", 1), 0);
  ::tzset();
  EXPECT_EQ(parse_slurm_time("2026-11-22T08:48:57"), UnixTime(1'795'308'537'000'000));
  ASSERT_EQ(::unsetenv("TZ"), 0);
  ::tzset();
  for (const char* text : {"N/A", "Unknown", "None", "", "2026-11-22", "99999999999999999"})
    EXPECT_TRUE(parse_slurm_time(text).is_none()) << text;
  EXPECT_EQ(parse_slurm_duration("1-02:03:04"), Duration::seconds(86'400 + 7'384));
  EXPECT_EQ(parse_slurm_duration("30:00"), Duration::minutes(30));
  EXPECT_EQ(parse_slurm_duration("90"), Duration::minutes(90));
  EXPECT_EQ(parse_slurm_duration("1-12"), Duration::hours(36));
  EXPECT_EQ(parse_slurm_duration("soon"), std::nullopt);
}

// Shows that only a refusal for good is called one, and that a lost answer leads to a look.
TEST(SlurmText, SortsComplaints) {
  const auto code = [](const char* text) { return submission_error(text).code; };
  EXPECT_EQ(code("sbatch: error: invalid partition specified: x\nsbatch: error: Batch job submission failed: Invalid "
                 "partition name specified\n"),
            ErrorCode::invalid);
  EXPECT_EQ(code("sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)"),
            ErrorCode::unavailable);
  EXPECT_EQ(code("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"),
            ErrorCode::unknown_outcome);
  EXPECT_EQ(code("sbatch: error: Batch job submission failed: Requested node configuration is not available"),
            ErrorCode::invalid);
  EXPECT_EQ(code("sbatch: error: Batch job submission failed: Invalid account or account/partition combination"),
            ErrorCode::denied);
  EXPECT_EQ(code("sbatch: error: something new"), ErrorCode::denied);
}

// Shows that roundings never cut short what was asked for.
TEST(SlurmText, RoundsUp) {
  EXPECT_EQ(minutes_up(Duration::seconds(2)), 1);
  EXPECT_EQ(minutes_up(Duration::seconds(60)), 1);
  EXPECT_EQ(minutes_up(Duration::microseconds(60'000'001)), 2);
  EXPECT_EQ(mebibytes_up(Bytes(1)), 1);
  EXPECT_EQ(mebibytes_up(Bytes(1024 * 1024)), 1);
  EXPECT_EQ(mebibytes_up(Bytes(1024 * 1024 + 1)), 2);
}

// Shows that a quoted word ends where it should.
TEST(SlurmText, QuotesWords) {
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("it's $(x)\n"), "'it'\\''s $(x)\n'");
}

// Shows that cores in use are counted as others' unless the user is ours and the name or the number too, and that a
// line that is not understood counts for nothing at all.
TEST(SlurmText, CountsOthersCores) {
  const std::string ours = engine_name({JobId(7), 0, 1});
  const std::vector<std::string> users = {"alice", "bob"};
  const std::set<std::string> none;
  const std::string listed = "11|4|alice|" + ours + "\n12|2|eve|" + ours + "\n13|8|alice|own|work\n";
  EXPECT_EQ(*parse_foreign_cores(listed, users, none), Cores(10));
  EXPECT_EQ(*parse_foreign_cores(listed, users, {"12", "13"}), Cores(2))
      << "13 is ours under another name, 12 is not alice's";
  EXPECT_EQ(*parse_foreign_cores("", users, none), Cores());
  EXPECT_EQ(parse_foreign_cores("11|many|eve|x\n", users, none).error().code, ErrorCode::corrupt);
  EXPECT_FALSE(parse_foreign_cores("11|4|eve\n", users, none).has_value());
}

// Shows that a value of scontrol's configuration is found by its whole name.
TEST(SlurmText, ReadsTheConfiguration) {
  const std::string config =
      "Configuration data as of 2026\nSlurmUserX = no\nSlurmUser               = slurm(64030)\n"
      "PrivateData             = jobs,users \nEmpty =\n";
  EXPECT_EQ(slurm_user_of(config), "slurm");
  EXPECT_EQ(config_value(config, "PrivateData"), "jobs,users");
  EXPECT_EQ(config_value(config, "Empty"), "");
  EXPECT_EQ(config_value(config, "Slurm"), "");
}

}  // namespace
}  // namespace dayan::adapters
