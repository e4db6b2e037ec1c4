#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/time.h"
#include "base/units.h"
#include "model/command.h"
#include "model/fields.h"
#include "model/lease.h"

/// What an agent knows: one record per lease of its centre, how far its watch has come, and its report counter. The
/// members in fields() are its journal: the host stores them before it acts on what reconcile() returned. The others
/// live only as long as the process: what was under way when it died has an unknown outcome.

namespace dayan::execute {

/// How far the agent has come with one lease. It only rises, but for ordered → staged, after a look has shown that
/// the engine does not have it.
enum class Phase {
  wanted,     ///< known, nothing done
  staging,    ///< inputs are being brought
  staged,     ///< inputs lie in the work folder; not ordered
  ordered,    ///< the start order went out; its outcome may be unknown
  running,    ///< the engine has it, in its queue or running
  ended,      ///< it will not run any more; its outputs are not up yet
  collected,  ///< outputs are up: the final report may go
  reported,   ///< the hub has taken the final report
};

/// One lease and what became of it here. Small: the script and the environment are not kept.
struct LeaseRecord {
  LeaseRow lease;
  Phase phase = Phase::wanted;
  bool confirmed = true;     ///< false: the hub begins its list again and has not named this lease yet
  bool has_run = false;      ///< the engine has had it: there may be outputs
  std::int32_t retries = 0;  ///< of the present step
  UnixTime retry_at;         ///< of the present step; none: at once
  UnixTime told_at;          ///< when it was told that its room is taken back; none: it was not

  // What the hub is told (AttemptReport).
  AttemptState state = AttemptState::leased;
  Outcome outcome = Outcome::none;
  std::string engine_id;
  std::int32_t exit_code = 0;
  std::string failure;
  UnixTime started_at;
  UnixTime ended_at;
  Duration engine_run;
  Duration wrapper_run;
  Bytes memory_peak;
  std::vector<OutputFile> outputs;
  Bytes fetched;        ///< what of its inputs had to cross
  Duration fetch_time;  ///< how long that took
  std::int64_t version = 0;       ///< rises when what the hub is told changes
  std::int64_t acknowledged = 0;  ///< the version that the hub has taken

  // Not in the journal.
  bool under_way = false;  ///< an action of this phase was ordered and its result has not come
  bool urgent = false;     ///< more than a counter has changed since the last report
  UnixTime unknown_since;  ///< of `ordered`: since when its outcome is known to be unknown
  UnixTime absent_since;   ///< of `running`: since when the engine answers without naming it
  UnixTime stop_ordered_at;
  UnixTime taking_back_seen_at;   ///< since when it is known here that its room is taken back
  std::vector<std::string> nodes;  ///< that it has, as the engine showed it; empty: not known
  UnixTime shown_at;              ///< when the engine was asked that named it since; none: it has not been
  bool notice_under_way = false;  ///< it is being told
  UnixTime notice_retry_at;       ///< none: at once
  std::int64_t sent_version = 0;  ///< in the report that is under way

  [[nodiscard]] AttemptKey attempt() const { return lease.attempt(); }
  [[nodiscard]] AttemptReport report() const;

  static constexpr auto fields() {
    using R = LeaseRecord;
    return std::tuple{field("lease", &R::lease),
                      field("phase", &R::phase),
                      field("confirmed", &R::confirmed),
                      field("has_run", &R::has_run),
                      field("retries", &R::retries),
                      field("retry_at", &R::retry_at),
                      field("told_at", &R::told_at),
                      field("state", &R::state),
                      field("outcome", &R::outcome),
                      field("engine_id", &R::engine_id),
                      field("exit_code", &R::exit_code),
                      field("failure", &R::failure),
                      field("started_at", &R::started_at),
                      field("ended_at", &R::ended_at),
                      field("engine_run", &R::engine_run),
                      field("wrapper_run", &R::wrapper_run),
                      field("memory_peak", &R::memory_peak),
                      field("outputs", &R::outputs),
                      field("fetched", &R::fetched),
                      field("fetch_time", &R::fetch_time),
                      field("version", &R::version),
                      field("acknowledged", &R::acknowledged)};
  }
};

struct AgentState {
  std::int64_t agent_epoch = 0;
  std::int64_t lease_sequence = 0;   ///< the watch goes on after this one
  std::int64_t report_sequence = 0;  ///< of the last report made; stored before it is sent, so none is used twice
  std::vector<LeaseRecord> leases;   ///< in order of attempt; as many as the hub has granted and not closed

  // Not in the journal.
  bool caught_up = false;  ///< the whole list of leases has been seen since the start: a stranger is an orphan
  UnixTime began_at;       ///< of this process; none: it has not decided anything yet
  UnixTime looked_at;      ///< when the engine was asked that has answered last
  bool looked = false;     ///< the engine has answered since the start: what it lacks may be staged
  std::vector<AttemptKey> strangers;  ///< on the engine at the last look, of no known lease
  std::vector<AttemptKey> orphans;    ///< of these, the ones that were alive
  std::int64_t report_under_way = 0;  ///< its sequence; zero: none
  std::int32_t report_failures = 0;   ///< in a row
  UnixTime reported_at;               ///< when the last report was made
  UnixTime report_not_before;
  std::size_t reports_limit =
      reports_max;  ///< attempts in one report: fewer after a refusal, to find the one refused

  static constexpr auto fields() {
    using S = AgentState;
    return std::tuple{field("agent_epoch", &S::agent_epoch), field("lease_sequence", &S::lease_sequence),
                      field("report_sequence", &S::report_sequence), field("leases", &S::leases)};
  }
};

/// The record of that attempt; nullptr when there is none.
[[nodiscard]] LeaseRecord* find(AgentState& state, const AttemptKey& attempt);
[[nodiscard]] const LeaseRecord* find(const AgentState& state, const AttemptKey& attempt);

/// The state as a crash leaves it: only what the journal holds.
[[nodiscard]] AgentState after_crash(const AgentState& state);

/// Is it there, or may it be: has its start been ordered, and has it not been seen to end?
[[nodiscard]] constexpr bool may_be_alive(Phase phase) { return phase == Phase::ordered || phase == Phase::running; }

}  // namespace dayan::execute

template <>
struct dayan::EnumWords<dayan::execute::Phase> {
  static constexpr std::array<std::string_view, 8> words{"wanted",  "staging", "staged",    "ordered",
                                                         "running", "ended",   "collected", "reported"};
};
