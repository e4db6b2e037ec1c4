#include "place/queue_walk.h"

namespace dayan::place {

std::optional<QueueWalk::Step> QueueWalk::next(const QueueKey& before) {
  if (coming_.empty() || coming_.top().key >= before) return std::nullopt;
  const Comes first = coming_.top();
  coming_.pop();
  Step step{first.key, queue_.classes()[first.job_class].get()};
  if (first.shape != nullptr) {
    push_class(*first.shape, {first.key, first.job_class + 1});
    return step;
  }
  const Lane& lane = queue_.lanes()[first.lane];
  if (first.in_view != not_of_view) push_view(queue_.view(lane.view), first.in_view + 1);
  step.job = lane.jobs.at(first.key);
  step.lane = first.lane;
  return step;
}

void QueueWalk::enter(const JobClass& job_class) {
  for (const ViewIndex view : job_class.views) push_view(queue_.view(view), 0);
}

void QueueWalk::push_class(const WaitingShape& shape, const std::pair<QueueKey, ClassIndex>& from) {
  const HeadOrder& heads = only_firm_ ? shape.firm_by_head : shape.by_head;
  const auto next = heads.lower_bound(from);
  if (next != heads.end()) coming_.push({next->first, next->second, no_lane, &shape});
}

void QueueWalk::push_view(const View& view, std::size_t at) {
  while (at < view.by_head.size() && !is_wanted(view.by_head[at])) ++at;
  if (at < view.by_head.size()) coming_.push({view.by_head[at].head, view.in, view.by_head[at].lane, nullptr, at});
}

void QueueWalk::push_job(LaneIndex lane, std::map<QueueKey, JobRecord*>::const_iterator job) {
  const Lane& in = queue_.lanes()[lane];
  if (job != in.jobs.end()) coming_.push({job->first, in.in, lane});
}

}  // namespace dayan::place
