#pragma once

#include <span>

#include "base/result.h"
#include "place/share/work.h"

/// Gavel's max-min program as it is written in its paper, given to CLP, Debian's linear solver: the peer and the
/// check.

namespace dayan::bench {

struct SolverLevel {
  double level = 0;
  double seconds = 0;  ///< CPU, of the solver alone: the program is built before
};

/// Errors: unavailable when CLP ends without an optimum.
[[nodiscard]] Result<SolverLevel> solve_by_clp(const place::share::Cluster& cluster,
                                               std::span<const place::share::Work> works);

}  // namespace dayan::bench
