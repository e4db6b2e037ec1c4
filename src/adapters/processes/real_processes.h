#pragma once

#include "ports/processes.h"

namespace dayan::adapters {

/// Processes of this machine, by posix_spawn. Each runs in a process group of its own, which is killed whole when its
/// time is over; it inherits no file descriptor. May be used from several threads at once.
class RealProcesses final : public Processes {
 public:
  [[nodiscard]] Result<ProcessResult> run(const ProcessSpec& spec) override;
};

}  // namespace dayan::adapters
