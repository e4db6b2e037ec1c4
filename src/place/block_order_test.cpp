#include "place/block_order.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

#include "base/prng.h"

namespace dayan::place {
namespace {

struct Total {
  std::int64_t of = 0;
  void add(std::int64_t each) { of += each; }
  void remove(std::int64_t each) { of -= each; }
};
using Order = BlockOrder<std::int64_t, Total, 16>;

/// As a set; and what each block's entries come to is right.
void expect_same(const Order& order, const std::set<std::int64_t>& expected) {
  ASSERT_EQ(order.size(), expected.size());
  auto next = expected.begin();
  for (const std::int64_t each : order) ASSERT_EQ(each, *next++);
  for (const Order::Block& block : order.blocks()) {
    ASSERT_FALSE(block.entries.empty());
    std::int64_t total = 0;
    for (const std::int64_t each : block.entries) total += each;
    ASSERT_EQ(block.sum.of, total);
  }
}

/// Entries come, go and are sought, over many blocks and down to none: as in a set, at every step.
TEST(BlockOrder, IsASetWhateverComesAndGoes) {
  Prng draw(7);
  Order order;
  std::set<std::int64_t> expected;
  for (int step = 0; step < 30'000; ++step) {
    const std::int64_t each = draw.between(0, 1'500);
    const bool grows = step / 5'000 % 2 == 0;
    const bool is_there = expected.contains(each);
    if (!is_there && (grows || draw.between(0, 9) == 0)) {
      order.insert(each);
      expected.insert(each);
    } else if (is_there && !grows) {
      order.erase(each);
      expected.erase(each);
    }
    const std::int64_t from = draw.between(0, 1'500);
    const auto found = order.lower_bound(from);
    const auto wanted = expected.lower_bound(from);
    ASSERT_EQ(found == order.end(), wanted == expected.end());
    if (wanted != expected.end()) {
      ASSERT_EQ(*found, *wanted);
    }
    if (step % 500 == 0) expect_same(order, expected);
  }
  while (!expected.empty()) {
    order.erase(*expected.begin());
    expected.erase(expected.begin());
  }
  expect_same(order, expected);
  EXPECT_TRUE(order.empty() && order.begin() == order.end());
}

/// A walk that passes over blocks comes by the rest.
TEST(BlockOrder, BlocksArePassedOverFromTheirBeginningAlone) {
  Order order;
  for (std::int64_t each = 0; each < 1'000; ++each) order.insert(each);
  std::set<std::int64_t> seen;
  std::set<std::int64_t> expected;
  for (const Order::Block& block : order.blocks()) {
    if (block.sum.of < 2'000) expected.insert(block.entries.begin(), block.entries.end());
  }
  ASSERT_FALSE(expected.empty());
  ASSERT_LT(expected.size(), order.size());
  for (auto at = order.begin(); at != order.end();) {
    if (at.block() != nullptr && at.block()->sum.of >= 2'000) {
      at.pass_block();
    } else {
      seen.insert(*at);
      ++at;
    }
  }
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace dayan::place
