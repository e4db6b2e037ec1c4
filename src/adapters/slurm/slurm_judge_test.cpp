#include "adapters/slurm/slurm_judge.h"

#include <gtest/gtest.h>

#include "adapters/slurm/slurm_script.h"

namespace dayan::adapters {
namespace {

constexpr UnixTime at(std::int64_t seconds) { return UnixTime((1'795'308'500 + seconds) * 1'000'000); }

/// A job that ran from second 10 to 20 and is looked at in second 30.
SlurmEvidence ran(const char* state, std::int32_t exit_code, const char* reason = "None") {
  SlurmEvidence evidence;
  evidence.attempt = {JobId(7), 0, 1};
  evidence.now = at(30);
  evidence.engine_id = "5";
  evidence.starts_by = at(60);
  evidence.wall_time = Duration::seconds(100);
  evidence.job = SlurmJob{"5", "dayan-0000000000007-0-1", state, reason, exit_code, at(10), at(20), Bytes()};
  evidence.stamps = {at(11), at(19), exit_code, false};
  return evidence;
}

/// The same after Slurm has forgotten it.
SlurmEvidence forgotten(std::int32_t exit_code) {
  SlurmEvidence evidence = ran("", exit_code);
  evidence.job.reset();
  return evidence;
}

// Shows that both clocks are reported beside each other.
TEST(SlurmJudge, ReportsAnExit) {
  const auto job = judge(ran("FAILED", 3));
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->state, AttemptState::ended);
  EXPECT_EQ(job->outcome, Outcome::exited);
  EXPECT_EQ(job->exit_code, 3);
  EXPECT_EQ(job->engine_run, Duration::seconds(10));
  EXPECT_EQ(job->wrapper_run, Duration::seconds(8));
}

// Shows that a running job's times are cumulative up to now, whatever end Slurm forecasts.
TEST(SlurmJudge, ReportsARun) {
  SlurmEvidence evidence = ran("RUNNING", 0);
  evidence.stamps = {at(11), UnixTime(), std::nullopt, false};
  evidence.job->ended_at = at(9'999);
  const auto job = judge(evidence);
  EXPECT_EQ(job->state, AttemptState::running);
  EXPECT_EQ(job->outcome, Outcome::none);
  EXPECT_EQ(job->engine_run, Duration::seconds(20));
  EXPECT_EQ(job->wrapper_run, Duration());  // its figure is judged at the end
  EXPECT_TRUE(job->ended_at.is_none());
}

// Shows that 124 is a time limit only when the time was over.
TEST(SlurmJudge, TellsATimeLimitFromAnExitCode) {
  SlurmEvidence evidence = ran("FAILED", 124);
  EXPECT_EQ(judge(evidence)->outcome, Outcome::exited);
  evidence.wall_time = Duration::seconds(11);
  EXPECT_EQ(judge(evidence)->outcome, Outcome::exited);
  evidence.wall_time = Duration::seconds(8);
  EXPECT_EQ(judge(evidence)->outcome, Outcome::timed_out);
  EXPECT_EQ(judge(ran("TIMEOUT", 0))->outcome, Outcome::timed_out);
}

// Shows that a death for memory is told from any other, with and without control groups.
TEST(SlurmJudge, TellsOutOfMemory) {
  EXPECT_EQ(judge(ran("OUT_OF_MEMORY", 137))->outcome, Outcome::out_of_memory);
  SlurmEvidence evidence = ran("FAILED", 137, "JobLaunchFailure");
  evidence.stamps = {at(11), UnixTime(), std::nullopt, false};
  EXPECT_EQ(judge(evidence)->outcome, Outcome::exited);
  evidence.stderr_tail = "slurmstepd-ad1: error: Exceeded job memory limit\n";
  EXPECT_EQ(judge(evidence)->outcome, Outcome::out_of_memory);
  EXPECT_EQ(judge(evidence)->wrapper_run, Duration::seconds(9));
}

// Shows that who waited and was cancelled gets another try, and that nobody goes uncharged by cancelling itself, not
// even when it removes its stamps.
TEST(SlurmJudge, TellsWhoCancelled) {
  SlurmEvidence evidence = ran("CANCELLED", 143);
  EXPECT_EQ(judge(evidence)->outcome, Outcome::stopped);
  EXPECT_EQ(judge(evidence)->failure, "cancelled while it ran, not by order");
  evidence.stamps = {};
  EXPECT_EQ(judge(evidence)->outcome, Outcome::stopped);
  EXPECT_EQ(judge(evidence)->engine_run, Duration::seconds(10));
  evidence.job->started_at = evidence.job->ended_at;
  EXPECT_EQ(judge(evidence)->outcome, Outcome::lost);
  evidence.asked_to_stop = true;
  EXPECT_EQ(judge(evidence)->outcome, Outcome::stopped);
}

// Shows that stamps make Slurm's figure finer, by two seconds or half of it or the site's own overhead, and no more,
// whatever the job has written there and whatever the node's clock says.
TEST(SlurmJudge, BelievesStampsAsFarAsTheyAreFiner) {
  SlurmEvidence evidence = ran("COMPLETED", 0);
  evidence.now = at(4'000);
  evidence.job->ended_at = at(3'610);
  const auto counted = [&](std::int64_t from, std::int64_t to) {
    evidence.stamps = {at(from), at(to), 0, false};
    const auto job = judge(evidence);
    EXPECT_EQ(job->engine_run, Duration::seconds(3'600));
    return job->wrapper_run;
  };
  EXPECT_EQ(counted(11, 3'610), Duration::seconds(3'599));
  EXPECT_EQ(counted(5'011, 8'610), Duration::seconds(3'599)) << "a clock that is wrong counts seconds all the same";
  EXPECT_EQ(counted(11, 12), Duration::seconds(3'598)) << "forged";
  EXPECT_EQ(counted(3'608, 3'609), Duration::seconds(3'598));
  EXPECT_EQ(counted(70, 3'550), Duration::seconds(3'598));
  evidence.stamps = {at(3'608), UnixTime(), std::nullopt, false};
  EXPECT_EQ(judge(evidence)->wrapper_run, Duration::seconds(3'598));
  evidence.overhead = Duration::seconds(30);
  EXPECT_EQ(counted(35, 3'610), Duration::seconds(3'575)) << "a prologue of 25 s";
  EXPECT_EQ(counted(11, 12), Duration::seconds(3'570));
  evidence.job->ended_at = at(13);
  evidence.stamps = {at(11), UnixTime(at(11).microseconds() + 1), 0, false};
  EXPECT_EQ(judge(evidence)->wrapper_run, Duration::milliseconds(1'500)) << "half of what Slurm says, at least";
  evidence.job->ended_at = at(3'610);
  evidence.overhead = Duration();
  // The time limit is told from an exit code all the same.
  evidence.stamps = {at(11), at(12), 124, false};
  evidence.job->state = "FAILED";
  evidence.job->exit_code = 124;
  evidence.wall_time = Duration::seconds(3'600);
  EXPECT_EQ(judge(evidence)->outcome, Outcome::timed_out);
}

// Shows that the time in which Slurm cleans up behind a job is not counted as the job's.
TEST(SlurmJudge, CountsACompletingJobUntilItsEnd) {
  SlurmEvidence evidence = ran("COMPLETING", 0);
  evidence.stamps = {at(11), UnixTime(), std::nullopt, false};
  EXPECT_EQ(judge(evidence)->state, AttemptState::running);
  EXPECT_EQ(judge(evidence)->engine_run, Duration::seconds(10));
  EXPECT_TRUE(judge(evidence)->ended_at.is_none());
  evidence.job->ended_at = UnixTime();
  EXPECT_EQ(judge(evidence)->engine_run, Duration::seconds(20));
}

// Shows that what never ran has run for no time.
TEST(SlurmJudge, CountsNothingForWhatNeverRan) {
  SlurmEvidence evidence = ran("DEADLINE", 0);
  evidence.stamps = {};
  evidence.job->started_at = evidence.job->ended_at;
  const auto job = judge(evidence);
  EXPECT_EQ(job->outcome, Outcome::expired);
  EXPECT_EQ(job->engine_run, Duration());
  EXPECT_TRUE(job->started_at.is_none());
  evidence.job->state = "FAILED";
  evidence.job->reason = "BadConstraints";
  EXPECT_EQ(judge(evidence)->outcome, Outcome::start_refused);
}

// Shows what the wrapper's own refusals mean; that one that ran for longer than a refusal takes has only chosen the
// exit code; and that who had itself requeued is charged for what ran before.
TEST(SlurmJudge, ReadsTheWrappersRefusals) {
  const auto refused = [](int code, std::int64_t ended_at = 11) {
    SlurmEvidence evidence = ran("FAILED", code);
    evidence.job->ended_at = at(ended_at);
    evidence.stamps = {};
    return evidence;
  };
  EXPECT_EQ(judge(refused(wrapper_too_late))->outcome, Outcome::expired);
  EXPECT_EQ(judge(refused(wrapper_second_start))->outcome, Outcome::lost);
  EXPECT_EQ(judge(refused(wrapper_cannot_write))->outcome, Outcome::start_refused);
  EXPECT_EQ(judge(ran("FAILED", wrapper_too_late))->outcome, Outcome::exited) << "the job's own code";
  for (const int code : {wrapper_too_late, wrapper_second_start, wrapper_cannot_write})
    EXPECT_EQ(judge(refused(code, 16))->outcome, Outcome::exited) << code;
  SlurmEvidence requeued = refused(wrapper_second_start);
  requeued.stamps.started_at = at(1);
  EXPECT_EQ(judge(requeued)->outcome, Outcome::stopped);
  requeued.stamps = {};
  requeued.job->restarts = 1;
  EXPECT_EQ(judge(requeued)->outcome, Outcome::stopped);
}

// Shows that a job that Slurm has forgotten is known by its stamps, and lost without them.
TEST(SlurmJudge, JudgesWhatSlurmHasForgotten) {
  const auto job = judge(forgotten(3));
  EXPECT_EQ(job->outcome, Outcome::exited);
  EXPECT_EQ(job->exit_code, 3);
  EXPECT_EQ(job->engine_run, Duration::seconds(8));
  EXPECT_EQ(job->wrapper_run, Duration()) << "it must not make less of what Slurm told before";
  SlurmEvidence evidence = forgotten(0);
  evidence.stamps = {at(11), UnixTime(), std::nullopt, false};
  EXPECT_EQ(judge(evidence)->outcome, Outcome::lost);
}

// Shows that an order whose fate is unknown is neither reported nor given up before its time.
TEST(SlurmJudge, WaitsForAnUncertainSubmission) {
  SlurmEvidence evidence = forgotten(0);
  evidence.stamps = {};
  evidence.engine_id.clear();
  EXPECT_FALSE(judge(evidence).has_value());
  evidence.now = at(61);
  EXPECT_EQ(judge(evidence)->outcome, Outcome::expired);
  evidence.now = at(30);
  evidence.asked_to_stop = true;
  EXPECT_EQ(judge(evidence)->outcome, Outcome::stopped);
}

// Shows that a state that this program does not know ends nothing.
TEST(SlurmJudge, EndsNothingForAnUnknownState) {
  const auto job = judge(ran("NEW_WORD", 0));
  EXPECT_EQ(job->state, AttemptState::queued);
  EXPECT_EQ(job->failure, "Slurm says NEW_WORD");
}

}  // namespace
}  // namespace dayan::adapters
