#pragma once

#include <string>

#include "agent/input_cache.h"
#include "base/result.h"
#include "model/job.h"
#include "model/lease.h"

/// The folder in which one attempt works: its inputs at their paths, later its outputs, stdout.log and stderr.log.

namespace dayan::agent {

/// Makes the folder afresh: what an interrupted staging left goes. Inputs are copied, never linked: the attempt may
/// change its copy, the cache must not change. `corrupt`, `denied`, `not_found`: it can never be staged.
/// What of the inputs had to cross is added to `fetched`.
[[nodiscard]] Result<void> prepare_work_folder(const std::string& folder, const AttemptKey& attempt,
                                               const Payload& payload, InputCache& cache, execute::Fetched& fetched);

/// The job's environment and what Dayan adds: DAYAN_JOB, DAYAN_TASK_INDEX, DAYAN_TASK_COUNT, DAYAN_ATTEMPT,
/// DAYAN_CPUS (on each node), DAYAN_NODES; and, where the job does not set them itself, the variables by which a
/// script written for sbatch finds its place: SLURM_SUBMIT_DIR is its work folder, SLURM_ARRAY_TASK_ID its index;
/// SLURM_ARRAY_TASK_COUNT, _MIN, _MAX and _STEP, SLURM_CPUS_PER_TASK, SLURM_NTASKS (one a node), SLURM_NNODES. A job
/// that sets _MIN and _STEP (src/jobfile does, for
/// --array=1-10:2) has its indices counted by them.
[[nodiscard]] std::vector<EnvironmentVariable> environment_of(const Payload& payload, const LeaseRow& lease,
                                                              const std::string& folder);

}  // namespace dayan::agent
