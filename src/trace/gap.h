#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/money.h"
#include "base/result.h"

/// Instances of the assignment of jobs to pools: `J P`, a line of P capacities, then J lines
/// `demand reject_cost m (pool cost)*m`. Demand and capacity count cards. Costs are yuan of the whole job, not of a
/// card: in published instances a cost grows with the demand, and so does the reject cost.

namespace dayan::trace {

struct GapOption {
  std::uint32_t pool = 0;
  Cny cost;
  friend bool operator==(const GapOption&, const GapOption&) = default;
};

struct GapJob {
  std::int64_t demand = 0;
  Cny reject_cost;
  std::vector<GapOption> options;
  friend bool operator==(const GapJob&, const GapJob&) = default;
};

struct GapInstance {
  std::vector<std::int64_t> capacities;
  std::vector<GapJob> jobs;
  friend bool operator==(const GapInstance&, const GapInstance&) = default;
};

inline constexpr std::int64_t gap_jobs_max = 10'000'000;
inline constexpr std::int64_t gap_pools_max = 4'096;
/// Of a demand and of a capacity.
inline constexpr std::int64_t gap_units_max = 1'000'000'000;
inline constexpr Cny gap_cost_max = Cny::yuan(1'000'000'000);
/// Reading stops at this many faults.
inline constexpr std::size_t gap_faults_max = 20;

/// Reads an instance. Costs beyond six decimals are rounded to the nearest micro-yuan. A fault's field is "line 12".
[[nodiscard]] tl::expected<GapInstance, Faults> parse_gap(std::string_view text);

[[nodiscard]] std::string to_text(const GapInstance& instance);

/// A synthetic instance of the family of the published ones, whose make was read off their numbers: pools of four
/// sizes (1 : 2 : 4 : 8), together 1/0.85 of all demand, each in a city with a chip and a price per card-hour; jobs
/// of 1 to 32 cards and 1 to 48 hours, with a city, a latency cap, the chips that they run on, and up to 500 GB that
/// cost 0.05 yuan a GB to move to another city. Leaving a job out costs 20 yuan a card-hour. jobs and pools at
/// least 1.
[[nodiscard]] GapInstance generate_gap(std::size_t jobs, std::size_t pools, std::uint64_t seed);

}  // namespace dayan::trace
