#include "place/share/demand.h"

#include <algorithm>
#include <limits>

namespace dayan::place::share {
namespace {

/// Newton's steps on a piecewise linear function end by themselves; this many guards against rounding.
constexpr int newton_steps_max = 64;

}  // namespace

DemandCurves::DemandCurves(const Cluster& cluster, const std::vector<Needs>& needs)
    : cluster_(&cluster), needs_(&needs), level_max_(std::numeric_limits<double>::infinity()) {
  for (int kind = 0; kind < cluster.kinds(); ++kind) {
    const Needs& jobs = needs[static_cast<std::size_t>(kind)];
    if (jobs.empty()) continue;
    curves_.push_back({kind, 0});
    level_max_ = std::min(level_max_, std::ranges::max(cluster.rates_of(kind)) / jobs.rate_max());
  }
  corners_.resize(curves_.size() * cluster.card_counts.size());
}

void DemandCurves::set_prices(std::span<const double> prices) {
  Corner* corners = corners_.data();
  for (Curve& curve : curves_) {
    curve.corners = rate_curve(cluster_->rates_of(curve.kind), prices, corners);
    corners += cluster_->card_counts.size();
  }
}

Demand DemandCurves::at(double level) const {
  Demand demand;
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    const Needs& jobs = (*needs_)[static_cast<std::size_t>(curves_[i].kind)];
    const Corner* corner = corners_of(i);
    Corner from{0, 0, -1};
    std::size_t begin = 0;
    for (int c = 0; c < curves_[i].corners && begin < jobs.size(); ++c, ++corner) {
      const bool last = c + 1 == curves_[i].corners;
      const std::size_t end = last ? jobs.size() : jobs.up_to(corner->rate / level, begin);
      if (end > begin) {
        const double run = corner->rate - from.rate;
        const double scale = jobs.scale_sum(end) - jobs.scale_sum(begin);
        const double need = jobs.need_sum(end) - jobs.need_sum(begin);
        const double up = (level * need - from.rate * scale) / run;
        demand.cards[static_cast<std::size_t>(corner->type)] += up;
        if (from.type >= 0) demand.cards[static_cast<std::size_t>(from.type)] += scale - up;
        const double rise = (corner->price - from.price) / run;
        demand.cost += from.price * scale + rise * (level * need - from.rate * scale);
        demand.slope += rise * need;
      }
      from = *corner;
      begin = end;
    }
  }
  return demand;
}

int DemandCurves::go_to_budget(double budget, double& level, Demand& demand) const {
  int evaluations = 0;
  if (demand.cost < budget && level < level_max_) {
    const double up = demand.slope > 0 ? level + (budget - demand.cost) / demand.slope : level_max_;
    level = std::min(up, level_max_);
    demand = at(level);
    ++evaluations;
  }
  while (demand.cost > budget && evaluations < newton_steps_max) {
    const double next = level - (demand.cost - budget) / demand.slope;
    if (!(next < level) || next <= 0) break;
    level = next;
    demand = at(level);
    ++evaluations;
  }
  return evaluations;
}

}  // namespace dayan::place::share
