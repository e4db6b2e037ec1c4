#pragma once

#include <cstdint>

#include "place/pool_state.h"

/// Spread: a job that lets so many of its tasks run on one node, at one pool (turn.h has the rules). The engine of the
/// centre chooses the nodes, and the centre's agent keeps it from those that have as many; here is told for how many
/// tasks it then finds nodes.

namespace dayan::place {

struct Spread {
  std::int64_t on_node_max = 0;  ///< of its tasks; positive
  std::int64_t own = 0;          ///< tasks of it that have a lease or a claim in the pool
};

/// So many further ones surely find nodes when the others have left: exact, by the pool's nodes alone.
[[nodiscard]] std::int64_t tasks_left(const PoolState& pool, const Need& need, const Spread& spread);
/// So many further ones may run on whatever nodes have room: no node can come to have more of them than the job lets.
[[nodiscard]] std::int64_t tasks_anywhere(const PoolState& pool, const Need& need, const Spread& spread);
/// So many further ones find a node now: an estimate, as all that hangs on how leases lie on nodes; but while there are
/// fewer of them than may be on one node, any that has room will do.
[[nodiscard]] std::int64_t slots_apart(const PoolState& pool, const Need& need, const Spread& spread);
/// The least bound with which some are left, and where there is room one finds a node; zero when none would do. With
/// its own that is not so.
[[nodiscard]] std::int64_t on_node_needed(const PoolState& pool, const Need& need, const Spread& spread);

}  // namespace dayan::place
