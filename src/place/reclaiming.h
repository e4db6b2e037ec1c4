#pragma once

#include <map>
#include <set>
#include <vector>

#include "model/placement.h"
#include "place/turn.h"

/// Reclaiming: room that is taken back from reclaimable work for work that is not so and could not start otherwise.
///
///   - Pools with leases that may be taken back are looked at once in each period, after the turns of a plan. The first
///     job of the queue that may not be taken back itself, finds no room anywhere that it would take, would take this
///     pool, and for which taking back makes room sooner than it is expected otherwise, by reclaim_gain beyond the
///     notice, gets it; or it gets it at the best pool by its objective, of a bounded number, where all that is so as well.
///   - Of the leases those go of which least is lost (reclaim_choice.h). The pool promises the job the room, for as many of
///     its tasks as it could pay and start there, from the end of the notice on (turn.h has what a promise is).
///   - What was promised to work that is not reclaimable and lies farther off is brought nearer in the same way; what was
///     promised to reclaimable work makes way.
///   - Nothing is taken back for a job that keeps its tasks apart where it has as many as may run on one node: nobody
///     knows on which nodes that would make room.
///   - A lease that is taken back counts as ending with its notice, and is not asked again.

namespace dayan::place {

/// A period: how often a pool is looked at. Also what urgent work may wait, beyond the notice.
inline constexpr Duration reclaim_looked_every = Duration::seconds(5);
/// Where nothing has happened for a while, an eighth of that at most passes between two periods in which the host is
/// asked for a plan, and no more than this: what time alone brings (leases that are no longer young, openings that are put
/// off) is not sudden.
inline constexpr std::int64_t reclaim_quiet_part = 8;
inline constexpr Duration reclaim_looked_at_least_every = Duration::minutes(1);
/// So many pools in one plan at most; the others come with the next.
inline constexpr std::size_t reclaim_pools_at_once = 64;
/// So many of a job's best pools are weighed.
inline constexpr std::size_t reclaim_pools_weighed_max = 16;

class Reclaiming {
 public:
  Reclaiming(Planning& planning, World& world) : planning_(planning), world_(world) {}

  /// What of the last proposals was not taken is forgotten, with the promises that hung on it, and those leases are not
  /// proposed again.
  void settle();
  /// Looks at the pools whose turn it is. After a plan in which every job had its turn.
  void look(UnixTime now);
  /// Of the last plan, in order of attempts.
  [[nodiscard]] const std::vector<Reclaim>& proposed() const { return proposed_; }
  /// When a pool is to be looked at next; nothing when there is none that could be.
  [[nodiscard]] std::optional<UnixTime> wakes_at(UnixTime now) const;

 private:
  void look_at(PoolState& pool);
  void bring_nearer(PoolState& pool, JobRecord& job);
  [[nodiscard]] WouldTake asks(JobRecord& job, const PoolState& pool);
  [[nodiscard]] bool is_promisable(const PoolState& pool) const;
  [[nodiscard]] PoolState& best_pool(JobRecord& job, PoolState& found);
  void take_back(PoolState& pool, JobRecord& job, const Need& need, std::int64_t tasks);

  Planning& planning_;
  World& world_;
  void note_quiet(UnixTime now);
  [[nodiscard]] Turn& turn_of(JobRecord& job) { return turns_.try_emplace(job.id, planning_, job).first->second; }
  void forget_turns();

  std::int64_t period_ = 0;
  UnixTime quiet_since_;          ///< nothing has happened since
  std::uint64_t stirred_ = 0;     ///< what had happened to pools until then
  std::size_t queued_ = 0;        ///< and how many jobs were waiting
  std::set<PoolIndex> looked_;   ///< in this period
  std::set<PoolIndex> waiting_;  ///< to be looked at in this period
  std::map<PoolIndex, SearchPlace> searches_;  ///< that were cut short
  std::vector<Reclaim> proposed_;
  std::map<JobId, Turn> turns_;  ///< as things stand: a job is asked of one pool after the other
};

}  // namespace dayan::place
