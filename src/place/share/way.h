#pragma once

#include <algorithm>
#include <array>

#include "place/share/rate_curve.h"
#include "place/share/work.h"

/// One way in which the jobs of a kind divide their time between the types of cards.

namespace dayan::place::share {

struct Way {
  std::array<Corner, card_types_max> corners{};
  int count = 0;
  double level = 0;  ///< a job needs level × its need
  double part = 0;   ///< how much of this way is in the mix

  /// Two ways that pass the same corners to the same level are one.
  [[nodiscard]] bool leads_along(const Way& other) const {
    return level == other.level && std::equal(corners.begin(), corners.begin() + count, other.corners.begin(),
                                              other.corners.begin() + other.count,
                                              [](const Corner& a, const Corner& b) { return a.type == b.type; });
  }
  /// Adds the times of a job with this need to its row. `corner` is where the search starts, 0 for the first job:
  /// needs that grow from call to call only move it on.
  void add_times(double need, int& corner, double* row) const {
    const double rate = level * need;
    while (corner + 1 < count && rate > corners[static_cast<std::size_t>(corner)].rate) ++corner;
    const auto at = static_cast<std::size_t>(corner);
    const double below = corner > 0 ? corners[at - 1].rate : 0;
    const double upper = part * std::min((rate - below) / (corners[at].rate - below), 1.0);
    row[corners[at].type] += upper;
    if (corner > 0) row[corners[at - 1].type] += part - upper;
  }
};

}  // namespace dayan::place::share
