#include "core/platform_for_tests.h"

/// The state as a whole: its rows, its clock, its invariants.

namespace dayan::core {
namespace {

using CoreTest = TwoCentres;

TEST_F(CoreTest, ABatchThatLeavesAWalletNegativeIsFoundBeforeItsCommit) {
  // What a hub asks of every batch: an account that must not go negative and would, by a micro-yuan, is named; one at
  // zero and one that may are not.
  AccountRow wallet = *state_.accounts.find({AccountKind::customer_wallet, OrganisationId(2)});
  AccountRow bank = *state_.accounts.find({AccountKind::bank, OrganisationId()});
  wallet.debits_posted = wallet.credits_posted;
  EXPECT_FALSE(broken_change({{wallet, RowFate::live}, {bank, RowFate::live}}));
  wallet.debits_pending = Cny::micro(1);
  const auto broken = broken_change({{bank, RowFate::live}, {wallet, RowFate::live}});
  ASSERT_TRUE(broken.has_value());
  EXPECT_NE(broken->find("-0.000001"), std::string::npos) << *broken;
}

TEST_F(CoreTest, DrainedRowsRebuildTheState) {
  // What drain hands to a store, loaded again, is the same state, derived timers included. (Events from empty: sim.)
  const JobId job = submit(3);
  State copy;
  plan({assign(job, 0, 10), assign(job, 1, 11)});
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(1))));
  for (const RowChange& change : state_.drain()) {
    if (change.fate == RowFate::live) copy.load(change.row);
  }
  EXPECT_EQ(copy.hash(), state_.hash());
  EXPECT_EQ(next_wakeup(copy), next_wakeup(state_));
}

TEST_F(CoreTest, TimeNeverGoesBack) {
  // A command at the time of the last one is refused.
  auto decision = decide(state_, {host_, Tick{}}, state_.counters().last_now);
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().reason, RefusalReason::not_after_last);
}

TEST_F(CoreTest, PlantedBugsAreSeenByTheInvariants) {
  // The switch works, and the checkers name what broke: a charge posted twice empties clearing.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  now_ = now_ + Duration::minutes(5);
  ASSERT_TRUE(
      run(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(1))), {}, PlantedBug::post_twice));
  ASSERT_TRUE(broken_invariant(state_).has_value());
  EXPECT_NE(broken_invariant(state_)->find("clearing"), std::string::npos);
}

}  // namespace
}  // namespace dayan::core
