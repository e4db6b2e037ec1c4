#include <algorithm>
#include <cmath>
#include <utility>

#include "place/turn.h"

/// Vistas: what the jobs of a view see at a moment of a plan, worked out once for all of them.

namespace dayan::place {
namespace {

/// So many of the best pools are looked at for one that a price cap surely pays.
constexpr std::size_t paid_looked_at_max = 256;

}  // namespace

Horizon::Entry Planning::horizon_entry(const Sight& sight, const PoolState& pool) {
  Horizon::Entry entry;
  entry.pool = pool.index;
  if (!pool.reservations.empty()) entry.closes = &pool;
  entry.slowness = sight.ranking->slowness(agenda_.world().figures(pool.index));
  entry.lag = sight.ranking->lag(agenda_.world().figures(pool.index));
  entry.rate = sight.ranking->rate(agenda_.world().figures(pool.index));
  const Openings::Found found = openings_.find(pool, *sight.room, agenda_.now());
  entry.slots = found.slots;
  if (sight.room->now.get(pool.index)) {
    if (pool.promise && !pool.fits_beside_promise(sight.room->need)) {
      const Duration starts_in = std::max(pool.promise->start - agenda_.now(), Duration());
      entry.passes_up_to = static_cast<double>(pool.promised_within(agenda_.now()).microseconds());
      entry.later_wait = static_cast<double>((starts_in + pool.promise->run).microseconds());
      entry.later_slots = pool.slots_when_empty(sight.room->need);
    }
    return entry;
  }
  const bool is_known = !found.opens_at.is_none();
  entry.wait = is_known ? static_cast<double>((found.opens_at - agenda_.now()).microseconds())
                        : std::numeric_limits<double>::infinity();
  return entry;
}

Horizon Planning::horizon(const View& view) {
  const Sight sight = this->sight(agenda_.queue().job_class(view.in));
  Horizon found;
  const Bits& reachable = agenda_.world().reachable();
  const std::size_t wanted = preference_of(sight.of->requirements).waits_for_best ? 1 : horizon_max;
  for (const RankedPool& each : sight.ranking->best_first()) {
    if (!reachable.get(each.pool) || !sight.room->ever.get(each.pool) || !accepts(view.group, each.pool)) continue;
    if (agenda_.world().figures(each.pool).wall_time_max < view.wall_bound) continue;
    if (found.count == 0) found.least_score = each.score;
    found.entries[found.count++] = horizon_entry(sight, agenda_.world().pool(each.pool));
    found.rate_most = std::max(found.rate_most, sight.ranking->rate(agenda_.world().figures(each.pool)));
    if (found.count == wanted) break;
  }
  return found;
}

Bound Planning::bound(const Horizon& horizon, const Preference& preference, const LaneKey& lane) const {
  Bound bound;
  if (preference.waits_for_best) {
    bound.score = horizon.least_score;
    return bound;
  }
  const double run = run_of_step(lane.run_step);
  const std::int64_t tasks = std::max<std::int64_t>(tasks_of_step(lane.tasks_step), 1);
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < horizon.count; ++i) {
    const Horizon::Entry& each = horizon.entries[i];
    const bool is_later = wall_of_step(lane.wall_step) > each.passes_up_to;
    std::int64_t at_once = std::max<std::int64_t>(is_later ? each.later_slots : each.slots, 1);
    if (lane.throttle_step > 0) at_once = std::min(at_once, tasks_of_step(lane.throttle_step));
    const std::int64_t waves = tasks <= at_once ? 1 : (tasks - 1) / at_once + 1;  // a division is dear
    double wait = is_later ? each.later_wait : each.wait;
    if (each.closes != nullptr) wait = wait_until_open(*each.closes, lane.group, lane.wall_step, wait);
    wait += each.lag * run;
    best = std::min(best, wait + static_cast<double>(waves) * run * each.slowness);
  }
  bound.slowness = best * preference.patience * as_good / run;
  return bound;
}

double Planning::wait_until_open(const PoolState& pool, CustomerGroup group, std::uint8_t wall_step,
                                 double wait) const {
  if (!std::isfinite(wait) || agenda_.bug() == PlantedBug::forgotten_reservation) return wait;
  const UnixTime now = agenda_.now();
  const UnixTime start = now + Duration::microseconds(static_cast<std::int64_t>(wait));
  const Duration wall = Duration::microseconds(static_cast<std::int64_t>(wall_of_step(wall_step)));
  const auto is_named = [&](const ReservationRow& row) {
    return agenda_.world().acceptance().is_named(group, row.id);
  };
  return static_cast<double>((pool.open_from(start, wall, UnixTime(), is_named) - now).microseconds());
}

Vista& Planning::vista(View& view) {
  if (std::exchange(view.seen_at, vistas_seen_) == vistas_seen_) return vistas_[view.vista];
  view.vista = static_cast<std::uint32_t>(vistas_used_++);
  if (view.vista == vistas_.size()) return vistas_.emplace_back();
  Vista& seen = vistas_[view.vista];
  seen.horizon.reset();
  seen.has_open = seen.are_many_open = false;
  seen.open.clear();
  seen.best_paid.clear();
  return seen;
}

const Horizon& Planning::horizon_of(ViewIndex index) {
  View& view = agenda_.queue().view(index);
  Vista& seen = vista(view);
  if (!seen.horizon) seen.horizon = horizon(view);
  return *seen.horizon;
}

RankedPool Planning::best_paid(ViewIndex index, std::uint8_t cap_step) {
  View& view = agenda_.queue().view(index);
  std::vector<std::pair<std::uint8_t, RankedPool>>& known = vista(view).best_paid;
  for (const auto& [step, best] : known) {
    if (step == cap_step) return best;
  }
  const Sight sight = this->sight(agenda_.queue().job_class(view.in));
  const World& world = agenda_.world();
  RankedPool best{std::numeric_limits<float>::infinity()};
  std::size_t looked = 0;
  for (const RankedPool& each : sight.ranking->best_first()) {
    if (++looked > paid_looked_at_max) break;
    const PoolFigures& figures = world.figures(each.pool);
    if (!surely_pays(cap_step, sight.ranking->rate(figures)) || figures.wall_time_max < view.wall_bound) continue;
    if (!is_reachable(each.pool) || !sight.room->ever.get(each.pool) || !accepts(view.group, each.pool)) continue;
    best = each;
    break;
  }
  known.emplace_back(cap_step, best);
  return best;
}

const Vista& Planning::open_of(ViewIndex index) {
  View& view = agenda_.queue().view(index);
  Vista& seen = vista(view);
  if (std::exchange(seen.has_open, true)) return seen;
  const Sight sight = this->sight(agenda_.queue().job_class(view.in));
  const World& world = agenda_.world();
  const Bits& feasible = sight.ranking->feasible();
  for (std::size_t at = 0; at < feasible.words() && !seen.are_many_open; ++at) {
    const std::uint64_t open = feasible.word(at) & sight.room->now.word(at) & world.reachable().word(at) &
                               world.acceptance().word(view.group, at);
    for_each_bit(open, at * 64, [&](std::size_t pool) { seen.open.push_back({0, 0, static_cast<PoolIndex>(pool)}); });
    seen.are_many_open = seen.open.size() > few_open;
  }
  if (seen.are_many_open) {
    seen.open.clear();
    return seen;
  }
  for (OpenPool& each : seen.open) {
    each.score = sight.ranking->score(world.figures(each.pool));
    each.rank = world.rank(each.pool);
  }
  std::sort(seen.open.begin(), seen.open.end(), [](const OpenPool& a, const OpenPool& b) {
    return a.score != b.score ? a.score < b.score : a.rank < b.rank;
  });
  return seen;
}

}  // namespace dayan::place
