#include "place/spread.h"

#include <algorithm>

#include "model/rack.h"

namespace dayan::place {

std::int64_t tasks_left(const PoolState& pool, const Need& need, const Spread& spread) {
  return tasks_apart_max(spread.on_node_max, pool.row, need.nodes, need.is_in_rack) - spread.own;
}

std::int64_t tasks_anywhere(const PoolState& pool, const Need& need, const Spread& spread) {
  if (fit_count(pool.per_node, need.each) <= spread.on_node_max) return int64_max;
  return std::max<std::int64_t>(spread.on_node_max - spread.own, 0);
}

std::int64_t slots_apart(const PoolState& pool, const Need& need, const Spread& spread) {
  const std::int64_t left = tasks_left(pool, need, spread);
  if (left <= 0) return 0;
  // Where the others of it are fewer than may be on one node, what room there is will do, on whichever node it is.
  const std::int64_t anywhere = std::min(tasks_anywhere(pool, need, spread), pool.slots(need));
  return std::min(left, std::max(anywhere, pool.slots_apart(need, spread.on_node_max, spread.own)));
}

std::int64_t on_node_needed(const PoolState& pool, const Need& need, const Spread& spread) {
  const bool has_room = pool.has_room(need);
  const auto is_enough = [&](std::int64_t on_node_max) {
    const Spread wider{on_node_max, spread.own};
    return has_room ? slots_apart(pool, need, wider) > 0 : tasks_left(pool, need, wider) > 0;
  };
  std::int64_t too_few = spread.on_node_max;
  std::int64_t enough = spread.own + 1;  // then no node has as many
  if (!is_enough(enough)) return 0;
  while (enough - too_few > 1) {
    const std::int64_t middle = too_few + (enough - too_few) / 2;
    (is_enough(middle) ? enough : too_few) = middle;
  }
  return enough;
}

}  // namespace dayan::place
