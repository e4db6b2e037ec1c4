#include <algorithm>

#include "place/fleet/fleet.h"

/// Why not: computed when asked, over all nodes.

namespace dayan::place {
namespace {

/// The least amount that at least `wanted` of the lacks do not exceed; nothing when there are fewer of them.
std::optional<std::int64_t> enough(std::vector<std::int64_t>& lacks, std::int64_t wanted) {
  if (wanted < 1 || wanted > std::ssize(lacks)) return std::nullopt;
  const auto last = lacks.begin() + static_cast<std::ptrdiff_t>(wanted - 1);
  std::ranges::nth_element(lacks, last);
  return *last;
}

}  // namespace

Shortfall Fleet::shortfall(const NodeDemand& demand, int members) const {
  ASSERT(members >= 1);
  Shortfall why;
  std::vector<std::int64_t> cores;
  std::vector<std::int64_t> cards;
  std::vector<std::int64_t> memory;
  for (const Node& node : nodes_) {
    const FreeOfNode free = free_of(node);
    // A demand for memory is rounded up to steps: what is missing is told to the byte.
    const std::int64_t memory_lack = demand.memory.value() - (memory_step * free.memory_steps).value();
    const std::int64_t cores_lack = demand.cores.value() - free.cores;
    const std::int64_t cards_lack = demand.cards - free.cards;
    const bool shape_differs = demand.shape && *demand.shape != node.shape;
    const bool not_idle = demand.whole_node && !free.idle;
    const int faults =
        (memory_lack > 0) + (cores_lack > 0) + (cards_lack > 0) + shape_differs + not_idle + !node.available;
    if (faults > 1) {
      ++why.several;
    } else if (memory_lack > 0) {
      ++why.little_memory;
      memory.push_back(memory_lack);
    } else if (cores_lack > 0) {
      ++why.few_cores;
      cores.push_back(cores_lack);
    } else if (cards_lack > 0) {
      ++why.few_cards;
      cards.push_back(cards_lack);
    } else if (shape_differs) {
      ++why.other_shape;
    } else if (not_idle) {
      ++why.not_idle;
    } else if (!node.available) {
      ++why.unavailable;
    } else {
      ++why.fitting;
    }
  }
  const std::int64_t wanted = std::int64_t{members} - why.fitting;
  // A node without a free core fits nothing: no demand asks for less than one.
  std::erase_if(cores, [&](std::int64_t lack) { return lack >= demand.cores.value(); });
  if (const auto fewer = enough(cores, wanted)) why.fewer_cores = Cores(*fewer);
  if (const auto fewer = enough(cards, wanted)) why.fewer_cards = static_cast<int>(*fewer);
  if (const auto less = enough(memory, wanted)) why.less_memory = Bytes(*less);
  return why;
}

}  // namespace dayan::place
