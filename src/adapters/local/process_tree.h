#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/units.h"

/// Processes as /proc tells of them.

namespace dayan::adapters {

/// Which process a number means: a number alone is given out again after its process has ended.
struct ProcessIdentity {
  pid_t pid = 0;
  std::int64_t start_ticks = 0;  ///< since boot
  std::string boot;              ///< the kernel's id of this boot
};

/// Of a living process; pid 0 when there is none (a zombie counts as none).
[[nodiscard]] ProcessIdentity identify_process(pid_t pid);
[[nodiscard]] bool is_alive(const ProcessIdentity& process);
/// Sends a signal to just that process; nothing happens when it has ended.
void send_signal(const ProcessIdentity& process, int signal);

/// Children, their children and so on, of a process; itself excluded.
[[nodiscard]] std::vector<pid_t> descendants(pid_t pid);
/// Memory that these processes hold. Pages shared by several are counted once each time by the first, and shared out
/// by the second, which is exact and takes longer.
[[nodiscard]] Bytes resident_memory(const std::vector<pid_t>& processes);
[[nodiscard]] Bytes proportional_memory(const std::vector<pid_t>& processes);

/// Ends every process whose environment holds this variable with this value. True when none is left.
[[nodiscard]] bool kill_marked(const std::string& variable, const std::string& value);

}  // namespace dayan::adapters
