#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model/json.h"
#include "sim/fairness.h"
#include "sim/schedule.h"

/// What is told of a schedule: figures, and the series that charts are drawn of.

namespace dayan::sim {

/// The floor of a bounded slowdown.
inline constexpr Duration slowdown_floor = Duration::seconds(10);
/// Steps of utilisation over time.
inline constexpr std::size_t utilisation_steps = 240;
/// Points of the distribution of waits: thousandths of the tasks.
inline constexpr std::size_t wait_points = 200;

/// What became of work that agreed to be taken back, and what it paid.
struct ReclaimableFigures {
  std::int64_t tasks_done = 0;
  Duration mean_wait;
  Cny cost;                     ///< of all of its starts
  std::int64_t taken_back = 0;  ///< starts of which the room was taken back
  Cny cost_taken_back;          ///< of those starts
  double core_hours_lost = 0;   ///< run by them; they were run again
  double card_hours_lost = 0;
};

struct Figures {
  std::string policy;
  std::int64_t jobs_done = 0;  ///< all of whose tasks ran to an end
  std::int64_t tasks_done = 0;
  std::int64_t unfinished = 0;   ///< tasks that never did
  std::int64_t late = 0;         ///< jobs that did not end by their deadline
  std::int64_t cut = 0;          ///< of those done: ended by their wall time
  std::int64_t interrupted = 0;  ///< starts that came to nothing, by outages and silences
  double core_utilisation = 0;   ///< of what there is, from the first submission to the last
  double card_utilisation = 0;
  Duration mean_wait;  ///< of a task, from waits_from() until it ran for the last time: its inputs were there
  Duration p95_wait;
  Duration max_wait;
  std::string longest_waiter;  ///< the job that waited so long
  double mean_bounded_slowdown = 0;
  Cny cost;
  Bytes moved;        ///< inputs that crossed to centres
  Duration makespan;  ///< from the first submission to the last end
  std::int64_t violations = 0;
  std::vector<std::string> violations_told;
  double seconds = 0;  ///< of processor time, for the policy
  Fairness fairness;   ///< where several customers submit
  ReclaimableFigures reclaimable;
  bool has_reclaimable = false;  ///< some work agreed to it

  // For charts; not in the JSON summary.
  std::vector<double> utilisation;  ///< by step, of the cards where there are some, else of the cores
  std::vector<double> waits;        ///< seconds, by rank: wait_points + 1 values from the least to the greatest
};

[[nodiscard]] Figures figures_of(const Schedule& schedule, const Scenario& scenario, const Load& load);
[[nodiscard]] JsonObject json_of(const Figures& figures);

/// The stretch of time that utilisation is told of.
struct Stretch {
  Duration from;
  Duration to;
};
[[nodiscard]] Stretch arrivals_of(const Load& load);

/// The pool in which most work was done, by parts of its capacity.
[[nodiscard]] std::uint32_t busiest_site(const Schedule& schedule, const Scenario& scenario, const Load& load);

/// When a job was submitted under the policy.
[[nodiscard]] inline Duration submission(const Schedule& schedule, const Load& load, std::uint32_t job) {
  return job < schedule.submitted.size() ? schedule.submitted[job] : load.jobs[job].submit;
}

/// From when on it waits: its submission, or its earliest start where that is later. To start no earlier is no waiting.
[[nodiscard]] inline Duration waits_from(const Schedule& schedule, const Load& load, std::uint32_t job) {
  const UnixTime begin = load.needs(load.jobs[job]).not_before;
  const Duration submit = submission(schedule, load, job);
  return begin.is_none() ? submit : std::max(submit, begin - beginning);
}

/// What is wrong with a schedule, found from its runs alone: capacity at every instant, starts before submissions and
/// earliest starts, a task that ran twice to its end, a run of another length than the task's, a pool that cannot run it, room that was taken
/// back from work that had not agreed, too often or without its notice. Written apart from what made it. At most violations_told_max are told.
[[nodiscard]] std::vector<std::string> check(const Schedule& schedule, const Scenario& scenario, const Load& load);

/// A line a run: job, task, submit, start, how long its inputs took, end, how long it waited until they were there
/// (seconds, times from the beginning), centre, pool, nodes, cores, cards, cost (yuan), how it ended, whose it is. By
/// submission, task and start.
[[nodiscard]] std::string csv_of(const Schedule& schedule, const Scenario& scenario, const Load& load);

}  // namespace dayan::sim
