#include "execute/steps.h"
#include "execute/test_centre.h"

namespace dayan::execute {
namespace {

// With nothing to tell, a heartbeat goes every ten seconds, under a new sequence each time.
TEST(Report, BeatsEveryTenSeconds) {
  TestAgent agent;
  const std::vector<SendReport> beats = only<SendReport>(agent.pass(31));
  ASSERT_EQ(beats.size(), 4U);
  for (std::size_t i = 0; i < beats.size(); ++i) {
    EXPECT_TRUE(beats[i].report.reports.empty());
    EXPECT_EQ(beats[i].report.sequence, static_cast<std::int64_t>(i) + 1);
  }
}

// A report names only what changed since the hub last took one.
TEST(Report, CarriesOnlyChanges) {
  TestAgent agent;
  agent.run(test_lease(1, 1));
  agent.told.clear();
  agent.run(test_lease(2, 2));
  for (const AttemptReport& report : agent.told) EXPECT_EQ(report.attempt.job, JobId(2));
  EXPECT_FALSE(agent.told.empty());
}

// A counter alone does not make a report: it goes with the next heartbeat.
TEST(Report, LetsCountersWaitForTheHeartbeat) {
  TestAgent agent;
  agent.run(test_lease(1, 1));
  agent.pass(10);
  int reports = 0;
  for (int second = 0; second < 20; ++second) {
    agent.jobs[0].engine_run = Duration::seconds(second + 1);
    for (const SendReport& send : only<SendReport>(agent.step())) {
      ++reports;
      EXPECT_EQ(send.report.reports.size(), 1U);
    }
  }
  EXPECT_EQ(reports, 2);
}

// While a report is under way none follows; one that failed is followed, after a pause, by one that says it all
// again.
TEST(Report, RepeatsUntilTaken) {
  TestAgent agent;
  agent.hub_is_silent = true;
  const std::vector<SendReport> first = only<SendReport>(agent.step({with(test_lease(1, 1), Desired::stop, 1)}));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(only<SendReport>(agent.pass(60)).empty());
  on_report_failed(agent.state, first[0].report.sequence, agent.now);
  const std::vector<SendReport> second = only<SendReport>(agent.pass(3));
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].report.reports, first[0].report.reports);
  EXPECT_GT(second[0].report.sequence, first[0].report.sequence);
}

// A late acknowledgement of a report that was given up counts for nothing.
TEST(Report, IgnoresALateAcknowledgement) {
  TestAgent agent;
  agent.hub_is_silent = true;
  const LeaseRow lease = test_lease(1, 1);
  const std::vector<SendReport> first = only<SendReport>(agent.step({with(lease, Desired::stop, 1)}));
  ASSERT_EQ(first.size(), 1U);
  on_report_failed(agent.state, first[0].report.sequence, agent.now);
  on_report_acknowledged(agent.state, first[0].report.sequence);
  EXPECT_EQ(agent.record(lease).phase, Phase::collected);
}

// What changes while a report is under way is not taken for acknowledged with it.
TEST(Report, KeepsWhatChangedMeanwhile) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.run(lease);
  agent.pass(1);
  agent.hub_is_silent = true;
  agent.jobs[0].engine_id = "69";
  const std::vector<SendReport> sent = only<SendReport>(agent.step());
  ASSERT_EQ(sent.size(), 1U);
  agent.jobs[0].engine_id = "70";
  agent.step();
  on_report_acknowledged(agent.state, sent[0].report.sequence);
  const std::vector<SendReport> next = only<SendReport>(agent.step());
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].report.reports[0].engine_id, "70");
}

// Until the outputs are up, the hub does not hear of the end: a final report comes once, and whole.
TEST(Report, TellsTheEndOnlyWithItsOutputs) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  agent.run(lease);
  agent.jobs[0] = test_job(lease.attempt(), AttemptState::ended);
  agent.jobs[0].exit_code = 3;
  agent.pass(15);
  EXPECT_EQ(agent.told.back().state, AttemptState::running);
  EXPECT_EQ(agent.told.back().exit_code, 0);
  EXPECT_TRUE(agent.told.back().ended_at.is_none());
}

// What of the inputs had to cross is told with the next report, adds up over tries, and a crash does not forget it.
TEST(Report, TellsWhatWasFetched) {
  TestAgent agent;
  const LeaseRow lease = test_lease(1, 1);
  ASSERT_EQ(only<StageInputs>(agent.step({lease})).size(), 1U);
  on_fetched(agent.state, lease.attempt(), {Bytes(700), Duration::seconds(7)});
  on_staged(agent.state, lease.attempt(), fail(ErrorCode::unavailable, "cut off"), agent.now);
  agent.state = after_crash(agent.state);
  agent.pass(15);
  on_fetched(agent.state, lease.attempt(), {Bytes(300), Duration::seconds(3)});
  EXPECT_EQ(agent.record(lease).report().fetched, Bytes(1'000));
  EXPECT_EQ(agent.record(lease).report().fetch_time, Duration::seconds(10));
  on_staged(agent.state, lease.attempt(), {}, agent.now);
  agent.pass(15);
  EXPECT_EQ(agent.told.back().fetched, Bytes(1'000));
}

// A report is bounded: the rest goes with the next one.
TEST(Report, IsBounded) {
  TestAgent agent;
  std::vector<LeaseRow> leases;
  for (std::int64_t i = 1; i <= 1'500; ++i) leases.push_back(test_lease(i, i));
  const std::vector<SendReport> first = only<SendReport>(agent.step(leases));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].report.reports.size(), reports_max);
  const std::vector<SendReport> second = only<SendReport>(agent.step());
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].report.reports.size(), 500U);
}

// One attempt that the hub refuses does not keep the others silent: reports get smaller until it stands alone, and
// then it is given up.
TEST(Report, IsolatesWhatTheHubRefuses) {
  TestAgent agent;
  agent.hub_is_silent = true;
  std::vector<LeaseRow> changes;
  for (std::int64_t i = 1; i <= 9; ++i) changes.push_back(with(test_lease(i, i), Desired::stop, i));
  std::vector<AttemptKey> taken;
  for (int second = 0; second < 40; ++second) {
    for (const SendReport& send : only<SendReport>(agent.step(second == 0 ? changes : std::vector<LeaseRow>{}))) {
      bool refused = false;
      for (const AttemptReport& report : send.report.reports) refused = refused || report.attempt.job == JobId(4);
      if (refused) {
        on_report_refused(agent.state, send.report.sequence, agent.now);
        continue;
      }
      on_report_acknowledged(agent.state, send.report.sequence);
      for (const AttemptReport& report : send.report.reports) taken.push_back(report.attempt);
    }
  }
  EXPECT_EQ(taken.size(), 8U);
  for (const LeaseRow& lease : changes) EXPECT_EQ(agent.record(lease).phase, Phase::reported);
}

}  // namespace
}  // namespace dayan::execute
