#include "execute/reconcile.h"

#include <algorithm>

#include "execute/steps.h"

namespace dayan::execute {

namespace {

void take_changes(AgentState& state, const std::vector<LeaseRow>& changes) {
  // A change that was handed in before (the watch's answer came twice) must not revive a lease that was forgotten.
  const std::int64_t seen = state.lease_sequence;
  for (const LeaseRow& change : changes) {
    state.lease_sequence = std::max(state.lease_sequence, change.sequence);
    if (LeaseRecord* record = find(state, change.attempt()); record != nullptr) {
      if (change.sequence <= record->lease.sequence) continue;
      record->lease = change;
      record->confirmed = true;
      continue;
    }
    if (change.sequence <= seen || change.desired == Desired::ended) continue;
    const auto place = std::lower_bound(state.leases.begin(), state.leases.end(), change.attempt(),
                                        [](const LeaseRecord& a, const AttemptKey& b) { return a.attempt() < b; });
    LeaseRecord record;
    record.lease = change;
    state.leases.insert(place, std::move(record));
  }
}

/// Of a step that can be done again: later, while the fault passes by itself.
bool passes_with_time(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::unknown_outcome;
}

void forget_closed(AgentState& state, std::vector<Action>& actions) {
  std::vector<LeaseRecord> kept;
  std::vector<bool> closed;
  for (const LeaseRecord& record : state.leases) {
    closed.push_back(record.phase == Phase::reported && record.lease.desired == Desired::ended);
  }
  if (std::find(closed.begin(), closed.end(), true) == closed.end()) return;
  for (std::size_t i = 0; i < closed.size(); ++i) {
    if (closed[i]) {
      actions.push_back(Forget{state.leases[i].attempt()});
    } else {
      kept.push_back(std::move(state.leases[i]));
    }
  }
  state.leases = std::move(kept);
}

}  // namespace

std::vector<Action> reconcile(AgentState& state, const std::vector<LeaseRow>& changes,
                              const std::optional<Observation>& observed, UnixTime now) {
  std::vector<Action> actions;
  if (state.began_at.is_none()) state.began_at = now;
  take_changes(state, changes);
  if (observed) observe(state, *observed, now, actions);
  for (LeaseRecord& record : state.leases) advance(state, record, now, actions);
  forget_closed(state, actions);
  if (std::optional<SendReport> report = due_report(state, now)) actions.push_back(std::move(*report));
  return actions;
}

void on_fetched(AgentState& state, const AttemptKey& attempt, const Fetched& fetched) {
  LeaseRecord* record = find(state, attempt);
  // What has ended meanwhile has been told of: it did not have its inputs.
  if (record == nullptr || record->phase != Phase::staging || fetched.bytes.is_zero()) return;
  change_record(*record, [&](LeaseRecord& r) {
    r.fetched += fetched.bytes;
    r.fetch_time = r.fetch_time + fetched.time;
  });
}

void on_staged(AgentState& state, const AttemptKey& attempt, const Result<void>& result, UnixTime now) {
  LeaseRecord* record = find(state, attempt);
  if (record == nullptr || record->phase != Phase::staging) return;  // it ended meanwhile
  record->under_way = false;
  if (result) {
    change_record(*record, [](LeaseRecord& r) {
      enter(r, Phase::staged);
      r.failure.clear();
    });
  } else if (passes_with_time(result.error())) {
    retry_later(*record, now);
    change_record(*record, [&](LeaseRecord& r) { r.failure = shown_text(to_text(result.error())); });
  } else {
    end_unstarted(*record, Outcome::start_refused, shown_text(to_text(result.error())), now);
  }
}

void on_started(AgentState& state, const AttemptKey& attempt, const Result<std::string>& result, UnixTime now) {
  LeaseRecord* record = find(state, attempt);
  if (record == nullptr || record->phase < Phase::ordered) return;
  if (record->phase > Phase::ordered) {  // a look was faster
    if (result && record->engine_id.empty()) change_record(*record, [&](LeaseRecord& r) { r.engine_id = *result; });
    return;
  }
  record->under_way = false;
  if (result) {
    change_record(*record, [&](LeaseRecord& r) {
      enter(r, Phase::running);
      r.has_run = true;
      r.engine_id = *result;
      r.failure.clear();
      r.state = AttemptState::queued;
    });
  } else if (result.error().code == ErrorCode::unknown_outcome) {
    record->unknown_since = now;
  } else if (result.error().code == ErrorCode::unavailable) {
    record->phase = Phase::staged;
    retry_later(*record, now);
    change_record(*record, [&](LeaseRecord& r) { r.failure = shown_text(to_text(result.error())); });
  } else {
    end_unstarted(*record, Outcome::start_refused, shown_text(to_text(result.error())), now);
  }
}

void on_notice_given(AgentState& state, const AttemptKey& attempt, const Result<void>& result, UnixTime now) {
  LeaseRecord* record = find(state, attempt);
  if (record == nullptr) return;
  record->notice_under_way = false;
  if (!result && passes_with_time(result.error())) {
    record->notice_retry_at = now + notice_repeat;
  } else {
    record->told_at = now;
  }
}

void on_collected(AgentState& state, const AttemptKey& attempt, const Result<Collected>& result, UnixTime now) {
  LeaseRecord* record = find(state, attempt);
  if (record == nullptr || record->phase != Phase::ended) return;
  record->under_way = false;
  if (!result && passes_with_time(result.error())) {
    retry_later(*record, now);
    return;
  }
  change_record(*record, [&](LeaseRecord& r) {
    enter(r, Phase::collected);
    const std::string note = result ? result->missing : "outputs could not be fetched: " + to_text(result.error());
    if (!note.empty()) r.failure = shown_text(r.failure + (r.failure.empty() ? "" : "; ") + note);
    if (result) r.outputs = result->outputs;
  });
}

void on_full_list_needed(AgentState& state) {
  state.lease_sequence = 0;
  state.caught_up = false;
  for (LeaseRecord& record : state.leases) {
    record.confirmed = false;
    record.lease.sequence = 0;
  }
}

void on_caught_up(AgentState& state) {
  state.caught_up = true;
  for (LeaseRecord& record : state.leases) {
    if (record.confirmed) continue;
    // The hub does not know this lease: nobody will pay for it.
    record.confirmed = true;
    record.lease.desired = Desired::ended;
  }
}

}  // namespace dayan::execute
