#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "sim/dispatch.h"

namespace dayan::sim {

/// How many tasks of a job may be about at once, for policies that do not ask the engine: in all (its throttle), at
/// each centre, and in each pool where it keeps them apart on nodes. About is a task that such a policy has sent
/// somewhere, until it is heard to have ended.
class JobBounds {
 public:
  explicit JobBounds(const Stage& stage) : stage_(stage) {}

  [[nodiscard]] bool is_bounded(std::uint32_t job) const {
    return throttle_of(job) > 0 || most_at_centre(job) > 0 || needs_of(job).tasks_per_node_max > 0;
  }
  [[nodiscard]] bool is_throttled(std::uint32_t job) const {
    const auto known = about_.find(job);
    return throttle_of(job) > 0 && known != about_.end() && known->second >= throttle_of(job);
  }
  /// Another one may go there.
  [[nodiscard]] bool allows(std::uint32_t job, std::uint32_t site) const {
    if (is_throttled(job)) return false;
    const std::int32_t on_node = needs_of(job).tasks_per_node_max;
    const auto in_pool = in_pool_.find({job, site});
    const std::int64_t beside = in_pool == in_pool_.end() ? 0 : in_pool->second;
    if (on_node > 0 && beside >= tasks_apart_max(on_node, stage_.pool_now(site), needs_of(job).resources)) return false;
    const auto known = there_.find({job, centre_of(site)});
    return most_at_centre(job) == 0 || known == there_.end() || known->second < most_at_centre(job);
  }
  void add(TaskIndex task, std::uint32_t site) { change(task, site, 1); }
  void remove(TaskIndex task, std::uint32_t site) { change(task, site, -1); }

 private:
  [[nodiscard]] std::int32_t throttle_of(std::uint32_t job) const { return stage_.load.jobs[job].throttle; }
  [[nodiscard]] const Requirements& needs_of(std::uint32_t job) const {
    return stage_.load.needs(stage_.load.jobs[job]);
  }
  [[nodiscard]] std::int32_t most_at_centre(std::uint32_t job) const { return needs_of(job).tasks_per_centre_max; }
  [[nodiscard]] std::size_t centre_of(std::uint32_t site) const { return stage_.scenario.sites()[site].centre; }
  void change(TaskIndex task, std::uint32_t site, std::int32_t by) {
    const std::uint32_t job = stage_.job_of[task];
    if (!is_bounded(job)) return;
    about_[job] += by;
    there_[{job, centre_of(site)}] += by;
    in_pool_[{job, site}] += by;
  }

  const Stage& stage_;
  std::map<std::uint32_t, std::int32_t> about_;                          ///< tasks, by job
  std::map<std::pair<std::uint32_t, std::size_t>, std::int32_t> there_;  ///< the same by job and centre
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::int32_t> in_pool_;  ///< and by job and site
};

}  // namespace dayan::sim
