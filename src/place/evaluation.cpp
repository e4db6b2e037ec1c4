#include "place/evaluation.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "model/energy.h"
#include "model/meter.h"
#include "model/rack.h"
#include "place/preference.h"

namespace dayan::place {
namespace {

/// Nothing when the amounts pass what money can count.
std::optional<Terms> terms_of(const Asking& asking, const PoolState& pool, UnixTime now) {
  const Requirements& requirements = *asking.requirements;
  Terms terms;
  terms.run = asking.run_on(pool.row);
  const UnixTime start = asking.start(now);
  const Duration wall_time = asking.is_in_time(start, pool) ? asking.wall_at(start, pool) : requirements.wall_time;
  const OfferRow offer = *pool.centre->offer_for(requirements, now);
  const auto cost = amount_of(offer, requirements.resources, terms.run, Rounding::down);
  const auto run_hold = amount_of(offer, requirements.resources, wall_time, Rounding::up);
  const auto inputs_hold = transfer_cost(offer, asking.to_hold(pool), Rounding::up);
  const auto hold = with_transfer(run_hold, offer, asking.to_hold(pool), Rounding::up);
  if (!cost.has_value() || !hold.has_value()) return std::nullopt;
  if (!asking.input_bytes.is_zero()) {
    const TransferRow* known = asking.transfer(pool);
    const Bytes paid = known != nullptr && known->is_settled ? Bytes() : asking.input_bytes;
    terms.transfer = expected_transfer(bytes_to_move(asking.input_bytes, known), pool.centre->link, offer, paid);
  }
  terms.task_cost = *cost;
  terms.task_hold = *hold;
  const CentreState& centre = *pool.centre;
  terms.energy = energy_of(pool.row, centre.pue, requirements.resources, terms.run);
  terms.carbon = carbon_of(pool.row, centre.pue, centre.carbon_at(now), requirements.resources, terms.run);
  terms.job_cost =
      Cny::micro(plus(plus(asking.charged.micro(), terms.transfer.cost.micro()),
                      times(cost->micro(), std::max<std::int64_t>(asking.unsettled, 0))));
  terms.price_cap_min = terms.job_cost;
  if (asking.unsettled > 0) {
    // The inputs are paid by then, or this lease holds for them too, rounded up.
    const std::int64_t inputs = std::max<std::int64_t>(inputs_hold->micro() - terms.transfer.cost.micro(), 0);
    terms.price_cap_min = Cny::micro(plus(
        terms.job_cost.micro(), std::max<std::int64_t>(plus(run_hold->micro(), inputs) - cost->micro(), 0)));
  }
  return terms;
}

/// How long until the last task is done, when all run there: each begins as soon as there is room after the wait.
Duration finish_of(const Asking& asking, const Evaluation& evaluation, const RoomAhead* left, Outlook& outlook) {
  const PoolState& pool = *evaluation.pool;
  const Duration run = evaluation.terms->run;
  const Duration first = evaluation.wait + run;
  std::int64_t at_once = std::max<std::int64_t>(evaluation.slots_max, 1);
  const std::int32_t at_once_max = lesser_bound(asking.throttle, asking.requirements->tasks_per_centre_max);
  if (at_once_max > 0) at_once = std::min<std::int64_t>(at_once, at_once_max);
  const std::int64_t now_at_once = std::min(std::max<std::int64_t>(evaluation.slots, 1), at_once);
  if (asking.waiting <= now_at_once) return first;
  // What opens one day is told of its first release alone.
  const std::int64_t at_first = evaluation.wait == Duration() ? now_at_once : at_once;
  const RoomAhead& room = left != nullptr ? *left : outlook.room(pool, Outlook::Ends::expected);
  const auto done =
      room.all_done(asking.need().all(), asking.waiting, at_first, at_once, outlook.now() + evaluation.wait, run);
  if (done) return std::max(*done - outlook.now(), first);
  // Nobody knows when room comes: as many at once as there is ever room for.
  const std::int64_t waves = asking.waiting / at_once + (asking.waiting % at_once > 0 ? 1 : 0);
  return Duration::microseconds(plus(evaluation.wait.microseconds(), times(waves, run.microseconds())));
}

/// How long until the first of the job's tasks at the pool's centre is expected to leave it, and at the latest; or the
/// pool where the centre is not full. There is one.
std::pair<Duration, Duration> first_to_leave(const Asking& asking, const PoolState& pool, UnixTime now) {
  Duration expected = wait_unknown;
  Duration longest = wait_unknown;
  const bool is_of_centre = asking.is_centre_full_of_it(pool);
  for (const Holding* each : asking.tasks_at.at(pool.centre->id)) {
    if (!is_of_centre && each->pool != pool.index) continue;
    expected = std::min(expected, stepwise_end(*each, asking.world->pool(each->pool).row, now) - now);
    longest = std::min(longest, sure_end(*each, now) - now);
  }
  return {expected, longest};
}

/// When there is room for it: now, or when leases will have made it, and those that stand before it have had theirs.
void find_opening(Evaluation& result, const Asking& asking, Outlook& outlook, const Queued* queued) {
  const PoolState& pool = *result.pool;
  const Need need = asking.need();
  const UnixTime now = outlook.now();
  result.opening = outlook.opening(pool, need);
  result.slots = result.opening->slots;
  result.slots_max = std::max<std::int64_t>(pool.slots_when_empty(need), 1);
  const auto sure = outlook.surely_opens(pool, need);
  if (sure) result.wait_longest = *sure - now;
  const bool is_its_own = pool.promise && !asking.job.is_none() && pool.promise->job == asking.job;
  if (is_its_own) {  // what is promised is not put off by anybody
    const Duration promised = std::max(pool.promise->start - now, Duration());
    result.opening->wait = std::min(result.opening->wait.value_or(promised), promised);
    result.wait_longest = promised;
  } else if (queued != nullptr && result.opening->wait != Duration()) {
    result.jobs_before = queued->jobs_before;
    result.is_wait_least = queued->is_least;
    if (queued->is_counted) {
      const auto later_of = [](const std::optional<Duration>& a, const std::optional<Duration>& b) {
        return a && b ? std::optional(std::max(*a, *b)) : std::nullopt;
      };
      result.opening->wait = later_of(result.opening->wait, queued->wait);
      result.wait_longest = later_of(result.wait_longest, queued->longest);
      result.slots = std::max<std::int64_t>(queued->slots, 1);
    }
  }
  result.wait = result.opening->wait.value_or(wait_unknown);
  if (result.wait == wait_unknown) result.wait_longest.reset();
  result.opening_longest = result.wait_longest;
}

void tell_place(Evaluation& result, Duration expected, Duration longest) {
  if (expected == wait_unknown) return;
  result.place = expected;
  result.place_longest = longest;
}

/// What keeps it waiting beside room: a promise to another, a bound of its own.
void count_other_waits(Evaluation& result, const Asking& asking, UnixTime now) {
  const PoolState& pool = *result.pool;
  const auto is_reserved = [](const Gap& gap) { return gap.constraint == Constraint::reserved; };
  if (std::any_of(result.gaps.begin(), result.gaps.end(), is_reserved)) {
    const Duration starts_in = std::max(pool.promise->start - now, Duration());
    const JobRecord* other = asking.world->job(pool.promise->job);
    result.wait = starts_in + pool.promise->run;
    result.wait_longest.reset();
    if (other != nullptr) result.wait_longest = starts_in + lease_start_allowance + other->wall_time;
    // Nobody keeps it for one that is given up before.
    if (other != nullptr && !other->waits_until.is_none() && other->waits_until < pool.promise->start) {
      result.wait = std::max(other->waits_until - now, Duration());
      result.wait_longest = result.wait;
    }
  }
  result.is_full_of_it = asking.is_full_of_it(pool);
  if (!result.is_full_of_it) return;
  const auto [expected, longest] = first_to_leave(asking, pool, now);
  tell_place(result, expected, longest);
  result.wait = std::max(result.wait, expected);
  if (result.wait_longest) result.wait_longest = std::max(*result.wait_longest, longest);
}

/// Where the job keeps its tasks apart: no more at once than surely find nodes, or do now where there is room; and
/// where none does, though there is, once the next lease there has ended.
void keep_apart(const Asking& asking, const PoolState& pool, UnixTime now, Evaluation& result) {
  if (!asking.keeps_apart()) return;
  const Spread there = asking.spread(pool);
  const Need need = asking.need();
  const std::int64_t most = tasks_apart_max(there.on_node_max, pool.row, need.nodes, need.is_in_rack);
  if (pool.has_room(need)) {
    const std::int64_t slots = slots_apart(pool, need, there);
    if (slots > 0) {
      result.slots = slots;
    } else {
      result.slots = pool.slots_when_empty(need);
      result.wait = wait_unknown;
      result.wait_longest = wait_unknown;
      for (const Holding* each : pool.holdings) {
        result.wait = std::min(result.wait, stepwise_end(*each, pool.row, now) - now);
        result.wait_longest = std::min(*result.wait_longest, sure_end(*each, now) - now);
      }
      tell_place(result, result.wait, *result.wait_longest);
    }
  }
  result.slots = std::min(result.slots, most);
  result.slots_max = std::min(result.slots_max, most);
}

struct Least {
  std::int64_t cost = int64_max;
  std::int64_t finish = int64_max;
  std::int64_t carbon = int64_max;
};

/// The least figures among those that answer, or among all when none does.
Least least_of(const std::vector<Evaluation>& evaluations) {
  Least least;
  for (const bool only_reachable : {true, false}) {
    for (const Evaluation& each : evaluations) {
      if (!each.is_feasible || (only_reachable && !each.is_reachable)) continue;
      least.cost = std::min(least.cost, each.terms->job_cost.micro());
      least.finish = std::min(least.finish, each.finish.microseconds());
      if (each.terms->carbon) least.carbon = std::min(least.carbon, each.terms->carbon->value());
    }
    if (least.cost != int64_max) break;
  }
  return least;
}

/// What is compared first, second and third; less is better.
struct Score {
  bool is_unknown = false;  ///< it hangs on carbon, which is not known
  std::int64_t first = 0;
  std::int64_t second = 0;
};

/// The figures that the weights count, each relative to the least of any pool.
Score weigh(const Evaluation& each, const Weights& weights, const Least& least) {
  const auto& carbon = each.terms->carbon;
  Score score;
  score.is_unknown = weights.carbon > 0 && !carbon;
  score.second = each.finish.microseconds();
  const auto add = [&](std::int32_t weight, std::int64_t value, std::int64_t best) {
    if (weight > 0) score.first = plus(score.first, times(weight, relative(value, best)));
  };
  add(weights.cost, each.terms->job_cost.micro(), least.cost);
  add(weights.time, each.finish.microseconds(), least.finish);
  if (carbon) add(weights.carbon, carbon->value(), least.carbon);
  return score;
}

Score score_of(const Evaluation& each, const Requirements& requirements, const Least& least) {
  if (!each.is_feasible) return {};
  const std::int64_t cost = each.terms->job_cost.micro();
  const std::int64_t finish = each.finish.microseconds();
  switch (requirements.objective) {
    case Objective::cheapest: return {false, cost, finish};
    case Objective::fastest: return {false, finish, cost};
    case Objective::greenest:
      if (!each.terms->carbon) return {true, cost, finish};
      return {false, each.terms->carbon->value(), cost};
    case Objective::balanced:
    case Objective::weighted: return weigh(each, preference_of(requirements).weights, least);
  }
  ASSERT(false);
}

}  // namespace

std::int64_t relative(std::int64_t value, std::int64_t least) {
  const auto permille = mul_div(value, 1'000, std::max<std::int64_t>(least, 1), Rounding::up);
  return permille.has_value() ? *permille : int64_max;
}

Evaluation evaluate(const Asking& asking, const PoolState& pool, Outlook& outlook, const Queued* queued) {
  const UnixTime now = outlook.now();
  Evaluation result;
  result.pool = &pool;
  result.is_reachable = pool.centre->reachable(now);
  result.gaps = fixed_gaps(*asking.requirements, pool);
  if (!accepts(*pool.centre, asking.organisation_name)) result.gaps.push_back({Constraint::acceptance});
  if (pool.centre->current_offer() != nullptr) {
    result.terms = terms_of(asking, pool, now);
    if (result.terms) {
      const auto money = money_gaps(asking, *result.terms);
      result.gaps.insert(result.gaps.end(), money.begin(), money.end());
    } else {
      result.gaps.push_back({Constraint::price});
    }
  }
  const auto late = deadline_gaps(asking, pool, now);
  result.gaps.insert(result.gaps.end(), late.begin(), late.end());
  const auto passing = passing_gaps(asking, pool, pool.is_large_enough(asking.need()), outlook);
  result.gaps.insert(result.gaps.end(), passing.begin(), passing.end());
  result.is_feasible = result.terms.has_value() && std::all_of(result.gaps.begin(), result.gaps.end(),
                                                               [](const Gap& gap) { return gap.passes_with_time; });
  if (!result.is_feasible) return result;
  find_opening(result, asking, outlook, queued);
  keep_apart(asking, pool, now, result);
  count_other_waits(result, asking, now);
  // From when on it is not closed to a lease that could start so long from now.
  const auto until_open = [&](Duration wait) {
    const UnixTime start = std::max(now + wait, asking.start(now));
    return pool.open_from(start, asking.requirements->wall_time, asking.requirements->finish_by,
                          [&](const ReservationRow& row) { return asking.is_named(row); }, asking.staging(pool)) -
           now;
  };
  if (result.wait != wait_unknown) result.wait = until_open(result.wait);
  if (result.wait_longest) result.wait_longest = until_open(*result.wait_longest);
  result.is_late = !asking.is_in_time(now + result.wait, pool);
  if (result.is_late) {
    const Duration needed = result.wait + needed_time(result.terms->run, asking.staging(pool));
    result.gaps.push_back({Constraint::deadline, needed.microseconds(),
                           (asking.requirements->finish_by - now).microseconds(), true});
  }
  // The inputs cross once there is a lease; how long that takes where nobody knows the link is left out.
  const Duration crossing = result.terms->transfer.time.value_or(Duration());
  if (!result.is_reachable) {  // when it is heard again nobody knows
    result.wait = wait_unknown;
    result.wait_longest.reset();
  }
  if (result.wait != wait_unknown) result.wait = result.wait + crossing;
  if (result.wait_longest) result.wait_longest = std::max(*result.wait_longest + crossing, result.wait);
  const bool is_behind_others = queued != nullptr && queued->is_counted;
  result.finish = finish_of(asking, result, is_behind_others ? queued->room : nullptr, outlook);
  return result;
}

void sort_best_first(std::vector<Evaluation>& evaluations, const Requirements& requirements) {
  const Least least = least_of(evaluations);
  struct Keyed {
    Score score;
    std::size_t index = 0;
  };
  std::vector<Keyed> keyed;
  keyed.reserve(evaluations.size());
  for (std::size_t i = 0; i < evaluations.size(); ++i)
    keyed.push_back({score_of(evaluations[i], requirements, least), i});
  const auto order = [&](const Keyed& key) {
    const Evaluation& each = evaluations[key.index];
    return std::tuple<bool, bool, bool, bool, bool, std::int64_t, std::int64_t, const std::string&, const std::string&>(
        !each.is_feasible, !each.is_reachable, each.is_full_of_it, each.is_late, key.score.is_unknown, key.score.first,
        key.score.second, each.pool->centre->name, each.pool->row.name);
  };
  std::sort(keyed.begin(), keyed.end(), [&](const Keyed& a, const Keyed& b) { return order(a) < order(b); });
  std::vector<Evaluation> sorted;
  sorted.reserve(evaluations.size());
  for (const Keyed& key : keyed) sorted.push_back(std::move(evaluations[key.index]));
  evaluations = std::move(sorted);
}

}  // namespace dayan::place
