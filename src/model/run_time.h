#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"
#include "model/centre.h"
#include "model/job.h"
#include "model/lease.h"

/// How long a task is expected to run on a pool, and what that leaves of its job's deadline.

namespace dayan {

/// How fast the pool runs what asks for such resources, beside the reference: by its cards whatever has cards, else by
/// its cores. What is not known counts as the reference.
[[nodiscard]] inline Capability speed_on(const PoolRow& pool, const Resources& resources) {
  return or_reference(resources.cards.is_zero() ? pool.core_capability : pool.card_capability);
}

/// What a job has learned from its succeeded tasks.
struct Learned {
  std::int32_t succeeded = 0;
  std::int64_t run_time_sum = 0;  ///< µs on the reference
};

/// How long one task runs where it is so fast: the mean of the job's succeeded tasks, else the submitter's estimate,
/// both scaled from the reference; else its wall time. Never more than the wall time, which ends it.
[[nodiscard]] Duration expected_run(Duration wall_time, Duration run_time, const Learned& learned, Capability speed);
[[nodiscard]] inline Duration expected_run(const Requirements& requirements, const Learned& learned,
                                           const PoolRow& pool) {
  return expected_run(requirements.wall_time, requirements.run_time, learned,
                      speed_on(pool, requirements.resources));
}
/// What a run there would have been on the reference, in µs.
[[nodiscard]] std::int64_t reference_run(Duration run, Capability speed);
/// False when only the wall time is known.
[[nodiscard]] inline bool has_estimate(Duration run_time, const Learned& learned) {
  return learned.succeeded > 0 || run_time > Duration();
}

/// What a task takes at the most from its lease to its expected end: it may start as late as the start allowance lets
/// it, and what it is given for its inputs (`staging`, transfer.h) on top, and no lease is shorter than the shortest
/// wall time.
[[nodiscard]] inline Duration needed_time(Duration run, Duration staging = Duration()) {
  return lease_start_allowance + staging + std::max(run, wall_time_limit_min);
}
/// Whether what is leased at `start` is expected to end by the deadline (none: always).
[[nodiscard]] inline bool meets_deadline(UnixTime finish_by, UnixTime start, Duration run,
                                         Duration staging = Duration()) {
  return finish_by.is_none() || start + needed_time(run, staging) <= finish_by;
}
/// A plan comes at most so much later than what it waits for, as the sums of deadlines take it. A hub that is so busy
/// that it takes longer may be late by what is missing.
inline constexpr Duration plan_delay_max = Duration::seconds(30);
/// What is leased so long before its deadline may be lost at the very end of its lease, wherever it is, and is still
/// run once more in time: each run has a plan to wait for, may start late, must have its inputs, and may take its
/// whole wall time; between them passes what must before a lost task is placed elsewhere (lease.h).
[[nodiscard]] inline Duration time_to_run_twice(Duration wall_time, Duration staging) {
  return (plan_delay_max + needed_time(wall_time, staging)) * 2 + lease_grace + clock_bound;
}
/// The time limit of a lease granted at `start`: the job's wall time, cut so that the lease is over by the deadline.
[[nodiscard]] inline Duration lease_wall_time(Duration wall_time, UnixTime finish_by, UnixTime start,
                                              Duration staging = Duration()) {
  return finish_by.is_none() ? wall_time : std::min(wall_time, finish_by - start - lease_start_allowance - staging);
}

}  // namespace dayan
