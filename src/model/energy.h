#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "base/units.h"
#include "model/centre.h"
#include "model/job.h"

/// Energy of a run and the carbon of it, as expected from what providers tell of their pools and centres. A figure
/// that is not known is not zero: what needs it is not known either.

namespace dayan {

/// Ranges of what a provider may tell. A busy core of today draws 2 to 10 W with its part of the node, a card up to
/// 1.2 kW; the PUE of centres is 1.05 to 2, grids have 20 to 1,000 g of CO₂ per kWh.
inline constexpr Milliwatts core_power_max{1'000'000};
inline constexpr Milliwatts card_power_max{100'000'000};
inline constexpr std::int64_t pue_min = 1'000;
inline constexpr std::int64_t pue_max = 10'000;
inline constexpr std::int64_t carbon_intensity_max = 5'000;

/// (cores × core_power + cards × card_power) × run × PUE, on all nodes of the task: from the grid, rounded up.
[[nodiscard]] std::optional<Joules> energy_of(const PoolRow& pool, std::optional<std::int64_t> pue,
                                              const Resources& resources, Duration run);

/// That energy at `carbon` grams of CO₂ per kWh, rounded up.
[[nodiscard]] std::optional<Milligrams> carbon_of(const PoolRow& pool, std::optional<std::int64_t> pue,
                                                  std::optional<std::int64_t> carbon, const Resources& resources,
                                                  Duration run);

}  // namespace dayan
