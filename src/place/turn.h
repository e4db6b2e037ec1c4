#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

#include "place/agenda.h"
#include "place/awaited.h"
#include "place/evaluation.h"
#include "place/horizon.h"
#include "place/openings.h"
#include "place/queue_walk.h"
#include "place/reclaim_choice.h"
#include "place/together.h"

/// Turn: one job's turn in a plan: which pool each of its tasks goes to, if any, and why.
///
///   - cheapest: only where a task costs least, even when it has to wait for it; of these the fastest;
///   - greenest: only where a task emits least, even when it has to wait for it; of these the cheapest. A pool whose
///     carbon is not known is taken only where no known one could ever take it, and then as the cheapest would be;
///   - fastest, balanced, weighted: the best by run time, or by cost, run time and carbon relative to the least of each
///     and weighed; but a pool where one task takes longer than the whole rest of the job would take on another one, its
///     wait included, is left alone (fastest), or one where it takes twice as long (balanced), or so many times as the
///     weight for time goes into the sum of all (weighted). That bound is worked out over the `horizon_max` best pools
///     that could ever take it, and those with room. Weighted without a weight for time: only the best, as cheapest;
///   - pools within 5 % of the best count as equally good. Of these a task goes where it takes least of the room for the
///     mix that is asked for (decision 0023): who needs many cores for few cards goes where cores are plenty. Pools to
///     which that is all one are filled evenly, which spreads arrays over centres;
///   - a centre where the task failed last is left alone as long as any other can take it;
///   - a centre with as many tasks of the job as it lets run at one centre is left alone until one of them has ended:
///     what stands there counts neither as room nor as what is waited for, whatever the objective;
///   - so is a pool with as many tasks of a job that keeps them apart as surely find nodes there (spread.h). One with
///     room on none but nodes that have as many as the job lets run on one is waited for as one without room, until the
///     next lease there is expected to end.
/// A job that has waited for promised_after is not overtaken for ever (EASY backfilling). Where a later job is about to
/// take room of a pool that is too little for it now, and that it would take had it more, the pool promises it room: from
/// when leases will have made it at the latest. Others then take room there only if they end before that, by their wall
/// time, or if what was promised fits beside them. A pool makes one promise and a job has one; that it is kept for no
/// other. It ends with a placement there, when it is refused, and when pool, prices, money or silence make it void.
///
/// A job with an earliest start is not in the queue before, and has waited from then on. One with a deadline:
///
///   - goes only where a task leased now is expected to end in time, its start allowance counted in full; its lease is
///     cut so that it ends with the deadline at the latest;
///   - waits for a better pool only where one is expected to open so early that it would still be in time (of the
///     `in_time_looked_at_max` best that could take it); where there is none, it takes the best of what has room;
///   - does so in any case from its last call on, which leaves time for a task that dies at the very end of its lease
///     to be run once more: twice start allowance, the time for its inputs and the wall time, and what passes between
///     the two (time_to_run_twice). "The best" is by the objective, within 5 %, and no wait or run time elsewhere
///     counts any more.
/// When all have had their turn, what the plan has placed for an organisation is placed once more as a whole, with what
/// it has sent since the last plan and found no room (together.h).
///
/// Prices, and the carbon of a grid, may be others at other hours of the day: the terms of a pool are those of the hour,
/// and a lease keeps those it was granted at. A job with a deadline that is for the cheapest (or the greenest) waits for a
/// cheaper hour of one of the `in_time_looked_at_max` best pools that could take it, where a task is expected to find
/// room in that hour, not later than the last call, and to cost there less than at the pool that it would take now, by
/// more than counts as equally good. Without a deadline nothing waits for an hour.
///
/// It has no other place in the queue for it, so that nobody gains by naming a deadline that is not one.
/// A pool that is closed (a reservation of its provider) takes nobody whom that does not name, whose lease could still
/// be there when it begins; as a full pool it is waited for. No promise starts so that its lease would overlap it.
///
/// The inputs of a job cross to each centre once. That takes time and money, which rankings, waits and bounds count as if
/// none of them was anywhere yet, by steps (job_record.h): where they are already is each job's own, and jobs that are
/// alike are asked as one. What a lease holds, how long it may take to start, and whether it ends in time are exact.
/// A pool that can take it one day (it answers, accepts the customer, and is large enough beside the provider's own
/// work) counts as waited for; the best is sought among those that the job's price cap allows.

namespace dayan::place {

/// Scores within this of the best are as good: finer differences are below what estimates can tell.
inline constexpr float as_good = 1.05F;

/// So long a job waits before a pool keeps room for it: shorter waits are worth no room that stands empty.
inline constexpr Duration promised_after = Duration::seconds(60);
/// A pool at which nobody was overtaken is taken to push nobody back for so long: looking costs more than a placement. For
/// as long again it is not looked at for who stands before those that it was taken for, which have their turn.
inline constexpr Duration overtaken_looked_every = Duration::seconds(10);
/// Classes and jobs that are asked whether they are overtaken by one placement, at most: another goes on from there.
inline constexpr std::size_t overtaken_looked_at_max = 64;

/// Pools that could take a job with a deadline, and that are looked at for whether they open in time.
inline constexpr std::size_t in_time_looked_at_max = 64;

/// Where a task's hold may differ from its estimate in doubles: relative, and micro-yuan.
inline constexpr double estimate_slack = 1e-6;
inline constexpr double estimate_slack_micro = 32;

/// A pool with room, as a class ranks it.
struct OpenPool {
  float score = 0;
  std::uint32_t rank = 0;
  PoolIndex pool = 0;
};
/// Up to so many pools with room are listed and sorted; more are sought in the order of the ranking, where one is soon
/// met.
inline constexpr std::size_t few_open = 64;

/// What the jobs of a view see at a moment of a plan.
struct Vista {
  std::optional<Horizon> horizon;
  bool has_open = false;       ///< those with room have been looked for
  bool are_many_open = false;  ///< more than few_open have room
  std::vector<OpenPool> open;  ///< else these, best first
  std::vector<std::pair<std::uint8_t, RankedPool>> best_paid;  ///< by step of price cap
};

/// What a pool must not pass to be worth it.
struct Bound {
  float score = std::numeric_limits<float>::infinity();  ///< of who waits for the best: just this
  double slowness = std::numeric_limits<double>::infinity();  ///< with what its inputs take to cross
};

enum class TurnEnd {
  done,            ///< nothing of it waits for room any more
  lane_must_wait,  ///< it waits, and what made it do so holds for its whole lane
  must_wait,       ///< it waits
  limit,           ///< the plan is full
};

/// Whether a job would take a pool if that had room.
enum class WouldTake { yes, no, never_of_its_lane };

/// What all turns of a plan work with.
class Planning {
 public:
  Planning(Agenda& agenda, Openings& openings)
      : agenda_(agenda), openings_(openings), together_(*this), awaited_(*this) {}

  /// Up to date; holds until the next call for another class.
  struct Sight {
    const JobClass* of = nullptr;
    Ranking* ranking = nullptr;
    const Room* room = nullptr;
  };
  [[nodiscard]] Sight sight(JobClass& of) { return {&of, &agenda_.ranking(of), &agenda_.rooms().of(of.need)}; }
  // vista.cpp
  [[nodiscard]] Horizon::Entry horizon_entry(const Sight& sight, const PoolState& pool);
  /// The horizon of a view, as its jobs without a price cap see it.
  [[nodiscard]] const Horizon& horizon_of(ViewIndex view);
  /// The best pool that every job of the view may take one day whose cap is of this step: none of them waits for a
  /// worse one. With an infinite score when there is none at the top of the ranking.
  [[nodiscard]] RankedPool best_paid(ViewIndex view, std::uint8_t cap_step);
  /// The pools that have room, as it sees them; its horizon need not be there.
  [[nodiscard]] const Vista& open_of(ViewIndex view);
  /// Something was placed or promised, or a plan begins: what was seen may be another now.
  void forget_vistas() {
    vistas_used_ = 0;
    ++vistas_seen_;
  }
  /// Another number whenever that is so.
  [[nodiscard]] std::uint64_t moment() const { return vistas_seen_; }
  [[nodiscard]] Bound bound(const Horizon& horizon, const Preference& preference, const LaneKey& lane) const;
  [[nodiscard]] bool is_reachable(PoolIndex pool) const { return agenda_.world().reachable().get(pool); }
  [[nodiscard]] bool accepts(CustomerGroup group, PoolIndex pool) const {
    return agenda_.world().acceptance().accepts(group, pool);
  }
  /// How long the jobs of a group with such a wall time wait (µs) for a pool that has room after `wait`, and is closed
  /// at some time.
  [[nodiscard]] double wait_until_open(const PoolState& pool, CustomerGroup group, std::uint8_t wall_step,
                                       double wait) const;
  // overtaking.cpp
  /// Whether the pool keeps its room for another job than this, or is closed to it.
  [[nodiscard]] bool keeps_out(const PoolState& pool, const JobRecord& job) const;
  /// The first of these two alone.
  [[nodiscard]] bool keeps_for_another(const PoolState& pool, const JobRecord& job) const;
  /// Whether a task of `by` must not take the room that it was about to, now that the pool has promised it to the first
  /// that it would overtake.
  [[nodiscard]] bool is_pushing_back(const JobRecord& by, PoolIndex pool);
  [[nodiscard]] Agenda& agenda() { return agenda_; }
  [[nodiscard]] Openings& openings() { return openings_; }
  [[nodiscard]] Together& together() { return together_; }
  [[nodiscard]] Awaited& awaited() { return awaited_; }
  /// Jobs of a lane hold out: they refuse room with such a score, if they wait for the best, else with such a delay
  /// (ranking.h), and what is worse.
  void hold_out(ViewIndex view, const LaneKey& lane, double refused) {
    awaited_.note(view, lane, refused) ? agenda_.keep_waiting(view) : agenda_.hold_out(view);
  }

 private:
  [[nodiscard]] Horizon horizon(const View& view);
  [[nodiscard]] Vista& vista(View& view);

  Agenda& agenda_;
  Openings& openings_;
  Together together_;
  Awaited awaited_;
  std::deque<Vista> vistas_;  ///< kept for their memory
  std::size_t vistas_used_ = 0;
  std::uint64_t vistas_seen_ = 1;
  struct Searched {
    UnixTime at;
    QueueKey excused;  ///< the last in the queue of those who took room there since
    SearchPlace place;
  };
  std::map<PoolIndex, Searched> searched_;  ///< pools at which nobody was found to be overtaken
};

class Turn {
 public:
  Turn(Planning& planning, JobRecord& job);

  /// Places what can be placed, up to `limit` assignments in the plan.
  [[nodiscard]] TurnEnd take(std::vector<Assignment>& plan, std::size_t limit);
  /// Whether its next task would, as things stand.
  /// With `opens`, then that will be.
  [[nodiscard]] WouldTake would_take(const PoolState& pool, std::optional<UnixTime> opens = {});
  /// Places one of its tasks, that no attempt was made of, there: it would take the pool, which has room for it.
  void take_at(const PoolState& pool, std::int32_t task, std::vector<Assignment>& plan);
  /// How many of its tasks it could pay there now and may run at once, up to reclaim_tasks_max.
  [[nodiscard]] std::int64_t tasks_for(const PoolState& pool) const;
  /// It found no place for itself alone: those of its lane that fail for the same have a longer wall time than this.
  [[nodiscard]] std::optional<Duration> passes_up_to() const {
    return was_kept_out_ && !was_denied_ ? std::optional(passes_up_to_) : std::nullopt;
  }

 private:
  /// What the job looks for with one centre left alone, or none.
  struct Outlook {
    CentreId left_out;
    Bound bound;
    bool can_ever = false;  ///< some pool could take it one day, or in time
    bool takes_any = false;  ///< it waits for nothing better than the best of what has room
  };

  [[nodiscard]] bool is_parked_for_money();
  [[nodiscard]] TurnEnd end(bool has_placed, bool is_full);
  [[nodiscard]] Cny hold_on(const PoolState& pool) const;
  /// The most that any pool may hold for a task.
  [[nodiscard]] double most_held() const;
  [[nodiscard]] bool is_in_time_at(const PoolState& pool, UnixTime start) const {
    return !job_.has_deadline() || is_in_time(job_, start, pool.row, world_.staging(job_, pool));
  }
  /// What its inputs are to there.
  [[nodiscard]] Transfer transfer_to(const PoolState& pool) const;
  [[nodiscard]] bool passes(const PoolState& pool) const;
  [[nodiscard]] bool may_take(const PoolState& pool) const;
  [[nodiscard]] bool is_kept_out(const PoolState& pool);
  /// As many of its tasks run at the pool's centre, or in the pool, as may.
  [[nodiscard]] bool is_full_of_it(const PoolState& pool) const { return world_.is_full_of(job_, pool); }
  [[nodiscard]] bool lacks_node(const PoolState& pool) const { return world_.lacks_node(job_, pool); }
  [[nodiscard]] bool can_ever_take(const PoolState& pool, CentreId left_out) const;
  [[nodiscard]] const Outlook& outlook(CentreId avoid);
  [[nodiscard]] Outlook look(CentreId left_out);
  [[nodiscard]] Outlook look_for_deadline(CentreId left_out);
  void look_for_hour(Outlook& outlook, PoolIndex now_at);
  [[nodiscard]] std::optional<std::pair<float, UnixTime>> best_hour(const PoolState& pool, float worse_than);
  [[nodiscard]] Horizon::Entry entry_of(const PoolState& pool);
  [[nodiscard]] Horizon::Entry exact_entry(const PoolState& pool);
  [[nodiscard]] bool opens_in_time(const Horizon::Entry& entry, const PoolState& pool) const;
  [[nodiscard]] bool sees_nothing_worth_it();
  [[nodiscard]] bool can_take_nothing(const std::vector<OpenPool>& open);
  template <class Visitor>
  void visit_open(Visitor&& visit);
  [[nodiscard]] const PoolState* choose(const Outlook& outlook);
  [[nodiscard]] const PoolState* best_of(const Outlook& outlook);
  [[nodiscard]] const PoolState* fittest(const std::vector<const PoolState*>& pools) const;
  [[nodiscard]] bool place(std::int32_t task, std::int32_t number, CentreId avoid, std::vector<Assignment>& plan);
  void put(std::int32_t task, std::int32_t number, const Outlook& seen, const PoolState& pool,
           std::vector<Assignment>& plan);

  // reasons.cpp
  [[nodiscard]] PlacementRow placement(const PoolState& pool, std::int32_t task, std::int32_t number,
                                       CentreId left_out) const;
  [[nodiscard]] std::vector<RuledOut> ruled_out() const;
  void count_late(std::vector<RuledOut>& counts) const;
  void count_passing(std::vector<RuledOut>& counts) const;
  void count_apart(std::vector<RuledOut>& counts) const;
  void count_money(std::vector<RuledOut>& counts) const;

  Planning& planning_;
  World& world_;
  JobRecord& job_;
  JobClass& class_;
  Planning::Sight sight_;
  Objective objective_;
  Preference preference_;
  LaneKey lane_;
  ViewIndex view_;
  UnixTime now_;
  Duration wall_;  ///< of a lease granted now
  double wall_hours_ = 0;
  bool is_rich_ = false;    ///< any pool is within its wallet's means
  bool is_counted_ = true;  ///< any pool's price is within what money can count
  Cny spent_and_held_;
  std::int32_t live_ = 0;
  std::vector<std::pair<CentreId, Outlook>> outlooks_;  ///< by the centre to keep away from
  std::vector<RuledOut> ruled_out_;
  bool is_told_ = false;     ///< ruled_out_ has been worked out
  std::size_t open_from_ = 0;  ///< in the ranking: none before it has room
  bool was_denied_ = false;  ///< by its own money
  bool held_out_ = false;    ///< there was room, but not worth it
  double refused_ = View::refuses_nothing;  ///< the least of that (Planning::hold_out)
  bool was_kept_out_ = false;  ///< there was room, but promised to others
  Duration passes_up_to_ = Duration::microseconds(-int64_max);  ///< wall times that would not have been, somewhere
};

}  // namespace dayan::place
