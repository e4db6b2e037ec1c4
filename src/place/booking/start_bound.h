#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"

namespace dayan::place {

/// What is known of one calendar from the answers it gave: a request for no fewer nodes and no less time than an
/// earlier one cannot start before that one could, as long as nothing was freed since. So a search need not walk
/// again over the gaps that were too small for less.
///
/// A table of latest known starts, by sizes of nodes and of time in steps of a sixteenth of an octave, as a
/// two-dimensional Fenwick tree of maxima: about a hundred table entries a question.
class StartBound {
 public:
  /// Learns from requests of up to `nodes_max` nodes.
  explicit StartBound(std::int64_t nodes_max);

  /// A request for `nodes` and `wall_time` could not start before `start`.
  void learn(std::int64_t nodes, Duration wall_time, UnixTime start);
  /// No start before this is possible for such a request; UnixTime() when nothing is known.
  [[nodiscard]] UnixTime known(std::int64_t nodes, Duration wall_time) const;
  /// Something was freed: nothing is known any more.
  void forget() { ++age_; }

 private:
  struct Cell {
    std::int64_t start = 0;
    std::uint64_t age = 0;
  };

  std::uint32_t rows_;
  std::vector<Cell> cells_;
  std::uint64_t age_ = 1;  ///< cells of another age are empty
};

}  // namespace dayan::place
