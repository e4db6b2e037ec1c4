#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/money.h"
#include "base/result.h"

/// Many waiting jobs over many pools at the least total cost: what is asked.
///
/// Each job takes the same `demand` in whichever pool it goes to, goes whole to one of its options, or is left out at
/// its reject cost. No pool holds more than its capacity.

namespace dayan::place::cost {

using PoolIndex = std::uint32_t;
/// A slot of the optimiser; the slot of a job that was removed is given to a later one.
using JobIndex = std::uint32_t;

inline constexpr JobIndex no_job = UINT32_MAX;

/// A pool that may take a job, and what the whole job costs there.
struct Option {
  PoolIndex pool = 0;
  Cny cost;
  friend bool operator==(const Option&, const Option&) = default;
};

/// One job. Demand and capacities are counts of one unit (cards, or thousandths of a card), the same for all.
struct Job {
  std::int64_t demand = 0;
  Cny reject_cost;  ///< what leaving the job out costs: its value, or the price of a delay
  std::vector<Option> options;
};

// Sums of prices and costs along a path over all pools stay in 64 bits within these.
inline constexpr std::size_t pools_max = 4'096;
inline constexpr std::size_t jobs_max = 50'000'000;
inline constexpr std::int64_t demand_max = 1'000'000'000;
inline constexpr std::int64_t capacity_max = 1'000'000'000'000'000;
inline constexpr Cny cost_max = Cny::micro(std::int64_t{1} << 50);  ///< 1.1 billion yuan for one job

/// One fault per wrong value: a demand or a cost out of range, a pool that is not there or is named twice. Fields are
/// "demand", "reject_cost", "options[2].pool".
[[nodiscard]] Faults faults_of(const Job& job, std::size_t pools);

}  // namespace dayan::place::cost
