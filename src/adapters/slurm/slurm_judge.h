#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/slurm/slurm_control.h"
#include "adapters/slurm/slurm_text.h"

namespace dayan::adapters {

/// All that is known of one attempt. Pure: no clock, no files.
struct SlurmEvidence {
  AttemptKey attempt;
  UnixTime now;
  std::optional<SlurmJob> job;  ///< as the controller, or else the accounting, tells of it
  std::string engine_id;        ///< empty while it is not known that Slurm took it
  SlurmStamps stamps;
  bool has_control = true;  ///< false: the job bears our name, but its control folder is gone
  bool asked_to_stop = false;
  bool is_silent = false;  ///< its user could not be asked for: nothing may be concluded
  UnixTime starts_by;
  Duration wall_time;
  Duration overhead;  ///< how long the site's own prologue and epilogue may take within what Slurm counts
  std::string stderr_tail;  ///< Slurm's daemon writes there why it ended a job
};

/// What to report; nothing when Slurm does not know the attempt and still might come to.
[[nodiscard]] std::optional<EngineJob> judge(const SlurmEvidence& evidence);

/// Of several jobs with one name (a submission repeated after a lost answer) the one that matters: the one that
/// lives, or else the one that ran. The wrapper lets only one of them run.
[[nodiscard]] bool matters_more(const SlurmJob& a, const SlurmJob& b);
[[nodiscard]] std::optional<SlurmJob> job_that_matters(const std::vector<SlurmJob>& jobs, const std::string& name);

}  // namespace dayan::adapters
