#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "model/command.h"

/// A plan in parts, each a command of its own: so large plans are made, and other commands come between their parts.

namespace dayan::core {

/// Parts of at most so many assignments, in order; what is to be taken back goes with the last. None of nothing.
[[nodiscard]] inline std::vector<CommitPlan> plan_parts(std::vector<Assignment> assignments,
                                                        std::vector<Reclaim> reclaims, std::size_t most) {
  std::vector<CommitPlan> parts;
  for (std::size_t from = 0; from < assignments.size(); from += most) {
    const auto begin = assignments.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(most, assignments.size() - from));
    parts.push_back({{std::make_move_iterator(begin), std::make_move_iterator(end)}});
  }
  if (!reclaims.empty() && parts.empty()) parts.emplace_back();
  if (!parts.empty()) parts.back().reclaims = std::move(reclaims);
  return parts;
}

}  // namespace dayan::core
