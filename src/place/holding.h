#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "base/time.h"
#include "model/lease.h"
#include "place/amounts.h"

/// Holding: what takes room of a pool.

namespace dayan::place {

using PoolIndex = std::uint32_t;
struct JobRecord;

/// A live lease, or a claim.
struct Holding {
  AttemptKey attempt;
  PoolIndex pool = 0;
  Need shape;
  UnixTime granted_at;
  UnixTime started_at;  ///< none: not known to have started
  UnixTime ends_at;
  Duration wall_time;
  const JobRecord* job = nullptr;  ///< nothing when its job is not known
  bool is_reclaimable = false;  ///< its room may be taken back, and has not been
  bool is_taken_back = false;   ///< it ends with its notice, at ends_at
  bool is_spared = false;       ///< the core did not let it be taken back
  mutable UnixTime expected_end;   ///< where it stands in its pool's EndOrder, which alone changes it
};

/// When it starts, or is expected to: where its lease is given time for its inputs, after that. From its grant where it
/// is taken back.
[[nodiscard]] inline UnixTime expected_start(const Holding& holding) {
  if (!holding.started_at.is_none()) return holding.started_at;
  return std::max(holding.granted_at, holding.ends_at - holding.wall_time - lease_start_allowance);
}

/// In order of their latest ends. These do not change while the pool holds them.
struct EndsEarlier {
  bool operator()(const Holding* a, const Holding* b) const {
    return std::tie(a->ends_at, a->attempt) < std::tie(b->ends_at, b->attempt);
  }
};

}  // namespace dayan::place
