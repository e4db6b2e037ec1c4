#include "cli/bill.h"

#include <map>

#include "base/money_sum.h"
#include "base/scan.h"
#include "cli/display.h"
#include "cli/documents.h"
#include "model/account.h"
#include "wire/job.h"

namespace dayan::cli {
namespace {

constexpr std::int64_t thousandths_per_unit = 1'000;

/// In seconds of a core, of a card, of a MB, exact: the quantity is in milliseconds. What was moved as people read it.
std::string quantity_text(const ChargeRow& charge) {
  switch (charge.meter) {
    case Meter::core_time: return decimal_text(charge.quantity, 3) + " core·s";
    case Meter::memory_time: return decimal_text(charge.quantity, 3) + " MB·s";
    case Meter::transfer: return readable(Bytes(charge.quantity));
    case Meter::card_time: break;
  }
  // Thousandths of a card, so that a whole card's millisecond is a thousand of them.
  return decimal_text(charge.quantity / thousandths_per_unit, 3) + " card·s";
}

/// A provider prices an hour of a core, a card, a GB; the row says how many of the meter's units that is.
std::string price_text(const ChargeRow& charge) {
  const char* unit = charge.meter == Meter::core_time   ? "core·h"
                     : charge.meter == Meter::card_time ? "card·h"
                     : charge.meter == Meter::transfer  ? "GB moved"
                                                        : "GB·h";
  const std::string part = charge.price_part == whole_price ? std::string() : " (" + part_text(charge.price_part) + ')';
  return to_text(charge.price_amount) + " / " + unit + part;
}

std::string account_text(AccountKind kind, OrganisationId owner) { return to_text(AccountKey{kind, owner}); }

Answer<std::vector<ChargeRow>> charges_in(JsonArray items) {
  std::vector<ChargeRow> charges;
  for (JsonValue& item : items) {
    TRY(const auto charge, read_as<ChargeRow>(std::move(item)));
    charges.push_back(charge);
  }
  return charges;
}

void show_charges(Output& out, const std::vector<ChargeRow>& charges, bool with_job) {
  std::vector<std::string> titles{"TASK>", "TRY>", "METER", "QUANTITY>", "PRICE", "YUAN>", "FEE IN IT>", "ENTRY"};
  if (with_job) titles.insert(titles.begin(), "JOB");
  Table table(std::move(titles));
  for (const ChargeRow& charge : charges) {
    std::vector<std::string> cells{std::to_string(charge.task),
                                   std::to_string(charge.number),
                                   std::string(to_text(charge.meter)),
                                   quantity_text(charge),
                                   price_text(charge),
                                   to_text(charge.amount),
                                   to_text(charge.fee),
                                   to_text(charge.entry)};
    if (with_job) cells.insert(cells.begin(), to_text(charge.job));
    table.add(std::move(cells));
  }
  out.table(table);
}

Answer<void> show_entries(Output& out, JsonArray items) {
  if (out.as_json()) {
    out.json_items(std::move(items));
    return {};
  }
  Table table({"ENTRY", "KIND", "YUAN>", "DEBIT", "CREDIT", "FOR", "RESOLVES", "REFERENCE", "AT (UTC)"});
  for (JsonValue& item : items) {
    TRY(const auto entry, read_as<EntryRow>(std::move(item)));
    const std::string about = entry.job.is_none() ? "-"
                                                  : to_text(entry.job) + ' ' + std::to_string(entry.task) + '/' +
                                                        std::to_string(entry.number);
    table.add({to_text(entry.id), std::string(to_text(entry.kind)), to_text(entry.amount),
               account_text(entry.debit_kind, entry.debit_owner), account_text(entry.credit_kind, entry.credit_owner),
               about, entry.hold.is_none() ? "-" : to_text(entry.hold), entry.reference, readable(entry.at)});
  }
  out.table(table);
  return {};
}

}  // namespace

Answer<void> show_bill(Session& session, const std::string& job) {
  const std::string path = "/v1/jobs/" + percent_encoded(job);
  TRY(JsonArray items, session.api.list(path + "/charges"));
  TRY(JsonValue document, session.api.get(path));
  TRY(const auto view, read_as<wire::JobView>(std::move(document)));
  TRY(const std::vector<ChargeRow> charges, charges_in(items));
  MoneySum total;
  MoneySum fee;
  std::map<Meter, MoneySum> by_meter;
  for (const ChargeRow& charge : charges) {
    total += charge.amount;
    fee += charge.fee;
    by_meter[charge.meter] += charge.amount;
  }
  if (session.out.as_json()) {
    JsonObject bill;
    bill.emplace("job", job);
    bill.emplace("items", std::move(items));
    bill.emplace("total", to_text(total));
    bill.emplace("fee", to_text(fee));
    bill.emplace("held", to_json(view.job.held));
    session.out.json(JsonValue(std::move(bill)));
    return {};
  }
  show_charges(session.out, charges, false);
  for (const auto& [meter, amount] : by_meter) {
    session.out.line("sum of " + std::string(to_text(meter)) + ": " + to_text(amount) + " yuan");
  }
  session.out.line("total: " + to_text(total) + " yuan, in it the platform's fee of " + to_text(fee) +
                   "; still held: " + to_text(view.job.held));
  return {};
}

Answer<void> list_job_entries(Session& session, const std::string& job) {
  TRY(JsonArray items, session.api.list("/v1/jobs/" + percent_encoded(job) + "/entries"));
  return show_entries(session.out, std::move(items));
}

Answer<void> list_wallet_entries(Session& session, std::size_t limit) {
  TRY(JsonArray items, session.api.list("/v1/wallet/entries", limit));
  return show_entries(session.out, std::move(items));
}

Answer<void> list_provider_charges(Session& session, std::size_t limit) {
  TRY(JsonArray items, session.api.list("/v1/provider/charges", limit));
  if (session.out.as_json()) {
    session.out.json_items(std::move(items));
    return {};
  }
  TRY(const std::vector<ChargeRow> charges, charges_in(std::move(items)));
  show_charges(session.out, charges, true);
  return {};
}

}  // namespace dayan::cli
