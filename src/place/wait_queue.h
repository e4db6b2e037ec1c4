#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "place/block_order.h"
#include "place/ranking.h"

/// WaitQueue: the jobs that wait for room, in classes (what they may be asked by, ranking.h) and within these in
/// lanes. Of all jobs of a plain lane any pool says the same, so that the first that finds no place speaks for all
/// behind it. What a lane's jobs have of their own (an exact run time, a price) is asked only of the one that is
/// placed.

namespace dayan::place {

using LaneIndex = std::uint32_t;
using ClassIndex = std::uint32_t;
using ViewIndex = std::uint32_t;

/// What the jobs of a lane have in common beside their class: steps, so that a million estimates make a few lanes.
struct LaneKey {
  Duration wall_bound;  ///< the shortest bound of any pool that its wall time is within
  CustomerGroup group = named_by_none;  ///< whom the centres that are choosy see in them
  /// Its jobs are asked one by one: they have a price cap, a deadline or a bound of tasks per centre, or keep away from
  /// a centre.
  bool is_particular = false;
  bool is_promised = false;        ///< a pool keeps room for each of its jobs
  std::uint8_t tasks_step = 0;     ///< waiting tasks: exact up to 64, then by powers of two
  std::uint8_t throttle_step = 0;  ///< the same of how many run at once at one centre; zero: no bound
  std::uint8_t run_step = 0;       ///< of its run time (job_record.h)
  std::uint8_t wall_step = 0;      ///< of its wall time, by powers of two of µs
  std::uint8_t cap_step = 0;       ///< what a price cap leaves for a task's hour, by powers of two; zero: no cap
  friend constexpr auto operator<=>(const LaneKey&, const LaneKey&) = default;
};
[[nodiscard]] LaneKey lane_key_of(const JobRecord& job, Duration wall_bound, bool is_particular,
                                  CustomerGroup group = named_by_none);
/// The µs that the wall times of a step have at least.
[[nodiscard]] inline double wall_of_step(std::uint8_t step) {
  return static_cast<double>(std::uint64_t{1} << step);
}
/// What a step stands for.
[[nodiscard]] std::int64_t tasks_of_step(std::uint8_t step);
/// Whether a cap of this step lets every job pay this rate, micro-yuan an hour, for all its tasks.
[[nodiscard]] bool surely_pays(std::uint8_t cap_step, double rate);

struct Lane {
  ClassIndex in = 0;
  ViewIndex view = 0;
  LaneKey key;
  std::map<QueueKey, JobRecord*> jobs;
  Duration shortest_wall = no_wall;  ///< none of its jobs has a shorter wall time; the one that had it may have left
  QueueKey head = nobody;            ///< as its view knows it
  /// Its first job has found no place, and that speaks for all behind it.
  bool is_settled = false;
  std::uint32_t settled_in = 0;  ///< the walk that found so last
  bool is_in_review = false;     ///< its jobs are asked again, one after the other until one speaks for the rest
  /// In this walk its jobs with a longer wall time find no place: what there is was promised to others.
  Duration passes_up_to;
  std::uint32_t passes_in = 0;

  static constexpr Duration no_wall = Duration::microseconds(int64_max);
  static constexpr QueueKey nobody{int64_max, JobId(int64_max)};
};

/// A pool that keeps jobs of a view from the room that there is (awaited.h): those that wait for the best as long as it
/// can take them one day, others as long as it is expected to have room for so many of their tasks after so long at
/// most.
struct AwaitedPool {
  static constexpr std::uint8_t any_wall = 255;

  PoolIndex pool = 0;
  std::uint8_t wall_step = any_wall;  ///< of those whom it keeps waiting, where that hangs on it
  float score = 0;
  double slowness = 0;  ///< as in Horizon::Entry, and the next two
  double lag = 0;
  double rate = 0;
  double wait_max = std::numeric_limits<double>::infinity();  ///< µs
  std::int64_t slots = 0;
};

/// Lanes of a class whose jobs see the same pools: their wall times have one bound, and their customers are of one
/// group.
struct View {
  /// A lane, with all that it is passed over by: a million jobs make 200,000 lanes, and a look at each is dear.
  struct Entry {
    QueueKey head;  ///< of its jobs
    LaneKey key;
    LaneIndex lane = 0;
  };

  static constexpr double refuses_nothing = std::numeric_limits<double>::infinity();

  ClassIndex in = 0;
  Duration wall_bound;
  CustomerGroup group = named_by_none;
  std::vector<std::pair<LaneKey, LaneIndex>> lanes;  ///< in order
  std::vector<Entry> by_head;                        ///< those with jobs, in order
  // There is room, but some of its jobs would rather wait for a better pool.
  bool is_holding_out = false;  ///< they are asked again from time to time
  bool is_kept_waiting = false;  ///< they are asked again when an awaited pool is not what they wait for any more
  std::vector<AwaitedPool> awaited;
  double refused = refuses_nothing;  ///< the least that those jobs refuse (Planning::hold_out)
  // The planner's own: where what it sees, and what it is asked about, stand, if they were worked out this time.
  std::uint64_t seen_at = 0;
  std::uint32_t vista = 0;
  std::uint32_t asked_in = 0;  ///< the walk
  std::uint32_t offer = 0;
  std::uint64_t offered_at = 0;
  std::uint32_t offer_now = 0;

  void forget_awaited() {
    is_kept_waiting = false;
    awaited.clear();
    refused = refuses_nothing;
  }
  /// The first lane whose head is not before this.
  [[nodiscard]] std::vector<Entry>::iterator from(const QueueKey& key) {
    return std::lower_bound(by_head.begin(), by_head.end(), key,
                            [](const Entry& each, const QueueKey& wanted) { return each.head < wanted; });
  }
};

struct JobClass {
  ClassIndex index = 0;
  ClassKey key;
  Requirements requirements;  ///< without times, cap and priority
  Need need;
  std::vector<ViewIndex> views;
  std::optional<QueueKey> head;  ///< of its waiting jobs
  std::unique_ptr<Ranking> ranking;
  std::uint64_t used = 0;
  std::uint32_t seen_in = 0;  ///< the walk that has last looked at it
};

/// Classes in order of the first of their waiting jobs.
using HeadOrder = BlockOrder<std::pair<QueueKey, ClassIndex>>;

/// Jobs that ask for tasks of one shape.
struct WaitingShape {
  std::int64_t jobs = 0;
  HeadOrder by_head;       ///< their classes, by the first of each
  HeadOrder firm_by_head;  ///< those of them whose jobs may not be taken back
  /// Pools with room for it at which all these jobs have been asked since: what refused one then does so still, or is
  /// on the agenda.
  Bits asked;
  std::vector<PoolIndex> asks_at;  ///< where else the walk under way asks them, if it does not ask everywhere
  std::set<PoolIndex> gained;      ///< where what it placed made room for them, and those behind alone are asked
};

class WaitQueue {
 public:
  /// Memory that rankings take at most; the ones not used for longest make way.
  static constexpr std::size_t ranking_bytes_max = 768'000'000;
  /// Classes without a waiting job that are kept.
  static constexpr std::size_t idle_classes_max = 4'096;

  [[nodiscard]] ClassIndex class_of(const JobRecord& job);
  /// Joins the lane where it belongs now, and leaves another. True when it is now at a place where it must be asked:
  /// anything but the back of a lane whose first job has spoken for it.
  bool join(JobRecord& job, Duration wall_bound, bool is_particular, CustomerGroup group);
  void leave(JobRecord& job);
  /// Gives a job another rank, and it stays in its lane, if it is in one. After the last, `end_moves`.
  void move(JobRecord& job, std::int64_t rank);
  void end_moves();

  [[nodiscard]] Lane& lane(LaneIndex index) { return lanes_[index]; }
  [[nodiscard]] const std::vector<Lane>& lanes() const { return lanes_; }
  [[nodiscard]] View& view(ViewIndex index) { return views_[index]; }
  [[nodiscard]] const View& view(ViewIndex index) const { return views_[index]; }
  /// How many there are, some of which nobody is in.
  [[nodiscard]] std::size_t views() const { return views_.size(); }
  [[nodiscard]] JobClass& job_class(ClassIndex index) { return *classes_[index]; }
  [[nodiscard]] const std::vector<std::unique_ptr<JobClass>>& classes() const { return classes_; }
  /// False when the pool's names rule it out for the class, or the class has been told so.
  [[nodiscard]] bool may_suit(ClassIndex index, const PoolState& pool) const {
    if (pool.index < ruled_out_.size() && ruled_out_[pool.index].get(index)) return false;
    return sieves_[index].passes(pool);
  }
  /// By its ranking, up to date, the pool can never run its jobs.
  void rule_out(ClassIndex index, PoolIndex pool) {
    if (ruled_out_.size() <= pool) ruled_out_.resize(pool + std::size_t{1});
    ruled_out_[pool].set(index, true);
  }
  /// The pool is another: what was ruled out there may not be so now.
  void forget_ruled_out(PoolIndex pool) {
    if (pool < ruled_out_.size()) ruled_out_[pool].clear();
  }
  [[nodiscard]] const std::map<Need, WaitingShape>& shapes() const { return shapes_; }
  [[nodiscard]] std::map<Need, WaitingShape>& shapes() { return shapes_; }
  /// The pool is another, or was silent: whoever was asked at it may say otherwise now.
  void forget_asked(PoolIndex pool);
  [[nodiscard]] std::size_t size() const { return size_; }

  /// The ranking of a class, up to date.
  [[nodiscard]] Ranking& ranking(JobClass& of, const World& world, const ChangeLog& replaced);
  [[nodiscard]] std::size_t ranking_bytes() const { return ranking_bytes_; }

 private:
  ViewIndex view_of(ClassIndex in, const LaneKey& key);
  LaneIndex lane_of(ClassIndex in, const LaneKey& key);
  void update_head(LaneIndex index);
  void update_head(ClassIndex index, const QueueKey& head);
  void make_way(const JobClass& keep);
  void drop_idle();

  std::map<ClassKey, ClassIndex> by_key_;
  std::vector<std::unique_ptr<JobClass>> classes_;  ///< nullptr: free
  std::vector<NameSieve> sieves_;                   ///< by class
  std::vector<Bits> ruled_out_;                     ///< by pool: classes
  std::vector<ClassIndex> free_classes_;
  std::vector<Lane> lanes_;
  std::vector<LaneIndex> free_lanes_;
  std::vector<View> views_;
  std::vector<ViewIndex> free_views_;
  std::map<Need, WaitingShape> shapes_;
  std::vector<LaneIndex> moved_;  ///< lanes of jobs that were moved
  std::size_t size_ = 0;
  std::size_t idle_ = 0;
  std::size_t ranking_bytes_ = 0;
  std::uint64_t used_ = 0;
};

}  // namespace dayan::place
