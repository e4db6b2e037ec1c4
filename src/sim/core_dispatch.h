#pragma once

#include <memory>

#include "sim/dispatch.h"

/// The platform's own way: each job is submitted to the real core, the real engine plans, leases are granted against
/// held money, ends are reported by the centre's agent and charged. Only stores, sockets and what runs are left out.

namespace dayan::sim {

/// `plan_every`: what comes in meanwhile is planned together, as a busy hub does; zero: a plan at every instant.
[[nodiscard]] std::unique_ptr<Dispatch> make_core_dispatch(const Stage& stage, Duration plan_every);

}  // namespace dayan::sim
