#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

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

/// Why it did not work, and where that can be mended.
struct AgentFailure {
  enum class Of {
    machine,        ///< its files, its engine
    configuration,  ///< the words, agent.yaml, a folder that is not this agent's
    hub,            ///< it refuses, or cannot be reached (`unavailable`, `unknown_outcome`)
  };
  Of of = Of::machine;
  Faults faults;  ///< of agent.yaml: all of them, so that a person can mend the file at once

  AgentFailure(Of where, Faults all) : of(where), faults(std::move(all)) {}
  /* implicit */ AgentFailure(Error fault) : faults{std::move(fault)} {}
};

/// Makes the key, enrols with the hub, keeps who we are. Returns the name of the centre that was joined.
[[nodiscard]] tl::expected<std::string, AgentFailure> agent_join(const AgentJoinOptions& options);

/// Works until SIGINT or SIGTERM, or until the hub casts the agent out. Blocks those signals: call it before any
/// thread starts. Attempts go on when it ends. What happens meanwhile goes to standard error, a line each.
[[nodiscard]] tl::expected<void, AgentFailure> agent_run(const AgentRunOptions& options);

}  // namespace dayan::agent
