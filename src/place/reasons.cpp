#include <algorithm>

#include "model/energy.h"
#include "model/meter.h"
#include "place/turn.h"

/// What a turn tells of its choices: the next best pools, and how many each constraint cost. Constraints that never
/// pass are counted over all pools; those that pass with time, and money, over the pools that the others leave.

namespace dayan::place {
namespace {

RuledOut& of_constraint(std::vector<RuledOut>& counts, Constraint constraint) {
  return counts[static_cast<std::size_t>(constraint)];
}

void add(RuledOut& count, std::int64_t margin) {
  count.best_margin = count.pools == 0 ? margin : std::min(count.best_margin, margin);
  ++count.pools;
}

}  // namespace

PlacementRow Turn::placement(const PoolState& pool, std::int32_t task, std::int32_t number, CentreId left_out) const {
  const auto cost_on = [&](const PoolState& each) {
    const auto cost = amount_of(*each.centre->current_offer(), class_.requirements.resources,
                                expected_run(job_, each.row), Rounding::down);
    return cost.has_value() ? *cost : Cny();
  };
  PlacementRow row;
  row.job = job_.id;
  row.task = task;
  row.number = number;
  row.centre = pool.centre->id;
  row.pool = pool.row.name;
  row.task_cost = cost_on(pool);
  const CentreState& centre = *pool.centre;
  row.carbon = carbon_of(pool.row, centre.pue, centre.carbon, class_.requirements.resources,
                         expected_run(job_, pool.row));
  row.expected_start = now_;
  row.expected_finish = now_ + expected_run(job_, pool.row);
  row.ruled_out = ruled_out_;
  row.runners_up.reserve(runners_up_max);
  for (const RankedPool& each : sight_.ranking->best_first()) {
    if (row.runners_up.size() == runners_up_max) break;
    const PoolState& other = world_.pool(each.pool);
    if (&other == &pool || !can_ever_take(other, left_out)) continue;
    Duration wait;
    if (!sight_.room->now.get(each.pool))
      wait = planning_.openings().wait(other, class_.need, now_).value_or(wait_unknown);
    row.runners_up.push_back(
        {other.centre->id, other.row.name, cost_on(other), wait + expected_run(job_, other.row)});
  }
  if (left_out.is_none()) return row;
  std::int32_t avoided = 0;
  for (const PoolIndex index : world_.centres().at(left_out).pools) {
    if (sight_.ranking->feasible().get(index) && can_ever_take(world_.pool(index), CentreId())) ++avoided;
  }
  if (avoided > 0) row.ruled_out.push_back({Constraint::failed_here, avoided, 0});
  return row;
}

std::vector<RuledOut> Turn::ruled_out() const {
  std::vector<RuledOut> counts(EnumWords<Constraint>::words.size());
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i].constraint = static_cast<Constraint>(i);
  for (const RuledOut& each : sight_.ranking->ruled_out(world_)) of_constraint(counts, each.constraint) = each;
  RuledOut& wall = of_constraint(counts, Constraint::wall_time);
  for (const auto& [bound, pools] : world_.wall_bounds()) {
    if (bound >= job_.wall_time) break;
    if (pools == 0) continue;
    wall.pools += pools;
    wall.best_margin = (job_.wall_time - bound).microseconds();
  }
  RuledOut& acceptance = of_constraint(counts, Constraint::acceptance);
  for (std::size_t at = 0; world_.acceptance().has_choosy() && at < sight_.ranking->feasible().words(); ++at) {
    for_each_bit(~world_.acceptance().word(lane_.group, at), at * 64, [&](std::size_t pool) {
      if (world_.pool(static_cast<PoolIndex>(pool)).is_known) ++acceptance.pools;
    });
  }
  count_late(counts);
  count_passing(counts);
  if (job_.has_cap() || !is_rich_) count_money(counts);
  std::erase_if(counts, [](const RuledOut& each) { return each.pools == 0; });
  return counts;
}

void Turn::count_passing(std::vector<RuledOut>& counts) const {
  RuledOut& capacity = of_constraint(counts, Constraint::capacity);
  RuledOut& silent = of_constraint(counts, Constraint::reachable);
  const Bits& feasible = sight_.ranking->feasible();
  const auto is_left = [&](std::size_t pool) {
    const auto index = static_cast<PoolIndex>(pool);
    return world_.figures(index).wall_time_max >= job_.wall_time && is_in_time(job_, now_, world_.pool(index).row);
  };
  std::int64_t lack = int64_max;
  for (std::size_t at = 0; at < feasible.words(); ++at) {
    const std::uint64_t left = feasible.word(at) & world_.acceptance().word(lane_.group, at);
    const std::uint64_t full = left & ~sight_.room->now.word(at);
    for_each_bit(full, at * 64, [&](std::size_t pool) {
      if (!is_left(pool)) return;
      ++capacity.pools;
      lack = std::min(lack, sight_.room->lacks[pool]);
    });
    for_each_bit(left & ~world_.reachable().word(at), at * 64, [&](std::size_t pool) {
      if (!is_left(pool)) return;
      const UnixTime heard = world_.pool(static_cast<PoolIndex>(pool)).centre->heard_at;
      add(silent, (now_ - heard - reachable_within).microseconds());
    });
  }
  if (capacity.pools > 0) capacity.best_margin = lack;
  RuledOut& closed = of_constraint(counts, Constraint::closed);
  for (std::size_t at = 0; at < world_.reserved_pools().words(); ++at) {
    const std::uint64_t left = feasible.word(at) & world_.acceptance().word(lane_.group, at);
    for_each_bit(left & world_.reserved_pools().word(at), at * 64, [&](std::size_t pool) {
      if (!is_left(pool)) return;
      const Duration limit = world_.open_within(world_.pool(static_cast<PoolIndex>(pool)), lane_.group, now_);
      if (wall_ > limit) add(closed, (wall_ - limit).microseconds());
    });
  }
}

/// Pools where it would not end by its deadline, of those that nothing else rules out for good.
void Turn::count_late(std::vector<RuledOut>& counts) const {
  if (!job_.has_deadline()) return;
  RuledOut& late = of_constraint(counts, Constraint::deadline);
  for (const RankedPool& each : sight_.ranking->best_first()) {
    const PoolState& pool = world_.pool(each.pool);
    if (world_.figures(each.pool).wall_time_max < job_.wall_time || !planning_.accepts(lane_.group, each.pool)) continue;
    if (!is_in_time(job_, now_, pool.row))
      add(late, (now_ + needed_time(expected_run(job_, pool.row)) - job_.finish_by).microseconds());
  }
}

void Turn::count_money(std::vector<RuledOut>& counts) const {
  RuledOut& cap = of_constraint(counts, Constraint::price_cap);
  RuledOut& funds = of_constraint(counts, Constraint::funds);
  const Ranking& ranking = *sight_.ranking;
  const Resources& resources = class_.requirements.resources;
  const std::int64_t available = world_.available(job_.organisation).micro();
  const bool counts_job = job_.next_task == 0 && job_.is_estimated();
  const std::int64_t unsettled = job_.waiting() + job_.live;
  const auto is_clearly_within = [](double estimate, std::int64_t limit) {
    return estimate * (1 + estimate_slack) + estimate_slack_micro < static_cast<double>(limit);
  };
  for (const RankedPool& each : ranking.best_first()) {
    const PoolState& pool = world_.pool(each.pool);
    const PoolFigures& figures = world_.figures(each.pool);
    if (figures.wall_time_max < job_.wall_time || !planning_.accepts(lane_.group, each.pool)) continue;
    if (!is_in_time(job_, now_, pool.row)) continue;
    const double hold_estimate = ranking.rate(figures) * wall_hours_;
    if (!is_rich_ && !is_clearly_within(hold_estimate, available)) {
      const std::int64_t hold = hold_on(pool).micro();
      if (hold > available) add(funds, hold - available);
    }
    if (!job_.has_cap()) continue;
    // What it needs at most: the hold, or the whole job's cost, which is at most its tasks' holds.
    const std::int64_t limit = job_.price_cap.micro();
    const double most = hold_estimate * static_cast<double>(counts_job ? std::max<std::int64_t>(unsettled, 1) : 1) +
                        static_cast<double>(spent_and_held_.micro());
    if (is_clearly_within(most, limit)) continue;
    std::int64_t needed = plus(spent_and_held_.micro(), hold_on(pool).micro());
    if (counts_job) {
      const auto cost =
          amount_of(*pool.centre->current_offer(), resources, expected_run(job_, pool.row), Rounding::down);
      const std::int64_t all = cost.has_value() ? times(cost->micro(), unsettled) : int64_max;
      needed = std::max(needed, plus(job_.charged.micro(), all));
    }
    if (needed > limit) add(cap, needed - limit);
  }
}

}  // namespace dayan::place
