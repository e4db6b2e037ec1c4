#pragma once

#include <span>
#include <vector>

/// The cheapest way to each rate of work when every type of card has a price: the lower convex hull of the points
/// (rate, price) and the origin, which is the card not used. A job that needs a rate between two corners divides its
/// time between their two types; what it pays is convex in the rate.

namespace dayan::place::share {

/// A corner of the curve: all the time on cards of `type` gives `rate` at `price`.
struct Corner {
  double rate = 0;
  double price = 0;
  int type = 0;
};

/// Writes the corners above the origin, by growing rate, to `corners` (room for one a type) and says how many. Types
/// of rate zero are no corners. Of equal slopes the farther corner is taken, of equal points the first type: the same
/// prices give the same curve.
[[nodiscard]] int rate_curve(std::span<const double> rates, std::span<const double> prices, Corner* corners);

}  // namespace dayan::place::share
