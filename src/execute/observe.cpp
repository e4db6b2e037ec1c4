#include <algorithm>

#include "execute/steps.h"

namespace dayan::execute {

namespace {

/// Counters and states only go forward within an attempt: an engine that forgets does not make us forget.
void take_progress(LeaseRecord& record, const EngineJob& job) {
  if (!job.engine_id.empty()) record.engine_id = shown_text(job.engine_id);
  if (record.started_at.is_none()) record.started_at = job.started_at;
  record.engine_run = std::max(record.engine_run, job.engine_run);
  record.wrapper_run = std::max(record.wrapper_run, job.wrapper_run);
  record.memory_peak = std::max(record.memory_peak, job.memory_peak);
  record.nodes = job.nodes;
  const bool starts = record.state < AttemptState::queued;
  record.state = std::max(starts ? AttemptState::queued : record.state, job.state);
}

/// Ended because it was told that its room is taken back, or because that was so. Success is success, and its own time
/// limit or memory ended it for reasons of its own.
bool ended_as_taken_back(const LeaseRecord& record) {
  if (!is_taken_back(record)) return false;
  if (record.outcome == Outcome::stopped) return !record.stop_ordered_at.is_none() || !record.told_at.is_none();
  return record.outcome == Outcome::exited && record.exit_code != 0 && !record.told_at.is_none();
}

void take_end(LeaseRecord& record, const EngineJob& job, UnixTime now) {
  enter(record, Phase::ended);
  record.outcome = job.outcome == Outcome::none ? Outcome::lost : job.outcome;
  const bool left_in_queue = record.started_at.is_none() && now > record.lease.starts_by;
  if (record.outcome == Outcome::stopped && record.lease.desired == Desired::run && left_in_queue) {
    record.outcome = Outcome::expired;
  }
  record.exit_code = job.exit_code;
  if (ended_as_taken_back(record)) record.outcome = Outcome::reclaimed;
  record.failure = shown_text(job.failure);
  record.ended_at = job.ended_at.is_none() ? now : job.ended_at;
}

void show(LeaseRecord& record, const EngineJob& job, UnixTime asked_at, UnixTime now, std::vector<Action>& actions) {
  if (record.phase >= Phase::ended) {
    // We took it for ended (stopped, refused, lost), and it lives: it must not.
    if (job.state != AttemptState::ended) actions.emplace_back(StopAttempt{record.attempt()});
    return;
  }
  record.absent_since = UnixTime();
  record.shown_at = asked_at;
  change_record(record, [&](LeaseRecord& r) {
    if (r.phase != Phase::running) enter(r, Phase::running);
    r.has_run = true;
    r.failure.clear();
    take_progress(r, job);
    if (job.state == AttemptState::ended) take_end(r, job, now);
  });
}

/// The engine answered and does not have it: after enough patience the order is known to have failed.
void miss_ordered(AgentState& state, LeaseRecord& record, UnixTime asked_at, UnixTime now) {
  if (record.under_way) return;
  if (record.unknown_since.is_none()) record.unknown_since = now;
  if (asked_at - record.unknown_since < look_patience) return;
  record.unknown_since = UnixTime();
  if (record.retries >= start_retries_max) {
    end_unstarted(record, Outcome::start_refused,
                  "the engine did not have it after " + std::to_string(record.retries) + " start orders", now);
  } else if (want_of(state, record) != Want::run) {
    end_unstarted(record, Outcome::stopped, "stopped before it was started", now);
  } else if (is_taken_back(record)) {
    end_unstarted(record, Outcome::reclaimed, "its room was taken back before it was started", now);
  } else {
    record.phase = Phase::staged;
    retry_later(record, now);
  }
}

void miss_running(LeaseRecord& record, UnixTime asked_at, UnixTime now) {
  if (record.absent_since.is_none()) record.absent_since = now;
  const bool stopped = !record.stop_ordered_at.is_none();
  if (asked_at - record.absent_since < (stopped ? look_patience : absence_patience)) return;
  change_record(record, [&](LeaseRecord& r) {
    enter(r, Phase::ended);
    r.state = AttemptState::ended;
    r.outcome = stopped ? Outcome::stopped : Outcome::lost;
    if (ended_as_taken_back(r)) r.outcome = Outcome::reclaimed;
    r.failure = stopped ? "stopped; the engine no longer knows it" : "the engine no longer knows it";
    r.ended_at = now;
  });
}

void meet_stranger(AgentState& state, const EngineJob& job, std::vector<Action>& actions) {
  const bool alive = job.state != AttemptState::ended;
  state.strangers.push_back(job.attempt);
  if (alive) state.orphans.push_back(job.attempt);
  if (!state.caught_up) return;  // its lease may be in the part of the list that has not come yet
  if (alive) {
    actions.emplace_back(StopAttempt{job.attempt});
  } else {
    actions.emplace_back(Forget{job.attempt});
  }
}

}  // namespace

void observe(AgentState& state, const Observation& observed, UnixTime now, std::vector<Action>& actions) {
  state.looked = true;
  state.looked_at = observed.asked_at;
  state.strangers.clear();
  state.orphans.clear();
  std::vector<const EngineJob*> jobs;
  for (const EngineJob& job : observed.jobs) jobs.push_back(&job);
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const EngineJob* a, const EngineJob* b) { return a->attempt < b->attempt; });
  for (const EngineJob* job : jobs) {
    LeaseRecord* record = find(state, job->attempt);
    if (record != nullptr) {
      show(*record, *job, observed.asked_at, now, actions);
    } else {
      meet_stranger(state, *job, actions);
    }
  }
  for (LeaseRecord& record : state.leases) {
    const auto place =
        std::lower_bound(jobs.begin(), jobs.end(), record.attempt(),
                         [](const EngineJob* job, const AttemptKey& key) { return job->attempt < key; });
    if (place != jobs.end() && (*place)->attempt == record.attempt()) continue;
    if (record.phase == Phase::ordered) miss_ordered(state, record, observed.asked_at, now);
    if (record.phase == Phase::running) miss_running(record, observed.asked_at, now);
  }
}

}  // namespace dayan::execute
