#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "place/rooms.h"

/// Openings: when full pools are expected to have room, for plans. Counted in sum: how nodes would be packed then is
/// finer than what estimates can tell. What was worked out is kept until what the pool holds changes, or the first of
/// it is expected to have ended.

namespace dayan::place {

class Openings {
 public:
  /// How long a pool without room will have none; nothing when no known lease makes room.
  [[nodiscard]] std::optional<Duration> wait(const PoolState& pool, const Need& need, UnixTime now);

  /// What a shape finds in a pool.
  struct Found {
    std::int64_t slots = 0;  ///< now; where there is no room now, when none of our leases is there
    UnixTime opens_at;       ///< without room: when there will be some; none when no known lease makes it
  };
  [[nodiscard]] Found find(const PoolState& pool, const Room& room, UnixTime now);

 private:
  struct Kept {
    Found found;
    std::uint32_t room = 0;  ///< its serial
    std::uint32_t as_of = 0;
  };
  struct Known {
    std::uint64_t version = 0;
    UnixTime from;
    UnixTime until;
    std::uint32_t as_of = 0;  ///< rises when nothing of what is kept holds any more
    std::vector<std::pair<Need, std::optional<UnixTime>>> opens_at;
    std::vector<Kept> kept;  ///< by number of the room
  };
  [[nodiscard]] Known& known(const PoolState& pool, UnixTime now);
  [[nodiscard]] static std::optional<UnixTime> opening(const PoolState& pool, const Need& need, UnixTime now);

  std::vector<Known> known_;  ///< by pool
};

}  // namespace dayan::place
