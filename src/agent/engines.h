#pragma once

#include <memory>
#include <string>

#include "agent/config.h"
#include "agent/folder.h"
#include "base/result.h"
#include "ports/executor.h"
#include "ports/processes.h"

namespace dayan::agent {

/// The executor that agent.yaml names, and one line about it for the log.
struct MadeEngine {
  std::unique_ptr<Executor> executor;
  std::string description;
};

/// `program` is this program's own path: `PROGRAM supervise FOLDER` watches a local attempt. `processes` must outlive
/// the executor.
[[nodiscard]] Result<MadeEngine> make_engine(const Config& config, const AgentFolder& folder,
                                             const std::string& work_folder, const std::string& program,
                                             Processes& processes);

}  // namespace dayan::agent
