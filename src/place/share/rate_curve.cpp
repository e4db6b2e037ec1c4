#include "place/share/rate_curve.h"

namespace dayan::place::share {

int rate_curve(std::span<const double> rates, std::span<const double> prices, Corner* corners) {
  int count = 0;
  double rate = 0;
  double price = 0;
  while (true) {
    int best = -1;
    double best_rise = 0;
    double best_run = 0;
    for (std::size_t type = 0; type < rates.size(); ++type) {
      const double run = rates[type] - rate;
      if (run <= 0) continue;
      const double rise = prices[type] - price;
      // The products compare the slopes rise / run; a run is above zero.
      const double left = rise * best_run;
      const double right = best_rise * run;
      if (best >= 0 && (left > right || (left == right && run <= best_run))) continue;
      best = static_cast<int>(type);
      best_rise = rise;
      best_run = run;
    }
    if (best < 0) return count;
    const auto type = static_cast<std::size_t>(best);
    // A faster card that costs less than the corner before would have been chosen before it: prices only grow here,
    // but for the rounding of the products.
    rate = rates[type];
    price = prices[type] > price ? prices[type] : price;
    corners[count++] = {rate, price, best};
  }
}

}  // namespace dayan::place::share
