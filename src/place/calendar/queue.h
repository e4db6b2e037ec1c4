#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"

/// Batch queues in front of one pool of like processors: who starts when. A policy is told what a scheduler is told
/// and says who starts; it never sees how long unfinished work will really run. `replay` plays a log through one.

namespace dayan::place {

/// Counts jobs in order of submission, from 0.
using JobIndex = std::uint32_t;

/// More processors, or jobs in a log, than this are refused.
inline constexpr std::int64_t queue_processors_max = 1'000'000'000;
inline constexpr std::size_t queue_jobs_max = 1'000'000'000;

/// What a scheduler knows of a job when it is submitted.
struct BatchRequest {
  UnixTime submitted;
  Duration limit;  ///< the job is ended then; > 0
  std::int64_t processors = 1;
  std::int64_t user = -1;  ///< whoever is -1 is nobody in particular
};

/// One rule of who starts when. Time never goes back. At one instant come first the ends, then the submissions, then
/// one decision; a job that starts and ends at the same instant makes a second round.
class QueuePolicy {
 public:
  QueuePolicy() = default;
  QueuePolicy(const QueuePolicy&) = delete;
  QueuePolicy& operator=(const QueuePolicy&) = delete;
  virtual ~QueuePolicy() = default;

  /// The next job: indexes come in order. request.submitted is now.
  virtual void submit(JobIndex job, const BatchRequest& request) = 0;
  /// A started job has ended, at its limit or before.
  virtual void finish(JobIndex job, UnixTime now) = 0;
  /// Appends the jobs that start now, in the order in which they were chosen.
  virtual void decide(UnixTime now, std::vector<JobIndex>& started) = 0;
};

/// A job of a log: what the scheduler knows, and what it does not.
struct BatchJob {
  BatchRequest request;
  Duration run;  ///< 0 ≤ run ≤ request.limit
};

/// When each job started under `policy`. `jobs` are in order of submission, each with 1 to `processors` processors;
/// asserts that the policy starts every job once, and never more than there are processors for.
[[nodiscard]] std::vector<UnixTime> replay(std::span<const BatchJob> jobs, std::int64_t processors,
                                           QueuePolicy& policy);

/// What came of a replay. Times in seconds.
struct QueueFigures {
  double mean_bounded_slowdown = 0;  ///< of max(1, (wait + run) / max(run, floor))
  double mean_wait = 0;
  double max_wait = 0;
  double makespan = 0;     ///< from the first submission to the last end
  double utilisation = 0;  ///< of the processors, from the first submission to the last one
};
[[nodiscard]] QueueFigures figures_of(std::span<const BatchJob> jobs, std::span<const UnixTime> starts,
                                      std::int64_t processors, Duration slowdown_floor);

}  // namespace dayan::place
