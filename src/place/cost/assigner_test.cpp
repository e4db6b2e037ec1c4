#include "place/cost/assigner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/prng.h"

namespace dayan::place::cost {
namespace {

struct Instance {
  std::vector<std::int64_t> capacities;
  std::vector<Job> jobs;
};

/// Small numbers, so that ties, full pools and impossible jobs are common.
Instance draw_instance(Prng& prng, std::size_t jobs, std::size_t pools, std::int64_t demand_most) {
  Instance instance;
  for (std::size_t i = 0; i < pools; ++i) instance.capacities.push_back(prng.between(0, 3 * demand_most));
  for (std::size_t i = 0; i < jobs; ++i) {
    Job job{prng.between(1, demand_most), Cny::micro(prng.between(0, 3'000)), {}};
    for (std::size_t pool = 0; pool < pools; ++pool) {
      if (prng.chance(2, 3))
        job.options.push_back({static_cast<PoolIndex>(pool), Cny::micro(prng.between(0, 2'000))});
    }
    std::ranges::reverse(job.options);
    instance.jobs.push_back(job);
  }
  return instance;
}

/// The least cost of all placements, by trying each.
std::int64_t least_cost(const Instance& instance, std::vector<std::int64_t>& free, std::size_t job = 0) {
  if (job == instance.jobs.size()) return 0;
  const Job& at = instance.jobs[job];
  std::int64_t least = at.reject_cost.micro() + least_cost(instance, free, job + 1);
  for (const Option& option : at.options) {
    if (free[option.pool] < at.demand) continue;
    free[option.pool] -= at.demand;
    least = std::min(least, option.cost.micro() + least_cost(instance, free, job + 1));
    free[option.pool] += at.demand;
  }
  return least;
}

Assigner assigner_of(const std::vector<std::int64_t>& capacities) {
  auto assigner = Assigner::make(capacities);
  EXPECT_TRUE(assigner.has_value());
  return std::move(*assigner);
}

/// Counts the plan again from what was asked: cost, and no pool over its capacity.
void expect_true_plan(const Assigner& assigner, const Plan& plan, const std::map<JobIndex, Job>& jobs,
                      std::vector<std::int64_t> free) {
  Cny cost;
  for (const auto& [index, job] : jobs) {
    const std::optional<PoolIndex> pool = assigner.pool_of(index);
    if (!pool) {
      cost += job.reject_cost;
      continue;
    }
    const auto option = std::ranges::find(job.options, *pool, &Option::pool);
    ASSERT_NE(option, job.options.end());
    cost += option->cost;
    free[*pool] -= job.demand;
    EXPECT_EQ(assigner.cost_of(index), option->cost);
  }
  EXPECT_EQ(cost, plan.cost);
  for (const std::int64_t left : free) EXPECT_GE(left, 0);
  EXPECT_LE(plan.bound, plan.cost);
}

std::map<JobIndex, Job> by_index(const std::vector<JobIndex>& indices, const std::vector<Job>& jobs) {
  std::map<JobIndex, Job> map;
  for (std::size_t i = 0; i < jobs.size(); ++i) map[indices[i]] = jobs[i];
  return map;
}

/// What the prices prove, reckoned from their public values alone: Σ_j min(cost + demand × price) − Σ price ×
/// capacity.
Cny lagrangian(const Assigner& assigner, const Instance& instance) {
  std::int64_t sum = 0;
  for (const Job& job : instance.jobs) {
    std::int64_t least = job.reject_cost.micro();
    for (const Option& option : job.options) {
      if (job.demand > instance.capacities[option.pool]) continue;
      least = std::min(least, option.cost.micro() + job.demand * assigner.price(option.pool).micro());
    }
    sum += least;
  }
  for (std::size_t pool = 0; pool < instance.capacities.size(); ++pool)
    sum -= instance.capacities[pool] * assigner.price(static_cast<PoolIndex>(pool)).micro();
  return Cny::micro(sum);
}

TEST(Assigner, LiesBetweenItsBoundAndTheOptimumOfEveryPlacement) {
  // On small random instances: bound ≤ true optimum ≤ plan, and the plans are together within 1 % of the optima.
  Prng prng(7);
  std::int64_t ours = 0;
  std::int64_t optima = 0;
  int exact = 0;
  for (int round = 0; round < 400; ++round) {
    const Instance instance = draw_instance(prng, 1 + prng.below(8), 1 + prng.below(4), prng.between(1, 9));
    Assigner assigner = assigner_of(instance.capacities);
    const auto indices = assigner.add(instance.jobs);
    ASSERT_TRUE(indices.has_value());
    const Plan plan = assigner.optimise({.work = 20'000});
    expect_true_plan(assigner, plan, by_index(*indices, instance.jobs), instance.capacities);
    std::vector<std::int64_t> free = instance.capacities;
    const std::int64_t least = least_cost(instance, free);
    EXPECT_LE(plan.bound.micro(), least) << "round " << round;
    EXPECT_GE(plan.cost.micro(), least) << "round " << round;
    ours += plan.cost.micro();
    optima += least;
    exact += plan.cost.micro() == least ? 1 : 0;
  }
  EXPECT_LE(ours, optima + optima / 100);
  EXPECT_GE(exact, 340);
}

TEST(Assigner, FindsTheOptimumWhenJobsTakeOneUnitEach) {
  // Without sizes the relaxation is whole by itself: plan, bound and brute force are the same number.
  Prng prng(11);
  for (int round = 0; round < 300; ++round) {
    Instance instance = draw_instance(prng, 1 + prng.below(8), 1 + prng.below(4), 1);
    Assigner assigner = assigner_of(instance.capacities);
    ASSERT_TRUE(assigner.add(instance.jobs).has_value());
    const Plan plan = assigner.optimise();
    std::vector<std::int64_t> free = instance.capacities;
    EXPECT_EQ(plan.cost.micro(), least_cost(instance, free)) << "round " << round;
    EXPECT_EQ(plan.bound, plan.cost) << "round " << round;
  }
}

TEST(Assigner, BoundIsWhatItsPricesProve) {
  // Reckons the dual anew from the published prices: it is a lower bound, and the plan's bound is within rounding of
  // it.
  Prng prng(13);
  for (int round = 0; round < 100; ++round) {
    const Instance instance = draw_instance(prng, 60, 6, 8);
    Assigner assigner = assigner_of(instance.capacities);
    ASSERT_TRUE(assigner.add(instance.jobs).has_value());
    const Plan plan = assigner.optimise({.work = 0});
    std::int64_t units = 1;
    for (const std::int64_t capacity : instance.capacities) units += capacity;
    for (const Job& job : instance.jobs) units += job.demand;
    EXPECT_LE(lagrangian(assigner, instance), plan.cost);
    EXPECT_LE(std::abs((plan.bound - lagrangian(assigner, instance)).micro()), units) << "round " << round;
  }
}

TEST(Assigner, PlansAgainAsWellAsAnew) {
  // Adds, removes, holds and changes capacities at random; after each step the bound equals that of a fresh assigner
  // (without holds), the plan is true, and held jobs have not moved.
  Prng prng(17);
  for (int round = 0; round < 20; ++round) {
    Instance instance = draw_instance(prng, 40, 5, 8);
    Assigner assigner = assigner_of(instance.capacities);
    std::map<JobIndex, Job> jobs = by_index(*assigner.add(instance.jobs), instance.jobs);
    for (int step = 0; step < 25; ++step) {
      const Instance more = draw_instance(prng, prng.below(6), 5, 8);
      const auto added = assigner.add(more.jobs);
      ASSERT_TRUE(added.has_value());
      for (std::size_t i = 0; i < more.jobs.size(); ++i) jobs[(*added)[i]] = more.jobs[i];
      for (std::uint64_t ends = prng.below(6); ends > 0 && !jobs.empty(); --ends) {
        const auto ended = std::next(jobs.begin(), static_cast<std::ptrdiff_t>(prng.below(jobs.size())));
        assigner.remove(ended->first);
        jobs.erase(ended);
      }
      const std::size_t pool = prng.below(5);
      instance.capacities[pool] = prng.between(0, 24);
      ASSERT_TRUE(assigner.set_capacity(static_cast<PoolIndex>(pool), instance.capacities[pool]).has_value());
      const Plan plan = assigner.optimise({.work = 5'000});
      expect_true_plan(assigner, plan, jobs, instance.capacities);
      Assigner fresh = assigner_of(instance.capacities);
      std::vector<Job> all;
      for (const auto& [index, job] : jobs) all.push_back(job);
      ASSERT_TRUE(fresh.add(all).has_value());
      EXPECT_LE(std::abs((fresh.optimise({.work = 0}).bound - plan.bound).micro()), 40) << round << "/" << step;
    }
  }
}

TEST(Assigner, LeavesHeldJobsWhereTheyAre) {
  // Started jobs keep their pool through arrivals and ends; the bound counts them as they are, and falls to the cost
  // of what is held when nothing else is there.
  Prng prng(19);
  for (int round = 0; round < 30; ++round) {
    const Instance instance = draw_instance(prng, 30, 4, 8);
    Assigner assigner = assigner_of(instance.capacities);
    std::map<JobIndex, Job> jobs = by_index(*assigner.add(instance.jobs), instance.jobs);
    std::map<JobIndex, PoolIndex> held;
    for (int step = 0; step < 10; ++step) {
      expect_true_plan(assigner, assigner.optimise({.work = 2'000}), jobs, instance.capacities);
      for (const auto& [index, pool] : held) EXPECT_EQ(assigner.pool_of(index), pool);
      for (const auto& [index, job] : jobs) {
        if (held.contains(index) || !assigner.pool_of(index) || !prng.chance(1, 4)) continue;
        assigner.hold(index);
        held[index] = *assigner.pool_of(index);
      }
      const Instance more = draw_instance(prng, 5, 4, 8);
      const auto added = assigner.add(more.jobs);
      for (std::size_t i = 0; i < more.jobs.size(); ++i) jobs[(*added)[i]] = more.jobs[i];
    }
    // A fresh assigner over what the held jobs leave knows the same bound for the others.
    const Plan last = assigner.optimise({.work = 0});
    std::vector<std::int64_t> free = instance.capacities;
    std::vector<Job> others;
    Cny held_cost;
    for (const auto& [index, job] : jobs) {
      if (held.contains(index)) {
        free[held[index]] -= job.demand;
        held_cost += assigner.cost_of(index);
      } else {
        others.push_back(job);
      }
    }
    Assigner fresh = assigner_of(free);
    ASSERT_TRUE(fresh.add(others).has_value());
    const Plan again = fresh.optimise({.work = 0});
    EXPECT_LE(std::abs((again.bound + held_cost - last.bound).micro()), 40);
    Cny cost;
    for (auto at = jobs.begin(); at != jobs.end();) {
      if (held.contains(at->first)) {
        cost += assigner.cost_of(at->first);
        ++at;
      } else {
        assigner.remove(at->first);
        at = jobs.erase(at);
      }
    }
    const Plan plan = assigner.optimise();
    EXPECT_EQ(plan.cost, cost);
    EXPECT_EQ(plan.bound, cost);
  }
}

TEST(Assigner, GivesTheSamePlanAgain) {
  // Two assigners fed alike agree job by job, ties included: many jobs are the same.
  Prng prng(23);
  Instance instance = draw_instance(prng, 50, 6, 8);
  for (int i = 0; i < 200; ++i) instance.jobs.push_back(instance.jobs[static_cast<std::size_t>(i % 7)]);
  for (std::int64_t& capacity : instance.capacities) capacity *= 5;
  Assigner one = assigner_of(instance.capacities);
  Assigner two = assigner_of(instance.capacities);
  const auto indices = one.add(instance.jobs);
  ASSERT_EQ(*two.add(instance.jobs), *indices);
  const Plan plan = one.optimise({.work = 200'000});
  EXPECT_EQ(two.optimise({.work = 200'000}).cost, plan.cost);
  for (const JobIndex job : *indices) EXPECT_EQ(one.pool_of(job), two.pool_of(job));
  expect_true_plan(one, plan, by_index(*indices, instance.jobs), instance.capacities);
}

TEST(Assigner, ImprovementNeverCostsMore) {
  // More work, not a dearer plan: jobs of few kinds, where optima around the same pins differ.
  Prng prng(29);
  for (int round = 0; round < 20; ++round) {
    Instance instance = draw_instance(prng, 6, 5, 16);
    for (int i = 0; i < 60; ++i) instance.jobs.push_back(instance.jobs[prng.below(6)]);
    for (std::int64_t& capacity : instance.capacities) capacity *= 3;
    Cny last = Cny::micro(INT64_MAX);
    for (const std::uint64_t work : {0U, 1'000U, 10'000U, 100'000U}) {
      Assigner assigner = assigner_of(instance.capacities);
      ASSERT_TRUE(assigner.add(instance.jobs).has_value());
      const Plan plan = assigner.optimise({.work = work, .enough_per_million = 0});
      EXPECT_LE(plan.cost, last);
      last = plan.cost;
    }
  }
}

TEST(Assigner, ExplainsWhyAJobDidNotGetItsCheapestPool) {
  // Two jobs want the pool of one unit; the price says what the one gives up, and the other's quotes put it
  // elsewhere.
  Assigner assigner = assigner_of({1, 1});
  const std::vector<Job> jobs{{1, Cny::yuan(100), {{0, Cny::yuan(10)}, {1, Cny::yuan(30)}}},
                              {1, Cny::yuan(100), {{0, Cny::yuan(10)}, {1, Cny::yuan(15)}}}};
  const auto indices = assigner.add(jobs);
  const Plan plan = assigner.optimise();
  EXPECT_EQ(plan.cost, Cny::yuan(25));
  EXPECT_EQ(assigner.pool_of((*indices)[0]), 0U);
  EXPECT_EQ(assigner.pool_of((*indices)[1]), 1U);
  EXPECT_GE(assigner.price(0), Cny::yuan(5));
  EXPECT_LE(assigner.price(0), Cny::yuan(20));
  const std::vector<Quote> quotes = assigner.quotes((*indices)[1]);
  ASSERT_EQ(quotes.size(), 3U);
  EXPECT_EQ(quotes[0].pool, 1U);
  EXPECT_EQ(quotes[1].pool, 0U);
  EXPECT_EQ(quotes[1].cost, Cny::yuan(10));
  EXPECT_EQ(quotes[1].displaced, assigner.price(0));
  EXPECT_EQ(quotes[2].pool, std::nullopt);
}

TEST(Assigner, AnswersTheAbsurd) {
  // Zero capacity, a job larger than any pool, no option at all, a reject cost of nothing: left out, at its cost.
  Assigner assigner = assigner_of({0, 4});
  const std::vector<Job> jobs{{1, Cny::yuan(7), {{0, Cny::yuan(1)}}},
                              {5, Cny::yuan(7), {{0, Cny::yuan(1)}, {1, Cny::yuan(1)}}},
                              {1, Cny::yuan(7), {}},
                              {1, Cny::yuan(0), {{1, Cny::yuan(1)}}}};
  const auto indices = assigner.add(jobs);
  ASSERT_TRUE(indices.has_value());
  const Plan plan = assigner.optimise();
  EXPECT_EQ(plan.cost, Cny::yuan(21));
  EXPECT_EQ(plan.bound, Cny::yuan(21));
  for (const JobIndex job : *indices) EXPECT_EQ(assigner.pool_of(job), std::nullopt);
  EXPECT_FALSE(assigner.quotes((*indices)[1])[1].is_open);
  EXPECT_EQ(assigner_of({3}).optimise().cost, Cny{});
}

TEST(Assigner, RefusesWhatItCannotReckonWith) {
  // One error each, with the field; nothing is added.
  EXPECT_FALSE(Assigner::make({}).has_value());
  EXPECT_EQ(Assigner::make({3, -1}).error().field, "capacities[1]");
  Assigner assigner = assigner_of({4, 4});
  const Job good{1, Cny::yuan(1), {}};
  const auto field = [&](const Job& job) {
    const std::vector<Job> jobs{good, job};
    const auto added = assigner.add(jobs);
    return added.has_value() ? std::string("none") : added.error().field;
  };
  EXPECT_EQ(field({0, Cny::yuan(1), {}}), "jobs[1].demand");
  EXPECT_EQ(field({demand_max + 1, Cny::yuan(1), {}}), "jobs[1].demand");
  EXPECT_EQ(field({1, Cny::micro(-1), {}}), "jobs[1].reject_cost");
  EXPECT_EQ(field({1, Cny::yuan(1), {{2, Cny{}}}}), "jobs[1].options[0].pool");
  EXPECT_EQ(field({1, Cny::yuan(1), {{0, Cny{}}, {1, cost_max + Cny::micro(1)}}}), "jobs[1].options[1].cost");
  EXPECT_EQ(field({1, Cny::yuan(1), {{0, Cny{}}, {0, Cny{}}}}), "jobs[1].options");
  EXPECT_EQ(assigner.job_count(), 0U);
  EXPECT_EQ(assigner.add(std::vector<Job>(5'000, Job{1, cost_max, {}})).error().code, ErrorCode::exhausted);
  EXPECT_FALSE(assigner.set_capacity(2, 1).has_value());
  EXPECT_FALSE(assigner.set_capacity(0, -1).has_value());
}

TEST(Assigner, StaysExactAtItsLimits) {
  // The greatest demands and costs: no overflow, and the bound still holds.
  Assigner assigner = assigner_of({demand_max, capacity_max, 0});
  std::vector<Job> jobs;
  for (int i = 0; i < 40; ++i)
    jobs.push_back({i % 2 == 0 ? 1 : demand_max, cost_max, {{0, Cny{}}, {1, cost_max - Cny::micro(i)}, {2, Cny{}}}});
  const auto indices = assigner.add(jobs);
  ASSERT_TRUE(indices.has_value());
  const Plan plan = assigner.optimise({.work = 100'000});
  expect_true_plan(assigner, plan, by_index(*indices, jobs), {demand_max, capacity_max, 0});
}

}  // namespace
}  // namespace dayan::place::cost
