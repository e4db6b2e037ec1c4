#include "execute/reconcile.h"

#include "execute/steps.h"
#include "execute/test_centre.h"

namespace dayan::execute {
namespace {

// A lease goes its whole way: staged, started, run, ended, collected, reported, forgotten; each order is given once.
TEST(Reconcile, TakesALeaseItsWholeWay) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.run(lease);
  agent.jobs[0] = test_job(lease.attempt(), AttemptState::ended);
  EXPECT_EQ(only<CollectOutputs>(agent.step()).size(), 1U);
  EXPECT_TRUE(only<CollectOutputs>(agent.step()).empty());
  const OutputFile output{"stdout", sha256("hello"), Bytes(5)};
  on_collected(agent.state, lease.attempt(), Collected{{output}, ""}, agent.now);
  agent.step();
  EXPECT_EQ(agent.record(lease).phase, Phase::reported);
  ASSERT_FALSE(agent.told.empty());
  EXPECT_EQ(agent.told.back().state, AttemptState::ended);
  EXPECT_EQ(agent.told.back().outcome, Outcome::exited);
  EXPECT_EQ(agent.told.back().outputs, std::vector{output});
  EXPECT_TRUE(only<Forget>(agent.step()).empty());
  EXPECT_EQ(only<Forget>(agent.step({with(lease, Desired::ended, 2)})).size(), 1U);
  EXPECT_TRUE(agent.state.leases.empty());
}

// Before the first look nothing is staged: the engine may run the attempt already, and its folder is in use.
TEST(Reconcile, LooksBeforeItStages) {
  TestAgent agent;
  agent.engine_is_silent = true;
  EXPECT_TRUE(only<StageInputs>(agent.step({test_lease(1, 1)})).empty());
  agent.engine_is_silent = false;
  EXPECT_EQ(only<StageInputs>(agent.step()).size(), 1U);
}

// With the journal lost, a lease whose attempt runs already is adopted, not started again.
TEST(Reconcile, AdoptsWhatRuns) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.jobs = {test_job(lease.attempt(), AttemptState::running)};
  const std::vector<Action> actions = agent.step({lease});
  EXPECT_TRUE(only<StageInputs>(actions).empty());
  EXPECT_TRUE(only<StopAttempt>(actions).empty());
  EXPECT_EQ(agent.record(lease).phase, Phase::running);
}

// With the journal lost, neither a deadline nor a stop makes an attempt count as unstarted before the engine was looked
// at with its lease known: it may run, and another one would run beside it.
TEST(Reconcile, LooksBeforeItCallsAnythingUnstarted) {
  for (const bool looked_too_early : {false, true}) {
    TestAgent agent;
    agent.state.caught_up = false;
    agent.now = test_start + lease_start_allowance + Duration::seconds(5);
    const LeaseRow late = test_lease(1, 1);
    const LeaseRow stopped = with(test_lease(2, 2), Desired::stop, 2);
    agent.jobs = {test_job(late.attempt(), AttemptState::running), test_job(stopped.attempt(), AttemptState::running)};
    if (looked_too_early) agent.step();
    agent.engine_is_silent = true;
    agent.step({late, stopped});
    agent.engine_is_silent = false;
    agent.step();
    EXPECT_EQ(agent.record(late).phase, Phase::running);
    EXPECT_EQ(agent.record(stopped).phase, Phase::running);
  }
}

// A stop before the start ends the attempt as stopped, and the engine is never asked to start it.
TEST(Reconcile, StopsBeforeStart) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.step({lease});
  agent.step({with(lease, Desired::stop, 2)});
  on_staged(agent.state, lease.attempt(), {}, agent.now);  // the staging that was under way comes back too late
  EXPECT_TRUE(only<StartAttempt>(agent.pass(30)).empty());
  EXPECT_EQ(agent.told.back().outcome, Outcome::stopped);
}

// A lease that is first heard of with desired=stop is answered, so that the hub does not wait for it.
TEST(Reconcile, AnswersAStopOfAnUnknownLease) {
  TestAgent agent;
  agent.step({with(test_lease(1, 1), Desired::stop, 2)});
  ASSERT_EQ(agent.told.size(), 1U);
  EXPECT_EQ(agent.told[0].outcome, Outcome::stopped);
}

// Past starts_by an attempt that was not ordered expires; the text of the last hindrance is kept.
TEST(Reconcile, ExpiresWhenItCannotBeStaged) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  for (int i = 0; i < 700; ++i) {
    for (const StageInputs& stage :
         only<StageInputs>(agent.step(i == 0 ? std::vector{lease} : std::vector<LeaseRow>{}))) {
      on_staged(agent.state, stage.attempt, fail(ErrorCode::unavailable, "the depot does not answer"), agent.now);
    }
  }
  EXPECT_EQ(agent.told.back().outcome, Outcome::expired);
  EXPECT_EQ(agent.told.back().failure, "the depot does not answer");
  EXPECT_FALSE(agent.record(lease).has_run);
}

// What an agent may not or cannot stage refuses the start, with the text for the customer.
TEST(Reconcile, RefusesTheStartWhenStagingIsDenied) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.step({lease});
  on_staged(agent.state, lease.attempt(), fail(ErrorCode::denied, "film-studio is not mapped"), agent.now);
  agent.step();
  EXPECT_EQ(agent.told.back().outcome, Outcome::start_refused);
  EXPECT_EQ(agent.told.back().failure, "film-studio is not mapped");
}

// An engine that refuses the order ends the attempt; one that is busy is asked again, after a pause.
TEST(Reconcile, TellsRefusalFromNotNow) {
  TestAgent agent;
  const LeaseRow refused = test_lease(1, 1);
  agent.order(refused);
  on_started(agent.state, refused.attempt(), fail(ErrorCode::invalid, "no such partition"), agent.now);
  const LeaseRow busy = test_lease(2, 2);
  agent.order(busy);
  on_started(agent.state, busy.attempt(), fail(ErrorCode::unavailable, "slurmctld does not answer"), agent.now);
  EXPECT_EQ(only<StartAttempt>(agent.pass(3)).size(), 1U);
  EXPECT_EQ(agent.record(refused).outcome, Outcome::start_refused);
  EXPECT_EQ(agent.record(busy).phase, Phase::ordered);
}

// A higher attempt number fences the lower one: it is stopped, and the higher one waits until it is gone.
TEST(Reconcile, FencesTheOlderAttempt) {
  TestAgent agent;
  const LeaseRow old = test_lease(1, 1);
  agent.run(old);
  const LeaseRow young = test_lease(1, 2, 2);
  EXPECT_EQ(only<StopAttempt>(agent.step({young})).size(), 1U);
  on_staged(agent.state, young.attempt(), {}, agent.now);
  EXPECT_TRUE(only<StartAttempt>(agent.pass(20)).empty());
  agent.jobs[0] = test_job(old.attempt(), AttemptState::ended);
  EXPECT_EQ(only<StartAttempt>(agent.pass(2)).size(), 1U);
  EXPECT_EQ(agent.record(old).phase, Phase::reported);  // its usage went as evidence
}

// An order to stop is repeated until the engine shows the end.
TEST(Reconcile, RepeatsAStop) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.run(lease);
  agent.step({with(lease, Desired::stop, 2)});
  EXPECT_EQ(only<StopAttempt>(agent.pass(30)).size(), 3U);
  agent.jobs[0] = test_job(lease.attempt(), AttemptState::ended);
  EXPECT_TRUE(only<StopAttempt>(agent.pass(30)).empty());
}

// What runs past the end of its lease is stopped from here, should the engine's own limit have failed.
TEST(Reconcile, StopsOvertime) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.run(lease);
  agent.now = lease.ends_at;
  EXPECT_TRUE(only<StopAttempt>(agent.step()).empty());
  agent.now = lease.ends_at + overtime_patience + Duration::seconds(1);
  EXPECT_EQ(only<StopAttempt>(agent.step()).size(), 1U);
}

// Outputs that cannot go up now are tried again; outputs that never will be do not hold the end back.
TEST(Reconcile, CollectsAgainOrGoesWithout) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.run(lease);
  agent.jobs[0] = test_job(lease.attempt(), AttemptState::ended);
  agent.step();
  on_collected(agent.state, lease.attempt(), fail(ErrorCode::unavailable, "no route"), agent.now);
  EXPECT_EQ(only<CollectOutputs>(agent.pass(3)).size(), 1U);
  EXPECT_NE(agent.told.back().state, AttemptState::ended);
  on_collected(agent.state, lease.attempt(), fail(ErrorCode::exhausted, "the quota is full"), agent.now);
  agent.step();
  EXPECT_EQ(agent.told.back().outcome, Outcome::exited);
  EXPECT_EQ(agent.told.back().failure, "outputs could not be fetched: the quota is full");
}

// After 410 the list is read again; a lease that the hub does not name any more is over, but not before the end of
// it.
TEST(Reconcile, ReadsTheFullListAgain) {
  TestAgent agent;
  const LeaseRow kept = test_lease(1, 5);
  const LeaseRow gone = test_lease(2, 6);
  agent.run(kept);
  agent.run(gone);
  on_full_list_needed(agent.state);
  EXPECT_EQ(agent.state.lease_sequence, 0);
  LeaseRow again = kept;
  again.sequence = 2;
  EXPECT_TRUE(only<StopAttempt>(agent.step({again})).empty());
  on_caught_up(agent.state);
  const std::vector<StopAttempt> stops = only<StopAttempt>(agent.step());
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].attempt, gone.attempt());
  EXPECT_EQ(agent.record(kept).lease.desired, Desired::run);
}

// A watch answer that comes twice does not bring a forgotten lease back to life.
TEST(Reconcile, DoesNotReviveWhatWasForgotten) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.step({lease, with(lease, Desired::stop, 2)});
  agent.step({with(lease, Desired::ended, 3)});
  agent.step();
  ASSERT_TRUE(agent.state.leases.empty());
  EXPECT_TRUE(only<StageInputs>(agent.step({lease})).empty());
  EXPECT_TRUE(agent.state.leases.empty());
}

// Actions come in the order of attempts, whatever the order in which the leases came.
TEST(Reconcile, ActsInOrderOfAttempt) {
  TestAgent agent;
  const std::vector<StageInputs> stages =
      only<StageInputs>(agent.step({test_lease(3, 1), test_lease(1, 2), test_lease(2, 3)}));
  ASSERT_EQ(stages.size(), 3U);
  EXPECT_LT(stages[0].attempt, stages[1].attempt);
  EXPECT_LT(stages[1].attempt, stages[2].attempt);
}

// Whatever bytes an engine writes as its failure, what is kept is short, valid UTF-8 without control characters.
TEST(Reconcile, ShowsOnlyCleanText) {
  EXPECT_EQ(shown_text("a\nb\x1b[31m"), "a b [31m");
  EXPECT_EQ(shown_text("\xff\xc3\xa9\xc3"), "?\xc3\xa9?");
  EXPECT_EQ(shown_text("\xed\xa0\x80"), "???");
  EXPECT_EQ(shown_text(std::string(5'000, 'x')).size(), shown_text_max);
}

LeaseRow taken_back(LeaseRow lease, UnixTime at, std::int64_t sequence) {
  lease.reclaimed_at = at;
  lease.sequence = sequence;
  return lease;
}

TEST(Reconcile, WhatIsTakenBackIsToldAndEndedWithItsNotice) {
  // Told once; not ended a moment before the notice is over, by the clock of whoever told it; then stopped. What
  // becomes of it is that it was taken back, and its outputs are collected.
  TestAgent agent;
  LeaseRow lease = test_lease(1, 1);
  lease.wall_time = Duration::hours(5);
  lease.ends_at = lease.starts_by + lease.wall_time;
  agent.run(lease);
  EXPECT_EQ(only<GiveNotice>(agent.step({taken_back(lease, agent.now, 2)})).size(), 1U);
  EXPECT_TRUE(only<GiveNotice>(agent.pass(5)).empty()) << "it is under way";
  on_notice_given(agent.state, lease.attempt(), {}, agent.now);
  const UnixTime told = agent.now;
  const auto notice = static_cast<int>(reclaim_notice.seconds_up());
  const auto before = agent.pass(notice);
  EXPECT_TRUE(only<GiveNotice>(before).empty());
  EXPECT_TRUE(only<StopAttempt>(before).empty());
  EXPECT_EQ(agent.now, told + reclaim_notice);
  EXPECT_EQ(only<StopAttempt>(agent.step()).size(), 1U);
  agent.jobs.front() = test_job(lease.attempt(), AttemptState::ended);
  agent.jobs.front().outcome = Outcome::stopped;
  EXPECT_EQ(only<CollectOutputs>(agent.step()).size(), 1U);
  on_collected(agent.state, lease.attempt(), Collected{}, agent.now);
  agent.pass(1);
  EXPECT_EQ(agent.told.back().outcome, Outcome::reclaimed);
}

TEST(Reconcile, WhoeverEndsWithinTheNoticeSaysHow) {
  // With success it has succeeded; with any other exit code it had to go.
  for (const int exit_code : {0, 9}) {
    TestAgent agent;
    const LeaseRow lease = test_lease(1, 1);
    agent.run(lease);
    agent.step({taken_back(lease, agent.now, 2)});
    on_notice_given(agent.state, lease.attempt(), {}, agent.now);
    agent.jobs.front() = test_job(lease.attempt(), AttemptState::ended);
    agent.jobs.front().exit_code = exit_code;
    agent.step();
    on_collected(agent.state, lease.attempt(), Collected{}, agent.now);
    agent.pass(1);
    EXPECT_EQ(agent.told.back().outcome, exit_code == 0 ? Outcome::exited : Outcome::reclaimed);
  }
}

TEST(Reconcile, ANoticeThatDidNotArriveIsGivenAgain) {
  // And the time until then is not taken from the task; one that can never be told counts as told.
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.run(lease);
  agent.step({taken_back(lease, agent.now, 2)});
  on_notice_given(agent.state, lease.attempt(), fail(ErrorCode::unavailable, "busy"), agent.now);
  EXPECT_EQ(only<GiveNotice>(agent.pass(4)).size(), 1U);
  EXPECT_TRUE(only<StopAttempt>(agent.pass(200)).empty());
  on_notice_given(agent.state, lease.attempt(), fail(ErrorCode::denied, "no signals here"), agent.now);
  EXPECT_EQ(only<StopAttempt>(agent.pass(121)).size(), 1U);
}

TEST(Reconcile, WhatHasNotBegunNeedsNoNotice) {
  // Before the order it is simply not started; in the engine's queue it is taken out of it, once the engine has shown it
  // there since. What was in the queue when the engine was asked before may have begun, and then has its notice.
  TestAgent unstarted;
  const LeaseRow lease = test_lease(1, 1);
  unstarted.step({lease});
  unstarted.step({taken_back(lease, unstarted.now, 2)});
  unstarted.pass(1);
  EXPECT_EQ(unstarted.told.back().outcome, Outcome::reclaimed);

  for (const bool has_begun : {false, true}) {
    TestAgent queued;
    queued.order(lease);
    on_started(queued.state, lease.attempt(), std::string("68"), queued.now);
    queued.jobs.push_back(test_job(lease.attempt(), AttemptState::queued));
    queued.step();
    const auto actions = queued.step({taken_back(lease, queued.now, 2)});
    EXPECT_TRUE(only<GiveNotice>(actions).empty());
    EXPECT_TRUE(only<StopAttempt>(actions).empty());
    if (has_begun) queued.jobs.front() = test_job(lease.attempt(), AttemptState::running);
    const auto after = queued.step();
    EXPECT_EQ(only<GiveNotice>(after).size(), has_begun ? 1U : 0U);
    EXPECT_EQ(only<StopAttempt>(after).size(), has_begun ? 0U : 1U);
  }
}

}  // namespace
}  // namespace dayan::execute
