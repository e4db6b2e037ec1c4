#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/slurm/job_users.h"
#include "adapters/slurm/slurm_commands.h"
#include "adapters/slurm/slurm_control.h"
#include "adapters/slurm/slurm_door.h"
#include "ports/executor.h"
#include "ports/http.h"
#include "ports/processes.h"

namespace dayan::adapters {

struct SlurmOptions {
  std::string folder;      ///< absolute; control folders are made in it. The compute nodes must see it too
  std::string slurm_conf;  ///< SLURM_CONF of the commands; empty: the machine's
  std::vector<std::string> partitions;  ///< offered; empty: all
  /// How long the site's prologue and epilogue may take at most: so much of what Slurm counts the job's own stamps may
  /// say is not the job's.
  Duration overhead;
  /// Local users that attempts run as; "" is the agent's own. Orders for any other are denied.
  std::vector<std::string> users = {""};
  std::unique_ptr<HttpClient> rest;  ///< to a slurmrestd, used while it answers; null: commands only
  std::string rest_address;          ///< of that slurmrestd, for messages
};

/// Runs attempts as batch jobs of a Slurm cluster, each as the ordinary user that its order names, by slurmrestd
/// or by Slurm's commands. A job is known by its user and by the number that Slurm gave it for the attempt, since it
/// may call itself by another name; where that is not known, or was given out again after a crash of the controller,
/// by its name.
///
/// Limits: whole cards only, of the generic resource "gpu"; without accounting the memory peak is unknown; whether a
/// daemon of a job can escape is the site's matter (control groups).
class SlurmExecutor final : public Executor {
 public:
  SlurmExecutor(SlurmOptions options, Processes& processes);

  [[nodiscard]] Result<std::vector<PoolRow>> probe(std::vector<std::string>& notes) override;
  [[nodiscard]] Result<std::string> start(const StartOrder& order) override;
  [[nodiscard]] Result<void> stop(const AttemptKey& attempt) override;
  [[nodiscard]] Result<void> give_notice(const AttemptKey& attempt) override;
  [[nodiscard]] Result<std::vector<EngineJob>> list() override;
  [[nodiscard]] Result<std::optional<Cores>> foreign_cores_busy() override;
  void forget(const AttemptKey& attempt) override;

  /// Could attempts run as that user, for that account (empty: the user's default)? Tried for real; the Error names
  /// "user", "account" or "work_folder" and says what to do. `unavailable`: Slurm does not answer.
  [[nodiscard]] Result<void> check_tenant(const std::string& user, const std::string& account);
  /// One line for the log: version, accounting, whose jobs.
  [[nodiscard]] Result<std::string> probe_engine_description();

 private:
  /// What the control folder of an attempt tells before Slurm is asked.
  struct Known {
    SlurmControl control;
    std::string engine_id;
    std::optional<EngineJob> result;
  };
  /// What the controller said when it was asked for the jobs of some users.
  struct Listing {
    std::map<std::string, std::vector<SlurmJob>> jobs;  ///< by user, of those that could be asked
    std::set<std::string> silent;                       ///< users that could not be asked
  };
  [[nodiscard]] Result<void> check(const StartOrder& order) const;
  [[nodiscard]] Result<void> check_account(const std::string& user, const std::string& account);
  [[nodiscard]] Result<std::map<std::string, std::string>> look_for_racks();
  [[nodiscard]] Result<StartOrder> kept_in_rack(StartOrder order);
  [[nodiscard]] Result<std::string> submit(const StartOrder& wanted, SlurmControl& control);
  [[nodiscard]] Result<void> cancel_renamed(const SlurmControl& control, const std::string& name);
  [[nodiscard]] Result<std::optional<SlurmJob>> find_job(const AttemptKey& attempt, const std::string& user);
  [[nodiscard]] Result<Listing> look(const std::map<AttemptKey, Known>& known);
  /// Adds to `live_users` whose jobs have not ended.
  [[nodiscard]] static std::map<AttemptKey, SlurmJob> jobs_by_attempt(const Listing& listing,
                                                                      const std::map<AttemptKey, Known>& known,
                                                                      std::set<std::string>& live_users);
  [[nodiscard]] std::optional<EngineJob> judge_one(const AttemptKey& attempt, const Known* known,
                                                   const std::map<AttemptKey, SlurmJob>& jobs,
                                                   const Listing& listing);
  [[nodiscard]] Result<std::map<AttemptKey, Known>> controls();
  [[nodiscard]] Result<void> add_history(const std::map<AttemptKey, Known>& known,
                                         std::map<AttemptKey, SlurmJob>& jobs);
  [[nodiscard]] Result<std::string> config_setting(const std::string& name);
  [[nodiscard]] Result<bool> has_accounting();

  SlurmOptions options_;
  JobUsers users_;
  SlurmCommands commands_;
  SlurmDoor door_;
  std::map<std::string, std::string> chip_names_;  ///< ours, lower case → as Slurm writes it; by the latest probe
  std::optional<bool> has_accounting_;
  bool has_looked_ = false;
  std::set<std::string> live_users_;  ///< whose latest listing had a job of ours that had not ended
  std::mutex mutex_;                  ///< the agent calls from several threads
};

/// `processes` must outlive the executor. `invalid`: a path that is not absolute; `unavailable`: no control folder.
/// Slurm itself need not answer yet.
[[nodiscard]] Result<std::unique_ptr<SlurmExecutor>> make_slurm_executor(SlurmOptions options, Processes& processes);

}  // namespace dayan::adapters
