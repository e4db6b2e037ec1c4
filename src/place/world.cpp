#include "place/world.h"

#include <algorithm>
#include <tuple>

#include "model/meter.h"

namespace dayan::place {

using enum WorldListener::PoolChange;

namespace {

/// In a list of what closes a centre or a pool.
void set_closing(std::vector<const ReservationRow*>& list, const ReservationRow& row, bool closes) {
  const auto place = std::lower_bound(list.begin(), list.end(), &row, [](const ReservationRow* a, const ReservationRow* b) {
    return std::tie(a->from, a->id) < std::tie(b->from, b->id);
  });
  if (closes) list.insert(place, &row);
  else list.erase(place);
}

}  // namespace

struct World::Applier {
  World& world;
  bool is_live;

  template <class RowType>
  void operator()(const RowType& row) const {
    if constexpr (requires { world.put(row, is_live); }) world.put(row, is_live);  // placement reads no other
  }
};

void World::apply(const RowChange& change) { std::visit(Applier{*this, change.fate == RowFate::live}, change.row); }

void World::observe(const Observation& observation) {
  CentreState& centre = centre_of(observation.centre);
  if (!centre.heard_at.is_none() && observation.heard_at < centre.heard_at) return;
  centre.heard_at = observation.heard_at;
  if (centre.foreign_cores_busy != observation.foreign_cores_busy) {
    centre.foreign_cores_busy = observation.foreign_cores_busy;
    share_foreign(centre);
  }
  if (listener_ != nullptr) listener_->centre_heard(centre);
}

void World::put(const OrganisationRow& row, bool is_live) {
  shares_.put(row, is_live);
  const auto known = organisations_.find(row.id);
  if (is_live ? known != organisations_.end() && known->second == row.name : known == organisations_.end()) return;
  if (is_live) {
    organisations_[row.id] = row.name;
  } else {
    organisations_.erase(known);
  }
  if (acceptance_.has_choosy() || acceptance_.has_names()) acceptance_.note_change();
  for (auto& [id, centre] : centres_) {
    if (centre.is_known && centre.provider_id == row.id) name_provider(centre);
  }
}

void World::put(const CentreRow& row, bool is_live) {
  CentreState& centre = centre_of(row.id);
  // Most changes of the row are its agent's counters, which placement does not read.
  if (centre.is_known == is_live && centre.provider_id == row.provider && centre.name == row.name &&
      centre.region == row.region && centre.accepts == row.accepts && centre.maps == row.maps &&
      centre.latency == row.latency && centre.pue == row.pue && centre.carbon == row.carbon &&
      centre.carbon_hours == row.carbon_hours && centre.link == row.link())
    return;
  if (centre.name != row.name) are_ranked_ = false;
  centre.is_known = is_live;
  centre.provider_id = row.provider;
  centre.name = row.name;
  centre.region = row.region;
  const bool was_choosy = is_choosy(centre);
  centre.accepts = row.accepts;
  centre.maps = row.maps;
  if (was_choosy || is_choosy(centre)) acceptance_.note_change();
  centre.latency = row.latency;
  centre.pue = row.pue;
  centre.carbon = row.carbon;
  centre.carbon_hours = row.carbon_hours;
  set_hour(centre);
  centre.link = row.link();
  share_foreign(centre);
  name_provider(centre);
}

void World::put(const PoolRow& row, bool is_live) {
  PoolState& pool = pool_of({row.centre, row.name});
  if (pool.has_row == is_live && pool.row == row) return;
  const Capability card = is_live ? row.card_capability : Capability();
  const bool has_other_cards = pool.card() != card && bug_ != PlantedBug::forgotten_cards;
  if (has_other_cards) share_leases(pool, false);
  pool.has_row = is_live;
  pool.row = row;
  if (has_other_cards) share_leases(pool, true);
  std::string chip = row.chip;
  for (char& c : chip) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  pool.chip = attributes_.chips.number_of(chip);
  SoftwareSet software;
  for (const Software& each : row.software) software.emplace_back(each.name, each.version);
  pool.software = attributes_.software.number_of(software);
  renew(pool);
  share_foreign(*pool.centre);
}

void World::put(const OfferRow& row, bool is_live) {
  CentreState& centre = centre_of(row.centre);
  auto& offers = centre.offers;
  const auto same = [&](const OfferRow& each) { return each.id == row.id; };
  const auto known = std::find_if(offers.begin(), offers.end(), same);
  if (is_live ? known != offers.end() && *known == row : known == offers.end()) return;
  std::vector<OfferRow> before;
  if (centre.offer) before.push_back(offers[*centre.offer]);
  if (known != offers.end()) offers.erase(known);
  if (is_live) offers.push_back(row);
  // While a newer version is already live and the older one not yet retired, the newer one holds.
  centre.offer.reset();
  const auto order = [](const OfferRow& each) { return std::pair{each.version, each.id}; };
  for (std::size_t i = 0; i < offers.size(); ++i) {
    if (!centre.offer || order(offers[i]) > order(offers[*centre.offer])) centre.offer = i;
  }
  const OfferRow* now = centre.published_offer();
  const bool is_same_offer = now != nullptr ? before.size() == 1 && before.front() == *now : before.empty();
  if (is_same_offer) return;
  set_hour(centre);
  renew(centre);
}

void World::put(const JobRow& row, bool is_live) {
  const auto known = jobs_.find(row.id);
  if (!is_live || is_final(row.state)) {
    if (known == jobs_.end()) return;
    if (listener_ != nullptr) listener_->job_gone(known->second);
    attach_leases(nullptr, row.id);
    known->second.share->waiting -= known->second.waiting() > 0 ? 1 : 0;
    shares_.remove(known->second);
    commons_.give_back(known->second.common);
    jobs_.erase(known);
    return;
  }
  const bool is_known = known != jobs_.end();
  JobRecord& job = is_known ? known->second : jobs_[row.id];
  const Duration kept = job.kept_run;
  const std::int64_t was_waiting = job.waiting() > 0 ? 1 : 0;
  if (!is_known) shares_.add(job, shares_.of(row.organisation, row.project));
  // What waits for its time does not wait for room, and moves up for nothing.
  const UnixTime waits_since = std::max(row.submitted_at, row.requirements.not_before);
  const std::int64_t rank =
      rank_of(waits_since, row.requirements.priority) + job.share->setback.microseconds();
  // It leaves the place that it has before it gets another.
  const bool is_moved = job.rank != rank || job.wall_time != row.requirements.wall_time ||
                        job.finish_by != row.requirements.finish_by;
  if (is_known && is_moved && listener_ != nullptr) listener_->job_gone(job);
  job.common = commons_.take(row.requirements, job.common);
  job.id = row.id;
  job.organisation = row.organisation;
  job.wall_time = row.requirements.wall_time;
  job.run_time = row.requirements.run_time;
  job.not_before = row.requirements.not_before;
  job.finish_by = row.requirements.finish_by;
  job.waits_until = row.waits_until;
  job.input_bytes = row.input_bytes;
  job.price_cap = row.requirements.price_cap.value_or(Cny::micro(-1));
  job.rank = rank;
  job.waits_since = waits_since;
  job.priority = row.requirements.priority;
  job.charged = row.charged;
  job.held = row.held;
  job.run_time_sum = row.run_time_sum;
  job.count = row.count;
  job.throttle = row.throttle;
  const std::int32_t per_centre = row.requirements.tasks_per_centre_max;
  const std::int32_t per_node = row.requirements.tasks_per_node_max;
  if (job.tasks_per_centre_max != per_centre || job.tasks_per_node_max != per_node) {
    if (is_known) count_tasks(row.id, -1);
    job.tasks_per_centre_max = per_centre;
    job.tasks_per_node_max = per_node;
    if (is_known) count_tasks(row.id, 1);
  }
  job.next_task = row.next_task;
  job.retrying = row.retrying;
  job.live = row.live;
  job.succeeded = row.succeeded;
  job.takes_tasks = row.state != JobState::cancelling;
  job.kept_run = kept_run_of(job);
  job.share->waiting += (job.waiting() > 0 ? 1 : 0) - was_waiting;
  if (!is_known || kept != job.kept_run) attach_leases(&job, row.id);
  if (listener_ != nullptr) listener_->job_changed(job);
}

void World::put(const TaskRow& row, bool is_live) {
  const std::pair key{row.job, row.task};
  if (is_live && row.state == TaskState::waiting) {
    retries_[key] = {row.attempts, row.not_before, row.avoid};
  } else if (retries_.erase(key) == 0) {
    return;
  }
  JobRecord* job_of_it = job(row.job);
  if (listener_ != nullptr && job_of_it != nullptr) listener_->job_changed(*job_of_it);
}

void World::put(const LeaseRow& row, bool is_live) {
  const bool takes = is_live && row.desired != Desired::ended;
  const auto known = leases_.find(row.attempt());
  Holding lease;
  lease.attempt = row.attempt();
  lease.pool = takes || known != leases_.end() ? pool_of({row.centre, row.pool}).index : 0;
  lease.shape = need_of(row.resources);
  lease.granted_at = row.granted_at;
  lease.ends_at = notice_ends(row);
  lease.wall_time = row.wall_time;
  lease.is_taken_back = !row.reclaimed_at.is_none();
  lease.is_reclaimable = row.reclaimable && !lease.is_taken_back && row.desired == Desired::run;
  if (known != leases_.end()) {
    Holding& old = known->second;
    const bool is_there = takes && old.pool == lease.pool && old.shape == lease.shape;
    lease.is_spared = old.is_spared;
    lease.is_reclaimable = lease.is_reclaimable && !lease.is_spared;
    if (is_there && old.ends_at == lease.ends_at && old.is_reclaimable == lease.is_reclaimable) return;
    if (is_there) return change_lease(old, lease);
    lease.started_at = old.started_at;
    drop_lease(row.attempt());
  }
  if (!takes) return;
  const auto early = started_early_.find(row.attempt());
  if (early != started_early_.end()) {
    lease.started_at = early->second;
    started_early_.erase(early);
  }
  lease.job = job(row.job);
  const bool was_claimed = consume_claim(lease);
  Holding& kept = leases_[row.attempt()] = lease;
  count_task(kept, 1);
  occupy(pools_[lease.pool], kept);
  note_reclaimable(pools_[lease.pool]);
  share_lease(kept, true);
  if (!was_claimed) tell_pool(pools_[lease.pool], less_room);
}

void World::put(const AttemptRow& row, bool is_live) {
  const bool has_started = is_live && row.state != AttemptState::ended && !row.started_at.is_none();
  const auto lease = leases_.find(row.attempt());
  if (lease == leases_.end()) {
    if (has_started) {
      started_early_[row.attempt()] = row.started_at;
    } else {
      started_early_.erase(row.attempt());
    }
    return;
  }
  const UnixTime started_at = has_started ? row.started_at : UnixTime();
  if (lease->second.started_at == started_at) return;
  lease->second.started_at = started_at;
  renew_end(lease->second);
}

void World::put(const AccountRow& row, bool is_live) {
  if (row.kind != AccountKind::customer_wallet) return;
  wallets_[row.owner].available = is_live ? row.available() : Cny();
  if (listener_ != nullptr) listener_->wallet_changed(row.owner);
}

void World::put(const ReservationRow& row, bool is_live) {
  const auto known = reservations_.find(row.id);
  if (is_live ? known != reservations_.end() && known->second == row : known == reservations_.end()) return;
  std::set<PoolIndex> pools;
  bool is_naming = false;
  const auto note = [&](const ReservationRow& each, bool closes) {
    is_naming = is_naming || !each.organisations.empty();
    CentreState& centre = centre_of(each.centre);
    set_closing(centre.reservations, each, closes);
    for (const PoolIndex index : centre.pools) {
      PoolState& pool = pools_[index];
      if (!each.is_of(pool.row.name)) continue;
      set_closing(pool.reservations, each, closes);
      reserved_.set(index, !pool.reservations.empty());
      pools.insert(index);
    }
  };
  if (known != reservations_.end()) note(known->second, false);
  if (is_live) note(reservations_[row.id] = row, true);
  else reservations_.erase(known);
  if (is_naming) acceptance_.note_change();
  for (const PoolIndex index : pools) tell_pool(pools_[index], reserved);
}

void World::put(const TransferRow& row, bool is_live) {
  const std::pair key{row.job, row.centre};
  const auto known = transfers_.find(key);
  if (is_live ? known != transfers_.end() && known->second == row : known == transfers_.end()) return;
  if (is_live) transfers_[key] = row;
  else transfers_.erase(known);
  // There its leases start sooner now, or hold another amount.
  JobRecord* job_of_it = job(row.job);
  if (listener_ != nullptr && job_of_it != nullptr) listener_->job_changed(*job_of_it);
}

const TransferRow* World::transfer(JobId job, CentreId centre) const {
  const auto found = transfers_.find({job, centre});
  return found != transfers_.end() ? &found->second : nullptr;
}

Bytes World::to_move(const JobRecord& job, const PoolState& pool) const {
  return job.has_inputs() ? bytes_to_move(job.input_bytes, transfer(job.id, pool.centre->id)) : Bytes();
}

Bytes World::to_hold(const JobRecord& job, const PoolState& pool) const {
  if (!job.has_inputs()) return {};
  if (claimed_inputs_.contains({job.id, pool.centre->id})) return {};
  return bytes_to_hold(job.input_bytes, transfer(job.id, pool.centre->id));
}

Result<Cny> World::hold_on(const JobRecord& job, const PoolState& pool, UnixTime now) const {
  const OfferRow& offer = *pool.centre->offer_for(job.common->requirements);
  const Duration wall_time = job.wall_at(now, staging(job, pool));
  return with_transfer(amount_of(offer, job.common->requirements.resources, wall_time, Rounding::up), offer,
                       to_hold(job, pool), Rounding::up);
}

const std::string* World::name_of(OrganisationId organisation) const {
  const auto found = organisations_.find(organisation);
  return found != organisations_.end() ? &found->second : nullptr;
}

const JobRecord* World::job(JobId id) const {
  const auto found = jobs_.find(id);
  return found != jobs_.end() ? &found->second : nullptr;
}

JobRecord* World::job(JobId id) {
  const auto found = jobs_.find(id);
  return found != jobs_.end() ? &found->second : nullptr;
}

Cny World::available(OrganisationId organisation) const {
  const auto wallet = wallets_.find(organisation);
  return wallet != wallets_.end() ? wallet->second.available - wallet->second.claimed : Cny();
}

}  // namespace dayan::place
