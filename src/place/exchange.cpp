#include "place/exchange.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "model/energy.h"
#include "place/turn.h"

namespace dayan::place {
namespace {

/// Who trades with whom.
using Market = std::tuple<OrganisationId, Need, Objective, std::int32_t, std::int32_t, std::int32_t>;

Market market_of(const JobRecord& job) {
  const Requirements& asked = job.common->requirements;
  return {job.organisation,   need_of(asked.resources), asked.objective,
          asked.weights.cost, asked.weights.time,       asked.weights.carbon};
}

}  // namespace

void Exchange::trade(std::vector<Assignment>& plan) {
  if (traders_.size() < 2) return;
  std::map<Market, std::vector<Trader>> markets;
  for (const Trader& each : traders_) {
    const PoolState& pool = agenda_.world().pool(each.pool);
    if (pool.promise || !pool.reservations.empty()) continue;
    std::vector<Trader>& market = markets[market_of(*each.job)];
    if (market.size() < traders_max) market.push_back(each);
  }
  for (auto& [market, traders] : markets) trade_within(traders, plan);
}

void Exchange::trade_within(std::vector<Trader>& traders, std::vector<Assignment>& plan) {
  for (int round = 0; round < exchange_rounds_max; ++round) {
    bool has_traded = false;
    for (std::size_t i = 0; i + 1 < traders.size(); ++i) {
      for (std::size_t j = i + 1; j < traders.size(); ++j) {
        if (!is_worth_it(traders[i], traders[j])) continue;
        swap(traders[i], traders[j], plan);
        has_traded = true;
      }
    }
    if (!has_traded) return;
  }
}

Ranking& Exchange::ranking_of(const JobRecord& job) {
  WaitQueue& queue = agenda_.queue();
  return agenda_.ranking(queue.job_class(queue.class_of(job)));
}

double Exchange::burden(const JobRecord& job, PoolIndex pool) {
  return static_cast<double>(mean_run(job).microseconds()) *
         static_cast<double>(ranking_of(job).score(agenda_.world().figures(pool)));
}

bool Exchange::is_worth_it(const Trader& a, const Trader& b) {
  if (a.job == b.job || a.pool == b.pool) return false;
  const double now = burden(*a.job, a.pool) + burden(*b.job, b.pool);
  const double then = burden(*a.job, b.pool) + burden(*b.job, a.pool);
  if (!(then * static_cast<double>(as_good) < now)) return false;
  const World& world = agenda_.world();
  return may_go(a, world.pool(b.pool)) && may_go(b, world.pool(a.pool)) && is_paid(a, b);
}

bool Exchange::may_go(const Trader& trader, const PoolState& pool) {
  const JobRecord& job = *trader.job;
  const PoolFigures& figures = agenda_.world().figures(pool.index);
  if (!trader.left_out.is_none() && pool.centre->id == trader.left_out) return false;
  if (job.wall_time > figures.wall_time_max || !is_in_time(job, agenda_.now(), pool.row, Duration())) return false;
  const Ranking& ranking = ranking_of(job);
  return ranking.feasible().get(pool.index) && ranking.delay(figures) <= trader.slowness_max;
}

bool Exchange::is_paid(const Trader& a, const Trader& b) const {
  const World& world = agenda_.world();
  Cny more;
  for (const auto& [trader, to] : {std::pair(&a, b.pool), std::pair(&b, a.pool)}) {
    const JobRecord& job = *trader->job;
    const PoolState& old_pool = world.pool(trader->pool);
    const PoolState& new_pool = world.pool(to);
    const auto before = world.hold_on(job, old_pool, agenda_.now());
    const auto after = world.hold_on(job, new_pool, agenda_.now());
    if (!before.has_value() || !after.has_value()) return false;
    if (job.has_cap() && (*after > *before || task_cost(job, new_pool) > task_cost(job, old_pool))) return false;
    more += *after - *before;
  }
  return more <= world.available(a.job->organisation) || !(more > Cny());
}

void Exchange::swap(Trader& a, Trader& b, std::vector<Assignment>& plan) {
  agenda_.world().exchange_claims({a.job->id, plan[a.at].task, plan[a.at].placement.number},
                                  {b.job->id, plan[b.at].task, plan[b.at].placement.number});
  std::swap(a.pool, b.pool);
  rewrite(plan[a.at].placement, a, *b.job);
  rewrite(plan[b.at].placement, b, *a.job);
}

/// The row as it is at the pool where the trader is now; the place that it had is the one nearest to it to be named.
void Exchange::rewrite(PlacementRow& row, const Trader& trader, const JobRecord& with) {
  const World& world = agenda_.world();
  const JobRecord& job = *trader.job;
  const PoolState& pool = world.pool(trader.pool);
  const Duration run = expected_run(job, pool.row);
  row.runners_up.push_back({row.centre, row.pool, row.task_cost, row.expected_finish - agenda_.now(), row.transfer});
  std::erase_if(row.runners_up, [&](const RunnerUp& each) {
    return each.centre == pool.centre->id && each.pool == pool.row.name;
  });
  const auto place = [&](const RunnerUp& each) {
    const std::vector<PoolIndex>& pools = world.centres().at(each.centre).pools;
    const PoolIndex index = *std::find_if(pools.begin(), pools.end(), [&](PoolIndex one) {
      return world.pool(one).row.name == each.pool;
    });
    return std::pair(ranking_of(job).score(world.figures(index)), world.rank(index));
  };
  std::sort(row.runners_up.begin(), row.runners_up.end(),
            [&](const RunnerUp& one, const RunnerUp& other) { return place(one) < place(other); });
  if (row.runners_up.size() > runners_up_max) row.runners_up.pop_back();
  row.centre = pool.centre->id;
  row.pool = pool.row.name;
  row.task_cost = task_cost(job, pool);
  row.carbon = carbon_of(pool.row, pool.centre->pue, pool.centre->carbon_now, job.common->requirements.resources, run);
  row.transfer = {};
  row.expected_finish = row.expected_start + run;
  row.exchanged_with = with.id;
}

}  // namespace dayan::place
