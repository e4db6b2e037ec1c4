#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/core.h"

/// What is wrong with what providers and agents tell of a centre. Inside the room only.

namespace dayan::core {

/// Every fault of what a provider tells of its centre.
[[nodiscard]] Faults description_faults(const UpdateCentre& told);
/// Every fault of what an agent tells of whom it maps.
void check_maps(const std::vector<std::string>& maps, Faults& faults);
/// Every fault of one pool as its agent tells it, the `index`th of all.
void check_pool(const PoolRow& pool, std::size_t index, Faults& faults);

}  // namespace dayan::core
