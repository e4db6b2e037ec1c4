#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "place/outlook.h"

/// Evaluation: what one pool would be for what is asked, in numbers; and which of two is better.

namespace dayan::place {

/// Stands for a wait of which nobody knows the end: the pool is held by others than our leases.
inline constexpr Duration wait_unknown = wall_time_limit_max;

/// When a full pool has room for what is asked, counting those that stand before it in the queue (queue_ahead.h).
struct Queued {
  std::optional<Duration> wait;     ///< as everything is expected to end; nothing: no known lease makes room
  std::optional<Duration> longest;  ///< if everything takes as long as it may
  std::int64_t slots = 0;           ///< when it opens
  std::int32_t jobs_before = 0;     ///< that stand before it, and take room there
  const RoomAhead* room = nullptr;  ///< what they leave of it, as everything is expected to end
  bool is_counted = false;          ///< some take room there: all above holds
  bool is_least = false;            ///< not all that stand before it were looked at
};

struct Evaluation {
  const PoolState* pool = nullptr;
  std::optional<Terms> terms;  ///< nothing without an offer
  std::vector<Gap> gaps;
  bool is_feasible = false;  ///< no gap that time does not mend
  bool is_reachable = false;
  bool is_full_of_it = false;  ///< as many of the job's tasks run at its centre, or in it, as may
  bool is_late = false;    ///< room is expected too late for the deadline
  std::optional<Opening> opening;  ///< for room alone; nothing where it was not worked out
  std::optional<Duration> opening_longest;  ///< of that, if everything takes as long as it may
  std::optional<Duration> place;  ///< until a task of its own leaves centre or pool, or a node is left for it
  Duration place_longest;         ///< of that
  Duration wait;           ///< for room, or for a task of its own to leave centre or pool, and then for its inputs;
                           ///< wait_unknown when nothing makes room
  std::optional<Duration> wait_longest;  ///< if everything takes as long as it may; nothing where nobody knows it
  std::int32_t jobs_before = 0;          ///< of those that stand before it in the queue, counted in the wait
  bool is_wait_least = false;            ///< more of them than were looked at
  std::int64_t slots = 0;  ///< when it opens
  std::int64_t slots_max = 0;  ///< of it at once, one day
  Duration finish;         ///< of all waiting tasks, if all ran there as room comes, beside those that stand before it
};

/// `queued`: what those that stand before it in the queue leave of the pool; nullptr: none takes of it.
[[nodiscard]] Evaluation evaluate(const Asking& asking, const PoolState& pool, Outlook& outlook,
                                  const Queued* queued = nullptr);

/// Feasible ones first, best first by the objective:
///   cheapest: what the job costs, then when it is finished;
///   fastest:  when it is finished, then what it costs;
///   greenest: the carbon of a task, then what the job costs; where it is not known, behind all where it is, by cost;
///   weighted: for each of cost, finish and carbon its weight × 1000 × figure / least figure, whole numbers rounded up;
///             one with a weight for carbon whose carbon is not known stands behind all where it is;
///   balanced: the same with cost and finish alike.
/// A centre that does not answer stands behind all that do; of these one where as many of the job's tasks run as
/// may behind the others, since plans pass it over; and of these a pool that opens too late for the deadline. Ties go
/// by the names of centre and pool: a total order.
void sort_best_first(std::vector<Evaluation>& evaluations, const Requirements& requirements);

/// How far a pool is from ever taking what is asked: by how many of its gaps or reasons last, then by how large they are,
/// each as the larger of its numbers in thousandths of the smaller, one without numbers as a thousandfold. Less is nearer.
struct Distance {
  std::int64_t lasting = 0;
  std::int64_t size = 0;
  friend auto operator<=>(const Distance&, const Distance&) = default;
};
template <class Gaps>
[[nodiscard]] Distance distance_of(const Gaps& gaps);

/// 1000 × value / least, rounded up; a least of zero counts as one.
[[nodiscard]] std::int64_t relative(std::int64_t value, std::int64_t least);

template <class Gaps>
Distance distance_of(const Gaps& gaps) {
  Distance distance;
  for (const auto& gap : gaps) {
    if (gap.passes_with_time) continue;
    ++distance.lasting;
    const auto [least, most] = std::minmax(gap.required, gap.offered);
    distance.size = plus(distance.size, most > least ? relative(most, least) : 1'000'000);
  }
  return distance;
}

}  // namespace dayan::place
