#pragma once

#include <cstdint>

#include "base/time.h"

/// IdMaker: the host's source of ids: positive, strictly rising, and in the order of time to the millisecond.
/// 41 bits of milliseconds since 2024-01-01 UTC (until 2093) stand above a 22-bit counter, whose low 6 bits name the
/// shard, so that makers of different shards never give the same id. 65,536 ids in one millisecond borrow from the
/// next one. It reads no clock: `now` is an argument, and ids never go back when `now` does.
/// One maker per shard; not for several threads at once.

namespace dayan {

/// The last shard has no maker: its ids are worked out by the core for what it makes itself, from the time and a count
/// that rises with each: as long as that does not go round within one millisecond, no two are alike.
[[nodiscard]] std::int64_t counted_id(UnixTime now, std::int64_t count);

class IdMaker {
 public:
  static constexpr int shard_max = 62;

  explicit IdMaker(int shard = 0);
  [[nodiscard]] std::int64_t next(UnixTime now);

 private:
  std::int64_t shard_;
  std::int64_t last_ =
      0;  ///< milliseconds << 16 | count, of the last id; the first id is above zero, which is "none"
};

}  // namespace dayan
