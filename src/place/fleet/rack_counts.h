#pragma once

#include <cstdint>
#include <vector>

#include "place/fleet/node.h"
#include "place/fleet/node_set.h"

namespace dayan::place {

/// For one demand: how many nodes of each rack fit it, and for each number the racks with just so many. So the lowest
/// rack with at least g and the fullest one with at least g are found by at most 256 looks at small sets.
class RackCounts {
 public:
  /// Empties everything. `racks` racks of at most `nodes_per_rack` nodes, all with nothing that fits.
  void reset(RackIndex racks, int nodes_per_rack);

  /// Whether a rack of that size is among those it was made for;.
  [[nodiscard]] bool holds(RackIndex rack, int nodes) const {
    return rack < count_.size() && static_cast<std::size_t>(nodes) < with_.size();
  }
  [[nodiscard]] int count(RackIndex rack) const { return count_[rack]; }
  void add(RackIndex rack) { move(rack, count_[rack] + 1); }
  void remove(RackIndex rack) { move(rack, count_[rack] - 1); }

  /// The lowest rack in which at least `members` nodes fit, or NodeSet::none.
  [[nodiscard]] RackIndex lowest(int members) const;
  /// The rack with the fewest nodes that fit, but at least `members`; the lowest of those. NodeSet::none: no rack.
  [[nodiscard]] RackIndex tightest(int members) const;

  [[nodiscard]] std::int64_t bytes() const;
  [[nodiscard]] bool is_sound() const;

 private:
  void move(RackIndex rack, int to);

  std::vector<std::uint16_t> count_;
  std::vector<NodeSet> with_;  ///< with_[n]: the racks with n
};

}  // namespace dayan::place
