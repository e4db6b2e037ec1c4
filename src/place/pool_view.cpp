#include "place/pool_view.h"

#include <algorithm>
#include <tuple>

namespace dayan::place {
namespace {

constexpr std::int64_t reference_capability = 10'000;

bool is_earlier(const Release& a, const Release& b) { return std::tie(a.at, a.attempt) < std::tie(b.at, b.attempt); }

/// Removes one lease from what is taken.
void give_back(PoolView& view, const Amounts& shape) {
  for (std::size_t kind = 0; kind < kinds; ++kind) view.taken.of[kind] -= shape.of[kind];
  const auto found = view.shapes.find(shape);
  ASSERT(found != view.shapes.end());
  if (--found->second == 0) view.shapes.erase(found);
}

/// When a live lease is expected to end.
UnixTime expected_end(const Projection& rows, const LeaseRow& lease, const PoolRow& pool, UnixTime now) {
  const auto started = rows.started_at.find(lease.attempt());
  const UnixTime start = started != rows.started_at.end() ? started->second : lease.granted_at;
  const auto job = rows.jobs.find(lease.job);
  const Duration run =
      job != rows.jobs.end() ? expected_run(job->second.requirements, &job->second, pool) : lease.wall_time;
  UnixTime end = start + run;
  // One that is past its estimate is expected to take as long again as it has taken: the longer it overruns, the less
  // the estimate is worth.
  if (end <= now) end = now + std::max(now - start, Duration::seconds(1));
  // A lease that is still there takes its room still, even past its end: it is not free at once.
  return std::max(std::min(end, lease.ends_at), now + Duration::seconds(1));
}

void add_leases(PoolView& view, const Projection& rows, UnixTime now) {
  const auto use = rows.uses.find({view.pool->centre, view.pool->name});
  if (use == rows.uses.end()) return;
  view.taken = use->second.taken;
  view.shapes = use->second.shapes;
  view.releases.reserve(use->second.leases.size());
  for (const AttemptKey& attempt : use->second.leases) {
    const LeaseRow& lease = rows.leases.at(attempt);
    view.releases.push_back({expected_end(rows, lease, *view.pool, now), attempt, amounts_of(lease.resources)});
  }
  std::sort(view.releases.begin(), view.releases.end(), is_earlier);
}

/// The provider's own people are observed for the centre as a whole: each pool bears its share by cores, rounded up.
void add_foreign(std::vector<PoolView>& views, const Projection& rows) {
  std::map<CentreId, std::int64_t> cores_of;
  for (const PoolView& view : views) {
    std::int64_t& sum = cores_of[view.centre->id];
    sum = plus(sum, view.total.of[in_cores]);
  }
  for (PoolView& view : views) {
    const auto seen = rows.observations.find(view.centre->id);
    const std::int64_t all = cores_of.at(view.centre->id);
    if (seen == rows.observations.end() || !seen->second.foreign_cores_busy || all <= 0) continue;
    const std::int64_t busy = std::clamp<std::int64_t>(seen->second.foreign_cores_busy->value(), 0, all);
    const auto share = mul_div(busy, view.total.of[in_cores], all, Rounding::up);
    ASSERT(share.has_value());  // at most the pool's own cores
    view.taken.of[in_cores] = plus(view.taken.of[in_cores], *share);
  }
}

}  // namespace

Amounts PoolView::free() const {
  Amounts left;
  for (std::size_t kind = 0; kind < kinds; ++kind)
    left.of[kind] = std::max<std::int64_t>(total.of[kind] - taken.of[kind], 0);
  return left;
}

std::int64_t PoolView::slots(const Amounts& need) const {
  const std::int64_t by_sum = fit_count(free(), need);
  if (by_sum == int64_max) return pool->nodes > 0 ? int64_max : 0;  // who needs nothing fits wherever there is a node
  return std::min(by_sum, packing.slots(need));
}

Opening PoolView::opening(const Amounts& need, UnixTime now) const {
  const std::int64_t now_free = slots(need);
  if (now_free > 0) return {Duration(), now_free};
  if (fit_count(per_node, need) == 0 || releases.empty()) return {};
  PoolView later;  // without the releases, which are many
  later.pool = pool;
  later.per_node = per_node;
  later.total = total;
  later.taken = taken;
  later.shapes = shapes;
  for (const Release& release : releases) {
    give_back(later, release.shape);
    later.packing = Packing(pool->nodes, per_node, later.shapes);
    const std::int64_t then_free = later.slots(need);
    if (then_free > 0) return {release.at - now, then_free};
  }
  return {};
}

std::int64_t PoolView::load() const {
  std::int64_t fullest = 0;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (total.of[kind] <= 0) continue;
    const auto here = mul_div(taken.of[kind], 1'000, total.of[kind], Rounding::up);
    fullest = std::max(fullest, here.has_value() ? *here : int64_max);
  }
  return fullest;
}

void PoolView::take(const AttemptKey& attempt, const Amounts& need, UnixTime until) {
  ASSERT(slots(need) > 0);
  for (std::size_t kind = 0; kind < kinds; ++kind) taken.of[kind] += need.of[kind];
  ++shapes[need];
  packing.add(need);
  const Release release{until, attempt, need};
  releases.insert(std::upper_bound(releases.begin(), releases.end(), release, is_earlier), release);
}

bool has_estimate(const Requirements& requirements, const JobRow* job) {
  return (job != nullptr && job->succeeded > 0) || requirements.run_time > Duration();
}

Duration expected_run(const Requirements& requirements, const JobRow* job, const PoolRow& pool) {
  if (!has_estimate(requirements, job)) return requirements.wall_time;
  const std::int64_t on_reference = job != nullptr && job->succeeded > 0 ? job->run_time_sum / job->succeeded
                                                                         : requirements.run_time.microseconds();
  const std::int64_t capability =
      pool.core_capability.value() > 0 ? pool.core_capability.value() : reference_capability;
  const auto here = mul_div(std::max<std::int64_t>(on_reference, 1), reference_capability, capability, Rounding::up);
  return here.has_value() ? std::min(Duration::microseconds(*here), requirements.wall_time) : requirements.wall_time;
}

std::vector<PoolView> pool_views(const Projection& rows, UnixTime now) {
  std::vector<PoolView> views;
  views.reserve(rows.pools.size());
  for (const auto& [key, pool] : rows.pools) {
    const auto centre = rows.centres.find(pool.centre);
    if (centre == rows.centres.end()) continue;
    PoolView view;
    view.pool = &pool;
    view.centre = &centre->second;
    const auto provider = rows.organisations.find(centre->second.provider);
    if (provider != rows.organisations.end()) view.provider = &provider->second;
    view.offer = rows.current_offer(pool.centre);
    const auto seen = rows.observations.find(pool.centre);
    if (seen != rows.observations.end()) view.heard_at = seen->second.heard_at;
    view.is_reachable = !view.heard_at.is_none() && now - view.heard_at <= reachable_within;
    view.per_node = {{pool.cores_per_node.value(), pool.memory_per_node.value(), pool.cards_per_node.value()}};
    for (std::size_t kind = 0; kind < kinds; ++kind) view.total.of[kind] = times(view.per_node.of[kind], pool.nodes);
    add_leases(view, rows, now);
    view.packing = Packing(pool.nodes, view.per_node, view.shapes);
    views.push_back(std::move(view));
  }
  add_foreign(views, rows);
  return views;
}

}  // namespace dayan::place
