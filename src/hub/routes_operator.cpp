#include "base/money_sum.h"
#include "edge/random.h"
#include "hub/handlers.h"
#include "wire/event.h"
#include "wire/money.h"
#include "wire/party.h"

/// Organisations, top-ups, the ledger and the tale of events.

namespace dayan::hub {

Handled create_organisation(Call& call) {
  wire::CreateOrganisationRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  CreateOrganisation command;
  command.id = OrganisationId(call.hub.writer.next_id());
  command.project = ProjectId(call.hub.writer.next_id());
  command.user = UserId(call.hub.writer.next_id());
  command.name = wanted.name;
  command.user_name = wanted.user;
  for (const wire::Role role : wanted.roles) {
    command.is_customer = command.is_customer || role == wire::Role::customer;
    command.is_provider = command.is_provider || role == wire::Role::provider;
  }
  const std::string token = edge::random_token();
  command.token_hash = sha256(token);
  const OrganisationId id = command.id;
  return submit(call, std::move(command), [id, token](const View& view, const core::Decision&) {
    const OrganisationRow* row = view.state.organisations.find({id});
    ASSERT(row != nullptr);
    return rendered_once(wire::CreateOrganisationReply{*row, token}, "token");
  });
}

Handled list_organisations(Call& call) { return list_rows<OrganisationRow>(call, {}); }

Handled reissue_token(Call& call) {
  if (auto bad = refuse_body(call)) return bad;
  const std::string token = edge::random_token();
  const Digest hash = sha256(token);
  return submit(call, ReissueToken{call.path.front(), hash}, [token, hash](const View&, const core::Decision&) {
    return rendered_once(wire::CreateTokenReply{token, hash}, "token");
  });
}

Handled weigh_organisation(Call& call) {
  wire::WeightRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  const std::string name = call.path.front();
  return submit(call, WeighOrganisation{name, wanted.weight}, [name](const View& view, const core::Decision&) {
    std::optional<OrganisationRow> weighed;
    view.state.organisations.visit_all([&](const OrganisationRow& row) {
      if (row.name == name) weighed = row;
    });
    ASSERT(weighed.has_value());
    return rendered(200, *weighed);
  });
}

Handled top_up_wallet(Call& call) {
  wire::TopUpRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  return submit(call, TopUpWallet{wanted.organisation, wanted.amount, wanted.reference},
                [name = wanted.organisation](const View& view, const core::Decision&) {
                  AccountRow wallet;
                  view.state.organisations.visit_all([&](const OrganisationRow& row) {
                    if (row.name != name) return;
                    const AccountRow* found = view.state.accounts.find({AccountKind::customer_wallet, row.id});
                    if (found != nullptr) wallet = *found;
                  });
                  return rendered(201, wire::TopUpReply{wallet_view(name, wallet)});
                });
}

Handled get_ledger(Call& call) {
  wire::LedgerView shown;
  MoneySum debits_pending;
  MoneySum credits_pending;
  MoneySum debits_posted;
  MoneySum credits_posted;
  TRY_VOID(call.hub.writer.read([&](const View& view) {
    view.state.accounts.visit_all([&](const AccountRow& row) {
      debits_pending += row.debits_pending;
      credits_pending += row.credits_pending;
      debits_posted += row.debits_posted;
      credits_posted += row.credits_posted;
      shown.accounts.push_back(row);
    });
    shown.violation = core::broken_invariant(view.state);
  }));
  shown.balanced = debits_pending == credits_pending && debits_posted == credits_posted;
  shown.debits_pending = to_text(debits_pending);
  shown.credits_pending = to_text(credits_pending);
  shown.debits_posted = to_text(debits_posted);
  shown.credits_posted = to_text(credits_posted);
  return json_answer(200, to_json(shown));
}

Handled list_events(Call& call) {
  TRY(const std::int64_t after, query_number(call, "after", 0, 0, INT64_MAX));
  TRY(const std::int64_t limit, query_number(call, "limit", page_default, 1, page_max));
  TRY(const auto records, call.hub.store.events_after(after, static_cast<std::int32_t>(limit)));
  JsonArray items;
  for (const EventRecord& record : records) {
    items.push_back(to_json(
        wire::EventView{record.sequence, record.at, std::string(event_name(record.event)), to_json(record.event)}));
  }
  const bool may_have_more = records.size() == static_cast<std::size_t>(limit);
  // What to give as `after` for the next page, in the place where every list has it.
  const JsonValue next = may_have_more ? JsonValue(std::to_string(records.back().sequence)) : JsonValue(nullptr);
  return json_answer(200, JsonObject{{"items", std::move(items)}, {"next_cursor", next}});
}

}  // namespace dayan::hub
