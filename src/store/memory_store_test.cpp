#include "store/memory_store.h"

#include <gtest/gtest.h>

#include "store/sample_rows.h"

namespace dayan::store {
namespace {

std::size_t live_rows(Store& store) {
  std::size_t count = 0;
  EXPECT_TRUE(store.load([&](const Row&) { ++count; }));
  return count;
}

class MemoryStoreFaults : public testing::TestWithParam<FailMode> {};

TEST_P(MemoryStoreFaults, TheNextCommitHasAnUnknownOutcomeOnce) {
  // The caller cannot tell the two modes apart; what was kept differs; the commit after it succeeds.
  MemoryStore store;
  const std::int64_t generation = store.take_over().value();
  store.fail_next_commit(GetParam());
  const auto failed = store.commit({generation, {{sample<JobRow>(1), RowFate::live}}, {}, {}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::unknown_outcome);
  const bool is_kept = GetParam() == FailMode::after_apply;
  EXPECT_EQ(live_rows(store), is_kept ? 1U : 0U);
  EXPECT_TRUE(store.commit({generation, {{sample<JobRow>(2), RowFate::live}}, {}, {}}));
  EXPECT_EQ(live_rows(store), is_kept ? 2U : 1U);
}

INSTANTIATE_TEST_SUITE_P(Modes, MemoryStoreFaults, testing::Values(FailMode::before_apply, FailMode::after_apply));

TEST(MemoryStoreFault, AFencedCommitDoesNotUseUpTheFault) {
  // The fault waits for a commit that would have succeeded, so that a seed hits what it aims at.
  MemoryStore store;
  const std::int64_t generation = store.take_over().value();
  store.fail_next_commit(FailMode::before_apply);
  EXPECT_EQ(store.commit({generation - 1, {}, {}, {}}).error().code, ErrorCode::conflict);
  EXPECT_EQ(store.commit({generation, {}, {}, {}}).error().code, ErrorCode::unknown_outcome);
}

}  // namespace
}  // namespace dayan::store
