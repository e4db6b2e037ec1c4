#include "place/market.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "place/cost/assigner.h"

namespace dayan::place {
namespace {

/// Units of the smallest task: differences between tasks below this part of it are not seen.
constexpr double units_of_smallest = 1'000;
/// A task that is left out costs so many times what the dearest place costs for each unit, and one that has a place
/// this times more still.
constexpr double left_out_times = 4;
constexpr double placed_times = 16;
/// What leaving the largest task that has a place out costs, in the units of place/cost.
constexpr double cost_scale = static_cast<double>(std::int64_t{1} << 49);
/// Sums of parts are rounded.
constexpr double slack = 1e-9;

/// All that the market's pools have of each kind.
Amounts sum_of(const std::vector<Amounts>& rooms) {
  Amounts sum;
  for (const Amounts& room : rooms) {
    for (std::size_t kind = 0; kind < kinds; ++kind)
      sum.of[kind] = plus(sum.of[kind], std::max<std::int64_t>(room.of[kind], 0));
  }
  return sum;
}

/// The greatest of its parts of what there is.
double size_of(const Amounts& all, const Need& need) {
  double size = 0;
  const Amounts taken = need.all();
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (taken.of[kind] > 0 && all.of[kind] > 0)
      size = std::max(size, static_cast<double>(taken.of[kind]) / static_cast<double>(all.of[kind]));
  }
  return size;
}

/// Whether the pool could hold it alone.
bool could_go(const Market& market, const MarketTask& task, const MarketOption& option) {
  return option.pool == task.at || covers(market.rooms[option.pool], task.need.all());
}

/// Of all that could go to a pool.
struct Mix {
  std::array<double, kinds> of{};
  double size = 0;
  double size_there = 0;  ///< of what is there now
  Amounts there;

  /// How much of it a room takes, by its scarcest kind.
  [[nodiscard]] double taken_by(const Amounts& room) const {
    double part = 1;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      if (of[kind] > 0) part = std::min(part, static_cast<double>(std::max<std::int64_t>(room.of[kind], 0)) / of[kind]);
    }
    return part * size;
  }
};

/// How much each pool takes, in sizes: of the mix of what could go there, or what is there and of the mix beside it.
std::vector<double> capacities_of(const Market& market, const std::vector<double>& sizes) {
  std::vector<Mix> mixes(market.rooms.size());
  for (std::size_t i = 0; i < market.tasks.size(); ++i) {
    const MarketTask& task = market.tasks[i];
    const Amounts taken = task.need.all();
    for (const MarketOption& option : task.options) {
      if (!could_go(market, task, option)) continue;
      Mix& mix = mixes[option.pool];
      for (std::size_t kind = 0; kind < kinds; ++kind) mix.of[kind] += static_cast<double>(taken.of[kind]);
      mix.size += sizes[i];
      if (option.pool != task.at) continue;
      for (std::size_t kind = 0; kind < kinds; ++kind) mix.there.of[kind] = plus(mix.there.of[kind], taken.of[kind]);
      mix.size_there += sizes[i];
    }
  }
  std::vector<double> capacities;
  for (std::size_t pool = 0; pool < mixes.size(); ++pool) {
    const Mix& mix = mixes[pool];
    const Amounts& room = market.rooms[pool];
    capacities.push_back(std::max(mix.taken_by(room), mix.size_there + mix.taken_by(minus(room, mix.there))));
  }
  return capacities;
}

/// The dearest place, for each size.
double dearest(const Market& market, const Amounts& all) {
  double most = 0;
  for (const MarketTask& task : market.tasks) {
    const double size = size_of(all, task.need);
    for (const MarketOption& option : task.options) {
      if (size > 0) most = std::max(most, option.cost / size);
    }
  }
  return most > 0 ? most : 1;
}

double left_out(double most, double size, bool has_place) {
  return most * size * left_out_times * (has_place ? placed_times : 1);
}

}  // namespace

std::int64_t Portions::next(std::int64_t asks) {
  ASSERT(asks >= 0 && asks <= asked_);
  if (asks == 0) return 0;
  const auto portion = static_cast<std::int64_t>((static_cast<Int128>(left_) * asks + asked_ - 1) / asked_);
  asked_ -= asks;
  return portion;
}

double cost_of(const Market& market, const std::vector<std::optional<std::size_t>>& where) {
  const Amounts all = sum_of(market.rooms);
  const double most = dearest(market, all);
  double sum = 0;
  for (std::size_t i = 0; i < market.tasks.size(); ++i) {
    const MarketTask& task = market.tasks[i];
    const auto option = std::find_if(task.options.begin(), task.options.end(), [&](const MarketOption& each) {
      return where[i].has_value() && each.pool == *where[i];
    });
    sum += option != task.options.end() ? option->cost : left_out(most, size_of(all, task.need), task.at.has_value());
  }
  return sum;
}

std::vector<std::optional<std::size_t>> solve(const Market& market, std::int64_t& work) {
  std::vector<std::optional<std::size_t>> where;
  for (const MarketTask& task : market.tasks) where.push_back(task.at);
  const Amounts all = sum_of(market.rooms);
  std::vector<double> sizes;
  double smallest = std::numeric_limits<double>::infinity();
  double largest = 0;
  for (const MarketTask& task : market.tasks) {
    sizes.push_back(size_of(all, task.need));
    if (sizes.back() > 0) smallest = std::min(smallest, sizes.back());
    largest = std::max(largest, sizes.back());
  }
  if (largest == 0 || market.rooms.size() > cost::pools_max) return where;
  const double unit = std::max(smallest / units_of_smallest, largest / static_cast<double>(cost::demand_max));
  const double most = dearest(market, all);
  const double scale = cost_scale / left_out(most, largest, true);
  const auto money = [&](double cost) {
    return Cny::micro(static_cast<std::int64_t>(std::min(cost * scale, cost_scale)));
  };
  std::vector<std::int64_t> capacities;
  for (const double each : capacities_of(market, sizes))
    capacities.push_back(static_cast<std::int64_t>(each * (1 + slack) / unit));
  std::vector<cost::Job> jobs;
  std::int64_t options = 0;
  jobs.reserve(market.tasks.size());
  for (std::size_t i = 0; i < market.tasks.size(); ++i) {
    const MarketTask& task = market.tasks[i];
    cost::Job job;
    job.demand = std::max<std::int64_t>(std::llround(sizes[i] / unit), 1);
    job.reject_cost = money(left_out(most, sizes[i], task.at.has_value()));
    for (const MarketOption& option : task.options) {
      if (could_go(market, task, option))
        job.options.push_back({static_cast<cost::PoolIndex>(option.pool), money(option.cost)});
    }
    options += std::ssize(job.options);
    jobs.push_back(std::move(job));
  }
  auto assigner = cost::Assigner::make(capacities);
  ASSERT(assigner.has_value());
  const auto slots = assigner->add(jobs);
  ASSERT(slots.has_value());
  const std::int64_t improving = std::min({options * market_work_of_option, market_work_max, work});
  const auto plan = assigner->optimise({static_cast<std::uint64_t>(std::max<std::int64_t>(improving, 0))});
  work -= static_cast<std::int64_t>(plan.work);
  for (std::size_t i = 0; i < where.size(); ++i) {
    const auto pool = assigner->pool_of((*slots)[i]);
    where[i] = pool ? std::optional<std::size_t>(*pool) : std::nullopt;
  }
  return where;
}

}  // namespace dayan::place
