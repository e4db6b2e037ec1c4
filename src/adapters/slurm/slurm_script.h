#pragma once

#include <string>
#include <string_view>

#include "ports/executor.h"

namespace dayan::adapters {

/// A text as one word of the shell, whatever is in it: 'it'\''s'.
[[nodiscard]] std::string shell_word(std::string_view text);

/// The wrapper that is handed to sbatch: it refuses to run twice, too late or against a stop, stamps start and end,
/// and enforces the exact wall time, which Slurm rounds up to minutes. All values stand in it as quoted words.
/// `stamps` is the folder for its stamps, below the control folder; a script of the order lies there as `script`.
/// `opens_folder`: the agent is let into the work folder by access lists (job_users.h), which what a program has made
/// with a mode of its own would shut out; so the wrapper opens the user's files to it at the end.
[[nodiscard]] std::string wrapper_script(const StartOrder& order, const std::string& stamps, bool opens_folder);

/// Exit codes by which the wrapper says that it did not run the job. They count only when there is no end stamp.
inline constexpr int wrapper_cannot_write = 74;
inline constexpr int wrapper_too_late = 75;
inline constexpr int wrapper_second_start = 76;

}  // namespace dayan::adapters
