#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "place/pool_state.h"

/// Which leases to take back so that a pool has room: those of which least is lost.

namespace dayan::place {

/// Taking back must make room so much sooner than it is expected otherwise, beyond the notice. For as long, and for the
/// notice, a job that may take back believes that room will come as it is expected; then it has seen that it does not.
inline constexpr Duration reclaim_gain = Duration::minutes(1);
/// Leases younger than this are taken back only where older ones do not make the room: what has just begun would begin
/// again and again.
inline constexpr Duration reclaim_age_min = Duration::minutes(5);
/// From the plan to the rows, and from the end of a task to the report of it.
inline constexpr Duration reclaim_settles = Duration::seconds(5);
/// Room is made for so many tasks of a job at once.
inline constexpr std::int64_t reclaim_tasks_max = 64;
/// So many sets are packed to find the one of which least is lost; then the one is taken that costs least lease by lease.
inline constexpr std::size_t reclaim_sets_packed_max = 512;
/// And so many are weighed, most of which are too small at a glance.
inline constexpr std::size_t reclaim_sets_weighed_max = 8'192;
/// While so many numbers are kept of sets to be weighed, one for each shape of lease in each: 16 MB.
inline constexpr std::size_t reclaim_counts_kept_max = 4'000'000;

/// What is lost with a lease: ms since its attempt began, times its part of the pool in millionths of whatever of its
/// resources is the greatest part. Nothing where it has not begun.
[[nodiscard]] std::int64_t waste_of(const Holding& lease, const PoolState& pool, UnixTime now);

/// The leases of the pool, in order of attempts, without which it has room for so many tasks once the notice is over,
/// those that end until then having ended: of all such sets the one of which least is lost, of these the smallest. None
/// is empty: nothing where there will be room anyway, or where all of them together do not make it.
[[nodiscard]] std::optional<std::vector<const Holding*>> leases_to_take_back(const PoolState& pool, const Need& need,
                                                                             std::int64_t tasks, UnixTime now);

/// Whether there is such a set.
[[nodiscard]] bool can_make_room(const PoolState& pool, const Need& need, std::int64_t tasks, UnixTime now);

/// For how many tasks there would be room once the notice is over, were every lease taken back that may be.
[[nodiscard]] std::int64_t slots_with_all_taken_back(const PoolState& pool, const Need& need, UnixTime now);

}  // namespace dayan::place
