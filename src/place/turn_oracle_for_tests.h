#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "place/sight_oracle_for_tests.h"
#include "place/turn.h"

/// Turns by the rules of turn.h, worked out plainly: each job against every pool.

namespace dayan::place {

/// What pools have promised: all that is kept from plan to plan.
struct Kept {
  JobId job;
  UnixTime start;
  Duration run;
  std::int64_t tasks = 1;
};
using Book = std::map<PoolKey, Kept>;
/// When nobody was found to be overtaken there, and the last of those who took room there since.
struct Search {
  UnixTime at;
  QueueKey excused;
};
using Searches = std::map<PoolKey, Search>;
class TurnOracle : protected SightOracle {
 protected:
  TurnOracle(World& world, UnixTime now, Book& book, Searches& searches)
      : SightOracle(world, now), book_(book), searches_(searches) {}

  [[nodiscard]] const PoolState* choose(const JobRecord& job, const Outlook& outlook, Cny spent) const {
    std::vector<Seen> good;
    const bool is_cheapest = waits_for_best(job) && !outlook.takes_any;
    const bool is_greenest = job.common->requirements.objective == Objective::greenest;
    for (const Seen& seen : in_order(job)) {
      if (!can_ever(job, *seen.pool, outlook.left_out) || slots(job, *seen.pool) == 0) continue;
      if (is_cheapest ? seen.score != outlook.score : seen.delay() > outlook.slowness) continue;
      if (keeps_out(*seen.pool, job)) continue;
      const Cny hold = hold_on(job, *seen.pool);
      if (hold > world_.available(job.organisation)) continue;
      if (job.has_cap() && spent + hold > job.price_cap) continue;
      good.push_back(seen);
    }
    if (good.empty()) return nullptr;
    double fastest = std::numeric_limits<double>::infinity();
    const auto second = [&](const Seen& seen) {
      return is_greenest ? hour_cost(job, *seen.pool) : seen.delay();
    };
    for (const Seen& seen : good) fastest = std::min(fastest, second(seen));
    const float limit = good.front().score * as_good;
    std::erase_if(
        good, [&](const Seen& seen) { return is_cheapest ? second(seen) > fastest * as_good : seen.score > limit; });
    const auto order = [&](const Seen& seen) {
      const Need need = need_of(job);
      return std::tuple{room_lost(*seen.pool, need, world_.held()), seen.pool->load, seen.names};
    };
    return std::min_element(good.begin(), good.end(), [&](const Seen& a, const Seen& b) { return order(a) < order(b); })
        ->pool;
  }

  /// What of the promises holds still.
  void recall() {
    for (const auto& [key, kept] : book_) {
      JobRecord* job = world_.job(kept.job);
      for (const PoolState& each : world_.pools()) {
        if (PoolKey(each.row.centre, each.row.name) != key || !each.is_known || job == nullptr) continue;
        PoolState& pool = world_.pool(each.index);
        if (!pool.centre->reachable(now_) || !is_placeable(*job) || is_full_of(*job, pool)) continue;
        const auto room = pool.surely_opens(need_of(*job), now_, kept.tasks);
        if (!room) continue;
        const UnixTime start = open_from(*job, pool, *room, job->wall_time, staging(*job, pool));
        if (!ends_in_time(*job, pool, start)) continue;
        if (pool.centre->current_offer() == nullptr || !pays(*job, pool)) continue;
        const bool is_closed_then = open_from(*job, pool, kept.start, job->wall_time, staging(*job, pool)) != kept.start;
        const bool is_moved = start < kept.start || kept.start <= now_ || is_closed_then;
        keep(pool, *job, is_moved ? start : kept.start, kept.run, kept.tasks);
      }
    }
  }
  void keep(PoolState& pool, JobRecord& job, UnixTime start, Duration run, std::int64_t tasks) const {
    pool.set_promise(Promise{job.id, need_of(job), start, now_, run, tasks});
    job.promised = pool.index;
  }
  void use(JobRecord& job) const {
    PoolState& pool = world_.pool(job.promised);
    if (pool.promise->tasks == 1) return let_go(job);
    Promise left = *pool.promise;
    --left.tasks;
    pool.set_promise(left);
  }
  void let_go(JobRecord& job) const {
    if (job.promised == no_pool) return;
    PoolState& pool = world_.pool(job.promised);
    Promise used = *pool.promise;
    used.job = JobId();
    pool.set_promise(used);
    job.promised = no_pool;
  }
  [[nodiscard]] bool is_placeable(const JobRecord& job) const {
    if (job.waiting() <= 0 || job.not_before > now_ || (job.throttle > 0 && job.live >= job.throttle)) return false;
    return job.next_task < job.count || first_due(job) != world_.retries().end();
  }
  [[nodiscard]] World::Retries::const_iterator first_due(const JobRecord& job) const {
    const World::Retries& retries = world_.retries();
    for (auto row = retries.lower_bound({job.id, 0}); row != retries.end() && row->first.first == job.id; ++row) {
      if (row->second.not_before <= now_) return row;
    }
    return retries.end();
  }
  [[nodiscard]] bool pays(const JobRecord& job, const PoolState& pool) const {
    const Cny hold = hold_on(job, pool);
    return hold <= world_.available(job.organisation) &&
           (!job.has_cap() || job.charged + job.held + hold <= job.price_cap);
  }
  [[nodiscard]] bool would_take(const JobRecord& job, const PoolState& pool, std::optional<UnixTime> opens = {}) const {
    const auto due = first_due(job);
    const CentreId avoid = due != world_.retries().end() ? due->second.avoid : CentreId();
    Outlook outlook = look(job, avoid);
    if (!outlook.can_ever) outlook = look(job, CentreId());
    if (!is_of_class(job, pool) || !can_ever(job, pool, outlook.left_out) || !pays(job, pool)) return false;
    const auto room = opens ? opens : pool.surely_opens(need_of(job), now_);
    if (job.has_deadline() &&
        (!room || !ends_in_time(job, pool, open_from(job, pool, *room, job.wall_time, staging(job, pool)))))
      return false;
    if (outlook.takes_any) return true;
    for (const Seen& seen : in_order(job)) {
      if (seen.pool != &pool) continue;
      return waits_for_best(job) ? seen.score == outlook.score : seen.delay() <= outlook.slowness;
    }
    return false;
  }
  /// Promises the pool to the first that would be overtaken there, and tells whether that keeps `by` out.
  [[nodiscard]] bool is_pushing_back(const JobRecord& by, PoolState& pool) {
    if (pool.promise) return false;
    const PoolKey place(pool.row.centre, pool.row.name);
    const auto searched = searches_.find(place);
    if (searched != searches_.end()) {
      const Duration since = now_ - searched->second.at;
      if (since < overtaken_looked_every) {
        searched->second.excused = std::max(searched->second.excused, by.key());
        return false;
      }
      if (since < overtaken_looked_every * 2 && by.key() < searched->second.excused) return false;
    }
    for (const auto& [key, job] : waits_on_) {
      const bool is_next = key < by.key() && job->promised == no_pool && now_ - job->waits_since >= promised_after;
      const bool fits_later = pool.slots(need_of(*job)) == 0 && pool.slots_when_empty(need_of(*job)) > 0;
      if (!is_next || !fits_later || !would_take(*job, pool)) continue;
      const auto start = pool.surely_opens(need_of(*job), now_);
      searches_.erase(place);
      if (!start) return false;
      keep(pool, *job, open_from(*job, pool, *start, job->wall_time, staging(*job, pool)), expected_run(*job, pool.row), 1);
      return keeps_out(pool, by);
    }
    searches_[place] = {now_, QueueKey()};
    return false;
  }

  void take_turn(JobRecord& job) {
    if (job.waiting() <= 0 || job.not_before > now_) return;
    bool is_waiting = false;
    std::map<CentreId, Outlook> outlooks;
    Cny spent = job.charged + job.held;
    std::int32_t live = job.live;
    const auto place = [&](std::int32_t task, std::int32_t number, CentreId avoid) {
      if (job.throttle > 0 && live >= job.throttle) return false;
      if (!outlooks.contains(avoid)) {
        outlooks[avoid] = look(job, avoid);
        if (!outlooks[avoid].can_ever) outlooks[avoid] = look(job, CentreId());
      }
      const Outlook& outlook = outlooks[avoid];
      const PoolState* pool = outlook.can_ever ? choose(job, outlook, spent) : nullptr;
      while (pool != nullptr && is_pushing_back(job, world_.pool(pool->index))) pool = choose(job, outlook, spent);
      if (pool == nullptr) return false;
      Assignment assignment{job.id, task, {}};
      assignment.placement.job = job.id;
      assignment.placement.task = task;
      assignment.placement.number = number;
      assignment.placement.centre = pool->centre->id;
      assignment.placement.pool = pool->row.name;
      spent += hold_on(job, *pool);
      plan_.push_back(assignment);
      ++live;
      world_.claim(job, {job.id, task, number}, pool->index, now_);
      const bool is_its_own = job.promised == pool->index;
      if (is_its_own) use(job);
      const bool has_bound = job.tasks_per_centre_max > 0 || job.tasks_per_node_max > 0;
      if (!is_its_own && job.input_bytes.is_zero() && !has_bound)
        movable_.push_back({plan_.size() - 1, &job, pool, outlook, waits_for_best(job) && !outlook.takes_any, 0, {}});
      const bool lacks_node = pool->slots(need_of(job)) > 0 && slots(job, *pool) == 0;
      if (is_full_of(job, *pool) || lacks_node) outlooks.clear();
      return true;
    };
    for (auto row = world_.retries().lower_bound({job.id, 0});
         row != world_.retries().end() && row->first.first == job.id; ++row) {
      if (row->second.not_before <= now_ &&
          !place(row->first.second, row->second.attempts + 1, row->second.avoid))
        is_waiting = true;
    }
    for (std::int32_t task = job.next_task; task < job.count; ++task) {
      if (place(task, 1, CentreId())) continue;
      is_waiting = true;
      break;
    }
    const bool is_throttled = job.throttle > 0 && live >= job.throttle;
    const bool has_own_room = job.promised != no_pool && world_.pool(job.promised).slots(need_of(job)) > 0 &&
                              !is_closed(job, world_.pool(job.promised), now_,
                                         wall(job, world_.pool(job.promised)) + staging(job, world_.pool(job.promised)));
    if (!is_waiting || is_throttled || has_own_room) let_go(job);
    if (is_waiting && !is_throttled) waits_on_[job.key()] = &job;
  }

  /// A task that may leave the place that its turn has given it (together.h), or one that found none.
  struct Movable {
    std::size_t at = 0;
    JobRecord* job = nullptr;
    const PoolState* pool = nullptr;
    Outlook outlook;
    bool is_for_best = false;
    std::int32_t task = 0;  ///< of who found none
    std::set<const PoolState*> would;
  };

  Book& book_;
  Searches& searches_;
  std::vector<Movable> movable_;
  std::map<QueueKey, JobRecord*> waits_on_;  ///< that have had their turn
};

}  // namespace dayan::place
