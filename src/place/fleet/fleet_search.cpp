#include <algorithm>

#include "place/fleet/fleet.h"

/// How a fleet finds nodes; nothing here changes what is free.

namespace dayan::place {
namespace {

std::uint64_t key_at(std::uint64_t cards, std::uint64_t cores, std::uint64_t memory_steps) {
  return cards << 59 | cores << 49 | memory_steps << 25;
}
std::uint64_t cards_in(std::uint64_t key) { return key >> 59; }
std::uint64_t cores_in(std::uint64_t key) { return key >> 49 & 0x3ff; }
std::uint64_t memory_in(std::uint64_t key) { return key >> 25 & 0xffffff; }
NodeIndex node_in(std::uint64_t key) { return static_cast<NodeIndex>(key & 0x1ffffff); }

}  // namespace

NodeIndex Fleet::lowest(const DemandKey& key) {
  const int number = demands_.find(key);
  if (number != DemandTable::none) {
    DemandIndex& index = indexes_[static_cast<std::size_t>(number)];
    index.used = ++questions_;
    return index.fitting.first();
  }
  return lowest(key, 1) ? found_[0] : NodeSet::none;
}

/// Finds the lowest `members` nodes that fit; false when there are not so many.
bool Fleet::lowest(const DemandKey& key, std::size_t members) {
  found_.clear();
  int number = demands_.find(key);
  if (number == DemandTable::none) {
    const NodeSet& wider = indexes_[static_cast<std::size_t>(tightest_relaxation(key))].fitting;
    const std::uint32_t looks_max = std::max(looks_min, size() / nodes_per_look);
    std::uint32_t& looks = looks_[DemandTable::hash(key)];
    NodeIndex node = wider.first();
    for (; node != NodeSet::none && looks < looks_max; node = wider.next(node + 1)) {
      if (!key.fits(free_of(nodes_[node]))) {
        ++looks;
        continue;
      }
      found_.push_back(node);
      if (found_.size() == members) return true;
    }
    if (node == NodeSet::none) return false;
    looks = 0;
    found_.clear();
    number = make_index(key);
  }
  DemandIndex& index = indexes_[static_cast<std::size_t>(number)];
  index.used = ++questions_;
  if (index.fitting.size() < members) return false;
  NodeIndex node = index.fitting.first();
  for (; found_.size() + 1 < members; node = index.fitting.next(node + 1)) found_.push_back(node);
  found_.push_back(node);
  return true;
}

/// The demand with the smallest set that holds every node that fits `key`.
int Fleet::tightest_relaxation(const DemandKey& key) const {
  int tightest = 0;
  for (int number = 1; number < demands_.size(); ++number) {
    if (!demands_.demand(number).relaxes(key)) continue;
    if (indexes_[static_cast<std::size_t>(number)].fitting.size() <
        indexes_[static_cast<std::size_t>(tightest)].fitting.size()) {
      tightest = number;
    }
  }
  return tightest;
}

int Fleet::index_of(const DemandKey& key) {
  int number = demands_.find(key);
  if (number == DemandTable::none) number = make_index(key);
  indexes_[static_cast<std::size_t>(number)].used = ++questions_;
  return number;
}

/// Gives a demand a set of its own, instead of the demand that was asked least recently when there are too many.
int Fleet::make_index(const DemandKey& key) {
  int number = demands_.size();
  if (number == DemandTable::demands_max) {
    number = 1;  // not 0, with which every search can begin
    for (int other = 2; other < demands_.size(); ++other) {
      if (indexes_[static_cast<std::size_t>(other)].used < indexes_[static_cast<std::size_t>(number)].used)
        number = other;
    }
  } else {
    indexes_.emplace_back();
  }
  demands_.put(number, key);
  DemandIndex& index = indexes_[static_cast<std::size_t>(number)];
  index.counts_racks = false;
  index.racks = RackCounts{};
  index.fitting.grow(indexes_[0].fitting.limit());
  index.fitting.assign(
      [&](NodeIndex node) { return node < size() && nodes_[node].available && key.fits(free_of(nodes_[node])); });
  return number;
}

void Fleet::count_racks(int number) {
  DemandIndex& index = indexes_[static_cast<std::size_t>(number)];
  if (index.counts_racks) return;
  index.counts_racks = true;
  index.racks.reset(static_cast<RackIndex>(racks_.size()) * 2, rack_nodes_max_);  // room for racks that join
  for (NodeIndex node = index.fitting.first(); node != NodeSet::none; node = index.fitting.next(node + 1)) {
    index.racks.add(nodes_[node].rack);
  }
}

/// The least key ≥ `from` in the order of a shape whose node fits.
std::uint64_t Fleet::next_best(const Shape& shape, const DemandKey& key, std::uint64_t from) const {
  // Idle nodes come last, since they have most of everything.
  std::uint64_t at = key.whole_node ? key_at(shape.cards, shape.cores, shape.memory_steps)
                                    : key_at(key.cards, key.cores, key.memory_steps);
  at = std::max(at, from);
  for (;;) {
    const std::uint64_t next = shape.order.next(at);
    if (next == FreeOrder::none) return next;
    if (cores_in(next) < key.cores) {
      at = key_at(cards_in(next), key.cores, key.memory_steps);
    } else if (memory_in(next) < key.memory_steps) {
      at = key_at(cards_in(next), cores_in(next), key.memory_steps);
    } else {
      return next;
    }
  }
}

NodeIndex Fleet::best(const DemandKey& key) const {
  std::uint64_t best = FreeOrder::none;
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    const Shape& shape = shapes_[i];
    if (key.shape >= 0 && static_cast<std::size_t>(key.shape) != i) continue;
    if (key.cores > shape.cores || key.cards > shape.cards || key.memory_steps > shape.memory_steps) continue;
    best = std::min(best, next_best(shape, key, 0));
  }
  return best == FreeOrder::none ? NodeSet::none : node_in(best);
}

/// Finds the first `members` nodes that fit, in the order of what they have left; false when there are not so many.
bool Fleet::best(const DemandKey& key, std::size_t members) {
  found_.clear();
  ordered_.assign(shapes_.size(), FreeOrder::none);  // of each shape, the next node that fits
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    const Shape& shape = shapes_[i];
    if (key.shape >= 0 && static_cast<std::size_t>(key.shape) != i) continue;
    if (key.cores > shape.cores || key.cards > shape.cards || key.memory_steps > shape.memory_steps) continue;
    ordered_[i] = next_best(shape, key, 0);
  }
  while (found_.size() < members) {
    const auto least = std::ranges::min_element(ordered_);
    if (least == ordered_.end() || *least == FreeOrder::none) return false;
    found_.push_back(node_in(*least));
    *least = next_best(shapes_[static_cast<std::size_t>(least - ordered_.begin())], key, *least + 1);
  }
  return true;
}

bool Fleet::in_rack(const DemandKey& key, std::size_t members, FitPolicy policy) {
  found_.clear();
  if (members > static_cast<std::size_t>(rack_nodes_max_)) return false;
  const int number = index_of(key);
  count_racks(number);
  const DemandIndex& index = indexes_[static_cast<std::size_t>(number)];
  const auto wanted = static_cast<int>(members);
  const RackIndex chosen = policy == FitPolicy::first ? index.racks.lowest(wanted) : index.racks.tightest(wanted);
  if (chosen == NodeSet::none) return false;
  const Rack& rack = racks_[chosen];
  const NodeIndex end = rack.first + rack.nodes;
  if (policy == FitPolicy::first) {
    for (NodeIndex node = rack.first; found_.size() < members; ++node) {
      node = index.fitting.next(node);
      ASSERT(node < end);
      found_.push_back(node);
    }
    return true;
  }
  ordered_.clear();
  for (NodeIndex node = index.fitting.next(rack.first); node < end; node = index.fitting.next(node + 1)) {
    ordered_.push_back(order_key(free_of(nodes_[node]), node));
  }
  ASSERT(ordered_.size() >= members);
  std::ranges::partial_sort(ordered_, ordered_.begin() + static_cast<std::ptrdiff_t>(members));
  for (std::size_t i = 0; i < members; ++i) found_.push_back(node_in(ordered_[i]));
  return true;
}

std::uint32_t Fleet::count_fitting(const NodeDemand& demand) {
  DemandKey key;
  if (!key_of(demand, key)) return 0;
  return indexes_[static_cast<std::size_t>(index_of(key))].fitting.size();
}

}  // namespace dayan::place
