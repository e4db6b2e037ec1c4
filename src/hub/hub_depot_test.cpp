#include <chrono>
#include <thread>

#include "hub/depot_keeper.h"
#include "hub/test_hub.h"

/// A depot that fills and empties: what customers see of their space, and what goes when.

namespace dayan::hub {
namespace {

const std::string scene_file = "scene { light }";
const std::string film = "twenty bytes of film";

struct Scene {
  explicit Scene(StoreKind kind = StoreKind::memory) : hub(kind) {}

  TestHub hub;
  Metrics metrics;
  Client customer = hub.customer("studio");
  Client provider = hub.organisation("gui-an", "provider");
  TestAgent agent = hub.agent(provider, "gui-an-1");

  /// A job with the scene as its input; its id. `rounds`: members of its specification that make a series of it.
  std::string submit(const std::string& rounds = "") {
    const std::string input = R"(,"inputs":[{"path":"a.pov","digest":")" + to_text(sha256(scene_file)) +
                              R"(","size":)" + std::to_string(scene_file.size()) + "}]";
    std::string body = job_body(1, input);
    body.insert(body.find("\"count\""), rounds);
    const Answer submitted = customer.post("/v1/jobs", body);
    EXPECT_EQ(submitted.status, 201) << submitted.raw.body;
    return std::string(submitted.json.as_object().at("job").as_object().at("id").as_string());
  }
  /// The attempt writes a log, leaves the film and ends.
  void run() {
    const JsonValue lease = next_lease(agent);
    ASSERT_TRUE(lease.is_object());
    const JobId job = *parse<JobId>(std::string(lease.as_object().at("job").as_string()));
    const std::string attempt = engine_name({job, 0, 1});
    EXPECT_EQ(agent.client.call("PUT", "/v1/agent/logs/" + attempt + "/stdout", "frame 1\n").status, 200);
    EXPECT_EQ(agent.client.call("PUT", "/v1/agent/logs/" + attempt + "/stderr", "oops").status, 200);
    EXPECT_EQ(put_blob(agent.client, film, film, attempt).status, 200);
    EXPECT_EQ(put_blob(agent.client, "frame 1\n", "frame 1\n", attempt).status, 200);
    std::string report = ended_report(lease);
    report.insert(report.size() - 1, R"(,"outputs":[{"path":"a.film","digest":")" + to_text(sha256(film)) +
                                         R"(","size":20},{"path":"stdout","digest":")" +
                                         to_text(sha256("frame 1\n")) + R"(","size":8}])");
    EXPECT_EQ(agent.client.report(agent.key, agent.report_body(report)).status, 204);
    const auto live = [&] { return *hub.depot->read_log({job, 0, 1}, "stdout", Bytes(0), Bytes(100)); };
    for (int look = 0; !live().empty() && look < 200; ++look)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(live(), "") << "it has come whole";
  }
  void keep_house() {
    DepotKeeper keeper({*hub.store, *hub.depot, hub.clock, metrics, hub.options.depot_retention});
    const auto done = keeper.round();
    EXPECT_TRUE(done.has_value()) << to_text(done.error());
  }
  [[nodiscard]] std::int64_t used() const { return customer.get("/v1/depot").json.as_object().at("used").as_int64(); }
  [[nodiscard]] bool has(const std::string& content) const {
    return customer.get(blob_path(content) + "/content").status == 200;
  }
};

// Everybody sees the own use and limit; the sum stands in /metrics; who is full is told both figures and how to get
// more.
TEST(HubDepot, UseAndLimitAreShown) {
  Scene scene;
  EXPECT_EQ(put_blob(scene.customer, scene_file, scene_file).status, 200);
  EXPECT_EQ(scene.customer.get("/v1/depot").raw.body,
            R"({"used":15,"limit":20000000,"kept_after_end":2592000,"kept_unnamed":86400})");
  EXPECT_EQ(scene.provider.get("/v1/depot").json.as_object().at("used"), JsonValue(0));
  const std::string metrics = scene.customer.get("/metrics").raw.body;
  EXPECT_NE(metrics.find("dayan_depot_used_bytes 15\n"), std::string::npos);
  EXPECT_NE(metrics.find("dayan_depot_limit_bytes 100000000\n"), std::string::npos);
  const Answer full = scene.customer.call("PUT", blob_path("x") + "?size=90000000", "x");
  EXPECT_EQ(full.status, 507);
  EXPECT_NE(full.raw.body.find("your organisation's depot quota is full: 90MB"), std::string::npos) << full.raw.body;
  EXPECT_NE(full.raw.body.find("15B of 20MB are used"), std::string::npos) << full.raw.body;
  EXPECT_NE(full.raw.body.find("at most 19.9MB"), std::string::npos) << full.raw.body;
  EXPECT_NE(full.raw.body.find("--depot-per-organisation"), std::string::npos) << full.raw.body;
}

// A live log is charged to the customer whose job writes it, and to nobody else; a full quota stops it, in words that
// tell the centre no figure, and the job ends all the same. Once the log has come whole it is not kept twice.
TEST(HubDepot, LiveLogsAreTheCustomers) {
  TestHub hub(StoreKind::memory, Bytes(20));
  const Client customer = hub.customer("studio");
  const Client other = hub.customer("rival-studio");
  const Client provider = hub.organisation("gui-an", "provider");
  TestAgent agent = hub.agent(provider, "gui-an-1");
  EXPECT_EQ(customer.post("/v1/jobs", job_body()).status, 201);
  const JsonValue lease = next_lease(agent);
  ASSERT_TRUE(lease.is_object());
  const std::string job(lease.as_object().at("job").as_string());
  const std::string attempt = engine_name({*parse<JobId>(job), 0, 1});
  const auto put = [&](int offset, const std::string& bytes) {
    return agent.client.call("PUT", "/v1/agent/logs/" + attempt + "/stdout?offset=" + std::to_string(offset), bytes);
  };
  const auto used = [](const Client& who) { return who.get("/v1/depot").json.as_object().at("used").as_int64(); };
  EXPECT_EQ(put(0, "frame 1\n").raw.body, R"({"length":8})");
  EXPECT_EQ(used(customer), 8);
  EXPECT_EQ(used(provider), 0);
  EXPECT_EQ(used(other), 0);
  const Answer full = put(8, "thirteen more");
  EXPECT_EQ(full.status, 507) << full.raw.body;
  EXPECT_NE(full.raw.body.find("no room left for the customer"), std::string::npos) << full.raw.body;
  EXPECT_EQ(full.raw.body.find("20B"), std::string::npos) << full.raw.body;
  EXPECT_EQ(put_blob(other, "twenty bytes of film", "twenty bytes of film").status, 200) << "its room is its own";
  hub.restart();
  agent.client = hub.client(agent.client.token());
  const Client again = hub.client(customer.token());
  EXPECT_EQ(used(again), 8);
  EXPECT_EQ(put_blob(agent.client, "frame 1\n", "frame 1\n", attempt).status, 200);
  std::string report = ended_report(lease);
  report.insert(report.size() - 1, R"(,"outputs":[{"path":"stdout","digest":")" + to_text(sha256("frame 1\n")) +
                                       R"(","size":8}])");
  EXPECT_EQ(agent.client.report(agent.key, agent.report_body(report)).status, 204);
  for (int look = 0; used(again) != 8 && look < 200; ++look)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(used(again), 8) << "once, not twice";
  EXPECT_EQ(again.get("/v1/jobs/" + job + "/tasks/0/log").raw.body, "frame 1\n");
  EXPECT_EQ(again.get("/v1/jobs/" + job).json.as_object().at("job").as_object().at("state"), JsonValue("succeeded"));
  EXPECT_EQ(put(8, "too late").status, 404) << "its lease has ended";
}

class HubDepotRetention : public testing::TestWithParam<StoreKind> {};
INSTANTIATE_TEST_SUITE_P(Stores, HubDepotRetention, testing::Values(StoreKind::memory, StoreKind::sqlite),
                         [](const auto& kind) { return kind.param == StoreKind::memory ? "memory" : "sqlite"; });

// What no job names goes a day after its last use. What a job names, and its logs, go with their space 30 days after
// its end, not before, and not while a younger job names it too; whoever asks then is told why it is gone.
TEST_P(HubDepotRetention, FilesGoAfterTheirTime) {
  Scene scene(GetParam());
  EXPECT_EQ(put_blob(scene.customer, scene_file, scene_file).status, 200);
  EXPECT_EQ(put_blob(scene.customer, "a mistake", "a mistake").status, 200);
  const std::string first = scene.submit();
  scene.run();
  EXPECT_EQ(scene.used(), 15 + 9 + 20 + 8 + 4);
  scene.hub.clock.shift(unnamed_kept - Duration::minutes(1));
  scene.keep_house();
  EXPECT_TRUE(scene.has("a mistake"));
  scene.hub.clock.shift(Duration::minutes(2));
  scene.keep_house();
  EXPECT_FALSE(scene.has("a mistake"));
  EXPECT_EQ(scene.used(), 15 + 20 + 8 + 4);
  EXPECT_EQ(scene.metrics.depot_dropped.load(), 1);

  scene.hub.clock.shift(Duration::hours(24 * 28));
  scene.keep_house();
  EXPECT_TRUE(scene.has(film));
  const std::string second = scene.submit();
  scene.hub.clock.shift(Duration::hours(24 * 2));
  scene.keep_house();
  EXPECT_TRUE(scene.has(scene_file)) << "the second job has not ended";
  const Answer gone = scene.customer.get(blob_path(film) + "/content");
  EXPECT_EQ(gone.status, 404);
  EXPECT_NE(gone.raw.body.find("the files of a job are kept for 30d after its end"), std::string::npos)
      << gone.raw.body;
  EXPECT_EQ(scene.used(), 15);
  const Answer log = scene.customer.get("/v1/jobs/" + first + "/tasks/0/log");
  EXPECT_EQ(log.status, 410) << log.raw.body;
  EXPECT_EQ(scene.hub.depot->total_use().used, Bytes(15)) << "the live log has gone too";

  EXPECT_EQ(scene.customer.post("/v1/jobs/" + second + "/cancel", "").status, 202);
  scene.hub.clock.shift(Duration::hours(24 * 30 - 1));
  scene.keep_house();
  EXPECT_EQ(scene.used(), 15);
  scene.hub.clock.shift(Duration::hours(2));
  scene.keep_house();
  EXPECT_EQ(scene.used(), 0);
}

// A round a month after the first has the payload and the input of that one, though the first ended longer ago than
// files are kept; nobody but its lease lets an agent read them. When the series is ended, by its first round, they go.
TEST_P(HubDepotRetention, ALaterRoundHasWhatTheFirstBrought) {
  Scene scene(GetParam());
  EXPECT_EQ(put_blob(scene.customer, scene_file, scene_file).status, 200);
  const std::string first = scene.submit(R"("every":2678400,"times":3,)");
  scene.run();
  scene.hub.clock.shift(Duration::hours(24 * 31 - 1));
  scene.keep_house();
  EXPECT_FALSE(scene.has(film)) << "an output of a job of long ago";
  EXPECT_TRUE(scene.has(scene_file)) << "two rounds are to come";
  EXPECT_EQ(scene.customer.get("/v1/jobs").items().size(), 1U);
  scene.hub.clock.shift(Duration::hours(1));

  const JsonValue ended_lease = next_lease(scene.agent);
  ASSERT_TRUE(ended_lease.is_object());
  EXPECT_EQ(ended_lease.as_object().at("desired"), JsonValue("ended"));
  const JsonValue lease = next_lease(scene.agent, ended_lease.as_object().at("sequence").as_int64());
  ASSERT_TRUE(lease.is_object());
  const std::string second(lease.as_object().at("job").as_string());
  EXPECT_NE(second, first);
  EXPECT_EQ(scene.customer.get("/v1/jobs").items().size(), 2U);
  const Answer payload = scene.agent.client.get("/v1/agent/jobs/" + second + "/payload");
  EXPECT_EQ(payload.status, 200) << payload.raw.body;
  EXPECT_NE(payload.raw.body.find(to_text(sha256(scene_file))), std::string::npos);
  EXPECT_EQ(scene.agent.client.get("/v1/agent/jobs/" + first + "/payload").status, 404);
  const std::string attempt = engine_name({*parse<JobId>(second), 0, 1});
  EXPECT_EQ(scene.agent.client.get(blob_path(scene_file) + "/content?attempt=" + attempt).raw.body, scene_file);
  const JsonObject shown = scene.customer.get("/v1/jobs/" + second).json.as_object();
  EXPECT_EQ(shown.at("job").as_object().at("round"), JsonValue(2));
  EXPECT_EQ(shown.at("series").as_object().at("id"), JsonValue(first));
  EXPECT_EQ(shown.at("series").as_object().at("end"), JsonValue("not_yet"));
  EXPECT_EQ(scene.agent.client.report(scene.agent.key, scene.agent.report_body(ended_report(lease))).status, 204);

  EXPECT_EQ(scene.customer.post("/v1/jobs/" + first + "/cancel?series=yes", "").status, 400);
  const Answer ended = scene.customer.post("/v1/jobs/" + first + "/cancel?series=true", "");
  EXPECT_EQ(ended.status, 202) << ended.raw.body;
  EXPECT_EQ(ended.json.as_object().at("job").as_object().at("id"), JsonValue(first));
  EXPECT_EQ(scene.customer.post("/v1/jobs/" + first + "/cancel?series=true", "").status, 409);
  const JsonObject after = scene.customer.get("/v1/jobs/" + second).json.as_object();
  EXPECT_EQ(after.at("series").as_object().at("end"), JsonValue("cancelled"));
  scene.hub.clock.shift(Duration::hours(24 * 30 + 1));
  scene.keep_house();
  EXPECT_FALSE(scene.has(scene_file));
  EXPECT_EQ(scene.customer.get("/v1/jobs").items().size(), 2U) << "no third round";
}

// A repeat of a submission gets its first answer for ever, also when its input is gone by then: only the request is
// compared. A new submission of the same is refused.
TEST(HubDepot, ARepeatedSubmissionOutlivesItsInputs) {
  Scene scene;
  EXPECT_EQ(put_blob(scene.customer, scene_file, scene_file).status, 200);
  const std::string input = R"(,"inputs":[{"path":"a.pov","digest":")" + to_text(sha256(scene_file)) +
                            R"(","size":)" + std::to_string(scene_file.size()) + "}]";
  const Answer first = scene.customer.post("/v1/jobs", job_body(1, input), "render-1");
  ASSERT_EQ(first.status, 201) << first.raw.body;
  scene.run();
  scene.hub.clock.shift(scene.hub.options.depot_retention + Duration::hours(1));
  scene.keep_house();
  ASSERT_FALSE(scene.has(scene_file));
  const Answer repeat = scene.customer.post("/v1/jobs", job_body(1, input), "render-1");
  EXPECT_EQ(repeat.status, 201) << repeat.raw.body;
  EXPECT_EQ(repeat.raw.body, first.raw.body);
  EXPECT_EQ(repeat.raw.header("idempotent-replay"), "true");
  EXPECT_EQ(scene.customer.post("/v1/jobs", ' ' + job_body(1, input), "render-1").raw.body, first.raw.body);
  EXPECT_EQ(scene.customer.post("/v1/jobs", job_body(2, input), "render-1").status, 422) << "another request";
  EXPECT_EQ(scene.customer.post("/v1/jobs", job_body(1, input), "render-2").status, 400) << "a new one";
  EXPECT_NE(scene.customer.get("/metrics").raw.body.find("replayed\"} 2\n"), std::string::npos);
}

// An input that is dropped at the moment of its job's submission would be a promise broken: asking for its progress,
// as every submission does, keeps it for that time.
TEST(HubDepot, WhatIsBeingSubmittedStays) {
  Scene scene;
  EXPECT_EQ(put_blob(scene.customer, scene_file, scene_file).status, 200);
  scene.hub.clock.shift(unnamed_kept + Duration::hours(1));
  EXPECT_EQ(scene.customer.get(blob_path(scene_file)).status, 200);
  scene.keep_house();
  EXPECT_TRUE(scene.has(scene_file));
  scene.submit();
}

// The hub keeps house of itself, and stops at once when told, in the middle of its pause.
TEST(HubDepot, TheKeeperStopsAtOnce) {
  Scene scene;
  DepotKeeper keeper({*scene.hub.store, *scene.hub.depot, scene.hub.clock, scene.metrics, Duration::hours(1)});
  keeper.start();
  keeper.stop();
  EXPECT_EQ(keeper.round().has_value(), true) << "one step needs no pause";
}

}  // namespace
}  // namespace dayan::hub
