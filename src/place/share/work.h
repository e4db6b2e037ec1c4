#pragma once

#include <cstdint>
#include <span>
#include <vector>

/// What the shares are made of: types of cards, kinds of work and how fast each kind runs on each type.

namespace dayan::place::share {

/// More types of cards than this in one cluster are refused: every solution carries a price for each.
inline constexpr int card_types_max = 16;
/// Scale factors above this are refused: more cards than any gang of today, and sums of them stay exact.
inline constexpr int scale_max = 1'000'000;
/// Weights, rates and their quotients stay within these, so that no product leaves the range of a double.
inline constexpr double measure_min = 1e-9;
inline constexpr double measure_max = 1e12;

/// The cards of a cluster and the measured rates: rates[kind × card types + type], in steps per second (any unit of
/// work per unit of time, the same along a row). Zero: the kind does not run there.
struct Cluster {
  std::vector<double> card_counts;  ///< cards of each type; zero is allowed, not all of them
  std::vector<double> rates;

  [[nodiscard]] int types() const { return static_cast<int>(card_counts.size()); }
  [[nodiscard]] int kinds() const {
    return card_counts.empty() ? 0 : static_cast<int>(rates.size() / card_counts.size());
  }
  [[nodiscard]] std::span<const double> rates_of(int kind) const {
    return std::span(rates).subspan(static_cast<std::size_t>(kind) * card_counts.size(), card_counts.size());
  }
};

/// One job: what it runs, how much more it counts than a job of weight 1, and on how many cards at a time.
struct Work {
  int kind = 0;
  double weight = 1;
  int scale = 1;
};

}  // namespace dayan::place::share
