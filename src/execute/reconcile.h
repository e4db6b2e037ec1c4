#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "execute/action.h"
#include "execute/agent_state.h"
#include "model/engine_job.h"
#include "model/lease.h"

/// The agent's decisions as a function: what is desired and what is observed go in, actions come out. The agent and
/// the simulator run the same. It reads no clock and does nothing itself.
///
/// The host's part: (1) store the state after every call and before acting on its actions; (2) feed back exactly one
/// result for each StageInputs, StartAttempt, GiveNotice, CollectOutputs and SendReport; (3) after a crash go on with
/// the stored state; (4) call on_caught_up when the watch has nothing more, on_full_list_needed when the hub says
/// 410.

namespace dayan::execute {

/// Times of the agent's own patience.
inline constexpr Duration heartbeat_interval = Duration::seconds(10);
inline constexpr Duration report_interval_min = Duration::milliseconds(200);  ///< changes within it go together
inline constexpr Duration stop_repeat = Duration::seconds(10);
/// An order of unknown outcome may still be on its way: only a look asked for this much later tells that it failed.
inline constexpr Duration look_patience = Duration::seconds(5);
/// A notice that could not be given is tried again so much later.
inline constexpr Duration notice_repeat = Duration::seconds(2);
/// How long the engine must answer without naming a running attempt before the attempt counts as lost.
inline constexpr Duration absence_patience = Duration::seconds(60);
/// The engine's own limit ends an attempt by the lease's end; what still runs this much later is stopped from here.
inline constexpr Duration overtime_patience = Duration::seconds(10);
inline constexpr Duration retry_delay_max = Duration::seconds(30);
inline constexpr std::int32_t start_retries_max = 10;

/// Everything of ours that the engine knew at some moment after `asked_at`.
struct Observation {
  UnixTime asked_at;
  std::vector<EngineJob> jobs;
};

/// Takes the lease rows that the watch brought, and what the engine answered (nullopt: it was not asked or did not
/// answer; then nothing is concluded). Returns what is to be done, in order of attempt, a report last.
/// Cost: proportional to the leases and jobs it is shown.
[[nodiscard]] std::vector<Action> reconcile(AgentState& state, const std::vector<LeaseRow>& changes,
                                            const std::optional<Observation>& observed, UnixTime now);

/// What of its inputs had to cross for a StageInputs, whatever came of that; told before its result.
struct Fetched {
  Bytes bytes;
  Duration time;  ///< that it took
};
void on_fetched(AgentState& state, const AttemptKey& attempt, const Fetched& fetched);
/// `unavailable` and `unknown_outcome` are tried again until the lease's starts_by; any other error refuses the
/// start.
void on_staged(AgentState& state, const AttemptKey& attempt, const Result<void>& result, UnixTime now);

/// The engine's own id of it. `unavailable` is tried again; `unknown_outcome` leads to a look; any other error
/// refuses the start.
void on_started(AgentState& state, const AttemptKey& attempt, const Result<std::string>& result, UnixTime now);

/// From now on it has reclaim_notice to end by itself. `unavailable` and `unknown_outcome` are tried again; after any
/// other error it cannot be told, and counts as if it had been.
void on_notice_given(AgentState& state, const AttemptKey& attempt, const Result<void>& result, UnixTime now);

/// What was uploaded. `missing` is for people: patterns that matched nothing, files that were refused; empty: none.
struct Collected {
  std::vector<OutputFile> outputs;
  std::string missing;
};
/// `unavailable` and `unknown_outcome` are tried again; any other error makes the final report go without outputs.
void on_collected(AgentState& state, const AttemptKey& attempt, const Result<Collected>& result, UnixTime now);

/// The hub has taken the report of that sequence. One that is not under way (an older one) is ignored.
void on_report_acknowledged(AgentState& state, std::int64_t sequence);
/// Whether the hub has it is unknown: what it said goes again, under a later sequence.
void on_report_failed(AgentState& state, std::int64_t sequence, UnixTime now);
/// The hub read it and will never take it as it is. Smaller reports follow, until one names a single attempt: that
/// one the hub does not want to hear of, and what it would say is given up.
void on_report_refused(AgentState& state, std::int64_t sequence, UnixTime now);

/// The watch's sequence means nothing to the hub (410): it begins again at zero, and what the new list does not name
/// is over.
void on_full_list_needed(AgentState& state);
/// The watch has nothing more to tell: every lease that the hub knows has been handed to reconcile().
void on_caught_up(AgentState& state);

}  // namespace dayan::execute
