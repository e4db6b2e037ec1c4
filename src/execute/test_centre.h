#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "execute/reconcile.h"

/// What the tests of reconcile() share: a lease as the hub would grant it, and a hand-driven agent.

namespace dayan::execute {

inline constexpr UnixTime test_start = UnixTime(1'800'000'000'000'000);

inline LeaseRow test_lease(std::int64_t job, std::int64_t sequence, std::int32_t number = 1) {
  LeaseRow lease;
  lease.job = JobId(job);
  lease.number = number;
  lease.pool = "batch";
  lease.organisation = "film-studio";
  lease.wall_time = Duration::minutes(10);
  lease.granted_at = test_start;
  lease.starts_by = test_start + lease_start_allowance;
  lease.ends_at = lease.starts_by + lease.wall_time;
  lease.sequence = sequence;
  return lease;
}

inline EngineJob test_job(const AttemptKey& attempt, AttemptState state) {
  EngineJob job;
  job.attempt = attempt;
  job.engine_id = "68";
  job.state = state;
  if (state >= AttemptState::running) job.started_at = test_start + Duration::seconds(5);
  if (state == AttemptState::ended) {
    job.outcome = Outcome::exited;
    job.ended_at = test_start + Duration::seconds(9);
  }
  return job;
}

template <class A>
std::vector<A> only(const std::vector<Action>& actions) {
  std::vector<A> found;
  for (const Action& action : actions) {
    if (const A* wanted = std::get_if<A>(&action)) found.push_back(*wanted);
  }
  return found;
}

/// An agent driven step by step: time is `now`, the engine's answer is `jobs`, and every report is acknowledged
/// unless `hub_is_silent`.
struct TestAgent {
  AgentState state;
  UnixTime now = test_start;
  std::vector<EngineJob> jobs;
  bool engine_is_silent = false;
  bool hub_is_silent = false;
  std::vector<AttemptReport> told;  ///< all reports that were sent

  TestAgent() { on_caught_up(state); }

  std::vector<Action> step(const std::vector<LeaseRow>& changes = {}) {
    std::optional<Observation> observed;
    if (!engine_is_silent) observed = Observation{now, jobs};
    std::vector<Action> actions = reconcile(state, changes, observed, now);
    for (const SendReport& send : only<SendReport>(actions)) {
      told.insert(told.end(), send.report.reports.begin(), send.report.reports.end());
      if (!hub_is_silent) on_report_acknowledged(state, send.report.sequence);
    }
    now = now + Duration::seconds(1);
    return actions;
  }
  /// Steps until `seconds` have passed; all actions.
  std::vector<Action> pass(int seconds) {
    std::vector<Action> all;
    for (int i = 0; i < seconds; ++i) {
      for (Action& action : step()) all.push_back(std::move(action));
    }
    return all;
  }
  /// Brings a lease to `ordered`: staged, and its start order given.
  void order(const LeaseRow& lease) {
    ASSERT_EQ(only<StageInputs>(step({lease})).size(), 1U);
    on_staged(state, lease.attempt(), {}, now);
    ASSERT_EQ(only<StartAttempt>(step()).size(), 1U);
  }
  void run(const LeaseRow& lease) {
    order(lease);
    on_started(state, lease.attempt(), std::string("68"), now);
    jobs.push_back(test_job(lease.attempt(), AttemptState::running));
    step();
  }
  [[nodiscard]] LeaseRecord& record(const LeaseRow& lease) {
    LeaseRecord* found = find(state, lease.attempt());
    EXPECT_NE(found, nullptr);
    return *found;
  }
};

inline LeaseRow with(LeaseRow lease, Desired desired, std::int64_t sequence) {
  lease.desired = desired;
  lease.sequence = sequence;
  return lease;
}

}  // namespace dayan::execute
