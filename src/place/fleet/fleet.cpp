#include "place/fleet/fleet.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace dayan::place {
namespace {

constexpr std::int64_t step_bytes = memory_step.value();

/// The lowest `count` bits of `bits`; it has that many.
std::uint64_t lowest_bits(std::uint64_t bits, std::uint32_t count) {
  std::uint64_t rest = bits;
  for (std::uint32_t i = 0; i < count; ++i) rest &= rest - 1;
  return bits ^ rest;
}

std::uint32_t bits_in(std::uint64_t word) { return static_cast<std::uint32_t>(std::popcount(word)); }

}  // namespace

bool Fleet::key_of(const NodeDemand& demand, DemandKey& key) const {
  ASSERT(demand.cores.value() >= 1 && demand.cards >= 0 && demand.memory >= Bytes(0));
  if (demand.cores.value() > cores_per_node_max || demand.cards > cards_per_node_max ||
      demand.memory > memory_per_node_max) {
    return false;
  }
  key.cores = static_cast<std::uint16_t>(demand.cores.value());
  key.cards = static_cast<std::uint8_t>(demand.cards);
  key.memory_steps = static_cast<std::uint32_t>((demand.memory.value() + step_bytes - 1) / step_bytes);
  key.whole_node = demand.whole_node;
  key.shape = demand.shape ? static_cast<std::int16_t>(*demand.shape) : std::int16_t{-1};
  return true;
}

FreeOfNode Fleet::free_of(const Node& node) const {
  const Shape& shape = shapes_[node.shape];
  FreeOfNode free;
  free.memory_steps = node.free_memory;
  free.cores = node.free_cores;
  free.cards = node.free_cards;
  free.shape = node.shape;
  free.idle =
      node.free_cores == shape.cores && node.free_cards == shape.cards && node.free_memory == shape.memory_steps;
  return free;
}

bool Fleet::is_free(NodeIndex node, int core) const {
  ASSERT(core >= 0 && core < shapes_[nodes_[node].shape].cores);
  const auto at = static_cast<std::uint32_t>(core);
  return (free_cores_[nodes_[node].cores_at + at / 64] >> (at % 64) & 1) != 0;
}

NodeSlot Fleet::whole(NodeIndex node) const {
  const Shape& shape = shapes_[nodes_[node].shape];
  return {node, shape.memory_steps, shape.all_cards, shape.all_cores};
}

bool Fleet::match(const NodeDemand& demand, FitPolicy policy, NodeSlot& slot) {
  DemandKey key;
  if (!key_of(demand, key)) return false;
  const NodeIndex node = policy == FitPolicy::first ? lowest(key) : best(key);
  if (node == NodeSet::none) return false;
  take(node, key, slot);
  return true;
}

bool Fleet::match_gang(const NodeDemand& demand, int members, GangScope scope, FitPolicy policy, Grant& grant) {
  ASSERT(members >= 1);
  grant.clear();
  DemandKey key;
  if (!key_of(demand, key)) return false;
  // All nodes are found before the first is taken: a gang that does not fit leaves no trace.
  const auto count = static_cast<std::size_t>(members);
  const bool found = scope == GangScope::rack     ? in_rack(key, count, policy)
                     : policy == FitPolicy::first ? lowest(key, count)
                                                  : best(key, count);
  if (!found) return false;
  grant.resize(count);
  for (std::size_t i = 0; i < count; ++i) take(found_[i], key, grant[i]);
  return true;
}

void Fleet::take(NodeIndex index, const DemandKey& key, NodeSlot& slot) {
  Node& node = nodes_[index];
  const FreeOfNode before = free_of(node);
  ASSERT(node.available && key.fits(before));
  slot.node = index;
  slot.cores.fill(0);
  if (key.whole_node) {
    slot.memory_steps = node.free_memory;
    slot.cards = node.free_card_bits;
    pick_cores(node, node.free_cores, slot);
  } else {
    slot.memory_steps = key.memory_steps;
    slot.cards = static_cast<std::uint32_t>(lowest_bits(node.free_card_bits, key.cards));
    pick_cores(node, key.cores, slot);
  }
  node.free_cores = static_cast<std::uint16_t>(node.free_cores - (key.whole_node ? node.free_cores : key.cores));
  node.free_cards = static_cast<std::uint8_t>(node.free_cards - (key.whole_node ? node.free_cards : key.cards));
  node.free_card_bits = static_cast<std::uint16_t>(node.free_card_bits & ~slot.cards);
  node.free_memory -= slot.memory_steps;
  put_back(index, before, true);
}

/// The lowest free cores of a node, which are then taken.
void Fleet::pick_cores(const Node& node, std::uint32_t wanted, NodeSlot& slot) {
  std::uint64_t* free = free_cores_.data() + node.cores_at;
  const std::size_t words = shapes_[node.shape].words;
  if (wanted == node.free_cores) {
    for (std::size_t word = 0; word < words; ++word) slot.cores[word] = std::exchange(free[word], 0);
    return;
  }
  for (std::size_t word = 0; wanted > 0; ++word) {
    ASSERT(word < words);
    if (free[word] == 0) continue;
    const std::uint32_t here = std::min(bits_in(free[word]), wanted);
    slot.cores[word] = lowest_bits(free[word], here);
    free[word] &= ~slot.cores[word];
    wanted -= here;
  }
}

/// Whether the node has these cores, cards and memory at all.
bool Fleet::has(const Node& node, const NodeSlot& slot) const {
  const Shape& shape = shapes_[node.shape];
  for (std::size_t word = 0; word < slot.cores.size(); ++word) {
    if ((slot.cores[word] & ~shape.all_cores[word]) != 0) return false;
  }
  return (slot.cards & ~static_cast<std::uint32_t>(shape.all_cards)) == 0 && slot.memory_steps <= shape.memory_steps;
}

Result<void> Fleet::occupy(const NodeSlot& slot) {
  if (slot.node >= size() || !has(nodes_[slot.node], slot)) {
    return fail(ErrorCode::invalid, "node " + std::to_string(slot.node) + " has not what is held of it",
                "cores, cards and memory within the node's shape", "slot");
  }
  Node& node = nodes_[slot.node];
  bool taken = slot.memory_steps > node.free_memory || (slot.cards & ~std::uint32_t{node.free_card_bits}) != 0;
  for (std::size_t word = 0; word < shapes_[node.shape].words; ++word) {
    taken = taken || (slot.cores[word] & ~free_cores_[node.cores_at + word]) != 0;
  }
  if (taken) {
    return fail(ErrorCode::conflict, "part of node " + std::to_string(slot.node) + " is held twice",
                "what is still free", "slot");
  }
  const FreeOfNode before = free_of(node);
  std::uint32_t cores = 0;
  for (std::size_t word = 0; word < shapes_[node.shape].words; ++word) {
    cores += bits_in(slot.cores[word]);
    free_cores_[node.cores_at + word] &= ~slot.cores[word];
  }
  node.free_cores = static_cast<std::uint16_t>(node.free_cores - cores);
  node.free_cards = static_cast<std::uint8_t>(node.free_cards - bits_in(slot.cards));
  node.free_card_bits = static_cast<std::uint16_t>(node.free_card_bits & ~slot.cards);
  node.free_memory -= slot.memory_steps;
  put_back(slot.node, before, node.available);
  return {};
}

void Fleet::release(const NodeSlot& slot) {
  ASSERT(slot.node < size());
  Node& node = nodes_[slot.node];
  ASSERT(has(node, slot));
  const Shape& shape = shapes_[node.shape];
  const FreeOfNode before = free_of(node);
  std::uint32_t cores = 0;
  for (std::size_t word = 0; word < shape.words; ++word) {
    const std::uint64_t given = slot.cores[word];
    if (given == 0) continue;
    std::uint64_t& free = free_cores_[node.cores_at + word];
    ASSERT((free & given) == 0);
    free |= given;
    cores += bits_in(given);
  }
  ASSERT((slot.cards & node.free_card_bits) == 0);
  ASSERT(slot.memory_steps <= shape.memory_steps - node.free_memory);
  node.free_cores = static_cast<std::uint16_t>(node.free_cores + cores);
  node.free_cards = static_cast<std::uint8_t>(node.free_cards + bits_in(slot.cards));
  node.free_card_bits = static_cast<std::uint16_t>(node.free_card_bits | slot.cards);
  node.free_memory += slot.memory_steps;
  put_back(slot.node, before, node.available);
}

void Fleet::set_available(NodeIndex node, bool available) {
  ASSERT(node < size());
  const bool was_available = nodes_[node].available;
  if (was_available == available) return;
  nodes_[node].available = available;
  put_back(node, free_of(nodes_[node]), was_available);
}

/// cards | cores | memory | node: 5 + 10 + 24 + 25 bits.
std::uint64_t Fleet::order_key(const FreeOfNode& free, NodeIndex node) {
  return std::uint64_t{free.cards} << 59 | std::uint64_t{free.cores} << 49 | std::uint64_t{free.memory_steps} << 25 |
         node;
}

/// Puts a node that changed back into the index: where it stood, and where it stands.
void Fleet::put_back(NodeIndex index, const FreeOfNode& before, bool was_available) {
  const Node& node = nodes_[index];
  const FreeOfNode after = free_of(node);
  for (int word = 0; word < demands_.words(); ++word) {
    const std::uint64_t was = was_available ? demands_.fitting(before, word) : 0;
    const std::uint64_t is = node.available ? demands_.fitting(after, word) : 0;
    for (std::uint64_t changed = was ^ is; changed != 0; changed &= changed - 1) {
      const int bit = std::countr_zero(changed);
      DemandIndex& demand = indexes_[static_cast<std::size_t>(word * 64 + bit)];
      const bool fits = (is >> bit & 1) != 0;
      if (fits) {
        demand.fitting.insert(index);
      } else {
        demand.fitting.erase(index);
      }
      if (!demand.counts_racks) continue;
      if (fits) {
        demand.racks.add(node.rack);
      } else {
        demand.racks.remove(node.rack);
      }
    }
  }
  FreeOrder& order = shapes_[node.shape].order;
  const bool stood = was_available && before.cores > 0;
  const bool stands = node.available && after.cores > 0;
  if (stood && stands) {
    order.replace(order_key(before, index), order_key(after, index));
  } else if (stood) {
    order.erase(order_key(before, index));
  } else if (stands) {
    order.insert(order_key(after, index));
  }
}

}  // namespace dayan::place
