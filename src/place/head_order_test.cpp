#include "place/head_order.h"

#include <gtest/gtest.h>

#include <set>

#include "base/prng.h"

namespace dayan::place {
namespace {

/// Entries come, go and are sought, over many blocks and down to none: as in a set, at every step.
TEST(HeadOrder, IsASetWhateverComesAndGoes) {
  Prng draw(7);
  HeadOrder order;
  std::set<HeadOrder::Entry> expected;
  const auto entry = [&] {
    const QueueKey key{draw.between(0, 400), JobId(draw.between(1, 4))};
    return HeadOrder::Entry{key, static_cast<ClassIndex>(draw.below(4))};
  };
  for (int step = 0; step < 30'000; ++step) {
    const HeadOrder::Entry each = entry();
    const bool grows = step / 5'000 % 2 == 0;
    const bool is_there = expected.contains(each);
    if (!is_there && (grows || draw.between(0, 9) == 0)) {
      order.insert(each);
      expected.insert(each);
    } else if (is_there && !grows) {
      order.erase(each);
      expected.erase(each);
    }
    const HeadOrder::Entry from = entry();
    const auto found = order.lower_bound(from);
    const auto wanted = expected.lower_bound(from);
    ASSERT_EQ(found == order.end(), wanted == expected.end());
    if (wanted != expected.end()) {
      ASSERT_EQ(*found, *wanted);
    }
    if (step % 500 != 0) continue;
    auto next = expected.begin();
    for (auto at = order.begin(); !(at == order.end()); ++at, ++next) ASSERT_EQ(*at, *next);
    ASSERT_EQ(next, expected.end());
  }
  while (!expected.empty()) {
    order.erase(*expected.begin());
    expected.erase(expected.begin());
  }
  EXPECT_TRUE(order.begin() == order.end());
}

}  // namespace
}  // namespace dayan::place
