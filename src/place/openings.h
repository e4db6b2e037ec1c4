#pragma once

#include <optional>
#include <vector>

#include "place/pool_state.h"

/// Openings: when full pools are expected to have room, for plans. Each pool's expected ends are worked out once and
/// kept until what it holds changes, or the first of them has come. Counted in sum: how nodes would be packed then is
/// finer than what estimates can tell. One that is past its estimate is expected to take twice as long, or four
/// times, and so on: the rule of quotes (pool_state.h) in steps, so that it can be kept.

namespace dayan::place {

/// When a live lease is expected to end, later than `now`.
[[nodiscard]] UnixTime stepwise_end(const Holding& holding, const PoolRow& pool, UnixTime now);

class Openings {
 public:
  /// How long a pool without room will have none; nothing when no known lease makes room.
  [[nodiscard]] std::optional<Duration> wait(const PoolState& pool, const Need& need, UnixTime now);

 private:
  struct Known {
    std::uint64_t version = 0;
    UnixTime from;
    std::vector<Release> releases;
  };
  std::vector<Known> known_;  ///< by pool
};

}  // namespace dayan::place
