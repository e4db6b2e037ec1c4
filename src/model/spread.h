#pragma once

#include <algorithm>
#include <cstdint>

/// How many tasks of a job a pool takes where the job lets so many run on one node.

namespace dayan {

/// So many tasks at once, each on `task_nodes` different nodes, surely find nodes in a pool, however those before lie:
/// the centre's own engine chooses. Of one node each these are `on_node_max` for each node. Of gangs fewer than the
/// sums allow: m of them leave no node with `on_node_max` while they are fewer than that, and then at most m ×
/// task_nodes / on_node_max such nodes, which are to be no more than what one further gang leaves over. `on_node_max`
/// is positive.
[[nodiscard]] constexpr std::int64_t tasks_apart_max(std::int64_t on_node_max, std::int64_t pool_nodes,
                                                     std::int64_t task_nodes) {
  if (pool_nodes < task_nodes) return 0;
  return std::max(on_node_max, (on_node_max * (pool_nodes - task_nodes + 1) - 1) / task_nodes + 1);
}

}  // namespace dayan
