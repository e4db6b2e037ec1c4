#pragma once

#include <algorithm>
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
inline constexpr std::int64_t market_work_of_option = 1'000;
inline constexpr std::int64_t market_work_max = 2'000'000;

/// So much of a thing that several who come one after the other may use: each its part of what those before it have
/// left, as it asks for among those that are still to come. So those that ask for little leave the others more, and
/// where there is as much as all ask for each has it.
class Portions {
 public:
  Portions(std::int64_t left, std::int64_t asked) : left_(left), asked_(asked) {}

  /// The next one's, which asks for so much of what all do; rounded up.
  [[nodiscard]] std::int64_t next(std::int64_t asks);
  /// So much has it used, which may be more.
  void use(std::int64_t used) { left_ = std::max<std::int64_t>(left_ - used, 0); }

 private:
  std::int64_t left_;
  std::int64_t asked_;  ///< by those that are still to come
};

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
/// Each pair of pools that it has looked at is taken of `work`, which is below zero then where the prices alone took
/// more; whole jobs after them are there always, and come nearer to the bound as far as work is left.
[[nodiscard]] std::vector<std::optional<std::size_t>> solve(const Market& market, std::int64_t& work);

/// What they come to together where they are. One left out costs more than any place of it, and a large one more in
/// proportion; one that had a place, still more.
[[nodiscard]] double cost_of(const Market& market, const std::vector<std::optional<std::size_t>>& where);

}  // namespace dayan::place
