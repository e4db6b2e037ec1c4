#include "place/room_ahead.h"

#include <gtest/gtest.h>

namespace dayan::place {
namespace {

constexpr UnixTime now{1'800'000'000'000'000};

Amounts cores(std::int64_t count) {
  Amounts amounts;
  amounts.of[in_cores] = count;
  return amounts;
}

/// One free core, and each second something ends that gives no core back: each such moment is a look.
RoomAhead one_core(std::int64_t moments) {
  Amounts memory;
  memory.of[in_bytes] = 1;
  std::vector<std::pair<UnixTime, Amounts>> ends;
  for (std::int64_t i = 1; i <= moments; ++i) ends.emplace_back(now + Duration::seconds(i), memory);
  return RoomAhead(now, cores(1), std::move(ends));
}

TEST(RoomAheadTest, WhereTheLooksEndTheRestGoesOnAsBefore) {
  // Three tasks one after the other; what the looks suffice for is the first, whose end the second is looked for from.
  const RoomAhead room = one_core(2 * done_looks_max);
  const Duration run = Duration::seconds(done_looks_max * 3 / 4);
  EXPECT_EQ(room.all_done(cores(1), 3, 1, 1, now, run), now + run * 3);
  // Two cores are never free.
  EXPECT_EQ(room.all_done(cores(2), 3, 1, 1, now, run), std::nullopt);
}

TEST(RoomAheadTest, WhereNoneMayRunNothingIsDone) {
  EXPECT_EQ(one_core(1).all_done(cores(1), 3, 1, 0, now, Duration::hours(1)), std::nullopt);
}

}  // namespace
}  // namespace dayan::place
