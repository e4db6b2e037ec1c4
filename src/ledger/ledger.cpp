#include "ledger/ledger.h"

#include <limits>
#include <map>

#include "base/money_sum.h"

namespace dayan::ledger {
namespace {

constexpr std::int64_t counter_max = std::numeric_limits<std::int64_t>::max();

std::tuple<AccountKind, OrganisationId> row_key(const AccountKey& account) { return {account.kind, account.owner}; }

AccountRow account_or_zero(const Table<AccountRow>& accounts, const AccountKey& account) {
  const AccountRow* row = accounts.find(row_key(account));
  if (row != nullptr) return *row;
  AccountRow zero;
  zero.kind = account.kind;
  zero.owner = account.owner;
  return zero;
}

/// Pending and posted are counted together: what fits when it is held still fits when it is posted.
bool has_room(Cny pending, Cny posted, Cny amount) {
  return Int128{pending.micro()} + posted.micro() + amount.micro() <= counter_max;
}

/// What hold and direct have in common: nothing moves unless it may.
Decided<EntryRow> reserve(const Books& books, EntryKind kind, EntryId id, AccountKey debit, AccountKey credit,
                          Cny amount) {
  ASSERT(!id.is_none());
  if (amount <= Cny())
    return refuse(RefusalReason::invalid, "the amount is " + to_text(amount) + " yuan", "give more than zero",
                  "amount");
  if (debit == credit)
    return refuse(RefusalReason::invalid, to_text(debit) + " is both debited and credited", "name two accounts",
                  "credit");
  const AccountRow payer = account_or_zero(books.accounts, debit);
  const AccountRow payee = account_or_zero(books.accounts, credit);
  if (must_not_go_negative(debit.kind) && payer.available() < amount)
    return refuse(RefusalReason::insufficient_funds,
                  to_text(debit) + " has " + to_text(payer.available()) + " yuan available, " + to_text(amount) +
                      " yuan are needed",
                  "add at least " + to_text(amount - payer.available()) + " yuan", "amount");
  if (!has_room(payer.debits_pending, payer.debits_posted, amount) ||
      !has_room(payee.credits_pending, payee.credits_posted, amount))
    return refuse(
        RefusalReason::invalid,
        to_text(amount) + " yuan more pass what the ledger can count on " + to_text(debit) + " or " + to_text(credit),
        "give less", "amount");
  EntryRow entry;
  entry.id = id;
  entry.kind = kind;
  entry.debit_kind = debit.kind;
  entry.debit_owner = debit.owner;
  entry.credit_kind = credit.kind;
  entry.credit_owner = credit.owner;
  entry.amount = amount;
  return entry;
}

/// What post and release have in common.
Decided<EntryRow> resolve(const Books& books, EntryKind kind, EntryId id, EntryId hold, Cny amount) {
  ASSERT(!id.is_none());
  const HoldRow* held = books.holds.find({hold});
  if (held == nullptr)
    return refuse(RefusalReason::not_found, to_text(hold) + " is not an unresolved hold",
                  "name a hold that was neither posted nor released", "hold");
  if (amount.is_negative())
    return refuse(RefusalReason::invalid, "the amount is " + to_text(amount) + " yuan", "give zero or more",
                  "amount");
  if (amount > held->amount)
    return refuse(RefusalReason::invalid,
                  to_text(amount) + " yuan are more than the " + to_text(held->amount) + " yuan that " +
                      to_text(hold) + " holds",
                  "give at most " + to_text(held->amount), "amount");
  EntryRow entry;
  entry.id = id;
  entry.kind = kind;
  entry.debit_kind = held->debit_kind;
  entry.debit_owner = held->debit_owner;
  entry.credit_kind = held->credit_kind;
  entry.credit_owner = held->credit_owner;
  entry.amount = amount;
  entry.hold = hold;
  return entry;
}

void apply_direct(AccountRow& payer, AccountRow& payee, const EntryRow& entry) {
  ASSERT(entry.amount > Cny());
  payer.debits_posted += entry.amount;
  payee.credits_posted += entry.amount;
}

void apply_hold(AccountRow& payer, AccountRow& payee, Table<HoldRow>& holds, const EntryRow& entry) {
  ASSERT(entry.amount > Cny());
  ASSERT(!holds.contains({entry.id}));
  payer.debits_pending += entry.amount;
  payee.credits_pending += entry.amount;
  holds.put({entry.id, entry.debit_kind, entry.debit_owner, entry.credit_kind, entry.credit_owner, entry.amount});
}

/// Post and release: the whole hold stops pending, and what the entry names is posted.
void apply_resolution(AccountRow& payer, AccountRow& payee, Table<HoldRow>& holds, const EntryRow& entry) {
  const HoldRow* found = holds.find({entry.hold});
  ASSERT(found != nullptr);
  const HoldRow held = *found;
  ASSERT(held.debit_kind == entry.debit_kind && held.debit_owner == entry.debit_owner);
  ASSERT(held.credit_kind == entry.credit_kind && held.credit_owner == entry.credit_owner);
  ASSERT(!entry.amount.is_negative());
  ASSERT(entry.amount <= held.amount);
  ASSERT(entry.kind == EntryKind::post || entry.amount.is_zero());
  payer.debits_pending -= held.amount;
  payee.credits_pending -= held.amount;
  ASSERT(!payer.debits_pending.is_negative());
  ASSERT(!payee.credits_pending.is_negative());
  payer.debits_posted += entry.amount;
  payee.credits_posted += entry.amount;
  holds.erase({entry.hold});
}

// Sums over all accounts may pass 64 bits where no account does.
struct Sums {
  Int128 debits_pending = 0;
  Int128 debits_posted = 0;
  Int128 credits_pending = 0;
  Int128 credits_posted = 0;
};

/// What the unresolved holds say that each account has pending.
struct Pending {
  Int128 debits = 0;
  Int128 credits = 0;
};

std::string in_yuan(Int128 micro) { return to_text(MoneySum(micro)); }

std::optional<std::string> broken_account(const AccountRow& row, const Pending& pending) {
  const std::string name = to_text(row.account());
  const std::pair<const char*, Cny> counters[] = {{"debits_pending", row.debits_pending},
                                                  {"debits_posted", row.debits_posted},
                                                  {"credits_pending", row.credits_pending},
                                                  {"credits_posted", row.credits_posted}};
  for (const auto& [counter, value] : counters) {
    if (value.is_negative()) return name + " has a negative " + counter + " of " + to_text(value) + " yuan";
  }
  const Int128 debits = Int128{row.debits_pending.micro()} + row.debits_posted.micro();
  if (must_not_go_negative(row.kind) && debits > row.credits_posted.micro())
    return name + " has debits of " + in_yuan(debits) + " yuan, pending ones included, and credits of only " +
           to_text(row.credits_posted);
  if (pending.debits != row.debits_pending.micro())
    return name + " has debits_pending of " + to_text(row.debits_pending) + " yuan, its unresolved holds sum to " +
           in_yuan(pending.debits);
  if (pending.credits != row.credits_pending.micro())
    return name + " has credits_pending of " + to_text(row.credits_pending) + " yuan, its unresolved holds sum to " +
           in_yuan(pending.credits);
  return std::nullopt;
}

}  // namespace

Decided<EntryRow> hold(const Books& books, EntryId id, AccountKey debit, AccountKey credit, Cny amount) {
  return reserve(books, EntryKind::hold, id, debit, credit, amount);
}

Decided<EntryRow> direct(const Books& books, EntryId id, AccountKey debit, AccountKey credit, Cny amount) {
  return reserve(books, EntryKind::direct, id, debit, credit, amount);
}

Decided<EntryRow> post(const Books& books, EntryId id, EntryId hold, Cny amount) {
  return resolve(books, EntryKind::post, id, hold, amount);
}

Decided<EntryRow> release(const Books& books, EntryId id, EntryId hold) {
  return resolve(books, EntryKind::release, id, hold, Cny());
}

void apply(Table<AccountRow>& accounts, Table<HoldRow>& holds, const EntryRow& entry) {
  ASSERT(!entry.id.is_none());
  ASSERT(entry.debit() != entry.credit());
  AccountRow payer = account_or_zero(accounts, entry.debit());
  AccountRow payee = account_or_zero(accounts, entry.credit());
  switch (entry.kind) {
    case EntryKind::direct: apply_direct(payer, payee, entry); break;
    case EntryKind::hold: apply_hold(payer, payee, holds, entry); break;
    case EntryKind::post:
    case EntryKind::release: apply_resolution(payer, payee, holds, entry); break;
  }
  accounts.put(payer);
  accounts.put(payee);
}

std::optional<std::string> broken_invariant(const Books& books) {
  std::map<AccountKey, Pending> pending;
  std::optional<std::string> broken;
  books.holds.visit_all([&](const HoldRow& held) {
    pending[{held.debit_kind, held.debit_owner}].debits += held.amount.micro();
    pending[{held.credit_kind, held.credit_owner}].credits += held.amount.micro();
    if (!broken && held.amount <= Cny())
      broken = to_text(held.id) + " holds " + to_text(held.amount) + " yuan: not more than zero";
  });
  Sums sums;
  books.accounts.visit_all([&](const AccountRow& row) {
    sums.debits_pending += row.debits_pending.micro();
    sums.debits_posted += row.debits_posted.micro();
    sums.credits_pending += row.credits_pending.micro();
    sums.credits_posted += row.credits_posted.micro();
    if (!broken) broken = broken_account(row, pending[row.account()]);
    pending.erase(row.account());
  });
  if (broken) return broken;
  if (!pending.empty()) return to_text(pending.begin()->first) + " has unresolved holds and no row";
  if (sums.debits_posted != sums.credits_posted)
    return "posted debits are " + in_yuan(sums.debits_posted) + " yuan, posted credits " +
           in_yuan(sums.credits_posted);
  // Equal by the checks above; kept as the statement of the rule itself.
  if (sums.debits_pending != sums.credits_pending)
    return "pending debits are " + in_yuan(sums.debits_pending) + " yuan, pending credits " +
           in_yuan(sums.credits_pending);
  return std::nullopt;
}

}  // namespace dayan::ledger
