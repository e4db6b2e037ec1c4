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

// Shows that stamps that Slurm contradicts are no figure at all, so that the engine's counts.
TEST(SlurmJudge, DoesNotBelieveForgedStamps) {
  SlurmEvidence evidence = ran("COMPLETED", 0);
  evidence.now = at(4'000);
  evidence.job->ended_at = at(3'610);
  evidence.stamps = {at(11), at(12), 0, false};
  EXPECT_EQ(judge(evidence)->wrapper_run, Duration());
  EXPECT_EQ(judge(evidence)->engine_run, Duration::seconds(3'600));
  evidence.stamps = {at(3'608), at(3'609), 0, false};
  EXPECT_EQ(judge(evidence)->wrapper_run, Duration());
  evidence.stamps = {at(3'608), UnixTime(), std::nullopt, false};
  EXPECT_EQ(judge(evidence)->wrapper_run, Duration());
  evidence.stamps = {at(70), at(3'550), 0, false};
  EXPECT_EQ(judge(evidence)->wrapper_run, Duration::seconds(3'480));
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

// Shows what the wrapper's own refusals mean.
TEST(SlurmJudge, ReadsTheWrappersRefusals) {
  const auto refused = [](int code) {
    SlurmEvidence evidence = ran("FAILED", code);
    evidence.stamps = {};
    return evidence;
  };
  EXPECT_EQ(judge(refused(wrapper_too_late))->outcome, Outcome::expired);
  EXPECT_EQ(judge(refused(wrapper_second_start))->outcome, Outcome::lost);
  EXPECT_EQ(judge(refused(wrapper_cannot_write))->outcome, Outcome::start_refused);
  EXPECT_EQ(judge(ran("FAILED", wrapper_too_late))->outcome, Outcome::exited);  // the job's own code
  SlurmEvidence pretender = refused(wrapper_second_start);
  pretender.job->ended_at = at(3'000);
  EXPECT_EQ(judge(pretender)->outcome, Outcome::exited);  // nor does one that hides its end go uncharged
}

// Shows that a job that Slurm has forgotten is known by its stamps, and lost without them.
TEST(SlurmJudge, JudgesWhatSlurmHasForgotten) {
  const auto job = judge(forgotten(3));
  EXPECT_EQ(job->outcome, Outcome::exited);
  EXPECT_EQ(job->exit_code, 3);
  EXPECT_EQ(job->wrapper_run, Duration::seconds(8));
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
