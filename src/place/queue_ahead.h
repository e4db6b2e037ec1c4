#pragma once

#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>
#include <vector>

#include "place/evaluation.h"
#include "place/wait_queue.h"

/// QueueAhead: when full pools are expected to have room for somebody, counting those that stand before it in the
/// queue. They are given what each pool will have, one after the other, each where it would be done first, or at its best pool
/// where its objective takes no other; the one who asks gets what they leave. Counted in sum, as plans do (openings.h).
/// Twice: as everything is expected to end, and as if everything took as long as it may.
///
/// It is bounded work: where a bound is met, what it says is the least.

namespace dayan::place {

/// Jobs that stand before it, at most; and classes of such jobs.
inline constexpr std::size_t ahead_jobs_max = 256;
inline constexpr std::size_t ahead_classes_max = 1'024;
/// Pools of who asks, its best ones; so many of each class that stands before it come to them.
inline constexpr std::size_t ahead_pools_max = 32;
inline constexpr std::size_t ahead_pools_of_class = 8;
/// Looks at what a pool has from a moment on, in all; for each of the two waits.
inline constexpr std::int64_t ahead_looks_max = 500'000;

/// The waiting jobs before a place in the queue, in order.
class QueueWalk {
 public:
  QueueWalk(const WaitQueue& queue, const QueueKey& before);

  /// The next of a class that `is_wanted(job_class)`, which is asked once of each; nullptr when there is none.
  template <class IsWanted>
  [[nodiscard]] const JobRecord* next(IsWanted&& is_wanted) {
    while (!coming_.empty()) {
      const Comes first = coming_.top();
      coming_.pop();
      if (first.shape == nullptr) return job_at(first);
      if (classes_++ == ahead_classes_max) break;
      push_class(*first.shape, {first.key, first.job_class + 1});
      const JobClass& job_class = *queue_.classes()[first.job_class];
      if (is_wanted(job_class)) push_lanes(job_class);
    }
    return nullptr;
  }
  /// There were more classes than are looked at.
  [[nodiscard]] bool is_cut() const { return classes_ > ahead_classes_max; }

 private:
  /// What comes at this place: a class, or the next job of a lane.
  struct Comes {
    QueueKey key;
    ClassIndex job_class = 0;
    LaneIndex lane = no_lane;
    const WaitingShape* shape = nullptr;  ///< of a class
    friend bool operator>(const Comes& a, const Comes& b) {
      return std::tie(a.key, a.job_class, a.lane) > std::tie(b.key, b.job_class, b.lane);
    }
  };
  void push_class(const WaitingShape& shape, const std::pair<QueueKey, ClassIndex>& from);
  void push_lanes(const JobClass& job_class);
  void push_job(LaneIndex index, std::map<QueueKey, JobRecord*>::const_iterator job);
  [[nodiscard]] const JobRecord* job_at(const Comes& next);

  const WaitQueue& queue_;
  QueueKey before_;
  std::size_t classes_ = 0;
  std::priority_queue<Comes, std::vector<Comes>, std::greater<>> coming_;
};

/// What a pool will have, from moment to moment.
class RoomAhead {
 public:
  struct Slot {
    UnixTime at;
    std::int64_t tasks = 0;
  };
  /// `ends`: when what it holds gives back how much.
  RoomAhead(UnixTime now, const Amounts& free, std::vector<std::pair<UnixTime, Amounts>> ends);

  /// The first moment from `from` on with room for a task for so long, and for how many, `most` at most. Nothing when
  /// none comes. Each look is taken of `looks`; where they do not suffice there is nothing either.
  [[nodiscard]] std::optional<Slot> earliest(const Amounts& each, std::int64_t most, UnixTime from, Duration run,
                                             std::int64_t& looks) const;
  void take(const Slot& slot, const Amounts& each, Duration run);

 private:
  struct Step {
    UnixTime at;
    Amounts free;
  };
  std::size_t cut(UnixTime at);
  std::vector<Step> steps_;
};

class QueueAhead {
 public:
  /// `pools`: full ones that could take what is asked, best first; ahead_pools_max count. `before`: where it stands.
  QueueAhead(const World& world, const WaitQueue& queue, const Asking& asking, const QueueKey& before,
             const std::vector<const PoolState*>& pools, UnixTime now);

  /// Gives those before it what the pools will have. Before at().
  void give_room();
  /// When the pool has room for what is asked, after those before it. Nothing where none of them takes room there.
  [[nodiscard]] std::optional<Queued> at(const PoolState& pool);
  /// The jobs before it that could take one of its pools, in order; not all when is_cut().
  [[nodiscard]] const std::vector<const JobRecord*>& jobs() const { return jobs_; }
  [[nodiscard]] bool is_cut() const { return is_cut_; }

 private:
  struct Stand {
    const PoolState* pool = nullptr;
    std::optional<RoomAhead> expected;  ///< made when somebody takes of it
    std::optional<RoomAhead> longest;
    std::int32_t jobs = 0;
    bool is_taken = false;
  };
  /// The pools that a class would go to, of those that are looked at.
  struct Suited {
    std::vector<std::pair<std::size_t, float>> stands;  ///< with its score of each
    bool is_wanted = false;                             ///< one of who asks is among them
  };

  [[nodiscard]] std::size_t stand_of(const PoolState& pool);
  [[nodiscard]] const Suited& suited(const JobClass& job_class);
  void place(const JobRecord& job, bool at_the_latest);
  void place_promised(Stand& stand);
  [[nodiscard]] RoomAhead& room(Stand& stand, bool at_the_latest);
  [[nodiscard]] std::vector<std::size_t> choices(const JobRecord& job);
  void open(Stand& stand);

  const World& world_;
  const WaitQueue& queue_;
  const Asking& asking_;
  UnixTime now_;
  std::size_t own_ = 0;  ///< so many of the first stands are of who asks
  std::vector<Stand> stands_;
  std::map<PoolIndex, std::size_t> stand_of_;
  std::map<ClassIndex, Suited> suited_;
  std::vector<const JobRecord*> jobs_;
  std::int64_t looks_ = ahead_looks_max;
  bool is_cut_ = false;
};

}  // namespace dayan::place
