#pragma once

#include "base/time.h"
#include "model/centre.h"
#include "place/holding.h"

/// EndOrder: what a pool holds, in order of when it is expected to end. One that is past its estimate is expected to
/// take twice as long, or four times, and so on: the rule of quotes (pool_state.h) in steps, so that it can be kept.

namespace dayan::place {

/// When a live lease is expected to end, later than `now`.
[[nodiscard]] UnixTime stepwise_end(const Holding& holding, const PoolRow& pool, UnixTime now);

/// Keeps for each holding the end under which it stands (Holding::expected_end), so one holding is in one order.
class EndOrder {
 public:
  void add(const Holding& holding, const PoolRow& pool);
  void remove(const Holding& holding);
  /// When it started, or what is known of its job's run times, is another.
  void renew(const Holding& holding, const PoolRow& pool);
  /// The same of all: the pool's row is another.
  void renew_all(const PoolRow& pool);

  using Order = BlockOrder<Ending, RoomTogether, ends_block_max>;
  /// Each with an end later than `now`. Costs as many moves as ends have passed since it was asked before; where time
  /// has gone back, all of them.
  [[nodiscard]] const Order& from(UnixTime now, const PoolRow& pool);

 private:
  Order order_;
  UnixTime as_of_;
};

}  // namespace dayan::place
