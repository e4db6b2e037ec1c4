#include "execute/steps.h"
#include "execute/test_centre.h"

namespace dayan::execute {
namespace {

// A start of unknown outcome leads to looks: while they may still be too early nothing is ordered again; when one
// shows the attempt, it is adopted.
TEST(Observe, LooksAfterAnUnknownStart) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.order(lease);
  on_started(agent.state, lease.attempt(), fail(ErrorCode::unknown_outcome, "sbatch timed out"), agent.now);
  EXPECT_TRUE(only<StartAttempt>(agent.pass(4)).empty());
  agent.jobs = {test_job(lease.attempt(), AttemptState::queued)};
  EXPECT_TRUE(only<StartAttempt>(agent.pass(30)).empty());
  EXPECT_EQ(agent.record(lease).phase, Phase::running);
}

// When looks with enough patience do not show it, the order has failed and is given again.
TEST(Observe, OrdersAgainAfterAConclusiveLook) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.order(lease);
  on_started(agent.state, lease.attempt(), fail(ErrorCode::unknown_outcome, "sbatch timed out"), agent.now);
  EXPECT_EQ(only<StartAttempt>(agent.pass(8)).size(), 1U);
}

// A look that was asked for before the order came back proves nothing.
TEST(Observe, IgnoresALookFromBefore) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.order(lease);
  const UnixTime before = agent.now;
  agent.now = agent.now + Duration::minutes(2);
  on_started(agent.state, lease.attempt(), fail(ErrorCode::unknown_outcome, "sbatch timed out"), agent.now);
  EXPECT_TRUE(only<StartAttempt>(reconcile(agent.state, {}, Observation{before, {}}, agent.now)).empty());
  EXPECT_EQ(agent.record(lease).phase, Phase::ordered);
}

// A silent engine proves nothing: whatever the time, an attempt that may run stays, and nothing new is told.
TEST(Observe, ConcludesNothingFromSilence) {
  TestAgent agent;
  const LeaseRow ordered = test_lease(1, 1);
  const LeaseRow running = test_lease(2, 2);
  agent.order(ordered);
  on_started(agent.state, ordered.attempt(), fail(ErrorCode::unknown_outcome, "sbatch timed out"), agent.now);
  agent.run(running);
  agent.told.clear();
  agent.engine_is_silent = true;
  agent.pass(300);
  EXPECT_EQ(agent.record(ordered).phase, Phase::ordered);
  EXPECT_EQ(agent.record(running).phase, Phase::running);
  EXPECT_TRUE(agent.told.empty());
}

// A running attempt that an answering engine does not name is lost, but only after a minute; a flicker is forgiven.
TEST(Observe, LosesWhatTheEngineForgot) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.run(lease);
  const std::vector<EngineJob> there = agent.jobs;
  agent.jobs.clear();
  agent.pass(50);
  agent.jobs = there;
  agent.pass(1);
  agent.jobs.clear();
  agent.pass(50);
  EXPECT_EQ(agent.record(lease).phase, Phase::running);
  agent.pass(15);
  EXPECT_EQ(agent.record(lease).outcome, Outcome::lost);
}

// An attempt of ours without a lease is stopped when it lives and forgotten when it has ended; but not before the
// whole list of leases has been seen.
TEST(Observe, StopsOrphans) {
  TestAgent agent;
  agent.state.caught_up = false;
  agent.jobs = {test_job({JobId(8), 0, 1}, AttemptState::running), test_job({JobId(9), 0, 1}, AttemptState::ended)};
  std::vector<Action> actions = agent.step();
  EXPECT_TRUE(only<StopAttempt>(actions).empty());
  EXPECT_TRUE(only<Forget>(actions).empty());
  on_caught_up(agent.state);
  actions = agent.step();
  ASSERT_EQ(only<StopAttempt>(actions).size(), 1U);
  EXPECT_EQ(only<StopAttempt>(actions)[0].attempt.job, JobId(8));
  ASSERT_EQ(only<Forget>(actions).size(), 1U);
  EXPECT_EQ(only<Forget>(actions)[0].attempt.job, JobId(9));
}

// An orphan of the same task holds the start of a later attempt back until it is gone.
TEST(Observe, WaitsForAnOrphanOfTheTask) {
  TestAgent agent;
  agent.jobs = {test_job({JobId(1), 0, 1}, AttemptState::running)};
  const LeaseRow lease = test_lease(1, 1, 2);
  agent.step({lease});
  on_staged(agent.state, lease.attempt(), {}, agent.now);
  EXPECT_TRUE(only<StartAttempt>(agent.pass(5)).empty());
  agent.jobs.clear();
  EXPECT_EQ(only<StartAttempt>(agent.pass(2)).size(), 1U);
}

// What was taken for ended and lives after all is stopped.
TEST(Observe, StopsTheUndead) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.order(lease);
  on_started(agent.state, lease.attempt(), fail(ErrorCode::invalid, "no such account"), agent.now);
  agent.step();
  agent.jobs = {test_job(lease.attempt(), AttemptState::running)};
  EXPECT_EQ(only<StopAttempt>(agent.step()).size(), 1U);
  EXPECT_EQ(agent.record(lease).outcome, Outcome::start_refused);
}

// Counters and states never go back within an attempt, whatever the engine says next.
TEST(Observe, NeverGoesBack) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.run(lease);
  agent.jobs[0].engine_run = Duration::seconds(50);
  agent.jobs[0].wrapper_run = Duration::seconds(49);
  agent.jobs[0].memory_peak = Bytes(1'000);
  agent.step();
  agent.jobs[0] = test_job(lease.attempt(), AttemptState::queued);
  agent.jobs[0].engine_run = Duration::seconds(3);
  agent.step();
  const LeaseRecord& record = agent.record(lease);
  EXPECT_EQ(record.state, AttemptState::running);
  EXPECT_EQ(record.engine_run, Duration::seconds(50));
  EXPECT_EQ(record.wrapper_run, Duration::seconds(49));
  EXPECT_EQ(record.memory_peak, Bytes(1'000));
}

// What still waits in the engine's queue past starts_by is taken back and counts as expired, not as stopped.
TEST(Observe, TakesBackWhatQueuedTooLong) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.order(lease);
  on_started(agent.state, lease.attempt(), std::string("68"), agent.now);
  agent.jobs = {test_job(lease.attempt(), AttemptState::queued)};
  agent.now = lease.starts_by + Duration::seconds(1);
  EXPECT_EQ(only<StopAttempt>(agent.step()).size(), 1U);
  EngineJob ended = test_job(lease.attempt(), AttemptState::ended);
  ended.started_at = UnixTime();
  ended.outcome = Outcome::stopped;
  agent.jobs = {ended};
  agent.step();
  EXPECT_EQ(agent.record(lease).outcome, Outcome::expired);
}

}  // namespace
}  // namespace dayan::execute
