#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "base/time.h"
#include "model/lease.h"
#include "place/amounts.h"
#include "place/block_order.h"
#include "place/packing.h"

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

/// One of those that a pool holds, where it stands in an order of ends.
struct Ending {
  UnixTime at;
  AttemptKey attempt;
  const Holding* of = nullptr;

  Ending(UnixTime when, const Holding& holding) : at(when), attempt(holding.attempt), of(&holding) {}
  operator const Holding*() const { return of; }  // NOLINT(google-explicit-constructor): an order of holdings
  friend bool operator<(const Ending& a, const Ending& b) {
    return std::tie(a.at, a.attempt) < std::tie(b.at, b.attempt);
  }
};

/// The room of some together.
struct RoomTogether {
  Amounts room;

  void add(const Ending& each) { room = sum(room, each.of->shape.all()); }
  void remove(const Ending& each) { room = minus(room, each.of->shape.all()); }
};

/// And their shapes.
struct ShapesTogether : RoomTogether {
  Shapes shapes;

  void add(const Ending& each) {
    RoomTogether::add(each);
    add_shape(shapes, each.of->shape, 1);
  }
  void remove(const Ending& each) {
    RoomTogether::remove(each);
    remove_shape(shapes, each.of->shape, 1);
  }
};

inline constexpr std::size_t ends_block_max = 128;
/// In order of their latest ends. These do not change while the pool holds them.
using Holdings = BlockOrder<Ending, ShapesTogether, ends_block_max>;

}  // namespace dayan::place
