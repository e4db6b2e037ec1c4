#pragma once

#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "place/evaluation.h"
#include "place/queue_walk.h"

/// QueueAhead: when full pools are expected to have room for somebody, counting those that stand before it in the
/// queue. They are given what each pool will have, one after the other, each where it would be done first, or at its
/// best pool where its objective takes no other, and only what has not been given up by then; who asks gets what they
/// leave. What was promised comes first. Twice: as everything is expected to end, and as if everything took as long as
/// it may.
///
/// It is kept from who asks to who asks behind it: those between them are given room then. It is bounded work: where a
/// bound is met, what it says is the least.

namespace dayan::place {

/// Jobs that stand before who asks, at most; and classes of such jobs.
inline constexpr std::size_t ahead_jobs_max = 256;
inline constexpr std::size_t ahead_classes_max = 1'024;
/// Pools of who asks, its best ones; so many of each class that stands before it come to them.
inline constexpr std::size_t ahead_pools_max = 32;
inline constexpr std::size_t ahead_pools_of_class = 8;
/// Looks at what a pool has from a moment on, in all; for each of the two waits.
inline constexpr std::int64_t ahead_looks_max = 500'000;

/// Whether a class could go to a pool one day.
[[nodiscard]] bool may_take(const JobClass& job_class, const PoolState& pool, const WaitQueue& queue);

/// The jobs that stand before a place in the queue and that `is_wanted(job_class)`, in order; nothing where there are
/// more of them, or of classes, than are looked at.
template <class IsWanted>
[[nodiscard]] std::optional<std::vector<const JobRecord*>> jobs_before(const WaitQueue& queue, const QueueKey& before,
                                                                      IsWanted&& is_wanted) {
  std::vector<const JobRecord*> jobs;
  QueueWalk walk(queue);
  for (const auto& [need, shape] : queue.shapes()) walk.add(shape);
  std::size_t classes = 0;
  while (const auto step = walk.next(before)) {
    if (step->job == nullptr) {
      if (classes++ == ahead_classes_max) return std::nullopt;
      if (is_wanted(*step->job_class)) walk.enter(*step->job_class);
      continue;
    }
    if (jobs.size() == ahead_jobs_max) return std::nullopt;
    jobs.push_back(step->job);
    walk.go_on(*step);
  }
  return jobs;
}

class QueueAhead {
 public:
  /// `pools`: full ones that could take what is asked, ahead_pools_max at most. `left_out`: a job that is not counted.
  QueueAhead(Outlook& outlook, const WaitQueue& queue, const std::vector<PoolIndex>& pools, JobId left_out);

  /// Gives those that stand before that place, and have not been given it, what the pools will have. Never goes back.
  void pass_to(const QueueKey& before);
  /// When one of the pools has room for what is asked, after those before it. Nothing where none of them takes of it.
  [[nodiscard]] std::optional<Queued> at(const PoolState& pool, const Asking& asking) const;
  /// What is said of a pool that is not among them; nothing where nobody stands before.
  [[nodiscard]] std::optional<Queued> elsewhere() const;

 private:
  struct Stand {
    const PoolState* pool = nullptr;
    std::optional<RoomAhead> expected;  ///< once somebody has taken of it
    std::optional<RoomAhead> longest;
    std::int32_t jobs = 0;
    bool is_taken = false;
  };
  /// The pools that a class would go to, of those that are looked at.
  struct Suited {
    std::vector<std::pair<float, std::size_t>> stands;  ///< with its score of each, best first
    bool is_wanted = false;                             ///< one of who asks is among them
  };

  /// A new one has what is promised of it taken.
  [[nodiscard]] std::size_t stand_of(const PoolState& pool);
  [[nodiscard]] const Suited& suited(const JobClass& job_class);
  void place(const JobRecord& job, Outlook::Ends ends);
  void place_promised(Stand& stand);
  [[nodiscard]] RoomAhead& room(Stand& stand, Outlook::Ends ends);
  [[nodiscard]] std::vector<std::size_t> choices(const JobRecord& job);
  [[nodiscard]] bool still_waits(const JobRecord& job, UnixTime at, const PoolState& pool) const;
  [[nodiscard]] std::int64_t& looks(Outlook::Ends ends) {
    return ends == Outlook::Ends::expected ? looks_ : looks_longest_;
  }

  Outlook& outlook_;
  const World& world_;
  const WaitQueue& queue_;
  JobId left_out_;
  QueueWalk walk_;
  std::size_t own_ = 0;  ///< so many of the first stands are of who asks
  std::deque<Stand> stands_;  ///< they stay where they are as others come: what is told (Queued::room) points into them
  std::map<PoolIndex, std::size_t> stand_of_;
  std::map<ClassIndex, Suited> suited_;
  std::map<JobId, std::int64_t> promised_;  ///< tasks that were given what was promised them
  std::size_t jobs_ = 0;
  std::size_t classes_ = 0;
  std::int64_t looks_ = ahead_looks_max;
  std::int64_t looks_longest_ = ahead_looks_max;
  bool is_cut_ = false;
};

}  // namespace dayan::place
