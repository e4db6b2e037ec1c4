#pragma once

#include <cstdint>
#include <vector>

#include "place/amounts.h"

/// Packing: how leases would lie on the nodes of a pool if they were packed tightly. Which node a lease really lies
/// on is the engine's affair and not told; this stands for it, so that no task is sent where no node has room for it.
/// Largest leases first, each on the node with the least room that takes it; of a gang each part on another node.
/// Nodes that are alike are counted, not listed, so the cost follows the shapes, not the nodes.

namespace dayan::place {

/// So many leases of one shape.
struct ShapeCount {
  Need shape;
  std::int64_t count = 0;
  friend bool operator==(const ShapeCount&, const ShapeCount&) = default;
};
/// In order of shape, each shape once, no count of zero.
using Shapes = std::vector<ShapeCount>;

void add_shape(Shapes& shapes, const Need& shape, std::int64_t count);
/// The shapes must hold as many.
void remove_shape(Shapes& shapes, const Need& shape, std::int64_t count);

class Packing {
 public:
  /// Packs anew; memory is kept.
  void pack(std::int64_t nodes, const Amounts& per_node, const Shapes& shapes);

  /// How many tasks of this need (not zero in every kind) fit on the nodes as they are packed.
  [[nodiscard]] std::int64_t slots(const Need& need) const;
  /// The same where no more than so many of them may be on one node.
  [[nodiscard]] std::int64_t slots_apart(const Need& need, std::int64_t on_node_max) const;
  /// Whether one does.
  [[nodiscard]] bool has_room(const Need& need) const;
  /// The most of one kind that a task could take on each of its nodes, when it takes this much of the others; −1 for
  /// none. Nothing when leases for which no node was found cloud the answer.
  [[nodiscard]] std::int64_t largest(const Need& need, Kind kind) const;
  /// The most nodes that one task could get that takes this much on each.
  [[nodiscard]] std::int64_t widest(const Amounts& each) const;
  [[nodiscard]] bool is_clouded() const { return !unplaced_.empty(); }

 private:
  /// So many nodes have just this left.
  struct Nodes {
    Amounts left;
    std::int64_t count = 0;
  };

  /// So many nodes have room for so many parts of a size.
  struct Fits {
    std::int64_t parts = 0;
    std::int64_t count = 0;
  };

  void place(const Amounts& shape, std::int64_t count);
  void place_gangs(const Need& gang, std::int64_t count);
  void add_nodes(const Amounts& left, std::int64_t count);
  void remove_nodes(const Amounts& left, std::int64_t count);
  [[nodiscard]] std::int64_t displaced(const Amounts& each) const;
  [[nodiscard]] std::vector<Fits> fits(const Amounts& each) const;
  [[nodiscard]] static std::int64_t gang_slots(const std::vector<Fits>& nodes, std::int64_t gang_nodes);

  std::vector<Nodes> rooms_;  ///< in order of what is left
  std::vector<Nodes> taken_;  ///< of the gang under way: kept for its memory
  Shapes unplaced_;           ///< leases for which this packing found no node, though the engine did
};

}  // namespace dayan::place
