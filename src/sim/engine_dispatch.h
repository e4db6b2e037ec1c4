#pragma once

#include <memory>

#include "sim/dispatch.h"

/// The engine alone: it is fed the rows that the core would write, and its plans are taken as they are, so that a
/// long log plays several times faster than through the core. Without the core there are no commands, no wallet that
/// runs dry, no lease that must end before a task whose node left is placed again; price caps
/// and the longest wait hold. Where nothing fails the starts are those of the platform, but for ties that the core's
/// microseconds break.

namespace dayan::sim {

/// `plan_every`: what comes in meanwhile is planned together; zero: a plan at every instant.
[[nodiscard]] std::unique_ptr<Dispatch> make_engine_dispatch(const Stage& stage, Duration plan_every);

}  // namespace dayan::sim
