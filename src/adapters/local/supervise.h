#pragma once

#include <string>

namespace dayan::adapters {

/// The hidden subcommand `dayan supervise FOLDER`: starts and watches one local attempt until its last process is
/// gone, and outlives the agent. The calling process returns as soon as a supervisor of that folder is known to run
/// (0) or is known not to (1); the supervisor proper is its child, which never returns from here.
[[nodiscard]] int supervise_main(const std::string& folder);

}  // namespace dayan::adapters
