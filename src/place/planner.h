#pragma once

#include <deque>
#include <optional>
#include <queue>
#include <span>
#include <tuple>
#include <vector>

#include "place/reclaiming.h"
#include "place/turn.h"

/// Planner: walks over the jobs that the agenda names, in the order of the
/// queue, and gives each its turn.

namespace dayan::place {

class Planner {
 public:
  Planner(World& world, PlantedBug bug) : bug_(bug), agenda_(world, bug), planning_(agenda_, openings_), reclaiming_(planning_, world) {}

  /// At most `limit` placements of waiting tasks in what is free now, jobs in
  /// order of the queue. What of the plan before has not come back as leases is
  /// planned again.
  [[nodiscard]] std::vector<Assignment> plan(UnixTime now, std::size_t limit);

  /// What the last plan would take back.
  [[nodiscard]] const std::vector<Reclaim>& reclaims() const { return reclaiming_.proposed(); }
  [[nodiscard]] std::optional<UnixTime> wakes_at() const;
  [[nodiscard]] const Agenda& agenda() const { return agenda_; }
  [[nodiscard]] Agenda& agenda() { return agenda_; }

 private:
  /// A pool with room that a class has not been asked at, and the longest wall time that may take it.
  struct Offered {
    PoolIndex pool = 0;
    Duration passes_up_to;
    float score = 0;
    double slowness = 1;
  };
  /// Those of them that a view's jobs may take.
  struct Offer {
    Preference preference;
    std::vector<Offered> pools;
    bool is_limited = false;  ///< some pass only shorter wall times
    // Of lanes of one task that see the whole horizon, those with a run time of this step at most are interested. Not
    // told where promises make wall times count too.
    std::optional<int> run_step;
  };
  /// From so many pools with more room on, every class is looked at instead of asking each of each.
  static constexpr std::size_t many_open = 64;
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

  /// The next lane of a view that may want what it is offered.
  struct NextView {
    QueueKey key;
    ViewIndex view = 0;
    friend bool operator>(const NextView& a, const NextView& b) {
      return std::pair{a.key, a.view} > std::pair{b.key, b.view};
    }
  };
  using NextViews = std::priority_queue<NextView, std::vector<NextView>, std::greater<>>;

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
  void push_class(const Need& need, const WaitingShape& shape, HeadOrder::Iterator next);
  [[nodiscard]] bool may_suit(ClassIndex index);
  void follow_classes();
  void look_at_class(JobClass& job_class, const Bits& asked);
  [[nodiscard]] bool is_unasked(PoolIndex pool, const Need& need, const Bits& asked);
  // planner_offers.cpp
  void look_at_view(ViewIndex index, const std::vector<Offered>& suitable);
  void look_ahead(Offer& offer, const Horizon& horizon);
  void push_view(ViewIndex index, QueueKey from);
  void hold_out(ViewIndex view, const LaneKey& key, const Offer& offer, LaneIndex lane);
  void follow_views();
  void offer_to(const View& view, const std::vector<Offered>& suitable, Offer& offer);
  [[nodiscard]] bool is_interested(const Offer& offer, const Horizon& horizon, const LaneKey& key,
                                          const Lane& lane);
  [[nodiscard]] const Offer& offer_now(ViewIndex index);
  [[nodiscard]] bool may_be_interested(LaneIndex lane);
  [[nodiscard]] Duration passes_up_to(PoolIndex pool, const Need& need);
  [[nodiscard]] Duration closes_within(PoolIndex pool, CustomerGroup group);
  [[nodiscard]] bool has_own_room(const JobRecord& job);
  [[nodiscard]] bool is_interested(ViewIndex view, const View::Entry& entry, const Offer& offer);
  [[nodiscard]] bool may_be_interested(LaneIndex lane, const JobRecord& job);
  void follow_lane(const Next& next, std::vector<Assignment>& plan, std::size_t limit);
  void follow_wallet(const Next& next);
  void look_at_dirty(std::vector<Assignment>& plan, std::size_t limit);
  TurnEnd give_turn(JobRecord& job, std::vector<Assignment>& plan, std::size_t limit);
  void close_full_pools();
  void look_behind_repacked(std::uint64_t changes, std::span<const Assignment> placed, const QueueKey& key);
  void look_behind(PoolIndex pool, WaitingShape& shape, const QueueKey& key);
  [[nodiscard]] bool suits_some_shape(PoolIndex pool);

  PlantedBug bug_;
  Agenda agenda_;
  Openings openings_;
  Planning planning_;
  Reclaiming reclaiming_;
  std::uint32_t walk_ = 0;  ///< its number

  // Of the walk under way.
  bool asks_all_ = false;        ///< the walk began with so many of these that every class is asked
  std::vector<PoolIndex> open_;  ///< with more room than when last looked at,
                                 ///< and room for some shape that waits
  NextClasses classes_;          ///< of the shapes that find room where they have not been asked
  NextViews views_;
  std::deque<Offer> offers_;  ///< what views are asked about, unless that is everything; kept for their memory
  std::size_t offers_used_ = 0;
  std::deque<Offer> offers_now_;  ///< what there is for views at a moment of the plan (Planning::moment)
  std::size_t offers_now_used_ = 0;
  std::uint64_t offers_now_at_ = 0;
  NextOnes lanes_;
  QueueKey followed_;  ///< the last of a lane
  NextOnes wallets_;
  bool is_full_ = false;
};

}  // namespace dayan::place
