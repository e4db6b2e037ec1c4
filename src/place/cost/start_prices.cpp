#include "place/cost/start_prices.h"

#include <algorithm>

#include "base/wide.h"
#include "place/cost/moves.h"

namespace dayan::place::cost {
namespace {

constexpr int passes = 60;
/// The first step is this part of the mean cost of a unit.
constexpr std::int64_t first_step_divisor = 16;

/// Prices of an optimum are no greater, so these stay within what Transport can add up.
constexpr std::int64_t price_max = cost_max.micro() * unit_scale;
constexpr std::int64_t step_max = price_max / 4;

/// Every open place of every job, one after the other: what a pass reads.
struct Table {
  struct Entry {
    std::int64_t unit_cost = 0;
    NodeIndex node = 0;
  };
  std::vector<Entry> entries;
  std::vector<std::size_t> ends;  // by job
  std::int64_t mean_cost = 0;
};

Table table_of(std::span<const Job> jobs, std::span<const std::int64_t> capacities) {
  Table table;
  Int128 sum = 0;
  const auto add = [&](Cny cost, std::int64_t demand, NodeIndex node) {
    table.entries.push_back({unit_cost_of(cost, demand), node});
    sum += table.entries.back().unit_cost;
  };
  for (const Job& job : jobs) {
    for (const Option& option : job.options) {
      if (job.demand <= capacities[option.pool]) add(option.cost, job.demand, option.pool);
    }
    add(job.reject_cost, job.demand, static_cast<NodeIndex>(capacities.size()));
    table.ends.push_back(table.entries.size());
  }
  if (!table.entries.empty())
    table.mean_cost = static_cast<std::int64_t>(sum / static_cast<Int128>(table.entries.size()));
  return table;
}

/// What every node holds when each job is where it is cheapest at these prices.
void load_at(const Table& table, std::span<const Job> jobs, const std::vector<std::int64_t>& prices,
             std::vector<std::int64_t>& loads) {
  std::ranges::fill(loads, 0);
  std::size_t at = 0;
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    std::int64_t least = INT64_MAX;
    NodeIndex best = 0;
    for (; at < table.ends[job]; ++at) {
      const std::int64_t paid = table.entries[at].unit_cost + prices[table.entries[at].node];
      if (paid >= least) continue;
      least = paid;
      best = table.entries[at].node;
    }
    loads[best] += jobs[job].demand;
  }
}

}  // namespace

std::vector<std::int64_t> start_prices(std::span<const Job> jobs, std::span<const std::int64_t> capacities) {
  const Table table = table_of(jobs, capacities);
  const std::size_t pools = capacities.size();
  std::vector<std::int64_t> prices(pools + 1, 0);
  std::vector<std::int64_t> loads(pools + 1, 0);
  std::vector<std::int64_t> steps(pools, std::max<std::int64_t>(1, table.mean_cost / first_step_divisor));
  std::vector<int> directions(pools, 0);
  for (int pass = 0; pass < passes; ++pass) {
    load_at(table, jobs, prices, loads);
    for (std::size_t pool = 0; pool < pools; ++pool) {
      const bool is_dear = loads[pool] < capacities[pool] && prices[pool] > 0;
      const int direction = loads[pool] > capacities[pool] ? 1 : is_dear ? -1 : 0;
      if (direction * directions[pool] > 0) steps[pool] = std::min(steps[pool] + steps[pool] / 4, step_max);
      if (direction * directions[pool] < 0) steps[pool] = std::max<std::int64_t>(1, steps[pool] / 2);
      directions[pool] = direction;
      prices[pool] = std::clamp<std::int64_t>(prices[pool] + direction * steps[pool], 0, price_max);
    }
  }
  prices.pop_back();
  return prices;
}

}  // namespace dayan::place::cost
