#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "model/meter.h"
#include "model/rack.h"
#include "model/transfer.h"
#include "place/constraints.h"
#include "place/openings.h"
#include "place/turn.h"
#include "place/world.h"

/// What jobs see of pools, by the rules of turn.h, worked out plainly: what each would cost and take, and what it is worth
/// waiting for.

namespace dayan::place {

class SightOracle {
 protected:
  SightOracle(World& world, UnixTime now) : world_(world), now_(now) {}

  struct Seen {
    const PoolState* pool = nullptr;
    float score = 0;
    double slowness = 1;  ///< of the run alone
    double lag = 0;       ///< of the inputs
    std::string names;
    [[nodiscard]] double delay() const { return slowness + lag; }
  };

  [[nodiscard]] bool is_of_class(const JobRecord& job, const PoolState& pool) const {
    Requirements requirements = job.requirements();
    requirements.wall_time = Duration::microseconds(1);  // asked of each job, can_ever below
    return pool.is_known && fixed_gaps(requirements, pool).empty();
  }
  [[nodiscard]] static Need need_of(const JobRecord& job) {
    return place::need_of(job.common->requirements.resources);
  }
  [[nodiscard]] double cost_rate(const JobRecord& job, const PoolState& pool) const {
    return Ranking({0, job.is_estimated()}, job.common->requirements).rate(world_.figures(pool.index));
  }
  [[nodiscard]] double slowness(const JobRecord& job, const PoolState& pool) const {
    const bool has_cards = job.common->requirements.resources.cards > MilliCards(0);
    const std::int64_t capability =
        has_cards ? pool.row.card_capability.value() : pool.row.core_capability.value();
    return job.is_estimated() && capability > 0 ? 10'000.0 / static_cast<double>(capability) : 1;
  }

  /// What a job brings of data for each µs of its run, as its like are ranked: by halves of powers of two.
  [[nodiscard]] static double data_rate(const JobRecord& job, std::int64_t tasks) {
    const Duration known = job.run_time > Duration() ? job.run_time : job.wall_time;
    const std::int64_t mean = job.succeeded > 0 ? job.run_time_sum / job.succeeded : known.microseconds();
    const auto rate = mul_div(job.input_bytes.value(), 1'000, std::max<std::int64_t>(mean, 1), Rounding::down);
    const std::int64_t number = *rate / tasks;
    if (number == 0) return 0;
    double power = 1;
    while (power * 2 <= static_cast<double>(number)) power *= 2;
    return power * (static_cast<double>(number) >= power * 1.5 ? 1.75 : 1.25) / 1'000;
  }
  [[nodiscard]] double lag(const JobRecord& job, const PoolState& pool) const {
    if (!pool.centre->link) return 0;
    return data_rate(job, 1) / (static_cast<double>(pool.centre->link->value()) / 1'000'000);
  }
  /// Micro-yuan for an hour on the reference, with its part of the inputs.
  [[nodiscard]] double hour_cost(const JobRecord& job, const PoolState& pool) const {
    return cost_rate(job, pool) * slowness(job, pool) + inputs_hour_cost(job, pool);
  }
  /// The same at all hours of the day, and for work that may be taken back.
  [[nodiscard]] static double inputs_hour_cost(const JobRecord& job, const PoolState& pool) {
    const auto gigabyte = static_cast<double>(pool.centre->published_offer()->transfer_gb.micro());
    const double data = job.common->requirements.objective == Objective::fastest ? 0 : data_rate(job, job.count);
    return data * 3'600'000'000.0 / 1'000'000'000 * gigabyte;
  }
  /// What its lease there may be given for the inputs.
  [[nodiscard]] Duration staging(const JobRecord& job, const PoolState& pool) const {
    const TransferRow* row = world_.transfer(job.id, pool.centre->id);
    std::int64_t bytes = job.input_bytes.value();
    if (row != nullptr) bytes = row->is_there ? 0 : bytes - row->fetched.value();
    const std::int64_t link = pool.centre->link ? pool.centre->link->value() : 10'000'000;
    const auto time = mul_div(bytes, 1'000'000, link, Rounding::up);
    return std::min(Duration::microseconds(*time), Duration::hours(24));
  }

  /// mg an hour.
  [[nodiscard]] static std::optional<double> carbon_rate(const JobRecord& job, const PoolState& pool) {
    const Resources& resources = job.common->requirements.resources;
    const auto of = [&](std::optional<Milliwatts> power) -> std::optional<double> {
      if (!power || !pool.centre->pue || !pool.centre->carbon_now) return std::nullopt;
      return static_cast<double>(power->value()) * static_cast<double>(*pool.centre->pue) *
             static_cast<double>(*pool.centre->carbon_now) / 1e6;
    };
    const auto core = of(pool.row.core_power);
    const auto card = resources.cards.is_zero() ? 0.0 : of(pool.row.card_power);
    if (!core || !card) return std::nullopt;
    return static_cast<double>(resources.cores.value()) * *core +
           static_cast<double>(resources.cards.value()) / 1'000 * *card;
  }

  /// Pools of its class, best first.
  [[nodiscard]] std::vector<Seen> in_order(const JobRecord& job) const {
    std::vector<Seen> seen;
    double least_cost = std::numeric_limits<double>::infinity();
    double least_slowness = least_cost;
    double least_carbon = least_cost;
    const Requirements& requirements = job.common->requirements;
    for (const bool only_reachable : {true, false}) {
      for (const PoolState& pool : world_.pools()) {
        if (!is_of_class(job, pool) || (only_reachable && !pool.centre->reachable(now_))) continue;
        least_cost = std::min(least_cost, std::max(hour_cost(job, pool), 1.0));
        least_slowness = std::min(least_slowness, slowness(job, pool) + lag(job, pool));
        const auto carbon = carbon_rate(job, pool);
        if (carbon) least_carbon = std::min(least_carbon, std::max(*carbon * slowness(job, pool), 1.0));
      }
      if (least_cost < std::numeric_limits<double>::infinity()) break;
    }
    for (const PoolState& pool : world_.pools()) {
      if (!is_of_class(job, pool)) continue;
      const double slow = slowness(job, pool);
      const double late = slow + lag(job, pool);
      const double cost = hour_cost(job, pool);
      double score = cost;
      if (job.common->requirements.objective == Objective::fastest) score = late;
      const auto carbon = carbon_rate(job, pool);
      if (job.common->requirements.objective == Objective::balanced)
        score = std::max(cost, 1.0) / least_cost + late / least_slowness;
      if (requirements.objective == Objective::greenest) score = carbon ? *carbon * slow : 1e20 * (1 + cost);
      if (requirements.objective == Objective::weighted) {
        const Weights& weights = requirements.weights;
        score = 0;
        if (weights.cost > 0) score += weights.cost * (std::max(cost, 1.0) / least_cost);
        if (weights.time > 0) score += weights.time * (late / least_slowness);
        if (weights.carbon > 0 && !carbon) score = 1e20 * (1 + score);
        if (weights.carbon > 0 && carbon) score += weights.carbon * (std::max(*carbon * slow, 1.0) / least_carbon);
      }
      seen.push_back({&pool, static_cast<float>(score), slow, lag(job, pool), pool.centre->name + "\n" + pool.row.name});
    }
    std::sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) {
      return a.score != b.score ? a.score < b.score : a.names < b.names;
    });
    return seen;
  }

  /// Of a lease granted there now: it is over by the deadline.
  [[nodiscard]] Duration wall(const JobRecord& job, const PoolState& pool) const {
    if (!job.has_deadline()) return job.wall_time;
    return std::min(job.wall_time, job.finish_by - lease_start_allowance - staging(job, pool) - now_);
  }
  [[nodiscard]] bool ends_in_time(const JobRecord& job, const PoolState& pool, UnixTime start) const {
    const Duration run = std::max(expected_run(job, pool.row), Duration::seconds(1));
    return !job.has_deadline() || start + Duration::minutes(10) + staging(job, pool) + run <= job.finish_by;
  }
  /// To a lease that takes so long from its start allowance on.
  [[nodiscard]] bool is_closed(const JobRecord& job, const PoolState& pool, UnixTime start, Duration limit) const {
    return std::any_of(pool.reservations.begin(), pool.reservations.end(), [&](const ReservationRow* each) {
      if (is_named(job, *each)) return false;
      return start < each->until && start + Duration::minutes(10) + limit > each->from;
    });
  }
  [[nodiscard]] bool is_named(const JobRecord& job, const ReservationRow& row) const {
    const std::string* name = world_.name_of(job.organisation);
    return name != nullptr && row.names(*name);
  }
  /// The first moment from `start` on when it is not closed to a lease of this length, cut by the deadline, and what it
  /// is given for its inputs.
  [[nodiscard]] UnixTime open_from(const JobRecord& job, const PoolState& pool, UnixTime start, Duration length,
                                   Duration given) const {
    const auto limit = [&](UnixTime at) {
      if (!job.has_deadline()) return length + given;
      return std::min(length, job.finish_by - lease_start_allowance - given - at) + given;
    };
    std::set<UnixTime> moments{start};
    for (const ReservationRow* each : pool.reservations) moments.insert(std::max(start, each->until));
    for (const UnixTime at : moments) {
      if (!is_closed(job, pool, at, limit(at))) return at;
    }
    ADD_FAILURE() << "closed for ever";
    return start;
  }
  [[nodiscard]] Cny hold_on(const JobRecord& job, const PoolState& pool) const {
    const OfferRow& offer = *pool.centre->offer_for(job.common->requirements);
    const Cny run = amount_of(offer, job.common->requirements.resources, wall(job, pool), Rounding::up).value();
    return run + inputs_cost(job, pool, Rounding::up);
  }
  /// What its next lease there holds for the inputs: nothing when another covers them, in the rows or in this plan. A GB
  /// moved costs the same at all hours, and for all work.
  [[nodiscard]] Cny inputs_cost(const JobRecord& job, const PoolState& pool, Rounding rounding) const {
    const TransferRow* row = world_.transfer(job.id, pool.centre->id);
    if (row != nullptr && (row->is_held || row->is_settled)) return Cny();
    for (const Assignment& each : plan_) {
      if (each.job == job.id && each.placement.centre == pool.centre->id) return Cny();
    }
    return transfer_cost(*pool.centre->published_offer(), job.input_bytes, rounding).value();
  }
  [[nodiscard]] bool can_ever(const JobRecord& job, const PoolState& pool, CentreId left_out) const {
    const Need need = need_of(job);
    if (!pool.centre->reachable(now_) || job.wall_time > pool.row.wall_time_max) return false;
    if (!ends_in_time(job, pool, now_)) return false;
    if (!accepts(*pool.centre, world_.name_of(job.organisation))) return false;
    if (pool.slots(need) == 0 && pool.slots_when_empty(need) == 0) return false;
    if (!left_out.is_none() && pool.centre->id == left_out) return false;
    if (is_full_of(job, pool)) return false;
    if (!job.has_cap()) return true;
    if (job.charged + hold_on(job, pool) > job.price_cap) return false;
    if (job.next_task > 0 || !job.is_estimated()) return true;
    const Cny cost = amount_of(*pool.centre->offer_for(job.common->requirements), job.common->requirements.resources,
                               expected_run(job, pool.row), Rounding::down)
                         .value();
    return job.charged.micro() + cost.micro() * (job.waiting() + job.live) +
               inputs_cost(job, pool, Rounding::down).micro() <=
           job.price_cap.micro();
  }
  /// How many tasks of it there are at the pool's centre, in the rows and in this plan.
  [[nodiscard]] std::int64_t tasks_there(const JobRecord& job, const PoolState& pool) const {
    const auto leased = std::count_if(world_.leases().begin(), world_.leases().end(), [&](const auto& each) {
      return each.first.job == job.id && world_.pool(each.second.pool).row.centre == pool.row.centre;
    });
    return leased + std::count_if(plan_.begin(), plan_.end(), [&](const Assignment& each) {
             return each.job == job.id && each.placement.centre == pool.row.centre;
           });
  }
  /// The same of the pool alone.
  [[nodiscard]] std::int64_t tasks_in(const JobRecord& job, const PoolState& pool) const {
    const auto leased = std::count_if(world_.leases().begin(), world_.leases().end(), [&](const auto& each) {
      return each.first.job == job.id && each.second.pool == pool.index;
    });
    return leased + std::count_if(plan_.begin(), plan_.end(), [&](const Assignment& each) {
             return each.job == job.id && each.placement.centre == pool.row.centre &&
                    each.placement.pool == pool.row.name;
           });
  }
  /// So many tasks of it at once find nodes in the pool, however the engine lays them.
  [[nodiscard]] static std::int64_t most_apart(const JobRecord& job, const PoolState& pool) {
    return tasks_apart_max(job.tasks_per_node_max, pool.row, job.common->requirements.resources);
  }
  [[nodiscard]] bool is_full_of(const JobRecord& job, const PoolState& pool) const {
    if (job.tasks_per_centre_max > 0 && tasks_there(job, pool) >= job.tasks_per_centre_max) return true;
    return job.tasks_per_node_max > 0 && tasks_in(job, pool) > 0 && tasks_in(job, pool) >= most_apart(job, pool);
  }
  /// For how many of its tasks the pool has room now.
  [[nodiscard]] std::int64_t slots(const JobRecord& job, const PoolState& pool) const {
    const std::int64_t all = pool.slots(need_of(job));
    if (job.tasks_per_node_max == 0 || all == 0) return all;
    const std::int64_t own = tasks_in(job, pool);
    const std::int64_t on_node_max = job.tasks_per_node_max;
    const bool finds_node = own < on_node_max || pool.slots_apart(need_of(job), on_node_max, own) > 0;
    return finds_node ? std::min(all, most_apart(job, pool)) : 0;
  }
  /// How long (µs) it would wait for the pool, and for how many tasks at once.
  struct Expected {
    double wait = 0;
    std::int64_t slots = 0;
  };
  [[nodiscard]] Expected expected(const JobRecord& job, const Seen& seen) const {
    Openings openings;
    const Need need = need_of(job);
    const LaneKey lane = lane_key_of(job, Duration(), false);
    double wait = 0;
    std::int64_t slots = this->slots(job, *seen.pool);
    const std::int64_t most = job.tasks_per_node_max > 0 ? most_apart(job, *seen.pool) : int64_max;
    const Duration given = job.has_deadline() ? staging(job, *seen.pool) : Duration();
    const double length = job.has_deadline() ? static_cast<double>((wall(job, *seen.pool) + given).microseconds())
                                             : wall_of_step(lane.wall_step);
    const bool is_own = job.has_deadline() && seen.pool->promise && seen.pool->promise->job == job.id;
    const auto& promise = seen.pool->promise;
    if (slots > 0 && promise && !is_own && !seen.pool->has_room_at(promise->start, promise->need, need, promise->tasks) &&
        length > static_cast<double>(seen.pool->promised_within(now_).microseconds())) {
      wait = static_cast<double>((std::max(promise->start - now_, Duration()) + promise->run).microseconds());
      slots = std::min(seen.pool->slots_when_empty(need), most);
    }
    if (slots == 0) {
      const auto known = openings.wait(*seen.pool, need, now_);
      if (!known) return {std::numeric_limits<double>::infinity(), 1};
      wait = static_cast<double>(known->microseconds());
      slots = std::min(seen.pool->slots_when_empty(need), most);
    }
    const UnixTime start = now_ + Duration::microseconds(static_cast<std::int64_t>(wait));
    const Duration kept = job.has_deadline() ? job.wall_time : Duration::microseconds(static_cast<std::int64_t>(length));
    return {static_cast<double>((open_from(job, *seen.pool, start, kept, given) - now_).microseconds()), slots};
  }
  [[nodiscard]] double finish(const JobRecord& job, const Seen& seen) const {
    const LaneKey lane = lane_key_of(job, Duration(), false);
    auto [wait, slots] = expected(job, seen);
    if (job.throttle > 0 || job.tasks_per_centre_max > 0) slots = std::min(slots, tasks_of_step(lane.throttle_step));
    const std::int64_t tasks = tasks_of_step(lane.tasks_step);
    const std::int64_t waves = tasks / slots + (tasks % slots > 0 ? 1 : 0);
    wait += seen.lag * run_of_step(lane.run_step);
    return wait + static_cast<double>(waves) * run_of_step(lane.run_step) * seen.slowness;
  }

  struct Outlook {
    CentreId left_out;
    float score = std::numeric_limits<float>::infinity();
    double slowness = std::numeric_limits<double>::infinity();
    bool can_ever = false;
    bool takes_any = false;
  };
  [[nodiscard]] bool is_better_awaited(const JobRecord& job, const Seen& seen) const {
    const double wait = expected(job, seen).wait;
    return wait < 1e18 && ends_in_time(job, *seen.pool, now_ + Duration::microseconds(static_cast<std::int64_t>(wait)));
  }
  /// Back from the deadline: the second run, which ends there; what passes before a lost task is placed elsewhere;
  /// and the first run, to the end of its lease.
  [[nodiscard]] static UnixTime last_call(const JobRecord& job) {
    const Duration assumed = staging_allowance(job.input_bytes, std::nullopt);
    const UnixTime again_by = job.finish_by - job.wall_time - assumed - lease_start_allowance - plan_delay_max;
    const UnixTime lease_ends = again_by - clock_bound - lease_grace;
    return lease_ends - job.wall_time - assumed - lease_start_allowance - plan_delay_max;
  }
  /// Of a job with a deadline: what opens in time, of the best that could take it, is what it may wait for.
  [[nodiscard]] Outlook look_ahead(const JobRecord& job, CentreId left_out) const {
    Outlook outlook;
    outlook.left_out = left_out;
    std::vector<Seen> able;
    for (const Seen& seen : in_order(job)) {
      if (can_ever(job, *seen.pool, left_out)) able.push_back(seen);
    }
    const auto has_room = [&](const Seen& seen) { return slots(job, *seen.pool) > 0; };
    std::vector<Seen> awaited;
    const bool is_last_call = now_ >= last_call(job);
    for (std::size_t i = 0; i < std::min(able.size(), in_time_looked_at_max) && !is_last_call; ++i) {
      if (is_better_awaited(job, able[i]) && awaited.size() < horizon_max) awaited.push_back(able[i]);
    }
    if (awaited.empty()) {
      outlook.takes_any = true;
      outlook.can_ever = std::any_of(able.begin(), able.end(), [&](const Seen& seen) {
        return has_room(seen) && !keeps_out(*seen.pool, job);
      });
      return outlook;
    }
    outlook.can_ever = true;
    outlook.score = awaited.front().score;
    if (waits_for_best(job)) {
      if (waits_for_hour(job, able, outlook.score)) outlook.score = -1;
      return outlook;
    }
    outlook.score = std::numeric_limits<float>::infinity();
    std::size_t open = 0;
    for (const Seen& seen : able) {
      if (open < horizon_max && has_room(seen) && is_better_awaited(job, seen)) {
        awaited.push_back(seen);
        ++open;
      }
    }
    double best = std::numeric_limits<double>::infinity();
    for (const Seen& seen : awaited) best = std::min(best, finish(job, seen));
    outlook.slowness = best * patience(job) * as_good / run_of_step(lane_key_of(job, Duration(), false).run_step);
    return outlook;
  }
  [[nodiscard]] static std::int64_t part_of(std::int64_t usual, const std::vector<DayHours>& hours, UnixTime at) {
    return (usual * percent_at(hours, at) + 99) / 100;
  }
  /// What the pool would score for it at a moment: by prices, or by carbon and where that is unknown by prices.
  [[nodiscard]] float score_at(const JobRecord& job, const Seen& seen, UnixTime at) const {
    const CentreState& centre = *seen.pool->centre;
    const OfferRow& offer = *centre.published_offer();
    PoolFigures figures = world_.figures(seen.pool->index);
    figures.core_hour = static_cast<double>(part_of(offer.core_hour.micro(), offer.hours, at));
    figures.card_hour = static_cast<double>(part_of(offer.card_hour.micro(), offer.hours, at));
    figures.gb_hour = static_cast<double>(part_of(offer.gb_hour.micro(), offer.hours, at));
    const double cost = Ranking({0, job.is_estimated()}, job.common->requirements).rate(figures) * seen.slowness +
                        inputs_hour_cost(job, *seen.pool);
    if (job.common->requirements.objective == Objective::cheapest) return static_cast<float>(cost);
    if (!carbon_rate(job, *seen.pool)) return static_cast<float>(1e20 * (1 + cost));
    CentreState then = centre;
    then.carbon_now = part_of(*centre.carbon, centre.carbon_hours, at);
    PoolState pool = *seen.pool;
    pool.centre = &then;
    return static_cast<float>(*carbon_rate(job, pool) * seen.slowness);
  }
  /// Whether an hour ahead is cheaper at one of these, and early enough, by more than counts as equally good.
  [[nodiscard]] bool waits_for_hour(const JobRecord& job, const std::vector<Seen>& able, float score) const {
    const Objective objective = job.common->requirements.objective;
    if (objective != Objective::cheapest && objective != Objective::greenest) return false;
    for (std::size_t i = 0; i < std::min(able.size(), in_time_looked_at_max); ++i) {
      const CentreState& centre = *able[i].pool->centre;
      std::vector<DayHours> hours = centre.carbon_hours;
      const std::vector<DayHours>& prices = centre.published_offer()->hours;
      const auto ends = centre.next_hour(now_);
      const double wait = expected(job, able[i]).wait;
      if (!ends || !(wait < 1e18)) continue;
      hours.insert(hours.end(), prices.begin(), prices.end());
      const UnixTime opens = now_ + Duration::microseconds(static_cast<std::int64_t>(wait));
      std::set<UnixTime> moments{std::max(*ends, opens)};
      const Duration day = Duration::hours(24);
      const UnixTime until = std::min(last_call(job), opens + day);
      for (UnixTime midnight(now_.microseconds() - now_.microseconds() % day.microseconds()); midnight <= until;
           midnight = midnight + day) {
        for (const DayHours& each : hours) {
          for (const DayTime time : {each.from, each.until}) moments.insert(midnight + Duration::minutes(time.minutes()));
        }
      }
      for (const UnixTime at : moments) {
        if (at < *moments.find(std::max(*ends, opens)) || at > until || !ends_in_time(job, *able[i].pool, at)) continue;
        if (score_at(job, able[i], at) < score / as_good) return true;
      }
    }
    return false;
  }
  [[nodiscard]] static double patience(const JobRecord& job) {
    const Weights& weights = job.common->requirements.weights;
    if (job.common->requirements.objective == Objective::weighted)
      return static_cast<double>(weights.cost + weights.time + weights.carbon) / weights.time;
    return job.common->requirements.objective == Objective::fastest ? 1 : 2;
  }
  [[nodiscard]] Outlook look(const JobRecord& job, CentreId left_out) const {
    if (job.has_deadline()) return look_ahead(job, left_out);
    Outlook outlook;
    outlook.left_out = left_out;
    std::size_t ever = 0;
    std::size_t open = 0;
    double best = std::numeric_limits<double>::infinity();
    for (const Seen& seen : in_order(job)) {
      if (!can_ever(job, *seen.pool, left_out)) continue;
      if (ever == 0) outlook.score = seen.score;
      const bool has_room = slots(job, *seen.pool) > 0;
      if (ever < horizon_max || (has_room && open < horizon_max)) best = std::min(best, finish(job, seen));
      ++ever;
      open += has_room ? 1 : 0;
    }
    outlook.can_ever = ever > 0;
    const double run = run_of_step(lane_key_of(job, Duration(), false).run_step);
    if (waits_for_best(job)) return outlook;
    outlook.score = std::numeric_limits<float>::infinity();
    outlook.slowness = best * patience(job) * as_good / run;
    return outlook;
  }

  [[nodiscard]] static bool waits_for_best(const JobRecord& job) {
    const Requirements& requirements = job.common->requirements;
    return requirements.objective == Objective::cheapest || requirements.objective == Objective::greenest ||
           (requirements.objective == Objective::weighted && requirements.weights.time == 0);
  }

  /// By wall time, or because what was promised fits beside it.
  [[nodiscard]] bool keeps_out(const PoolState& pool, const JobRecord& job) const {
    const Duration length = wall(job, pool) + staging(job, pool);
    if (is_closed(job, pool, now_, length)) return true;
    if (!pool.promise || pool.promise->job == job.id) return false;
    const bool ends_before = now_ + lease_start_allowance + length <= pool.promise->start;
    return !ends_before && !pool.has_room_at(pool.promise->start, pool.promise->need, need_of(job), pool.promise->tasks);
  }

  World& world_;
  UnixTime now_;
  std::vector<Assignment> plan_;
};

}  // namespace dayan::place
