#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "place/agenda.h"
#include "place/market.h"

/// Together: what a plan places for one organisation is placed as a whole. Turns go one after the other, and who comes
/// first takes the best place, however little it has to run there, or the only cards that one behind it could use. So
/// when all have had theirs, the tasks that the plan has placed for an organisation, which has one purse, and those of
/// its jobs that came since the last plan and found no room, are looked at as one problem (market.h): as many of these
/// as can start do, and all together cost the least. What a task comes to at a pool is what it costs at its best one,
/// as many times as the score there (ranking.h) is that of the best: objectives of all kinds add up.
///
/// Who was placed stays placed, and goes only where it would have gone by its turn, had its place been taken:
///
///   - by class, acceptance, wall time, deadline and the centre where it failed; within its patience, or for who waits
///     for the best, to one that is as good; never where it holds or costs more, when it has a price cap;
///   - for a gain of more than counts as equally good (as_good): where it is all one, its turn's choice stands;
///   - not from or to a pool that promises room, or that is closed at some time; and not with inputs to cross, or with
/// a
///     bound of tasks per centre or node: what is known of one at a place would not hold of the other.
///
/// Who then starts has another turn at that one pool, by all rules of turn.h. Between organisations nothing is moved:
/// whoever stands earlier in the queue keeps what it got. What all hold then, the wallet has; and nobody goes where an
/// earlier job would be overtaken for ever: that pool makes its promise, and is left alone.
///
/// The rooms themselves say what fits: where packing does not let the answer be, tasks stay, and when all comes to more
/// than before, everything does. A placement tells with whom it was placed together.

namespace dayan::place {

class Planning;

/// Tasks of one organisation that a plan has placed that are looked at, the first; and jobs that found no room, of all
/// organisations of a plan, and tasks of them.
inline constexpr std::size_t together_placed_max = 4'096;
inline constexpr std::size_t together_waiting_max = 1'024;
/// Pools of one market.
inline constexpr std::size_t together_pools_max = 256;
/// Of the ranking of a class so many pools are looked at for so many that have room, or tasks that may leave.
inline constexpr std::size_t together_looked_at_max = 1'024;
inline constexpr std::size_t together_options_max = 128;
/// So often the problem is put again, when a pool turned out to be promised or one of those to start found no room.
inline constexpr int together_rounds_max = 4;
/// Pairs of pools that one plan may look at, for all its organisations, to come nearer to the bounds (market.h): about
/// 50 ms. Each organisation has its part of it, by its tasks that are placed and those that wait; and so of
/// together_waiting_max.
inline constexpr std::int64_t together_work_max = 2 * market_work_max;

/// A task as its turn has placed it.
struct Placed {
  std::size_t at = 0;  ///< in the plan
  JobRecord* job = nullptr;
  PoolIndex pool = 0;
  CentreId left_out;            ///< where it failed; none: nowhere
  std::optional<float> score;   ///< of who takes only the best: just this
  double slowness_max = 0;      ///< what its patience bears (turn.h)
};

class Together {
 public:
  explicit Together(Planning& planning) : planning_(planning) {}

  /// A plan begins.
  void clear() { placed_.clear(); }
  void join(const Placed& placed) { placed_.push_back(placed); }
  /// Places again what has joined since, and those that found no room, in the plan and in its claims: `limit`
  /// assignments in all, zero where the plan was cut. All others have had their turn.
  void place(std::vector<Assignment>& plan, std::size_t limit);

 private:
  /// A pool as a class of jobs may use it.
  struct Choice {
    PoolIndex pool = 0;
    float score = 0;
    double delay = 0;
    double second = 0;  ///< of who waits for the best: by what the equally good are told apart
    bool is_far = false;  ///< none of the best: only for who has a place there
  };
  using Choices = std::vector<Choice>;
  /// A task that found no room.
  struct Waiting {
    JobRecord* job = nullptr;
    std::int32_t task = 0;
    std::int32_t first = 0;        ///< of the tasks of its job that found none
    std::vector<PoolIndex> pools;  ///< where it would start, had they room
  };
  using Jobs = std::map<QueueKey, JobRecord*>;
  using Newcomers = std::map<OrganisationId, Jobs>;
  /// One organisation's.
  struct Purse {
    OrganisationId organisation;
    std::vector<Placed> placed;
    Jobs newcomers;
    std::int64_t work = 0;   ///< that it may still use
    std::int64_t looks = 0;  ///< so many of its newcomers may still be looked at, and so many of their tasks wait
    std::vector<Waiting> waiting;
    std::map<PoolIndex, Amounts> rooms;          ///< where its tasks are placed: with what they have there
    std::map<PoolIndex, std::size_t> places;     ///< of all that are looked at, in the market
    std::vector<PoolIndex> pools;                ///< these in order of names
    std::map<ClassIndex, Choices> choices;       ///< best first
    Market market;                               ///< placed first, then waiting
  };
  using Where = std::vector<std::optional<std::size_t>>;

  [[nodiscard]] Newcomers waiting_newcomers();
  [[nodiscard]] std::vector<Purse> purses(Newcomers newcomers);
  [[nodiscard]] static std::int64_t tasks_of(const Jobs& jobs);
  void place(Purse& purse, std::vector<Assignment>& plan, std::size_t limit);
  [[nodiscard]] bool may_move(const Placed& placed) const;
  [[nodiscard]] bool is_open(PoolIndex pool) const;
  void open(Purse& purse);
  void seek(Purse& purse, std::size_t most);
  void seek(Purse& purse, JobRecord& job, std::int32_t placed);
  [[nodiscard]] Choice choice_of(const JobRecord& job, PoolIndex pool);
  [[nodiscard]] Choices& choices(Purse& purse, const JobRecord& job);
  [[nodiscard]] bool may_go(const Placed& placed, const Choice& from, const Choice& to) const;
  [[nodiscard]] bool put(Purse& purse);
  template <class MayGo>
  MarketTask& add_task(Purse& purse, const JobRecord& job, MayGo&& may_go);
  // together_moves.cpp
  [[nodiscard]] static JobRecord& job_of(const Purse& purse, std::size_t task);
  [[nodiscard]] static AttemptKey attempt_of(const Purse& purse, const std::vector<Assignment>& plan, std::size_t task);
  [[nodiscard]] bool is_pushing_back(const Purse& purse, const Where& where);
  [[nodiscard]] Where move(const Purse& purse, const std::vector<Assignment>& plan, const Where& where);
  [[nodiscard]] bool is_paid(const Purse& purse, Cny before) const;
  void take_back(const Purse& purse, const std::vector<Assignment>& plan, const Where& where);
  [[nodiscard]] static JobId partner(const Purse& purse, const Where& found, std::size_t task);
  void tell(Purse& purse, std::vector<Assignment>& plan, const Where& where);
  void rewrite(PlacementRow& row, const Placed& placed, JobId with);

  Planning& planning_;
  std::vector<Placed> placed_;
  std::map<JobId, std::int32_t> tasks_;  ///< of each job that the turns of the plan have placed
};

}  // namespace dayan::place
