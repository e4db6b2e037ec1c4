#include "sim/supply_rows.h"

#include "model/meter.h"
#include "model/transfer.h"
#include "sim/platform.h"

namespace dayan::sim {

SupplyRows::SupplyRows(const Stage& stage, place::Engine& engine) : stage_(stage), engine_(engine) {
  const jobfile::PlatformFile& file = stage.scenario.file();
  const std::span<const std::string> customers = stage.customers();
  for (std::uint32_t each = 0; each < customers.size(); ++each)
    put_customer(customer_id(each), customers[each], funds_of(customers.size()));
  // Organisations first: the engine looks through the centres that it knows for those of a new name.
  for (const jobfile::CentreFile& centre : file.centres) {
    const OrganisationId next(static_cast<std::int64_t>(customers.size() + providers_.size()) + 1);
    if (providers_.try_emplace(centre.provider, next).second) put_organisation(next, centre.provider);
  }
  for (std::size_t centre = 0; centre < file.centres.size(); ++centre) add_centre(centre);
}

void SupplyRows::put_pools(std::size_t centre) {
  const auto first = static_cast<std::uint32_t>(stage_.scenario.first_site(centre));
  for (std::uint32_t index = first; index < stage_.sites.size(); ++index) {
    const Site& site = stage_.scenario.sites()[index];
    if (site.centre != centre) return;
    PoolRow row = stage_.pool_now(index);
    row.centre = centre_id(centre);
    sites_.try_emplace({row.centre, row.name}, index);
    put(row, row.nodes > 0 ? RowFate::live : RowFate::erased);
  }
}

void SupplyRows::hear(std::size_t centre, Duration now) {
  engine_.observe({centre_id(centre), beginning + heard_until(stage_.scenario.file().centres[centre].silences, now), {}});
}

void SupplyRows::measure_link(std::size_t centre, const Fetched& fetched) {
  CentreRow& row = centres_[centre];
  const auto link = measured_link(row.bandwidth_measured, fetched.bytes, fetched.time);
  if (!link) return;
  row.bandwidth_measured = link;
  put(row);
}

OfferRow SupplyRows::prices_at(std::uint32_t site, Duration at) const {
  return offer_at(offers_[stage_.scenario.sites()[site].centre], beginning + at);
}

void SupplyRows::put_customer(OrganisationId id, const std::string& name, Cny funds) {
  put_organisation(id, name);
  AccountRow wallet;
  wallet.kind = AccountKind::customer_wallet;
  wallet.owner = id;
  wallet.credits_posted = funds;
  put(wallet);
}

void SupplyRows::put_organisation(OrganisationId id, const std::string& name) {
  OrganisationRow row;
  row.id = id;
  row.name = name;
  put(row);
}

void SupplyRows::add_centre(std::size_t index) {
  const jobfile::CentreFile& from = stage_.scenario.file().centres[index];
  CentreRow row;
  row.id = centre_id(index);
  row.provider = providers_.at(from.provider);
  row.name = from.name;
  row.region = from.region;
  row.accepts = from.accepts;
  row.latency = from.latency;
  row.pue = from.pue;
  row.carbon = from.carbon;
  row.carbon_hours = from.carbon_hours;
  row.bandwidth = from.bandwidth;
  put(row);
  centres_.push_back(row);
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
  hear(index, Duration());
}

}  // namespace dayan::sim
