#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/account.h"
#include "model/fields.h"

/// Wallets, earnings and the ledger on the wire (api/openapi.yaml).

namespace dayan::wire {

/// GET /v1/wallet. topped_up = available + held + spent.
struct WalletView {
  std::string organisation;
  Cny available;
  Cny held;
  Cny spent;
  Cny topped_up;

  static constexpr auto fields() {
    using R = WalletView;
    return std::tuple{field("organisation", &R::organisation), field("available", &R::available),
                      field("held", &R::held), field("spent", &R::spent), field("topped_up", &R::topped_up)};
  }
};

/// POST /v1/wallet/top-ups
struct TopUpRequest {
  std::string organisation;
  Cny amount;
  std::string reference;  ///< the payment's own

  static constexpr auto fields() {
    using R = TopUpRequest;
    return std::tuple{field("organisation", &R::organisation), field("amount", &R::amount),
                      field("reference", &R::reference)};
  }
};
struct TopUpReply {
  WalletView wallet;

  static constexpr auto fields() { return std::tuple{field("wallet", &TopUpReply::wallet)}; }
};

/// What one centre earned: charged = fee + earned.
struct CentreEarnings {
  std::string centre;
  Cny charged;
  Cny fee;
  Cny earned;
  std::int64_t attempts = 0;

  static constexpr auto fields() {
    using R = CentreEarnings;
    return std::tuple{field("centre", &R::centre), field("charged", &R::charged), field("fee", &R::fee),
                      field("earned", &R::earned), field("attempts", &R::attempts)};
  }
};
/// GET /v1/provider/earnings
struct EarningsView {
  Cny payable;
  std::vector<CentreEarnings> centres;

  static constexpr auto fields() {
    return std::tuple{field("payable", &EarningsView::payable), field("centres", &EarningsView::centres)};
  }
};

/// GET /v1/operator/ledger. The sums over all accounts are in yuan, as the amounts, but may pass what one of these holds.
struct LedgerView {
  std::vector<AccountRow> accounts;
  std::string debits_pending = "0";
  std::string credits_pending = "0";
  std::string debits_posted = "0";
  std::string credits_posted = "0";
  bool balanced = false;
  std::optional<std::string> violation;  ///< the first broken invariant, in words

  static constexpr auto fields() {
    using R = LedgerView;
    return std::tuple{field("accounts", &R::accounts),
                      field("debits_pending", &R::debits_pending),
                      field("credits_pending", &R::credits_pending),
                      field("debits_posted", &R::debits_posted),
                      field("credits_posted", &R::credits_posted),
                      field("balanced", &R::balanced),
                      field("violation", &R::violation)};
  }
};

}  // namespace dayan::wire
