#pragma once

#include <string>
#include <vector>

#include "agent/config.h"
#include "model/centre.h"
#include "ports/executor.h"
#include "ports/processes.h"

namespace dayan::agent {

/// What this centre offers: the engine's pools, with the software of agent.yaml and the measured speed of a core.
/// Software and speed are taken on the machine of the agent and are said of all its pools. Cards are not measured: they
/// are as fast as agent.yaml tells, else as is printed of their model.
class PoolProbe {
 public:
  /// The last benchmark is kept in `capability_file` for a day.
  PoolProbe(const Config& config, Executor& executor, Processes& processes, std::string capability_file)
      : config_(config), executor_(executor), processes_(processes), capability_file_(std::move(capability_file)) {}

  /// The pools now; of what agent.yaml tells of a pool, nothing is measured. `notes` gets a line for each program
  /// that is not offered although agent.yaml names it, and for what the engine could not tell (Executor::probe).
  [[nodiscard]] Result<std::vector<PoolRow>> probe(UnixTime now, std::vector<std::string>& notes);

 private:
  [[nodiscard]] Capability core_capability(UnixTime now);

  const Config& config_;
  Executor& executor_;
  Processes& processes_;
  std::string capability_file_;
};

}  // namespace dayan::agent
