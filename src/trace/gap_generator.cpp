#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/assert.h"
#include "base/prng.h"
#include "trace/gap.h"

namespace dayan::trace {
namespace {

constexpr std::int64_t micro = 1'000'000;

// Read off the published instances: shares of sizes, 20 yuan a card-hour for a job that is left out, 0.05 yuan a GB.
constexpr std::array<std::int64_t, 9> demands{1, 1, 1, 2, 4, 8, 8, 16, 32};
constexpr std::array<std::int64_t, 6> data_gb{0, 0, 1, 10, 100, 500};
constexpr std::array<std::int64_t, 4> pool_weights{1, 2, 4, 8};
constexpr std::int64_t reject_micro_per_hour = 20 * micro;
constexpr std::int64_t egress_micro_per_gb = 50'000;
constexpr std::int64_t load_percent = 85;
constexpr std::int64_t hour_min = 1;
constexpr std::int64_t hour_max = 48;
constexpr std::int64_t price_min_micro = 450'000;           ///< of a card-hour
constexpr std::int64_t price_max_micro = 2'800'000;         ///< of the lowest grade
constexpr std::int64_t price_max_higher_micro = 5'600'000;  ///< of the others
/// A difference that grows with the distance, so that no two pools cost exactly the same.
constexpr std::int64_t micro_per_distance_unit = 1;

constexpr std::uint64_t pools_per_city = 4;
/// A job that needs a grade of chip runs on every higher one too.
constexpr std::int64_t grade_max = 2;
constexpr std::int64_t map_size = 10'000;  ///< a distance unit is about 0.01 ms of round-trip time

struct Spot {
  std::int64_t x = 0;
  std::int64_t y = 0;
};

struct Site {
  std::size_t city = 0;
  std::int64_t grade = 0;
  std::int64_t price_micro = 0;
};

/// City-block distance: exact in integers.
std::int64_t distance(const Spot& a, const Spot& b) { return std::abs(a.x - b.x) + std::abs(a.y - b.y); }

/// How far a job may be from its users: a quarter of the jobs anywhere, the others within a region or a
/// neighbourhood.
std::int64_t draw_reach(Prng& prng) {
  switch (prng.below(4)) {
    case 0: return 2 * map_size;
    case 1: return map_size * 2 / 3;
    default: return map_size / 5;
  }
}

GapJob draw_job(Prng& prng, const std::vector<Spot>& cities, const std::vector<Site>& sites) {
  GapJob job;
  job.demand = demands[prng.below(demands.size())];
  // In millionths of an hour, so that a cost has as many decimals as a published one.
  const std::int64_t hours_micro = prng.between(hour_min * micro, hour_max * micro);
  const std::int64_t card_hours_micro = job.demand * hours_micro;
  job.reject_cost = Cny::micro(card_hours_micro / micro * reject_micro_per_hour +
                               card_hours_micro % micro * reject_micro_per_hour / micro);
  const std::size_t home = prng.below(cities.size());
  const std::int64_t gigabytes = data_gb[prng.below(data_gb.size())];
  const std::int64_t reach = draw_reach(prng);
  const std::int64_t grade = prng.between(0, grade_max);
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const Site& site = sites[i];
    const std::int64_t far = distance(cities[site.city], cities[home]);
    if (far > reach || site.grade < grade) continue;
    std::int64_t cost = card_hours_micro / 1'000 * site.price_micro / 1'000 + far * micro_per_distance_unit;
    if (site.city != home) cost += gigabytes * egress_micro_per_gb;
    job.options.push_back({static_cast<std::uint32_t>(i), Cny::micro(cost)});
  }
  return job;
}

}  // namespace

GapInstance generate_gap(std::size_t jobs, std::size_t pools, std::uint64_t seed) {
  ASSERT(jobs > 0 && pools > 0);
  Prng prng(seed);
  std::vector<Spot> cities(std::max<std::size_t>(1, pools / pools_per_city));
  for (Spot& city : cities) city = {prng.between(0, map_size - 1), prng.between(0, map_size - 1)};
  std::vector<Site> sites(pools);
  for (std::size_t i = 0; i < pools; ++i) {
    const std::int64_t grade = prng.between(0, grade_max);
    sites[i] = {i % cities.size(), grade,
                prng.between(price_min_micro, grade == 0 ? price_max_micro : price_max_higher_micro)};
  }
  GapInstance instance;
  instance.jobs.reserve(jobs);
  std::int64_t demand = 0;
  for (std::size_t i = 0; i < jobs; ++i) {
    instance.jobs.push_back(draw_job(prng, cities, sites));
    demand += instance.jobs.back().demand;
  }
  std::int64_t weights = 0;
  for (std::size_t i = 0; i < pools; ++i) {
    instance.capacities.push_back(pool_weights[prng.below(pool_weights.size())]);
    weights += instance.capacities.back();
  }
  for (std::int64_t& capacity : instance.capacities)
    capacity = std::max<std::int64_t>(1, capacity * demand * 100 / load_percent / weights);
  return instance;
}

}  // namespace dayan::trace
