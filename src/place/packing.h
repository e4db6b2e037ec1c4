#pragma once

#include <cstdint>
#include <map>

#include "place/amounts.h"

/// Packing: how leases would lie on the nodes of a pool if they were packed tightly. Which node a lease really lies
/// on is the engine's affair and not told; this stands for it, so that no task is sent where no node has room for it.
/// Largest leases first, each on the node with the least room that takes it. Nodes that are alike are counted, not
/// listed, so the cost follows the shapes, not the nodes.

namespace dayan::place {

/// How many leases there are of each shape.
using Shapes = std::map<Amounts, std::int64_t>;

class Packing {
 public:
  Packing() = default;
  Packing(std::int64_t nodes, const Amounts& per_node, const Shapes& shapes);

  /// How many tasks of this need (not zero in every kind) fit on the nodes as they are packed.
  [[nodiscard]] std::int64_t slots(const Amounts& need) const;
  /// Packs one more lease.
  void add(const Amounts& shape) { add(shape, 1); }

 private:
  void add(const Amounts& shape, std::int64_t count);

  std::map<Amounts, std::int64_t> rooms_;  ///< how many nodes have just this left
  Shapes unplaced_;                        ///< leases for which this packing found no node, though the engine did
};

}  // namespace dayan::place
