#include <algorithm>
#include <utility>

#include "execute/steps.h"

namespace dayan::execute {

namespace {

bool same_task(const AttemptKey& a, const AttemptKey& b) { return a.job == b.job && a.task == b.task; }

/// Is an older attempt of the same task still there, or may it be? Two attempts of a task never run side by side.
bool older_may_be_alive(const AgentState& state, const LeaseRecord& record) {
  for (const LeaseRecord* other = &record; other != state.leases.data();) {
    --other;
    if (!same_task(other->attempt(), record.attempt())) break;
    if (may_be_alive(other->phase)) return true;
  }
  return std::any_of(state.orphans.begin(), state.orphans.end(), [&](const AttemptKey& orphan) {
    return same_task(orphan, record.attempt()) && orphan.number < record.lease.number;
  });
}

/// The last look showed it before the watch brought its lease: the next look takes it over.
bool is_stranger(const AgentState& state, const LeaseRecord& record) {
  return std::find(state.strangers.begin(), state.strangers.end(), record.attempt()) != state.strangers.end();
}

/// Before the start order: may it still be started?
bool ended_before_start(LeaseRecord& record, Want want, UnixTime now) {
  if (want != Want::run) {
    end_unstarted(record, Outcome::stopped, "stopped before it was started", now);
    return true;
  }
  if (is_taken_back(record)) {
    end_unstarted(record, Outcome::reclaimed, "its room was taken back before it was started", now);
    return true;
  }
  if (now > record.lease.starts_by) {
    end_unstarted(
        record, Outcome::expired,
        record.failure.empty() ? "it could not be started by " + to_text(record.lease.starts_by) : record.failure,
        now);
    return true;
  }
  return false;
}

bool is_due(const LeaseRecord& record, UnixTime now) { return !record.under_way && now >= record.retry_at; }

/// Whoever waits in the engine's queue has nothing to save, and needs no notice. What is known of it may be old: it may
/// have begun since. So the engine must have shown it there after it was taken back.
bool needs_notice(const LeaseRecord& record, Want want) {
  if (want != Want::run || !is_taken_back(record)) return false;
  const bool is_shown = !record.shown_at.is_none() && record.shown_at >= record.taking_back_seen_at;
  return record.state != AttemptState::queued || !is_shown;
}

void give_notice_when_due(LeaseRecord& record, Want want, UnixTime now, std::vector<Action>& actions) {
  if (!needs_notice(record, want) || !record.told_at.is_none()) return;
  if (record.state == AttemptState::queued) return;  // the next look tells whether it has begun
  if (record.notice_under_way || now < record.notice_retry_at) return;
  record.notice_under_way = true;
  actions.push_back(GiveNotice{record.attempt()});
}

bool is_notice_over(const LeaseRecord& record, Want want, UnixTime now) {
  if (!is_taken_back(record)) return false;
  return !needs_notice(record, want) || (!record.told_at.is_none() && now >= record.told_at + reclaim_notice);
}

void stop_when_due(LeaseRecord& record, Want want, UnixTime now, std::vector<Action>& actions) {
  const bool too_late_in_queue = record.state == AttemptState::queued && now > record.lease.starts_by;
  const bool overtime = now > record.lease.ends_at + overtime_patience;
  if (want == Want::run && !overtime && !too_late_in_queue && !is_notice_over(record, want, now)) return;
  if (!record.stop_ordered_at.is_none() && now - record.stop_ordered_at < stop_repeat) return;
  record.stop_ordered_at = now;
  actions.push_back(StopAttempt{record.attempt()});
}

void collect_when_due(LeaseRecord& record, Want want, UnixTime now, std::vector<Action>& actions) {
  if (want == Want::over || !record.has_run || may_retry(record.outcome)) {
    // Nobody waits for the outputs any more, or they come of another attempt: what is not charged is not delivered. The
    // usage still goes, as evidence.
    change_record(record, [](LeaseRecord& r) { enter(r, Phase::collected); });
    return;
  }
  if (!is_due(record, now)) return;
  record.under_way = true;
  actions.push_back(CollectOutputs{record.attempt()});
}

void stage(LeaseRecord& record, std::vector<Action>& actions) {
  change_record(record, [](LeaseRecord& r) {
    r.phase = Phase::staging;
    r.state = AttemptState::staging;
    r.under_way = true;
  });
  actions.push_back(StageInputs{record.attempt()});
}

void start(const AgentState& state, LeaseRecord& record, std::vector<Action>& actions) {
  Apart apart = keep_apart(state, record);
  if (apart.must_wait) return;
  record.phase = Phase::ordered;
  record.under_way = true;
  actions.push_back(StartAttempt{record.attempt(), std::move(apart.nodes_to_avoid)});
}

}  // namespace

Want want_of(const AgentState& state, const LeaseRecord& record) {
  if (record.lease.desired == Desired::ended) return Want::over;
  const LeaseRecord* next = &record + 1;
  const bool is_last = next == state.leases.data() + state.leases.size();
  if (!is_last && same_task(next->attempt(), record.attempt())) return Want::over;
  return record.lease.desired == Desired::stop ? Want::stop : Want::run;
}

Duration retry_delay(std::int32_t retries) {
  const Duration delay = Duration::seconds(std::int64_t{1} << std::clamp(retries - 1, 0, 10));
  return std::min(delay, retry_delay_max);
}

void retry_later(LeaseRecord& record, UnixTime now) {
  ++record.retries;
  record.retry_at = now + retry_delay(record.retries);
}

void enter(LeaseRecord& record, Phase phase) {
  record.phase = phase;
  record.under_way = false;
  record.retries = 0;
  record.retry_at = UnixTime();
}

void end_unstarted(LeaseRecord& record, Outcome outcome, std::string failure, UnixTime now) {
  change_record(record, [&](LeaseRecord& r) {
    enter(r, Phase::collected);
    r.state = AttemptState::ended;
    r.outcome = outcome;
    r.failure = std::move(failure);
    r.ended_at = now;
  });
}

void advance(AgentState& state, LeaseRecord& record, UnixTime now, std::vector<Action>& actions) {
  const Want want = want_of(state, record);
  if (is_taken_back(record) && record.taking_back_seen_at.is_none()) {
    record.taking_back_seen_at = now;
    record.shown_at = UnixTime();
  }
  switch (record.phase) {
    case Phase::wanted:
      // The engine may run it already (the journal was lost): without a look at that it neither counts as unstarted,
      // nor may its folder be overwritten.
      if (!state.looked || is_stranger(state, record)) return;
      if (!ended_before_start(record, want, now)) stage(record, actions);
      return;
    case Phase::staging:
      if (!ended_before_start(record, want, now) && is_due(record, now)) stage(record, actions);
      return;
    case Phase::staged:
      if (ended_before_start(record, want, now) || !is_due(record, now)) return;
      if (!state.looked || older_may_be_alive(state, record)) return;
      return start(state, record, actions);
    case Phase::ordered: return;  // its result, or a look, tells how it goes on
    case Phase::running:
      give_notice_when_due(record, want, now, actions);
      return stop_when_due(record, want, now, actions);
    case Phase::ended: return collect_when_due(record, want, now, actions);
    case Phase::collected:
    case Phase::reported: return;  // report.cpp and reconcile.cpp
  }
}

}  // namespace dayan::execute
