#include "base/id_maker.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/prng.h"

namespace dayan {
namespace {

constexpr UnixTime epoch = UnixTime(1'704'067'200'000'000);

// The milliseconds since 2024 stand in the upper 41 bits, so that ids of later milliseconds are larger.
TEST(IdMaker, CarriesTheTime) {
  IdMaker maker;
  const std::int64_t id = maker.next(epoch + Duration::milliseconds(1'234'567));
  EXPECT_EQ(id >> 22, 1'234'567);
  EXPECT_GT(maker.next(epoch + Duration::milliseconds(1'234'568)), id);
}

// Ids rise and stay positive over random clocks: still, forward, and back by hours.
TEST(IdMaker, NeverGoesBack) {
  Prng prng(7);
  IdMaker maker;
  UnixTime now = epoch;
  std::int64_t last = 0;
  for (int i = 0; i < 200'000; ++i) {
    if (prng.chance(1, 3)) now = now + Duration::milliseconds(prng.between(-3'600'000, 3'600'000));
    const std::int64_t id = maker.next(now);
    ASSERT_GT(id, last);
    last = id;
  }
}

// When one millisecond is used up, the counter carries into the next one instead of wrapping.
TEST(IdMaker, CarriesOverAFullMillisecond) {
  IdMaker maker;
  const UnixTime now = epoch + Duration::milliseconds(10);
  std::int64_t last = 0;
  for (int i = 0; i < 70'000; ++i) {
    const std::int64_t id = maker.next(now);
    ASSERT_GT(id, last);
    last = id;
  }
  EXPECT_EQ(last >> 22, 11);
  EXPECT_GT(maker.next(now + Duration::milliseconds(1)), last);
}

// Makers of different shards never give the same id, at the same moment or not.
TEST(IdMaker, ShardsDoNotMeet) {
  IdMaker first(0);
  IdMaker second(1);
  IdMaker third(IdMaker::shard_max);
  std::set<std::int64_t> ids;
  for (int i = 0; i < 1'000; ++i) {
    const UnixTime now = epoch + Duration::milliseconds(i / 100);
    ids.insert(first.next(now));
    ids.insert(second.next(now));
    ids.insert(third.next(now));
  }
  EXPECT_EQ(ids.size(), 3'000U);
}

// The same moments give the same ids: the maker is pure.
TEST(IdMaker, IsPure) {
  IdMaker a;
  IdMaker b;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(epoch + Duration::seconds(i)), b.next(epoch + Duration::seconds(i)));
}

// A clock before 2024 or after 2093 still yields positive, rising ids, and never "none".
TEST(IdMaker, SurvivesWrongClocks) {
  IdMaker maker;
  const std::int64_t first = maker.next(UnixTime());
  const std::int64_t second = maker.next(UnixTime(std::numeric_limits<std::int64_t>::min()));
  const std::int64_t third = maker.next(UnixTime(std::numeric_limits<std::int64_t>::max()));
  const std::int64_t fourth = maker.next(epoch);
  EXPECT_GT(first, 0);
  EXPECT_GT(second, first);
  EXPECT_GT(third, second);
  EXPECT_GT(fourth, third);
}

// A shard that does not fit its bits is our bug.
TEST(IdMakerDeathTest, RefusesOtherShards) {
  EXPECT_DEATH(IdMaker(-1), "broken invariant");
  EXPECT_DEATH(IdMaker(IdMaker::shard_max + 1), "broken invariant");
}

// What the core counts lies in the order of time, and meets nothing of any maker, nor the one before it.
TEST(IdMaker, CountedIdsMeetNoMaker) {
  const UnixTime now = epoch + Duration::milliseconds(5);
  std::set<std::int64_t> ids;
  std::size_t made = 0;
  for (int shard = 0; shard <= IdMaker::shard_max; ++shard) {
    IdMaker maker(shard);
    for (int i = 0; i < 100; ++i, ++made) ids.insert(maker.next(now));
  }
  for (std::int64_t count = 65'500; count < 65'600; ++count, ++made) ids.insert(counted_id(now, count));
  EXPECT_EQ(ids.size(), made);
  EXPECT_GT(counted_id(now + Duration::milliseconds(1), 1), counted_id(now, 65'535));
}

}  // namespace
}  // namespace dayan
