#include <algorithm>
#include <tuple>
#include <utility>

#include "model/energy.h"
#include "place/together.h"
#include "place/turn.h"

/// How tasks that are placed together come to their pools, as far as the rooms there let them (together.h).

namespace dayan::place {
namespace {

AttemptKey attempt_of(const Placed& placed, const std::vector<Assignment>& plan) {
  return {placed.job->id, plan[placed.at].task, plan[placed.at].placement.number};
}

/// Large ones are laid first: the small find room in what they leave.
auto bulk(const MarketTask& task) {
  const Amounts all = task.need.all();
  return std::tuple{-task.need.nodes, -all.of[in_millicards], -all.of[in_cores], -all.of[in_bytes]};
}

}  // namespace

/// Whether someone would be overtaken for ever: then the pool keeps room for him now.
bool Together::is_pushing_back(const Purse& purse, const Where& where) {
  bool is_promised = false;
  for (std::size_t i = 0; i < where.size(); ++i) {
    if (!where[i] || where[i] == purse.market.tasks[i].at) continue;
    const PoolIndex to = purse.pools[*where[i]];
    (void)planning_.is_pushing_back(job_of(purse, i), to);
    is_promised = is_promised || planning_.agenda().world().pool(to).promise.has_value();
  }
  return is_promised;
}

JobRecord& Together::job_of(const Purse& purse, std::size_t task) {
  const std::size_t first = purse.placed.size();
  return task < first ? *purse.placed[task].job : *purse.waiting[task - first].job;
}

AttemptKey Together::attempt_of(const Purse& purse, const std::vector<Assignment>& plan, std::size_t task) {
  const std::size_t first = purse.placed.size();
  if (task < first) return place::attempt_of(purse.placed[task], plan);
  const Waiting& waiting = purse.waiting[task - first];
  return {waiting.job->id, waiting.task, 1};
}

/// Moves claims of placed tasks, and makes claims for those that start. Where each is then; nothing: it found no room.
Together::Where Together::move(const Purse& purse, const std::vector<Assignment>& plan, const Where& where) {
  World& world = planning_.agenda().world();
  const UnixTime now = planning_.agenda().now();
  const std::size_t placed = purse.placed.size();
  Where found;
  std::vector<std::size_t> moving;
  for (std::size_t i = 0; i < where.size(); ++i) {
    found.push_back(purse.market.tasks[i].at);
    if (i < placed && (!where[i] || where[i] == found[i])) continue;
    if (where[i]) moving.push_back(i);
    if (i < placed) world.drop_claim(attempt_of(purse, plan, i));
    if (i < placed) found[i].reset();
  }
  std::stable_sort(moving.begin(), moving.end(), [&](std::size_t a, std::size_t b) {
    const auto order = [&](std::size_t i) { return std::tuple{i >= placed, bulk(purse.market.tasks[i])}; };
    return order(a) < order(b);
  });
  for (const std::size_t i : moving) {
    for (const auto& to : {where[i], purse.market.tasks[i].at}) {
      if (!to || found[i] || !world.pool(purse.pools[*to]).has_room(purse.market.tasks[i].need)) continue;
      JobRecord& job = job_of(purse, i);
      const auto hold = world.hold_on(job, world.pool(purse.pools[*to]), now);
      if (i >= placed && (!hold.has_value() || *hold > world.available(purse.organisation))) continue;
      world.claim(job, attempt_of(purse, plan, i), purse.pools[*to], now);
      found[i] = to;
    }
  }
  planning_.forget_vistas();
  return found;
}

/// What all hold, the wallet has; or they hold no more than before.
bool Together::is_paid(const Purse& purse, Cny before) const {
  const Cny now = planning_.agenda().world().available(purse.organisation);
  return !now.is_negative() || now >= before;
}

/// All is as it was before move().
void Together::take_back(const Purse& purse, const std::vector<Assignment>& plan, const Where& found) {
  World& world = planning_.agenda().world();
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] && found[i] != purse.market.tasks[i].at) world.drop_claim(attempt_of(purse, plan, i));
  }
  for (std::size_t i = 0; i < purse.placed.size(); ++i) {
    const auto& at = purse.market.tasks[i].at;
    if (found[i] != at)
      world.claim(*purse.placed[i].job, attempt_of(purse, plan, i), purse.pools[*at], planning_.agenda().now());
  }
  planning_.forget_vistas();
}

/// A job that has the place it would have had, or else whose place it has; none: neither is another's.
JobId Together::partner(const Purse& purse, const Where& found, std::size_t task) {
  const auto was_at = [&](std::size_t i) { return purse.market.tasks[i].at; };
  for (const bool is_taken : {true, false}) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] == was_at(i) || !found[i] || &job_of(purse, i) == &job_of(purse, task)) continue;
      if (is_taken ? was_at(task) && found[i] == was_at(task) : was_at(i) == found[task]) return job_of(purse, i).id;
    }
  }
  return JobId();
}

/// Writes it into the plan. Who starts has its turn.
void Together::tell(Purse& purse, std::vector<Assignment>& plan, const Where& found) {
  World& world = planning_.agenda().world();
  const std::size_t placed = purse.placed.size();
  for (std::size_t i = 0; i < placed; ++i) {
    if (found[i] == purse.market.tasks[i].at) continue;
    purse.placed[i].pool = purse.pools[*found[i]];
    rewrite(plan[purse.placed[i].at].placement, purse.placed[i], partner(purse, found, i));
  }
  for (std::size_t i = placed; i < found.size(); ++i) {
    if (found[i]) world.drop_claim(attempt_of(purse, plan, i));
  }
  planning_.forget_vistas();
  for (std::size_t i = placed; i < found.size();) {
    JobRecord& job = job_of(purse, i);
    Turn turn(planning_, job);
    std::int32_t next = purse.waiting[i - placed].first;
    for (; i < found.size() && &job_of(purse, i) == &job; ++i) {
      if (!found[i]) continue;
      turn.take_at(world.pool(purse.pools[*found[i]]), next++, plan);
      plan.back().placement.exchanged_with = partner(purse, found, i);
    }
    const bool is_throttled = job.throttle > 0 && job.live + next - job.next_task >= job.throttle;
    if (next == job.count || is_throttled) planning_.agenda().settle(job);
  }
}

/// The row as it is at the pool where the task is now; the place that it had is the one nearest to it to be named.
void Together::rewrite(PlacementRow& row, const Placed& placed, JobId with) {
  const World& world = planning_.agenda().world();
  const JobRecord& job = *placed.job;
  const PoolState& pool = world.pool(placed.pool);
  const Duration run = expected_run(job, pool.row);
  row.runners_up.push_back(
      {row.centre, row.pool, row.task_cost, row.expected_finish - planning_.agenda().now(), row.transfer});
  std::erase_if(row.runners_up, [&](const RunnerUp& each) {
    return each.centre == pool.centre->id && each.pool == pool.row.name;
  });
  const auto order = [&](const RunnerUp& each) {
    const std::vector<PoolIndex>& pools = world.centres().at(each.centre).pools;
    const PoolIndex index = *std::find_if(pools.begin(), pools.end(), [&](PoolIndex one) {
      return world.pool(one).row.name == each.pool;
    });
    return std::pair(choice_of(job, index).score, world.rank(index));
  };
  std::sort(row.runners_up.begin(), row.runners_up.end(),
            [&](const RunnerUp& one, const RunnerUp& other) { return order(one) < order(other); });
  if (row.runners_up.size() > runners_up_max) row.runners_up.pop_back();
  row.centre = pool.centre->id;
  row.pool = pool.row.name;
  row.task_cost = task_cost(job, pool);
  row.carbon = carbon_of(pool.row, pool.centre->pue, pool.centre->carbon_now, job.common->requirements.resources, run);
  row.transfer = {};
  row.expected_finish = row.expected_start + run;
  row.exchanged_with = with;
}

}  // namespace dayan::place
