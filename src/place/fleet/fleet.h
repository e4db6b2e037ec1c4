#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "place/fleet/demand_table.h"
#include "place/fleet/free_order.h"
#include "place/fleet/node.h"
#include "place/fleet/node_set.h"
#include "place/fleet/rack_counts.h"

namespace dayan::place {

/// Up to 33 million nodes of a few shapes, and which of their cores, cards and memory are free: finds the node, or
/// the nodes of a gang, that a demand fits, and names cores and cards.
///
/// One index with two halves, both exact and both brought up to date in O(levels) by whatever changes a node:
/// - for each demand that is asked often, the set of the nodes that fit it (DemandTable, NodeSet). First fit is its
///   lowest member, a gang its lowest g members, a refusal the size of the set. What does not fit is never looked at.
/// - for each shape, the nodes in the order of what they have left (FreeOrder). The best fit is the first in that
///   order that is large enough: at most one search for each (cards, cores) whose memory does not suffice.
///
/// A demand without a set of its own is searched through the set of a demand that asks less; when its searches have
/// looked at more nodes in vain than a set of its own costs, it gets one, in place of the one that was asked least
/// recently. Answers do not depend on which demands have sets.
class Fleet {
 public:
  Fleet();

  /// Errors: invalid (no core, more cores or cards than the limits of node.h, memory out of range), exhausted (more
  /// than 64 shapes).
  [[nodiscard]] Result<ShapeIndex> add_shape(const NodeShape& shape);
  /// A rack of nodes of one shape, idle and available, behind all others. The index of its first node. Errors:
  /// invalid (no such shape, not 1 to 256 nodes), exhausted (more nodes than `nodes_max`).
  [[nodiscard]] Result<NodeIndex> add_rack(ShapeIndex shape, int nodes);
  /// What is wrong with a demand: fewer than one core, a negative amount, a shape that is not there.
  [[nodiscard]] Result<void> check(const NodeDemand& demand) const;

  /// Takes one node's share; false, and nothing changes, when no available node fits. The demand passes `check`.
  [[nodiscard]] bool match(const NodeDemand& demand, FitPolicy policy, NodeSlot& slot);
  /// Takes `members` ≥ 1 shares on as many nodes; false, and nothing changes, when not all of them fit. Within a
  /// rack: the lowest one with room (first fit), or the one with the fewest nodes to spare (best fit).
  [[nodiscard]] bool match_gang(const NodeDemand& demand, int members, GangScope scope, FitPolicy policy,
                                Grant& grant);
  /// Takes just this: so a fleet is built again from what is held. Errors: conflict (part of it is taken already),
  /// invalid (the node has no such cores, cards or memory).
  [[nodiscard]] Result<void> occupy(const NodeSlot& slot);
  /// Gives back what a match gave. That it was taken is asserted.
  void release(const NodeSlot& slot);

  /// A node that is not available (down, draining) is given to nobody; what runs there can still be released.
  void set_available(NodeIndex node, bool available);

  /// How many nodes fit a demand now.
  [[nodiscard]] std::uint32_t count_fitting(const NodeDemand& demand);

  /// Why `members` nodes are not found, anywhere in the fleet. Looks at every node: for when somebody asks.
  [[nodiscard]] Shortfall shortfall(const NodeDemand& demand, int members) const;

  [[nodiscard]] NodeIndex size() const { return static_cast<NodeIndex>(nodes_.size()); }
  [[nodiscard]] std::size_t shapes() const { return shapes_.size(); }
  [[nodiscard]] const NodeShape& shape(ShapeIndex shape) const { return shapes_[shape].given; }
  [[nodiscard]] ShapeIndex shape_of(NodeIndex node) const { return nodes_[node].shape; }
  [[nodiscard]] RackIndex rack_of(NodeIndex node) const { return nodes_[node].rack; }
  [[nodiscard]] bool is_available(NodeIndex node) const { return nodes_[node].available; }
  [[nodiscard]] FreeOfNode free_of(NodeIndex node) const { return free_of(nodes_[node]); }
  [[nodiscard]] bool is_free(NodeIndex node, int core) const;
  /// The slot of somebody who holds all of a node.
  [[nodiscard]] NodeSlot whole(NodeIndex node) const;

  /// Bytes held by the fleet and its index.
  [[nodiscard]] std::int64_t bytes() const;
  /// Counts everything again from `held`, all that is taken now; what is untrue first, in words, or nothing.
  [[nodiscard]] std::optional<std::string> broken_invariant(const Grant& held) const;

 private:
  friend class FleetSaboteur;  // tests plant corruption through it

  struct Node {
    std::uint32_t free_memory = 0;
    std::uint32_t cores_at = 0;  ///< where its words of free cores begin
    RackIndex rack = 0;
    std::uint16_t free_cores = 0;
    std::uint16_t free_card_bits = 0;
    std::uint8_t free_cards = 0;
    ShapeIndex shape = 0;
    bool available = true;
  };
  struct Shape {
    NodeShape given;
    std::uint32_t memory_steps = 0;
    std::uint16_t cores = 0;
    std::uint8_t cards = 0;
    std::uint8_t words = 0;  ///< of 64 cores
    CoreSet all_cores{};
    std::uint16_t all_cards = 0;
    FreeOrder order;  ///< its available nodes with a free core, by `order_key`
  };
  struct Rack {
    NodeIndex first = 0;
    std::uint16_t nodes = 0;
  };
  /// Of one demand of the table.
  struct DemandIndex {
    NodeSet fitting;
    RackCounts racks;
    bool counts_racks = false;  ///< only for demands that a gang asked within a rack
    std::uint64_t used = 0;     ///< when it was last asked, in questions
  };

  // Nodes that the searches for a demand may look at in vain, at least, before it gets a set of its own.
  static constexpr std::uint32_t looks_min = 256;
  // Making a set reads every node, some 64 times as fast as a search looks at one.
  static constexpr std::uint32_t nodes_per_look = 64;

  [[nodiscard]] FreeOfNode free_of(const Node& node) const;
  [[nodiscard]] static std::uint64_t order_key(const FreeOfNode& free, NodeIndex node);
  /// False when no node whatever fits.
  [[nodiscard]] bool key_of(const NodeDemand& demand, DemandKey& key) const;

  // fleet_search.cpp
  [[nodiscard]] NodeIndex lowest(const DemandKey& key);
  [[nodiscard]] bool lowest(const DemandKey& key, std::size_t members);
  [[nodiscard]] NodeIndex best(const DemandKey& key) const;
  [[nodiscard]] bool best(const DemandKey& key, std::size_t members);
  [[nodiscard]] bool in_rack(const DemandKey& key, std::size_t members, FitPolicy policy);
  [[nodiscard]] std::uint64_t next_best(const Shape& shape, const DemandKey& key, std::uint64_t from) const;
  [[nodiscard]] int index_of(const DemandKey& key);
  [[nodiscard]] int make_index(const DemandKey& key);
  [[nodiscard]] int tightest_relaxation(const DemandKey& key) const;
  void count_racks(int number);

  [[nodiscard]] std::optional<std::string> broken_demand() const;

  void take(NodeIndex index, const DemandKey& key, NodeSlot& slot);
  void pick_cores(const Node& node, std::uint32_t wanted, NodeSlot& slot);
  void put_back(NodeIndex index, const FreeOfNode& before, bool was_available);
  [[nodiscard]] bool has(const Node& node, const NodeSlot& slot) const;

  std::vector<Node> nodes_;
  std::vector<std::uint64_t> free_cores_;
  std::vector<Shape> shapes_;
  std::vector<Rack> racks_;
  int rack_nodes_max_ = 0;
  DemandTable demands_;
  std::vector<DemandIndex> indexes_;  ///< by the demand's number in the table
  std::uint64_t questions_ = 0;
  /// Nodes looked at in vain so far, by the hash of the demand; demands that share a place get their sets sooner.
  std::array<std::uint32_t, DemandTable::slots> looks_{};
  std::vector<NodeIndex> found_;  ///< of the search under way
  std::vector<std::uint64_t> ordered_;
};

}  // namespace dayan::place
