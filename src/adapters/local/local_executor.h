#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/local/attempt_folder.h"
#include "ports/executor.h"

namespace dayan::adapters {

struct LocalOptions {
  std::string folder;   ///< absolute; one control folder for each attempt is made in it
  std::string program;  ///< absolute; `PROGRAM supervise FOLDER` must call supervise_main
  std::string pool = "local";
  Cores cores;                        ///< offered; zero: as many as this process may use
  Bytes memory;                       ///< offered; zero: the machine's
  std::int64_t processes_max = 4096;  ///< of one attempt; zero: no bound
  bool sandbox = true;                ///< fence jobs in with bubblewrap; an error where that does not work
  bool network = true;                ///< jobs in the sandbox reach the network
  std::vector<std::string>
      hidden;  ///< folders that jobs in the sandbox see empty: the agent's state, all work folders
};

/// Runs attempts as processes of this machine, each under a supervisor process that outlives the agent. It keeps
/// nothing in memory: what is known stands in the control folders.
///
/// Limits: memory and processes are watched, not capped by the kernel (no control groups); without bubblewrap a job
/// sees whatever the agent's user sees. There are no cards. The agent should not be root.
class LocalExecutor final : public Executor {
 public:
  LocalExecutor(LocalOptions options, Sandbox sandbox, std::string description);

  [[nodiscard]] Result<std::vector<PoolRow>> probe(std::vector<std::string>& notes) override;
  [[nodiscard]] Result<std::string> start(const StartOrder& order) override;
  [[nodiscard]] Result<void> stop(const AttemptKey& attempt) override;
  [[nodiscard]] Result<void> give_notice(const AttemptKey& attempt) override;
  [[nodiscard]] Result<std::vector<EngineJob>> list() override;
  void forget(const AttemptKey& attempt) override;

  /// One line for the log: whether jobs are sandboxed, and if not, why.
  [[nodiscard]] const std::string& description() const { return description_; }

 private:
  [[nodiscard]] AttemptFolder folder_of(const AttemptKey& attempt) const;
  [[nodiscard]] Result<void> check_room(const StartOrder& order);
  [[nodiscard]] Result<void> spawn_supervisor(const AttemptFolder& folder);
  [[nodiscard]] Result<EngineJob> look_at(const AttemptKey& attempt);

  LocalOptions options_;
  Sandbox sandbox_;
  std::string description_;
  std::mutex mutex_;  ///< the agent calls from several threads
};

/// `invalid`: a path that is not absolute or a program that cannot be run; `unavailable`: the folder cannot be made.
[[nodiscard]] Result<std::unique_ptr<LocalExecutor>> make_local_executor(LocalOptions options);

}  // namespace dayan::adapters
