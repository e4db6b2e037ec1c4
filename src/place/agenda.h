#pragma once

#include <deque>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "place/rooms.h"
#include "place/wait_queue.h"

/// Agenda: what must be looked at again. Between two plans it collects what changed: jobs that came or changed, pools
/// that have more room, centres that fell silent or spoke again, wallets that were filled, times that have come. All
/// that is not on it was looked at and can wait: nothing that it waits for has changed.
///
/// Where a waiting job is:
///   in a lane of the queue  it could take room as soon as there is some;
///   parked                  no pool is as cheap as what its wallet has: it comes back with money;
///   broke                   the same with its own price cap: it comes back when what it holds is settled;
///   nowhere                 its throttle is reached, it may not start yet, or all its tasks wait for a time: it comes
///                           back as it changes, and when the time has come.

namespace dayan::place {

class Agenda : public WorldListener {
 public:
  /// A job that holds out for a better pool than it could have, and for which no pool speaks (awaited.h), is asked again
  /// so often: what it waits for may take longer than was thought.
  static constexpr Duration review_every = Duration::seconds(1);
  /// So many such jobs (of a plain lane the first) are asked again in a second of the platform's time, and in one plan,
  /// at most: where more hold out, each waits longer for its next review, and no plan stalls.
  static constexpr std::int64_t reviewed_per_second = 20'000;
  static constexpr std::int64_t reviewed_at_once = 4'096;

  /// Of so many jobs that come at once what each finds is looked at together (together.h).
  static constexpr std::size_t newcomers_max = 65'536;

  Agenda(World& world, PlantedBug bug) : world_(world), bug_(bug), rooms_(world) { world.listen(this); }
  Agenda(const Agenda&) = delete;
  Agenda& operator=(const Agenda&) = delete;

  void pool_changed(PoolState& pool, PoolChange change) override;
  void ends_changed(PoolIndex pool) override { stirred_.add(pool); }
  void centre_heard(CentreState& centre) override { heard_.insert(centre.id); }
  void job_changed(JobRecord& job) override;
  void job_gone(JobRecord& job) override;
  void wallet_changed(OrganisationId organisation) override { filled.insert(organisation); }

  /// Jobs that have come since the last plan that was not cut, or before one of which not all was taken; none when they
  /// are more than newcomers_max. Some may be gone.
  [[nodiscard]] std::span<const JobId> newcomers() const {
    return newcomers_.size() > newcomers_max ? std::span<const JobId>() : newcomers_;
  }
  void forget_newcomers() { planned_newcomers_ = std::exchange(newcomers_, {}); }
  void recall_newcomers();
  /// When something on it becomes due by time alone; reviews apart.
  [[nodiscard]] std::optional<UnixTime> wakes_at() const;
  /// Puts on it what has become due by `now`, and what money and prices have freed.
  void advance(UnixTime now);
  /// Asks jobs that hold out once more, those first that have waited for it longest. After advance().
  void review();
  /// The first parked job of the organisation from this place on that its wallet now has enough for.
  [[nodiscard]] std::optional<QueueKey> next_affordable(OrganisationId organisation, const QueueKey& from) const;
  /// Brings a parked job back into the queue.
  void bring_back(JobRecord& job);
  /// Other leases lie on the nodes of the pool than before: jobs behind this place of the queue that keep their tasks
  /// apart there may find a node.
  void ask_apart(const PoolState& pool, const QueueKey& behind);
  /// A job of which nothing waits for room any more, or that has gone as far as its throttle.
  void settle(JobRecord& job) { forget(job); }
  /// A job that can afford no pool at all: it needs `least` micro-yuan.
  void park(JobRecord& job, std::int64_t least);
  /// A job whose price cap leaves less than any pool takes.
  void set_broke(JobRecord& job);
  /// A job that the pools with room are too dear for at present, though another would not be.
  void note_denied(const JobRecord& job);
  /// Some jobs of the view hold out: all that nothing keeps waiting are asked again by and by.
  void hold_out(ViewIndex view);
  /// The same where something does (awaited.h): they are asked when it does so no more.
  void keep_waiting(ViewIndex view) { queue_.view(view).is_kept_waiting = true; }
  /// It does so no more: all of the view are asked by the next review.
  void ask_again(ViewIndex view);
  /// Of these those behind a place of the queue, now.
  void ask_behind(ViewIndex view, const QueueKey& place);

  // agenda_promises.cpp
  /// Keeps room of a pool for so many tasks of a job. Neither has a promise yet.
  void promise(PoolState& pool, JobRecord& job, UnixTime start, std::int64_t tasks);
  /// One of its tasks has been placed where room was promised to it.
  void use_promise(JobRecord& job);
  /// What was promised is used, or not wanted any more. In a plan it binds others still, until the plan ends.
  void release(JobRecord& job);
  void release(PoolState& pool);
  /// What the last plan has promised: it was not taken as a whole.
  void withdraw_promises();
  void begin_plan();
  void end_plan();
  [[nodiscard]] PlantedBug bug() const { return bug_; }

  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] Rooms& rooms() { return rooms_; }
  [[nodiscard]] const Rooms& rooms() const { return rooms_; }
  [[nodiscard]] WaitQueue& queue() { return queue_; }
  [[nodiscard]] const WaitQueue& queue() const { return queue_; }
  [[nodiscard]] Ranking& ranking(JobClass& of) { return queue_.ranking(of, world_, replaced_); }
  [[nodiscard]] const ChangeLog& replaced() const { return replaced_; }
  /// Pools of which anything that a wait hangs on has changed: what they hold, when that ends, what they have promised.
  [[nodiscard]] const ChangeLog& stirred() const { return stirred_; }
  [[nodiscard]] UnixTime now() const { return now_; }

  std::map<QueueKey, JobRecord*> dirty;  ///< jobs to be asked
  std::set<PoolIndex> opened;       ///< pools with more room than when last looked at
  std::set<PoolIndex> narrowed;     ///< pools that have had less room since
  std::set<OrganisationId> filled;  ///< whose wallets may have more than when last looked at
  [[nodiscard]] bool is_empty() const { return dirty.empty() && opened.empty() && filled.empty(); }
  [[nodiscard]] const std::set<QueueKey>& broke() const { return broke_; }
  [[nodiscard]] bool is_parked(const JobRecord& job) const;

 private:
  struct Parked {
    std::map<QueueKey, std::int64_t> jobs;  ///< with what each needs at least
    std::multiset<std::int64_t> least;
  };

  /// A view of which some jobs hold out, from one of its lanes on, and of that from one of its jobs.
  struct HeldOut {
    UnixTime due;
    ViewIndex view = 0;
    bool asks_all = false;  ///< those as well that something keeps waiting
    bool is_begun = false;
    LaneKey lane;
    QueueKey from;
  };
  static constexpr std::int64_t micro = 1'000'000;

  struct Promises {
    std::map<OrganisationId, std::set<PoolIndex>> of;  ///< pools that keep room for its jobs
    std::set<std::pair<UnixTime, PoolIndex>> due;      ///< by start
    std::set<PoolIndex> to_check;                      ///< of which something has changed
    std::set<PoolIndex> used;                          ///< in the plan under way
    std::set<PoolIndex> made;                          ///< in the last plan
  };

  void enqueue(JobRecord& job);
  void unpark(JobRecord& job);
  void forget(JobRecord& job);
  void set_aside(JobRecord& job);
  void note_aside(JobRecord& job);
  void advance_jobs();
  void advance_reservations(bool is_backwards);
  void note_reservations(const PoolState& pool);
  void advance_centres(bool is_backwards);
  void set_reachable(CentreState& centre, bool is_reachable);
  void reconsider();
  void regroup();
  void reopen(PoolState& pool);
  void rejoin(JobRecord& job);
  void note_change(const PoolState& pool, PoolChange change);
  // agenda_shares.cpp
  void advance_shares();
  void move(JobRecord& job, std::int64_t rank);
  void set_promise(PoolState& pool, const std::optional<Promise>& made);
  void advance_promises();
  void check_promise(PoolState& pool);
  [[nodiscard]] bool can_pay(const JobRecord& job, const PoolState& pool) const;
  void ask_all_again();
  [[nodiscard]] bool review(HeldOut& held_out);
  [[nodiscard]] bool is_reviewed();

  World& world_;
  PlantedBug bug_;
  Rooms rooms_;
  WaitQueue queue_;
  ChangeLog replaced_;
  ChangeLog stirred_;
  UnixTime now_;
  Duration passed_;  ///< by the last advance()

  std::vector<JobId> newcomers_;  ///< one more than newcomers_max at most
  std::vector<JobId> planned_newcomers_;  ///< of the plan before
  Promises promises_;
  bool is_planning_ = false;
  std::set<CentreId> heard_;
  std::map<JobId, JobRecord*> waiting_apart_;  ///< jobs in the queue that bound how many run on one node
  std::set<PoolIndex> repacked_;  ///< pools with other leases than before, and tasks that are kept apart
  std::set<std::pair<UnixTime, CentreId>> falls_silent_;  ///< reachable centres, at the earliest
  std::set<std::pair<UnixTime, JobId>> jobs_due_;  ///< that are to be asked then
  std::set<std::pair<UnixTime, PoolIndex>> reopens_;  ///< when what closes a pool is over
  std::map<OrganisationId, Parked> parked_;
  std::map<OrganisationId, std::set<QueueKey>> denied_;
  std::set<QueueKey> broke_;
  std::deque<HeldOut> holding_out_;                        ///< by when their review is due
  std::size_t due_at_once_ = 0;                            ///< so many of the first are due whatever the time is
  std::int64_t review_budget_ = reviewed_at_once * micro;  ///< in millionths of a job
  bool is_review_due_ = false;
  bool has_replaced_ = false;
  std::size_t wall_bounds_known_ = 0;
};

}  // namespace dayan::place
