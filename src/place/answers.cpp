#include "place/answers.h"

#include <algorithm>
#include <map>

#include "place/evaluation.h"
#include "place/explain.h"
#include "place/instead.h"
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

class QueueAnswers : public Answers {
 public:
  QueueAnswers(const World& world, const WaitQueue& queue, UnixTime now, Times times)
      : world_(world), queue_(queue), outlook_(world, now, times) {}

  [[nodiscard]] std::vector<Quote> quotes(const Question& question) override {
    const Asking asking = asking_of(question, world_);
    return quotes_of(evaluations_of(asking, {}, place_of(question, asking)), asking);
  }

  [[nodiscard]] std::vector<Quote> quotes(JobId id) override {
    const JobRecord* job = world_.job(id);
    if (job == nullptr) return {};
    const Requirements requirements = job->requirements();
    const Asking asking = asking_of(*job, requirements, world_);
    return quotes_of(evaluations_of(asking, avoided_by_all(world_, *job), job->key()), asking);
  }

  [[nodiscard]] std::optional<Waiting> waiting(JobId id) override {
    const JobRecord* job = world_.job(id);
    if (job == nullptr) return std::nullopt;
    Waiting answer;
    answer.tasks = static_cast<std::int32_t>(job->waiting());
    if (answer.tasks == 0) return answer;
    answer.set_back = world_.shares().set_back(*job);
    const Requirements requirements = job->requirements();
    const Asking asking = asking_of(*job, requirements, world_);
    const std::vector<Evaluation> all = evaluations_of(asking, avoided_by_all(world_, *job), job->key());
    if (all.empty()) {
      answer.hopeless = true;
      answer.reasons = {
          {Constraint::capacity, requirements.resources.cores.value(), 0, "no centre has reported a pool yet", true}};
      tell_giving_up(answer, *job);
      return answer;
    }
    answer.hopeless = !all.front().is_feasible;
    const auto is_nearer = [](const Evaluation& a, const Evaluation& b) {
      return distance_of(a.gaps) < distance_of(b.gaps);
    };
    const Evaluation& nearest = answer.hopeless ? *std::min_element(all.begin(), all.end(), is_nearer) : all.front();
    set_nearest(answer, *nearest.pool);
    answer.reasons = quote_of(nearest, asking, outlook_).reasons;
    if (!answer.hopeless) {
      if (nearest.wait != wait_unknown) answer.wait = nearest.wait;
      answer.wait_longest = nearest.wait_longest;
      answer.jobs_before = nearest.jobs_before;
      answer.is_wait_least = nearest.is_wait_least;
      prefer(answer, *job, asking, all);
    }
    if (job->awaited_hour.pool != no_pool) wait_for_hour(answer, *job, asking);
    tell_giving_up(answer, *job);
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

 private:
  static void set_nearest(Waiting& answer, const PoolState& pool) {
    answer.nearest = pool.centre->id;
    answer.nearest_name = pool.centre->name;
    answer.nearest_pool = pool.row.name;
  }

  /// Its wait_max is over before it is expected to start.
  void tell_giving_up(Waiting& answer, const JobRecord& job) const {
    if (job.waits_until.is_none()) return;
    const bool is_before = answer.hopeless || (answer.wait && outlook_.now() + *answer.wait > job.waits_until);
    if (is_before) answer.gives_up_at = job.waits_until;
  }

  /// It could start now, or wait for room that comes earlier, and waits for a cheaper hour instead.
  void wait_for_hour(Waiting& answer, const JobRecord& job, const Asking& asking) const {
    auto reason = hour_reason(job, asking, outlook_);
    if (!reason) return;
    set_nearest(answer, world_.pool(job.awaited_hour.pool));
    answer.wait = job.awaited_hour.from - outlook_.now();  // it is the hour that it waits for
    answer.wait_longest = answer.wait;
    answer.jobs_before = 0;
    answer.is_wait_least = false;
    answer.instead.reset();
    answer.reasons = {*std::move(reason)};
  }

  /// It passes over what has room now, for the nearest: that is why it waits, before all that this one lacks.
  void prefer(Waiting& answer, const JobRecord& job, const Asking& asking, const std::vector<Evaluation>& best_first) const {
    const Evaluation* other = passed_over(best_first);
    if (other == nullptr) return;
    const CentreState& centre = *other->pool->centre;
    Instead& instead = answer.instead.emplace();
    instead.centre = centre.id;
    instead.centre_name = centre.name;
    instead.pool = other->pool->row.name;
    instead.task_cost = other->terms->task_cost;
    instead.finish = other->finish;
    instead.objective = objective_to_start(job, best_first, world_, queue_, outlook_.now());
    answer.reasons.insert(answer.reasons.begin(),
                          preference_reason(best_first.front(), instead, *other, *asking.requirements));
  }

  /// Where it would stand in the queue if it was submitted now.
  [[nodiscard]] QueueKey place_of(const Question& question, const Asking& asking) const {
    const auto& organisations = world_.shares().organisations();
    const auto known = organisations.find(question.organisation);
    const Duration setback = known != organisations.end() ? known->second.setback : Duration();
    const UnixTime from = asking.start(outlook_.now());
    return {rank_of(from, question.requirements.priority) + setback.microseconds(), JobId(int64_max)};
  }

  /// Of every known pool, best first.
  [[nodiscard]] std::vector<Evaluation> evaluations_of(const Asking& asking, CentreId avoided, const QueueKey& place) {
    std::vector<Evaluation> evaluations;
    evaluations.reserve(world_.pools().size());
    for (const PoolState& pool : world_.pools()) {
      if (pool.is_known) evaluations.push_back(evaluate(asking, pool, outlook_));
    }
    rule_out_avoided(evaluations, avoided);
    sort_best_first(evaluations, *asking.requirements);
    if (!stand_behind(evaluations, asking, place)) return evaluations;
    rule_out_avoided(evaluations, avoided);
    sort_best_first(evaluations, *asking.requirements);
    return evaluations;
  }

  /// Counts those that stand before it at the pools that it would have to wait for. False when they change nothing.
  bool stand_behind(std::vector<Evaluation>& best_first, const Asking& asking, const QueueKey& place) {
    if (queue_.size() == 0) return false;
    const auto waits_for_room = [](const Evaluation& each) {
      return each.is_feasible && each.is_reachable && each.opening->wait != Duration();
    };
    std::vector<PoolIndex> full;
    for (const Evaluation& each : best_first) {
      if (waits_for_room(each) && full.size() < ahead_pools_max) full.push_back(each.pool->index);
    }
    if (full.empty()) return false;
    std::sort(full.begin(), full.end());
    const QueueAhead& ahead = ahead_of(asking, place, full);
    bool has_changed = false;
    for (Evaluation& each : best_first) {
      if (!waits_for_room(each)) continue;
      const bool is_counted = std::binary_search(full.begin(), full.end(), each.pool->index);
      const auto queued = is_counted ? ahead.at(*each.pool, asking) : ahead.elsewhere();
      if (!queued) continue;
      each.is_wait_least = queued->is_least;
      if (!queued->is_counted) continue;
      each = evaluate(asking, *each.pool, outlook_, &*queued);
      has_changed = true;
    }
    return has_changed;
  }

  /// What stands before that place at these pools: as it was left by who asked of the same ones before, or afresh.
  const QueueAhead& ahead_of(const Asking& asking, const QueueKey& place, const std::vector<PoolIndex>& pools) {
    const auto is_its_own = [&](PoolIndex pool) {
      const auto& promise = world_.pool(pool).promise;
      return promise && !asking.job.is_none() && promise->job == asking.job;
    };
    const JobId left_out = std::any_of(pools.begin(), pools.end(), is_its_own) ? asking.job : JobId();
    std::map<QueueKey, QueueAhead>& reached = ahead_[{pools, left_out}];
    auto last = reached.upper_bound(place);
    if (last == reached.begin()) {
      last = reached.try_emplace(last, place, outlook_, queue_, pools, left_out);
    } else if ((--last)->first != place) {
      auto moved = reached.extract(last);
      moved.key() = place;
      last = reached.insert(std::move(moved)).position;
    }
    last->second.pass_to(place);
    return last->second;
  }

  [[nodiscard]] std::vector<Quote> quotes_of(const std::vector<Evaluation>& evaluations, const Asking& asking) {
    std::vector<Quote> quotes;
    quotes.reserve(evaluations.size());
    for (const Evaluation& each : evaluations) {
      quotes.push_back(quote_of(each, asking, outlook_));
      if (each.is_feasible) quotes.back().rank = static_cast<std::int32_t>(quotes.size());
    }
    return quotes;
  }

  const World& world_;
  const WaitQueue& queue_;
  Outlook outlook_;
  /// By the pools, and who is not counted; then by the place that is reached.
  std::map<std::pair<std::vector<PoolIndex>, JobId>, std::map<QueueKey, QueueAhead>> ahead_;
};

}  // namespace

std::unique_ptr<Answers> make_answers(const World& world, const WaitQueue& queue, UnixTime now, Times times) {
  return std::make_unique<QueueAnswers>(world, queue, now, times);
}

}  // namespace dayan::place
