#pragma once

#include <span>

#include "base/result.h"
#include "place/cost/job.h"

/// The linear bound on the cost of placements, by CLP (COIN-OR), the solver that Debian ships.

namespace dayan::bench {

struct LinearBound {
  double yuan = 0;
  double seconds = 0;  ///< CPU of the solve alone
};

/// The least cost when jobs may be split. Nothing of our own solver is used. `demand` and capacities as in
/// place/cost.
[[nodiscard]] Result<LinearBound> linear_bound(std::span<const std::int64_t> capacities,
                                               std::span<const place::cost::Job> jobs);

}  // namespace dayan::bench
