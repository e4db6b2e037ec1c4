#include "place/instead.h"

#include <algorithm>
#include <limits>

#include "model/energy.h"
#include "model/meter.h"
#include "place/explain.h"
#include "place/openings.h"
#include "place/queue_ahead.h"
#include "place/turn.h"

namespace dayan::place {
namespace {

/// Run times are told by steps and floats to plans: what is nearer to the bound than this is not told.
constexpr double bound_slack = 0.98;

/// Pools with room of which it is sought out whether it would get that.
constexpr std::size_t others_looked_at_max = 4;

bool has_room_now(const Evaluation& each) { return each.is_feasible && each.is_reachable && each.gaps.empty(); }

/// Run time there, with what inputs take to cross, as a multiple of that on the reference: as plans count it.
struct Pace {
  double slowness = 1;
  double lag = 0;
};
Pace pace_of(const Ranking& ranking, const World& world, const PoolState& pool) {
  const PoolFigures& figures = world.figures(pool.index);
  return {ranking.slowness(figures), ranking.lag(figures)};
}

/// Whether a job that stands before it may be promised the pool's room instead (turn.h).
bool may_be_promised(const JobRecord& other, const PoolState& pool, const World& world, const WaitQueue& queue,
                     UnixTime now) {
  const JobClass& job_class = *queue.classes()[queue.lanes()[other.lane].in];
  if (other.promised != no_pool || now < other.waits_since + promised_after) return false;
  if (pool.has_room(job_class.need) || pool.slots_when_empty(job_class.need) == 0) return false;
  if (!preference_of(job_class.requirements).waits_for_best) return true;
  if (!job_class.ranking || !job_class.ranking->is_built()) return true;
  const Ranking& ranking = *job_class.ranking;
  const float here = ranking.score(world.figures(pool.index));
  const CustomerGroup group = world.acceptance().group_of(other.organisation);
  for (const RankedPool& each : ranking.best_first()) {
    if (each.score >= here) return true;
    const PoolState& better = world.pool(each.pool);
    const bool may_take = better.centre->reachable(now) && better.slots_when_empty(job_class.need) > 0 &&
                          world.acceptance().accepts(group, each.pool) &&
                          world.figures(each.pool).wall_time_max >= other.wall_time &&
                          !world.is_full_of(other, better);
    if (may_take && !other.has_cap() && !other.has_deadline()) return false;
  }
  return true;
}

/// Whether some pool with room is one that nobody who stands before it would be promised.
bool surely_starts_at(const Evaluation& other, const JobRecord& job, const World& world, const WaitQueue& queue,
                      UnixTime now) {
  if (other.pool->promise) return true;  // a pool makes one promise
  const auto is_for_it = [&](const JobClass& each) { return may_take(each, *other.pool, queue); };
  const auto before = jobs_before(queue, job.key(), is_for_it);
  if (!before) return false;
  return std::none_of(before->begin(), before->end(), [&](const JobRecord* each) {
    return may_be_promised(*each, *other.pool, world, queue, now);
  });
}

}  // namespace

const Evaluation* passed_over(const std::vector<Evaluation>& best_first) {
  if (best_first.empty() || !best_first.front().is_feasible || best_first.front().gaps.empty()) return nullptr;
  const auto found = std::find_if(best_first.begin(), best_first.end(), has_room_now);
  return found != best_first.end() ? &*found : nullptr;
}

std::optional<Objective> objective_to_start(const JobRecord& job, const std::vector<Evaluation>& best_first,
                                            const World& world, const WaitQueue& queue, UnixTime now) {
  // Each of several tasks that were tried before may keep away from another centre.
  const bool is_one_for_all = job.next_task < job.count || job.retrying <= 1;
  if (job.lane == no_lane || !is_one_for_all) return std::nullopt;
  const JobClass& job_class = *queue.classes()[queue.lanes()[job.lane].in];
  const double run = run_of_step(queue.lanes()[job.lane].key.run_step);
  for (const Objective objective : {Objective::balanced, Objective::fastest}) {
    Requirements changed = job_class.requirements;
    changed.objective = objective;
    changed.weights = {};
    const Preference preference = preference_of(changed);
    if (preference_of(job_class.requirements).patience >= preference.patience &&
        !preference_of(job_class.requirements).waits_for_best)
      continue;
    const Ranking ranking({job_class.key.common, job_class.key.is_estimated, data_steps_of(job)}, changed);
    Openings openings;
    double best = std::numeric_limits<double>::infinity();
    for (const Evaluation& each : best_first) {
      if (!each.is_feasible || !each.is_reachable) continue;
      const Pace pace = pace_of(ranking, world, *each.pool);
      std::optional<Duration> wait = Duration();
      if (!each.pool->has_room(job_class.need)) wait = openings.wait(*each.pool, job_class.need, now);
      if (wait) best = std::min(best, static_cast<double>(wait->microseconds()) + (pace.slowness + pace.lag) * run);
    }
    const double delay_max = best * preference.patience * as_good / run * bound_slack;
    std::size_t looked = 0;
    for (const Evaluation& each : best_first) {
      if (!has_room_now(each) || looked == others_looked_at_max) continue;
      const Pace pace = pace_of(ranking, world, *each.pool);
      if (pace.slowness + pace.lag > delay_max) continue;
      ++looked;
      // Where others are promised the room of one that it would take, it goes on to the next.
      if (surely_starts_at(each, job, world, queue, now)) return objective;
    }
  }
  return std::nullopt;
}

std::optional<Reason> hour_reason(const JobRecord& job, const Asking& asking, const Outlook& outlook) {
  const World& world = outlook.world();
  const UnixTime now = outlook.now();
  const PoolState& pool = world.pool(job.awaited_hour.pool);
  const PoolState& instead = world.pool(job.awaited_hour.instead);
  const UnixTime from = job.awaited_hour.from;
  const Requirements& requirements = *asking.requirements;
  const auto carbon = [&](const PoolState& each, UnixTime at) {
    return carbon_of(each.row, each.centre->pue, each.centre->carbon_at(at), requirements.resources,
                     asking.run_on(each.row));
  };
  const auto cost = [&](const PoolState& each, UnixTime at) -> std::optional<Cny> {
    const auto offer = each.centre->offer_for(requirements, at);
    if (!offer) return std::nullopt;
    const auto amount = amount_of(*offer, requirements.resources, asking.run_on(each.row), Rounding::down);
    return amount.has_value() ? std::optional(*amount) : std::nullopt;
  };
  Reason reason;
  reason.constraint = Constraint::hour;
  reason.passes_with_time = true;
  reason.text = " hour of " + pool.centre->name + ", from " + outlook.told(from) + " on: a task then comes to ";
  const auto green_then = carbon(pool, from);
  const auto green_now = carbon(instead, now);
  if (requirements.objective == Objective::greenest && green_then && green_now) {
    reason.required = green_then->value();
    reason.offered = green_now->value();
    reason.text = "waits for the greener" + reason.text + std::to_string(reason.required) + " mg of CO2 instead of " +
                  std::to_string(reason.offered);
  } else {
    const auto then = cost(pool, from);
    const auto at_once = cost(instead, now);
    if (!then || !at_once) return std::nullopt;  // its prices have gone since the last plan
    reason.required = then->micro();
    reason.offered = at_once->micro();
    reason.text = "waits for the cheaper" + reason.text + to_text(*then) + " yuan instead of " + to_text(*at_once);
  }
  return reason;
}

Reason preference_reason(const Evaluation& awaited, const Instead& instead, const Evaluation& other,
                         const Requirements& requirements) {
  const auto named = [](const Evaluation& each) { return each.pool->centre->name + '/' + each.pool->row.name; };
  Reason reason;
  reason.constraint = Constraint::preference;
  reason.passes_with_time = true;
  reason.text = "waits for " + named(awaited) + " by its objective, " + std::string(to_text(requirements.objective)) +
                ": a task there comes to " + to_text(awaited.terms->task_cost) + " yuan";
  const auto& green = awaited.terms->carbon;
  const auto& less_green = other.terms->carbon;
  if (requirements.objective == Objective::greenest && green)
    reason.text += " and " + std::to_string(green->value()) + " mg of CO2";
  if (awaited.wait != wait_unknown) reason.text += ", all of it done in " + rounded(awaited.finish);
  reason.text += "; " + named(other) + " has room now: " + to_text(other.terms->task_cost) + " yuan";
  const Cny least = std::min(other.terms->task_cost, awaited.terms->task_cost);
  const Cny more = std::max(other.terms->task_cost, awaited.terms->task_cost) - least;
  if (!more.is_zero()) reason.text += " (" + to_text(more) + (other.terms->task_cost > least ? " more)" : " less)");
  if (requirements.objective == Objective::greenest)
    reason.text += less_green ? ", " + std::to_string(less_green->value()) + " mg of CO2" : ", CO2 unknown";
  reason.text += ", all of it done in " + rounded(other.finish);
  if (instead.objective)
    reason.text += "; with the objective " + std::string(to_text(*instead.objective)) + " a task starts now";
  const Preference preference = preference_of(requirements);
  if (requirements.objective == Objective::greenest && green && less_green) {
    reason.required = green->value();
    reason.offered = less_green->value();
  } else if (preference.waits_for_best) {
    reason.required = awaited.terms->task_cost.micro();
    reason.offered = other.terms->task_cost.micro();
  } else {
    reason.required = awaited.finish.microseconds();
    reason.offered = other.finish.microseconds();
  }
  return reason;
}

}  // namespace dayan::place
