#include <gtest/gtest.h>

#include <set>

#include "base/prng.h"
#include "place/fleet/demand_table.h"
#include "place/fleet/free_order.h"
#include "place/fleet/node_set.h"
#include "place/fleet/rack_counts.h"

namespace dayan::place {
namespace {

TEST(NodeSetTest, AgreesWithAnOrderedSet) {
  // Random inserts, erasures and questions, in small and large ranges, also while the set grows.
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Prng prng(seed);
    auto limit = static_cast<std::uint32_t>(prng.between(1, seed % 3 == 0 ? 70 : 20'000));
    NodeSet set;
    set.grow(limit);
    std::set<std::uint32_t> oracle;
    for (int step = 0; step < 3000; ++step) {
      const auto member = static_cast<std::uint32_t>(prng.below(limit));
      if (set.contains(member)) {
        set.erase(member);
        oracle.erase(member);
      } else {
        set.insert(member);
        oracle.insert(member);
      }
      if (step % 1000 == 999) set.grow(limit += 500);
      const auto from = static_cast<std::uint32_t>(prng.below(limit + 3));
      const auto next = oracle.lower_bound(from);
      ASSERT_EQ(set.next(from), next == oracle.end() ? NodeSet::none : *next) << "seed " << seed;
      ASSERT_EQ(set.size(), oracle.size());
    }
    EXPECT_TRUE(set.is_sound());
    set.assign([](std::uint32_t i) { return i % 7 == 3; });
    EXPECT_TRUE(set.is_sound());
    EXPECT_EQ(set.next(4), limit > 10 ? 10 : NodeSet::none);
  }
}

TEST(NodeSetTest, HoldsSixteenMillion) {
  // The first and the last of a range of five levels are found from anywhere.
  NodeSet set;
  set.grow((1U << 25) - 1);
  set.insert(0);
  set.insert((1U << 25) - 2);
  EXPECT_EQ(set.next(1), (1U << 25) - 2);
  EXPECT_EQ(set.next((1U << 25) - 1), NodeSet::none);
  EXPECT_EQ(set.first(), 0U);
  EXPECT_LT(set.bytes(), 5'000'000);
}

TEST(FreeOrderTest, AgreesWithAnOrderedSet) {
  // Random inserts, erasures, replacements near and far, and searches; enough keys for several blocks, then none.
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Prng prng(seed);
    const std::uint64_t range = seed % 2 == 0 ? 3000 : std::uint64_t{1} << 60;
    FreeOrder order;
    std::set<std::uint64_t> oracle;
    for (int step = 0; step < 20'000; ++step) {
      const std::uint64_t key = prng.below(range);
      const auto at = oracle.lower_bound(prng.below(range));
      const bool shrinks = step > 12'000;
      if (at != oracle.end() && prng.chance(shrinks ? 3 : 1, 4)) {
        order.erase(*at);
        oracle.erase(at);
      } else if (at != oracle.end() && prng.chance(1, 2) && !oracle.contains(key)) {
        const std::uint64_t near = oracle.contains(*at + 1) ? key : *at + 1;
        const std::uint64_t to = prng.chance(1, 2) ? near : key;
        order.replace(*at, to);
        oracle.erase(at);
        oracle.insert(to);
      } else if (oracle.insert(key).second) {
        order.insert(key);
      }
      const std::uint64_t from = prng.below(range);
      const auto next = oracle.lower_bound(from);
      ASSERT_EQ(order.next(from), next == oracle.end() ? FreeOrder::none : *next) << "seed " << seed;
    }
    ASSERT_EQ(order.size(), oracle.size());
    EXPECT_TRUE(order.is_sound());
    while (!oracle.empty()) {
      order.erase(*oracle.begin());
      oracle.erase(oracle.begin());
    }
    EXPECT_EQ(order.next(0), FreeOrder::none);
    EXPECT_TRUE(order.is_sound());
  }
}

TEST(FreeOrderTest, FillsItsBlocksWhenBuiltInOrder) {
  // A hundred thousand rising keys take little more than their eight bytes each.
  FreeOrder order;
  for (std::uint64_t key = 0; key < 100'000; ++key) order.insert(key);
  EXPECT_LT(order.bytes(), 900'000);
  EXPECT_TRUE(order.is_sound());
}

TEST(FreeOrderTest, GivesBackTheRoomOfWhatWasErased) {
  // Nine of ten keys go, from all blocks alike, and as many come elsewhere: the blocks left thin are merged and used
  // again, so that no more room is held than for one and a half times the keys.
  FreeOrder order;
  constexpr std::uint64_t keys = 50'000;
  for (std::uint64_t key = 0; key < keys; ++key) order.insert(key);
  const std::int64_t before = order.bytes();
  for (std::uint64_t key = 0; key < keys; ++key) {
    if (key % 10 != 0) order.erase(key);
  }
  for (std::uint64_t key = 0; key < keys; ++key) {
    if (key % 10 != 0) order.insert(keys + key);
  }
  EXPECT_EQ(order.size(), keys);
  EXPECT_LT(order.bytes(), before * 3 / 2);
  EXPECT_TRUE(order.is_sound());
}

TEST(DemandTableTest, TellsWhichDemandsFit) {
  // Against the comparison of each demand by itself, for tables of up to 256 demands, some of them replaced.
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Prng prng(seed);
    const auto draw = [&] {
      DemandKey key;
      key.cores = static_cast<std::uint16_t>(prng.between(1, seed % 2 == 0 ? 20 : 512));
      key.cards = static_cast<std::uint8_t>(prng.below(17));
      key.memory_steps = static_cast<std::uint32_t>(prng.below(seed % 2 == 0 ? 5 : 1000));
      key.whole_node = prng.chance(1, 4);
      key.shape = static_cast<std::int16_t>(prng.between(-1, 3));
      return key;
    };
    DemandTable table;
    while (table.size() < DemandTable::demands_max) {
      const DemandKey key = draw();
      if (table.find(key) == DemandTable::none) table.put(table.size(), key);
      const DemandKey other = draw();
      if (table.find(other) == DemandTable::none && prng.chance(1, 8)) {
        table.put(static_cast<int>(prng.below(static_cast<std::uint64_t>(table.size()))), other);
      }
    }
    for (int i = 0; i < 2000; ++i) {
      const DemandKey asked = draw();
      const FreeOfNode free{asked.memory_steps, static_cast<std::uint16_t>(asked.cores - 1), asked.cards,
                            static_cast<ShapeIndex>(prng.below(4)), prng.chance(1, 2)};
      for (int number = 0; number < table.size(); ++number) {
        const bool fits = (table.fitting(free, number / 64) >> (number % 64) & 1) != 0;
        ASSERT_EQ(fits, table.demand(number).fits(free));
        ASSERT_EQ(table.find(table.demand(number)), number);
      }
    }
  }
}

TEST(RackCountsTest, FindsTheLowestAndTheTightestRack) {
  // Against a plain list of counts.
  Prng prng(5);
  RackCounts racks;
  racks.reset(100, 16);
  std::vector<int> oracle(100, 0);
  for (int step = 0; step < 5000; ++step) {
    const auto rack = static_cast<RackIndex>(prng.below(100));
    if (oracle[rack] < 16 && (oracle[rack] == 0 || prng.chance(1, 2))) {
      racks.add(rack);
      ++oracle[rack];
    } else {
      racks.remove(rack);
      --oracle[rack];
    }
    const auto wanted = static_cast<int>(prng.between(1, 17));
    RackIndex lowest = NodeSet::none;
    RackIndex tightest = NodeSet::none;
    for (RackIndex i = 100; i-- > 0;) {
      if (oracle[i] < wanted) continue;
      lowest = i;
      if (tightest == NodeSet::none || oracle[i] <= oracle[tightest]) tightest = i;
    }
    ASSERT_EQ(racks.lowest(wanted), lowest);
    ASSERT_EQ(racks.tightest(wanted), tightest);
  }
  EXPECT_TRUE(racks.is_sound());
}

}  // namespace
}  // namespace dayan::place
