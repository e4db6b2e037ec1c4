#pragma once

#include <functional>

#include "place/queue_walk.h"
#include "place/turn.h"

/// QueueSearch: the first waiting job, in order of the queue, of which a pool could be said to be for it: it does not
/// fit there now, it would if the pool was emptier, and it answers yes. Jobs are looked at lane by lane: of a plain lane
/// one may answer for all that stand behind it.

namespace dayan::place {

class QueueSearch {
 public:
  using Ask = std::function<WouldTake(JobRecord& job)>;

  /// Among those that stand before `before`; with `only_firm` no job that may itself be taken back is asked.
  QueueSearch(Planning& planning, const PoolState& pool, const QueueKey& before, bool only_firm, Ask ask)
      : planning_(planning), pool_(pool), before_(before), only_firm_(only_firm), ask_(std::move(ask)) {}

  /// Nothing when there is none among those from `from` on. Where it stops before it has asked all, after
  /// overtaken_looked_at_max looks, is left in `from`.
  [[nodiscard]] JobRecord* find(QueueKey& from);

 private:
  [[nodiscard]] bool is_of_pool(ClassIndex index);

  Planning& planning_;
  const PoolState& pool_;
  QueueKey before_;
  bool only_firm_;
  Ask ask_;
};

}  // namespace dayan::place
