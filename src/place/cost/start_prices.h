#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "place/cost/job.h"

/// Prices near the optimum, found by trial: every job goes to what is cheapest for it, pools that are too full become
/// dearer and others cheaper, each by a step of its own that grows while it is right and shrinks when it overshoots
/// (Rprop; Riedmiller, Braun 1993). Only a start: Transport makes an optimum out of any prices, sooner out of these.

namespace dayan::place::cost {

/// One price a pool, in 1/unit_scale micro-yuan a unit.
[[nodiscard]] std::vector<std::int64_t> start_prices(std::span<const Job> jobs,
                                                     std::span<const std::int64_t> capacities);

}  // namespace dayan::place::cost
