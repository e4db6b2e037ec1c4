#pragma once

#include <span>
#include <vector>

/// The small linear program under the shares: maximise Σ y_k such that Σ_k y_k column_k ≤ capacity, y ≥ 0, with as
/// many rows as there are types of cards and a few dozen columns. A primal simplex on a dense table, from the empty
/// basis.

namespace dayan::place::share {

struct Mix {
  double total = 0;             ///< Σ y
  std::vector<double> amounts;  ///< y of each column
  std::vector<double> prices;   ///< the dual: of each row, in units of Σ y per unit of capacity; ≥ 0
};

/// `columns` holds them one after another, each with as many entries as `capacities`; entries ≥ 0, each column with
/// one above zero, capacities > 0. The total is always that of a feasible mix; it is the optimum unless the limit of
/// pivots (pivots_max) was met, which rounding alone could cause.
[[nodiscard]] Mix best_mix(std::span<const double> capacities, std::span<const double> columns);

inline constexpr int pivots_max = 2000;

}  // namespace dayan::place::share
