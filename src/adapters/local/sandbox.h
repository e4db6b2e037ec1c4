#pragma once

#include <string>
#include <vector>

#include "base/units.h"

namespace dayan::adapters {

/// How a local job is fenced in by bubblewrap: everything read-only but its own folder, an empty /tmp, its own
/// process, IPC and host-name spaces, no capabilities.
struct Sandbox {
  std::string program;              ///< path of bwrap; empty: no sandbox
  std::vector<std::string> hidden;  ///< folders that the job sees empty: the agent's state, other attempts' folders
  bool network = true;              ///< false: loopback only. MPI on one node needs no more than loopback
};

/// The words before a command that run it in the sandbox; none without one. `memory` bounds the job's /tmp.
[[nodiscard]] std::vector<std::string> sandbox_words(const Sandbox& sandbox, const std::string& folder, Bytes memory);

/// Finds bwrap and tries it with exactly those words. The sandbox, or one without a program and in `why` the reason.
[[nodiscard]] Sandbox detect_sandbox(std::vector<std::string> hidden, bool network, std::string& why);

}  // namespace dayan::adapters
