#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "model/centre.h"
#include "place/amounts.h"

/// Packing: how leases would lie on the nodes of a pool if they were packed tightly. Which node a lease really lies
/// on is the engine's affair and not told; this stands for it, so that no task is sent where no node has room for it.
/// Largest leases first, each on the node with the least room that takes it; of a gang each part on another node.
/// Nodes that are alike are counted, not listed, so the cost follows the shapes, not the nodes.
///
/// Racks matter to gangs that must lie in one; for these the leases are packed once more with the racks in sight (and the
/// cost follows these too). Gangs that lie in racks come first, each in the rack that has the fewest nodes for it; what
/// else there is fills nodes that stand in no rack, then the racks one after another, the fullest first.

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
void remove_shapes(Shapes& shapes, const Shapes& gone);

class Packing {
 public:
  /// Packs anew; memory is kept. Without racks it answers for no gang that must lie in one.
  void pack(std::int64_t nodes, const Amounts& per_node, const Shapes& shapes);
  void pack(const PoolRow& pool, const Amounts& per_node, const Shapes& shapes);
  /// As is needed to answer for this.
  void pack_for(const Need& need, const PoolRow& pool, const Amounts& per_node, const Shapes& shapes) {
    need.is_in_rack ? pack(pool, per_node, shapes) : pack(pool.nodes, per_node, shapes);
  }

  /// How many tasks of this need (not zero in every kind) fit on the nodes as they are packed.
  [[nodiscard]] std::int64_t slots(const Need& need) const;
  /// The same where no more than so many of them may be on one node.
  [[nodiscard]] std::int64_t slots_apart(const Need& need, std::int64_t on_node_max) const;
  /// Whether one does.
  [[nodiscard]] bool has_room(const Need& need) const;
  /// The most of one kind that a task could take on each of its nodes, when it takes this much of the others; −1 for
  /// none. Nothing when leases for which no node was found cloud the answer.
  [[nodiscard]] std::int64_t largest(const Need& need, Kind kind) const;
  /// The most nodes that such a gang could get, however many it asks for.
  [[nodiscard]] std::int64_t widest(const Need& need) const;
  [[nodiscard]] bool is_clouded() const { return !unplaced_.empty(); }

 private:
  /// So many nodes have just this left.
  struct Nodes {
    Amounts left;
    std::int32_t rack = 0;  ///< where they stand; those that stand in none, or whose racks do not matter: zero
    std::int64_t count = 0;
    [[nodiscard]] auto order() const { return std::tie(left, rack); }
  };

  /// So many nodes have room for so many parts of a size.
  struct Fits {
    std::int64_t parts = 0;
    std::int64_t count = 0;
  };

  void begin();
  void place_others(const Shapes& shapes);
  void place(const Amounts& shape, std::int64_t count);
  void place_gangs(const Need& gang, std::int64_t count);
  void place_in_racks(const Need& gang, std::int64_t count);
  void move_taken(const Amounts& each, std::int64_t parts, std::int64_t sets);
  void renumber_racks(const Amounts& empty);
  [[nodiscard]] std::vector<Nodes>::iterator find_nodes(const Nodes& like);
  void add_nodes(const Nodes& nodes);
  void remove_nodes(const Nodes& nodes);
  [[nodiscard]] std::int64_t displaced(const Amounts& each) const;
  [[nodiscard]] std::vector<std::vector<Fits>> fits_for(const Need& need) const;
  [[nodiscard]] static std::vector<Fits> without(std::vector<Fits> all, std::int64_t lost);
  [[nodiscard]] std::int64_t gang_slots(const Need& gang, std::int64_t on_node_max) const;
  [[nodiscard]] static std::int64_t gang_slots(const std::vector<Fits>& nodes, std::int64_t gang_nodes);

  std::int32_t racks_ = 0;    ///< in sight: numbered from one on
  std::vector<Nodes> rooms_;  ///< in order of what is left, then of racks
  std::vector<Nodes> taken_;  ///< of the gang under way: kept for its memory
  Shapes unplaced_;           ///< leases for which this packing found no node, though the engine did
};

}  // namespace dayan::place
