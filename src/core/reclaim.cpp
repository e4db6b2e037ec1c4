#include "core/draft.h"
#include "model/reclaim.h"

/// Room is taken back from reclaimable work alone, for work that is not, and from each lease once.

namespace dayan::core {

void take_back(Draft& draft, const Reclaim& reclaim, PlantedBug bug) {
  const State& state = draft.state();
  const AttemptKey& key = reclaim.attempt;
  const LeaseRow* lease = state.leases.find({key.job, key.task, key.number});
  const JobRow* by = state.jobs.find({reclaim.by});
  if (lease == nullptr || by == nullptr || !may_take_back(*by)) return;
  const JobRow* job = state.jobs.find({lease->job});
  ASSERT(job != nullptr);
  if (!may_be_taken_back(*lease, *job, draft.now())) return;
  draft.emit(LeaseReclaimed{key, reclaim.by, draft.now() + reclaim_notice});
  if (bug == PlantedBug::reclaim_without_notice) settle(draft, key, Outcome::reclaimed, bug);
}

}  // namespace dayan::core
