#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "place/amounts.h"

/// Market: tasks and the pools that may take them, as one problem: which goes where, so that as many as can start do,
/// and all of them cost the least together. It is solved by the linear relaxation's prices and whole jobs after it
/// (place/cost), in a count of work, not of time.

namespace dayan::place {

/// Pairs of pools that one solution may look at to come nearer to the bound (cost::Effort::work): so many for each
/// option of a task, and about 25 ms at most.
inline constexpr std::uint64_t market_work_of_option = 1'000;
inline constexpr std::uint64_t market_work_max = 2'000'000;

/// A pool that may take a task, and what the task comes to there, as a figure that can be added up over tasks; at least
/// zero.
struct MarketOption {
  std::size_t pool = 0;  ///< of the market's
  double cost = 0;
};

struct MarketTask {
  Need need;
  std::vector<MarketOption> options;  ///< by rising pool
  std::optional<std::size_t> at;      ///< the pool that it has; it is never left without one
};

struct Market {
  std::vector<Amounts> rooms;  ///< of each pool: what is free, and what its tasks have there now
  std::vector<MarketTask> tasks;
};

/// The pool of each task, of its options; nothing: it is left out. Pools and tasks are measured by one number each: a
/// task by the greatest of its parts of all cores, all memory and all cards there are, a pool by how much of the mix
/// of those that could go there it takes. So where kinds are asked for unequally the answer may be more than fits, or
/// less: whoever acts on it looks at the rooms themselves.
[[nodiscard]] std::vector<std::optional<std::size_t>> solve(const Market& market);

/// What they come to together where they are. One left out costs more than any place of it, and a large one more in
/// proportion; one that had a place, still more.
[[nodiscard]] double cost_of(const Market& market, const std::vector<std::optional<std::size_t>>& where);

}  // namespace dayan::place
