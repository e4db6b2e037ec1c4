#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "execute/reconcile.h"

/// Inside of execute: the steps of reconcile(). Not for other rooms.

namespace dayan::execute {

/// What is to become of a lease here.
enum class Want {
  run,
  stop,  ///< end it, and tell how it ended with its outputs
  over,  ///< the hub has closed it, or a later attempt has taken its place: end it; the usage is evidence, no more
};
/// `record` is an element of state.leases: its neighbours count.
[[nodiscard]] Want want_of(const AgentState& state, const LeaseRecord& record);

/// Runs `change(record)` and raises its version when the hub would be told something new by it.
template <class Change>
void change_record(LeaseRecord& record, Change&& change);

/// At most shown_text_max bytes of valid UTF-8 without control characters, whatever an engine said: it goes into the
/// journal and on the wire.
[[nodiscard]] std::string shown_text(std::string_view text);
inline constexpr std::size_t shown_text_max = 1'000;

/// Its room is taken back, and nothing else ends it.
[[nodiscard]] inline bool is_taken_back(const LeaseRecord& record) {
  return !record.lease.reclaimed_at.is_none() && record.lease.desired == Desired::run;
}

/// 1 s, 2 s, 4 s … retry_delay_max.
[[nodiscard]] Duration retry_delay(std::int32_t retries);
/// Counts a try and sets when the next may be.
void retry_later(LeaseRecord& record, UnixTime now);
/// It ends here and now, without the engine having run it.
void end_unstarted(LeaseRecord& record, Outcome outcome, std::string failure, UnixTime now);
/// The present step is done: the next begins without retries.
void enter(LeaseRecord& record, Phase phase);

/// observe.cpp: what the engine showed, and what it did not.
void observe(AgentState& state, const Observation& observed, UnixTime now, std::vector<Action>& actions);
/// advance.cpp: the next step of one lease.
void advance(AgentState& state, LeaseRecord& record, UnixTime now, std::vector<Action>& actions);
/// apart.cpp: where the next task of a job may not run that lets so many run on one node.
struct Apart {
  bool must_wait = false;  ///< on which nodes others of it are is not known, so that any may have as many
  std::vector<std::string> nodes_to_avoid;  ///< in order
};
[[nodiscard]] Apart keep_apart(const AgentState& state, const LeaseRecord& record);
/// report.cpp: a report or heartbeat, when one is due.
[[nodiscard]] std::optional<SendReport> due_report(AgentState& state, UnixTime now);

template <class Change>
void change_record(LeaseRecord& record, Change&& change) {
  const AttemptReport before = record.report();
  change(record);
  const AttemptReport after = record.report();
  if (after == before) return;
  ++record.version;
  AttemptReport only_counters = before;
  only_counters.engine_run = after.engine_run;
  only_counters.wrapper_run = after.wrapper_run;
  only_counters.memory_peak = after.memory_peak;
  if (only_counters != after) record.urgent = true;
}

}  // namespace dayan::execute
