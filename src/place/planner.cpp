#include "place/planner.h"

#include <algorithm>

#include "place/evaluation.h"

namespace dayan::place {
namespace {

/// Scores within this of the best, in thousandths, are as good: finer differences are below what estimates can tell.
constexpr std::int64_t as_good_permille = 50;
/// How many kinds of jobs that got nothing a plan remembers, so as not to ask again for each of 100,000 like ones.
constexpr std::size_t turned_away_max = 16;

/// What one pool is for the tasks of one job, as the plan fills it.
struct Candidate {
  std::size_t view = 0;
  Duration run;
  Cny task_cost;
  Cny task_hold;
  Duration wait;
  Duration finish;         ///< of the whole job there
  std::int64_t slots = 0;  ///< free now
  bool can_wait = false;   ///< it answers, and its wait has an end
};

/// One job's turn in a plan.
struct Turn {
  Asking asking;
  std::vector<Evaluation> evaluations;  ///< best first
  std::vector<Candidate> candidates;    ///< of the feasible ones, in the same order
  std::vector<RuledOut> ruled_out;
  Cny spent_and_held;
  std::int64_t live = 0;
};

/// A job of which nothing has run yet, and which got nothing: its like gets nothing either, since a plan only fills
/// up.
struct TurnedAway {
  OrganisationId organisation;
  std::int32_t count = 0;
  std::int32_t throttle = 0;
  const Requirements* requirements = nullptr;
};

std::vector<RuledOut> count_ruled_out(const std::vector<Evaluation>& evaluations) {
  constexpr std::size_t constraints = EnumWords<Constraint>::words.size();
  std::array<RuledOut, constraints> counts{};
  for (const Evaluation& each : evaluations) {
    std::array<bool, constraints> counted{};
    for (const Gap& gap : each.gaps) {
      const auto place = static_cast<std::size_t>(gap.constraint);
      RuledOut& count = counts[place];
      const std::int64_t margin = std::max(gap.required, gap.offered) - std::min(gap.required, gap.offered);
      count.best_margin = count.pools == 0 ? margin : std::min(count.best_margin, margin);
      if (!counted[place]) ++count.pools;
      counted[place] = true;
      count.constraint = gap.constraint;
    }
  }
  std::vector<RuledOut> ruled_out;
  for (const RuledOut& count : counts) {
    if (count.pools > 0) ruled_out.push_back(count);
  }
  return ruled_out;
}

/// The largest figure that is as good as this one.
std::int64_t with_tolerance(std::int64_t best) {
  return plus(best, best / 1'000 * as_good_permille + best % 1'000 * as_good_permille / 1'000);
}

/// True when `large` is at least `small` in every kind.
bool covers(const Amounts& large, const Amounts& small) {
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (large.of[kind] < small.of[kind]) return false;
  }
  return true;
}

class Planner {
 public:
  Planner(const Projection& rows, UnixTime now, std::size_t limit)
      : rows_(rows), now_(now), limit_(limit), views_(pool_views(rows, now)) {}

  std::vector<Assignment> run() {
    for (const JobId id : rows_.queue) {
      if (plan_.size() >= limit_ || !has_free_core()) break;
      const JobRow& job = rows_.jobs.at(id);
      if (!can_take(job) || is_like_one_turned_away(job)) continue;
      const std::size_t before = plan_.size();
      place_job(job);
      if (plan_.size() == before && job.next_task == 0 && turned_away_.size() < turned_away_max)
        turned_away_.push_back({job.organisation, job.count, job.throttle, &job.requirements});
    }
    return std::move(plan_);
  }

 private:
  [[nodiscard]] bool has_free_core() const {
    return std::any_of(views_.begin(), views_.end(), [](const PoolView& view) {
      return view.is_reachable && view.offer != nullptr && view.free().of[in_cores] > 0;
    });
  }

  /// A look at the numbers alone, before anything else is asked of a job.
  [[nodiscard]] bool can_take(const JobRow& job) {
    if (job.throttle > 0 && job.live >= job.throttle) return false;
    const Amounts need = amounts_of(job.requirements.resources);
    // Where the smaller found no room the larger finds none.
    if (std::any_of(too_large_.begin(), too_large_.end(), [&](const Amounts& small) { return covers(need, small); }))
      return false;
    const bool fits = std::any_of(views_.begin(), views_.end(),
                                  [&](const PoolView& view) { return view.is_reachable && view.slots(need) > 0; });
    if (!fits && too_large_.size() < turned_away_max) too_large_.push_back(need);
    return fits;
  }

  [[nodiscard]] bool is_like_one_turned_away(const JobRow& job) const {
    return job.next_task == 0 && std::any_of(turned_away_.begin(), turned_away_.end(), [&](const TurnedAway& other) {
             return other.organisation == job.organisation && other.count == job.count &&
                    other.throttle == job.throttle && *other.requirements == job.requirements;
           });
  }

  [[nodiscard]] Cny& wallet_of(OrganisationId organisation) {
    return wallets_.try_emplace(organisation, rows_.available(organisation)).first->second;
  }

  void place_job(const JobRow& job) {
    Turn turn = begin(job);
    if (turn.candidates.empty()) return;
    for (auto row = rows_.waiting_tasks.lower_bound({job.id, 0});
         row != rows_.waiting_tasks.end() && row->first.first == job.id; ++row) {
      const TaskRow& task = row->second;
      if (task.not_before > now_) continue;
      // Another of these may keep away from another centre: one that finds no place does not speak for the rest.
      (void)place_task(turn, task.task, task.attempts + 1, task.avoid);
      if (plan_.size() >= limit_) return;
    }
    for (std::int32_t task = job.next_task; task < job.count && plan_.size() < limit_; ++task) {
      if (!place_task(turn, task, 1, CentreId())) return;
    }
  }

  [[nodiscard]] Turn begin(const JobRow& job) {
    Turn turn;
    turn.asking = asking_of(job, rows_);
    turn.asking.available = wallet_of(job.organisation);
    turn.spent_and_held = turn.asking.charged + turn.asking.held;
    turn.live = job.live;
    turn.evaluations.reserve(views_.size());
    for (std::size_t view = 0; view < views_.size(); ++view)
      turn.evaluations.push_back(evaluate(turn.asking, views_, view, now_));
    sort_best_first(turn.evaluations, views_, job.requirements.objective);
    turn.ruled_out = count_ruled_out(turn.evaluations);
    for (const Evaluation& each : turn.evaluations) {
      if (!each.is_feasible) continue;
      const std::int64_t free_now = each.is_reachable && each.wait == Duration() ? each.slots : 0;
      turn.candidates.push_back({each.view, each.terms->run, each.terms->task_cost, each.terms->task_hold, each.wait,
                                 each.finish, free_now, each.is_reachable && each.wait < wait_unknown});
    }
    return turn;
  }

  /// Pools that a task may go to or wait for. The centre where it failed last counts only when no other does.
  [[nodiscard]] std::vector<Candidate*> pools_for(Turn& turn, CentreId avoid) const {
    std::vector<Candidate*> pools;
    for (const bool with_avoided : {false, true}) {
      for (Candidate& each : turn.candidates) {
        if (each.can_wait && (with_avoided || avoid.is_none() || views_[each.view].centre->id != avoid))
          pools.push_back(&each);
      }
      if (!pools.empty()) break;
    }
    return pools;
  }

  /// Drops the pools that the objective would rather wait than use.
  static void keep_worthwhile(std::vector<Candidate*>& pools, Objective objective) {
    if (objective == Objective::cheapest) {
      Cny least = pools.front()->task_cost;
      for (const Candidate* each : pools) least = std::min(least, each->task_cost);
      std::erase_if(pools, [&](const Candidate* each) { return each->task_cost > least; });
      return;
    }
    std::int64_t best = int64_max;
    for (const Candidate* each : pools) best = std::min(best, each->finish.microseconds());
    const std::int64_t longest = with_tolerance(times(best, objective == Objective::fastest ? 1 : 2));
    std::erase_if(pools, [&](const Candidate* each) { return each->run.microseconds() > longest; });
  }

  [[nodiscard]] static std::vector<std::int64_t> scores(const std::vector<Candidate*>& pools, Objective objective) {
    std::int64_t least_cost = int64_max;
    std::int64_t least_run = int64_max;
    for (const Candidate* each : pools) {
      least_cost = std::min(least_cost, each->task_cost.micro());
      least_run = std::min(least_run, each->run.microseconds());
    }
    std::vector<std::int64_t> all;
    for (const Candidate* each : pools) {
      const std::int64_t by_run = relative(each->run.microseconds(), least_run);
      const std::int64_t by_cost = relative(each->task_cost.micro(), least_cost);
      all.push_back(objective == Objective::balanced ? plus(by_run, by_cost) : by_run);
    }
    return all;
  }

  [[nodiscard]] bool may_take(const Turn& turn, const Candidate& pool) {
    return pool.slots > 0 && pool.task_hold <= wallet_of(turn.asking.organisation) &&
           is_within_cap(*turn.asking.requirements, turn.spent_and_held, pool.task_hold);
  }

  /// Of the pools that may take it now and are within 5 % of the best of them, the least full; ties in order of
  /// names.
  [[nodiscard]] Candidate* choose(Turn& turn, CentreId avoid) {
    std::vector<Candidate*> pools = pools_for(turn, avoid);
    if (pools.empty()) return nullptr;
    const Objective objective = turn.asking.requirements->objective;
    keep_worthwhile(pools, objective);
    const std::vector<std::int64_t> score = scores(pools, objective);
    std::int64_t best = int64_max;
    for (std::size_t i = 0; i < pools.size(); ++i) {
      if (may_take(turn, *pools[i])) best = std::min(best, score[i]);
    }
    const std::int64_t good_enough = with_tolerance(best);
    Candidate* chosen = nullptr;
    const auto order = [&](const Candidate& each) {
      const PoolView& view = views_[each.view];
      return std::tuple<std::int64_t, const std::string&, const std::string&>(view.load(), view.centre->name,
                                                                              view.pool->name);
    };
    for (std::size_t i = 0; i < pools.size(); ++i) {
      if (!may_take(turn, *pools[i]) || score[i] > good_enough) continue;
      if (chosen == nullptr || order(*pools[i]) < order(*chosen)) chosen = pools[i];
    }
    return chosen;
  }

  /// False when the task has to wait.
  [[nodiscard]] bool place_task(Turn& turn, std::int32_t task, std::int32_t number, CentreId avoid) {
    if (turn.asking.throttle > 0 && turn.live >= turn.asking.throttle) return false;
    Candidate* chosen = choose(turn, avoid);
    if (chosen == nullptr) return false;
    const JobId job = turn.asking.job->id;
    plan_.push_back({job, task, placement(turn, *chosen, task, number, avoid)});
    views_[chosen->view].take({job, task, number}, turn.asking.need(), now_ + chosen->run);
    --chosen->slots;
    wallet_of(turn.asking.organisation) -= chosen->task_hold;
    turn.spent_and_held += chosen->task_hold;
    ++turn.live;
    return true;
  }

  [[nodiscard]] PlacementRow placement(const Turn& turn, const Candidate& chosen, std::int32_t task,
                                       std::int32_t number, CentreId avoid) const {
    PlacementRow row;
    row.job = turn.asking.job->id;
    row.task = task;
    row.number = number;
    row.centre = views_[chosen.view].centre->id;
    row.pool = views_[chosen.view].pool->name;
    row.task_cost = chosen.task_cost;
    row.expected_start = now_;
    row.expected_finish = now_ + chosen.run;
    row.ruled_out = turn.ruled_out;
    std::int32_t avoided = 0;
    for (const Candidate& each : turn.candidates) {
      const PoolView& view = views_[each.view];
      if (each.view == chosen.view) continue;
      if (!avoid.is_none() && view.centre->id == avoid && row.centre != avoid) {
        ++avoided;
        continue;
      }
      if (row.runners_up.size() < runners_up_max)
        row.runners_up.push_back({view.centre->id, view.pool->name, each.task_cost, each.wait + each.run});
    }
    if (avoided > 0) row.ruled_out.push_back({Constraint::failed_here, avoided, 0});
    return row;
  }

  const Projection& rows_;
  UnixTime now_;
  std::size_t limit_;
  std::vector<PoolView> views_;
  std::map<OrganisationId, Cny> wallets_;  ///< what is left of each in this plan
  std::vector<TurnedAway> turned_away_;
  std::vector<Amounts> too_large_;  ///< needs that found no room in this plan
  std::vector<Assignment> plan_;
};

}  // namespace

std::vector<Assignment> plan(const Projection& rows, UnixTime now, std::size_t limit) {
  if (rows.queue.empty()) return {};  // the host asks after every change, most often in vain
  return Planner(rows, now, limit).run();
}

}  // namespace dayan::place
