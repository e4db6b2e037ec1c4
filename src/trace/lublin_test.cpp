#include "trace/lublin.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>

namespace dayan::trace {
namespace {

// Shows that the shares that the model prescribes come out: serial jobs, powers of two, spread of the run times.
TEST(Lublin, HasTheSharesOfTheModel) {
  const auto jobs = lublin_jobs({.jobs = 50'000, .processors = 256, .load = 0, .looseness = 10, .seed = 3}).value();
  double serial = 0, power = 0, log_runs = 0, loose = 0;
  for (const RigidJob& job : jobs) {
    serial += job.processors == 1 ? 1 : 0;
    power += std::has_single_bit(static_cast<std::uint64_t>(job.processors)) && job.processors > 1 ? 1 : 0;
    const auto run = static_cast<double>(job.run.microseconds()) / 1e6;
    log_runs += std::log(run);
    loose += static_cast<double>(job.limit.microseconds()) / 1e6 / run;
    ASSERT_TRUE(job.run >= Duration::seconds(1) && job.run <= Duration::seconds(162'755) && job.run <= job.limit);
    ASSERT_TRUE(job.processors >= 1 && job.processors <= 256);
  }
  const auto count = static_cast<double>(jobs.size());
  EXPECT_NEAR(serial / count, 0.244, 0.01);
  EXPECT_NEAR(power / count, 0.576, 0.05);  // and a few of the others by chance
  // Means of the gammas are 3.95 and 9.36; about 0.70 of the jobs have the short one.
  EXPECT_NEAR(log_runs / count, 0.70 * 3.95 + 0.30 * 9.36, 0.25);
  EXPECT_NEAR(loose / count, 5.5, 0.4);  // limits of short jobs are rounded up
}

// Shows that the load asked for is the load made, in submission order, whatever the machine.
TEST(Lublin, ReachesTheLoad) {
  for (const std::int64_t processors : {2, 64, 240, 4096}) {
    const auto jobs = lublin_jobs({.jobs = 5000, .processors = processors, .load = 0.95, .seed = 9}).value();
    double work = 0;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      work += static_cast<double>(jobs[i].run.microseconds()) * static_cast<double>(jobs[i].processors);
      if (i > 0) {
        ASSERT_LE(jobs[i - 1].submit, jobs[i].submit);
      }
    }
    const auto span = static_cast<double>((jobs.back().submit - jobs.front().submit).microseconds());
    EXPECT_NEAR(work / span / static_cast<double>(processors), 0.95, 0.001);
  }
}

// Shows that nights are quiet: the model's day has its peak in the afternoon.
TEST(Lublin, HasADay) {
  const auto jobs = lublin_jobs({.jobs = 50'000, .processors = 64, .seed = 4}).value();
  std::array<int, 4> by_quarter{};
  for (const RigidJob& job : jobs)
    ++by_quarter[static_cast<std::size_t>(job.submit.microseconds() / 1'000'000 % 86'400 / 21'600)];
  EXPECT_GT(by_quarter[2], 2 * by_quarter[0]);
}

// Shows that a seed makes one load, and another seed another.
TEST(Lublin, RepeatsItself) {
  const auto numbers = [](std::uint64_t seed) {
    std::vector<std::int64_t> all;
    const auto jobs = lublin_jobs({.jobs = 100, .seed = seed}).value();
    for (const RigidJob& job : jobs) {
      all.push_back(job.submit.microseconds());
      all.push_back(job.run.microseconds());
    }
    return all;
  };
  EXPECT_EQ(numbers(1), numbers(1));
  EXPECT_NE(numbers(1), numbers(2));
}

// Shows that each absurd argument is refused by its name.
TEST(Lublin, RefusesAbsurdArguments) {
  EXPECT_EQ(lublin_jobs({.jobs = 0}).error().field, "jobs");
  EXPECT_EQ(lublin_jobs({.processors = 1}).error().field, "processors");
  EXPECT_EQ(lublin_jobs({.load = -1}).error().field, "load");
  EXPECT_EQ(lublin_jobs({.load = std::nan("")}).error().field, "load");
  EXPECT_EQ(lublin_jobs({.looseness = 0.5}).error().field, "looseness");
}

}  // namespace
}  // namespace dayan::trace
