#include "place/projection.h"

namespace dayan::place {
namespace {

/// Keeps a row while it is live, and drops it in either other fate.
template <class Map, class Key, class Value>
void keep(Map& map, const Key& key, const Value& value, bool is_kept) {
  if (is_kept) {
    map.insert_or_assign(key, value);
  } else {
    map.erase(key);
  }
}

void apply_lease(Projection& rows, const LeaseRow& lease, bool is_live) {
  const auto known = rows.leases.find(lease.attempt());
  if (known != rows.leases.end()) {
    const LeaseRow& old = known->second;
    rows.uses[{old.centre, old.pool}].remove(old);
    rows.leases.erase(known);
  }
  if (!is_live || lease.desired == Desired::ended) return;
  rows.uses[{lease.centre, lease.pool}].add(lease);
  rows.leases.emplace(lease.attempt(), lease);
}

struct Applier {
  Projection& rows;
  bool is_live;

  void operator()(const OrganisationRow& row) const { keep(rows.organisations, row.id, row, is_live); }
  void operator()(const CentreRow& row) const { keep(rows.centres, row.id, row, is_live); }
  void operator()(const PoolRow& row) const { keep(rows.pools, PoolKey{row.centre, row.name}, row, is_live); }
  void operator()(const OfferRow& row) const { keep(rows.offers, row.id, row, is_live); }
  void operator()(const JobRow& row) const {
    keep(rows.jobs, row.id, row, is_live);
    if (is_live && waiting_tasks_of(row) > 0) {
      rows.queue.insert(row.id);
    } else {
      rows.queue.erase(row.id);
    }
  }
  void operator()(const TaskRow& row) const {
    keep(rows.waiting_tasks, std::pair{row.job, row.task}, row, is_live && row.state == TaskState::waiting);
  }
  void operator()(const LeaseRow& row) const { apply_lease(rows, row, is_live); }
  void operator()(const AttemptRow& row) const {
    keep(rows.started_at, row.attempt(), row.started_at,
         is_live && row.state != AttemptState::ended && !row.started_at.is_none());
  }
  void operator()(const AccountRow& row) const {
    if (row.kind == AccountKind::customer_wallet) keep(rows.wallets, row.owner, row, is_live);
  }
  template <class Other>
  void operator()(const Other&) const {}  // placement does not read it
};

}  // namespace

void PoolUse::add(const LeaseRow& lease) {
  const Amounts shape = amounts_of(lease.resources);
  for (std::size_t kind = 0; kind < kinds; ++kind) taken.of[kind] = plus(taken.of[kind], shape.of[kind]);
  ++shapes[shape];
  leases.insert(lease.attempt());
}

void PoolUse::remove(const LeaseRow& lease) {
  const Amounts shape = amounts_of(lease.resources);
  for (std::size_t kind = 0; kind < kinds; ++kind) taken.of[kind] -= shape.of[kind];
  const auto found = shapes.find(shape);
  ASSERT(found != shapes.end());
  if (--found->second == 0) shapes.erase(found);
  leases.erase(lease.attempt());
}

void Projection::apply(const RowChange& change) {
  std::visit(Applier{*this, change.fate == RowFate::live}, change.row);
}

void Projection::observe(const Observation& observation) {
  const auto [known, is_new] = observations.try_emplace(observation.centre, observation);
  if (!is_new && known->second.heard_at <= observation.heard_at) known->second = observation;
}

const OfferRow* Projection::current_offer(CentreId centre) const {
  // While a newer version is already live and the older one not yet retired, the newer one holds.
  const OfferRow* current = nullptr;
  for (const auto& [id, offer] : offers) {
    if (offer.centre == centre && (current == nullptr || offer.version >= current->version)) current = &offer;
  }
  return current;
}

Cny Projection::available(OrganisationId organisation) const {
  const auto wallet = wallets.find(organisation);
  return wallet != wallets.end() ? wallet->second.available() : Cny();
}

}  // namespace dayan::place
