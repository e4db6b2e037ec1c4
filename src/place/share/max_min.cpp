#include "place/share/max_min.h"

#include <algorithm>

#include "base/assert.h"
#include "place/share/packing_program.h"

namespace dayan::place::share {
namespace {

/// The whole cluster costs this: Σ price × count.
constexpr double budget = 1;
/// Columns held at most; the oldest that bring nothing go first.
constexpr std::size_t columns_max = 64;
/// What the shares are scaled down by, so that rounding in their sums does not exceed a count of cards.
constexpr double rounding_reserve = 1e-12;

bool in_range(double value) { return value >= measure_min && value <= measure_max; }

}  // namespace

Result<MaxMinShares> MaxMinShares::make(Cluster cluster) {
  const auto types = cluster.card_counts.size();
  if (types == 0 || types > card_types_max)
    return fail(ErrorCode::invalid, std::to_string(types) + " types of cards",
                "1 to " + std::to_string(card_types_max) + " types", "card_counts");
  if (cluster.rates.size() % types != 0)
    return fail(ErrorCode::invalid,
                std::to_string(cluster.rates.size()) + " rates for " + std::to_string(types) + " types",
                "one rate for each kind and type", "rates");
  MaxMinShares shares;
  double all = 0;
  for (std::size_t g = 0; g < types; ++g) {
    const double count = cluster.card_counts[g];
    if (count != 0 && !in_range(count))
      return fail(ErrorCode::invalid, std::to_string(count) + " cards", "a number from 0 to 1e12",
                  "card_counts[" + std::to_string(g) + "]");
    if (count > 0) shares.types_.push_back(static_cast<int>(g));
    all += count;
  }
  if (all <= 0) return fail(ErrorCode::invalid, "the cluster has no cards", "a type with cards", "card_counts");
  for (std::size_t i = 0; i < cluster.rates.size(); ++i)
    if (cluster.rates[i] != 0 && !in_range(cluster.rates[i]))
      return fail(ErrorCode::invalid, std::to_string(cluster.rates[i]) + " is not a rate",
                  "0, or a number from 1e-9 to 1e12",
                  "rates[" + std::to_string(i / types) + "][" + std::to_string(i % types) + "]");
  for (const int g : shares.types_)
    shares.cluster_.card_counts.push_back(cluster.card_counts[static_cast<std::size_t>(g)]);
  for (int kind = 0; kind < cluster.kinds(); ++kind) {
    const auto rates = cluster.rates_of(kind);
    double mean = 0;
    for (const int g : shares.types_) {
      const auto type = static_cast<std::size_t>(g);
      shares.cluster_.rates.push_back(rates[type]);
      mean += cluster.card_counts[type] * rates[type];
    }
    shares.means_.push_back(mean / all);
  }
  shares.needs_.resize(static_cast<std::size_t>(cluster.kinds()));
  shares.whole_ = std::move(cluster);
  return shares;
}

Result<double> MaxMinShares::need_of(const Work& work) const {
  if (count_ >= jobs_max) return fail(ErrorCode::exhausted, "too many jobs", "at most " + std::to_string(jobs_max));
  if (work.kind < 0 || work.kind >= whole_.kinds())
    return fail(ErrorCode::invalid, std::to_string(work.kind) + " is no kind of work of the cluster",
                "0 to " + std::to_string(whole_.kinds() - 1), "kind");
  if (!in_range(work.weight))
    return fail(ErrorCode::invalid, std::to_string(work.weight) + " is not a weight", "a number from 1e-9 to 1e12",
                "weight");
  if (work.scale < 1 || work.scale > scale_max)
    return fail(ErrorCode::invalid, std::to_string(work.scale) + " cards at a time",
                "1 to " + std::to_string(scale_max), "scale");
  const double mean = means_[static_cast<std::size_t>(work.kind)];
  if (mean <= 0)
    return fail(ErrorCode::invalid, "kind " + std::to_string(work.kind) + " runs on no card of the cluster",
                "a kind with a rate above zero on a type that has cards", "kind");
  return work.weight * mean / work.scale;
}

Result<std::uint32_t> MaxMinShares::add(const Work& work) {
  TRY(const double need, need_of(work));
  auto job = static_cast<std::uint32_t>(slots_.size());
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    job = free_.back();
    free_.pop_back();
  }
  slots_[job] = {work.kind, need};
  needs_[static_cast<std::size_t>(work.kind)].add({need, static_cast<double>(work.scale), job});
  ++count_;
  return job;
}

Result<std::uint32_t> MaxMinShares::add_all(std::span<const Work> works) {
  if (works.size() > jobs_max - std::min(jobs_max, slots_.size()))
    return fail(ErrorCode::exhausted, "too many jobs", "at most " + std::to_string(jobs_max));
  std::vector<std::vector<Needs::Need>> by_kind(needs_.size());
  std::vector<Slot> slots;
  slots.reserve(works.size());
  const auto first = static_cast<std::uint32_t>(slots_.size());
  for (const Work& work : works) {
    TRY(const double need, need_of(work));
    const auto job = first + static_cast<std::uint32_t>(slots.size());
    by_kind[static_cast<std::size_t>(work.kind)].push_back({need, static_cast<double>(work.scale), job});
    slots.push_back({work.kind, need});
  }
  for (std::size_t kind = 0; kind < by_kind.size(); ++kind)
    if (!by_kind[kind].empty()) needs_[kind].add_all(std::move(by_kind[kind]));
  slots_.insert(slots_.end(), slots.begin(), slots.end());
  count_ += works.size();
  return first;
}

void MaxMinShares::remove(std::uint32_t job) {
  ASSERT(job < slots_.size() && slots_[job].kind >= 0);
  needs_[static_cast<std::size_t>(slots_[job].kind)].remove(slots_[job].need, job);
  slots_[job] = {};
  free_.push_back(job);
  --count_;
}

MaxMinShares::Column MaxMinShares::column_of(std::vector<double> prices, double level, const Demand& demand) const {
  Column column{std::move(prices), level, std::vector<double>(types_.size()), 0};
  for (std::size_t g = 0; g < types_.size(); ++g) column.demand[g] = std::max(0.0, demand.cards[g]) / level;
  return column;
}

/// Demand at prices, from the level that is known to bound; where it costs more than the budget the bound comes down.
void MaxMinShares::look_at(DemandCurves& curves, std::vector<double> prices) {
  curves.set_prices(prices);
  double level = answer_.bound;
  Demand demand = curves.at(level);
  ++answer_.evaluations;
  if (demand.cost > budget) {
    answer_.evaluations += curves.go_to_budget(budget, level, demand);
    answer_.bound = level;
    best_prices_ = prices;
  }
  columns_.push_back(column_of(std::move(prices), level, demand));
}

/// The first columns: at the prices that carried the last solution, or at equal parts of the budget for each type.
void MaxMinShares::start(DemandCurves& curves) {
  std::vector<Column> before = std::move(columns_);
  columns_.clear();
  if (best_prices_.empty()) {
    for (const double count : cluster_.card_counts) best_prices_.push_back(budget / (count * cluster_.types()));
  }
  // The last level, a little raised: the best prices then bring the bound down to where it is.
  curves.set_prices(best_prices_);
  double level = answer_.level > 0 ? std::min(answer_.level, curves.level_max()) : curves.level_max();
  Demand demand = curves.at(level);
  answer_ = {};
  answer_.evaluations = 1 + curves.go_to_budget(budget, level, demand);
  answer_.bound = level;
  columns_.push_back(column_of(best_prices_, level, demand));
  for (Column& column : before)
    if (column.amount > 0 && column.prices != best_prices_) look_at(curves, std::move(column.prices));
}

void MaxMinShares::mix() {
  std::vector<double> entries;
  for (const Column& column : columns_) entries.insert(entries.end(), column.demand.begin(), column.demand.end());
  const Mix best = best_mix(cluster_.card_counts, entries);
  double total = 0;
  for (std::size_t g = 0; g < types_.size(); ++g) total += best.prices[g] * cluster_.card_counts[g];
  next_prices_ = best.prices;
  for (double& price : next_prices_) price *= budget / total;
  // Cards may allow more than the jobs' own time, and rounding more than the cards: the mix is cut down to both.
  double excess = best.total / answer_.bound;
  for (std::size_t g = 0; g < types_.size(); ++g) {
    double used = 0;
    for (std::size_t k = 0; k < columns_.size(); ++k) used += best.amounts[k] * columns_[k].demand[g];
    excess = std::max(excess, used / cluster_.card_counts[g]);
  }
  const double cut = (1 - rounding_reserve) / std::max(1.0, excess);
  for (std::size_t k = 0; k < columns_.size(); ++k) columns_[k].amount = best.amounts[k] * cut;
  answer_.level = best.total * cut;
}

const Level& MaxMinShares::solve() {
  if (count_ == 0) {
    columns_.clear();
    return answer_ = {};
  }
  DemandCurves curves(cluster_, needs_);
  start(curves);
  mix();
  while (answer_.level < answer_.bound * (1 - gap_max) && answer_.evaluations < evaluations_max) {
    look_at(curves, next_prices_);
    forget();
    mix();
  }
  answer_.prices.assign(whole_.card_counts.size(), 0);
  for (std::size_t g = 0; g < types_.size(); ++g)
    answer_.prices[static_cast<std::size_t>(types_[g])] = best_prices_[g];
  std::erase_if(columns_, [](const Column& column) { return column.amount <= 0; });
  return answer_;
}

void MaxMinShares::forget() {
  for (std::size_t k = 0; k < columns_.size() && columns_.size() > columns_max;) {
    if (columns_[k].amount > 0) {
      ++k;
    } else {
      columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(k));
    }
  }
}

std::vector<Way> MaxMinShares::ways_of(int kind) const {
  std::vector<Way> ways;
  for (const Column& column : columns_) {
    Way way{{}, 0, column.level, column.amount / column.level};
    way.count = rate_curve(cluster_.rates_of(kind), column.prices, way.corners.data());
    for (Corner& corner : way.corners) corner.type = types_[static_cast<std::size_t>(corner.type)];
    const auto same = std::ranges::find_if(ways, [&](const Way& other) { return other.leads_along(way); });
    if (same == ways.end()) {
      ways.push_back(way);
    } else {
      same->part += way.part;
    }
  }
  return ways;
}

void MaxMinShares::share_of(std::uint32_t job, std::span<double> share) const {
  ASSERT(share.size() == whole_.card_counts.size() && job < slots_.size());
  std::ranges::fill(share, 0.0);
  if (slots_[job].kind < 0) return;
  for (const Way& way : ways_of(slots_[job].kind)) {
    int corner = 0;
    way.add_times(slots_[job].need, corner, share.data());
  }
}

void MaxMinShares::shares(std::vector<double>& shares) const {
  const std::size_t types = whole_.card_counts.size();
  shares.assign(slots_.size() * types, 0);
  for (std::size_t kind = 0; kind < needs_.size(); ++kind) {
    if (needs_[kind].empty()) continue;
    for (const Way& way : ways_of(static_cast<int>(kind))) {
      int corner = 0;
      for (const Needs::Need& need : needs_[kind].all())
        way.add_times(need.rate, corner, shares.data() + need.job * types);
    }
  }
}

}  // namespace dayan::place::share
