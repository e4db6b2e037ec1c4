#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "place/pool_state.h"

/// JobRecord: what placement keeps of a job. A million wait at once, so what like jobs share (which resources, chips,
/// software, regions, providers, latency, objective) is kept once in a Common, and what differs from job to job beside it.

namespace dayan::place {

/// Where a job stands in the queue: lower is earlier. The rank is when it was submitted, or would have been had it the
/// priority zero (rank_of), and as much later as its project is set back (shares.h); ids are given out in order of time.
struct QueueKey {
  std::int64_t rank = std::numeric_limits<std::int64_t>::min();
  JobId job;
  friend constexpr auto operator<=>(const QueueKey&, const QueueKey&) = default;
};

/// Submission, each step of priority worth `priority_step` of waiting. A priority that grows by a step for each
/// priority_step waited gives the same order at every moment, since it grows alike for all: ageing needs no clock. So
/// a later job overtakes by its priority only what was submitted within that span before it, and nobody starves by it.
[[nodiscard]] constexpr std::int64_t rank_of(UnixTime submitted_at, std::int32_t priority) {
  return (submitted_at - priority_step * priority).microseconds();
}

/// Of two bounds, each zero where there is none.
[[nodiscard]] constexpr std::int32_t lesser_bound(std::int32_t a, std::int32_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

struct Common {
  std::uint64_t serial = 0;   ///< never used again
  std::string key;            ///< all that it holds, as bytes
  Requirements requirements;  ///< without times, price cap, priority and the bounds of tasks per centre and node
  std::int64_t jobs = 0;      ///< that refer to it
};

struct ProjectShare;

inline constexpr std::uint32_t no_lane = ~std::uint32_t{0};
inline constexpr PoolIndex no_pool = ~PoolIndex{0};

/// A cheaper hour of the day that a job waits for (turn.h).
struct AwaitedHour {
  PoolIndex pool = no_pool;  ///< none: no hour
  UnixTime from;
  PoolIndex instead = no_pool;  ///< the pool that it would be leased at now
};

struct JobRecord {
  JobId id;
  OrganisationId organisation;
  const Common* common = nullptr;
  Duration wall_time;
  Duration run_time;  ///< zero: no estimate
  UnixTime not_before;  ///< no task starts earlier; none: at once
  UnixTime finish_by;   ///< none: no deadline
  UnixTime waits_until;  ///< what still waits then is given up; none: nothing is
  Bytes input_bytes;    ///< that cross to each centre where its tasks run, once
  Cny price_cap;      ///< negative: none
  Cny charged;
  Cny held;
  std::int64_t run_time_sum = 0;
  std::int64_t rank = 0;  ///< in the queue
  ProjectShare* share = nullptr;  ///< its project's (shares.h)
  std::uint32_t share_place = 0;  ///< among the jobs of that
  UnixTime waits_since;  ///< its submission, or its earliest start where that is later
  std::int32_t priority = 0;
  std::int32_t count = 1;
  std::int32_t throttle = 0;
  std::int32_t tasks_per_centre_max = 0;
  std::int32_t tasks_per_node_max = 0;
  std::int32_t next_task = 0;
  std::int32_t retrying = 0;
  std::int32_t live = 0;
  std::int32_t succeeded = 0;
  Duration kept_run;  ///< kept_run_of() it
  bool takes_tasks = false;  ///< it is neither final nor being cancelled

  // The planner's own.
  bool is_new = true;      ///< the agenda has not heard of it
  bool is_parked = false;  ///< waits for money in its wallet
  bool is_broke = false;   ///< waits for its own price cap to leave more
  PoolIndex promised = no_pool;  ///< that has promised it room
  AwaitedHour awaited_hour;      ///< as of its last turn
  std::uint32_t lane = no_lane;
  std::uint32_t seen_in = 0;  ///< the walk that has last looked at it

  [[nodiscard]] Learned learned() const { return {succeeded, run_time_sum}; }
  [[nodiscard]] bool is_estimated() const { return has_estimate(run_time, learned()); }
  [[nodiscard]] bool has_deadline() const { return !finish_by.is_none(); }
  [[nodiscard]] bool has_inputs() const { return !input_bytes.is_zero(); }
  /// The time limit of a lease granted then, where its inputs are given so much time.
  [[nodiscard]] Duration wall_at(UnixTime start, Duration staging = Duration()) const {
    return lease_wall_time(wall_time, finish_by, start, staging);
  }
  /// A bound of wall_at() from below, at all times.
  [[nodiscard]] Duration wall_least() const { return has_deadline() ? Duration() : wall_time; }
  /// There is a deadline: from then on the job takes the best of what has room (turn.h). Its inputs are given the
  /// time of a link of which nothing is known, wherever they are, for each of the two runs: the second may be at
  /// another centre.
  [[nodiscard]] UnixTime last_call() const {
    return finish_by - time_to_run_twice(wall_time, staging_allowance(input_bytes, std::nullopt));
  }
  [[nodiscard]] bool has_cap() const { return !price_cap.is_negative(); }
  [[nodiscard]] bool is_bounded_at_centres() const { return tasks_per_centre_max > 0; }
  [[nodiscard]] bool is_bounded_on_nodes() const { return tasks_per_node_max > 0; }
  /// Where its tasks are says where others of it may go.
  [[nodiscard]] bool is_bounded() const { return is_bounded_at_centres() || is_bounded_on_nodes(); }
  /// So many of its tasks run at once, if all run at one centre; zero: no bound.
  [[nodiscard]] std::int32_t at_once_max() const { return lesser_bound(throttle, tasks_per_centre_max); }
  /// Tasks that wait for a lease.
  [[nodiscard]] std::int64_t waiting() const { return takes_tasks ? std::int64_t{count} - next_task + retrying : 0; }
  [[nodiscard]] QueueKey key() const { return {rank, id}; }
  [[nodiscard]] Requirements requirements() const;
};

[[nodiscard]] inline Duration expected_run(const JobRecord& job, const PoolRow& pool) {
  return expected_run(job.wall_time, job.run_time, job.learned(), speed_on(pool, job.common->requirements.resources));
}

/// What is expected of its run time on the reference. Until a task of it has succeeded that is the submitter's
/// estimate, to the microsecond; zero when there is none. From then on it is the mean of those that have, rounded down to
/// one of 32 steps between two powers of two: what is kept of it is put right when it comes to another step, and not with
/// each task that ends.
[[nodiscard]] Duration kept_run_of(const JobRecord& job);
/// expected_run() by that.
[[nodiscard]] inline Duration kept_run(const JobRecord& job, const PoolRow& pool) {
  return expected_run(job.wall_time, job.kept_run, Learned{}, speed_on(pool, job.common->requirements.resources));
}

/// Whether a task leased there at `start` is expected to end by the job's deadline.
[[nodiscard]] inline bool is_in_time(const JobRecord& job, UnixTime start, const PoolRow& pool, Duration staging) {
  return !job.has_deadline() || meets_deadline(job.finish_by, start, expected_run(job, pool), staging);
}

/// Its run time on the reference, the wall time when it is not known; at least a µs.
[[nodiscard]] Duration mean_run(const JobRecord& job);
/// What a task there is expected to be charged for its run; zero past what money can count. There is an offer.
[[nodiscard]] Cny task_cost(const JobRecord& job, const PoolState& pool);
/// mean_run() in steps of half a power of two µs: what is told of like jobs at once is told by steps.
[[nodiscard]] std::uint8_t run_step_of(const JobRecord& job);
/// The µs that a step stands for.
[[nodiscard]] double run_of_step(std::uint8_t step);

/// How much data a job brings for its work, by steps as well, since rankings hang on it: what a transfer takes beside the
/// run of a task, and what it costs beside the run of all of them. Both as if nothing of it was anywhere yet.
struct DataSteps {
  std::uint8_t of_task = 0;  ///< bytes for each µs that a task runs on the reference; zero: none, or next to none
  std::uint8_t of_job = 0;   ///< the same over all its tasks; zero also where cost does not count
  friend constexpr auto operator<=>(const DataSteps&, const DataSteps&) = default;
};
[[nodiscard]] DataSteps data_steps_of(const JobRecord& job);
/// The bytes for each µs that a step stands for.
[[nodiscard]] double data_of_step(std::uint8_t step);

/// What is shared, kept once. One that no job refers to any more stays for a while: its like may come again.
class Commons {
 public:
  static constexpr std::size_t idle_max = 4'096;

  /// The one for these requirements, for a job that refers to `held` until now (nullptr: a new one) and to it from now on.
  [[nodiscard]] const Common* take(const Requirements& requirements, const Common* held);
  void give_back(const Common* common);
  [[nodiscard]] std::size_t size() const { return by_key_.size(); }

 private:
  std::map<std::string, Common> by_key_;
  std::map<std::uint64_t, std::map<std::string, Common>::iterator> idle_;  ///< by when they became so
  std::map<std::uint64_t, std::uint64_t> idle_since_;                      ///< by serial
  std::uint64_t last_serial_ = 0;
  std::uint64_t last_idle_ = 0;
};

}  // namespace dayan::place
