#pragma once

#include <functional>
#include <queue>
#include <tuple>
#include <vector>

#include "place/turn.h"

/// QueueSearch: the first waiting job, in order of the queue, of which a pool could be said to be for it: it does not fit
/// there now, it would if the pool was emptier, and it answers yes. Jobs are looked at lane by lane: of a plain lane one
/// may answer for all that stand behind it.

namespace dayan::place {

class QueueSearch {
 public:
  using Ask = std::function<WouldTake(JobRecord& job)>;

  /// Among those that stand before `before`; with `only_firm` no job that may itself be taken back is asked.
  QueueSearch(Planning& planning, const PoolState& pool, const QueueKey& before, bool only_firm, Ask ask)
      : planning_(planning), queue_(planning.agenda().queue()), pool_(pool), before_(before), only_firm_(only_firm), ask_(std::move(ask)) {}

  /// Nothing when there is none among those from `from` on. Where it stops before it has asked all, after
  /// overtaken_looked_at_max looks, is left in `from`.
  [[nodiscard]] JobRecord* find(QueueKey& from);

 private:
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

  void push_class(const WaitingShape& shape, const std::pair<QueueKey, ClassIndex>& from);
  [[nodiscard]] bool is_of_pool(ClassIndex index);
  void push_lanes(ClassIndex index, const QueueKey& from);
  void push_job(LaneIndex index, std::map<QueueKey, JobRecord*>::const_iterator job);
  [[nodiscard]] JobRecord* look(const Comes& next);

  Planning& planning_;
  WaitQueue& queue_;
  const PoolState& pool_;
  QueueKey before_;
  bool only_firm_;
  Ask ask_;
  std::priority_queue<Comes, std::vector<Comes>, std::greater<>> coming_;
};

}  // namespace dayan::place
