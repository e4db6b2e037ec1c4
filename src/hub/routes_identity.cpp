#include <algorithm>

#include "edge/random.h"
#include "hub/handlers.h"
#include "wire/party.h"

/// Service routes, and whose token this is.

namespace dayan::hub {

Handled get_health(Call& call) {
  const Metrics& metrics = call.hub.metrics;
  if (metrics.ready.load() != 0) return json_answer(200, JsonObject{{"status", "ok"}});
  // What it is names accounts: that is told to operators alone (get_ledger).
  if (metrics.invariant_broken.load() != 0)
    return json_answer(503, JsonObject{{"status", "read_only"},
                                       {"reason", "an invariant of the books is broken: see dayan operator ledger"}});
  return json_answer(503, JsonObject{{"status", "reloading"}});
}

Handled get_metrics(Call& call) {
  const DepotUse depot = call.hub.depot.total_use();
  call.hub.metrics.depot_used = depot.used.value();
  call.hub.metrics.depot_limit = depot.limit.value();
  return HttpResponse{200, {{"content-type", "text/plain; version=0.0.4"}}, call.hub.metrics.text()};
}

Handled get_me(Call& call) {
  const Actor& actor = call.actor;
  const auto me = call.hub.directory.look([&](const core::State& state) {
    wire::MeView view;
    const OrganisationRow* organisation = state.organisations.find({actor.organisation});
    const UserRow* user = state.users.find({actor.user});
    if (organisation != nullptr) view.organisation = *organisation;
    if (user != nullptr) view.user = *user;
    view.scopes = actor.scopes;
    return view;
  });
  return json_answer(200, to_json(me));
}

Handled create_token(Call& call) {
  wire::CreateTokenRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  const std::string token = edge::random_token();
  const Digest hash = sha256(token);
  return submit(call, CreateToken{hash, wanted.label, wanted.scopes, wanted.lifetime},
                [token, hash](const View&, const core::Decision&) {
                  return rendered_once(wire::CreateTokenReply{token, hash}, "token");
                });
}

Handled list_tokens(Call& call) {
  // Its provider's people and what they may do are none of an agent's business.
  if (!call.actor.centre.is_none()) {
    return problem_answer(Refusal{RefusalReason::forbidden,
                                  {{ErrorCode::denied, "", "an agent's token lists no tokens", "a person's token"}}});
  }
  std::vector<TokenRow> tokens = call.hub.directory.look([&](const core::State& state) {
    std::vector<TokenRow> own;
    state.tokens.visit_all([&](const TokenRow& row) {
      if (row.organisation == call.actor.organisation) own.push_back(row);
    });
    return own;
  });
  std::ranges::sort(tokens, {}, [](const TokenRow& row) { return std::tuple(row.created_at, row.hash); });
  return list_items_by(
      call, tokens, {std::int64_t{0}, std::string()},
      [](const TokenRow& row) {
        return std::vector<ColumnValue>{row.created_at.microseconds(), to_text(row.hash)};
      },
      [](const TokenRow& row) { return to_json(row); });
}

Handled revoke_token(Call& call) {
  if (auto bad = refuse_body(call)) return bad;
  const auto hash = parse_digest(call.path.front());
  if (!hash.has_value()) return no_such("token", "the hash of one of your organisation's: GET /v1/tokens");
  return submit(call, RevokeToken{*hash}, [](const View&, const core::Decision&) { return Rendered{204, {}, {}}; });
}

}  // namespace dayan::hub
