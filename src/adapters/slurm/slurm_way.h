#pragma once

#include <string>
#include <vector>

#include "adapters/slurm/slurm_text.h"
#include "ports/executor.h"

namespace dayan::adapters {

/// One way to have Slurm do something for one local user, with nothing but that user's own rights: its commands, or
/// slurmrestd. An empty user is the agent's own.
class SlurmWay {
 public:
  virtual ~SlurmWay() = default;

  /// The new job's id. `chip` is the type as Slurm writes it. The job's user is the order's. Errors as
  /// Executor::start; `unavailable` when nothing was asked of Slurm.
  [[nodiscard]] virtual Result<std::string> submit(const StartOrder& order, const std::string& chip,
                                                   const std::string& script, UnixTime now) = 0;
  /// Every job of that user that the controller still knows, ended ones too. `unavailable` when it does not answer.
  [[nodiscard]] virtual Result<std::vector<SlurmJob>> jobs(const std::string& user) = 0;
  /// Ends those of that user's jobs that bear this name; fine when there is none.
  [[nodiscard]] virtual Result<void> cancel(const std::string& name, const std::string& user) = 0;
  /// Ends that job of that user; fine when it is over.
  [[nodiscard]] virtual Result<void> cancel_number(const std::string& id, const std::string& user) = 0;
};

}  // namespace dayan::adapters
