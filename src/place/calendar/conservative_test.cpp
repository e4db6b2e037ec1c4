#include "place/calendar/conservative.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/prng.h"
#include "place/calendar/calendar.h"

namespace dayan::place {
namespace {

/// The definition, job by job: at every event the whole queue is planned anew.
class PlannedAnew final : public QueuePolicy {
 public:
  explicit PlannedAnew(std::int64_t processors) : running_(processors) {}

  void submit(JobIndex job, const BatchRequest& request) override {
    waiting_.push_back(job);
    requests_.push_back(request);
    limit_ends_.emplace_back();
  }
  void finish(JobIndex job, UnixTime now) override {
    running_.release(now, limit_ends_[job], requests_[job].processors);
  }
  void decide(UnixTime now, std::vector<JobIndex>& started) override {
    running_.forget_before(now);
    Calendar plan = running_;
    std::erase_if(waiting_, [&](JobIndex job) {
      const BatchRequest& request = requests_[job];
      const UnixTime start = plan.earliest_start(now, request.limit, request.processors);
      plan.take(start, start + request.limit, request.processors);
      if (start != now) return false;
      running_.take(now, now + request.limit, request.processors);
      limit_ends_[job] = now + request.limit;
      started.push_back(job);
      return true;
    });
    longest_queue = std::max(longest_queue, waiting_.size());
  }

  std::size_t longest_queue = 0;

 private:
  Calendar running_;
  std::vector<JobIndex> waiting_;
  std::vector<BatchRequest> requests_;
  std::vector<UnixTime> limit_ends_;
};

struct Load {
  std::size_t jobs;
  std::int64_t processors;
  std::int64_t gap;        ///< between two submissions, on average, seconds
  std::int64_t run_bits;   ///< run times are spread evenly over so many powers of two
  std::int64_t looseness;  ///< limits are up to so many times the run time
  std::int64_t grain;      ///< of all times, seconds; a coarse one makes many things happen at once
};

std::vector<BatchJob> jobs_of(Prng& prng, const Load& load) {
  std::vector<BatchJob> jobs;
  std::int64_t now = 0;
  const auto rounded = [&](std::int64_t seconds) { return (seconds + load.grain - 1) / load.grain * load.grain; };
  for (std::size_t i = 0; i < load.jobs; ++i) {
    now += prng.between(0, 2 * load.gap);
    const std::int64_t run = std::int64_t{1} << prng.between(0, load.run_bits);
    const std::int64_t seconds = rounded(prng.between(run / 2, run));
    const std::int64_t limit = std::max<std::int64_t>(rounded(seconds * prng.between(1, load.looseness)), load.grain);
    std::int64_t processors = std::int64_t{1} << prng.between(0, 6);
    if (prng.chance(1, 4)) processors = prng.between(1, load.processors);
    jobs.push_back(
        {{UnixTime(rounded(now) * 1'000'000), Duration::seconds(limit), std::min(processors, load.processors), 0},
         Duration::seconds(std::min(seconds, limit))});
  }
  return jobs;
}

// Shows that what is kept of a plan after early ends is what a plan of the whole queue would be: long queues, limits
// far from the run times, narrow and wide jobs, and many ends at one instant.
TEST(Conservative, EqualsAPlanOfAllTheQueue) {
  constexpr Load loads[] = {{1000, 64, 40, 12, 10, 1}, {1000, 64, 90, 12, 10, 1},   {1000, 200, 30, 12, 30, 1},
                            {1000, 17, 200, 10, 3, 1}, {1000, 64, 40, 10, 10, 300}, {1000, 33, 40, 10, 20, 60},
                            {800, 64, 10, 14, 100, 1}, {1000, 64, 70, 12, 1, 60}};
  std::size_t longest_queue = 0;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    Prng prng(seed);
    const Load& load = loads[seed % std::size(loads)];
    const std::vector<BatchJob> jobs = jobs_of(prng, load);
    PlannedAnew anew(load.processors);
    Conservative conservative(load.processors);
    const std::vector<UnixTime> expected = replay(jobs, load.processors, anew);
    ASSERT_EQ(replay(jobs, load.processors, conservative), expected) << "seed " << seed;
    longest_queue = std::max(longest_queue, anew.longest_queue);
  }
  EXPECT_GT(longest_queue, 150U);
}

}  // namespace
}  // namespace dayan::place
