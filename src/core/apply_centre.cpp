#include "core/apply.h"

/// Centres, their agents, pools, offers and reservations.

namespace dayan::core {

void on(State& state, const CentreCreated& event, UnixTime) { state.centres.put(event.centre); }

void on(State& state, const CentreUpdated& event, UnixTime) {
  CentreRow centre = *state.centres.find({event.centre});
  centre.accepts = event.accepts;
  centre.latency = event.latency;
  centre.pue = event.pue;
  centre.carbon = event.carbon;
  centre.carbon_hours = event.carbon_hours;
  centre.bandwidth = event.bandwidth;
  state.centres.put(std::move(centre));
}

void on(State& state, const CentreMapped& event, UnixTime) {
  CentreRow centre = *state.centres.find({event.centre});
  centre.maps = event.maps;
  state.centres.put(std::move(centre));
}

void on(State& state, const LinkMeasured& event, UnixTime) {
  CentreRow centre = *state.centres.find({event.centre});
  centre.bandwidth_measured = event.bandwidth;
  state.centres.put(std::move(centre));
}

void on(State& state, const JoinTokenIssued& event, UnixTime now) {
  forget_ended(state.join_tokens, now);
  state.join_tokens.put(event.join_token);
}

void on(State& state, const AgentEnrolled& event, UnixTime now) {
  JoinTokenRow join = copy_of(state.join_tokens, std::tuple{event.join_token});
  join.used = true;
  state.join_tokens.put(join);
  CentreRow centre = copy_of(state.centres, std::tuple{event.centre});
  centre.agent_key = event.agent_key;
  ++centre.agent_epoch;
  centre.report_sequence = 0;
  state.centres.put(std::move(centre));
  forget_ended(state.tokens, now);
  state.tokens.put(event.token);
}

void on(State& state, const PoolReported& event, UnixTime) { state.pools.put(event.pool); }
void on(State& state, const PoolGone& event, UnixTime) { state.pools.erase({event.centre, event.name}); }

void on(State& state, const OfferPublished& event, UnixTime) {
  state.offers.put(event.offer);
  state.note_offer(event.offer);
}

void on(State& state, const ReservationAdded& event, UnixTime) {
  state.reservations.put(event.reservation);
  state.note_reservation(event.reservation);
}

void on(State& state, const ReservationRemoved& event, UnixTime) {
  const ReservationRow row = copy_of(state.reservations, std::tuple{event.reservation});
  state.forget_reservation(row);
  state.reservations.erase(row.key());
}

void on(State& state, const ReservationEnded& event, UnixTime) {
  ReservationRow row = copy_of(state.reservations, std::tuple{event.reservation});
  state.forget_reservation(row);
  state.reservations.retire(std::move(row));
}

}  // namespace dayan::core
