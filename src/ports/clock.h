#pragma once

#include "base/time.h"

namespace dayan {

/// The time of day. Real in edge; hand-ticked in tests and in the simulator.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual UnixTime now() = 0;
};

}  // namespace dayan
