#include <queue>

#include "place/turn.h"

/// Overtaking: which job has waited longest of those that a task about to take room would push back, and what the pool
/// promises it. Jobs are looked at in order of the queue, lane by lane: of a plain lane the first answers for all.

namespace dayan::place {
namespace {

/// What comes at this place of the queue: a class, or the next job of one of its lanes.
struct Comes {
  QueueKey key;
  ClassIndex job_class = 0;
  LaneIndex lane = no_lane;
  const WaitingShape* shape = nullptr;  ///< of a class
  friend bool operator>(const Comes& a, const Comes& b) {
    return std::tie(a.key, a.job_class, a.lane) > std::tie(b.key, b.job_class, b.lane);
  }
};

class Search {
 public:
  Search(Planning& planning, const JobRecord& by, const PoolState& pool)
      : planning_(planning), queue_(planning.agenda().queue()), by_(by), pool_(pool) {}

  /// The first that would take the pool if it had room; nothing when there is none among those from `from` on. Where
  /// it stops before it has asked all is left in `from`.
  JobRecord* find(QueueKey& from) {
    for (const auto& [need, shape] : queue_.shapes()) {
      if (!pool_.has_room(need) && pool_.slots_when_empty(need) > 0) push_class(shape, {from, 0});
    }
    for (std::size_t looked = 0; !coming_.empty(); ++looked) {
      const Comes next = coming_.top();
      coming_.pop();
      if (looked == overtaken_looked_at_max) {
        from = next.key;
        return nullptr;
      }
      if (next.shape != nullptr) {
        push_class(*next.shape, {next.key, next.job_class + 1});
        if (is_of_pool(next.job_class)) push_lanes(next.job_class, from);
      } else if (JobRecord* job = look(next)) {
        from = QueueKey();
        return job;
      }
    }
    from = QueueKey();
    return nullptr;
  }

 private:
  void push_class(const WaitingShape& shape, const std::pair<QueueKey, ClassIndex>& from) {
    const auto next = shape.by_head.lower_bound(from);
    if (next != shape.by_head.end() && next->first < by_.key())
      coming_.push({next->first, next->second, no_lane, &shape});
  }
  [[nodiscard]] bool is_of_pool(ClassIndex index) {
    return queue_.may_suit(index, pool_) &&
           planning_.agenda().ranking(queue_.job_class(index)).feasible().get(pool_.index);
  }
  void push_lanes(ClassIndex index, const QueueKey& from) {
    for (const ViewIndex view : queue_.job_class(index).views) {
      for (const View::Entry& each : queue_.view(view).by_head) {
        if (each.head >= by_.key()) break;
        if (!each.key.is_promised) push_job(each.lane, queue_.lane(each.lane).jobs.lower_bound(from));
      }
    }
  }
  void push_job(LaneIndex index, std::map<QueueKey, JobRecord*>::const_iterator job) {
    const Lane& lane = queue_.lane(index);
    if (job != lane.jobs.end() && job->first < by_.key()) coming_.push({job->first, lane.in, index, nullptr});
  }
  [[nodiscard]] JobRecord* look(const Comes& next) {
    const Lane& lane = queue_.lane(next.lane);
    const auto found = lane.jobs.find(next.key);
    JobRecord& job = *found->second;
    const bool is_patient = planning_.agenda().now() - job.waits_since >= promised_after;
    if (is_patient) {
      const WouldTake answer = Turn(planning_, job).would_take(pool_);
      if (answer == WouldTake::yes) return &job;
      if (answer == WouldTake::never_of_its_lane) return nullptr;
    }
    push_job(next.lane, std::next(found));
    return nullptr;
  }

  Planning& planning_;
  WaitQueue& queue_;
  const JobRecord& by_;
  const PoolState& pool_;
  std::priority_queue<Comes, std::vector<Comes>, std::greater<>> coming_;
};

}  // namespace

bool Planning::is_pushing_back(const JobRecord& by, PoolIndex index) {
  PoolState& pool = agenda_.world().pool(index);
  if (pool.promise) return false;  // what it keeps out was not chosen
  const UnixTime now = agenda_.now();
  Searched& last = searched_[index];
  if (!last.at.is_none() && last.at <= now && now - last.at < overtaken_looked_every) return false;
  JobRecord* overtaken = Search(*this, by, pool).find(last.from);
  last.at = overtaken == nullptr ? now : UnixTime();
  if (overtaken == nullptr) return false;
  const Need need = need_of(overtaken->common->requirements.resources);
  const auto start = pool.surely_opens(need, now);
  if (!start) return false;
  agenda_.promise(pool, *overtaken, agenda_.world().open_from(pool, *overtaken, *start));
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

WouldTake Turn::would_take(const PoolState& pool) {
  CentreId avoid;
  const World::Retries& retries = world_.retries();
  for (auto row = retries.lower_bound({job_.id, 0}); row != retries.end() && row->first.first == job_.id; ++row) {
    if (row->second.not_before > now_) continue;
    avoid = row->second.avoid;
    break;
  }
  const Outlook& seen = outlook(avoid);
  const WouldTake no = lane_.is_particular || !is_counted_ ? WouldTake::no : WouldTake::never_of_its_lane;
  if ((!seen.can_ever && !seen.takes_any) || !can_ever_take(pool, seen.left_out)) return no;
  const PoolFigures& figures = world_.figures(pool.index);
  const bool is_good = seen.takes_any              ? true
                       : preference_.waits_for_best ? sight_.ranking->score(figures) == seen.bound.score
                                                  : sight_.ranking->delay(figures) <= seen.bound.slowness;
  if (!is_good) return no;
  if (job_.has_deadline()) {
    const auto room = pool.surely_opens(class_.need, now_);
    if (!room || !is_in_time(job_, world_.open_from(pool, job_, *room), pool.row, world_.staging(job_, pool)))
      return no;
  }
  return may_take(pool) ? WouldTake::yes : WouldTake::no;
}

}  // namespace dayan::place
