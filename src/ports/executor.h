#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/centre.h"
#include "model/engine_job.h"
#include "model/job.h"
#include "model/lease.h"

/// One engine that runs attempts at a centre: local processes, Slurm, later Kubernetes and other Dayan nodes.

namespace dayan {

/// Everything an engine needs to start one attempt. All paths are absolute and exist; inputs already lie in the folder.
struct StartOrder {
  AttemptKey attempt;           ///< the engine's job is named engine_name(attempt)
  std::string pool;
  std::string account;          ///< the provider's file maps the organisation to it; empty: none
  std::string user;             ///< local user that runs it, by the same file; empty: the agent's own
  std::string folder;           ///< work folder of the attempt: the command's current folder
  std::vector<std::string> command;  ///< argv; or empty when `script` is given
  std::string script;
  std::vector<EnvironmentVariable> environment;  ///< the job's own; DAYAN_* are added by the agent
  Resources resources;
  std::string chip;
  Duration wall_time;           ///< the engine's own time limit ends it
  UnixTime starts_by;           ///< the engine refuses to start it later
  std::vector<std::string> nodes_to_avoid{};  ///< it must run on none of these (EngineJob::nodes)
};

class Executor {
 public:
  virtual ~Executor() = default;

  /// The pools of this engine: nodes, cores, memory, cards. Software and capability are added by the agent. `notes` gets
  /// a line for each thing that could not be found out, and without which they are pools all the same.
  [[nodiscard]] virtual Result<std::vector<PoolRow>> probe(std::vector<std::string>& notes) = 0;
  /// Starts an attempt, or finds the job that already bears its name: repeating an order starts nothing twice.
  /// `denied`/`invalid`: the engine will never take it; `unavailable`: not now; `unknown_outcome`: look before trying
  /// again.
  [[nodiscard]] virtual Result<std::string> start(const StartOrder& order) = 0;
  /// Asks the engine to end it, the whole tree. Fine when it has ended or was never there.
  [[nodiscard]] virtual Result<void> stop(const AttemptKey& attempt) = 0;
  /// Tells it, the whole tree, that it will be ended soon (SIGTERM): it may save what it has. Fine when it has ended,
  /// or waits still in the engine's queue.
  [[nodiscard]] virtual Result<void> give_notice(const AttemptKey& attempt) = 0;
  /// Everything of ours that the engine knows, asked for at once. `unavailable` when the engine does not answer: then
  /// nothing is known, and nothing may be concluded from silence.
  [[nodiscard]] virtual Result<std::vector<EngineJob>> list() = 0;
  /// Cores of the offered pools that others than us use now: the provider's own people. None: the engine cannot tell.
  [[nodiscard]] virtual Result<std::optional<Cores>> foreign_cores_busy() { return std::optional<Cores>(); }
  /// Forgets an ended attempt: its record may be removed. Its folder is the agent's.
  virtual void forget(const AttemptKey& attempt) = 0;
};

}  // namespace dayan
