#include <chrono>
#include <thread>

#include "hub/test_hub.h"
#include "place/engine.h"

/// What agents may do, and what they may not.

namespace dayan::hub {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Scene {
  TestHub hub;
  Client customer = hub.customer("studio");
  Client provider = hub.organisation("gui-an", "provider");
  TestAgent agent = hub.agent(provider, "gui-an-1");

  /// Submits one task and waits for its lease at the agent's centre.
  JsonValue lease() {
    EXPECT_EQ(customer.post("/v1/jobs", job_body()).status, 201);
    return next_lease(agent);
  }
  [[nodiscard]] JsonValue job_state() const { return customer.get("/v1/jobs").items()[0].as_object().at("state"); }
};

std::string job_of(const JsonValue& lease) { return std::string(lease.as_object().at("job").as_string()); }

// A join token enrols one agent; the second use is refused, and so is one that nobody made or that has expired.
TEST(HubAgent, AJoinTokenWorksOnce) {
  Scene scene;
  const std::string path = "/v1/centres/gui-an-1/join-tokens";
  const Client stranger = scene.hub.client("");
  const std::string key = edge::SigningKey::make().public_key();
  const auto enrol = [&](const std::string& token) {
    return stranger.call("POST", "/v1/agent/enrol",
                         R"({"join_token":")" + token + R"(","public_key":")" + key + "\"}");
  };
  const std::string token = scene.provider.post(path, "").text("join_token");
  EXPECT_EQ(enrol(token).status, 201);
  EXPECT_EQ(enrol(token).status, 409);
  EXPECT_EQ(enrol("dayan_join_x").status, 401);
  const std::string late = scene.provider.post(path, "").text("join_token");
  scene.hub.clock.shift(join_token_lifetime + Duration::seconds(1));
  EXPECT_EQ(enrol(late).status, 401);
  EXPECT_EQ(scene.hub.organisation("other", "provider").post(path, "").status, 404) << "not its centre";
}

// When a newer agent has enrolled, the older one's token is refused: two agents never share a centre.
TEST(HubAgent, ANewerAgentFencesTheOlder) {
  Scene scene;
  EXPECT_EQ(scene.agent.client.get("/v1/agent/leases").status, 200);
  const std::string token = scene.provider.post("/v1/centres/gui-an-1/join-tokens", "").text("join_token");
  ASSERT_EQ(
      scene.hub.client("")
          .call("POST", "/v1/agent/enrol",
                R"({"join_token":")" + token + R"(","public_key":")" + edge::SigningKey::make().public_key() + "\"}")
          .status,
      201);
  EXPECT_EQ(scene.agent.client.get("/v1/agent/leases").status, 401);
  EXPECT_EQ(scene.agent.client.report(scene.agent.key, scene.agent.report_body("")).status, 401);
}

// S31: a report whose signature does not fit (one byte of the body changed, another key, none, another domain) is 401
// and without effect; the same report signed well is taken.
TEST(HubAgent, ReportsAreSigned) {
  Scene scene;
  const JsonValue lease = scene.lease();
  ASSERT_TRUE(lease.is_object());
  const std::string body = scene.agent.report_body(ended_report(lease));
  std::string changed = body;
  changed.replace(changed.find("\"engine_run\":10"), 15, "\"engine_run\":99");
  const auto send = [&](const std::string& sent, const std::string& signature) {
    return scene.agent.client.call("POST", "/v1/agent/reports", sent, {}, {{"dayan-signature", signature}}).status;
  };
  const std::string good = scene.agent.key.sign(wire::report_signed_bytes(body));
  EXPECT_EQ(send(changed, good), 401);
  EXPECT_EQ(send(body, edge::SigningKey::make().sign(wire::report_signed_bytes(body))), 401);
  EXPECT_EQ(send(body, scene.agent.key.sign(body)), 401);
  EXPECT_EQ(send(body, "no signature"), 401);
  EXPECT_EQ(scene.job_state(), JsonValue("running"));
  EXPECT_EQ(send(body, good), 204);
  EXPECT_EQ(send(body, good), 204) << "a repeated report is fine";
  EXPECT_EQ(scene.job_state(), JsonValue("succeeded"));
}

// S8: an agent of another centre gets nowhere near a lease that is not its own: not by report, payload or log.
TEST(HubAgent, AnotherCentresLeaseIsOutOfReach) {
  Scene scene;
  const JsonValue lease = scene.lease();
  ASSERT_TRUE(lease.is_object());
  TestAgent other = scene.hub.agent(scene.hub.organisation("rival", "provider"), "rival-1");
  const Answer report = other.client.report(other.key, other.report_body(ended_report(lease)));
  EXPECT_EQ(report.status, 403) << report.raw.body;
  EXPECT_EQ(scene.job_state(), JsonValue("running"));
  EXPECT_EQ(other.client.get("/v1/agent/jobs/" + job_of(lease) + "/payload").status, 404);
  const std::string name = engine_name({*parse<JobId>(job_of(lease)), 0, 1});
  EXPECT_EQ(other.client.call("PUT", "/v1/agent/logs/" + name + "/stdout", "mine").status, 404);
  EXPECT_EQ(other.client.get("/v1/agent/leases").raw.body, "") << "its watch shows nothing of it";
}

// A watch that waits answers as soon as a lease is granted, and not before; without one it answers when its time is
// up.
TEST(HubAgent, ALongPollWakes) {
  Scene scene;
  EXPECT_EQ(scene.agent.client.get("/v1/agent/leases?wait=1").raw.body, "");
  std::thread submitter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_EQ(scene.customer.post("/v1/jobs", job_body()).status, 201);
  });
  const auto begin = SteadyClock::now();
  const Answer woken = scene.agent.client.get("/v1/agent/leases?wait=30");
  submitter.join();
  EXPECT_LT(SteadyClock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(woken.raw.header("content-type"), "application/x-ndjson");
  const auto lease = parse_json(woken.raw.body);
  ASSERT_TRUE(lease.has_value()) << woken.raw.body;
  const std::string sequence = json_text(lease->as_object().at("sequence"));
  EXPECT_EQ(scene.agent.client.get("/v1/agent/leases?after=" + sequence).raw.body, "");
  EXPECT_EQ(scene.agent.client.get("/v1/agent/leases?after=1000000").status, 410);
  EXPECT_EQ(scene.agent.client.get("/v1/agent/leases?wait=31").status, 400);
}

// What the provider's own people use is not given away, until the agent tells that it is free again.
TEST(HubAgent, LeavesTheProvidersOwnPeopleTheirCores) {
  Scene scene;
  EXPECT_EQ(scene.agent.client.get("/v1/agent/leases?foreign_cores_busy=8").status, 200);
  EXPECT_EQ(scene.agent.client.get("/v1/agent/leases?foreign_cores_busy=-1").status, 400);
  EXPECT_EQ(scene.customer.post("/v1/jobs", job_body()).status, 201);
  EXPECT_EQ(scene.agent.client.get("/v1/agent/leases?wait=1&foreign_cores_busy=8").raw.body, "");
  const Answer woken = scene.agent.client.get("/v1/agent/leases?wait=30&foreign_cores_busy=7");
  EXPECT_NE(woken.raw.body, "");
}

// A watch that waits does not hold up the end of the hub: it is answered, and the hub stops at once.
TEST(HubAgent, AWatchDoesNotHoldUpTheEnd) {
  Scene scene;
  std::thread watcher([&] { EXPECT_EQ(scene.agent.client.get("/v1/agent/leases?wait=30").status, 200); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto begin = SteadyClock::now();
  scene.hub.hub->stop();
  watcher.join();
  EXPECT_LT(SteadyClock::now() - begin, std::chrono::seconds(8));
}

// Cancelling a running job reaches the agent as a changed lease: stop.
TEST(HubAgent, ACancelledJobsLeaseSaysStop) {
  Scene scene;
  const JsonValue lease = scene.lease();
  ASSERT_TRUE(lease.is_object());
  EXPECT_EQ(scene.customer.post("/v1/jobs/" + job_of(lease) + "/cancel", "").status, 202);
  const JsonValue changed = next_lease(scene.agent, lease.as_object().at("sequence").as_int64());
  ASSERT_TRUE(changed.is_object());
  EXPECT_EQ(changed.as_object().at("desired"), JsonValue("stop"));
}

// The live log of a task: the agent adds, the customer reads from an offset, and knows when it is complete.
TEST(HubAgent, LogsCanBeFollowed) {
  Scene scene;
  const JsonValue lease = scene.lease();
  ASSERT_TRUE(lease.is_object());
  const std::string log = "/v1/jobs/" + job_of(lease) + "/tasks/0/log";
  EXPECT_EQ(scene.customer.get(log).raw.body, "");
  const std::string name = engine_name({*parse<JobId>(job_of(lease)), 0, 1});
  const auto put = [&](int offset, const std::string& bytes) {
    return scene.agent.client
        .call("PUT", "/v1/agent/logs/" + name + "/stdout?offset=" + std::to_string(offset), bytes)
        .raw.body;
  };
  EXPECT_EQ(put(0, "frame 1\n"), R"({"length":8})");
  EXPECT_EQ(put(0, "frame 1\nframe 2\n"), R"({"length":16})");
  const Answer part = scene.customer.get(log + "?offset=8");
  EXPECT_EQ(part.raw.body, "frame 2\n");
  EXPECT_EQ(part.raw.header("x-log-complete"), "false");
  EXPECT_EQ(scene.agent.client.report(scene.agent.key, scene.agent.report_body(ended_report(lease))).status, 204);
  EXPECT_EQ(scene.customer.get(log + "?offset=16").raw.header("x-log-complete"), "true");
  EXPECT_EQ(scene.customer.get(log + "?stream=stdin").status, 400);
  EXPECT_EQ(scene.customer.get("/v1/jobs/" + job_of(lease) + "/tasks/1/log").status, 404);
}

// The list of centres tells which agents are there: never enrolled, reachable, and silent after a minute.
TEST(HubAgent, PresenceIsShown) {
  Scene scene;
  ASSERT_EQ(scene.provider.post("/v1/centres", R"({"name":"empty","region":"guizhou"})").status, 201);
  const auto presence = [&](std::size_t which) {
    return std::string(scene.customer.get("/v1/centres").items()[which].as_object().at("agent").as_string());
  };
  EXPECT_EQ(scene.agent.client.report(scene.agent.key, scene.agent.report_body("")).status, 204);
  EXPECT_EQ(presence(0), "reachable");
  EXPECT_EQ(presence(1), "never_enrolled");
  scene.hub.clock.shift(place::reachable_within + Duration::seconds(5));
  EXPECT_EQ(presence(0), "silent");
}

}  // namespace
}  // namespace dayan::hub
