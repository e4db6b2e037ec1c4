#include <algorithm>
#include <set>

#include "hub/route.h"
#include "hub/test_hub.h"

/// Tokens of agents and of machines' owners; and that whoever is refused is told what would be right.

namespace dayan::hub {
namespace {

// An agent's new token does what the old one did, which stays good: the agent may lose the answer. It is an agent's all
// the same, and ends when a newer agent enrols.
TEST(HubTokens, AnAgentRenewsItsOwn) {
  TestHub hub;
  const Client provider = hub.organisation("gui-an", "provider");
  const TestAgent agent = hub.agent(provider, "gui-an-1");
  EXPECT_EQ(agent.client.call("POST", "/v1/agent/token", "{\"lifetime\":1}").status, 400) << "it has no body";
  const Answer renewed = agent.client.call("POST", "/v1/agent/token");
  ASSERT_EQ(renewed.status, 201) << renewed.raw.body;
  EXPECT_NE(renewed.text("token"), agent.client.token());
  const Client newer = hub.client(renewed.text("token"));
  for (const Client& each : {newer, agent.client}) {
    EXPECT_EQ(each.get("/v1/agent/leases").status, 200);
    EXPECT_EQ(each.get("/v1/jobs").status, 403);
  }
  EXPECT_EQ(provider.call("POST", "/v1/agent/token").status, 403) << "a person has none to renew";
  const Answer join = provider.post("/v1/centres/gui-an-1/join-tokens", "");
  ASSERT_EQ(join.status, 201);
  const edge::SigningKey key = edge::SigningKey::make();
  const Answer enrolled = hub.client("").call(
      "POST", "/v1/agent/enrol",
      R"({"join_token":")" + join.text("join_token") + R"(","public_key":")" + key.public_key() + "\"}");
  ASSERT_EQ(enrolled.status, 201) << enrolled.raw.body;
  for (const Client& each : {newer, agent.client}) EXPECT_EQ(each.get("/v1/agent/leases").status, 401);
  EXPECT_EQ(hub.client(enrolled.text("token")).get("/v1/agent/leases").status, 200);
}

// `dayan hub token`: the owner of the machine gets in again, also as an operator, with the hub stopped; not while it
// runs, not for a name that is none, and not where no hub is.
TEST(HubTokens, AreIssuedAnewOnTheMachineItself) {
  TestHub hub(StoreKind::sqlite);
  static_cast<void>(hub.organisation("studio", "customer"));
  const auto running = reissue_token(hub.options.data, "platform");
  ASSERT_FALSE(running.has_value());
  EXPECT_EQ(running.error().code, ErrorCode::unavailable);
  EXPECT_NE(running.error().right.find("stop"), std::string::npos) << running.error().right;
  hub.close();
  const auto of_operator = reissue_token(hub.options.data, "platform");
  const auto of_customer = reissue_token(hub.options.data, "studio");
  const auto nobody = reissue_token(hub.options.data, "nobody");
  const auto nowhere = reissue_token(hub.options.data + "/nowhere", "platform");
  hub.open();
  hub.start();
  ASSERT_TRUE(of_operator.has_value()) << to_text(of_operator.error());
  EXPECT_EQ(of_operator->user, "op");
  EXPECT_EQ(hub.client(of_operator->token).get("/v1/organisations").status, 200);
  EXPECT_EQ(hub.root().get("/v1/organisations").status, 200) << "the lost one is revoked by hand";
  ASSERT_TRUE(of_customer.has_value());
  EXPECT_EQ(hub.client(of_customer->token).get("/v1/wallet").status, 200);
  EXPECT_EQ(hub.client(of_customer->token).get("/v1/organisations").status, 403);
  ASSERT_FALSE(nobody.has_value());
  EXPECT_EQ(nobody.error().code, ErrorCode::not_found);
  EXPECT_NE(nobody.error().right, "");
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error().code, ErrorCode::not_found);
}

/// The pattern with something in place of each {…}: well-formed where `is_well_formed`, and of nobody's.
std::string concrete(std::string_view method, std::string_view pattern, bool is_well_formed) {
  std::string target(pattern);
  while (target.find('{') != std::string::npos) {
    const std::size_t open = target.find('{');
    const std::string name = target.substr(open + 1, target.find('}') - open - 1);
    std::string value = "x";
    if (is_well_formed) {
      if (name == "name") value = "nobodys";
      if (name == "id" || name == "job") value = to_text(JobId(77));
      if (name == "hash" || name == "digest") value = to_text(sha256("nobody's"));
      if (name == "task") value = "0";
      if (name == "engine_name") value = engine_name({JobId(77), 0, 1});
      if (name == "stream") value = "stdout";
    }
    target.replace(open, name.size() + 2, value);
  }
  if (is_well_formed && pattern == "/v1/blobs/{digest}") target += "?attempt=" + engine_name({JobId(77), 0, 1});
  if (is_well_formed && method == "PUT" && pattern == "/v1/blobs/{digest}") target += "&size=1";
  return target;
}

/// A body that the route can read, so that the answer is about what it names.
std::string body_of(const Route& route) {
  if (route.pattern == "/v1/jobs" || route.pattern == "/v1/quotes") return job_body();
  if (route.pattern == "/v1/wallet/top-ups") return R"({"organisation":"nobody","amount":"1","reference":"r"})";
  if (route.pattern == "/v1/centres") return R"({"name":"x","region":"y"})";
  if (route.pattern.ends_with("/offers")) return R"({"core_hour":"1","card_hour":"0","gb_hour":"0"})";
  if (route.pattern == "/v1/projects") return R"({"name":"x"})";
  if (route.pattern.ends_with("/weight")) return R"({"weight":2000})";
  if (route.pattern == "/v1/tokens") return R"({"label":"x","scopes":["read"],"lifetime":3600})";
  return route.method == "GET" || route.method == "DELETE" ? "" : "{}";
}

// Every route, asked by a customer, a provider, an operator and an agent for what is nobody's or makes no sense: each
// fault of each answer of 4xx says what would be right. The routes come from the table, so a new one is not forgotten.
TEST(HubProblems, TellWhatWouldBeRight) {
  TestHub hub;
  const Client customer = hub.customer("studio");
  const Client provider = hub.organisation("gui-an", "provider");
  const TestAgent agent = hub.agent(provider, "gui-an-1");
  std::set<std::string> not_found;
  std::set<std::string> forbidden;
  for (const Route& route : route_table()) {
    const std::string name = std::string(route.method) + ' ' + std::string(route.pattern);
    for (const Client& who : {customer, provider, hub.root(), agent.client}) {
      for (const std::string& body : {body_of(route), std::string(), std::string("{\"nonsense\":1}")}) {
        for (const bool is_well_formed : {true, false}) {
          const Answer answer =
              who.call(std::string(route.method), concrete(route.method, route.pattern, is_well_formed), body, "new");
          if (answer.status < 400) continue;
          ASSERT_TRUE(answer.json.is_object()) << name << ": " << answer.raw.body;
          for (const JsonValue& fault : answer.json.as_object().at("errors").as_array()) {
            EXPECT_NE(fault.as_object().at("right").as_string(), "")
                << name << ": " << answer.status << ' ' << answer.raw.body;
          }
          if (answer.status == 404) not_found.insert(name);
          if (answer.status == 403) forbidden.insert(name);
        }
      }
    }
  }
  for (const Route& route : route_table()) {
    const std::string name = std::string(route.method) + ' ' + std::string(route.pattern);
    const bool names_something = route.pattern.find('{') != std::string_view::npos;
    EXPECT_EQ(not_found.contains(name), names_something || name == "POST /v1/wallet/top-ups") << name;
    const bool is_for_all = route.policy.any_of == Scopes() ||
                            (route.policy.any_of.has(Scope::read) && route.policy.any_of.has(Scope::agent));
    if (!is_for_all) {
      EXPECT_TRUE(forbidden.contains(name)) << name;
    }
  }
  for (const char* of_agents : {"POST /v1/tokens", "GET /v1/tokens", "DELETE /v1/tokens/{hash}"}) {
    EXPECT_TRUE(forbidden.contains(of_agents)) << of_agents;
  }
}

}  // namespace
}  // namespace dayan::hub
