#include <algorithm>
#include <iterator>
#include <numeric>
#include <tuple>

#include "model/meter.h"
#include "place/world.h"

/// The World's pools: what belongs to which, what is taken of each, and the claims of a plan under way.

namespace dayan::place {

using enum WorldListener::PoolChange;

PoolState& World::pool_of(const PoolKey& key) {
  const auto [found, is_new] = pool_index_.try_emplace(key, static_cast<PoolIndex>(pools_.size()));
  if (!is_new) return pools_[found->second];
  PoolState& pool = pools_.emplace_back();
  pool.index = found->second;
  pool.row.centre = key.first;
  pool.row.name = key.second;
  figures_.emplace_back();
  counted_bound_.push_back(Duration::microseconds(-1));
  counted_capacity_.emplace_back();
  pool.centre = &centre_of(key.first);
  pool.centre->pools.push_back(pool.index);
  if (!pool.centre->accepts.empty()) acceptance_.note_change();
  are_ranked_ = false;
  const auto is_of_pool = [&](const ReservationRow* row) { return row->is_of(pool.row.name); };
  std::ranges::copy_if(pool.centre->reservations, std::back_inserter(pool.reservations), is_of_pool);
  reserved_.set(pool.index, !pool.reservations.empty());
  return pool;
}

CentreState& World::centre_of(CentreId id) {
  const auto [found, is_new] = centres_.try_emplace(id);
  if (is_new) found->second.id = id;
  return found->second;
}

Duration World::open_within(const PoolState& pool, CustomerGroup group, UnixTime now) const {
  if (pool.reservations.empty() || bug_ == PlantedBug::forgotten_reservation) return Duration::microseconds(int64_max);
  const ReservationRow* closing = pool.closing(
      now, [&](const ReservationRow& row) { return acceptance_.is_named(group, row.id); });
  return closing != nullptr ? place::open_within(*closing, now) : Duration::microseconds(int64_max);
}

UnixTime World::open_from(const PoolState& pool, const JobRecord& job, UnixTime start) const {
  if (pool.reservations.empty() || bug_ == PlantedBug::forgotten_reservation) return start;
  const CustomerGroup group = acceptance_.group_of(job.organisation);
  return pool.open_from(
      start, job.wall_time, job.finish_by,
      [&](const ReservationRow& row) { return acceptance_.is_named(group, row.id); }, staging(job, pool));
}

void World::name_provider(CentreState& centre) {
  const auto provider = organisations_.find(centre.provider_id);
  centre.provider = provider != organisations_.end() ? &provider->second : nullptr;
  renew(centre);
}

void World::renew(CentreState& centre) {
  for (const PoolIndex index : centre.pools) renew(pools_[index]);
}

void World::renew(PoolState& pool) {
  const CentreState& centre = *pool.centre;
  pool.is_known = pool.has_row && centre.is_known;
  pool.region = attributes_.regions.number_of(centre.region);
  pool.provider = attributes_.providers.number_of(centre.provider != nullptr ? *centre.provider : std::string());
  pool.renew_ends();
  pool.recount();
  renew_figures(pool);
  count_capacity(pool);
  reachable_.set(pool.index, pool.is_known && centre.is_reachable);
  tell_pool(pool, replaced);
}

void World::renew_figures(const PoolState& pool) {
  PoolFigures& figures = figures_[pool.index];
  figures = figures_at(pool, hour_at_);
  Duration& counted = counted_bound_[pool.index];
  if (counted >= Duration()) --wall_bounds_[counted];
  counted = pool.is_known ? pool.row.wall_time_max : Duration::microseconds(-1);
  if (counted >= Duration()) count_bound(counted);
  for (auto& [bound, pools] : long_enough_) pools.set(pool.index, figures.wall_time_max >= bound);
}

void World::count_bound(Duration bound) {
  ++wall_bounds_[bound];
  const auto [pools, is_new] = long_enough_.try_emplace(bound);
  if (!is_new) return;
  pools->second.resize(pools_.size());
  for (const PoolState& each : pools_) pools->second.set(each.index, figures_[each.index].wall_time_max >= bound);
}

void World::count_capacity(const PoolState& pool) {
  Amounts& counted = counted_capacity_[pool.index];
  shares_.count_capacity(counted, -1);
  counted = pool.is_known ? pool.total : Amounts();
  counted.of[in_millicards] = in_reference_cards(MilliCards(counted.of[in_millicards]), pool.card()).value();
  shares_.count_capacity(counted, 1);
}

/// What a lease holds is its project's, as long as its job is known.
void World::share_lease(const Holding& lease, bool is_held) {
  if (lease.job == nullptr) return;
  const ShareUnits units = share_units(lease.shape, pools_[lease.pool].card());
  if (is_held) {
    shares_.hold(*lease.job->share, units, lease.granted_at);
  } else {
    shares_.let_go(*lease.job->share, units, lease.granted_at);
  }
}

/// All of a pool's that have cards.
void World::share_leases(const PoolState& pool, bool is_held) {
  for (const Holding* each : pool.holdings) {
    const auto lease = leases_.find(each->attempt);  // else it is a claim
    if (each->shape.each.of[in_millicards] > 0 && lease != leases_.end() && &lease->second == each)
      share_lease(*each, is_held);
  }
}

std::vector<Shares::Change> World::renew_shares(UnixTime now) {
  if (!shares_.is_due(now)) return {};
  if (shares_.begin(now)) {
    for (const auto& [attempt, lease] : leases_) share_lease(lease, true);
  }
  return shares_.renew(now);
}

/// The provider's own people are observed for the centre as a whole: each pool bears its share by cores, rounded up.
void World::share_foreign(CentreState& centre) {
  std::int64_t all = 0;
  for (const PoolIndex index : centre.pools) {
    if (pools_[index].has_row) all = plus(all, pools_[index].total.of[in_cores]);
  }
  for (const PoolIndex index : centre.pools) {
    PoolState& pool = pools_[index];
    std::int64_t share = 0;
    if (pool.has_row && centre.foreign_cores_busy && all > 0) {
      const std::int64_t busy = std::clamp<std::int64_t>(centre.foreign_cores_busy->value(), 0, all);
      const auto part = mul_div(busy, pool.total.of[in_cores], all, Rounding::up);
      ASSERT(part.has_value());  // at most the pool's own cores
      share = *part;
    }
    const std::int64_t before = pool.foreign.of[in_cores];
    if (before == share) continue;
    pool.foreign.of[in_cores] = share;
    pool.recount();
    tell_pool(pool, share < before ? more_room : less_room);
  }
}

void World::set_reachable(CentreState& centre, bool is_reachable) {
  centre.is_reachable = is_reachable;
  for (const PoolIndex index : centre.pools) reachable_.set(index, pools_[index].is_known && is_reachable);
}

void World::note_reclaimable(const PoolState& pool) {
  if (pool.reclaimable.empty()) {
    reclaimable_pools_.erase(pool.index);
  } else if (reclaimable_pools_.insert(pool.index).second) {
    newly_reclaimable_.push_back(pool.index);
  }
}

bool World::spare(const AttemptKey& attempt) {
  const auto lease = leases_.find(attempt);
  if (lease == leases_.end() || !lease->second.is_reclaimable) return false;
  PoolState& pool = pools_[lease->second.pool];
  lease->second.is_reclaimable = false;
  lease->second.is_spared = true;
  pool.reclaimable.erase({lease->second.ends_at, lease->second});
  note_reclaimable(pool);
  return true;
}

/// Its end is another, and whether it may be taken back.
void World::change_lease(Holding& lease, const Holding& now) {
  PoolState& pool = pools_[lease.pool];
  vacate(pool, lease);
  lease.ends_at = now.ends_at;
  lease.is_reclaimable = now.is_reclaimable;
  lease.is_taken_back = now.is_taken_back;
  occupy(pool, lease);
  note_reclaimable(pool);
  tell_pool(pool, more_room);  // sooner: what was promised may leave room beside it
}

void World::drop_lease(const AttemptKey& attempt) {
  const auto lease = leases_.find(attempt);
  PoolState& pool = pools_[lease->second.pool];
  vacate(pool, lease->second);
  note_reclaimable(pool);
  share_lease(lease->second, false);
  count_task(lease->second, -1);
  const JobRecord* of_it = lease->second.job;
  JobRecord* bounded = of_it != nullptr && of_it->is_bounded() ? job(attempt.job) : nullptr;
  leases_.erase(lease);
  if (listener_ != nullptr && bounded != nullptr) listener_->job_changed(*bounded);  // another may go there
  if (bug_ == PlantedBug::forgotten_room) return;
  tell_pool(pool, more_room);
}

void World::claim(const JobRecord& job, const AttemptKey& attempt, PoolIndex pool, UnixTime now) {
  const auto hold = hold_on(job, pools_[pool], now);
  ASSERT(hold.has_value());  // it was checked before
  const bool holds_for_inputs = !to_hold(job, pools_[pool]).is_zero();
  Claim& claim = claims_[attempt];
  claim.organisation = job.organisation;
  const Resources& resources = job.common->requirements.resources;
  const Duration staged_in = staging(job, pools_[pool]);
  const Duration wall_time = job.wall_at(now, staged_in);
  claim.hold = *hold;
  claim.holds_for_inputs = holds_for_inputs;
  if (holds_for_inputs) claimed_inputs_.insert({job.id, pools_[pool].centre->id});
  wallets_[job.organisation].claimed += claim.hold;
  Holding& holding = claim.holding;
  holding.attempt = attempt;
  holding.pool = pool;
  holding.shape = need_of(resources);
  if (bug_ == PlantedBug::gang_half_placed) holding.shape.nodes = (holding.shape.nodes + 1) / 2;
  holding.granted_at = now;
  holding.ends_at = now + lease_start_allowance + staged_in + wall_time;
  holding.wall_time = wall_time;
  holding.job = &job;
  occupy(pools_[pool], holding);
  count_task(holding, 1);
  tell_pool(pools_[pool], less_room);
}

/// What it holds for, and its room.
void World::give_back(const Claim& claim) {
  const Holding& holding = claim.holding;
  wallets_[claim.organisation].claimed -= claim.hold;
  if (claim.holds_for_inputs) claimed_inputs_.erase({holding.attempt.job, pools_[holding.pool].centre->id});
  count_task(holding, -1);
  vacate(pools_[holding.pool], holding);
}

void World::drop_claim(const AttemptKey& attempt) {
  const auto claim = claims_.find(attempt);
  ASSERT(claim != claims_.end());
  PoolState& pool = pools_[claim->second.holding.pool];
  give_back(claim->second);
  claims_.erase(claim);
  tell_pool(pool, more_room);
}

bool World::consume_claim(const Holding& lease) {
  // The core may have given the lease to another untouched task of the same job: to placement they are alike.
  auto claim = claims_.find(lease.attempt);
  if (claim == claims_.end() || claim->second.holding.pool != lease.pool) {
    claim = claims_.lower_bound({lease.attempt.job, 0, 0});
    while (claim != claims_.end() && claim->first.job == lease.attempt.job &&
           claim->second.holding.pool != lease.pool)
      ++claim;
  }
  if (claim == claims_.end() || claim->first.job != lease.attempt.job || claim->second.holding.shape != lease.shape)
    return false;
  give_back(claim->second);
  claims_.erase(claim);
  return true;
}

std::vector<JobId> World::drop_claims() {
  std::vector<JobId> jobs;
  for (auto& [attempt, claim] : claims_) {
    give_back(claim);
    tell_pool(pools_[claim.holding.pool], more_room);
    if (listener_ != nullptr) listener_->wallet_changed(claim.organisation);
    if (jobs.empty() || jobs.back() != attempt.job) jobs.push_back(attempt.job);
  }
  claims_.clear();
  return jobs;
}

bool World::has_claim(JobId job) const {
  const auto claim = claims_.lower_bound({job, 0, 0});
  return claim != claims_.end() && claim->first.job == job;
}

void World::attach_leases(const JobRecord* to, JobId id) {
  for (auto lease = leases_.lower_bound({id, 0, 0}); lease != leases_.end() && lease->first.job == id; ++lease) {
    if (lease->second.job != to) {
      share_lease(lease->second, false);
      count_task(lease->second, -1);
      lease->second.job = to;
      share_lease(lease->second, true);
      count_task(lease->second, 1);
    }
    renew_end(lease->second);
  }
  for (auto claim = claims_.lower_bound({id, 0, 0}); claim != claims_.end() && claim->first.job == id; ++claim) {
    count_task(claim->second.holding, -1);
    claim->second.holding.job = to;
    count_task(claim->second.holding, 1);
    renew_end(claim->second.holding);
  }
}

void World::occupy(PoolState& pool, const Holding& holding) {
  pool.hold(holding);
  held_ = sum(held_, holding.shape.all());
}

void World::vacate(PoolState& pool, const Holding& holding) {
  pool.let_go(holding);
  held_ = minus(held_, holding.shape.all());
}

void World::renew_end(const Holding& holding) {
  pools_[holding.pool].renew_end(holding);
  if (listener_ != nullptr) listener_->ends_changed(holding.pool);
}

void World::tell_pool(PoolState& pool, WorldListener::PoolChange change) const {
  if (listener_ != nullptr) listener_->pool_changed(pool, change);
}

std::uint32_t World::rank(PoolIndex index) const {
  if (!are_ranked_) {
    std::vector<PoolIndex> order(pools_.size());
    std::iota(order.begin(), order.end(), PoolIndex{0});
    std::sort(order.begin(), order.end(), [&](PoolIndex a, PoolIndex b) {
      const PoolState& one = pools_[a];
      const PoolState& other = pools_[b];
      return std::tie(one.centre->name, one.row.name, one.row.centre) <
             std::tie(other.centre->name, other.row.name, other.row.centre);
    });
    ranks_.resize(order.size());
    for (std::size_t place = 0; place < order.size(); ++place)
      ranks_[order[place]] = static_cast<std::uint32_t>(place);
    are_ranked_ = true;
  }
  return ranks_[index];
}

}  // namespace dayan::place
