#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sim/dispatch.h"

/// What a broker without a plan does: a task goes to a pool with room for it now, and if there is none it waits; when
/// room comes free, those that wait are tried in order of submission, and one that finds no room is overtaken.
/// Nobody is overtaken for ever: for one that has waited for `greedy_patience` a pool that could take it is kept free
/// of others until it starts. Baselines: room is counted in sum, not node by node, which is in their favour.

namespace dayan::sim {

inline constexpr Duration greedy_patience = Duration::hours(24);

/// Without a seed to the cheapest of the pools with room (among equals the first); with one to any of them, drawn.
[[nodiscard]] std::unique_ptr<Dispatch> make_greedy_dispatch(const Stage& stage, std::optional<std::uint64_t> seed);

}  // namespace dayan::sim
