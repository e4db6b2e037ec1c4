#include <algorithm>
#include <map>
#include <set>

#include "base/scan.h"
#include "edge/random.h"
#include "hub/handlers.h"
#include "model/meter.h"
#include "wire/centre.h"
#include "wire/money.h"

/// Centres, reservations, offers and earnings.

namespace dayan::hub {

namespace {

constexpr std::string_view join_token_prefix = "dayan_join_";

struct Leased {
  std::int64_t leases = 0;
  Cores cores;
};

wire::AgentPresence presence_of(const CentreRow& centre, UnixTime heard_at, UnixTime now) {
  if (centre.agent_key.empty()) return wire::AgentPresence::never_enrolled;
  const bool is_reachable = !heard_at.is_none() && now - heard_at <= place::reachable_within;
  return is_reachable ? wire::AgentPresence::reachable : wire::AgentPresence::silent;
}

/// Who its other customers are is nobody's business but the provider's, and the platform's.
void hide_customers(wire::CentreView& shown, const OrganisationRow& asking) {
  std::vector<std::string>& accepts = shown.centre.accepts;
  shown.serves_you = (accepts.empty() || std::ranges::find(accepts, asking.name) != accepts.end()) &&
                     has_account(shown.centre.maps, asking.name);
  if (asking.id == shown.centre.provider || asking.is_operator) return;
  accepts.clear();
  shown.centre.maps.reset();
}

wire::ReservationView reservation_view(const ReservationRow& row, const CentreRow& centre,
                                       const OrganisationRow& asking) {
  wire::ReservationView shown{row, std::ssize(row.organisations), row.names(asking.name)};
  if (asking.id != centre.provider && !asking.is_operator) shown.reservation.organisations.clear();
  return shown;
}

wire::CentreView centre_view(const View& view, const CentreRow& centre, const Leased& leased,
                             const OrganisationRow& asking) {
  wire::CentreView shown;
  shown.centre = centre;
  hide_customers(shown, asking);
  view.state.pools.visit_from({centre.id, ""}, [&](const PoolRow& pool) {
    if (pool.centre == centre.id) shown.pools.push_back(pool);
    return pool.centre == centre.id;
  });
  const core::CurrentOffer* current = view.state.current_offers.find({centre.id});
  const OfferRow* offer = current == nullptr ? nullptr : view.state.offers.find({current->offer});
  if (offer != nullptr) shown.offer = *offer;
  const OrganisationRow* provider = view.state.organisations.find({centre.provider});
  if (provider != nullptr) shown.provider = provider->name;
  const auto heard = view.heard.find(centre.id);
  if (heard != view.heard.end()) shown.heard_at = heard->second;
  shown.agent = presence_of(centre, shown.heard_at, view.now);
  shown.leases = leased.leases;
  shown.cores_leased = leased.cores;
  view.state.reservations.visit_all([&](const ReservationRow& row) {
    if (row.centre == centre.id && row.until > view.now)
      shown.reservations.push_back(reservation_view(row, centre, asking));
  });
  std::ranges::sort(shown.reservations, {}, [](const wire::ReservationView& each) {
    return std::pair{each.reservation.from, each.reservation.id};
  });
  return shown;
}

/// Whom a provider names for its centre must be there: a misspelt name would serve nobody, and nobody would notice.
/// Names that the centre accepts already are kept without a question.
Faults unknown_customers(const Call& call, const std::string& centre, const std::string& field,
                         const std::vector<std::string>& names) {
  std::set<std::string> known;
  bool is_own = false;
  call.hub.directory.look([&](const core::State& state) {
    state.organisations.visit_all([&](const OrganisationRow& row) {
      if (row.is_customer) known.insert(row.name);
    });
    state.centres.visit_all([&](const CentreRow& row) {
      if (row.name != centre || row.provider != call.actor.organisation) return;
      is_own = true;
      known.insert(row.accepts.begin(), row.accepts.end());
    });
  });
  Faults faults;
  if (!is_own) return faults;  // there is no such centre, says the core
  for (std::size_t i = 0; i < std::min(names.size(), accepts_max); ++i) {
    if (!is_plain_name(names[i]) || known.contains(names[i])) continue;  // what is no name is told by the core
    faults.push_back({ErrorCode::invalid, field + '[' + std::to_string(i) + ']',
                      "there is no customer " + quote(names[i]), "the name of one that the platform has"});
  }
  return faults;
}

struct Earned {
  Cny charged;
  Cny fee;
  std::int64_t attempts = 0;
};

/// Sums over all charges of a provider, page by page.
Result<std::map<CentreId, Earned>> sum_charges(Store& store, OrganisationId provider) {
  std::map<CentreId, Earned> sums;
  std::tuple<JobId, std::int32_t, std::int32_t> last_attempt;
  RowQuery query{"charge", {{"provider", provider.value()}}, {}, false, query_limit_max};
  while (true) {
    TRY(const auto charges, query_rows<ChargeRow>(store, query));
    for (const ChargeRow& charge : charges) {
      Earned& earned = sums[charge.centre];
      earned.charged += charge.amount;
      earned.fee += charge.fee;
      const std::tuple attempt{charge.job, charge.task, charge.number};
      if (attempt != last_attempt) ++earned.attempts;  // the lines of one attempt follow each other
      last_attempt = attempt;
    }
    if (charges.size() < static_cast<std::size_t>(query_limit_max)) return sums;
    query.after_key = cursor_key(charges.back());
  }
}

}  // namespace

Handled create_centre(Call& call) {
  wire::CreateCentreRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  const CentreId id(call.hub.writer.next_id());
  return submit(call, CreateCentre{id, wanted.name, wanted.region}, [id](const View& view, const core::Decision&) {
    const CentreRow* centre = view.state.centres.find({id});
    ASSERT(centre != nullptr);
    return rendered(201, *centre);
  });
}

Handled update_centre(Call& call) {
  wire::UpdateCentreRequest told;
  if (auto bad = read_body(call, told)) return bad;
  const std::string name = call.path.front();
  const Faults faults = unknown_customers(call, name, "accepts", told.accepts);
  if (!faults.empty()) return problem_answer(faults);
  UpdateCentre update{name, told.accepts, told.latency, told.pue, told.carbon, told.carbon_hours};
  update.bandwidth = told.bandwidth;
  update.seen = told.seen;
  return submit(call, std::move(update),
                [name](const View& view, const core::Decision&) {
                  std::optional<CentreRow> centre;
                  view.state.centres.visit_all([&](const CentreRow& row) {
                    if (row.name == name) centre = row;
                  });
                  ASSERT(centre.has_value());
                  return rendered(200, *centre);
                });
}

Handled list_centres(Call& call) {
  std::vector<wire::CentreView> centres;
  TRY_VOID(call.hub.writer.read([&](const View& view) {
    std::map<CentreId, Leased> leased;
    view.state.leases.visit_all([&](const LeaseRow& lease) {
      Leased& sum = leased[lease.centre];
      sum.leases += 1;
      sum.cores += over_all_nodes(lease.resources).cores;
    });
    const OrganisationRow* asking = view.state.organisations.find({call.actor.organisation});
    ASSERT(asking != nullptr);
    view.state.centres.visit_all(
        [&](const CentreRow& centre) { centres.push_back(centre_view(view, centre, leased[centre.id], *asking)); });
  }));
  return list_items(
      call, centres, [](const wire::CentreView& item) { return item.centre.id.value(); },
      [](const wire::CentreView& item) { return to_json(item); });
}

Handled create_join_token(Call& call) {
  if (auto bad = refuse_body(call)) return bad;
  const std::string token = edge::random_token(join_token_prefix);
  const Digest hash = sha256(token);
  return submit(call, CreateJoinToken{call.path.front(), hash},
                [token, hash](const View& view, const core::Decision&) {
                  const JoinTokenRow* row = view.state.join_tokens.find({hash});
                  ASSERT(row != nullptr);
                  return rendered_once(wire::JoinTokenReply{token, row->expires_at}, "join_token");
                });
}

Handled add_reservation(Call& call) {
  wire::AddReservationRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  const Faults faults = unknown_customers(call, call.path.front(), "organisations", wanted.organisations);
  if (!faults.empty()) return problem_answer(faults);
  const ReservationId id(call.hub.writer.next_id());
  AddReservation command{id,           call.path.front(),    std::move(wanted.pool), wanted.from,
                         wanted.until, std::move(wanted.organisations), std::move(wanted.note)};
  return submit(call, std::move(command), [id](const View& view, const core::Decision&) {
    const ReservationRow* row = view.state.reservations.find({id});
    ASSERT(row != nullptr);
    return rendered(201, *row);
  });
}

Handled remove_reservation(Call& call) {
  if (auto bad = refuse_body(call)) return bad;
  const auto id = parse<ReservationId>(call.path.front());
  if (!id.has_value()) return no_such("reservation", "one of your own centres: GET /v1/centres");
  return submit(call, RemoveReservation{*id}, [](const View&, const core::Decision&) { return Rendered{204, {}, {}}; });
}

Handled publish_offer(Call& call) {
  wire::PublishOfferRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  const OfferId id(call.hub.writer.next_id());
  PublishOffer offer{id, call.path.front(), wanted.core_hour, wanted.card_hour, wanted.gb_hour};
  offer.reclaimable_part = wanted.reclaimable_part;
  offer.hours = wanted.hours;
  offer.transfer_gb = wanted.transfer_gb;
  return submit(call, std::move(offer),
                [id](const View& view, const core::Decision&) {
                  const OfferRow* row = view.state.offers.find({id});
                  ASSERT(row != nullptr);
                  return rendered(201, *row);
                });
}

Handled list_offers(Call& call) {
  const auto offers = call.hub.directory.look([](const core::State& state) {
    std::vector<OfferRow> current;
    state.current_offers.visit_all([&](const core::CurrentOffer& each) {
      if (const OfferRow* offer = state.offers.find({each.offer})) current.push_back(*offer);
    });
    return current;
  });
  return list_items(
      call, offers, [](const OfferRow& offer) { return offer.centre.value(); },
      [](const OfferRow& offer) { return to_json(offer); });
}

Handled get_earnings(Call& call) {
  const OrganisationId provider = call.actor.organisation;
  TRY(const auto account,
      query_row<AccountRow>(call.hub.store, {{"kind", static_cast<std::int64_t>(AccountKind::provider_payable)},
                                             {"owner", provider.value()}}));
  TRY(const auto sums, sum_charges(call.hub.store, provider));
  wire::EarningsView shown;
  if (account) shown.payable = account->credits_posted - account->debits_posted;
  for (const auto& [centre, earned] : sums) {
    shown.centres.push_back(
        {centre_name(call.hub, centre), earned.charged, earned.fee, earned.charged - earned.fee, earned.attempts});
  }
  return json_answer(200, to_json(shown));
}

Handled list_provider_charges(Call& call) {
  return list_rows<ChargeRow>(call, {{"provider", call.actor.organisation.value()}});
}

}  // namespace dayan::hub
