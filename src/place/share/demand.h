#pragma once

#include <array>
#include <span>
#include <vector>

#include "place/share/needs.h"
#include "place/share/rate_curve.h"
#include "place/share/work.h"

/// What all jobs together ask of the cards at a price for each type, when each reaches a common level the cheapest
/// way.

namespace dayan::place::share {

struct Demand {
  std::array<double, card_types_max> cards{};  ///< of each type, on average over time
  double cost = 0;                             ///< Σ cards × price
  double slope = 0;                            ///< how fast the cost grows with the level, to its left
};

class DemandCurves {
 public:
  /// Curves of the kinds that have jobs. Both arguments must outlive it and not change meanwhile.
  DemandCurves(const Cluster& cluster, const std::vector<Needs>& needs);

  void set_prices(std::span<const double> prices);
  /// O(kinds × types × log jobs). The level is at most `level_max()`.
  [[nodiscard]] Demand at(double level) const;
  /// From `level`, where the demand is `demand`, to the greatest level at most `level_max()` whose demand costs no
  /// more than `budget`, up to rounding. Newton on a convex function: one step may go up, all others come down from
  /// above. Says how often demand was computed.
  int go_to_budget(double budget, double& level, Demand& demand) const;

  /// The greatest level that the cards' speed alone allows: some job then spends all its time on its fastest card.
  [[nodiscard]] double level_max() const { return level_max_; }

 private:
  struct Curve {
    int kind = 0;
    int corners = 0;
  };
  [[nodiscard]] const Corner* corners_of(std::size_t curve) const {
    return corners_.data() + curve * static_cast<std::size_t>(cluster_->types());
  }

  const Cluster* cluster_;
  const std::vector<Needs>* needs_;
  std::vector<Curve> curves_;    ///< one a kind with jobs
  std::vector<Corner> corners_;  ///< of curve i from i × types on
  double level_max_ = 0;
};

}  // namespace dayan::place::share
