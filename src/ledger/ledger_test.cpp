#include "ledger/ledger.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <vector>

#include "base/prng.h"

namespace dayan::ledger {
namespace {

constexpr OrganisationId customer{101};
constexpr OrganisationId provider{202};
constexpr AccountKey bank{AccountKind::bank, {}};
constexpr AccountKey clearing{AccountKind::clearing, {}};
constexpr AccountKey fee{AccountKind::platform_fee, {}};
constexpr AccountKey wallet{AccountKind::customer_wallet, customer};
constexpr AccountKey payable{AccountKind::provider_payable, provider};

/// Accounts and holds, and entries made and applied on them.
class LedgerTest : public testing::Test {
 protected:
  [[nodiscard]] Books books() const { return {accounts_, holds_}; }
  [[nodiscard]] EntryId next_id() { return EntryId(++last_id_); }

  /// Applies what was decided; a refusal fails the test.
  EntryRow done(const Decided<EntryRow>& decided) {
    EXPECT_TRUE(decided.has_value()) << (decided ? "" : to_text(decided.error().faults.at(0)));
    if (!decided) return {};
    apply(accounts_, holds_, *decided);
    EXPECT_EQ(broken_invariant(books()), std::nullopt);
    return *decided;
  }
  /// The refusal, and proof that nothing was touched by asking.
  Refusal refused(const Decided<EntryRow>& decided) {
    EXPECT_FALSE(decided.has_value());
    return decided ? Refusal{} : decided.error();
  }
  void top_up(Cny amount) { done(direct(books(), next_id(), bank, wallet, amount)); }

  /// The four counters in yuan: debits pending and posted, credits pending and posted.
  [[nodiscard]] std::vector<std::string> counters(const AccountKey& account) const {
    const AccountRow* row = accounts_.find({account.kind, account.owner});
    if (row == nullptr) return {"no row"};
    return {to_text(row->debits_pending), to_text(row->debits_posted), to_text(row->credits_pending),
            to_text(row->credits_posted)};
  }
  using Counters = std::vector<std::string>;

  Table<AccountRow> accounts_;
  Table<HoldRow> holds_;
  std::int64_t last_id_ = 0;
};

TEST_F(LedgerTest, DirectMovesAtOnceAndMakesTheRows) {
  // An account without a row counts as zeroes; the first entry makes both rows, and only posted counters move.
  EXPECT_EQ(counters(wallet), Counters{"no row"});
  const EntryRow entry = done(direct(books(), next_id(), bank, wallet, Cny::yuan(100)));
  EXPECT_EQ(entry.kind, EntryKind::direct);
  EXPECT_EQ(entry.debit(), bank);
  EXPECT_EQ(entry.credit(), wallet);
  EXPECT_EQ(counters(bank), (Counters{"0", "100", "0", "0"}));
  EXPECT_EQ(counters(wallet), (Counters{"0", "0", "0", "100"}));
}

TEST_F(LedgerTest, HoldReservesOnBothSides) {
  // A hold is pending on both accounts and lowers what is available, by a row that names it.
  top_up(Cny::yuan(10));
  const EntryRow held = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(7)));
  EXPECT_EQ(counters(wallet), (Counters{"7", "0", "0", "10"}));
  EXPECT_EQ(counters(clearing), (Counters{"0", "0", "7", "0"}));
  ASSERT_NE(holds_.find({held.id}), nullptr);
  EXPECT_EQ(holds_.find({held.id})->amount, Cny::yuan(7));
  EXPECT_EQ(accounts_.find({wallet.kind, wallet.owner})->available(), Cny::yuan(3));
}

TEST_F(LedgerTest, PostMovesItsAmountAndReleasesTheRest) {
  // Of 7 yuan held 5 are posted: all 7 leave pending, 5 become posted, 2 are available again.
  top_up(Cny::yuan(10));
  const EntryRow held = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(7)));
  const EntryRow posted = done(post(books(), next_id(), held.id, Cny::yuan(5)));
  EXPECT_EQ(posted.hold, held.id);
  EXPECT_EQ(posted.debit(), wallet);
  EXPECT_EQ(posted.credit(), clearing);
  EXPECT_EQ(counters(wallet), (Counters{"0", "5", "0", "10"}));
  EXPECT_EQ(counters(clearing), (Counters{"0", "0", "0", "5"}));
  EXPECT_EQ(holds_.size(), 0U);
}

TEST_F(LedgerTest, PostOfZeroAndOfTheWholeAreFine) {
  // Both ends of the range of a post are taken.
  top_up(Cny::yuan(10));
  const EntryRow first = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(4)));
  const EntryRow second = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(6)));
  done(post(books(), next_id(), first.id, Cny()));
  done(post(books(), next_id(), second.id, Cny::yuan(6)));
  EXPECT_EQ(counters(wallet), (Counters{"0", "6", "0", "10"}));
}

TEST_F(LedgerTest, ReleaseGivesAllBack) {
  // A released hold leaves the accounts as they were before it.
  top_up(Cny::yuan(10));
  const EntryRow held = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(10)));
  const EntryRow released = done(release(books(), next_id(), held.id));
  EXPECT_EQ(released.kind, EntryKind::release);
  EXPECT_TRUE(released.amount.is_zero());
  EXPECT_EQ(counters(wallet), (Counters{"0", "0", "0", "10"}));
  EXPECT_EQ(counters(clearing), (Counters{"0", "0", "0", "0"}));
}

TEST_F(LedgerTest, HoldIsRefusedByOneMicroYuan) {
  // With 10 yuan, 3 of them held, a hold of 7 passes and one micro-yuan more does not; both figures are told.
  top_up(Cny::yuan(10));
  done(hold(books(), next_id(), wallet, clearing, Cny::yuan(3)));
  const Refusal refusal = refused(hold(books(), next_id(), wallet, clearing, Cny::micro(7'000'001)));
  EXPECT_EQ(refusal.reason, RefusalReason::insufficient_funds);
  ASSERT_EQ(refusal.faults.size(), 1U);
  EXPECT_EQ(refusal.faults[0].wrong, to_text(wallet) + " has 7 yuan available, 7.000001 yuan are needed");
  EXPECT_EQ(refusal.faults[0].right, "add at least 0.000001 yuan");
  done(hold(books(), next_id(), wallet, clearing, Cny::yuan(7)));
}

TEST_F(LedgerTest, DirectObeysTheSameRule) {
  // Neither a wallet nor clearing can be drawn below zero at once either; a bank can, since it mirrors the world.
  EXPECT_EQ(refused(direct(books(), next_id(), wallet, bank, Cny::yuan(1))).reason,
            RefusalReason::insufficient_funds);
  EXPECT_EQ(refused(direct(books(), next_id(), clearing, payable, Cny::yuan(1))).reason,
            RefusalReason::insufficient_funds);
  done(direct(books(), next_id(), bank, clearing, Cny::yuan(1)));
  done(direct(books(), next_id(), payable, bank, Cny::yuan(1)));
}

TEST_F(LedgerTest, PendingCreditsCannotBeSpent) {
  // What is only held for clearing is not yet clearing's: it passes on after the post, and no earlier.
  top_up(Cny::yuan(10));
  const EntryRow held = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(10)));
  EXPECT_EQ(refused(direct(books(), next_id(), clearing, payable, Cny::yuan(1))).reason,
            RefusalReason::insufficient_funds);
  done(post(books(), next_id(), held.id, Cny::yuan(8)));
  done(direct(books(), next_id(), clearing, payable, Cny::yuan(7)));
  done(direct(books(), next_id(), clearing, fee, Cny::yuan(1)));
  EXPECT_EQ(accounts_.find({clearing.kind, clearing.owner})->available(), Cny());
}

TEST_F(LedgerTest, AmountsMustBePositive) {
  // Zero and less are refused by name for hold and direct; a post may be zero, not less.
  for (const Cny amount : {Cny(), Cny::micro(-1)}) {
    const Refusal of_hold = refused(hold(books(), next_id(), wallet, clearing, amount));
    EXPECT_EQ(of_hold.reason, RefusalReason::invalid);
    EXPECT_EQ(of_hold.faults.at(0).field, "amount");
    EXPECT_EQ(refused(direct(books(), next_id(), bank, wallet, amount)).faults.at(0).right, "give more than zero");
  }
  top_up(Cny::yuan(1));
  const EntryRow held = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(1)));
  const Refusal refusal = refused(post(books(), next_id(), held.id, Cny::micro(-1)));
  EXPECT_EQ(refusal.reason, RefusalReason::invalid);
  EXPECT_EQ(refusal.faults.at(0).wrong, "the amount is -0.000001 yuan");
}

TEST_F(LedgerTest, TwoAccountsAreNeeded) {
  // Money does not move from an account to itself; the same kind with another owner is another account.
  const Refusal refusal = refused(hold(books(), next_id(), payable, payable, Cny::yuan(1)));
  EXPECT_EQ(refusal.reason, RefusalReason::invalid);
  EXPECT_EQ(refusal.faults.at(0).field, "credit");
  done(direct(books(), next_id(), payable, {AccountKind::provider_payable, customer}, Cny::yuan(1)));
}

TEST_F(LedgerTest, PostOfMoreThanHeldIsRefused) {
  // One micro-yuan above the hold is refused with both figures, and the hold stays.
  top_up(Cny::yuan(10));
  const EntryRow held = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(7)));
  const Refusal refusal = refused(post(books(), next_id(), held.id, Cny::micro(7'000'001)));
  EXPECT_EQ(refusal.reason, RefusalReason::invalid);
  EXPECT_EQ(refusal.faults.at(0).wrong, "7.000001 yuan are more than the 7 yuan that " + to_text(held.id) + " holds");
  EXPECT_EQ(holds_.size(), 1U);
}

TEST_F(LedgerTest, HoldIsResolvedOnce) {
  // After a post or a release neither of them finds the hold again; a hold that never was is not found either.
  top_up(Cny::yuan(10));
  const EntryRow posted = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(2)));
  const EntryRow released = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(2)));
  done(post(books(), next_id(), posted.id, Cny::yuan(1)));
  done(release(books(), next_id(), released.id));
  for (const EntryId id : {posted.id, released.id, EntryId(999)}) {
    EXPECT_EQ(refused(post(books(), next_id(), id, Cny())).reason, RefusalReason::not_found);
    EXPECT_EQ(refused(release(books(), next_id(), id)).reason, RefusalReason::not_found);
  }
}

TEST_F(LedgerTest, CountersCannotOverflow) {
  // An amount that would pass 64 bits on either account, pending included, is refused instead of wrapping round.
  const Cny most = Cny::micro(std::numeric_limits<std::int64_t>::max());
  done(direct(books(), next_id(), bank, wallet, most));
  EXPECT_EQ(refused(direct(books(), next_id(), bank, payable, Cny::micro(1))).reason, RefusalReason::invalid);
  EXPECT_EQ(refused(direct(books(), next_id(), fee, wallet, Cny::micro(1))).reason, RefusalReason::invalid);
  const EntryRow held = done(hold(books(), next_id(), wallet, clearing, most));
  EXPECT_EQ(refused(direct(books(), next_id(), fee, clearing, Cny::micro(1))).reason, RefusalReason::invalid);
  done(post(books(), next_id(), held.id, most));
}

TEST_F(LedgerTest, WorksOnTablesOverOthers) {
  // decide works on tables over the State's: entries there are seen by the next one, and the State's stay as they
  // were.
  top_up(Cny::yuan(10));
  auto accounts = Table<AccountRow>::over(accounts_);
  auto holds = Table<HoldRow>::over(holds_);
  const auto held = hold({accounts, holds}, next_id(), wallet, clearing, Cny::yuan(6));
  ASSERT_TRUE(held.has_value());
  apply(accounts, holds, *held);
  EXPECT_FALSE(hold({accounts, holds}, next_id(), wallet, clearing, Cny::yuan(6)).has_value());
  EXPECT_TRUE(hold(books(), next_id(), wallet, clearing, Cny::yuan(6)).has_value());
  const auto resolved = release({accounts, holds}, next_id(), held->id);
  ASSERT_TRUE(resolved.has_value());
  apply(accounts, holds, *resolved);
  EXPECT_EQ(broken_invariant({accounts, holds}), std::nullopt);
}

using LedgerDeathTest = LedgerTest;

TEST_F(LedgerDeathTest, ApplyAssertsThatTheEntryWasMadeOnTheseBooks) {
  // The same hold or post applied twice, and an entry that moves nothing, are our own bugs: the process stops.
  top_up(Cny::yuan(10));
  const EntryRow held = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(4)));
  EXPECT_DEATH(apply(accounts_, holds_, held), "contains");
  const EntryRow posted = done(post(books(), next_id(), held.id, Cny::yuan(4)));
  EXPECT_DEATH(apply(accounts_, holds_, posted), "found != nullptr");
  EntryRow forged = *direct(books(), next_id(), wallet, bank, Cny::yuan(6));
  forged.amount = Cny();
  EXPECT_DEATH(apply(accounts_, holds_, forged), "entry.amount");
}

TEST_F(LedgerTest, AnOverdraftThatWasNotCheckedIsFoundByTheInvariant) {
  // Funds are checked when an entry is made, not when it is applied; one that slipped by is named afterwards.
  top_up(Cny::yuan(10));
  EntryRow forged = *hold(books(), next_id(), wallet, clearing, Cny::yuan(10));
  forged.amount = Cny::yuan(11);
  apply(accounts_, holds_, forged);
  EXPECT_EQ(broken_invariant(books()),
            to_text(wallet) + " has debits of 11 yuan, pending ones included, and credits of only 10");
}

/// What is broken once `change` was made to a wallet with 10 yuan, of which 4 are held and 1 was charged.
class TamperedLedgerTest : public LedgerTest {
 protected:
  void SetUp() override {
    top_up(Cny::yuan(10));
    const EntryRow first = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(1)));
    done(post(books(), next_id(), first.id, Cny::yuan(1)));
    held_ = done(hold(books(), next_id(), wallet, clearing, Cny::yuan(4)));
  }
  template <class Change>
  std::string broken_after(const AccountKey& account, Change&& change) {
    Table<AccountRow> tampered = accounts_;
    AccountRow row = *tampered.find({account.kind, account.owner});
    change(row);
    tampered.put(row);
    return broken_invariant({tampered, holds_}).value_or("nothing");
  }
  EntryRow held_;
};

TEST_F(TamperedLedgerTest, EachCounterIsWatched) {
  // A wrong figure in any of the four counters is named, with the figure and the account.
  EXPECT_EQ(broken_after(wallet, [](AccountRow&) {}), "nothing");
  EXPECT_EQ(broken_after(wallet, [](AccountRow& row) { row.debits_pending = Cny::yuan(5); }),
            to_text(wallet) + " has debits_pending of 5 yuan, its unresolved holds sum to 4");
  EXPECT_EQ(broken_after(clearing, [](AccountRow& row) { row.credits_pending = Cny(); }),
            to_text(clearing) + " has credits_pending of 0 yuan, its unresolved holds sum to 4");
  EXPECT_EQ(broken_after(wallet, [](AccountRow& row) { row.debits_posted = Cny::micro(1'500'000); }),
            "posted debits are 11.5 yuan, posted credits 11");
  EXPECT_EQ(broken_after(wallet, [](AccountRow& row) { row.credits_posted = Cny::yuan(11); }),
            "posted debits are 11 yuan, posted credits 12");
  EXPECT_EQ(broken_after(bank, [](AccountRow& row) { row.credits_pending = Cny::yuan(-1); }),
            to_text(bank) + " has a negative credits_pending of -1 yuan");
}

TEST_F(TamperedLedgerTest, BelowZeroIsNamed) {
  // A wallet with less credit than debit is found, pending debits counted.
  EXPECT_EQ(broken_after(wallet, [](AccountRow& row) { row.credits_posted = Cny::micro(4'999'999); }),
            to_text(wallet) + " has debits of 5 yuan, pending ones included, and credits of only 4.999999");
}

TEST_F(TamperedLedgerTest, HoldsAreWatched) {
  // A hold row that was lost, or that no account knows, is found.
  Table<HoldRow> lost = holds_;
  lost.erase({held_.id});
  EXPECT_NE(broken_invariant({accounts_, lost}).value_or("nothing").find("debits_pending"), std::string::npos);
  Table<HoldRow> strange = holds_;
  strange.put({EntryId(77), AccountKind::platform_fee, {}, AccountKind::provider_payable, provider, Cny::yuan(1)});
  EXPECT_EQ(broken_invariant({accounts_, strange}), to_text(payable) + " has unresolved holds and no row");
  strange.put({EntryId(77), AccountKind::platform_fee, {}, AccountKind::provider_payable, provider, Cny()});
  EXPECT_EQ(broken_invariant({accounts_, strange}), to_text(EntryId(77)) + " holds 0 yuan: not more than zero");
}

/// The second model: it keeps only the list of entries and works every balance out again from the whole of it.
class NaiveBooks {
 public:
  struct Balances {
    std::int64_t debits_pending = 0, debits_posted = 0, credits_pending = 0, credits_posted = 0;
    bool operator==(const Balances&) const = default;
  };
  void add(const EntryRow& entry) { entries_.push_back(entry); }
  [[nodiscard]] bool is_open(EntryId id) const { return open_amount(id) > 0; }
  [[nodiscard]] std::int64_t open_amount(EntryId id) const {
    std::int64_t amount = 0;
    for (const EntryRow& entry : entries_) {
      if (entry.kind == EntryKind::hold && entry.id == id) amount = entry.amount.micro();
      if (entry.hold == id && !id.is_none()) return 0;
    }
    return amount;
  }
  [[nodiscard]] std::map<AccountKey, Balances> balances() const {
    std::map<AccountKey, Balances> all;
    for (const EntryRow& entry : entries_) {
      Balances& payer = all[entry.debit()];
      Balances& payee = all[entry.credit()];
      if (entry.kind == EntryKind::hold) {
        payer.debits_pending += open_amount(entry.id);
        payee.credits_pending += open_amount(entry.id);
      } else {
        payer.debits_posted += entry.amount.micro();
        payee.credits_posted += entry.amount.micro();
      }
    }
    return all;
  }
  /// What the rules say of a reservation, in one line each.
  [[nodiscard]] bool may_reserve(const AccountKey& debit, const AccountKey& credit, std::int64_t amount) const {
    if (amount <= 0 || debit == credit) return false;
    const Balances own = balances()[debit];
    const bool limited = debit.kind == AccountKind::customer_wallet || debit.kind == AccountKind::clearing;
    return !limited || own.debits_pending + own.debits_posted + amount <= own.credits_posted;
  }
  [[nodiscard]] bool may_resolve(EntryId id, std::int64_t amount) const {
    return is_open(id) && amount >= 0 && amount <= open_amount(id);
  }

 private:
  std::vector<EntryRow> entries_;
};

class LedgerStreamTest : public LedgerTest, public testing::WithParamInterface<std::uint64_t> {
 protected:
  void step(Prng& random) {
    const AccountKey all[] = {bank, clearing, fee, wallet, payable, {AccountKind::customer_wallet, provider}};
    const AccountKey debit = all[random.below(std::size(all))];
    const AccountKey credit = all[random.below(std::size(all))];
    const std::int64_t amount = random.between(-1, 40);
    const EntryId id(last_id_ + 1);
    const EntryId named(random.between(0, last_id_ + 1));
    bool allowed = false;
    Decided<EntryRow> decided;
    switch (random.below(4)) {
      case 0:
        allowed = naive_.may_reserve(debit, credit, amount);
        decided = direct(books(), id, debit, credit, Cny::micro(amount));
        break;
      case 1:
        allowed = naive_.may_reserve(debit, credit, amount);
        decided = hold(books(), id, debit, credit, Cny::micro(amount));
        break;
      case 2:
        allowed = naive_.may_resolve(named, amount);
        decided = post(books(), id, named, Cny::micro(amount));
        break;
      default: allowed = naive_.may_resolve(named, 0); decided = release(books(), id, named);
    }
    ASSERT_EQ(decided.has_value(), allowed);
    if (!decided) {
      ++refusals_;
      return;
    }
    last_id_ = id.value();
    apply(accounts_, holds_, *decided);
    naive_.add(*decided);
  }
  void expect_same_balances() const {
    std::map<AccountKey, NaiveBooks::Balances> mine;
    accounts_.visit_all([&](const AccountRow& row) {
      mine[row.account()] = {row.debits_pending.micro(), row.debits_posted.micro(), row.credits_pending.micro(),
                             row.credits_posted.micro()};
    });
    ASSERT_EQ(mine, naive_.balances());
    ASSERT_EQ(broken_invariant(books()), std::nullopt);
  }
  NaiveBooks naive_;
  int refusals_ = 0;
};

TEST_P(LedgerStreamTest, AgreesWithTheNaiveModelAfterEveryStep) {
  // Random entries, right and wrong ones: both models take the same ones and have the same balances after each.
  Prng random(GetParam());
  for (int i = 0; i < 300; ++i) {
    ASSERT_NO_FATAL_FAILURE(step(random));
    ASSERT_NO_FATAL_FAILURE(expect_same_balances());
  }
  EXPECT_GT(refusals_, 20);  // both kinds of answer were really drawn
  EXPECT_GT(last_id_, 60);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LedgerStreamTest, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace dayan::ledger
