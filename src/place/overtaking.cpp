#include "place/queue_search.h"

/// Overtaking: which job has waited longest of those that a task about to take room would push back, and what the pool
/// promises it.

namespace dayan::place {

bool Planning::is_pushing_back(const JobRecord& by, PoolIndex index) {
  PoolState& pool = agenda_.world().pool(index);
  if (pool.promise) return false;  // what it keeps out was not chosen
  const UnixTime now = agenda_.now();
  Searched& last = searched_[index];
  if (!last.at.is_none() && last.at <= now) {
    const Duration since = now - last.at;
    if (since < overtaken_looked_every) last.excused = std::max(last.excused, by.key());
    if (since < overtaken_looked_every || (since < overtaken_looked_every * 2 && by.key() < last.excused)) return false;
  }
  const auto ask = [&](JobRecord& job) {
    if (now - job.waits_since < promised_after) return WouldTake::no;
    return Turn(*this, job).would_take(pool);
  };
  JobRecord* overtaken = QueueSearch(*this, pool, by.key(), false, ask).find(last.place);
  last.at = overtaken == nullptr ? now : UnixTime();
  last.excused = QueueKey();
  if (overtaken == nullptr) return false;
  const Need need = need_of(overtaken->common->requirements.resources);
  const auto start = pool.surely_opens(need, now);
  if (!start) return false;
  agenda_.promise(pool, *overtaken, agenda_.world().open_from(pool, *overtaken, *start), 1);
  forget_vistas();
  return keeps_out(pool, by);
}

bool Planning::keeps_out(const PoolState& pool, const JobRecord& job) const {
  if (keeps_for_another(pool, job)) return true;
  if (pool.reservations.empty()) return false;
  const World& world = agenda_.world();
  const CustomerGroup group = world.acceptance().group_of(job.organisation);
  const Duration staging = world.staging(job, pool);
  return job.wall_at(agenda_.now(), staging) + staging > world.open_within(pool, group, agenda_.now());
}

bool Planning::keeps_for_another(const PoolState& pool, const JobRecord& job) const {
  if (!pool.promise || agenda_.bug() == PlantedBug::forgotten_promise) return false;
  if (pool.promise->job == job.id) return false;
  const Duration staging = agenda_.world().staging(job, pool);
  return pool.keeps_out(need_of(job.common->requirements.resources), job.wall_at(agenda_.now(), staging) + staging,
                        agenda_.now());
}

WouldTake Turn::would_take(const PoolState& pool, std::optional<UnixTime> opens) {
  CentreId avoid;
  const World::Retries& retries = world_.retries();
  for (auto row = retries.lower_bound({job_.id, 0}); row != retries.end() && row->first.first == job_.id; ++row) {
    if (row->second.not_before > now_) continue;
    avoid = row->second.avoid;
    break;
  }
  sight_ = planning_.sight(class_);  // others may have been asked since
  const Outlook& seen = outlook(avoid);
  const WouldTake no = lane_.is_particular || !is_counted_ ? WouldTake::no : WouldTake::never_of_its_lane;
  if ((!seen.can_ever && !seen.takes_any) || !can_ever_take(pool, seen.left_out)) return no;
  const PoolFigures& figures = world_.figures(pool.index);
  const bool is_good = seen.takes_any              ? true
                       : preference_.waits_for_best ? sight_.ranking->score(figures) == seen.bound.score
                                                  : sight_.ranking->delay(figures) <= seen.bound.slowness;
  if (!is_good) return no;
  if (job_.has_deadline()) {
    const auto room = opens ? opens : pool.surely_opens(class_.need, now_);
    if (!room || !is_in_time_at(pool, world_.open_from(pool, job_, *room))) return no;
  }
  return may_take(pool) ? WouldTake::yes : WouldTake::no;
}

std::int64_t Turn::tasks_for(const PoolState& pool) const {
  std::int64_t tasks = std::min<std::int64_t>(job_.waiting(), reclaim_tasks_max);
  if (job_.throttle > 0) tasks = std::min<std::int64_t>(tasks, job_.throttle - live_);
  tasks = std::min({tasks, world_.tasks_left_at(job_, pool), world_.tasks_anywhere(job_, pool)});
  // The first holds for the inputs of all.
  const auto inputs = transfer_cost(*pool.centre->current_offer(), world_.to_hold(job_, pool), Rounding::up);
  const std::int64_t first = hold_on(pool).micro();
  const std::int64_t next = std::max<std::int64_t>(first - (inputs.has_value() ? inputs->micro() : 0), 1);
  const auto paid_by = [&](std::int64_t money) { return money < first ? 0 : 1 + (money - first) / next; };
  tasks = std::min(tasks, paid_by(world_.available(job_.organisation).micro()));
  if (job_.has_cap()) tasks = std::min(tasks, paid_by(job_.price_cap.micro() - spent_and_held_.micro()));
  return std::max<std::int64_t>(tasks, 0);
}

}  // namespace dayan::place
