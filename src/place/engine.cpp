#include "place/engine.h"

#include <algorithm>

#include "model/energy.h"
#include "model/meter.h"
#include "place/check.h"
#include "place/evaluation.h"
#include "place/explain.h"
#include "place/instead.h"
#include "place/planner.h"
#include "place/queue_ahead.h"

namespace dayan::place {
namespace {

/// The centre that every waiting task of the job keeps away from; none when they do not agree on one.
CentreId avoided_by_all(const World& world, const JobRecord& job) {
  if (job.next_task < job.count) return {};
  CentreId avoided;
  bool is_first = true;
  const World::Retries& retries = world.retries();
  for (auto row = retries.lower_bound({job.id, 0}); row != retries.end() && row->first.first == job.id; ++row) {
    if (!is_first && row->second.avoid != avoided) return {};
    avoided = row->second.avoid;
    is_first = false;
  }
  return avoided;
}

/// Rules out the centre where the waiting tasks failed last, when another answers and could take them.
void rule_out_avoided(std::vector<Evaluation>& evaluations, CentreId avoided) {
  if (avoided.is_none()) return;
  const auto is_avoided = [&](const Evaluation& each) { return each.pool->centre->id == avoided; };
  const auto can_replace = [&](const Evaluation& each) {
    return each.is_feasible && each.is_reachable && !each.is_full_of_it && each.wait < wait_unknown &&
           !is_avoided(each);
  };
  if (std::none_of(evaluations.begin(), evaluations.end(), can_replace)) return;
  for (Evaluation& each : evaluations) {
    if (!is_avoided(each)) continue;
    each.is_feasible = false;
    each.gaps.push_back({Constraint::failed_here, 0, 0, false});
  }
}

}  // namespace

void note_giving_up(Waiting& waiting, UnixTime waits_until, UnixTime now) {
  if (waits_until.is_none() || waiting.tasks == 0) return;
  const bool is_before = waiting.hopeless || (waiting.wait && now + *waiting.wait > waits_until);
  if (is_before) waiting.gives_up_at = waits_until;
}

namespace {

class IncrementalEngine : public Engine {
 public:
  explicit IncrementalEngine(PlantedBug bug) : world_(bug), planner_(world_, bug) {}

  void apply(const RowChange& change) override { world_.apply(change); }
  void observe(const Observation& observation) override { world_.observe(observation); }

  [[nodiscard]] std::vector<Quote> quotes(const Question& question, UnixTime now) const override {
    const Asking asking = asking_of(question, world_);
    return quotes_of(evaluations_of(asking, {}, place_of(question, asking, now), now), asking, now);
  }

  [[nodiscard]] std::vector<Quote> quotes(JobId id, UnixTime now) const override {
    const JobRecord* job = world_.job(id);
    if (job == nullptr) return {};
    const Requirements requirements = job->requirements();
    const Asking asking = asking_of(*job, requirements, world_);
    return quotes_of(evaluations_of(asking, avoided_by_all(world_, *job), job->key(), now), asking, now);
  }

  [[nodiscard]] std::optional<Waiting> waiting(JobId id, UnixTime now) const override {
    const JobRecord* job = world_.job(id);
    if (job == nullptr) return std::nullopt;
    Waiting answer;
    answer.tasks = static_cast<std::int32_t>(job->waiting());
    if (answer.tasks == 0) return answer;
    answer.set_back = world_.shares().set_back(*job);
    const Requirements requirements = job->requirements();
    const Asking asking = asking_of(*job, requirements, world_);
    const std::vector<Evaluation> all =
        evaluations_of(asking, avoided_by_all(world_, *job), job->key(), now);
    if (all.empty()) {
      answer.hopeless = true;
      answer.reasons = {
          {Constraint::capacity, requirements.resources.cores.value(), 0, "no centre has reported a pool yet", true}};
      return answer;
    }
    answer.hopeless = !all.front().is_feasible;
    const auto is_nearer = [](const Evaluation& a, const Evaluation& b) {
      return distance_of(a.gaps) < distance_of(b.gaps);
    };
    const Evaluation& nearest = answer.hopeless ? *std::min_element(all.begin(), all.end(), is_nearer) : all.front();
    answer.nearest = nearest.pool->centre->id;
    answer.nearest_name = nearest.pool->centre->name;
    answer.reasons = quote_of(nearest, asking, now).reasons;
    if (!answer.hopeless) {
      if (nearest.wait != wait_unknown) answer.wait = nearest.wait;
      answer.wait_longest = nearest.wait_longest;
      answer.jobs_before = nearest.jobs_before;
      answer.is_wait_least = nearest.is_wait_least;
      prefer(answer, *job, asking, all, now);
    }
    if (job->awaited_hour.pool != no_pool) wait_for_hour(answer, *job, asking, now);
    if (job->promised != no_pool) {
      const PoolState& pool = world_.pool(job->promised);
      answer.promised_from = pool.promise->start;
      answer.promised_centre = pool.centre->id;
      answer.promised_name = pool.centre->name;
      answer.promised_pool = pool.row.name;
      answer.taken_back = static_cast<std::int32_t>(std::count_if(
          pool.holdings.begin(), pool.holdings.end(), [](const Holding* each) { return each->is_taken_back; }));
    }
    return answer;
  }

  [[nodiscard]] ShareTable shares() const override { return world_.shares().table(); }

  [[nodiscard]] std::vector<Assignment> plan(UnixTime now, std::size_t assignments) override {
    return planner_.plan(now, assignments);
  }

  [[nodiscard]] const std::vector<Reclaim>& reclaims() const override { return planner_.reclaims(); }

  [[nodiscard]] std::optional<UnixTime> wakes_at() const override { return planner_.wakes_at(); }

  [[nodiscard]] std::optional<std::string> broken_invariant() const override {
    return place::broken_invariant(world_, planner_.agenda());
  }

 private:
  /// It could start now, or wait for room that comes earlier, and waits for a cheaper hour instead.
  void wait_for_hour(Waiting& answer, const JobRecord& job, const Asking& asking, UnixTime now) const {
    const PoolState& pool = world_.pool(job.awaited_hour.pool);
    const PoolState& instead = world_.pool(job.awaited_hour.instead);
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
    reason.text = " hour of " + pool.centre->name + ", from " + to_text(from) + " on: a task then comes to ";
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
      if (!then || !at_once) return;  // its prices have gone since the last plan
      reason.required = then->micro();
      reason.offered = at_once->micro();
      reason.text = "waits for the cheaper" + reason.text + to_text(*then) + " yuan instead of " + to_text(*at_once);
    }
    answer.nearest = pool.centre->id;
    answer.nearest_name = pool.centre->name;
    answer.wait = from - now;  // it is the hour that it waits for
    answer.wait_longest = answer.wait;
    answer.jobs_before = 0;
    answer.is_wait_least = false;
    answer.instead.reset();
    answer.reasons = {std::move(reason)};
  }

  /// It passes over what has room now, for the nearest: that is why it waits, before all that this one lacks.
  void prefer(Waiting& answer, const JobRecord& job, const Asking& asking, const std::vector<Evaluation>& best_first,
              UnixTime now) const {
    const Evaluation* other = passed_over(best_first);
    if (other == nullptr) return;
    const CentreState& centre = *other->pool->centre;
    Instead& instead = answer.instead.emplace();
    instead.centre = centre.id;
    instead.centre_name = centre.name;
    instead.pool = other->pool->row.name;
    instead.task_cost = other->terms->task_cost;
    instead.finish = other->finish;
    instead.objective = objective_to_start(job, asking, best_first, world_, planner_.agenda().queue(), now);
    answer.reasons.insert(answer.reasons.begin(),
                          preference_reason(best_first.front(), instead, *other, *asking.requirements));
  }

  /// Where it would stand in the queue if it was submitted now.
  [[nodiscard]] QueueKey place_of(const Question& question, const Asking& asking, UnixTime now) const {
    const auto& organisations = world_.shares().organisations();
    const auto known = organisations.find(question.organisation);
    const Duration setback = known != organisations.end() ? known->second.setback : Duration();
    return {rank_of(asking.start(now), question.requirements.priority) + setback.microseconds(), JobId(int64_max)};
  }

  /// Of every known pool, best first.
  [[nodiscard]] std::vector<Evaluation> evaluations_of(const Asking& asking, CentreId avoided, const QueueKey& place,
                                                       UnixTime now) const {
    std::vector<Evaluation> evaluations;
    evaluations.reserve(world_.pools().size());
    for (const PoolState& pool : world_.pools()) {
      if (pool.is_known) evaluations.push_back(evaluate(asking, pool, now));
    }
    rule_out_avoided(evaluations, avoided);
    sort_best_first(evaluations, *asking.requirements);
    if (!stand_behind(evaluations, asking, place, now)) return evaluations;
    rule_out_avoided(evaluations, avoided);
    sort_best_first(evaluations, *asking.requirements);
    return evaluations;
  }

  /// Counts those that stand before it at the pools that it would have to wait for. False when they change nothing.
  bool stand_behind(std::vector<Evaluation>& best_first, const Asking& asking, const QueueKey& place,
                    UnixTime now) const {
    std::vector<const PoolState*> full;
    for (const Evaluation& each : best_first) {
      const bool waits_for_room = each.is_feasible && each.is_reachable && each.opening->wait != Duration();
      if (waits_for_room) full.push_back(each.pool);
    }
    if (full.empty() || planner_.agenda().queue().size() == 0) return false;
    QueueAhead ahead(world_, planner_.agenda().queue(), asking, place, full, now);
    ahead.give_room();
    bool has_changed = false;
    for (Evaluation& each : best_first) {
      if (!each.is_feasible || !each.is_reachable || each.opening->wait == Duration()) continue;
      const auto queued = ahead.at(*each.pool);
      if (!queued) continue;
      each.is_wait_least = queued->is_least;
      if (!queued->is_counted) continue;
      each = evaluate(asking, *each.pool, now, &*queued);
      has_changed = true;
    }
    return has_changed;
  }

  [[nodiscard]] static std::vector<Quote> quotes_of(const std::vector<Evaluation>& evaluations, const Asking& asking,
                                                    UnixTime now) {
    std::vector<Quote> quotes;
    quotes.reserve(evaluations.size());
    for (const Evaluation& each : evaluations) {
      quotes.push_back(quote_of(each, asking, now));
      if (each.is_feasible) quotes.back().rank = static_cast<std::int32_t>(quotes.size());
    }
    return quotes;
  }

  World world_;
  Planner planner_;
};

}  // namespace

std::unique_ptr<Engine> make_engine(PlantedBug bug) { return std::make_unique<IncrementalEngine>(bug); }

}  // namespace dayan::place
