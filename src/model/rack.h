#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "model/centre.h"
#include "model/job.h"
#include "model/spread.h"

/// What the racks of a pool can hold.

namespace dayan {

/// The most nodes of a pool that may be one task's, where its nodes must lie in one rack, or need not. A single node
/// there always may be: a pool without any waits for some.
[[nodiscard]] inline std::int64_t task_nodes_max_of(const PoolRow& pool, bool is_in_rack) {
  if (!is_in_rack) return std::max(pool.nodes, 1);
  return pool.racks.empty() ? 1 : pool.racks.front().nodes;
}
[[nodiscard]] inline bool has_nodes_for(const PoolRow& pool, const Resources& task) {
  return task.nodes <= task_nodes_max_of(pool, task.is_in_rack());
}

/// Canonical: largest first, each size once, of no more racks than are told.
[[nodiscard]] inline std::vector<Racks> racks_of(std::vector<std::int32_t> sizes) {
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  if (sizes.size() > static_cast<std::size_t>(pool_racks_max)) sizes.resize(static_cast<std::size_t>(pool_racks_max));
  std::vector<Racks> racks;
  for (const std::int32_t nodes : sizes) {
    if (!racks.empty() && racks.back().nodes == nodes) ++racks.back().count;
    else racks.push_back({nodes, 1});
  }
  return racks;
}

/// A pool of which so many nodes are left: of those that it lacks as many as can be stood in no rack, the others in the
/// smallest.
[[nodiscard]] inline PoolRow with_nodes_left(PoolRow pool, std::int32_t nodes) {
  std::int64_t too_many = -std::int64_t{nodes};
  for (const Racks& each : pool.racks) too_many += std::int64_t{each.nodes} * each.count;
  pool.nodes = nodes;
  if (too_many <= 0) return pool;
  std::vector<std::int32_t> sizes;
  for (auto each = pool.racks.rbegin(); each != pool.racks.rend(); ++each) {
    for (std::int32_t rack = 0; rack < each->count; ++rack) {
      const auto gone = static_cast<std::int32_t>(std::min<std::int64_t>(too_many, each->nodes));
      too_many -= gone;
      if (gone < each->nodes) sizes.push_back(each->nodes - gone);
    }
  }
  pool.racks = racks_of(std::move(sizes));
  return pool;
}

/// tasks_apart_max of a pool. In racks each rack is like a pool: while they are fewer in all than would fill each, one
/// has nodes left.
[[nodiscard]] inline std::int64_t tasks_apart_max(std::int64_t on_node_max, const PoolRow& pool, std::int64_t task_nodes,
                                                  bool is_in_rack) {
  if (!is_in_rack) return tasks_apart_max(on_node_max, pool.nodes, task_nodes);
  std::int64_t sum = 0;
  for (const Racks& each : pool.racks)
    sum += tasks_apart_max(on_node_max, std::int64_t{each.nodes}, task_nodes) * each.count;
  return sum;
}
[[nodiscard]] inline std::int64_t tasks_apart_max(std::int64_t on_node_max, const PoolRow& pool, const Resources& task) {
  return tasks_apart_max(on_node_max, pool, task.nodes, task.is_in_rack());
}

}  // namespace dayan
