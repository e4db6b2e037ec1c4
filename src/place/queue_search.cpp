#include "place/queue_search.h"

namespace dayan::place {

JobRecord* QueueSearch::find(QueueKey& from) {
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

void QueueSearch::push_class(const WaitingShape& shape, const std::pair<QueueKey, ClassIndex>& from) {
  const HeadOrder& heads = only_firm_ ? shape.firm_by_head : shape.by_head;
  const auto next = heads.lower_bound(from);
  if (next != heads.end() && next->first < before_) coming_.push({next->first, next->second, no_lane, &shape});
}

bool QueueSearch::is_of_pool(ClassIndex index) {
  if (!queue_.may_suit(index, pool_)) return false;
  const bool is_feasible = planning_.agenda().ranking(queue_.job_class(index)).feasible().get(pool_.index);
  if (!is_feasible) queue_.rule_out(index, pool_.index);
  return is_feasible;
}

void QueueSearch::push_lanes(ClassIndex index, const QueueKey& from) {
  for (const ViewIndex view : queue_.job_class(index).views) {
    for (const View::Entry& each : queue_.view(view).by_head) {
      if (each.head >= before_) break;
      if (!each.key.is_promised) push_job(each.lane, queue_.lane(each.lane).jobs.lower_bound(from));
    }
  }
}

void QueueSearch::push_job(LaneIndex index, std::map<QueueKey, JobRecord*>::const_iterator job) {
  const Lane& lane = queue_.lane(index);
  if (job != lane.jobs.end() && job->first < before_) coming_.push({job->first, lane.in, index, nullptr});
}

JobRecord* QueueSearch::look(const Comes& next) {
  const Lane& lane = queue_.lane(next.lane);
  const auto found = lane.jobs.find(next.key);
  const WouldTake answer = ask_(*found->second);
  if (answer == WouldTake::yes) return found->second;
  if (answer == WouldTake::no) push_job(next.lane, std::next(found));
  return nullptr;
}

}  // namespace dayan::place
