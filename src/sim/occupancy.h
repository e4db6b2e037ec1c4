#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "place/amounts.h"
#include "sim/dispatch.h"

namespace dayan::sim {

/// What runs where in a replay: how much of each pool is taken, and by which tasks. Pools are sites of the stage,
/// whose nodes may have become fewer than what runs on them takes.
class Occupancy {
 public:
  explicit Occupancy(const Stage& stage)
      : stage_(stage), taken_(stage.scenario.sites().size()), running_(stage.scenario.sites().size()) {}

  void begin(std::size_t site, TaskIndex task, Duration now) { add(site, task, now, 1); }
  void end(std::size_t site, TaskIndex task, Duration begun) { add(site, task, begun, -1); }

  /// By how much the pool is over what it has: "3 cores", of each kind that is.
  [[nodiscard]] std::vector<std::string> excess(std::size_t site) const;
  /// Gangs of more nodes than the pool has, by start.
  [[nodiscard]] std::vector<TaskIndex> too_wide(std::size_t site) const;
  /// The task that began last.
  [[nodiscard]] TaskIndex youngest(std::size_t site) const;

 private:
  void add(std::size_t site, TaskIndex task, Duration begun, std::int64_t sign);

  const Stage& stage_;
  std::vector<place::Amounts> taken_;                              ///< by site
  std::vector<std::set<std::pair<Duration, TaskIndex>>> running_;  ///< by site, by start
};

}  // namespace dayan::sim
