#include "place/queue_search.h"

#include <utility>

namespace dayan::place {

JobRecord* QueueSearch::find(QueueKey& from) {
  const WaitQueue& queue = planning_.agenda().queue();
  QueueWalk walk(queue, QueueWalk::Lanes::unpromised, only_firm_);
  const QueueKey first = std::exchange(from, QueueKey());
  for (const auto& [need, shape] : queue.shapes()) {
    if (!pool_.has_room(need) && pool_.slots_when_empty(need) > 0) walk.add(shape, first);
  }
  for (std::size_t looked = 0; const auto step = walk.next(before_); ++looked) {
    if (looked == overtaken_looked_at_max) {
      from = step->key;
      return nullptr;
    }
    if (step->job == nullptr) {
      if (is_of_pool(step->job_class->index)) walk.enter(*step->job_class);
      continue;
    }
    const WouldTake answer = ask_(*step->job);
    if (answer == WouldTake::yes) return step->job;
    if (answer == WouldTake::no) walk.go_on(*step);
  }
  return nullptr;
}

bool QueueSearch::is_of_pool(ClassIndex index) {
  WaitQueue& queue = planning_.agenda().queue();
  if (!queue.may_suit(index, pool_)) return false;
  const bool is_feasible = planning_.agenda().ranking(queue.job_class(index)).feasible().get(pool_.index);
  if (!is_feasible) queue.rule_out(index, pool_.index);
  return is_feasible;
}

}  // namespace dayan::place
