#pragma once

#include <sys/types.h>

#include "adapters/local/attempt_folder.h"

namespace dayan::adapters {

/// Starts the first process of a job: own session, limits, its own environment and nothing of ours. It dies with the
/// supervisor. Error `not_found`: there is no such program (the job's fault); any other: it could not be set up
/// (ours).
[[nodiscard]] Result<pid_t> launch(const SupervisorOrder& plan);

}  // namespace dayan::adapters
