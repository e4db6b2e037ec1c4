#include "core/draft.h"

/// Room is taken back from reclaimable work alone, for work that is not, and from each lease once.

namespace dayan::core {
namespace {

bool may_take(const State& state, JobId id) {
  const JobRow* job = state.jobs.find({id});
  if (job == nullptr || job->requirements.reclaimable || job->state == JobState::cancelling) return false;
  return job->retrying > 0 || job->next_task < job->count;
}

bool may_be_taken(const State& state, const LeaseRow& lease, UnixTime now) {
  const JobRow* job = state.jobs.find({lease.job});
  ASSERT(job != nullptr);
  // What has been cancelled, or would end before the notice does, makes its room by itself.
  return lease.reclaimable && lease.reclaimed_at.is_none() && lease.desired == Desired::run &&
         job->gave_up == GaveUp::no && lease.ends_at > now + reclaim_notice;
}

}  // namespace

void take_back(Draft& draft, const Reclaim& reclaim, PlantedBug bug) {
  const State& state = draft.state();
  const AttemptKey& key = reclaim.attempt;
  const LeaseRow* lease = state.leases.find({key.job, key.task, key.number});
  if (lease == nullptr || !may_take(state, reclaim.by) || !may_be_taken(state, *lease, draft.now())) return;
  draft.emit(LeaseReclaimed{key, reclaim.by, draft.now() + reclaim_notice});
  if (bug == PlantedBug::reclaim_without_notice) settle(draft, key, Outcome::reclaimed, bug);
}

}  // namespace dayan::core
