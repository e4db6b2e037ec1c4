#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/load.h"

namespace dayan::sim {

/// Jobs that are not submitted before another of the load has ended.
class Followers {
 public:
  /// When a job is to be submitted, and which.
  using Call = std::pair<Duration, std::uint32_t>;

  explicit Followers(const Load& load) : load_(load), follows_(load.jobs.size()) {
    std::unordered_map<std::string_view, std::uint32_t> index;
    for (std::uint32_t job = 0; job < load.jobs.size(); ++job) index.try_emplace(load.jobs[job].name, job);
    for (std::uint32_t job = 0; job < load.jobs.size(); ++job) {
      if (load.jobs[job].after.empty()) continue;
      const auto before = index.find(load.jobs[job].after);
      if (before == index.end()) continue;
      follows_[job] = true;
      Followed& followed = followed_[before->second];
      followed.tasks_left = load.jobs[before->second].tasks;
      followed.by.push_back(job);
    }
  }

  [[nodiscard]] bool follows(std::size_t job) const { return follows_[job]; }

  /// A task of the job has ended: whoever follows it comes after the last.
  [[nodiscard]] std::vector<Call> end_task(std::uint32_t job, Duration now) {
    std::vector<Call> calls;
    const auto known = followed_.find(job);
    if (known == followed_.end() || --known->second.tasks_left > 0) return calls;
    for (const std::uint32_t by : known->second.by)
      calls.emplace_back(std::max(now + load_.jobs[by].think, load_.jobs[by].submit), by);
    followed_.erase(known);
    return calls;
  }

  /// Nothing else is left: those whose job was given up come now.
  [[nodiscard]] std::vector<Call> release(Duration now) {
    std::vector<Call> calls;
    for (const auto& [job, followed] : std::exchange(followed_, {}))
      for (const std::uint32_t by : followed.by) calls.emplace_back(std::max(now, load_.jobs[by].submit), by);
    return calls;
  }

 private:
  struct Followed {
    std::int32_t tasks_left = 0;
    std::vector<std::uint32_t> by;
  };

  const Load& load_;
  std::vector<bool> follows_;                   ///< by job
  std::map<std::uint32_t, Followed> followed_;  ///< that have not ended, by job
};

}  // namespace dayan::sim
