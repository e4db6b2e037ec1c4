#include <bit>

#include "place/fleet/fleet.h"

/// Recounts a fleet from what is held: the independent half of every claim that the index makes.

namespace dayan::place {
namespace {

std::string of_node(NodeIndex node) { return "node " + std::to_string(node) + ": "; }

}  // namespace

std::int64_t Fleet::bytes() const {
  auto bytes =
      static_cast<std::int64_t>(sizeof(Fleet) + nodes_.capacity() * sizeof(Node) +
                                free_cores_.capacity() * sizeof(std::uint64_t) + racks_.capacity() * sizeof(Rack) +
                                shapes_.capacity() * sizeof(Shape) + indexes_.capacity() * sizeof(DemandIndex) +
                                found_.capacity() * sizeof(NodeIndex) + ordered_.capacity() * sizeof(std::uint64_t));
  for (const Shape& shape : shapes_) bytes += shape.order.bytes();
  for (const DemandIndex& index : indexes_) bytes += index.fitting.bytes() + index.racks.bytes();
  return bytes + demands_.bytes();
}

std::optional<std::string> Fleet::broken_invariant(const Grant& held) const {
  // What should be free: everything, less what is held.
  std::vector<NodeSlot> free;
  free.reserve(nodes_.size());
  for (NodeIndex node = 0; node < size(); ++node) free.push_back(whole(node));
  for (const NodeSlot& slot : held) {
    if (slot.node >= size()) return "node " + std::to_string(slot.node) + " is held and not there";
    NodeSlot& rest = free[slot.node];
    for (std::size_t word = 0; word < slot.cores.size(); ++word) {
      if ((slot.cores[word] & ~rest.cores[word]) != 0)
        return of_node(slot.node) + "a core is held twice or not there";
      rest.cores[word] &= ~slot.cores[word];
    }
    if ((slot.cards & ~rest.cards) != 0) return of_node(slot.node) + "a card is held twice or not there";
    rest.cards &= ~slot.cards;
    if (slot.memory_steps > rest.memory_steps) return of_node(slot.node) + "more memory is held than it has";
    rest.memory_steps -= slot.memory_steps;
  }
  std::vector<std::size_t> ordered(shapes_.size(), 0);
  for (NodeIndex index = 0; index < size(); ++index) {
    const Node& node = nodes_[index];
    const Shape& shape = shapes_[node.shape];
    std::uint32_t cores = 0;
    for (std::size_t word = 0; word < shape.words; ++word) {
      if (free_cores_[node.cores_at + word] != free[index].cores[word])
        return of_node(index) + "its free cores are not those that nobody holds";
      cores += static_cast<std::uint32_t>(std::popcount(free[index].cores[word]));
    }
    if (node.free_cores != cores) return of_node(index) + "its number of free cores is wrong";
    if (node.free_card_bits != free[index].cards)
      return of_node(index) + "its free cards are not those that nobody holds";
    if (node.free_cards != std::popcount(free[index].cards))
      return of_node(index) + "its number of free cards is wrong";
    if (node.free_memory != free[index].memory_steps) return of_node(index) + "its free memory is wrong";
    if (!node.available || node.free_cores == 0) continue;
    ++ordered[node.shape];
    const std::uint64_t key = order_key(free_of(node), index);
    if (shape.order.next(key) != key) return of_node(index) + "it is not in the order of free nodes";
  }
  for (std::size_t shape = 0; shape < shapes_.size(); ++shape) {
    if (!shapes_[shape].order.is_sound()) return "shape " + std::to_string(shape) + ": its order is not in order";
    if (shapes_[shape].order.size() != ordered[shape])
      return "shape " + std::to_string(shape) + ": its order holds nodes that are not free";
  }
  return broken_demand();
}

std::optional<std::string> Fleet::broken_demand() const {
  for (int number = 0; number < demands_.size(); ++number) {
    const DemandKey& demand = demands_.demand(number);
    const DemandIndex& index = indexes_[static_cast<std::size_t>(number)];
    const std::string name = "demand " + std::to_string(number) + ": ";
    if (demands_.find(demand) != number) return name + "it is not found under its number";
    if (!index.fitting.is_sound()) return name + "the levels of its set contradict one another";
    if (index.counts_racks && !index.racks.is_sound()) return name + "its racks are not where their counts say";
    std::vector<int> in_rack(racks_.size(), 0);
    for (NodeIndex node = 0; node < size(); ++node) {
      const bool fits = nodes_[node].available && demand.fits(free_of(nodes_[node]));
      if (index.fitting.contains(node) != fits)
        return name + of_node(node) + (fits ? "it fits and is not in the set" : "it is in the set and does not fit");
      if (fits) ++in_rack[nodes_[node].rack];
    }
    for (RackIndex rack = 0; index.counts_racks && rack < racks_.size(); ++rack) {
      if (index.racks.count(rack) != in_rack[rack])
        return name + "rack " + std::to_string(rack) + " is counted wrongly";
    }
  }
  return std::nullopt;
}

}  // namespace dayan::place
