#include <algorithm>
#include <cmath>

#include "place/turn.h"

/// The part of a Turn that looks ahead to other hours of the day (turn.h has the rules).

namespace dayan::place {
namespace {

/// Below all scores.
constexpr float none_is_good = -1;
/// Prices of an hour are rounded to a micro-yuan: so much more than their percentages tell one may be below another.
constexpr float hours_drop_slack = 0.99F;

}  // namespace

/// The best score below a bound that the pool will have at an hour ahead when it is expected to have room, up to the
/// last call; and from when on.
std::optional<std::pair<float, UnixTime>> Turn::best_hour(const PoolState& pool, float worse_than) {
  const CentreState& centre = *pool.centre;
  const Horizon::Entry entry = exact_entry(pool);
  if (!std::isfinite(entry.wait)) return std::nullopt;
  const UnixTime opens = now_ + Duration::microseconds(static_cast<std::int64_t>(entry.wait));
  const UnixTime until = std::min(job_.last_call(), std::max(now_, opens) + Duration::hours(24));
  std::optional<std::pair<float, UnixTime>> best;
  for (UnixTime start = std::max(centre.hour_ends, opens); start <= until; start = *centre.next_hour(start)) {
    if (!is_in_time_at(pool, start)) break;
    const float score = sight_.ranking->score(world_.figures_at(pool, start));
    if (score >= worse_than) continue;
    worse_than = score;
    best = {score, start};
  }
  return best;
}

/// Where an hour ahead is cheaper than what there is now, at the best pool that opens in time, nothing is good enough.
void Turn::look_for_hour(Outlook& outlook, PoolIndex now_at) {
  const bool is_for_hours = objective_ == Objective::cheapest || objective_ == Objective::greenest;
  if (!is_for_hours || world_.hours_drop() >= 1) return;
  const float drop = world_.hours_drop() * hours_drop_slack;
  AwaitedHour awaited;
  float least = outlook.bound.score / as_good;
  std::size_t looked = 0;
  for (const RankedPool& each : sight_.ranking->best_first()) {
    if (looked == in_time_looked_at_max || each.score * drop >= least) break;  // nor is anything behind
    const PoolState& pool = world_.pool(each.pool);
    if (!can_ever_take(pool, outlook.left_out)) continue;
    ++looked;
    const auto hour = pool.centre->has_hours() ? best_hour(pool, least) : std::nullopt;
    if (!hour) continue;
    least = hour->first;
    awaited = {each.pool, hour->second, now_at};
  }
  if (awaited.pool == no_pool) return;
  outlook.bound.score = none_is_good;
  job_.awaited_hour = awaited;
}

}  // namespace dayan::place
