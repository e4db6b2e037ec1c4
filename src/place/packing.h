#pragma once

#include <cstdint>
#include <vector>

#include "place/amounts.h"

/// Packing: how leases would lie on the nodes of a pool if they were packed tightly. Which node a lease really lies
/// on is the engine's affair and not told; this stands for it, so that no task is sent where no node has room for it.
/// Largest leases first, each on the node with the least room that takes it. Nodes that are alike are counted, not
/// listed, so the cost follows the shapes, not the nodes.

namespace dayan::place {

/// So many of one shape.
struct ShapeCount {
  Amounts shape;
  std::int64_t count = 0;
  friend bool operator==(const ShapeCount&, const ShapeCount&) = default;
};
/// In order of shape, each shape once, no count of zero.
using Shapes = std::vector<ShapeCount>;

void add_shape(Shapes& shapes, const Amounts& shape, std::int64_t count);
/// The shapes must hold as many.
void remove_shape(Shapes& shapes, const Amounts& shape, std::int64_t count);

class Packing {
 public:
  /// Packs anew; memory is kept.
  void pack(std::int64_t nodes, const Amounts& per_node, const Shapes& shapes);

  /// How many tasks of this need (not zero in every kind) fit on the nodes as they are packed.
  [[nodiscard]] std::int64_t slots(const Amounts& need) const;
  /// Whether one does.
  [[nodiscard]] bool has_room(const Amounts& need) const;
  /// The most of one kind that a task could take on one node, when it takes this much of the others; −1 for none.
  /// Nothing when leases for which no node was found cloud the answer.
  [[nodiscard]] std::int64_t largest(const Amounts& need, Kind kind) const;
  [[nodiscard]] bool is_clouded() const { return !unplaced_.empty(); }

 private:
  void place(const Amounts& shape, std::int64_t count);

  Shapes rooms_;     ///< how many nodes have just this left
  Shapes unplaced_;  ///< leases for which this packing found no node, though the engine did
};

}  // namespace dayan::place
