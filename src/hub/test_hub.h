#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "depot/local_depot.h"
#include "edge/http_client.h"
#include "edge/shifted_clock_for_tests.h"
#include "edge/signing.h"
#include "hub/hub.h"
#include "model/json.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"
#include "wire/agent.h"

/// For tests: a whole hub in this process on a free port of loopback, and the people who talk to it.

namespace dayan::hub {

struct Answer {
  int status = 0;
  JsonValue json;  ///< null when the body is none
  HttpResponse raw;

  [[nodiscard]] std::string text(std::string_view member) const {
    return std::string(json.as_object().at(member).as_string());
  }
  [[nodiscard]] std::string code() const { return text("code"); }
  [[nodiscard]] const JsonArray& items() const { return json.as_object().at("items").as_array(); }
};

/// One bearer of a token.
class Client {
 public:
  Client() = default;
  Client(const std::string& url, std::string token) : token_(std::move(token)) {
    auto made = edge::make_http_client(url);
    EXPECT_TRUE(made.has_value());
    if (made.has_value()) http_ = std::move(*made);
  }

  /// `key`: the idempotency key; "new" makes a fresh one, empty sends none.
  [[nodiscard]] Answer call(std::string method, std::string target, std::string body = {}, std::string key = {},
                            std::vector<HttpHeader> headers = {}) const {
    static std::atomic<int> keys{0};
    HttpRequest request{std::move(method), std::move(target), std::move(headers), std::move(body)};
    if (!token_.empty()) request.headers.push_back({"authorization", "Bearer " + token_});
    if (key == "new") key = "key-" + std::to_string(++keys);
    if (!key.empty()) request.headers.push_back({"idempotency-key", key});
    Answer answer;
    auto response = http_->send(request, Duration::seconds(60));
    EXPECT_TRUE(response.has_value()) << request.target << ": " << to_text(response.error());
    if (!response.has_value()) return answer;
    answer.status = response->status;
    if (response->header("content-type").find("json") != std::string_view::npos) {
      if (auto parsed = parse_json(response->body)) answer.json = std::move(*parsed);
    }
    answer.raw = std::move(*response);
    return answer;
  }
  [[nodiscard]] Answer get(std::string target) const { return call("GET", std::move(target)); }
  [[nodiscard]] Answer post(std::string target, std::string body, std::string key = "new") const {
    return call("POST", std::move(target), std::move(body), std::move(key));
  }
  /// A signed report, as an agent sends it.
  [[nodiscard]] Answer report(const edge::SigningKey& signer, const std::string& body) const {
    return call("POST", "/v1/agent/reports", body, {},
                {{std::string(wire::signature_header), signer.sign(wire::report_signed_bytes(body))}});
  }
  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  std::string token_;
  std::shared_ptr<HttpClient> http_;
};

/// An agent that has enrolled.
struct TestAgent {
  Client client;
  edge::SigningKey key = edge::SigningKey::make();
  int sequence = 0;

  [[nodiscard]] std::string report_body(const std::string& reports) {
    return R"({"agent_epoch":1,"sequence":)" + std::to_string(++sequence) + R"(,"reports":[)" + reports + "]}";
  }
};

enum class StoreKind { memory, sqlite };

class TestHub {
 public:
  explicit TestHub(StoreKind kind = StoreKind::memory, Bytes depot_per_organisation = Bytes(20'000'000))
      : kind_(kind) {
    static std::atomic<int> folders{0};
    options.data = std::filesystem::temp_directory_path() /
                   ("dayan-hub-test-" + std::to_string(::getpid()) + "-" + std::to_string(++folders));
    std::filesystem::create_directories(options.data);
    options.port = 0;
    options.depot_total = Bytes(100'000'000);
    options.depot_per_organisation = depot_per_organisation;
    open();
    auto first = init_store(*store, clock, "platform", "op");
    EXPECT_TRUE(first.has_value());
    if (first.has_value()) operator_token = first->token;
    start();
  }
  ~TestHub() {
    close();
    std::filesystem::remove_all(options.data);
  }

  void open() {
    if (kind_ == StoreKind::memory) {
      if (!store) store = std::make_unique<store::MemoryStore>();
    } else {
      auto opened = store::open_sqlite_store(options.data + "/hub.db");
      ASSERT_TRUE(opened.has_value()) << to_text(opened.error());
      store = std::move(*opened);
    }
    auto depot_opened =
        depot::open_depot(options.data + "/depot", {options.depot_total, options.depot_per_organisation}, clock);
    ASSERT_TRUE(depot_opened.has_value()) << to_text(depot_opened.error());
    depot = std::move(*depot_opened);
  }
  void start() {
    auto started = Hub::start(options, *store, *depot, clock, [this](const Error&) { is_fenced = true; });
    ASSERT_TRUE(started.has_value()) << to_text(started.error());
    hub = std::move(*started);
  }
  /// Ends the hub; what is committed stays.
  void close() {
    hub.reset();
    depot.reset();
    if (kind_ == StoreKind::sqlite) store.reset();
  }
  void restart() {
    close();
    open();
    start();
  }

  [[nodiscard]] Client client(const std::string& token) const { return {hub->url(), token}; }
  [[nodiscard]] Client root() const { return client(operator_token); }
  [[nodiscard]] store::MemoryStore& memory() const { return dynamic_cast<store::MemoryStore&>(*store); }

  /// A new organisation's first user.
  [[nodiscard]] Client organisation(const std::string& name, const std::string& role) const {
    const Answer made =
        root().post("/v1/organisations", R"({"name":")" + name + R"(","user":"li","roles":[")" + role + "\"]}");
    EXPECT_EQ(made.status, 201) << made.raw.body;
    return client(made.text("token"));
  }
  [[nodiscard]] Client customer(const std::string& name, const std::string& yuan = "100") const {
    Client made = organisation(name, "customer");
    const Answer paid = root().post("/v1/wallet/top-ups", R"({"organisation":")" + name + R"(","amount":")" + yuan +
                                                              R"(","reference":"first of )" + name + R"("})");
    EXPECT_EQ(paid.status, 201) << paid.raw.body;
    return made;
  }
  /// An agent of a new centre of that provider, with one pool of 8 cores and an offer of 3.6 yuan a core hour.
  [[nodiscard]] TestAgent agent(const Client& provider, const std::string& centre) const {
    EXPECT_EQ(provider.post("/v1/centres", R"({"name":")" + centre + R"(","region":"guizhou"})").status, 201);
    const Answer offered =
        provider.post("/v1/centres/" + centre + "/offers", R"({"core_hour":"3.6","card_hour":"0","gb_hour":"0"})");
    EXPECT_EQ(offered.status, 201) << offered.raw.body;
    const Answer join = provider.post("/v1/centres/" + centre + "/join-tokens", "");
    EXPECT_EQ(join.status, 201) << join.raw.body;
    TestAgent agent;
    const Answer enrolled = client("").call(
        "POST", "/v1/agent/enrol",
        R"({"join_token":")" + join.text("join_token") + R"(","public_key":")" + agent.key.public_key() + "\"}");
    EXPECT_EQ(enrolled.status, 201) << enrolled.raw.body;
    agent.client = client(enrolled.text("token"));
    const Answer pools = agent.client.call(
        "PUT", "/v1/agent/pools",
        R"({"pools":[{"name":"cpu","nodes":2,"cores_per_node":4,"memory_per_node":8000000000,)"
        R"("wall_time_max":86400}]})");
    EXPECT_EQ(pools.status, 204) << pools.raw.body;
    return agent;
  }

  HubOptions options;
  edge::ShiftedClock clock;
  std::unique_ptr<Store> store;
  std::unique_ptr<Depot> depot;
  std::unique_ptr<Hub> hub;
  std::string operator_token;
  std::atomic<bool> is_fenced{false};

 private:
  StoreKind kind_;
};

/// A job of `count` tasks of one core, with a limit of 100 s each: a hold of 0.1 yuan a task.
inline std::string job_body(int count = 1, const std::string& more_payload = "") {
  return R"({"spec":{"name":"frames","count":)" + std::to_string(count) +
         R"(,"requirements":{"resources":{"cores":1,"memory":1000000},"wall_time":100},"payload":{"command":["true"])" +
         more_payload + "}}}";
}

inline std::string blob_path(std::string_view content) { return "/v1/blobs/" + to_text(sha256(content)); }

/// Sends the first bytes of a content, or others under its digest. `attempt`: for which an agent does.
inline Answer put_blob(const Client& sender, std::string_view content, std::string_view bytes,
                       const std::string& attempt = {}) {
  return sender.call("PUT",
                     blob_path(content) + "?size=" + std::to_string(content.size()) +
                         (attempt.empty() ? "" : "&attempt=" + attempt),
                     std::string(bytes));
}

/// The first lease that the agent's watch shows after a sequence; null when none comes in time.
inline JsonValue next_lease(const TestAgent& agent, std::int64_t after = 0) {
  const Answer answer = agent.client.get("/v1/agent/leases?wait=10&after=" + std::to_string(after));
  EXPECT_EQ(answer.status, 200) << answer.raw.body;
  const std::string line = answer.raw.body.substr(0, answer.raw.body.find('\n'));
  auto lease = parse_json(line);
  return lease.has_value() ? *lease : JsonValue(nullptr);
}

/// The report of a lease's attempt that ended by itself after 10 s of the engine's time.
inline std::string ended_report(const JsonValue& lease) {
  const JsonObject& row = lease.as_object();
  return R"({"attempt":{"job":)" + json_text(row.at("job")) + R"(,"task":)" + json_text(row.at("task")) +
         R"(,"number":)" + json_text(row.at("number")) +
         R"(},"state":"ended","outcome":"exited","engine_id":"7","exit_code":0,"engine_run":10,"wrapper_run":10})";
}

}  // namespace dayan::hub
