#include "place/fleet/rack_counts.h"

#include <algorithm>

namespace dayan::place {

void RackCounts::reset(RackIndex racks, int nodes_per_rack) {
  ASSERT(nodes_per_rack >= 0 && nodes_per_rack <= nodes_per_rack_max);
  count_.assign(racks, 0);
  with_.assign(static_cast<std::size_t>(nodes_per_rack) + 1, NodeSet{});
  for (NodeSet& set : with_) set.grow(racks);
  with_[0].assign([](RackIndex) { return true; });
}

void RackCounts::move(RackIndex rack, int to) {
  ASSERT(to >= 0 && static_cast<std::size_t>(to) < with_.size());
  with_[count_[rack]].erase(rack);
  with_[static_cast<std::size_t>(to)].insert(rack);
  count_[rack] = static_cast<std::uint16_t>(to);
}

RackIndex RackCounts::lowest(int members) const {
  RackIndex lowest = NodeSet::none;
  for (std::size_t n = static_cast<std::size_t>(members); n < with_.size(); ++n) {
    if (with_[n].size() > 0) lowest = std::min(lowest, with_[n].first());
  }
  return lowest;
}

RackIndex RackCounts::tightest(int members) const {
  for (std::size_t n = static_cast<std::size_t>(members); n < with_.size(); ++n) {
    if (with_[n].size() > 0) return with_[n].first();
  }
  return NodeSet::none;
}

std::int64_t RackCounts::bytes() const {
  auto bytes =
      static_cast<std::int64_t>(count_.capacity() * sizeof(std::uint16_t) + with_.capacity() * sizeof(NodeSet));
  for (const NodeSet& set : with_) bytes += set.bytes();
  return bytes;
}

bool RackCounts::is_sound() const {
  std::size_t racks = 0;
  for (const NodeSet& set : with_) {
    if (!set.is_sound()) return false;
    racks += set.size();
  }
  for (RackIndex rack = 0; rack < count_.size(); ++rack) {
    if (!with_[count_[rack]].contains(rack)) return false;
  }
  return racks == count_.size();
}

}  // namespace dayan::place
