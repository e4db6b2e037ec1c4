#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/units.h"
#include "model/ids.h"
#include "model/lease.h"

/// What an engine says of an attempt: what executors return (ports/executor.h) and `execute` decides on.

namespace dayan {

/// What the engine knows of one of our attempts. Unknown values are zero or empty.
struct EngineJob {
  AttemptKey attempt;
  std::string engine_id;
  AttemptState state = AttemptState::queued;
  Outcome outcome = Outcome::none;  ///< set exactly when state is ended
  std::int32_t exit_code = 0;
  std::string failure;
  UnixTime started_at;
  UnixTime ended_at;
  Duration engine_run;   ///< cumulative, by the engine's clock
  Duration wrapper_run;  ///< cumulative, by the wrapper's own stamps
  Bytes memory_peak;
  std::vector<std::string> nodes{};  ///< that it has, while it runs; empty: not known
};

}  // namespace dayan
