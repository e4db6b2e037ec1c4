#include <gtest/gtest.h>

#include "bench/command.h"
#include "place/calendar/policies.h"
#include "trace/lublin.h"

namespace dayan::bench {
namespace {

place::QueueFigures figures(const std::vector<place::BatchJob>& jobs, std::int64_t processors, place::QueueRule rule) {
  const auto policy = place::make_queue_policy(rule, place::TieRule::counted, processors);
  const auto starts = place::replay(jobs, processors, *policy);
  return place::figures_of(jobs, starts, processors, Duration::seconds(10));
}

// Shows that our own rule pays for its slowdown with waits that are bounded, also where limits tell little: on
// generated logs with limits of 1 to 10 times the run time the mean bounded slowdown is at most half of EASY's and the
// worst wait at most three times as long.
TEST(Backfill, LooseLimitsDoNotMakeOurWaitsLong) {
  for (const double load : {0.7, 0.85, 0.95}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      constexpr std::int64_t processors = 128;
      std::vector<place::BatchJob> jobs;
      const auto drawn = trace::lublin_jobs({20'000, processors, load, 10, seed}).value();
      for (const trace::RigidJob& job : drawn)
        jobs.push_back({{UnixTime(job.submit.microseconds()), job.limit, job.processors, job.user}, job.run});
      const place::QueueFigures easy = figures(jobs, processors, place::QueueRule::easy);
      const place::QueueFigures ours = figures(jobs, processors, place::QueueRule::dayan);
      EXPECT_LE(ours.mean_bounded_slowdown, easy.mean_bounded_slowdown / 2) << "load " << load << " seed " << seed;
      EXPECT_LE(ours.max_wait, 3 * easy.max_wait) << "load " << load << " seed " << seed;
      EXPECT_GE(ours.utilisation, 0.98 * easy.utilisation) << "load " << load << " seed " << seed;
    }
  }
}

// Shows that nothing that was asked is left out without a word: a log beside a generator, a machine of no processors.
TEST(Backfill, RefusesWhatContradictsItself) {
  CLI::App program;
  const Command command = backfill_command(program);
  program.parse("backfill log.swf --generate 100");
  const Result<void> done = command.run();
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().wrong, "FILE and --generate are both given");
  EXPECT_THROW(program.parse("backfill log.swf --processors 0"), CLI::ValidationError);
}

}  // namespace
}  // namespace dayan::bench
