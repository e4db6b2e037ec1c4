#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/units.h"

/// What nodes have, what a task asks of one node, and what it is given there.

namespace dayan::place {

/// The place of a node in its fleet, in the order in which nodes joined. First fit means the lowest.
using NodeIndex = std::uint32_t;
using RackIndex = std::uint32_t;
using ShapeIndex = std::uint8_t;

inline constexpr int cores_per_node_max = 512;
inline constexpr int cards_per_node_max = 16;
inline constexpr int shapes_max = 64;
inline constexpr NodeIndex nodes_max = (1U << 25) - 1;
inline constexpr int nodes_per_rack_max = 256;
/// Memory is kept in steps of this: what a node has is rounded down to it, what a task asks is rounded up.
inline constexpr Bytes memory_step = Bytes(1 << 20);
inline constexpr Bytes memory_per_node_max = Bytes((std::int64_t{1} << 24) - 1) * (1 << 20);  // just under 16 TiB

/// Like nodes of a fleet. 1 to 512 cores, 0 to 16 cards.
struct NodeShape {
  Cores cores;
  int cards = 0;
  Bytes memory;
  friend bool operator==(const NodeShape&, const NodeShape&) = default;
};

/// What one task, or one member of a gang, asks of one node.
struct NodeDemand {
  Cores cores = Cores(1);  ///< at least 1: nothing runs without
  int cards = 0;           ///< whole ones
  Bytes memory = Bytes(0);
  bool whole_node = false;                         ///< an idle node of at least this size, all of it
  std::optional<ShapeIndex> shape = std::nullopt;  ///< of this shape only
  friend bool operator==(const NodeDemand&, const NodeDemand&) = default;
};

/// Which cores of a node: bit i of word i / 64 is core i.
using CoreSet = std::array<std::uint64_t, cores_per_node_max / 64>;

/// What one task holds on one node.
struct NodeSlot {
  NodeIndex node = 0;
  std::uint32_t memory_steps = 0;
  std::uint32_t cards = 0;  ///< bit i: card i
  CoreSet cores{};
  [[nodiscard]] Bytes memory() const { return memory_step * memory_steps; }
  friend bool operator==(const NodeSlot&, const NodeSlot&) = default;
};

/// All that a task or a gang holds: one slot a member, no two on one node.
using Grant = std::vector<NodeSlot>;

/// Which of the nodes that fit is taken.
enum class FitPolicy : std::uint8_t {
  first,  ///< the lowest index
  /// The least left over, the scarcest kind first: fewest free cards, then fewest free cores, then least free memory,
  /// then the lowest index. Work without cards keeps off the nodes that have some, small work fills small gaps, and
  /// whole nodes stay whole.
  best,
};

/// Why a demand finds too few nodes, as counts of nodes that fail one thing alone, and the smallest change of each
/// one thing by which enough nodes would fit at this moment. Nothing: no change of that thing alone would do.
struct Shortfall {
  std::uint32_t fitting = 0;      ///< nodes that fit
  std::uint32_t unavailable = 0;  ///< would fit, but are down or draining
  std::uint32_t other_shape = 0;  ///< would fit, if the demand named no shape
  std::uint32_t not_idle = 0;     ///< would fit, if the demand were not for whole nodes
  std::uint32_t few_cores = 0;    ///< have too few free cores, and all else
  std::uint32_t few_cards = 0;
  std::uint32_t little_memory = 0;
  std::uint32_t several = 0;  ///< lack more than one thing
  std::optional<Cores> fewer_cores;
  std::optional<int> fewer_cards;
  std::optional<Bytes> less_memory;
};

/// Where the members of a gang may lie.
enum class GangScope : std::uint8_t { fleet, rack };

/// Cores of one word of a set, as text "0-3,7" of the whole set.
[[nodiscard]] std::string to_text(const CoreSet& cores);

}  // namespace dayan::place
