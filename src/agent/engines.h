#pragma once

#include <memory>
#include <string>
#include <vector>

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

/// Tries for real whether the engine can run attempts as every mapped user and for every mapped account; one fault
/// for each organisation that it cannot serve. `notes` gets a line when Slurm does not answer, so that accounts could
/// not be looked at. The local engine has nothing to try.
[[nodiscard]] Faults check_mappings(const Config& config, const std::string& work_folder, Processes& processes,
                                    std::vector<std::string>& notes);

/// Folders that local jobs see empty: the agent's own, all work folders, and its user's home with the keys in it. A
/// home that is part of the system (`/`, /usr) stays: jobs need what is there.
[[nodiscard]] std::vector<std::string> hidden_folders(const std::string& agent_folder, const std::string& work_folder,
                                                      const std::string& home);

}  // namespace dayan::agent
