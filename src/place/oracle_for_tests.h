#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "place/reclaiming.h"
#include "place/share_oracle_for_tests.h"
#include "place/together_oracle_for_tests.h"
#include "place/world.h"

/// The rules of turn.h, worked out plainly: every waiting job against every pool, with nothing kept from plan to
/// plan. Slow, and right as far as one can see by reading it.

namespace dayan::place {

/// In which period a pool was last looked at for what could be taken back.
using Looks = std::map<PoolKey, std::int64_t>;

/// Room that is to be made: so much is lost for it with so many leases, by the rules.
struct Made {
  JobId by;
  PoolIndex pool = 0;
  std::int64_t waste = 0;
  std::int64_t leases = 0;
  bool is_new = true;  ///< else what was promised before is brought nearer
};

class Oracle : TogetherOracle {
 public:
  /// A world of its own, fed with the rows as they stand. It is used up by one plan.
  /// `known`: jobs that there were at its last plan.
  Oracle(World& world, UnixTime now, Book& book, Searches& searches, Looks& looks, const KeptShares& shares,
         const std::set<JobId>& known)
      : TogetherOracle(world, now, book, searches, known), looks_(looks), shares_(shares) {}

  std::vector<Assignment> plan() {
    std::map<QueueKey, JobId> queue;
    for (auto& [id, job] : world_.jobs()) {
      job.rank += shares_.known.at({job.organisation, job.share->id}).microseconds();
      queue[job.key()] = id;
    }
    recall();
    for (const auto& [key, id] : queue) take_turn(*world_.job(id));
    place_together();
    for (const PoolState& each : world_.pools()) {
      if (each.promise && each.promise->job.is_none()) world_.pool(each.index).set_promise(std::nullopt);
    }
    take_back();
    book_.clear();
    for (const PoolState& pool : world_.pools()) {
      if (pool.promise && !pool.promise->job.is_none())
        book_[{pool.row.centre, pool.row.name}] = {pool.promise->job, pool.promise->start, pool.promise->run, pool.promise->tasks};
    }
    return plan_;
  }
  [[nodiscard]] const std::vector<Made>& made() const { return made_; }
  /// How many tasks were moved so that others find better places, or one at all; and how many of these there were.
  [[nodiscard]] std::size_t moves() const { return moves_; }
  [[nodiscard]] std::size_t late_starts() const { return late_starts_; }

 private:
  /// Room for work that found none: at each pool with leases that may be taken back, once a period.
  void take_back() {
    std::map<std::string, PoolState*> due;
    const std::int64_t period = now_.microseconds() / reclaim_looked_every.microseconds();
    for (const PoolState& each : world_.pools()) {
      const bool has_some = std::any_of(each.holdings.begin(), each.holdings.end(),
                                        [](const Holding* lease) { return lease->is_reclaimable; });
      std::int64_t& looked = looks_.try_emplace({each.row.centre, each.row.name}, -1).first->second;
      if (!has_some || looked == period) continue;
      looked = period;
      due[each.centre->name + "\n" + each.row.name + "\n" + to_text(each.row.centre)] = &world_.pool(each.index);
    }
    for (const auto& [name, pool] : due) {
      if (pool->is_known && pool->centre->reachable(now_)) look_at(*pool);
    }
  }
  void look_at(PoolState& pool) {
    if (pool.promise && !world_.job(pool.promise->job)->common->requirements.reclaimable) {
      const JobRecord& job = *world_.job(pool.promise->job);
      const bool is_made = std::any_of(made_.begin(), made_.end(), [&](const Made& each) { return each.by == job.id; });
      if (!is_made && pool.promise->start > now_ + reclaim_notice + reclaim_gain && waits_on_.contains(job.key()) &&
          !is_full_of(job, pool) && anywhere(job, pool) >= pool.promise->tasks && note(job, pool, pool.promise->tasks))
        made_.back().is_new = false;
      return;
    }
    for (const auto& [key, job] : waits_on_) {
      if (job->promised != no_pool || !asks(*job, pool)) continue;
      if (pool.promise) {
        world_.job(pool.promise->job)->promised = no_pool;
        pool.set_promise(std::nullopt);
      }
      PoolState* best = &pool;
      std::size_t weighed = 0;
      for (const Seen& seen : in_order(*job)) {
        if (seen.pool == &pool || weighed == reclaim_pools_weighed_max) break;
        if (seen.pool->promise || seen.pool->reclaimable.empty() || !seen.pool->centre->reachable(now_)) continue;
        if (seen.pool->slots(need_of(*job)) > 0 || seen.pool->slots_when_empty(need_of(*job)) == 0) continue;
        ++weighed;
        if (!asks(*job, *seen.pool)) continue;
        best = &world_.pool(seen.pool->index);
        break;
      }
      std::int64_t tasks = std::min<std::int64_t>(job->waiting(), reclaim_tasks_max);
      if (job->throttle > 0) tasks = std::min<std::int64_t>(tasks, job->throttle - job->live);
      tasks = std::min(tasks, anywhere(*job, *best));
      if (job->tasks_per_node_max > 0) tasks = std::min(tasks, most_apart(*job, *best) - tasks_in(*job, *best));
      if (job->tasks_per_centre_max > 0) tasks = std::min(tasks, job->tasks_per_centre_max - tasks_there(*job, *best));
      const std::int64_t first = hold_on(*job, *best).micro();
      const std::int64_t next = first - inputs_cost(*job, *best, Rounding::up).micro();
      std::int64_t money = world_.available(job->organisation).micro();
      if (job->has_cap()) money = std::min(money, (job->price_cap - job->charged - job->held).micro());
      std::int64_t paid = 0;
      for (std::int64_t needed = first; paid < tasks && needed <= money; needed += next) ++paid;
      tasks = paid;
      PoolState emptier = *best;
      for (const Holding* each : best->holdings) {
        if (each->is_reclaimable || each->ends_at <= now_ + reclaim_notice) emptier.let_go(*each);
      }
      tasks = std::max<std::int64_t>(std::min(tasks, emptier.slots(need_of(*job))), 1);
      if (note(*job, *best, tasks))
        keep(*best, *job, open_from(*job, *best, now_ + reclaim_notice + reclaim_settles, job->wall_time, staging(*job, *best)),
             expected_run(*job, best->row), tasks);
      return;
    }
  }
  /// Whether something is to be taken back for so many of its tasks: then it is noted.
  bool note(const JobRecord& job, const PoolState& pool, std::int64_t tasks) {
    const auto leases = leases_to_take_back(pool, need_of(job), tasks, now_);
    if (!leases) return false;
    Made made{job.id, pool.index, 0, std::ssize(*leases)};
    for (const Holding* each : *leases) made.waste += waste_of(*each, pool, now_);
    made_.push_back(made);
    return true;
  }
  /// So many tasks of it break no bound on whatever nodes they run.
  [[nodiscard]] std::int64_t anywhere(const JobRecord& job, const PoolState& pool) const {
    const std::int64_t most = job.tasks_per_node_max;
    if (most == 0 || fit_count(pool.per_node, need_of(job).each) <= most) return int64_max;
    return std::max<std::int64_t>(most - tasks_in(job, pool), 0);
  }
  [[nodiscard]] bool asks(const JobRecord& job, const PoolState& pool) const {
    if (anywhere(job, pool) == 0) return false;
    if (job.common->requirements.reclaimable || pool.slots(need_of(job)) > 0 || pool.slots_when_empty(need_of(job)) == 0)
      return false;
    if (!would_take(job, pool, now_ + reclaim_notice + reclaim_settles)) return false;
    if (!leases_to_take_back(pool, need_of(job), 1, now_)) return false;
    Openings openings;
    const auto wait = openings.wait(pool, need_of(job), now_);
    const Duration patience = reclaim_notice + reclaim_gain;
    return !wait || *wait > patience || now_ - job.waits_since >= patience;
  }

  Looks& looks_;
  std::vector<Made> made_;
  const KeptShares& shares_;
};

}  // namespace dayan::place
