#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "place/market.h"
#include "place/turn_oracle_for_tests.h"

/// What a plan has placed for one organisation, placed together by the rules of together.h, worked out plainly. The
/// problem is put anew each time, and solved by the same solver (market_test tries all answers).

namespace dayan::place {

class TogetherOracle : protected TurnOracle {
 protected:
  /// `known`: jobs that there were at its last plan.
  TogetherOracle(World& world, UnixTime now, Book& book, Searches& searches, const std::set<JobId>& known)
      : TurnOracle(world, now, book, searches), known_(known) {}

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
    if (all.empty()) return task;
    const double least = static_cast<double>(std::max<std::int64_t>(task_cost(job, *all.front().pool).micro(), 1));
    const double unit = all.front().score > 0 ? least / static_cast<double>(all.front().score) : least;
    for (const Seen& seen : all) {
      const float most = all.front().score > 0 ? all.front().score * 1'000 : seen.score;
      const float score = std::min(seen.score, most);
      if (goes(seen)) task.options.push_back({place_of(rooms, seen.pool), unit * static_cast<double>(score)});
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
      for (const Movable& each : *waiting) jobs.insert(each.job->id);
      if (!is_free || (is_first && jobs.size() == 1)) return;
      for (const Movable& each : *waiting) {
        market.tasks.push_back(
            market_task(*each.job, seen.at(&each), rooms, [&](const Seen& to) { return each.would.contains(to.pool); }));
      }
      std::vector<std::optional<std::size_t>> now;
      for (const MarketTask& each : market.tasks) now.push_back(each.at);
      std::int64_t work = market_work_max;
      const auto wanted = solve(market, work);
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
      bool have_all_places = true;
      for (std::size_t i = 0; i < placed.size(); ++i) have_all_places = have_all_places && found[i].has_value();
      if (is_paid && have_all_places && cost_of(market, found) < cost_of(market, now)) {
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
      std::int32_t last = job->has_cap() ? job->next_task + 1 : job->count;
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

  const std::set<JobId>& known_;
  std::size_t moves_ = 0;
  std::size_t late_starts_ = 0;
};

}  // namespace dayan::place
