#pragma once

#include <functional>

#include "place/queue_walk.h"
#include "place/turn.h"

/// QueueSearch: the first waiting job, in order of the queue, of which a pool could be said to be for it: it does not
/// fit there now, it would if the pool was emptier, and it answers yes. Jobs are looked at lane by lane: of a plain lane
/// one may answer for all that stand behind it.
///
/// After overtaken_looked_at_max looks a search stops, and is said to have found nobody. The next one that reaches as
/// far goes on where it stopped, lane by lane in the order of their indices: so every job comes to be asked, however
/// the queue changes meanwhile. What is found then need not be the first.

namespace dayan::place {

class QueueSearch {
 public:
  using Ask = std::function<WouldTake(JobRecord& job)>;

  /// Among those that stand before `before`; with `only_firm` no job that may itself be taken back is asked.
  QueueSearch(Planning& planning, const PoolState& pool, const QueueKey& before, bool only_firm, Ask ask)
      : planning_(planning), pool_(pool), before_(before), only_firm_(only_firm), ask_(std::move(ask)) {}

  /// Nothing when there is none, or it stopped, which `place` tells.
  [[nodiscard]] JobRecord* find(SearchPlace& place);

 private:
  [[nodiscard]] JobRecord* find_first(SearchPlace& place);
  [[nodiscard]] JobRecord* go_on(SearchPlace& place);
  [[nodiscard]] bool is_of_pool(ClassIndex index);
  /// It does not fit there now, and would if the pool was emptier.
  [[nodiscard]] bool waits_for_room(const Need& need) const {
    return !pool_.has_room(need) && pool_.slots_when_empty(need) > 0;
  }

  Planning& planning_;
  const PoolState& pool_;
  QueueKey before_;
  bool only_firm_;
  Ask ask_;
};

}  // namespace dayan::place
