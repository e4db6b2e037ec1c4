#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/slurm/slurm_commands.h"
#include "adapters/slurm/slurm_control.h"
#include "ports/executor.h"
#include "ports/processes.h"

namespace dayan::adapters {

struct SlurmOptions {
  std::string folder;      ///< absolute; control folders are made in it. The compute nodes must see it too
  std::string slurm_conf;  ///< SLURM_CONF of the commands; empty: the machine's
  std::vector<std::string> partitions;     ///< offered; empty: all
  std::vector<std::string> run_as_prefix;  ///< {"sudo","-n","-u","alice"}; empty: jobs run as the agent's own user
};

/// Runs attempts as batch jobs of a Slurm cluster, as one ordinary user, by Slurm's own commands. A job is known by
/// its name; numbers are given out again after a crash of the controller. slurmrestd is not used.
///
/// Limits: whole cards only, of the generic resource "gpu"; without accounting the memory peak is unknown; whether a
/// daemon of a job can escape is the site's matter (control groups).
class SlurmExecutor final : public Executor {
 public:
  SlurmExecutor(SlurmOptions options, Processes& processes);

  [[nodiscard]] Result<std::vector<PoolRow>> probe() override;
  [[nodiscard]] Result<std::string> start(const StartOrder& order) override;
  [[nodiscard]] Result<void> stop(const AttemptKey& attempt) override;
  [[nodiscard]] Result<std::vector<EngineJob>> list() override;
  void forget(const AttemptKey& attempt) override;

  /// One line for the log: version, accounting, whose jobs.
  [[nodiscard]] Result<std::string> probe_engine_description();

 private:
  struct Known;
  [[nodiscard]] Result<void> check(const StartOrder& order) const;
  [[nodiscard]] Result<std::string> submit(const StartOrder& order, SlurmControl& control);
  [[nodiscard]] Result<std::map<AttemptKey, SlurmJob>> jobs_by_attempt();
  [[nodiscard]] Result<std::map<AttemptKey, Known>> controls();
  [[nodiscard]] Result<void> add_history(const std::map<AttemptKey, Known>& known,
                                         std::map<AttemptKey, SlurmJob>& jobs);
  [[nodiscard]] Result<bool> has_accounting();

  SlurmOptions options_;
  SlurmCommands commands_;
  std::map<std::string, std::string> chip_names_;  ///< ours, lower case → as Slurm writes it; by the latest probe
  std::optional<bool> has_accounting_;
  std::mutex mutex_;  ///< the agent calls from several threads
};

/// `processes` must outlive the executor. `invalid`: a path that is not absolute; `unavailable`: no control folder.
/// Slurm itself need not answer yet.
[[nodiscard]] Result<std::unique_ptr<SlurmExecutor>> make_slurm_executor(SlurmOptions options, Processes& processes);

}  // namespace dayan::adapters
