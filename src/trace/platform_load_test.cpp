#include "trace/platform_load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace dayan::trace {
namespace {

std::vector<PlatformPool> pools_of(int providers, std::uint64_t seed = 1) {
  return platform_pools({providers, 424, seed}).value();
}

std::vector<PlatformJob> jobs_of(const PlatformDemand& demand, const std::vector<PlatformPool>& pools) {
  return platform_jobs(demand, pools).value();
}

std::vector<PlatformJob> day_of(std::int64_t jobs, std::uint64_t seed = 1) {
  PlatformDemand demand;
  demand.jobs = jobs;
  demand.seed = seed;
  return jobs_of(demand, pools_of(33));
}

// Shows that the supply has about the cards of the real platform, over all providers and regions.
TEST(PlatformPools, HaveTheSizeOfThePlatform) {
  std::int64_t cards = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (const PlatformPool& pool : pools_of(33, seed)) cards += std::int64_t{pool.nodes} * pool.cards_per_node;
  EXPECT_NEAR(static_cast<double>(cards) / 20, 14'000, 2'500);
  const auto pools = pools_of(33);
  EXPECT_EQ(pools.back().provider, 32);
  for (const PlatformPool& pool : pools) {
    EXPECT_GT(pool.nodes, 0);
    EXPECT_GT(pool.price, Cny());
    EXPECT_EQ(pool.chip < 0, pool.cards_per_node == 0);
    if (pool.chip < 0) continue;
    const PlatformChip& chip = platform_chips[static_cast<std::size_t>(pool.chip)];
    EXPECT_TRUE(chip.price_low <= pool.price && pool.price <= chip.price_high);
  }
}

// Shows that the centres' links come to about the 860 Gbit/s that are told of the platform, one for all pools of a centre,
// and that no GB costs more than the most.
TEST(PlatformPools, HaveTheLinksOfThePlatform) {
  double bytes = 0;  // a second
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    int centre = -1;
    Bandwidth link;
    for (const PlatformPool& pool : pools_of(33, seed)) {
      EXPECT_TRUE(pool.centre != centre || pool.link == link);
      if (pool.centre != centre) bytes += static_cast<double>(pool.link.value());
      centre = pool.centre;
      link = pool.link;
      EXPECT_LE(pool.transfer_gb, platform_transfer_high);
    }
  }
  EXPECT_NEAR(bytes * 8 / 20, 860e9, 200e9);
}

// Shows that latencies are the same both ways and nothing at home.
TEST(PlatformPools, LatencyIsSymmetric) {
  for (std::size_t a = 0; a < platform_region_count; ++a) {
    EXPECT_EQ(platform_latency[a][a], 0);
    for (std::size_t b = 0; b < a; ++b) EXPECT_EQ(platform_latency[a][b], platform_latency[b][a]);
  }
}

// Shows that equal arguments give equal loads and that a seed changes them.
TEST(PlatformLoad, IsDeterministic) {
  EXPECT_EQ(day_of(3000), day_of(3000));
  EXPECT_NE(day_of(3000), day_of(3000, 2));
}

// Shows that every job keeps the promises of the header: times in order, a limit of 1 to 10 times the run time, a
// gang that some pool with the right chips can hold, for a price that some such pool asks.
TEST(PlatformLoad, EveryJobCanRunSomewhere) {
  const auto pools = pools_of(33);
  Duration last;
  for (const PlatformJob& job : day_of(20'000)) {
    ASSERT_GE(job.arrival, last);
    last = job.arrival;
    ASSERT_LT(job.arrival, Duration::hours(24));
    ASSERT_GE(job.run_time, Duration::seconds(1));
    ASSERT_GE(job.limit, job.run_time);
    ASSERT_LE(job.limit, job.run_time * 10 + Duration::seconds(1));
    ASSERT_TRUE(job.tasks >= 1 && job.nodes >= 1 && job.customer >= 0 && job.customer < 496);
    ASSERT_TRUE(job.cores > Cores() && job.memory > Bytes() && job.input > Bytes());
    if (job.what == LoadClass::forecast) {
      ASSERT_GT(job.due, job.arrival + job.run_time);
    }
    bool fits = false;
    bool affordable = job.price_cap.is_zero();
    for (const PlatformPool& pool : pools) {
      if (job.chips == 0 ? pool.chip >= 0 : pool.chip < 0 || ((job.chips >> pool.chip) & 1U) == 0) continue;
      if (job.stays_in_region && pool.region != job.region) continue;
      if (job.latency_max > 0 &&
          platform_latency[static_cast<std::size_t>(job.region)][static_cast<std::size_t>(pool.region)] >
              job.latency_max)
        continue;
      fits = fits || (job.nodes <= pool.nodes && job.cards.value() <= pool.cards_per_node * 1000 &&
                      job.cores <= pool.cores_per_node && job.memory <= pool.memory_per_node);
      affordable = affordable || pool.price <= job.price_cap;
    }
    ASSERT_TRUE(fits);
    ASSERT_TRUE(affordable);
  }
}

// Shows that the classes, the hours and the customers are distributed as the header says.
TEST(PlatformLoad, FollowsItsDistributions) {
  std::array<double, load_classes> classes{};
  std::array<double, 24> hours{};
  std::array<double, 24> renders{};
  double first_customer = 0;
  constexpr double count = 50'000;
  for (const PlatformJob& job : day_of(static_cast<std::int64_t>(count))) {
    classes[static_cast<std::size_t>(job.what)] += 1 / count;
    const auto hour = static_cast<std::size_t>(job.arrival.microseconds() / Duration::hours(1).microseconds());
    (job.what == LoadClass::rendering ? renders : hours)[hour] += 1;
    first_customer += job.customer == 0 ? 1 / count : 0;
  }
  EXPECT_NEAR(classes[0], 0.55, 0.01);
  EXPECT_NEAR(classes[1], 0.39, 0.01);
  EXPECT_NEAR(classes[2], 0.05, 0.005);
  EXPECT_NEAR(classes[3], 0.01, 0.003);
  EXPECT_NEAR(first_customer, 1 / 6.785, 0.01);  // 1 / the 496th harmonic number
  EXPECT_GT(hours[10], 4 * hours[4]);
  EXPECT_GE(std::ranges::max_element(renders) - renders.begin(), 18);
}

// Shows that run times are scaled to the load asked for, and left as drawn when none is.
TEST(PlatformLoad, ReachesTheLoad) {
  const auto pools = pools_of(33);
  PlatformDemand demand;
  demand.jobs = 20'000;
  for (const double load : {0.3, 0.8, 1.5}) {
    demand.load = load;
    double work = 0;
    for (const PlatformJob& job : jobs_of(demand, pools)) work += card_work(job);
    EXPECT_NEAR(work / card_work(pools, demand.span), load, load * 0.05);
  }
}

// Shows that a platform a hundred times as large, and one of a single provider, are made too.
TEST(PlatformLoad, ScalesUpAndDown) {
  PlatformDemand demand;
  demand.jobs = 50'000;
  demand.customers = 50'000;
  EXPECT_EQ(jobs_of(demand, pools_of(3000)).size(), 50'000U);
  demand.jobs = 100;
  demand.customers = 1;
  for (const PlatformJob& job : jobs_of(demand, pools_of(1))) EXPECT_EQ(job.customer, 0);
}

// Shows that what cannot be made is refused with the argument that is wrong.
TEST(PlatformLoad, BadArgumentsAreNamed) {
  const auto pools = pools_of(2);
  const auto field_of = [&](auto change) {
    PlatformDemand demand;
    demand.jobs = 1;
    change(demand);
    const auto jobs = platform_jobs(demand, pools);
    return jobs ? "made" : jobs.error().field;
  };
  EXPECT_EQ(field_of([](PlatformDemand& demand) { demand.jobs = -1; }), "jobs");
  EXPECT_EQ(field_of([](PlatformDemand& demand) { demand.customers = 0; }), "customers");
  EXPECT_EQ(field_of([](PlatformDemand& demand) { demand.span = Duration::hours(1); }), "span");
  EXPECT_EQ(field_of([](PlatformDemand& demand) { demand.load = -1; }), "load");
  EXPECT_EQ(field_of([](PlatformDemand& demand) { demand.looseness = 0.5; }), "looseness");
  EXPECT_EQ(platform_jobs({}, {}).error().field, "pools");
  EXPECT_EQ(platform_pools({0, 424, 1}).error().field, "providers");
  EXPECT_EQ(platform_pools({33, 0, 1}).error().field, "cards_mean");
}

}  // namespace
}  // namespace dayan::trace
