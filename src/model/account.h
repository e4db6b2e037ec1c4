#pragma once

#include <cstdint>
#include <string>

#include "base/money.h"
#include "base/time.h"
#include "model/fields.h"
#include "model/ids.h"
#include "model/lease.h"

/// The ledger's nouns. Every limit is an account; every movement an Entry with one debit and one credit.

namespace dayan {

enum class AccountKind {
  bank,              ///< money that came in from outside (may go negative: it mirrors the world)
  customer_wallet,   ///< prepaid; must not go negative
  clearing,          ///< in passing: zero after every chain
  provider_payable,
  platform_fee,
};
template <>
struct EnumWords<AccountKind> {
  static constexpr std::array<std::string_view, 5> words{"bank", "customer_wallet", "clearing", "provider_payable",
                                                         "platform_fee"};
};

/// One account of each kind per organisation; the platform's own (bank, clearing, fee) have owner none.
struct AccountKey {
  AccountKind kind = AccountKind::bank;
  OrganisationId owner;

  static constexpr auto fields() {
    return std::tuple{field("kind", &AccountKey::kind), field("owner", &AccountKey::owner)};
  }
  friend auto operator<=>(const AccountKey&, const AccountKey&) = default;
};
/// "customer_wallet/org_…", "clearing".
[[nodiscard]] std::string to_text(const AccountKey& account);

/// Debits may never pass credits, pending ones counted: checked when money is held, so a post cannot fail for want of
/// it.
[[nodiscard]] constexpr bool must_not_go_negative(AccountKind kind) {
  return kind == AccountKind::customer_wallet || kind == AccountKind::clearing;
}

/// Four counters, each ≥ 0, that only the ledger changes.
struct AccountRow {
  AccountKind kind = AccountKind::bank;
  OrganisationId owner;
  Cny debits_pending;
  Cny debits_posted;
  Cny credits_pending;
  Cny credits_posted;

  static constexpr std::string_view table = "account";
  [[nodiscard]] auto key() const { return std::tuple{kind, owner}; }
  [[nodiscard]] AccountKey account() const { return {kind, owner}; }
  /// What may still be held or spent: credits posted less debits, pending ones included.
  [[nodiscard]] Cny available() const { return credits_posted - debits_posted - debits_pending; }
  static constexpr auto fields() {
    using R = AccountRow;
    return std::tuple{dayan::key("kind", &R::kind),
                      dayan::key("owner", &R::owner),
                      field("debits_pending", &R::debits_pending),
                      field("debits_posted", &R::debits_posted),
                      field("credits_pending", &R::credits_pending),
                      field("credits_posted", &R::credits_posted)};
  }
  friend bool operator==(const AccountRow&, const AccountRow&) = default;
};

enum class EntryKind {
  direct,  ///< moves at once
  hold,    ///< reserves: pending on both sides
  post,    ///< resolves a hold with at most its amount; the rest is released
  release, ///< resolves a hold with nothing (void)
};
template <>
struct EnumWords<EntryKind> {
  static constexpr std::array<std::string_view, 4> words{"direct", "hold", "post", "release"};
};

/// Immutable. `about` says which attempt it is for; job none where it is for none.
struct EntryRow {
  EntryId id;
  EntryKind kind = EntryKind::direct;
  AccountKind debit_kind = AccountKind::bank;
  OrganisationId debit_owner;
  AccountKind credit_kind = AccountKind::bank;
  OrganisationId credit_owner;
  Cny amount;         ///< ≥ 0; of a release: zero
  EntryId hold;       ///< the hold that a post or a release resolves
  JobId job;
  std::int32_t task = 0;
  std::int32_t number = 0;
  std::string reference;  ///< e.g. the payment's reference of a top-up
  UnixTime at;

  static constexpr std::string_view table = "entry";
  [[nodiscard]] auto key() const { return std::tuple{id}; }
  [[nodiscard]] AccountKey debit() const { return {debit_kind, debit_owner}; }
  [[nodiscard]] AccountKey credit() const { return {credit_kind, credit_owner}; }
  static constexpr auto fields() {
    using R = EntryRow;
    return std::tuple{dayan::key("id", &R::id),
                      field("kind", &R::kind),
                      field("debit_kind", &R::debit_kind),
                      field("debit_owner", &R::debit_owner),
                      field("credit_kind", &R::credit_kind),
                      field("credit_owner", &R::credit_owner),
                      field("amount", &R::amount),
                      field("hold", &R::hold),
                      field("job", &R::job),
                      field("task", &R::task),
                      field("number", &R::number),
                      field("reference", &R::reference),
                      field("at", &R::at)};
  }
  friend bool operator==(const EntryRow&, const EntryRow&) = default;
};

/// A payment from outside that was credited. Its reference is its key: none is credited twice.
struct PaymentRow {
  std::string reference;
  OrganisationId organisation;
  Cny amount;
  EntryId entry;
  UnixTime at;

  static constexpr std::string_view table = "payment";
  [[nodiscard]] auto key() const { return std::tuple{reference}; }
  static constexpr auto fields() {
    using R = PaymentRow;
    return std::tuple{dayan::key("reference", &R::reference), field("organisation", &R::organisation),
                      field("amount", &R::amount), field("entry", &R::entry), field("at", &R::at)};
  }
  friend bool operator==(const PaymentRow&, const PaymentRow&) = default;
};

/// An unresolved hold. Its row goes when it is resolved; the entries stay.
struct HoldRow {
  EntryId id;
  AccountKind debit_kind = AccountKind::bank;
  OrganisationId debit_owner;
  AccountKind credit_kind = AccountKind::bank;
  OrganisationId credit_owner;
  Cny amount;

  static constexpr std::string_view table = "hold";
  [[nodiscard]] auto key() const { return std::tuple{id}; }
  static constexpr auto fields() {
    using R = HoldRow;
    return std::tuple{dayan::key("id", &R::id),
                      field("debit_kind", &R::debit_kind),
                      field("debit_owner", &R::debit_owner),
                      field("credit_kind", &R::credit_kind),
                      field("credit_owner", &R::credit_owner),
                      field("amount", &R::amount)};
  }
  friend bool operator==(const HoldRow&, const HoldRow&) = default;
};

/// What is metered. The unit of a quantity stands beside each.
enum class Meter {
  core_time,    ///< core · millisecond
  card_time,    ///< thousandth of a card · millisecond
  memory_time,  ///< MB · millisecond
  transfer,     ///< byte of a job's inputs, moved to the centre
};
template <>
struct EnumWords<Meter> {
  static constexpr std::array<std::string_view, 4> words{"core_time", "card_time", "memory_time", "transfer"};
};

/// One line of a bill: quantity × price, rounded down once. Appended when the attempt is settled.
struct ChargeRow {
  JobId job;
  std::int32_t task = 0;
  std::int32_t number = 1;
  Meter meter = Meter::core_time;
  OrganisationId customer;
  OrganisationId provider;
  CentreId centre;
  OfferId offer;
  std::int64_t quantity = 0;      ///< in the meter's unit
  Cny price_amount;               ///< for price_quantity units
  std::int64_t price_quantity = 1;
  std::int64_t price_part = whole_price;  ///< of the offer's price, in thousandths, that price_amount is
  Cny amount;
  Cny fee;                        ///< the platform's part of amount
  EntryId entry;                  ///< the post that carried it
  UnixTime at;

  static constexpr std::string_view table = "charge";
  [[nodiscard]] auto key() const { return std::tuple{job, task, number, meter}; }
  static constexpr auto fields() {
    using R = ChargeRow;
    return std::tuple{dayan::key("job", &R::job),
                      dayan::key("task", &R::task),
                      dayan::key("number", &R::number),
                      dayan::key("meter", &R::meter),
                      field("customer", &R::customer),
                      field("provider", &R::provider),
                      field("centre", &R::centre),
                      field("offer", &R::offer),
                      field("quantity", &R::quantity),
                      field("price_amount", &R::price_amount),
                      field("price_quantity", &R::price_quantity),
                      field("price_part", &R::price_part),
                      field("amount", &R::amount),
                      field("fee", &R::fee),
                      field("entry", &R::entry),
                      field("at", &R::at)};
  }
  friend bool operator==(const ChargeRow&, const ChargeRow&) = default;
};

}  // namespace dayan
