#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "place/pool_state.h"

/// Openings: when full pools are expected to have room, for plans. Counted in sum: how nodes would be packed then is
/// finer than what estimates can tell. What was worked out is kept until what the pool holds changes, or the first of
/// it is expected to have ended.

namespace dayan::place {

class Openings {
 public:
  /// How long a pool without room will have none; nothing when no known lease makes room.
  [[nodiscard]] std::optional<Duration> wait(const PoolState& pool, const Need& need, UnixTime now);

 private:
  struct Known {
    std::uint64_t version = 0;
    UnixTime from;
    UnixTime until;
    std::vector<std::pair<Need, std::optional<UnixTime>>> opens_at;
  };
  std::vector<Known> known_;  ///< by pool
};

}  // namespace dayan::place
