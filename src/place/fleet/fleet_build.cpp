#include <algorithm>

#include "place/fleet/fleet.h"

/// How a fleet comes to its shapes and nodes, and what it refuses.

namespace dayan::place {

std::string to_text(const CoreSet& cores) {
  std::string text;
  const auto has = [&](int core) {
    return core < cores_per_node_max &&
           (cores[static_cast<std::size_t>(core) / 64] >> (static_cast<unsigned>(core) % 64) & 1) != 0;
  };
  for (int first = 0; first < cores_per_node_max; ++first) {
    if (!has(first)) continue;
    int last = first;
    while (has(last + 1)) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(first);
    if (last > first) text += '-' + std::to_string(last);
    first = last;
  }
  return text;
}

Fleet::Fleet() {
  // Demand 0 asks less than any other: every search can begin with it. It is never replaced.
  demands_.put(0, DemandKey{});
  indexes_.emplace_back();
}

Result<ShapeIndex> Fleet::add_shape(const NodeShape& shape) {
  if (shapes_.size() == shapes_max) {
    return fail(ErrorCode::exhausted, "a fleet has at most " + std::to_string(shapes_max) + " shapes", "fewer",
                "shape");
  }
  if (shape.cores.value() < 1 || shape.cores.value() > cores_per_node_max) {
    return fail(ErrorCode::invalid, std::to_string(shape.cores.value()) + " cores on a node",
                "1 to " + std::to_string(cores_per_node_max), "cores");
  }
  if (shape.cards < 0 || shape.cards > cards_per_node_max) {
    return fail(ErrorCode::invalid, std::to_string(shape.cards) + " cards on a node",
                "0 to " + std::to_string(cards_per_node_max), "cards");
  }
  if (shape.memory < Bytes(0) || shape.memory > memory_per_node_max) {
    return fail(ErrorCode::invalid, to_text(shape.memory) + " of memory on a node",
                "0B to " + to_text(memory_per_node_max), "memory");
  }
  Shape& added = shapes_.emplace_back();
  added.given = shape;
  added.cores = static_cast<std::uint16_t>(shape.cores.value());
  added.cards = static_cast<std::uint8_t>(shape.cards);
  added.memory_steps = static_cast<std::uint32_t>(shape.memory.value() / memory_step.value());
  added.words = static_cast<std::uint8_t>((added.cores + 63) / 64);
  for (int core = 0; core < added.cores; ++core) {
    added.all_cores[static_cast<std::size_t>(core) / 64] |= std::uint64_t{1} << (core % 64);
  }
  added.all_cards = static_cast<std::uint16_t>((1U << added.cards) - 1);
  return static_cast<ShapeIndex>(shapes_.size() - 1);
}

Result<NodeIndex> Fleet::add_rack(ShapeIndex shape, int nodes) {
  if (shape >= shapes_.size()) {
    return fail(ErrorCode::invalid, "there is no shape " + std::to_string(shape), "one that add_shape gave", "shape");
  }
  if (nodes < 1 || nodes > nodes_per_rack_max) {
    return fail(ErrorCode::invalid, std::to_string(nodes) + " nodes in a rack",
                "1 to " + std::to_string(nodes_per_rack_max), "nodes");
  }
  const NodeIndex first = size();
  if (first + static_cast<NodeIndex>(nodes) > nodes_max) {
    return fail(ErrorCode::exhausted, "a fleet has at most " + std::to_string(nodes_max) + " nodes", "fewer",
                "nodes");
  }
  const auto rack = static_cast<RackIndex>(racks_.size());
  racks_.push_back({first, static_cast<std::uint16_t>(nodes)});
  rack_nodes_max_ = std::max(rack_nodes_max_, nodes);
  // Sets grow by doubling, so that joining costs O(levels) a node in the long run.
  const NodeIndex limit = first + static_cast<NodeIndex>(nodes);
  for (DemandIndex& index : indexes_) {
    if (index.fitting.limit() < limit) index.fitting.grow(std::min(nodes_max, limit * 2));
    if (!index.counts_racks || index.racks.holds(rack, nodes)) continue;
    index.counts_racks = false;  // counted again when a gang asks
    index.racks = RackCounts{};
  }
  const Shape& of = shapes_[shape];
  for (int i = 0; i < nodes; ++i) {
    Node node;
    node.cores_at = static_cast<std::uint32_t>(free_cores_.size());
    node.rack = rack;
    node.shape = shape;
    node.free_cores = of.cores;
    node.free_memory = of.memory_steps;
    node.free_cards = of.cards;
    node.free_card_bits = of.all_cards;
    free_cores_.insert(free_cores_.end(), of.all_cores.begin(), of.all_cores.begin() + of.words);
    nodes_.push_back(node);
    put_back(first + static_cast<NodeIndex>(i), free_of(node), false);
  }
  return first;
}

Result<void> Fleet::check(const NodeDemand& demand) const {
  if (demand.cores.value() < 1) {
    return fail(ErrorCode::invalid, std::to_string(demand.cores.value()) + " cores asked", "at least 1", "cores");
  }
  if (demand.cards < 0) {
    return fail(ErrorCode::invalid, std::to_string(demand.cards) + " cards asked", "0 or more", "cards");
  }
  if (demand.memory < Bytes(0)) {
    return fail(ErrorCode::invalid, std::to_string(demand.memory.value()) + " bytes of memory asked", "0 or more",
                "memory");
  }
  if (demand.shape && *demand.shape >= shapes_.size()) {
    return fail(ErrorCode::invalid, "there is no shape " + std::to_string(*demand.shape), "one of the fleet's",
                "shape");
  }
  return {};
}

}  // namespace dayan::place
