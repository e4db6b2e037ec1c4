#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "place/world.h"

/// Which constraints a pool does not meet, in numbers only: a plan looks at many pools and words none of them
/// (explain.h does, for those who ask).

namespace dayan::place {

class Outlook;

/// A Reason without its words.
struct Gap {
  Constraint constraint = Constraint::cores;
  std::int64_t required = 0;
  std::int64_t offered = 0;
  bool passes_with_time = false;
  Kind kind = in_cores;      ///< of a capacity gap: what is scarce on each node
  bool is_of_nodes = false;  ///< of a capacity gap: nodes with enough left are scarce, not a kind on them
  std::size_t bound = 0;     ///< of a latency gap: which of the job's
  const ReservationRow* closing = nullptr;  ///< of a gap of what is closed
};

/// What is asked of a pool: a question, or a live job with what it has behind it.
struct Asking {
  OrganisationId organisation;
  const std::string* organisation_name = nullptr;  ///< nothing while it is not known
  JobId job;  ///< none: not submitted
  const Requirements* requirements = nullptr;
  bool has_begun = false;  ///< a task of it has been leased
  Learned learned;
  std::int64_t waiting = 1;    ///< tasks that wait
  std::int64_t unsettled = 1;  ///< tasks that are still to be paid: waiting and live
  std::int64_t live = 0;
  std::int32_t throttle = 0;
  Cny charged;    ///< so far
  Cny held;       ///< for its live leases
  Cny available;  ///< in the wallet
  /// Every task that waits has been leased before, and of the first to be free the older lease may run until then.
  UnixTime older_lease_until = {};
  /// Of a job that bounds them at centres or on nodes: its tasks with a lease or a claim, by centre.
  std::map<CentreId, std::vector<const Holding*>> tasks_at = {};
  Bytes input_bytes;
  const World* world = nullptr;  ///< what has become of its inputs where

  [[nodiscard]] Need need() const { return need_of(requirements->resources); }
  /// When a task of it may start at the earliest.
  [[nodiscard]] UnixTime start(UnixTime now) const {
    return std::max({now, requirements->not_before, older_lease_until});
  }
  [[nodiscard]] Duration run_on(const PoolRow& pool) const { return expected_run(*requirements, learned, pool); }
  /// Whether a task leased there then is expected to end by the deadline.
  [[nodiscard]] bool is_in_time(UnixTime at, const PoolState& pool) const {
    return meets_deadline(requirements->finish_by, at, run_on(pool.row), staging(pool));
  }
  /// The time limit of a lease granted there then.
  [[nodiscard]] Duration wall_at(UnixTime at, const PoolState& pool) const {
    return lease_wall_time(requirements->wall_time, requirements->finish_by, at, staging(pool));
  }
  /// What has become of its inputs there; nullptr: nothing yet.
  [[nodiscard]] const TransferRow* transfer(const PoolState& pool) const {
    return job.is_none() ? nullptr : world->transfer(job, pool.centre->id);
  }
  /// What a lease there is given for them on top of the start allowance.
  [[nodiscard]] Duration staging(const PoolState& pool) const {
    if (input_bytes.is_zero()) return {};
    return staging_allowance(bytes_to_move(input_bytes, transfer(pool)), pool.centre->link);
  }
  /// What of them its next lease there holds for.
  [[nodiscard]] Bytes to_hold(const PoolState& pool) const {
    const JobRecord* known = job.is_none() ? nullptr : world->job(job);
    return known != nullptr ? world->to_hold(*known, pool) : input_bytes;
  }
  /// Of the job, at the pool's centre: tasks where their number is bounded.
  [[nodiscard]] std::int64_t tasks_there(const PoolState& pool) const {
    const auto there = tasks_at.find(pool.centre->id);
    return there != tasks_at.end() ? std::ssize(there->second) : 0;
  }
  [[nodiscard]] bool is_centre_full_of_it(const PoolState& pool) const {
    const std::int32_t most = requirements->tasks_per_centre_max;
    return most > 0 && tasks_there(pool) >= most;
  }
  [[nodiscard]] bool keeps_apart() const { return requirements->tasks_per_node_max > 0; }
  /// What of it is in the pool; it keeps its tasks apart.
  [[nodiscard]] Spread spread(const PoolState& pool) const;
  [[nodiscard]] bool is_full_of_it(const PoolState& pool) const {
    if (is_centre_full_of_it(pool)) return true;
    return keeps_apart() && spread(pool).own > 0 && tasks_left(pool, need(), spread(pool)) <= 0;
  }
  [[nodiscard]] bool is_named(const ReservationRow& reservation) const {
    return organisation_name != nullptr && reservation.names(*organisation_name);
  }
};
[[nodiscard]] Asking asking_of(const Question& question, const World& world);
/// `requirements` are the job's, and must outlive what is asked.
[[nodiscard]] Asking asking_of(const JobRecord& job, const Requirements& requirements, const World& world);

/// What a task would cost on a pool.
struct Terms {
  Duration run;
  Cny task_cost;
  Cny task_hold;
  Cny job_cost;
  Cny price_cap_min;  ///< when its tasks run one after the other: what they cost, and the last one's hold in full
  std::optional<Joules> energy;      ///< of a task; nothing when it is not known
  std::optional<Milligrams> carbon;
  Transfer transfer;  ///< of the inputs; its cost is in that of the job, and in the hold while no other lease covers it
};

/// What rules the pool out for good, for whomever it is asked, money apart: shape, chip, capability, software, wall time,
/// region, provider, latency, no offer. A latency gap for each city that is too far; without numbers where the centre
/// does not know it.
[[nodiscard]] std::vector<Gap> fixed_gaps(const Requirements& requirements, const PoolState& pool);
/// The price cap and the wallet.
[[nodiscard]] std::vector<Gap> money_gaps(const Asking& asking, const Terms& terms);
/// Where a task leased as early as may be would not end by the deadline: how long it takes there, and how long is left.
[[nodiscard]] std::vector<Gap> deadline_gaps(const Asking& asking, const PoolState& pool, UnixTime now);
/// What only has to wait: the earliest start, reachability, reservations, room, what is kept for another job, the
/// throttle, the bounds of tasks per centre and node. `is_large_enough`: room is only
/// asked for where the pool has so many nodes that are large enough at all.
[[nodiscard]] std::vector<Gap> passing_gaps(const Asking& asking, const PoolState& pool, bool is_large_enough,
                                            Outlook& outlook);

/// Of a gang for which some nodes have enough left, and too few: that many nodes. Else a gap for each kind that lacks
/// in sum; where none does, the nodes are too chopped up for one task, and the gap is of the first kind that mends it
/// alone. Of a pool that is large enough, and that has no room.
struct CapacityGaps {
  std::array<Gap, kinds> gaps;
  std::size_t count = 0;
  void add(const Gap& gap) { gaps[count++] = gap; }
};
[[nodiscard]] CapacityGaps capacity_gaps(const PoolState& pool, const Need& need);

/// What a job would have spent at most once one more task with this hold was granted must stay within its cap.
[[nodiscard]] bool is_within_cap(const Requirements& requirements, Cny spent_and_held, Cny task_hold);

/// A card of one of the wanted models, whatever their case; any when none is named.
[[nodiscard]] bool has_chip(const PoolRow& pool, const Requirements& requirements);
/// The round trip between the centre and a city; nothing when it does not know it.
[[nodiscard]] std::optional<Duration> latency_to(const CentreState& centre, const std::string& city);
/// Software by name and least version.
[[nodiscard]] bool has_software(const PoolRow& pool, const SoftwareNeed& need);

}  // namespace dayan::place
