#pragma once

#include <string>
#include <vector>

#include "adapters/slurm/job_users.h"
#include "adapters/slurm/slurm_way.h"
#include "ports/processes.h"

namespace dayan::adapters {

/// Slurm's commands, run as the user whose jobs they are. Each is one argv, never a shell.
class SlurmCommands final : public SlurmWay {
 public:
  /// Both must outlive it.
  SlurmCommands(std::string slurm_conf, const JobUsers& users, Processes& processes);

  [[nodiscard]] Result<std::string> submit(const StartOrder& order, const std::string& chip,
                                           const std::string& script, UnixTime now) override;
  [[nodiscard]] Result<std::vector<SlurmJob>> jobs(const std::string& user) override;
  [[nodiscard]] Result<void> cancel(const std::string& name, const std::string& user) override;
  [[nodiscard]] Result<void> cancel_number(const std::string& id, const std::string& user) override;
  /// SIGTERM to the steps of that user's jobs of this name: what they started by srun, not the batch script.
  [[nodiscard]] Result<void> tell(const std::string& name, const std::string& user);

  /// Jobs by their ids from the accounting: what the controller has forgotten.
  [[nodiscard]] Result<std::vector<SlurmJob>> history(const std::vector<std::string>& ids, const std::string& user);
  [[nodiscard]] Result<std::string> nodes();
  /// What runs in these partitions (none: in all), of all users, as running_format.
  [[nodiscard]] Result<std::string> running(const std::vector<std::string>& partitions);
  /// `scontrol show topology`.
  [[nodiscard]] Result<std::string> topology();
  /// `scontrol show config`.
  [[nodiscard]] Result<std::string> config();
  /// The local users that may use an account, as the accounting has them, one a line; an empty line stands for the
  /// account itself, so that no line at all means that there is none.
  [[nodiscard]] Result<std::string> users_of(const std::string& account);
  /// A token of that user's own for slurmrestd, good for that long. `denied`: this cluster gives none.
  [[nodiscard]] Result<std::string> token(const std::string& user, Duration lifespan);

 private:
  [[nodiscard]] Result<ProcessResult> run(const std::string& user, std::vector<std::string> argv,
                                          std::string input = {});
  [[nodiscard]] Result<std::string> ask(const std::string& user, std::vector<std::string> argv);

  std::string slurm_conf_;
  const JobUsers& users_;
  Processes& processes_;
};

}  // namespace dayan::adapters
