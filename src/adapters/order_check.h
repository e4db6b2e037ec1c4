#pragma once

#include "ports/executor.h"

namespace dayan::adapters {

/// What no engine could carry out, whatever its state: `invalid`, naming the field.
[[nodiscard]] Result<void> check_order(const StartOrder& order);

/// Where a script is put, below the attempt's work folder.
inline constexpr const char* script_file = ".dayan-script";

/// Standard output and error, below the attempt's work folder.
inline constexpr const char* stdout_file = "stdout.log";
inline constexpr const char* stderr_file = "stderr.log";

}  // namespace dayan::adapters
