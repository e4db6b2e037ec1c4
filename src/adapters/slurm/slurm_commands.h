#pragma once

#include <string>
#include <vector>

#include "adapters/slurm/slurm_text.h"
#include "ports/executor.h"
#include "ports/processes.h"

namespace dayan::adapters {

/// Slurm's commands, run as the user whose jobs they are. Each is one argv, never a shell.
class SlurmCommands {
 public:
  SlurmCommands(std::string slurm_conf, std::vector<std::string> run_as_prefix, Processes& processes);

  /// The new job's id. `chip` is the type as Slurm writes it. Errors as Executor::start.
  [[nodiscard]] Result<std::string> submit(const StartOrder& order, const std::string& chip,
                                           const std::string& script, UnixTime now);
  /// Every job of this user that the controller still knows, ended ones too. `unavailable` when it does not answer.
  [[nodiscard]] Result<std::vector<SlurmJob>> jobs();
  /// The same from the accounting, by id: what the controller has forgotten.
  [[nodiscard]] Result<std::vector<SlurmJob>> history(const std::vector<std::string>& ids);
  [[nodiscard]] Result<void> cancel(const std::string& name);
  [[nodiscard]] Result<std::string> nodes();
  /// `scontrol show config`.
  [[nodiscard]] Result<std::string> config();

 private:
  [[nodiscard]] Result<ProcessResult> run(std::vector<std::string> argv, std::string input = {});
  [[nodiscard]] Result<std::string> ask(std::vector<std::string> argv);

  std::string slurm_conf_;
  std::vector<std::string> run_as_prefix_;
  Processes& processes_;
};

}  // namespace dayan::adapters
