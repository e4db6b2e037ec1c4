#pragma once

#include "model/job.h"
#include "model/lease.h"

/// Which rows taking back may touch, whoever commits it (docs/decisions/0014-taking-back.md).

namespace dayan {

/// Room may be taken back for it: it waits for some, and may not be taken back itself.
[[nodiscard]] inline bool may_take_back(const JobRow& job) {
  if (job.requirements.reclaimable || job.state == JobState::cancelling) return false;
  return job.retrying > 0 || job.next_task < job.count;
}

/// The lease of a job may be taken back, once. What has been cancelled, or would end before the notice does, makes its
/// room by itself.
[[nodiscard]] inline bool may_be_taken_back(const LeaseRow& lease, const JobRow& job, UnixTime now) {
  return lease.reclaimable && lease.reclaimed_at.is_none() && lease.desired == Desired::run &&
         job.gave_up == GaveUp::no && lease.ends_at > now + reclaim_notice;
}

}  // namespace dayan
