#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "place/horizon.h"
#include "place/wait_queue.h"

/// Awaited: which pools keep jobs from the room that there is. A job holds out since some better pool is expected to
/// have room so soon that it would be done there earlier than where it could go now. As long as that pool keeps its word
/// nothing else can change the job's mind, so it is asked again when the pool does not, and not before. Jobs for which
/// no single pool can speak (they have a deadline, or keep away from a centre) are asked from time to time (agenda.h).

namespace dayan::place {

class Planning;

class Awaited {
 public:
  explicit Awaited(Planning& planning) : planning_(planning) {}

  /// The jobs of a lane hold out, and refuse so much (Planning::hold_out). False when no pool can be told that keeps
  /// them waiting.
  [[nodiscard]] bool note(ViewIndex view, const LaneKey& lane, double refused);
  /// Views that await a pool which does not keep its word any more, since this was asked last. They await nothing
  /// then.
  [[nodiscard]] std::vector<ViewIndex> take_lost();

 private:
  struct Room {
    double wait = 0;  ///< µs
    std::int64_t slots = 0;
  };
  /// A pool, as tasks of one shape see it.
  struct Seen {
    Need need;
    bool is_ever = false;  ///< it could take one when our leases have left
    Horizon::Entry entry;
    Seen(const Need& shape, bool could, const Horizon::Entry& found) : need(shape), is_ever(could), entry(found) {}
  };

  [[nodiscard]] std::optional<AwaitedPool> best(ViewIndex view, const LaneKey& lane);
  [[nodiscard]] std::optional<AwaitedPool> soonest(ViewIndex view, const LaneKey& lane, const Preference& preference);
  [[nodiscard]] Room room_of(const Horizon::Entry& entry, CustomerGroup group, std::uint8_t wall_step) const;
  [[nodiscard]] bool is_as_awaited(const View& view, const AwaitedPool& awaited, const Seen& seen) const;
  void add(ViewIndex view, const AwaitedPool& pool);
  void check(PoolIndex pool, std::vector<ViewIndex>& lost);
  void wait_for_end(PoolIndex pool);

  Planning& planning_;
  std::vector<std::vector<ViewIndex>> views_;  ///< by pool, each once; who awaits it no more stays until that is checked
  std::set<std::pair<UnixTime, PoolIndex>> first_ends_;  ///< when something there is expected to have ended
  std::vector<UnixTime> first_end_;                      ///< the same by pool; none: nothing is
  std::set<PoolIndex> passing_;  ///< pools of which a wait hangs on wall times, and so on what the time is
  UnixTime passing_looked_at_;
  std::uint64_t cursor_ = 0;  ///< in the log of stirred pools
};

/// Whether one of the pools that the view awaits keeps the jobs of a lane waiting, or the best does.
[[nodiscard]] bool is_kept_waiting(const View& view, const Preference& preference, const LaneKey& lane);

}  // namespace dayan::place
