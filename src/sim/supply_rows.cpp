#include "sim/supply_rows.h"

#include "model/meter.h"

namespace dayan::sim {
namespace {

/// Well within place::reachable_within.
constexpr Duration hear_every = Duration::seconds(20);

}  // namespace

SupplyRows::SupplyRows(const Stage& stage, place::Engine& engine) : stage_(stage), engine_(engine) {
  const jobfile::PlatformFile& file = stage.scenario.file();
  put_organisation(customer, file.customer);
  AccountRow wallet;
  wallet.kind = AccountKind::customer_wallet;
  wallet.owner = customer;
  wallet.credits_posted = amount_max;
  put(wallet);
  for (std::size_t centre = 0; centre < file.centres.size(); ++centre) add_centre(centre);
}

void SupplyRows::put_pools(std::size_t centre) {
  for (std::uint32_t index = 0; index < stage_.sites.size(); ++index) {
    const Site& site = stage_.scenario.sites()[index];
    if (site.centre != centre) continue;
    PoolRow row = site.pool;
    row.centre = centre_id(centre);
    row.nodes = stage_.sites[index].nodes;
    sites_.try_emplace({row.centre, row.name}, index);
    put(row, row.nodes > 0 ? RowFate::live : RowFate::erased);
  }
}

void SupplyRows::hear(Duration now) {
  if (now - heard_at_ < hear_every) return;
  heard_at_ = now;
  std::vector<bool> is_silent(stage_.scenario.file().centres.size());
  for (std::size_t site = 0; site < stage_.sites.size(); ++site)
    if (stage_.sites[site].is_silent) is_silent[stage_.scenario.sites()[site].centre] = true;
  for (std::size_t centre = 0; centre < is_silent.size(); ++centre)
    if (!is_silent[centre]) engine_.observe({centre_id(centre), beginning + now, {}});
}

OfferRow SupplyRows::prices_at(std::uint32_t site, Duration at) const {
  return offer_at(offers_[stage_.scenario.sites()[site].centre], beginning + at);
}

void SupplyRows::put_organisation(OrganisationId id, const std::string& name) {
  OrganisationRow row;
  row.id = id;
  row.name = name;
  put(row);
}

void SupplyRows::add_centre(std::size_t index) {
  const jobfile::CentreFile& from = stage_.scenario.file().centres[index];
  const auto [provider, is_new] = providers_.try_emplace(
      from.provider, OrganisationId(customer.value() + static_cast<std::int64_t>(providers_.size()) + 1));
  if (is_new) put_organisation(provider->second, from.provider);
  CentreRow row;
  row.id = centre_id(index);
  row.provider = provider->second;
  row.name = from.name;
  row.region = from.region;
  row.accepts = from.accepts;
  row.latency = from.latency;
  row.pue = from.pue;
  row.carbon = from.carbon;
  row.carbon_hours = from.carbon_hours;
  row.bandwidth = from.bandwidth;
  put(row);
  put_pools(index);
  OfferRow offer = stage_.scenario.offer(index);
  offer.id = OfferId(row.id.value());
  offer.centre = row.id;
  offer.version = 1;
  put(offer);
  offers_.push_back(std::move(offer));
  for (const jobfile::ClosedSpan& closed : from.reservations) {
    ReservationRow reservation;
    reservation.id = ReservationId(++last_reservation_);
    reservation.centre = row.id;
    reservation.pool = closed.pool;
    reservation.from = beginning + closed.from;
    reservation.until = reservation.from + closed.span;
    reservation.organisations = closed.organisations;
    put(reservation);
  }
  engine_.observe({row.id, beginning, {}});
}

}  // namespace dayan::sim
