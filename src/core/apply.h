#pragma once

#include <tuple>
#include <vector>

#include "core/core.h"

/// Events to rows, a function for each event. Nothing is decided here: what an event says has been checked. Inside
/// the room only.

namespace dayan::core {

/// A copy of a row that must be there, to change and put back.
template <class Row, class Key>
Row copy_of(const Table<Row>& table, const Key& key) {
  const Row* row = table.find(key);
  ASSERT(row != nullptr);
  return *row;
}

inline std::tuple<JobId, std::int32_t, std::int32_t> key_of_attempt(const AttemptKey& key) {
  return {key.job, key.task, key.number};
}

/// How long a token is kept after its end: whoever wonders why it does no more still finds it in the list.
inline constexpr Duration ended_token_kept = Duration::hours(24 * 30);

/// With each new token those go that ended long ago: there are never more than are made in some months.
template <class Row>
void forget_ended(Table<Row>& tokens, UnixTime now) {
  std::vector<Digest> ended;
  tokens.visit_all([&](const Row& token) {
    if (token.expires_at + ended_token_kept <= now) ended.push_back(token.hash);
  });
  for (const Digest& hash : ended) tokens.erase({hash});
}

/// Agents see what changes of a lease by it: each change takes the next one.
inline std::int64_t next_lease_sequence(State& state) {
  MetaRow meta = state.counters();
  ++meta.lease_sequence;
  const std::int64_t sequence = meta.lease_sequence;
  state.meta.put(meta);
  return sequence;
}

// Of organisations, projects, users, tokens and money.
void on(State& state, const OrganisationCreated& event, UnixTime now);
void on(State& state, const OrganisationWeighed& event, UnixTime now);
void on(State& state, const ProjectCreated& event, UnixTime now);
void on(State& state, const ProjectWeighed& event, UnixTime now);
void on(State& state, const UserCreated& event, UnixTime now);
void on(State& state, const TokenIssued& event, UnixTime now);
void on(State& state, const TokenRevoked& event, UnixTime now);
void on(State& state, const EntryPosted& event, UnixTime now);

// Of centres, pools, offers and reservations.
void on(State& state, const CentreCreated& event, UnixTime now);
void on(State& state, const CentreUpdated& event, UnixTime now);
void on(State& state, const CentreMapped& event, UnixTime now);
void on(State& state, const LinkMeasured& event, UnixTime now);
void on(State& state, const JoinTokenIssued& event, UnixTime now);
void on(State& state, const AgentEnrolled& event, UnixTime now);
void on(State& state, const PoolReported& event, UnixTime now);
void on(State& state, const PoolGone& event, UnixTime now);
void on(State& state, const OfferPublished& event, UnixTime now);
void on(State& state, const ReservationAdded& event, UnixTime now);
void on(State& state, const ReservationRemoved& event, UnixTime now);
void on(State& state, const ReservationEnded& event, UnixTime now);

// Of jobs and series.
void on(State& state, const JobSubmitted& event, UnixTime now);
void on(State& state, const JobCancelRequested& event, UnixTime now);
void on(State& state, const JobGaveUp& event, UnixTime now);
void on(State& state, const JobLatestStartMoved& event, UnixTime now);
void on(State& state, const JobEnded& event, UnixTime now);
void on(State& state, const SeriesStarted& event, UnixTime now);
void on(State& state, const RoundSubmitted& event, UnixTime now);
void on(State& state, const RoundsSkipped& event, UnixTime now);
void on(State& state, const SeriesEnded& event, UnixTime now);

// Of leases and attempts.
void on(State& state, const LeaseGranted& event, UnixTime now);
void on(State& state, const LeaseStopRequested& event, UnixTime now);
void on(State& state, const LeaseReclaimed& event, UnixTime now);
void on(State& state, const ReportTaken& event, UnixTime now);
void on(State& state, const AttemptObserved& event, UnixTime now);
void on(State& state, const LateReportKept& event, UnixTime now);
void on(State& state, const AttemptSettled& event, UnixTime now);

}  // namespace dayan::core
