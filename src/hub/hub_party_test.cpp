#include <fstream>
#include <iterator>
#include <set>

#include "edge/random.h"
#include "hub/route.h"
#include "hub/test_hub.h"
#include "wire/money.h"

/// Who may speak at all: bootstrap, tokens, scopes.

namespace dayan::hub {
namespace {

/// The pattern with something well-formed in place of each {…}.
std::string concrete(std::string_view pattern) {
  std::string target;
  while (!pattern.empty()) {
    const std::size_t open = std::min(pattern.find('{'), pattern.size());
    target += pattern.substr(0, open);
    pattern.remove_prefix(open);
    if (pattern.empty()) break;
    pattern.remove_prefix(pattern.find('}') + 1);
    target += "x";
  }
  return target;
}

bool is_open(const Route& route) { return route.policy.access == Access::open; }

// A fresh store takes one operator, once: the second attempt is refused and changes nothing.
TEST(HubParty, BootstrapWorksOnce) {
  store::MemoryStore store;
  edge::ShiftedClock clock;
  const auto first = init_store(store, clock, "platform", "op");
  ASSERT_TRUE(first.has_value()) << to_text(first.error());
  EXPECT_TRUE(edge::is_well_formed_token(first->token));
  const auto events = store.events_after(0, 100);
  ASSERT_TRUE(events.has_value());
  const auto second = init_store(store, clock, "other", "op");
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::conflict);
  EXPECT_EQ(store.events_after(0, 100)->size(), events->size());
}

// A lost token is replaced: the operator's on the machine itself, another's by the operator; an agent renews its own.
TEST(HubParty, LostTokensAreReplaced) {
  TestHub hub;
  static_cast<void>(hub.organisation("studio", "customer"));
  const Answer again = hub.root().post("/v1/organisations/studio/tokens", "");
  ASSERT_EQ(again.status, 201) << again.raw.body;
  const Client studio = hub.client(again.text("token"));
  EXPECT_EQ(studio.get("/v1/me").status, 200);
  EXPECT_EQ(hub.root().post("/v1/organisations/nobody/tokens", "").status, 404);
  EXPECT_EQ(studio.post("/v1/organisations/studio/tokens", "").status, 403);

  const Answer list = studio.get("/v1/tokens");
  ASSERT_EQ(list.status, 200);
  ASSERT_EQ(list.items().size(), 2U) << "its own two, nobody else's";
  EXPECT_EQ(list.items()[1].at("label").as_string(), "reissued");
  EXPECT_EQ(list.raw.body.find(again.text("token")), std::string::npos);
}

// The limit of amounts is one of what is put in: two top-ups at it are credited, and what the hub then answers is
// read by the reader of its clients. One above it, or below zero, is refused by its field.
TEST(HubParty, ABalanceMayPassTheLimitOfAmounts) {
  TestHub hub;
  const Client studio = hub.organisation("studio", "customer");
  const auto top_up = [&](const std::string& yuan, const std::string& reference) {
    return hub.root().post("/v1/wallet/top-ups", R"({"organisation":"studio","amount":")" + yuan +
                                                     R"(","reference":")" + reference + R"("})");
  };
  EXPECT_EQ(top_up("100000000000", "one").status, 201);
  const Answer second = top_up("100000000000", "two");
  ASSERT_EQ(second.status, 201) << second.raw.body;
  Faults faults;
  wire::TopUpReply reply;
  EXPECT_TRUE(from_json(second.json, "", reply, faults)) << to_text(faults.front());
  wire::WalletView wallet;
  EXPECT_TRUE(from_json(studio.get("/v1/wallet").json, "", wallet, faults)) << to_text(faults.front());
  EXPECT_EQ(to_text(wallet.available), "200000000000");
  wire::LedgerView ledger;
  EXPECT_TRUE(from_json(hub.root().get("/v1/operator/ledger").json, "", ledger, faults)) << to_text(faults.front());
  EXPECT_EQ(ledger.debits_posted, "200000000000");
  for (const std::string yuan : {"100000000000.000001", "-1", "0"}) {
    const Answer refused = top_up(yuan, "three");
    EXPECT_EQ(refused.status, 400) << refused.raw.body;
    EXPECT_NE(refused.raw.body.find(R"("field":"amount")"), std::string::npos) << refused.raw.body;
  }
}

// Money is counted once in each account that it passes: the sums over all of them may be more than one amount can hold,
// and are told exactly.
TEST(HubParty, TheLedgersSumsPassSixtyFourBits) {
  TestHub hub;
  static_cast<void>(hub.customer("studio", "1"));
  hub.close();
  hub.open();
  const auto rows = hub.store->query({"account", {}, {}, false, 100});
  const auto generation = hub.store->take_over();
  ASSERT_TRUE(rows.has_value() && generation.has_value());
  const Cny most = Cny::micro(9'000'000'000'000'000'000);
  Batch planted;
  planted.generation = *generation;
  for (const Row& row : *rows) {
    auto account = std::get<AccountRow>(row);
    account.debits_posted = most;  // the wallet has spent all that the bank brought
    if (account.kind == AccountKind::customer_wallet) account.credits_posted = most;
    planted.changes.push_back({account, RowFate::live});
  }
  AccountRow provider;
  provider.kind = AccountKind::provider_payable;
  provider.owner = OrganisationId(7);
  provider.credits_posted = most;
  planted.changes.push_back({provider, RowFate::live});
  ASSERT_TRUE(hub.store->commit(planted).has_value());
  hub.start();
  const Answer ledger = hub.root().get("/v1/operator/ledger");
  ASSERT_EQ(ledger.status, 200) << ledger.raw.body;
  EXPECT_EQ(ledger.text("debits_posted"), "18000000000000");
  EXPECT_EQ(ledger.text("credits_posted"), "18000000000000");
  EXPECT_EQ(ledger.json.as_object().at("balanced"), JsonValue(true));
  EXPECT_EQ(ledger.json.as_object().at("violation"), JsonValue(nullptr)) << ledger.raw.body;
}

// S1: every route of the table without a token, with garbage, and with well-formed tokens that are unknown, revoked
// or expired answers 401 with the same body. The routes come from the table itself, so a new one cannot be forgotten.
TEST(HubParty, EveryRouteWantsALiveToken) {
  TestHub hub;
  const std::string path = "/v1/tokens";
  const Answer revoked = hub.root().post(path, R"({"label":"a","scopes":["read"],"lifetime":86400})");
  ASSERT_EQ(revoked.status, 201) << revoked.raw.body;
  ASSERT_EQ(hub.root().call("DELETE", path + "/" + revoked.text("hash"), "", "new").status, 204);
  const Answer expired = hub.root().post(path, R"({"label":"b","scopes":["read"],"lifetime":60})");
  ASSERT_EQ(expired.status, 201);
  EXPECT_EQ(hub.client(expired.text("token")).get("/v1/me").status, 200);
  hub.clock.shift(Duration::seconds(61));

  std::set<std::string> bodies;
  int routes = 0;
  for (const Route& route : route_table()) {
    if (is_open(route)) continue;
    ++routes;
    for (const std::string& token : {std::string(), std::string("garbage"), edge::random_token(),
                                     revoked.text("token"), expired.text("token")}) {
      const Answer answer =
          hub.client(token).call(std::string(route.method), concrete(route.pattern), "{}", "some-key");
      EXPECT_EQ(answer.status, 401) << route.method << ' ' << route.pattern << " with '" << token << "'";
      EXPECT_EQ(answer.raw.header("www-authenticate"), "Bearer");
      bodies.insert(answer.raw.body);
    }
  }
  EXPECT_EQ(bodies.size(), 1U) << "the answers differ, which tells a stranger something";
  EXPECT_GT(routes, 30);
}

// S8: a customer's token on every route of operators, providers and agents is 403, whatever the rest of the request.
TEST(HubParty, ScopesAreChecked) {
  TestHub hub;
  const Client customer = hub.organisation("studio", "customer");
  const Scopes mine{Scope::read, Scope::submit, Scope::money};
  int refused = 0;
  for (const Route& route : route_table()) {
    const Scopes wanted = route.policy.any_of;
    if (is_open(route) || wanted == Scopes() || (wanted.bits() & mine.bits()) != 0) continue;
    const Answer answer = customer.call(std::string(route.method), concrete(route.pattern), "{}", "some-key");
    EXPECT_EQ(answer.status, 403) << route.method << ' ' << route.pattern;
    ++refused;
  }
  EXPECT_GT(refused, 10);
}

// A customer cannot top up its own wallet: the request is refused and no money appears.
TEST(HubParty, OnlyAnOperatorTopsUp) {
  TestHub hub;
  const Client customer = hub.organisation("studio", "customer");
  const Answer answer =
      customer.post("/v1/wallet/top-ups", R"({"organisation":"studio","amount":"100","reference":"r"})");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(customer.get("/v1/wallet").text("available"), "0");
}

// A token asks for no more than its maker has, and is shown once: the replay under the same key has null in its
// place, and the store holds the token nowhere.
TEST(HubParty, ATokenIsShownOnce) {
  TestHub hub(StoreKind::sqlite);
  const Client customer = hub.organisation("studio", "customer");
  EXPECT_EQ(customer.post("/v1/tokens", R"({"label":"x","scopes":["operate"],"lifetime":3600})").status, 400);
  const std::string body = R"({"label":"laptop","scopes":["read"],"lifetime":3600})";
  const Answer first = customer.post("/v1/tokens", body, "k1");
  const Answer again = customer.post("/v1/tokens", body, "k1");
  ASSERT_EQ(first.status, 201) << first.raw.body;
  EXPECT_EQ(again.status, 201);
  EXPECT_TRUE(again.json.as_object().at("token").is_null());
  EXPECT_EQ(again.text("hash"), first.text("hash"));
  EXPECT_EQ(again.raw.header("idempotent-replay"), "true");
  EXPECT_EQ(hub.client(first.text("token")).get("/v1/me").status, 200);

  const std::string token = first.text("token");
  hub.close();
  for (const auto& entry : std::filesystem::directory_iterator(hub.options.data)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_EQ(bytes.find(token), std::string::npos) << entry.path();
    EXPECT_EQ(bytes.find(hub.operator_token), std::string::npos) << entry.path();
  }
}

// A revoked token is refused from the next request on, by reads and by commands.
TEST(HubParty, RevocationIsImmediate) {
  TestHub hub;
  const Client customer = hub.organisation("studio", "customer");
  const Answer made = customer.post("/v1/tokens", R"({"label":"x","scopes":["read","submit"],"lifetime":3600})");
  const Client guest = hub.client(made.text("token"));
  EXPECT_EQ(guest.get("/v1/me").status, 200);
  ASSERT_EQ(customer.call("DELETE", "/v1/tokens/" + made.text("hash"), "", "new").status, 204);
  EXPECT_EQ(guest.get("/v1/me").status, 401);
  EXPECT_EQ(guest.post("/v1/projects", R"({"name":"film"})").status, 401);
}

// Unknown paths are 404, unknown methods 405 with what is allowed, unknown query parameters 400 by name; cursors that
// were tampered with and limits that are too large are 400 and not 500.
TEST(HubParty, RequestsAreReadStrictly) {
  TestHub hub;
  const Client root = hub.root();
  EXPECT_EQ(root.get("/v1/nothing").status, 404);
  const Answer method = root.call("PUT", "/v1/jobs", "{}", "new");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.raw.header("allow"), "POST, GET");
  const Answer unknown = root.get("/v1/organisations?tenant=studio");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_NE(unknown.raw.body.find("tenant"), std::string::npos);
  for (const char* query : {"limit=1000000000", "limit=0", "limit=-1", "limit=1e3", "cursor=", "cursor=AAAA",
                            "cursor=W10", "cursor=WyJ4Il0", "limit=1&limit=2", "cursor=%zz"}) {
    EXPECT_EQ(root.get("/v1/organisations?" + std::string(query)).status, 400) << query;
  }
  EXPECT_EQ(root.post("/v1/organisations", R"({"name":"a","user":"b","roles":["customer"],"fee_bps":0})").status,
            400);
  EXPECT_EQ(root.post("/v1/organisations", std::string(40, '[') + std::string(40, ']')).status, 400);
}

// A list in pages of one gives every organisation once, in the same order as one page of all.
TEST(HubParty, ListsPageByCursor) {
  TestHub hub;
  for (const char* name : {"a", "b", "c"}) static_cast<void>(hub.organisation(name, "customer"));
  const JsonArray all = hub.root().get("/v1/organisations").items();
  ASSERT_EQ(all.size(), 4U);
  std::string cursor;
  for (const JsonValue& expected : all) {
    const Answer page = hub.root().get("/v1/organisations?limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor));
    ASSERT_EQ(page.items().size(), 1U);
    EXPECT_EQ(page.items()[0], expected);
    const JsonValue& next = page.json.as_object().at("next_cursor");
    EXPECT_EQ(next.is_null(), &expected == &all.back());
    if (!next.is_null()) cursor = std::string(next.as_string());
  }
}

}  // namespace
}  // namespace dayan::hub
