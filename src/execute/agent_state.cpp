#include "execute/agent_state.h"

#include <algorithm>

namespace dayan::execute {

AttemptReport LeaseRecord::report() const {
  AttemptReport said;
  said.attempt = attempt();
  said.engine_id = engine_id;
  said.started_at = started_at;
  said.engine_run = engine_run;
  said.wrapper_run = wrapper_run;
  said.memory_peak = memory_peak;
  said.fetched = fetched;
  said.fetch_time = fetch_time;
  // The end is told once, whole: with its outputs. Until they are up the hub hears that it is still there.
  if (phase == Phase::ended) {
    said.state = started_at.is_none() ? AttemptState::queued : AttemptState::running;
    return said;
  }
  said.state = state;
  said.outcome = outcome;
  said.exit_code = exit_code;
  said.failure = failure;
  said.ended_at = ended_at;
  said.outputs = outputs;
  return said;
}

const LeaseRecord* find(const AgentState& state, const AttemptKey& attempt) {
  const auto found = std::lower_bound(state.leases.begin(), state.leases.end(), attempt,
                                      [](const LeaseRecord& a, const AttemptKey& b) { return a.attempt() < b; });
  return found != state.leases.end() && found->attempt() == attempt ? &*found : nullptr;
}

LeaseRecord* find(AgentState& state, const AttemptKey& attempt) {
  return const_cast<LeaseRecord*>(find(static_cast<const AgentState&>(state), attempt));
}

namespace {

/// A value with only the listed fields of another.
template <class Struct>
Struct only_fields(const Struct& from) {
  Struct to;
  for_each_field<Struct>([&](const auto& each) { to.*each.member = from.*each.member; });
  return to;
}

}  // namespace

AgentState after_crash(const AgentState& state) {
  AgentState left = only_fields(state);
  for (LeaseRecord& record : left.leases) record = only_fields(record);
  return left;
}

}  // namespace dayan::execute
