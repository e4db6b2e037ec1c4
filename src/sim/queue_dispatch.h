#pragma once

#include <memory>

#include "place/calendar/policies.h"
#include "sim/dispatch.h"

/// A batch queue in front of each pool, as centres have them today: at its submission each task goes to the queue in
/// which it is expected to wait least, and stays there. Baselines: room is counted in sum, not node by node, which is
/// in their favour.
///
/// A queue counts in units: cores of a node, or thousandths of its cards where it has some; a task takes the largest
/// part that it needs of anything, rounded up, so that no pool is ever over its capacity.

namespace dayan::sim {

[[nodiscard]] std::unique_ptr<Dispatch> make_queue_dispatch(const Stage& stage, place::QueueRule rule);

}  // namespace dayan::sim
