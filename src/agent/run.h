#pragma once

#include <string>

#include "base/result.h"

/// The agent as a program: `dayan agent join` and `dayan agent run` (src/cli reads the words and calls these).

namespace dayan::agent {

struct AgentJoinOptions {
  std::string hub_url;     ///< http://127.0.0.1:8080
  std::string join_token;  ///< one use, from `POST /v1/centres/{name}/join-tokens`
  std::string folder;      ///< the agent's own; made when it is not there
};

struct AgentRunOptions {
  std::string folder;  ///< of a former join
  std::string config;  ///< path of agent.yaml; empty: agent.yaml in the folder
};

/// Makes the key, enrols with the hub, keeps who we are. Returns the name of the centre that was joined.
[[nodiscard]] Result<std::string> agent_join(const AgentJoinOptions& options);

/// Works until SIGINT or SIGTERM, or until the hub casts the agent out. Blocks those signals: call it before any
/// thread starts. Attempts go on when it ends. The Error is the first fault when agent.yaml has several.
[[nodiscard]] Result<void> agent_run(const AgentRunOptions& options);

/// The same as programs: what happened goes to standard error, every fault of agent.yaml on its line. Returns the
/// exit status: 0 done, 1 failed.
[[nodiscard]] int agent_join_main(const AgentJoinOptions& options);
[[nodiscard]] int agent_run_main(const AgentRunOptions& options);

}  // namespace dayan::agent
