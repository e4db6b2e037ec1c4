#include <chrono>

#include "edge/tcp_stream.h"
#include "hub/test_hub.h"

/// Whose bytes are whose: what agents may read and send, and who is charged for it.

namespace dayan::hub {
namespace {

const std::string scene_file = "scene { light }";

struct Scene {
  explicit Scene(Bytes per_organisation = Bytes(20'000'000)) : hub(StoreKind::memory, per_organisation) {}

  TestHub hub;
  Client customer = hub.customer("studio");
  Client provider = hub.organisation("gui-an", "provider");
  TestAgent agent = hub.agent(provider, "gui-an-1");

  /// A job with the scene as its input, which is uploaded; its lease at the agent's centre.
  JsonValue lease() {
    EXPECT_EQ(put_blob(customer, scene_file, scene_file).status, 200);
    const std::string input = R"(,"inputs":[{"path":"a.pov","digest":")" + to_text(sha256(scene_file)) +
                              R"(","size":)" + std::to_string(scene_file.size()) + "}]";
    const Answer submitted = customer.post("/v1/jobs", job_body(1, input));
    EXPECT_EQ(submitted.status, 201) << submitted.raw.body;
    return next_lease(agent);
  }
};

std::string job_of(const JsonValue& lease) { return std::string(lease.as_object().at("job").as_string()); }
std::string name_of(const JsonValue& lease) { return engine_name({*parse<JobId>(job_of(lease)), 0, 1}); }

// An agent reads the inputs of an attempt that it holds the lease of, while it does: no other content, not without
// the attempt's name, not another centre's, and not when the attempt has ended.
TEST(HubBlob, AnAgentReadsTheInputsOfItsLeases) {
  Scene scene;
  EXPECT_EQ(put_blob(scene.customer, "a secret", "a secret").status, 200);
  const JsonValue lease = scene.lease();
  ASSERT_TRUE(lease.is_object());
  const std::string named = "?attempt=" + name_of(lease);
  const std::string content = blob_path(scene_file) + "/content";
  EXPECT_EQ(scene.agent.client.get(content + named).raw.body, scene_file);
  const TestAgent rival = scene.hub.agent(scene.hub.organisation("rival", "provider"), "rival-1");
  const std::string unknown = scene.agent.client.get(blob_path("nobody's") + "/content" + named).raw.body;
  const auto expect_hidden = [&](const Client& who, const std::string& target) {
    const Answer answer = who.get(target);
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_EQ(answer.raw.body, unknown) << target;
  };
  expect_hidden(scene.agent.client, content);
  expect_hidden(scene.agent.client, content + "?attempt=" + engine_name({JobId(1), 0, 1}));
  expect_hidden(scene.agent.client, content + "?attempt=x");
  expect_hidden(scene.agent.client, blob_path("a secret") + "/content" + named);
  expect_hidden(scene.agent.client, blob_path("a secret") + named);
  expect_hidden(scene.agent.client, blob_path(scene_file) + named);
  expect_hidden(rival.client, content + named);
  EXPECT_EQ(scene.customer.get(content + named).status, 400) << "a customer has no attempts to name";
  EXPECT_EQ(scene.agent.client.report(scene.agent.key, scene.agent.report_body(ended_report(lease))).status, 204);
  expect_hidden(scene.agent.client, content + named);
}

// What an agent sends for an attempt is the customer's: the customer reads it and is charged; the provider is neither
// charged nor may it read. The agent learns of what it has sent, not of what the customer has.
TEST(HubBlob, OutputsAreTheCustomers) {
  Scene scene(Bytes(40));
  const JsonValue lease = scene.lease();
  ASSERT_TRUE(lease.is_object());
  const std::string attempt = name_of(lease);
  const std::string output = "twenty bytes of film";
  const std::string named = "?attempt=" + attempt;
  EXPECT_EQ(put_blob(scene.agent.client, output, output).status, 400) << "it names no attempt";
  EXPECT_EQ(put_blob(scene.agent.client, output, output.substr(0, 6), attempt).status, 200);
  EXPECT_EQ(scene.agent.client.get(blob_path(output) + named).raw.body, R"({"received":6,"complete":false})");
  EXPECT_EQ(scene.customer.get(blob_path(output)).status, 404) << "it is not whole";
  EXPECT_EQ(put_blob(scene.agent.client, output, output, attempt).status, 200);
  EXPECT_EQ(scene.agent.client.get(blob_path(output) + named).raw.body, R"({"received":20,"complete":true})");
  EXPECT_EQ(scene.customer.get(blob_path(output) + "/content").raw.body, output);
  EXPECT_EQ(scene.provider.get(blob_path(output) + "/content").status, 404);
  // 15 bytes of input and 20 of output leave the customer 5 of 40.
  const Answer full = put_blob(scene.agent.client, "six by", "six by", attempt);
  EXPECT_EQ(full.status, 507) << full.raw.body;
  EXPECT_NE(full.raw.body.find("no room left for the customer"), std::string::npos) << full.raw.body;
  EXPECT_EQ(full.raw.body.find("40B"), std::string::npos) << "what the customer keeps is not the centre's to know";
  const Answer own = put_blob(scene.customer, "six by", "six by");
  EXPECT_NE(own.raw.body.find("35B of 40B are used"), std::string::npos) << own.raw.body;
  EXPECT_NE(own.raw.body.find("--depot-per-organisation"), std::string::npos) << own.raw.body;
  const TestAgent rival = scene.hub.agent(scene.hub.organisation("rival", "provider"), "rival-1");
  EXPECT_EQ(put_blob(rival.client, "x", "x", attempt).status, 404) << "not its attempt";
  EXPECT_EQ(scene.agent.client.report(scene.agent.key, scene.agent.report_body(ended_report(lease))).status, 204);
  EXPECT_EQ(put_blob(scene.agent.client, "x", "x", attempt).status, 404) << "its lease has ended";
}

/// Says the bytes over a connection of their own; the status line of the answer, "" when none comes in time.
std::string status_line(std::uint16_t port, std::string_view bytes) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  auto stream = edge::TcpStream::connect("127.0.0.1", port, until);
  if (!stream.has_value() || stream->wait(true, until).timed_out) return {};
  if (stream->write(bytes, {}).count != bytes.size()) return {};
  std::string heard;
  while (heard.find('\n') == std::string::npos && !stream->wait(false, until).timed_out) {
    char buffer[1024];
    const auto moved = stream->read(buffer, sizeof buffer);
    if (moved.closed) break;
    heard.append(buffer, moved.count);
  }
  return heard.substr(0, heard.find('\r'));
}

// A stranger's upload ends before its bytes are read: the answer is there while the body is still to come. So is that
// of a route which is none. Who has a token is asked to go on.
TEST(HubBlob, AStrangersBytesAreNotRead) {
  Scene scene;
  const auto status = [&](const std::string& path, const std::string& token) {
    return status_line(scene.hub.hub->port(), "PUT " + path + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + token +
                                                  "\r\nExpect: 100-continue\r\nContent-Length: 8000000\r\n\r\n");
  };
  const std::string path = blob_path("x") + "?size=8000000";
  EXPECT_EQ(status(path, "dayan_nobody"), "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(status("/v1/no-such-thing", scene.customer.token()), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(status(path, scene.customer.token()), "HTTP/1.1 100 Continue");
}

// An agent that names a digest of somebody else's as an output gives the customer nothing by it: neither as content
// nor as a log.
TEST(HubBlob, ANamedOutputIsNotAnUploadedOne) {
  Scene scene;
  const Client other = scene.hub.customer("rival-studio");
  const std::string secret = "their film";
  EXPECT_EQ(put_blob(other, secret, secret).status, 200);
  const JsonValue lease = scene.lease();
  ASSERT_TRUE(lease.is_object());
  std::string report = ended_report(lease);
  report.insert(report.size() - 1,
                R"(,"outputs":[{"path":"stdout","digest":")" + to_text(sha256(secret)) + R"(","size":10}])");
  EXPECT_EQ(scene.agent.client.report(scene.agent.key, scene.agent.report_body(report)).status, 204);
  EXPECT_EQ(scene.customer.get("/v1/jobs/" + job_of(lease) + "/outputs").items().size(), 1U);
  EXPECT_EQ(scene.customer.get(blob_path(secret) + "/content").status, 404);
  EXPECT_EQ(scene.customer.get("/v1/jobs/" + job_of(lease) + "/tasks/0/log").raw.body.find(secret),
            std::string::npos);
}

}  // namespace
}  // namespace dayan::hub
