#pragma once

#include <atomic>
#include <cstdint>

#include "edge/real_clock.h"

namespace dayan::edge {

/// Real time, and as far ahead of it as a test wants.
class ShiftedClock : public Clock {
 public:
  [[nodiscard]] UnixTime now() override { return real_.now() + Duration::microseconds(shift_); }
  void shift(Duration by) { shift_ += by.microseconds(); }

 private:
  RealClock real_;
  std::atomic<std::int64_t> shift_{0};
};

}  // namespace dayan::edge
