#include "cli/operate.h"

#include <map>

#include "base/digest.h"
#include "base/scan.h"
#include "cli/account.h"
#include "cli/display.h"
#include "cli/documents.h"
#include "cli/provider.h"
#include "cli/watch.h"
#include "wire/event.h"
#include "wire/money.h"
#include "wire/party.h"

namespace dayan::cli {
namespace {

constexpr std::int64_t events_page = 1'000;

std::string roles_of(const OrganisationRow& row) {
  std::string roles;
  const auto add = [&](bool has, const char* role) {
    if (has) roles += (roles.empty() ? "" : ", ") + std::string(role);
  };
  add(row.is_customer, "customer");
  add(row.is_provider, "provider");
  add(row.is_operator, "operator");
  return roles;
}

Answer<std::map<OrganisationId, std::string>> organisation_names(Session& session) {
  TRY(JsonArray items, session.api.list("/v1/organisations"));
  std::map<OrganisationId, std::string> names;
  for (JsonValue& item : items) {
    TRY(const auto row, read_as<OrganisationRow>(std::move(item)));
    names[row.id] = row.name;
  }
  return names;
}

Answer<void> judge_ledger(const wire::LedgerView& ledger) {
  if (ledger.violation)
    return failed_here("an invariant is broken: " + *ledger.violation, "stop the hub and look", "ledger");
  if (!ledger.balanced) return failed_here("debits and credits differ", "stop the hub and look", "ledger");
  return {};
}

}  // namespace

Answer<void> create_organisation(Session& session, const NewOrganisationOptions& options) {
  wire::CreateOrganisationRequest request{options.name, options.user, {}};
  JsonArray words;
  for (const std::string& role : options.roles) words.emplace_back(role);
  Faults faults;
  if (!from_json(JsonValue(std::move(words)), "--role", request.roles, faults)) {
    return end_with(Exit::usage, std::move(faults));
  }
  TRY(JsonValue document, session.api.post("/v1/organisations", to_json(request)));
  TRY(const auto reply, read_as<wire::CreateOrganisationReply>(document));
  TRY_VOID(check_secret(reply.token, "token", "dayan operator organisation token " + options.name));
  if (session.out.as_json()) {
    session.out.json(document);
  } else {
    session.out.line(*reply.token);
    session.out.note("the token of " + options.user + " of " + reply.organisation.name + " (" +
                     to_text(reply.organisation.id) + "), shown this once");
  }
  return {};
}

Answer<void> reissue_token(Session& session, const std::string& organisation) {
  TRY(JsonValue document,
      session.api.post("/v1/organisations/" + percent_encoded(organisation) + "/tokens", std::nullopt));
  TRY(const auto reply, read_as<wire::CreateTokenReply>(document));
  TRY_VOID(check_secret(reply.token, "token", "dayan operator organisation token " + organisation + ", again"));
  if (session.out.as_json()) {
    session.out.json(document);
  } else {
    session.out.line(*reply.token);
    session.out.note("the token of the first user of " + organisation + "; shown this once, good for 90 days");
  }
  return {};
}

Answer<void> list_organisations(Session& session) {
  TRY(JsonArray items, session.api.list("/v1/organisations"));
  if (session.out.as_json()) {
    session.out.json_items(std::move(items));
    return {};
  }
  Table table({"ORGANISATION", "NAME", "ROLES", "WEIGHT>", "CREATED (UTC)"});
  for (JsonValue& item : items) {
    TRY(const auto row, read_as<OrganisationRow>(std::move(item)));
    table.add({to_text(row.id), row.name, roles_of(row), decimal_text(row.weight, 3), readable(row.created_at)});
  }
  session.out.table(table);
  return {};
}

namespace {

/// The reference is the key of the request: what the hub says of the one is meant of the other.
Failure about_reference(Failure failure, const std::string& reference) {
  for (Error& fault : failure.faults) {
    if (fault.field != "idempotency-key") continue;
    fault.field = "reference";
    fault.wrong = quote(reference) + " stands for another payment already, of another amount or organisation";
    fault.right = "give each payment its own reference";
  }
  return failure;
}

}  // namespace

Answer<void> top_up(Session& session, const TopUpOptions& options) {
  TRY(const Cny amount, read_amount(options.amount, "AMOUNT"));
  const wire::TopUpRequest request{options.organisation, amount, options.reference};
  // One payment is credited once, however often the command is given: its reference is the key.
  const std::string key = "top-up-" + to_text(sha256(options.organisation + '\n' + options.reference));
  auto document = session.api.post("/v1/wallet/top-ups", to_json(request), key);
  if (!document) return tl::unexpected<Failure>(about_reference(std::move(document).error(), options.reference));
  if (session.out.as_json()) {
    session.out.json(*document);
    return {};
  }
  TRY(const auto reply, read_as<wire::TopUpReply>(*std::move(document)));
  session.out.line(reply.wallet.organisation + ": " + to_text(reply.wallet.available) + " yuan available, " +
                   to_text(reply.wallet.held) + " held");
  return {};
}

Answer<void> show_ledger(Session& session) {
  TRY(JsonValue document, session.api.get("/v1/operator/ledger"));
  TRY(const auto ledger, read_as<wire::LedgerView>(document));
  if (session.out.as_json()) {
    session.out.json(document);
    return judge_ledger(ledger);
  }
  TRY(const auto names, organisation_names(session));
  Table table({"ACCOUNT", "OWNER", "DEBITS PENDING>", "CREDITS PENDING>", "DEBITS POSTED>", "CREDITS POSTED>"});
  for (const AccountRow& row : ledger.accounts) {
    const auto name = names.find(row.owner);
    const std::string owner = row.owner.is_none()   ? "the platform"
                              : name == names.end() ? to_text(row.owner)
                                                    : name->second;
    table.add({std::string(to_text(row.kind)), owner, to_text(row.debits_pending), to_text(row.credits_pending),
               to_text(row.debits_posted), to_text(row.credits_posted)});
  }
  table.add({"sum", "", ledger.debits_pending, ledger.credits_pending, ledger.debits_posted, ledger.credits_posted});
  session.out.table(table);
  session.out.line(std::string(ledger.balanced ? "balanced" : "NOT BALANCED") + "; invariants " +
                   (ledger.violation ? "BROKEN" : "hold"));
  return judge_ledger(ledger);
}

Answer<void> show_events(Session& session, const EventOptions& options) {
  std::int64_t after = options.after;
  while (true) {
    TRY(JsonValue page, session.api.get("/v1/operator/events?after=" + std::to_string(after) +
                                        "&limit=" + std::to_string(events_page)));
    JsonObject* object = page.if_object();
    JsonValue* items = object == nullptr ? nullptr : object->if_contains("items");
    if (items == nullptr || !items->is_array()) return failed_here("the hub's answer is no list", "", "events");
    const std::int64_t before = after;
    for (JsonValue& item : items->get_array()) {
      TRY(const auto event, read_as<wire::EventView>(item));
      after = event.sequence;
      if (session.out.as_json()) {
        session.out.json(item);
      } else {
        session.out.line(std::to_string(event.sequence) + "  " + readable(event.at) + "  " + event.event + "  " +
                         json_text(event.detail));
      }
    }
    session.out.flush();
    if (options.follow) session.api.be_patient([&] { session.out.note(lost_text); });
    const bool is_all = after == before;
    if (is_all && !options.follow) return {};
    if (is_all) session.api.pause(poll_pause);
  }
}

}  // namespace dayan::cli
