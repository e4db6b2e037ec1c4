#pragma once

#include <functional>
#include <optional>

#include "sim/dispatch.h"

namespace dayan::sim {

/// What must hold of each start, as it is made: what is not so becomes a violation of the schedule.
class StartCheck {
 public:
  /// Where a task runs; nothing: it does not.
  using RunsAt = std::function<std::optional<std::uint32_t>(TaskIndex)>;

  StartCheck(const Stage& stage, Schedule& schedule, RunsAt runs_at)
      : stage_(stage), schedule_(schedule), runs_at_(std::move(runs_at)) {}

  [[nodiscard]] std::string name_of(TaskIndex index) const;
  /// The pool could run it, it was submitted, and the pool has its nodes.
  void check_place(const Start& start, Duration now);
  /// When it may start, and that its pool is open until it ends. Deadlines where the policy knows of them.
  void check_times(const Start& start, Duration now, Duration end, bool knows_times);
  /// That no more tasks of its job run than may, at its centre, on its pool's nodes and in all; it counts itself.
  void check_bounds(TaskIndex index);

 private:
  [[nodiscard]] const LoadJob& job_of(TaskIndex index) const { return stage_.load.jobs[stage_.job_of[index]]; }
  [[nodiscard]] std::string pool_of(std::uint32_t site) const;
  /// Tasks of its job that run, where `is_counted` says so of their site.
  [[nodiscard]] std::int64_t running_beside(TaskIndex index, const std::function<bool(std::uint32_t)>& is_counted) const;

  const Stage& stage_;
  Schedule& schedule_;
  RunsAt runs_at_;
};

}  // namespace dayan::sim
