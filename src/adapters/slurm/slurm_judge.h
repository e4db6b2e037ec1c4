#pragma once

#include <optional>
#include <string>

#include "adapters/slurm/slurm_control.h"
#include "adapters/slurm/slurm_text.h"

namespace dayan::adapters {

/// All that is known of one attempt at a moment when the controller has answered. Pure: no clock, no files.
struct SlurmEvidence {
  AttemptKey attempt;
  UnixTime now;
  std::optional<SlurmJob> job;  ///< as the controller, or else the accounting, tells of it
  std::string engine_id;        ///< empty while it is not known that Slurm took it
  SlurmStamps stamps;
  bool has_control = true;  ///< false: the job bears our name, but its control folder is gone
  bool asked_to_stop = false;
  UnixTime starts_by;
  Duration wall_time;
  std::string stderr_tail;  ///< Slurm's daemon writes there why it ended a job
};

/// What to report; nothing when Slurm does not know the attempt and still might come to.
[[nodiscard]] std::optional<EngineJob> judge(const SlurmEvidence& evidence);

}  // namespace dayan::adapters
