#include <algorithm>
#include <cstdint>
#include <set>

#include "hub/test_hub.h"

/// What lists and sums show: whose rows, in which order, page by page.

namespace dayan::hub {
namespace {

/// Every page of a list, one item each: what a client sees that follows the cursors.
JsonArray page_by_page(const Client& client, const std::string& path) {
  JsonArray items;
  std::string cursor;
  for (int pages = 0; pages < 100; ++pages) {
    const Answer page = client.get(path + "?limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor));
    EXPECT_EQ(page.status, 200) << page.raw.body;
    if (page.status != 200) return items;
    EXPECT_LE(page.items().size(), 1U);
    for (const JsonValue& item : page.items()) items.push_back(item);
    const JsonValue& next = page.json.as_object().at("next_cursor");
    if (next.is_null()) return items;
    cursor = std::string(next.as_string());
  }
  ADD_FAILURE() << path << " has no end";
  return items;
}

std::string member(const JsonValue& item, const char* name) {
  const JsonValue& value = item.as_object().at(name);
  return value.is_string() ? std::string(value.as_string()) : json_text(value);
}

/// A house that sells and buys: a job of a customer's has run at its centre, and one of its own too.
struct Market {
  TestHub hub;
  Client house = both();
  Client customer = hub.customer("studio");
  TestAgent agent = hub.agent(house, "gui-an-1");
  std::int64_t lease_sequence = 0;

  Client both() {
    const Answer made =
        hub.root().post("/v1/organisations", R"({"name":"gui-an","user":"li","roles":["customer","provider"]})");
    EXPECT_EQ(made.status, 201) << made.raw.body;
    EXPECT_EQ(hub.root().post("/v1/wallet/top-ups",
                              R"({"organisation":"gui-an","amount":"5","reference":"first of gui-an"})").status, 201);
    return hub.client(made.text("token"));
  }
  /// A job that runs to its end.
  void run_job_of(const Client& who) {
    EXPECT_EQ(who.post("/v1/jobs", job_body()).status, 201);
    const JsonValue lease = next_lease(agent, lease_sequence);
    ASSERT_TRUE(lease.is_object());
    hub.clock.shift(Duration::seconds(20));  // no more is charged than the time that has passed here
    EXPECT_EQ(agent.client.report(agent.key, agent.report_body(ended_report(lease))).status, 204);
    const Answer all = agent.client.get("/v1/agent/leases");
    const auto last = parse_json(all.raw.body.substr(all.raw.body.rfind('\n', all.raw.body.size() - 2) + 1));
    lease_sequence = std::max(lease.as_object().at("sequence").as_int64(),
                              last.has_value() ? last->as_object().at("sequence").as_int64() : 0);
  }
};

// A wallet's entries are those on either side of it, each once, newest first, and page by page as in one page. What is
// owed to the same organisation as a provider is not on its wallet.
TEST(HubLists, AWalletsEntriesAreItsOwn) {
  Market market;
  market.run_job_of(market.customer);
  market.run_job_of(market.house);
  const JsonArray all = market.house.get("/v1/wallet/entries").items();
  ASSERT_EQ(all.size(), 3U) << "the top-up, and the hold and the post of its own job";
  std::set<std::string> ids;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_debited = member(all[i], "debit_kind") == "customer_wallet";
    const bool is_credited = member(all[i], "credit_kind") == "customer_wallet";
    EXPECT_NE(is_debited, is_credited) << json_text(all[i]);
    EXPECT_TRUE(ids.insert(member(all[i], "id")).second);
    if (i > 0) {
      EXPECT_LT(member(all[i], "id"), member(all[i - 1], "id"));
    }
  }
  EXPECT_EQ(member(all.back(), "credit_kind"), "customer_wallet") << "the oldest is what was paid in";
  EXPECT_EQ(page_by_page(market.house, "/v1/wallet/entries"), all);
  EXPECT_EQ(market.house.get("/v1/wallet/entries?cursor=AAAA").status, 400);
  const Client nobody = market.hub.organisation("other", "customer");
  EXPECT_TRUE(nobody.get("/v1/wallet/entries").items().empty());
}

// A provider sees the charges of its own centres, page by page, and no other provider's; they add up to its earnings.
TEST(HubLists, AProvidersChargesAreItsOwn) {
  Market market;
  market.run_job_of(market.customer);
  market.run_job_of(market.customer);
  const Client rival = market.hub.organisation("rival", "provider");
  const JsonArray all = market.house.get("/v1/provider/charges").items();
  ASSERT_GE(all.size(), 2U);
  Cny charged;
  Cny fee;
  for (const JsonValue& item : all) {
    EXPECT_EQ(member(item, "provider"), member(all[0], "provider"));
    charged += *parse_cny(member(item, "amount"));
    fee += *parse_cny(member(item, "fee"));
  }
  EXPECT_GT(charged, Cny());
  EXPECT_EQ(page_by_page(market.house, "/v1/provider/charges"), all);
  const Answer answer = market.house.get("/v1/provider/earnings");
  const JsonObject& earnings = answer.json.as_object();
  const JsonObject& centre = earnings.at("centres").as_array().at(0).as_object();
  EXPECT_EQ(std::string(centre.at("charged").as_string()), to_text(charged));
  EXPECT_EQ(std::string(centre.at("fee").as_string()), to_text(fee));
  EXPECT_EQ(centre.at("attempts"), JsonValue(2));
  EXPECT_EQ(std::string(earnings.at("payable").as_string()), to_text(charged - fee));
  EXPECT_TRUE(rival.get("/v1/provider/charges").items().empty());
  EXPECT_TRUE(rival.get("/v1/provider/earnings").json.as_object().at("centres").as_array().empty());
  EXPECT_EQ(market.customer.get("/v1/provider/charges").status, 403);
}

// The prices in force: one offer a centre, the newest, to everybody who may read, page by page.
TEST(HubLists, OffersAreTheOnesInForce) {
  TestHub hub;
  const Client provider = hub.organisation("gui-an", "provider");
  static_cast<void>(hub.agent(provider, "gui-an-1"));
  static_cast<void>(hub.agent(provider, "gui-an-2"));
  const Answer dearer =
      provider.post("/v1/centres/gui-an-1/offers", R"({"core_hour":"7.2","card_hour":"0","gb_hour":"0"})");
  EXPECT_EQ(dearer.status, 201);
  const Client customer = hub.customer("studio");
  const JsonArray all = customer.get("/v1/offers").items();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], dearer.json);
  EXPECT_EQ(member(all[1], "core_hour"), "3.6");
  EXPECT_EQ(page_by_page(customer, "/v1/offers"), all);
}

// Tokens page like every list, oldest first; an agent's token shows nothing of its provider's people.
TEST(HubLists, TokensPageAndAreNotForAgents) {
  TestHub hub;
  const Client provider = hub.organisation("gui-an", "provider");
  const TestAgent agent = hub.agent(provider, "gui-an-1");
  for (const char* label : {"a", "b", "c"}) {
    EXPECT_EQ(provider.post("/v1/tokens", R"({"label":")" + std::string(label) +
                                              R"(","scopes":["read"],"lifetime":3600})").status, 201);
  }
  const JsonArray all = provider.get("/v1/tokens").items();
  ASSERT_EQ(all.size(), 5U) << "the first, the agent's, and three";
  EXPECT_EQ(member(all[0], "label"), "first");
  EXPECT_EQ(member(all[4], "label"), "c");
  EXPECT_EQ(page_by_page(provider, "/v1/tokens"), all);
  EXPECT_EQ(provider.get("/v1/tokens?limit=2").items().size(), 2U);
  const Answer refused = agent.client.get("/v1/tokens");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.raw.body.find("first"), std::string::npos) << refused.raw.body;
}

// Earnings are the sums over all charges, however many pages they fill: an attempt whose lines lie on two pages is one.
TEST(HubLists, EarningsAreSummedOverEveryPage) {
  TestHub hub;
  const Client provider = hub.organisation("gui-an", "provider");
  static_cast<void>(hub.agent(provider, "gui-an-1"));
  const Answer centres = provider.get("/v1/centres");
  const CentreId centre = *parse<CentreId>(member(centres.items()[0].as_object().at("centre"), "id"));
  const Answer me = provider.get("/v1/me");
  const OrganisationId owner = *parse<OrganisationId>(member(me.json.as_object().at("organisation"), "id"));
  constexpr std::int32_t attempts = 2 * query_limit_max / 3 + 5;  // three lines each: the pages end within one
  hub.hub.reset();
  Batch batch;
  batch.generation = *hub.store->take_over();
  for (std::int32_t task = 0; task < attempts; ++task) {
    for (const Meter meter : {Meter::core_time, Meter::memory_time, Meter::card_time}) {
      ChargeRow charge;
      charge.job = JobId(1'000 + task / 100);
      charge.task = task % 100;
      charge.meter = meter;
      charge.provider = owner;
      charge.centre = centre;
      charge.amount = Cny::micro(7);
      charge.fee = Cny::micro(2);
      batch.changes.push_back({charge, RowFate::retired});
    }
  }
  ASSERT_TRUE(hub.store->commit(batch));
  hub.start();
  const Answer earnings = hub.client(provider.token()).get("/v1/provider/earnings");
  ASSERT_EQ(earnings.status, 200) << earnings.raw.body;
  const JsonObject& shown = earnings.json.as_object().at("centres").as_array().at(0).as_object();
  EXPECT_EQ(shown.at("attempts"), JsonValue(attempts));
  EXPECT_EQ(std::string(shown.at("charged").as_string()), to_text(Cny::micro(7 * 3 * std::int64_t{attempts})));
  EXPECT_EQ(std::string(shown.at("earned").as_string()), to_text(Cny::micro(5 * 3 * std::int64_t{attempts})));
}

}  // namespace
}  // namespace dayan::hub
