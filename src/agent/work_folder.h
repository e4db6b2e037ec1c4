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
[[nodiscard]] Result<void> prepare_work_folder(const std::string& folder, const Payload& payload, InputCache& cache);

/// The job's environment and what Dayan adds: DAYAN_JOB, DAYAN_TASK_INDEX, DAYAN_TASK_COUNT, DAYAN_ATTEMPT,
/// DAYAN_CPUS; and, where the job does not set them itself, the variables by which a script written for sbatch finds
/// its task and its cores: SLURM_ARRAY_TASK_ID, _COUNT, _MIN and _MAX, SLURM_CPUS_PER_TASK, SLURM_NTASKS.
[[nodiscard]] std::vector<EnvironmentVariable> environment_of(const Payload& payload, const LeaseRow& lease);

}  // namespace dayan::agent
