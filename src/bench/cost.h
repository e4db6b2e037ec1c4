#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bench/command.h"
#include "place/cost/assigner.h"

/// What the two ways of `dayan-bench cost` share: an instance placed at once, and a stream over time.

namespace dayan::bench {

struct CostOptions {
  Output output;
  std::string path;
  std::string generate;  ///< "JOBSxPOOLS"; empty: the file
  std::uint64_t seed = 1;
  bool no_bound = false;
  place::cost::Effort effort;
  bool is_stream = false;
  int seconds = 120;
  int arrivals_per_second = 0;  ///< 0: a hundredth of the jobs
  int start_after = 60;
};

struct CostInstance {
  std::vector<std::int64_t> capacities;
  std::vector<place::cost::Job> jobs;
};

/// A pool for each job; nothing: left out.
using Decisions = std::vector<std::optional<place::cost::PoolIndex>>;

/// What decisions come to, counted from the instance and nothing else.
struct Recount {
  Cny cost;
  std::int64_t violations = 0;  ///< jobs in a pool that is not one of their options; pools over capacity
  std::int64_t left_out = 0;
};
[[nodiscard]] Recount recount(std::span<const std::int64_t> capacities, std::span<const place::cost::Job> jobs,
                              const Decisions& decisions);

/// (cost / bound − 1) in percent; 0 when both are 0.
[[nodiscard]] double gap_percent(Cny cost, double bound_yuan);

[[nodiscard]] Result<void> run_cost_stream(const CostOptions& options, const CostInstance& instance);

}  // namespace dayan::bench
