#pragma once

#include "cli/host.h"

namespace dayan::cli {

/// The terminal, the environment and the clock of this process.
[[nodiscard]] Host real_host();

}  // namespace dayan::cli
