#pragma once

#include <optional>
#include <string>

#include "model/account.h"
#include "model/refusal.h"
#include "model/table.h"

/// Double entry with two-phase holds, after TigerBeetle's rules: entries are immutable, a hold is resolved at most
/// once (by a post of at most its amount, or by a release), and whoever must not go negative is checked when money is
/// held. Pure: `hold`, `post`, `release` and `direct` make an entry or refuse; `apply` is the only thing that changes
/// accounts.

namespace dayan::ledger {

/// What the ledger reads. An account that has no row has four zero counters.
struct Books {
  const Table<AccountRow>& accounts;
  const Table<HoldRow>& holds;
};

/// Reserves `amount` (> 0). Refused with insufficient_funds, with both figures, when the debited account must not go
/// negative and less is available; with invalid when the amount is not positive or both accounts are the same.
[[nodiscard]] Decided<EntryRow> hold(const Books& books, EntryId id, AccountKey debit, AccountKey credit, Cny amount);

/// Resolves a hold: `amount` (0 ≤ amount ≤ the hold's) moves, the rest is released. Refused with not_found when there
/// is no such unresolved hold, with invalid when the amount is more than was held.
[[nodiscard]] Decided<EntryRow> post(const Books& books, EntryId id, EntryId hold, Cny amount);

/// Resolves a hold with nothing.
[[nodiscard]] Decided<EntryRow> release(const Books& books, EntryId id, EntryId hold);

/// Moves `amount` (> 0) at once.
[[nodiscard]] Decided<EntryRow> direct(const Books& books, EntryId id, AccountKey debit, AccountKey credit,
                                       Cny amount);

/// Changes accounts and holds by one entry. The entry must have been made by one of the above on these very books:
/// anything else is our bug, and asserted; except a want of funds, which broken_invariant names, so that a simulation
/// can plant that very bug and see it found.
void apply(Table<AccountRow>& accounts, Table<HoldRow>& holds, const EntryRow& entry);

/// Debits equal credits, pending and posted; no counter is negative; nobody who must not is below zero; pending sums
/// equal the unresolved holds, account by account. The first that is broken, with figures.
[[nodiscard]] std::optional<std::string> broken_invariant(const Books& books);

}  // namespace dayan::ledger
