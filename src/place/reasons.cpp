#include <algorithm>
#include <bit>

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

constexpr double microseconds_per_hour = 3'600'000'000.0;
constexpr double bytes_per_gigabyte = 1'000'000'000;
/// Run times are charged by whole milliseconds: what an estimate may lie beside that, with its own rounding.
constexpr double run_slack_hours = 2'000 / microseconds_per_hour;

/// Counts the pools where something is more than a limit, by estimates with a doubt on either side. It is worked out
/// where the estimate leaves it open, and, of the pools that are surely above, for those that may be the nearest.
class Excess {
 public:
  explicit Excess(std::int64_t limit) : limit_(limit) {}

  template <class Exact>
  void look(PoolIndex pool, double estimate, double doubt, Exact&& exact) {
    const auto limit = static_cast<double>(limit_);
    if (estimate + doubt < limit) return;
    if (estimate - doubt <= limit) {
      const std::int64_t value = exact(pool);
      if (value > limit_) add(found_, value - limit_);
      return;
    }
    ++sure_;
    if (estimate - doubt > least_) return;
    nearest_.emplace_back(estimate - doubt, pool);
    least_ = std::min(least_, estimate + doubt);
  }

  template <class Exact>
  void tell(RuledOut& count, Exact&& exact) {
    for (const auto& [least, pool] : nearest_) {
      if (least > least_) continue;
      add(found_, exact(pool) - limit_);
      --sure_;
    }
    count.pools = found_.pools + sure_;
    count.best_margin = found_.best_margin;
  }

 private:
  std::int64_t limit_;
  RuledOut found_;         ///< what has been worked out
  std::int32_t sure_ = 0;  ///< pools that are above the limit without that
  std::vector<std::pair<double, PoolIndex>> nearest_;  ///< of these, with what is needed there at least
  double least_ = std::numeric_limits<double>::infinity();  ///< what is needed at most in the nearest of them
};

}  // namespace

Transfer Turn::transfer_to(const PoolState& pool) const {
  if (!job_.has_inputs()) return {};
  return expected_transfer(world_.to_move(job_, pool), pool.centre->link, *pool.centre->current_offer(),
                           world_.to_hold(job_, pool));
}

PlacementRow Turn::placement(const PoolState& pool, std::int32_t task, std::int32_t number, CentreId left_out) const {
  PlacementRow row;
  row.job = job_.id;
  row.task = task;
  row.number = number;
  row.centre = pool.centre->id;
  row.pool = pool.row.name;
  row.task_cost = task_cost(job_, pool);
  const CentreState& centre = *pool.centre;
  row.carbon = carbon_of(pool.row, centre.pue, centre.carbon_now, class_.requirements.resources,
                         expected_run(job_, pool.row));
  row.transfer = transfer_to(pool);
  row.expected_start = now_ + row.transfer.time.value_or(Duration());
  row.expected_finish = row.expected_start + expected_run(job_, pool.row);
  row.ruled_out = ruled_out_;
  row.runners_up.reserve(runners_up_max);
  for (const RankedPool& each : sight_.ranking->best_first()) {
    if (row.runners_up.size() == runners_up_max) break;
    const PoolState& other = world_.pool(each.pool);
    if (&other == &pool || !can_ever_take(other, left_out)) continue;
    Duration wait;
    if (!sight_.room->now.get(each.pool))
      wait = planning_.openings().wait(other, class_.need, now_).value_or(wait_unknown);
    const Transfer inputs = transfer_to(other);
    wait = wait + inputs.time.value_or(Duration());
    row.runners_up.push_back({other.centre->id, other.row.name, task_cost(job_, other), wait + expected_run(job_, other.row),
                              inputs});
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
    return is_in_time_at(world_.pool(index), now_);
  };
  const Bits& long_enough = world_.long_enough(world_.wall_bound_of(job_.wall_time));
  std::int64_t lack = int64_max;
  for (std::size_t at = 0; at < feasible.words(); ++at) {
    std::uint64_t left = feasible.word(at) & world_.acceptance().word(lane_.group, at) & long_enough.word(at);
    if (job_.has_deadline()) {
      for_each_bit(left, at * 64, [&](std::size_t pool) {
        if (!is_left(pool)) left &= ~(std::uint64_t{1} << (pool % 64));
      });
    }
    const std::uint64_t full = left & ~sight_.room->now.word(at);
    capacity.pools += std::popcount(full);
    for_each_bit(full, at * 64, [&](std::size_t pool) { lack = std::min(lack, sight_.room->lacks[pool]); });
    for_each_bit(left & ~world_.reachable().word(at), at * 64, [&](std::size_t pool) {
      const UnixTime heard = world_.pool(static_cast<PoolIndex>(pool)).centre->heard_at;
      add(silent, (now_ - heard - reachable_within).microseconds());
    });
  }
  if (capacity.pools > 0) capacity.best_margin = lack;
  const World::TasksAt& all = world_.tasks_at();
  for (auto at = all.lower_bound({job_.id, CentreId()}); at != all.end() && at->first.first == job_.id; ++at) {
    if (world_.tasks_left_at(job_, at->first.second) > 0) continue;
    for (const PoolIndex index : world_.centres().at(at->first.second).pools) {
      const bool is_long_enough = world_.figures(index).wall_time_max >= job_.wall_time;
      if (feasible.get(index) && planning_.accepts(lane_.group, index) && is_long_enough && is_left(index))
        add(of_constraint(counts, Constraint::tasks_per_centre), 1);
    }
  }
  count_apart(counts);
  RuledOut& closed = of_constraint(counts, Constraint::closed);
  for (std::size_t at = 0; at < world_.reserved_pools().words(); ++at) {
    const std::uint64_t left = feasible.word(at) & world_.acceptance().word(lane_.group, at) & long_enough.word(at);
    for_each_bit(left & world_.reserved_pools().word(at), at * 64, [&](std::size_t pool) {
      if (!is_left(pool)) return;
      const PoolState& at_pool = world_.pool(static_cast<PoolIndex>(pool));
      const Duration limit = world_.open_within(at_pool, lane_.group, now_);
      const Duration staging = world_.staging(job_, at_pool);
      const Duration length = job_.wall_at(now_, staging) + staging;
      if (length > limit) add(closed, (length - limit).microseconds());
    });
  }
}

/// Pools where no further task of it finds a node.
void Turn::count_apart(std::vector<RuledOut>& counts) const {
  const World::TasksIn& all = world_.tasks_in();
  for (auto in = all.lower_bound({job_.id, 0}); in != all.end() && in->first.first == job_.id; ++in) {
    const PoolState& pool = world_.pool(in->first.second);
    const Spread there = world_.spread(job_, pool);
    if (tasks_left(pool, class_.need, there) > 0 && !lacks_node(pool)) continue;
    const bool is_left = sight_.ranking->feasible().get(pool.index) && planning_.accepts(lane_.group, pool.index) &&
                         world_.figures(pool.index).wall_time_max >= job_.wall_time && is_in_time_at(pool, now_);
    const std::int64_t needed = is_left ? on_node_needed(pool, class_.need, there) : 0;
    if (needed > 0) add(of_constraint(counts, Constraint::tasks_per_node), needed - there.on_node_max);
  }
}

/// Pools where it would not end by its deadline, of those that nothing else rules out for good.
void Turn::count_late(std::vector<RuledOut>& counts) const {
  if (!job_.has_deadline()) return;
  RuledOut& late = of_constraint(counts, Constraint::deadline);
  for (const RankedPool& each : sight_.ranking->best_first()) {
    const PoolState& pool = world_.pool(each.pool);
    if (world_.figures(each.pool).wall_time_max < job_.wall_time || !planning_.accepts(lane_.group, each.pool)) continue;
    const Duration needed = needed_time(expected_run(job_, pool.row), world_.staging(job_, pool));
    if (now_ + needed > job_.finish_by) add(late, (now_ + needed - job_.finish_by).microseconds());
  }
}

void Turn::count_money(std::vector<RuledOut>& counts) const {
  const Ranking& ranking = *sight_.ranking;
  const Resources& resources = class_.requirements.resources;
  const bool counts_job = job_.next_task == 0 && job_.is_estimated();
  const std::int64_t unsettled = job_.waiting() + job_.live;
  const auto spent = static_cast<double>(spent_and_held_.micro());
  const auto charged = static_cast<double>(job_.charged.micro());
  const std::int64_t mean = job_.succeeded > 0 ? job_.run_time_sum / job_.succeeded : job_.run_time.microseconds();
  const double run_hours = static_cast<double>(mean) / microseconds_per_hour;
  // What it needs at most: the hold, or the whole job's cost.
  const auto needed_at = [&](PoolIndex index) {
    const PoolState& pool = world_.pool(index);
    const std::int64_t needed = plus(spent_and_held_.micro(), hold_on(pool).micro());
    if (!counts_job) return needed;
    const auto cost =
        amount_of(*pool.centre->offer_for(class_.requirements), resources, expected_run(job_, pool.row), Rounding::down);
    const auto inputs = transfer_cost(*pool.centre->current_offer(), world_.to_hold(job_, pool), Rounding::down);
    const bool is_counted = cost.has_value() && inputs.has_value();
    return std::max(needed, plus(job_.charged.micro(),
                                 is_counted ? plus(times(cost->micro(), unsettled), inputs->micro()) : int64_max));
  };
  Excess over_cap(job_.price_cap.micro());
  Excess over_funds(world_.available(job_.organisation).micro());
  for (const RankedPool& each : ranking.best_first()) {
    const PoolFigures& figures = world_.figures(each.pool);
    if (figures.wall_time_max < job_.wall_time || !planning_.accepts(lane_.group, each.pool)) continue;
    const PoolState& ranked = world_.pool(each.pool);
    if (!is_in_time_at(ranked, now_)) continue;
    const double rate = ranking.rate(figures);
    const Duration wall = job_.wall_at(now_, world_.staging(job_, ranked));
    const double wall_hours = static_cast<double>(wall.microseconds() / 1'000) * 1'000 / microseconds_per_hour;
    const double inputs =
        static_cast<double>(world_.to_hold(job_, ranked).value()) / bytes_per_gigabyte * figures.transfer_gb;
    const double hold = rate * wall_hours + inputs;
    if (!is_rich_) {
      over_funds.look(each.pool, hold, hold * estimate_slack + estimate_slack_micro,
                      [&](PoolIndex pool) { return hold_on(world_.pool(pool)).micro(); });
    }
    if (!job_.has_cap()) continue;
    const auto tasks = static_cast<double>(std::max<std::int64_t>(unsettled, 1));
    const double cost = rate * std::min(run_hours * ranking.slowness(figures), wall_hours_) * tasks + inputs;
    const double most = std::max(spent + hold, counts_job ? charged + cost : 0);
    const double doubt = most * estimate_slack + (estimate_slack_micro + rate * run_slack_hours) * tasks;
    over_cap.look(each.pool, most, doubt, needed_at);
  }
  if (job_.has_cap()) over_cap.tell(of_constraint(counts, Constraint::price_cap), needed_at);
  over_funds.tell(of_constraint(counts, Constraint::funds),
                  [&](PoolIndex pool) { return hold_on(world_.pool(pool)).micro(); });
}

}  // namespace dayan::place
