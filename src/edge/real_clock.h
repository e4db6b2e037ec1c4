#pragma once

#include "ports/clock.h"

namespace dayan::edge {

/// The machine's time of day. It may step back when the machine's clock is set: whoever needs order keeps it himself.
class RealClock : public Clock {
 public:
  [[nodiscard]] UnixTime now() override;
};

}  // namespace dayan::edge
