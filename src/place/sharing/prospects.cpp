#include "place/sharing/prospects.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "place/sharing/steps.h"

namespace dayan::place::sharing {
namespace {

/// Of the pieces that will come for each partly taken card, the part that K counts; the rest goes to better matches.
/// Chosen on lists made for it (docs/performance.md): 0.3 is as good, 1 gives out up to 0.2 % less at first.
constexpr double choosiness = 0.5;
constexpr int draws_min = 2;
constexpr int draws_max = 100;

/// What cards are taken by, one card at a time: a whole card, or a fraction.
struct Pieces {
  std::vector<std::int32_t> sizes;  ///< rising
  std::vector<double> shares;       ///< of all pieces; parallel
  double mean = 0;                  ///< thousandths
};

Pieces pieces_of(std::span<const Counted> mix) {
  std::vector<std::int32_t> asked;
  for (const auto& [demand, arrivals] : mix) {
    if (demand.cards > 0 && arrivals > 0) asked.push_back(demand.of_each);
  }
  Pieces pieces{steps_of(std::move(asked)), {}, 0};
  std::vector<std::int64_t> counts(pieces.sizes.size(), 0);
  std::int64_t all = 0;
  for (const auto& [demand, arrivals] : mix) {
    if (demand.cards == 0) continue;
    const std::int64_t count = demand.cards * arrivals;
    if (count > 0) counts[step_reaching(pieces.sizes, demand.of_each)] += count;
    all += count;
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    pieces.shares.push_back(static_cast<double>(counts[i]) / static_cast<double>(all));
    pieces.mean += pieces.shares.back() * pieces.sizes[i];
  }
  return pieces;
}

/// By products, so that every machine rounds alike.
double power(double base, int exponent) {
  double result = 1;
  for (double square = base; exponent > 0; exponent /= 2, square *= square) {
    if (exponent % 2 != 0) result *= square;
  }
  return result;
}

/// One piece that a card could take next.
struct Way {
  std::int32_t size = 0;
  double use = 0;
  double share = 0;
};

/// The mean of the best of `draws`: way i is the best when none before it was drawn, but it was.
double mean_of_best(std::vector<Way>& ways, int draws) {
  std::ranges::sort(ways,
                    [](const Way& a, const Way& b) { return std::tie(b.use, a.size) < std::tie(a.use, b.size); });
  double mean = 0;
  double left = 1;
  double none_before = 1;
  for (const Way& way : ways) {
    left = std::max(0.0, left - way.share);
    const double none = power(left, draws);
    mean += way.use * (none_before - none);
    none_before = none;
  }
  return mean;
}

}  // namespace

Prospects::Prospects() {
  for (std::size_t free = 0; free < of_.size(); ++free) of_[free] = static_cast<std::int32_t>(free) * weight_unit;
}

Prospects::Prospects(std::span<const Counted> mix, int draws) {
  ASSERT(draws >= 1);
  const Pieces pieces = pieces_of(mix);
  std::array<double, whole_card + 1> use{};
  std::vector<Way> ways;
  for (std::size_t free = 1; free <= whole_card; ++free) {
    const std::size_t fitting = steps_within(pieces.sizes, static_cast<std::int32_t>(free));
    ways.clear();
    for (std::size_t i = 0; i < fitting; ++i) {
      const auto size = static_cast<std::size_t>(pieces.sizes[i]);
      ways.push_back({pieces.sizes[i], static_cast<double>(size) + use[free - size], pieces.shares[i]});
    }
    use[free] = mean_of_best(ways, draws);
    of_[free] = static_cast<std::int32_t>(std::min(use[free], static_cast<double>(free)) * weight_unit);
  }
}

int draws_for(std::span<const Counted> mix, std::span<const Node> nodes) {
  const Pieces pieces = pieces_of(mix);
  if (pieces.sizes.empty()) return draws_min;
  std::array<double, whole_card + 1> useful{};  // which part of the pieces could use a partly taken card
  double share = 0;
  for (std::size_t free = 1, step = 0; free < whole_card; ++free) {
    while (step < pieces.sizes.size() && std::cmp_less_equal(pieces.sizes[step], free))
      share += pieces.shares[step++];
    useful[free] = share;
  }
  double idle = 0;
  double partly_taken = 1;
  for (const Node& node : nodes) {
    idle += node.whole;
    for (std::size_t i = 0; i < node.cards; ++i) partly_taken += useful[static_cast<std::size_t>(node.free[i])];
  }
  const double to_come = idle * whole_card / pieces.mean;
  return static_cast<int>(std::clamp<double>(choosiness * to_come / partly_taken, draws_min, draws_max));
}

}  // namespace dayan::place::sharing
