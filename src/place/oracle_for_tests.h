#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "place/reclaiming.h"
#include "place/share_oracle_for_tests.h"
#include "place/sight_oracle_for_tests.h"
#include "place/turn.h"
#include "place/world.h"

/// The rules of turn.h, worked out plainly: every waiting job against every pool, with nothing kept from plan to
/// plan. Slow, and right as far as one can see by reading it.

namespace dayan::place {

/// What pools have promised: all that is kept from plan to plan.
struct Kept {
  JobId job;
  UnixTime start;
  Duration run;
  std::int64_t tasks = 1;
};
using Book = std::map<PoolKey, Kept>;
/// When nobody was found to be overtaken there.
using Searches = std::map<PoolKey, UnixTime>;
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

class Oracle : SightOracle {
 public:
  /// A world of its own, fed with the rows as they stand. It is used up by one plan.
  Oracle(World& world, UnixTime now, Book& book, Searches& searches, Looks& looks, const KeptShares& shares)
      : SightOracle(world, now), book_(book), searches_(searches), looks_(looks), shares_(shares) {}

  std::vector<Assignment> plan() {
    std::map<QueueKey, JobId> queue;
    for (auto& [id, job] : world_.jobs()) {
      job.rank += shares_.known.at({job.organisation, job.share->id}).microseconds();
      queue[job.key()] = id;
    }
    recall();
    for (const auto& [key, id] : queue) take_turn(*world_.job(id));
    exchange();
    take_back();
    book_.clear();
    for (const PoolState& pool : world_.pools()) {
      if (pool.promise && !pool.promise->job.is_none())
        book_[{pool.row.centre, pool.row.name}] = {pool.promise->job, pool.promise->start, pool.promise->run, pool.promise->tasks};
    }
    return plan_;
  }
  [[nodiscard]] const std::vector<Made>& made() const { return made_; }
  /// How often two tasks traded places.
  [[nodiscard]] std::size_t trades() const { return trades_; }

 private:
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
    if (searched != searches_.end() && now_ - searched->second < overtaken_looked_every) return false;
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
    searches_[place] = now_;
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
      if (!is_its_own && !waits_for_best(job) && !outlook.takes_any && job.input_bytes.is_zero() && !has_bound)
        traders_.push_back({plan_.size() - 1, &job, pool, outlook.left_out, outlook.slowness});
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

  /// A task that may trade the place that its turn has given it (exchange.h).
  struct Dealer {
    std::size_t at = 0;
    JobRecord* job = nullptr;
    const PoolState* pool = nullptr;
    CentreId left_out;
    double slowness = 0;
  };
  /// What it would come to there: its run times its score; nothing where it may not go.
  [[nodiscard]] std::optional<double> burden(const Dealer& dealer, const PoolState* at) const {
    for (const Seen& seen : in_order(*dealer.job)) {
      if (seen.pool != at) continue;
      const JobRecord& job = *dealer.job;
      const Duration known = job.run_time > Duration() ? job.run_time : job.wall_time;
      const std::int64_t run = job.succeeded > 0 ? job.run_time_sum / job.succeeded : known.microseconds();
      const bool may_go = at == dealer.pool || (can_ever_by_time(job, *at, dealer.left_out) && seen.delay() <= dealer.slowness);
      return may_go ? std::optional(static_cast<double>(run) * static_cast<double>(seen.score)) : std::nullopt;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool can_ever_by_time(const JobRecord& job, const PoolState& pool, CentreId left_out) const {
    return job.wall_time <= pool.row.wall_time_max && ends_in_time(job, pool, now_) &&
           (left_out.is_none() || pool.centre->id != left_out);
  }
  [[nodiscard]] bool pays_after(const Dealer& a, const Dealer& b) const {
    Cny more;
    for (const auto& [dealer, to] : {std::pair(&a, b.pool), std::pair(&b, a.pool)}) {
      const Cny rise = hold_on(*dealer->job, *to) - hold_on(*dealer->job, *dealer->pool);
      const bool is_dearer = task_cost(*dealer->job, *to) > task_cost(*dealer->job, *dealer->pool);
      if (dealer->job->has_cap() && (rise > Cny() || is_dearer)) return false;
      more += rise;
    }
    return more <= Cny() || more <= world_.available(a.job->organisation);
  }
  /// Each with each of its kind, round after round, until no two are better off together.
  void exchange() {
    using Market = std::tuple<OrganisationId, Need, Objective, std::int32_t, std::int32_t, std::int32_t>;
    std::map<Market, std::vector<Dealer>> markets;
    for (const Dealer& each : traders_) {
      const auto& [cost, time, carbon] = each.job->common->requirements.weights;
      const Market market{each.job->organisation, need_of(*each.job), each.job->common->requirements.objective, cost, time, carbon};
      const bool is_kept = each.pool->promise && !each.pool->promise->job.is_none();
      if (!is_kept && each.pool->reservations.empty()) markets[market].push_back(each);
    }
    for (auto& [market, dealers] : markets) exchange(dealers);
  }
  void exchange(std::vector<Dealer>& dealers) {
    bool has_traded = true;
    for (int round = 0; has_traded && round < exchange_rounds_max; ++round) {
      has_traded = false;
      for (Dealer& a : dealers) {
        for (Dealer& b : dealers) {
          if (&b <= &a || a.job == b.job || a.pool == b.pool) continue;
          const auto a_there = burden(a, b.pool);
          const auto b_there = burden(b, a.pool);
          if (!a_there || !b_there || !pays_after(a, b)) continue;
          if (!((*a_there + *b_there) * static_cast<double>(as_good) < *burden(a, a.pool) + *burden(b, b.pool))) continue;
          world_.exchange_claims({a.job->id, plan_[a.at].task, plan_[a.at].placement.number},
                                 {b.job->id, plan_[b.at].task, plan_[b.at].placement.number});
          std::swap(a.pool, b.pool);
          for (const Dealer* each : {&a, &b}) {
            plan_[each->at].placement.centre = each->pool->centre->id;
            plan_[each->at].placement.pool = each->pool->row.name;
          }
          has_traded = true;
          ++trades_;
        }
      }
    }
  }

  /// Room for work that found none: at each pool with leases that may be taken back, once a period.
  void take_back() {
    for (const PoolState& each : world_.pools()) {
      if (each.promise && each.promise->job.is_none()) world_.pool(each.index).set_promise(std::nullopt);
    }
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
        if (seen.pool->promise || seen.pool->reclaimable == 0 || !seen.pool->centre->reachable(now_)) continue;
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

  Book& book_;
  Searches& searches_;
  Looks& looks_;
  std::vector<Made> made_;
  std::vector<Dealer> traders_;
  std::size_t trades_ = 0;
  const KeptShares& shares_;
  std::map<QueueKey, JobRecord*> waits_on_;  ///< that have had their turn
};

}  // namespace dayan::place
