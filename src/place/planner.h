#pragma once

#include <optional>
#include <queue>
#include <tuple>
#include <vector>

#include "place/turn.h"

/// Planner: walks over the jobs that the agenda names, in the order of the
/// queue, and gives each its turn.

namespace dayan::place {

class Planner {
 public:
  Planner(World& world, PlantedBug bug) : bug_(bug), agenda_(world, bug), planning_(agenda_, openings_) {}

  /// At most `limit` placements of waiting tasks in what is free now, jobs in
  /// order of the queue. What of the plan before has not come back as leases is
  /// planned again.
  [[nodiscard]] std::vector<Assignment> plan(UnixTime now, std::size_t limit);

  [[nodiscard]] const Agenda& agenda() const { return agenda_; }
  [[nodiscard]] Agenda& agenda() { return agenda_; }

 private:
  /// A pool with room that a class has not been asked at, and the longest wall time that may take it.
  struct OpenPool {
    PoolIndex pool = 0;
    Duration passes_up_to;
  };
  static constexpr Duration no_bound = Duration::microseconds(int64_max);

  /// What comes at this place of the queue: the next of a lane, or of those
  /// that wait for a wallet.
  struct Next {
    QueueKey key;
    LaneIndex lane = no_lane;
    OrganisationId organisation;
    friend bool operator>(const Next& a, const Next& b) { return a.key > b.key; }
  };
  using NextOnes = std::priority_queue<Next, std::vector<Next>, std::greater<>>;

  /// The next class of those that ask for one shape.
  struct NextClass {
    QueueKey key;
    ClassIndex index = 0;
    Need need;
    friend bool operator>(const NextClass& a, const NextClass& b) {
      return std::pair{a.key, a.index} > std::pair{b.key, b.index};
    }
  };
  using NextClasses = std::priority_queue<NextClass, std::vector<NextClass>, std::greater<>>;

  void walk(std::vector<Assignment>& plan, std::size_t limit);
  void begin_walk();
  void end_walk();
  void push_class(const Need& need, const WaitingShape& shape, const std::pair<QueueKey, ClassIndex>& from);
  void follow_classes();
  void look_at_class(JobClass& job_class, const Bits& asked);
  [[nodiscard]] bool is_unasked(PoolIndex pool, const Need& need, const Bits& asked);
  [[nodiscard]] const Horizon& horizon_of(ClassIndex of, const LaneKey& lane);
  [[nodiscard]] bool is_interested(const Lane& lane, const Horizon& horizon, const std::vector<OpenPool>& suitable);
  [[nodiscard]] Duration passes_up_to(PoolIndex pool, const Need& need);
  [[nodiscard]] bool may_enter(const Lane& lane, const std::vector<OpenPool>& suitable);
  [[nodiscard]] Duration closes_within(PoolIndex pool, CustomerGroup group);
  [[nodiscard]] bool has_own_room(const JobRecord& job);
  [[nodiscard]] bool is_one_in_view(const Lane& lane);
  [[nodiscard]] bool may_be_interested(const Lane& lane, const JobRecord& job);
  void follow_lane(const Next& next, std::vector<Assignment>& plan, std::size_t limit);
  void follow_wallet(const Next& next);
  void look_at_dirty(QueueKey key, std::vector<Assignment>& plan, std::size_t limit);
  TurnEnd give_turn(JobRecord& job, std::vector<Assignment>& plan, std::size_t limit);
  void close_full_pools();
  [[nodiscard]] bool suits_some_shape(PoolIndex pool);

  PlantedBug bug_;
  Agenda agenda_;
  Openings openings_;
  Planning planning_;
  std::uint32_t walk_ = 0;  ///< its number

  // Of the walk under way.
  std::vector<PoolIndex> open_;  ///< with more room than when last looked at,
                                 ///< and room for some shape that waits
  NextClasses classes_;          ///< of the shapes that find room where they have not been asked
  NextOnes lanes_;
  NextOnes wallets_;
  std::map<std::tuple<ClassIndex, Duration, CustomerGroup>, Horizon> horizons_;  ///< since something was last placed
  bool is_full_ = false;
};

}  // namespace dayan::place
