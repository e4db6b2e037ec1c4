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
  /// `known`: jobs that there were at its last plan.
  Oracle(World& world, UnixTime now, Book& book, Searches& searches, Looks& looks, const KeptShares& shares,
         const std::set<JobId>& known)
      : SightOracle(world, now), book_(book), searches_(searches), looks_(looks), shares_(shares), known_(known) {}

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
  [[nodiscard]] bool is_free_of_promises(const PoolState& pool) const {
    return !pool.promise && pool.reservations.empty() && pool.centre->reachable(now_);
  }
  [[nodiscard]] double second_of(const JobRecord& job, const Seen& seen) const {
    return job.common->requirements.objective == Objective::greenest ? hour_cost(job, *seen.pool) : seen.delay();
  }
  [[nodiscard]] bool may_go(const Movable& task, const Seen& from, const Seen& to) const {
    const JobRecord& job = *task.job;
    const CentreId left_out = task.outlook.left_out;
    if (!left_out.is_none() && to.pool->centre->id == left_out) return false;
    if (job.wall_time > to.pool->row.wall_time_max || !ends_in_time(job, *to.pool, now_)) return false;
    const bool is_good = task.is_for_best ? to.score == task.outlook.score && second_of(job, to) <= second_of(job, from) * as_good
                                          : to.delay() <= task.outlook.slowness;
    if (!is_good) return false;
    return !job.has_cap() || (hold_on(job, *to.pool) <= hold_on(job, *task.pool) &&
                              task_cost(job, *to.pool) <= task_cost(job, *task.pool));
  }
  /// What a purse has: the room of its pools with its own tasks taken away.
  using Rooms = std::map<const PoolState*, Amounts>;
  [[nodiscard]] std::vector<Seen> choices(const JobRecord& job, const Rooms& rooms, const PoolState* own) const {
    std::vector<Seen> found;
    for (const Seen& seen : in_order(job)) {
      const bool is_left = rooms.contains(seen.pool) && covers(rooms.at(seen.pool), need_of(job).all());
      const bool is_there = seen.pool == own;
      if (!is_there && !is_free_of_promises(*seen.pool)) continue;
      if (!is_there && !accepts(*seen.pool->centre, world_.name_of(job.organisation))) continue;
      if (!is_there && !is_left && seen.pool->slots(need_of(job)) == 0) continue;
      if (!found.empty() && found.front().score > 0 && seen.score > found.front().score * 1'000 && !is_there) continue;
      found.push_back(seen);
    }
    return found;
  }
  /// Of the pools that are looked at, in order of names.
  [[nodiscard]] static std::size_t place_of(const Rooms& rooms, const PoolState* pool) {
    std::set<std::string> names;
    const auto name_of = [](const PoolState* each) { return each->centre->name + "\n" + each->row.name; };
    for (const auto& [each, room] : rooms) names.insert(name_of(each));
    return static_cast<std::size_t>(std::distance(names.begin(), names.find(name_of(pool))));
  }
  template <class MayGo>
  [[nodiscard]] MarketTask market_task(const JobRecord& job, const std::vector<Seen>& all, const Rooms& rooms, MayGo&& goes) const {
    MarketTask task;
    task.need = need_of(job);
    const double least = static_cast<double>(std::max<std::int64_t>(task_cost(job, *all.front().pool).micro(), 1));
    const double unit = all.front().score > 0 ? least / static_cast<double>(all.front().score) : least;
    for (const Seen& seen : all) {
      if (goes(seen)) task.options.push_back({place_of(rooms, seen.pool), unit * static_cast<double>(seen.score)});
    }
    std::sort(task.options.begin(), task.options.end(), [](const MarketOption& a, const MarketOption& b) { return a.pool < b.pool; });
    return task;
  }
  void place_together() {
    std::vector<OrganisationId> order;
    for (const Movable& each : movable_) {
      if (std::find(order.begin(), order.end(), each.job->organisation) == order.end())
        order.push_back(each.job->organisation);
    }
    for (const OrganisationId organisation : order) {
      std::vector<Movable> tasks;
      for (const Movable& each : movable_) {
        if (each.job->organisation == organisation) tasks.push_back(each);
      }
      place_together(organisation, tasks);
    }
  }
  void place_together(OrganisationId organisation, std::vector<Movable>& placed) {
    std::optional<std::vector<Movable>> waiting;
    for (int round = 0; round < together_rounds_max; ++round) {
      std::erase_if(placed, [&](const Movable& each) { return !is_free_of_promises(*each.pool); });
      if (placed.empty()) return;
      Rooms rooms;
      for (const Movable& each : placed) {
        Amounts& room = rooms.try_emplace(each.pool, each.pool->free()).first->second;
        for (std::size_t kind = 0; kind < kinds; ++kind) room.of[kind] += need_of(*each.job).all().of[kind];
      }
      std::map<const Movable*, std::vector<Seen>> seen;
      for (const Movable& each : placed) seen[&each] = choices(*each.job, rooms, each.pool);
      const bool is_first = !waiting;
      if (is_first) waiting.emplace();
      if (is_first) seek(organisation, rooms, *waiting);
      for (const Movable& each : *waiting) seen[&each] = choices(*each.job, rooms, nullptr);
      for (const auto& [task, all] : seen) {
        for (const Seen& each : all) rooms.try_emplace(each.pool, each.pool->free());
      }
      Market market;
      market.rooms.resize(rooms.size());
      std::vector<const PoolState*> pools(rooms.size());
      for (const auto& [pool, room] : rooms) market.rooms[place_of(rooms, pool)] = room;
      for (const auto& [pool, room] : rooms) pools[place_of(rooms, pool)] = pool;
      bool is_free = false;
      std::set<JobId> jobs;
      for (const Movable& each : placed) {
        const std::vector<Seen>& all = seen.at(&each);
        const Seen& from = *std::find_if(all.begin(), all.end(), [&](const Seen& one) { return one.pool == each.pool; });
        market.tasks.push_back(market_task(*each.job, all, rooms, [&](const Seen& to) {
          return to.pool == each.pool || may_go(each, from, to);
        }));
        market.tasks.back().at = place_of(rooms, each.pool);
        for (MarketOption& option : market.tasks.back().options)
          if (option.pool == *market.tasks.back().at) option.cost /= static_cast<double>(as_good);
        is_free = is_free || market.tasks.back().options.size() > 1;
        jobs.insert(each.job->id);
      }
      if (!is_free || (waiting->empty() && jobs.size() == 1)) return;
      for (const Movable& each : *waiting) {
        market.tasks.push_back(
            market_task(*each.job, seen.at(&each), rooms, [&](const Seen& to) { return each.would.contains(to.pool); }));
      }
      std::vector<std::optional<std::size_t>> now;
      for (const MarketTask& each : market.tasks) now.push_back(each.at);
      const auto wanted = solve(market);
      const auto task_of = [&](std::size_t i) -> Movable& { return i < placed.size() ? placed[i] : (*waiting)[i - placed.size()]; };
      bool is_promised = false;
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!wanted[i] || wanted[i] == now[i]) continue;
        PoolState& to = world_.pool(pools[*wanted[i]]->index);
        (void)is_pushing_back(*task_of(i).job, to);
        is_promised = is_promised || to.promise;
      }
      if (is_promised) continue;
      const auto key_of = [&](std::size_t i) {
        const Movable& task = task_of(i);
        if (i >= placed.size()) return AttemptKey{task.job->id, task.task, 1};
        return AttemptKey{task.job->id, plan_[task.at].task, plan_[task.at].placement.number};
      };
      const Cny before = world_.available(organisation);
      auto found = now;
      std::vector<std::size_t> moving;
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!wanted[i] || wanted[i] == now[i]) continue;
        moving.push_back(i);
        if (!now[i]) continue;
        world_.drop_claim(key_of(i));
        found[i].reset();
      }
      const auto order = [&](std::size_t i) {
        const Amounts all = market.tasks[i].need.all();
        return std::tuple{i >= placed.size(), -market.tasks[i].need.nodes, -all.of[in_millicards], -all.of[in_cores], -all.of[in_bytes], i};
      };
      std::sort(moving.begin(), moving.end(), [&](std::size_t a, std::size_t b) { return order(a) < order(b); });
      for (const std::size_t i : moving) {
        for (const auto& to : {wanted[i], now[i]}) {
          if (!to || found[i] || pools[*to]->slots(need_of(*task_of(i).job)) == 0) continue;
          if (!now[i] && hold_on(*task_of(i).job, *pools[*to]) > world_.available(organisation)) continue;
          world_.claim(*task_of(i).job, key_of(i), pools[*to]->index, now_);
          found[i] = to;
        }
      }
      const Cny after = world_.available(organisation);
      const bool is_paid = !after.is_negative() || after >= before;
      if (is_paid && cost_of(market, found) < cost_of(market, now)) {
        for (std::size_t i = 0; i < found.size(); ++i) {
          Movable& task = task_of(i);
          if (found[i] == now[i]) continue;
          const PoolState& pool = *pools[*found[i]];
          if (now[i]) {
            plan_[task.at].placement.centre = pool.centre->id;
            plan_[task.at].placement.pool = pool.row.name;
            ++moves_;
          } else {
            start_late(task, pool);
          }
        }
        return;
      }
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i] && found[i] != now[i]) world_.drop_claim(key_of(i));
      }
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (now[i] && found[i] != now[i]) world_.claim(*task_of(i).job, key_of(i), pools[*now[i]]->index, now_);
      }
      std::vector<Movable> left;
      for (std::size_t i = placed.size(); i < found.size(); ++i) {
        if (found[i] == wanted[i]) left.push_back(task_of(i));
      }
      if (left.size() == waiting->size()) return;
      waiting = left;
    }
  }
  /// Of its jobs that were not there at the last plan: what would start, had some pool the room of its own tasks.
  void seek(OrganisationId organisation, const Rooms& rooms, std::vector<Movable>& waiting) {
    std::map<QueueKey, JobRecord*> newcomers;
    for (const auto& [key, job] : waits_on_) {
      if (job->organisation == organisation && !known_.contains(job->id)) newcomers[key] = job;
    }
    for (const auto& [key, job] : newcomers) {
      const auto placed = static_cast<std::int32_t>(
          std::count_if(plan_.begin(), plan_.end(), [&, id = job->id](const Assignment& each) { return each.job == id; }));
      const bool has_bound = job->tasks_per_centre_max > 0 || job->tasks_per_node_max > 0;
      if (job->retrying > 0 || has_bound || job->promised != no_pool || (job->has_cap() && placed > 0)) continue;
      std::int32_t last = job->count;
      if (job->throttle > 0) last = std::min(last, job->next_task + job->throttle - job->live);
      if (job->next_task + placed >= last) continue;
      std::set<const PoolState*> would;
      for (const Seen& each : choices(*job, rooms, nullptr)) {
        if (would_take(*job, *each.pool, now_)) would.insert(each.pool);
      }
      for (std::int32_t task = job->next_task + placed; !would.empty() && task < last; ++task)
        waiting.push_back({0, job, nullptr, {}, false, task, would});
    }
  }
  void start_late(const Movable& task, const PoolState& pool) {
    JobRecord& job = *task.job;
    std::int32_t next = job.next_task;
    for (const Assignment& each : plan_) next += each.job == job.id ? 1 : 0;
    Assignment assignment{job.id, next, {}};
    assignment.placement.job = job.id;
    assignment.placement.task = next;
    assignment.placement.number = 1;
    assignment.placement.centre = pool.centre->id;
    assignment.placement.pool = pool.row.name;
    plan_.push_back(assignment);
    ++late_starts_;
    ++next;
    if (next == job.count || (job.throttle > 0 && job.live + next - job.next_task >= job.throttle)) waits_on_.erase(job.key());
  }

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
  std::vector<Movable> movable_;
  std::size_t moves_ = 0;
  std::size_t late_starts_ = 0;
  const KeptShares& shares_;
  const std::set<JobId>& known_;
  std::map<QueueKey, JobRecord*> waits_on_;  ///< that have had their turn
};

}  // namespace dayan::place
