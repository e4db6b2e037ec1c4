#pragma once

#include <cstdint>

#include "base/result.h"
#include "trace/swf.h"

/// A generator of loads as on real parallel machines: daily cycle of arrivals, many serial jobs and powers of two,
/// run times over five decades that go with the size. Source of model and parameters (the set without job types):
/// Lublin and Feitelson, "The workload on parallel supercomputers: modeling the characteristics of rigid jobs",
/// Journal of Parallel and Distributed Computing 63(11), 2003.

namespace dayan::trace {

struct LublinLoad {
  std::int64_t jobs = 10'000;
  std::int64_t processors = 256;  ///< of the machine, and of the largest job; ≥ 2
  /// Processor time asked for over processor time there is until the last arrival. The model's arrivals are stretched
  /// or squeezed in time to reach it (with them its day). 0: left as the model makes them.
  double load = 0;
  /// A limit is so many times the run time, drawn evenly from 1 to this; 1: limits are exact.
  double looseness = 10;
  std::uint64_t seed = 1;
};

inline constexpr std::int64_t lublin_jobs_max = 10'000'000;
inline constexpr std::int64_t lublin_processors_max = 1 << 24;

/// The same load for the same arguments. Times are whole seconds, run times at least one. Error: invalid.
[[nodiscard]] Result<std::vector<RigidJob>> lublin_jobs(const LublinLoad& load);

}  // namespace dayan::trace
