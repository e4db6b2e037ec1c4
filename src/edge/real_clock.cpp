#include "edge/real_clock.h"

#include <chrono>

namespace dayan::edge {

UnixTime RealClock::now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return UnixTime(std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count());
}

}  // namespace dayan::edge
