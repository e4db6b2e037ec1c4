#include "place/fleet/demand_table.h"

#include <algorithm>

namespace dayan::place {

std::size_t DemandTable::hash(const DemandKey& demand) {
  std::uint64_t mixed = demand.memory_steps;
  mixed = mixed << 32 | static_cast<std::uint64_t>(demand.cores) << 16 |
          static_cast<std::uint64_t>(demand.cards) << 9 | static_cast<std::uint64_t>(demand.shape + 1) << 1 |
          (demand.whole_node ? 1U : 0U);
  mixed *= 0x9e3779b97f4a7c15ULL;
  return static_cast<std::size_t>(mixed >> 54);  // the upper ten bits: `slots` is 1024
}

int DemandTable::find(const DemandKey& demand) const {
  for (std::size_t at = hash(demand);; at = (at + 1) % slots) {
    const int number = slot_[at] - 1;
    if (number < 0) return none;
    if (demands_[static_cast<std::size_t>(number)] == demand) return number;
  }
}

void DemandTable::put(int at, const DemandKey& demand) {
  ASSERT(at >= 0 && at <= size() && at < demands_max && find(demand) == none);
  if (at == size()) {
    demands_.push_back(demand);
  } else {
    demands_[static_cast<std::size_t>(at)] = demand;
  }
  rebuild();
}

// Done once for each demand that gets an index: a few hundred entries a demand, far less than that index costs.
void DemandTable::rebuild() {
  memory_levels_.clear();
  for (const DemandKey& demand : demands_) memory_levels_.push_back(demand.memory_steps);
  std::ranges::sort(memory_levels_);
  const auto repeated = std::ranges::unique(memory_levels_);
  memory_levels_.erase(repeated.begin(), repeated.end());
  tables_.assign(static_cast<std::size_t>(words()), Word{});
  slot_.fill(0);
  for (std::size_t number = 0; number < demands_.size(); ++number) {
    const DemandKey& demand = demands_[number];
    Word& word = tables_[number / 64];
    const std::uint64_t bit = std::uint64_t{1} << (number % 64);
    for (std::size_t cores = demand.cores; cores < word.cores.size(); ++cores) word.cores[cores] |= bit;
    for (std::size_t cards = demand.cards; cards < word.cards.size(); ++cards) word.cards[cards] |= bit;
    for (std::size_t rank = memory_rank(demand.memory_steps); rank < word.memory.size(); ++rank) {
      word.memory[rank] |= bit;
    }
    for (std::size_t shape = 0; shape < word.shapes.size(); ++shape) {
      if (demand.shape < 0 || static_cast<std::size_t>(demand.shape) == shape) word.shapes[shape] |= bit;
    }
    if (!demand.whole_node) word.part_nodes |= bit;
    std::size_t at = hash(demand);
    while (slot_[at] != 0) at = (at + 1) % slots;
    slot_[at] = static_cast<std::int16_t>(number + 1);
  }
}

std::int64_t DemandTable::bytes() const {
  return static_cast<std::int64_t>(tables_.capacity() * sizeof(Word) + demands_.capacity() * sizeof(DemandKey) +
                                   memory_levels_.capacity() * sizeof(std::uint32_t));
}

}  // namespace dayan::place
