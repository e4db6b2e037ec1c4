#include <thread>

#include "hub/test_hub.h"

/// Jobs through the whole hub: from submission to the bill, and who may see what.

namespace dayan::hub {
namespace {

const JsonObject& object(const JsonValue& value, std::string_view member) {
  return value.as_object().at(member).as_object();
}

std::string job_id(const Answer& submitted) {
  return std::string(object(submitted.json, "job").at("id").as_string());
}

class HubJob : public testing::TestWithParam<StoreKind> {};
INSTANTIATE_TEST_SUITE_P(Stores, HubJob, testing::Values(StoreKind::memory, StoreKind::sqlite),
                         [](const auto& kind) { return kind.param == StoreKind::memory ? "memory" : "sqlite"; });

// One task all the way: quoted, submitted, placed, leased, reported, charged for 10 s of a core at 3.6 yuan an hour,
// that is 0.01 yuan, with the rest of the hold released, the provider paid and the ledger in balance.
TEST_P(HubJob, TheWholeWay) {
  TestHub hub(GetParam());
  const Client customer = hub.customer("studio", "1");
  const Client provider = hub.organisation("gui-an", "provider");
  TestAgent agent = hub.agent(provider, "gui-an-1");
  const Answer quoted = customer.call("POST", "/v1/quotes", job_body());
  ASSERT_EQ(quoted.status, 200) << quoted.raw.body;
  const JsonArray& quotes = quoted.json.as_object().at("quotes").as_array();
  ASSERT_EQ(quotes.size(), 1U);
  EXPECT_EQ(quotes[0].as_object().at("task_hold").as_string(), "0.1");

  const Answer submitted = customer.post("/v1/jobs", job_body());
  ASSERT_EQ(submitted.status, 201) << submitted.raw.body;
  const std::string id = job_id(submitted);
  const JsonValue lease = next_lease(agent);
  ASSERT_TRUE(lease.is_object());
  EXPECT_EQ(lease.as_object().at("job").as_string(), id);
  EXPECT_EQ(customer.get("/v1/wallet").text("held"), "0.1");
  const Answer payload = agent.client.get("/v1/agent/jobs/" + id + "/payload");
  EXPECT_EQ(payload.status, 200);
  EXPECT_EQ(payload.json.as_object().at("command").as_array()[0].as_string(), "true");

  // The hub bounds run time by its own clock, so that 10 s must have passed since the grant.
  hub.clock.shift(Duration::seconds(20));
  const Answer taken = agent.client.report(agent.key, agent.report_body(ended_report(lease)));
  EXPECT_EQ(taken.status, 204) << taken.raw.body;
  const Answer job = customer.get("/v1/jobs/" + id);
  EXPECT_EQ(object(job.json, "job").at("state").as_string(), "succeeded") << job.raw.body;
  EXPECT_EQ(object(job.json, "job").at("charged").as_string(), "0.01");
  EXPECT_EQ(customer.get("/v1/wallet").text("held"), "0");
  EXPECT_EQ(customer.get("/v1/wallet").text("available"), "0.99");
  EXPECT_EQ(customer.get("/v1/jobs/" + id + "/charges").items().size(), 1U);
  EXPECT_GE(customer.get("/v1/jobs/" + id + "/entries").items().size(), 2U);
  const JsonArray tasks = customer.get("/v1/jobs/" + id + "/tasks").items();
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].as_object().at("centre").as_string(), "gui-an-1");
  EXPECT_EQ(provider.get("/v1/provider/earnings").text("payable"), "0.0095");
  EXPECT_EQ(agent.client.get("/v1/agent/jobs/" + id + "/payload").status, 404) << "its lease has ended";
  const JsonObject ledger = hub.root().get("/v1/operator/ledger").json.as_object();
  EXPECT_EQ(ledger.at("balanced"), JsonValue(true));
  EXPECT_EQ(ledger.at("violation"), JsonValue(nullptr));
}

// What a provider tells of its centre reaches quotes: whom it serves, and how far it is; the limit of quotes is
// checked, and what is not shown is counted.
TEST_P(HubJob, WhatACentreTellsIsQuotedWith) {
  TestHub hub(GetParam());
  const Client customer = hub.customer("studio", "1");
  const Client provider = hub.organisation("gui-an", "provider");
  const TestAgent agent = hub.agent(provider, "gui-an-1");
  const Client lab = hub.customer("lab");
  const std::string path = "/v1/centres/gui-an-1";
  EXPECT_EQ(customer.call("PUT", path, "{}").status, 403);
  EXPECT_EQ(provider.call("PUT", "/v1/centres/other", "{}").status, 404);
  const Answer bad = provider.call("PUT", path, R"({"pue":999,"latency":[{"city":"x","round_trip":0}]})");
  EXPECT_EQ(bad.status, 400);
  EXPECT_NE(bad.raw.body.find("\"latency[0].round_trip\""), std::string::npos) << bad.raw.body;
  const Answer told = provider.call(
      "PUT", path,
      R"({"accepts":["lab"],"latency":[{"city":"shanghai","round_trip":0.028}],"pue":1200,"carbon":410,)"
      R"("bandwidth":100000000})");
  ASSERT_EQ(told.status, 200) << told.raw.body;
  EXPECT_EQ(told.json.as_object().at("pue").as_int64(), 1'200);
  EXPECT_EQ(told.json.as_object().at("bandwidth").as_int64(), 100'000'000);
  const auto seen_by = [](const Client& who) {
    const Answer centres = who.get("/v1/centres");
    const JsonObject& item = centres.items().front().as_object();
    return std::pair{json_text(item.at("centre").as_object().at("accepts")), item.at("serves_you").as_bool()};
  };
  EXPECT_EQ(seen_by(customer), std::pair(std::string("[]"), false)) << "whom it serves is not a customer's to know";
  EXPECT_EQ(seen_by(lab), std::pair(std::string("[]"), true));
  EXPECT_EQ(seen_by(provider).first, R"(["lab"])");
  EXPECT_EQ(seen_by(hub.root()).first, R"(["lab"])");
  const Answer choosy = customer.call("POST", "/v1/quotes", job_body());
  EXPECT_NE(choosy.raw.body.find("\"acceptance\""), std::string::npos) << choosy.raw.body;
  EXPECT_EQ(provider.call("PUT", path, "{}").status, 200);
  const Answer open = customer.call("POST", "/v1/quotes?limit=1", job_body());
  ASSERT_EQ(open.status, 200) << open.raw.body;
  EXPECT_EQ(open.raw.body.find("\"acceptance\""), std::string::npos) << open.raw.body;
  EXPECT_EQ(object(open.json, "rest").at("ruled_out").as_int64(), 0);
  EXPECT_EQ(customer.call("POST", "/v1/quotes?limit=0", job_body()).status, 400);
}

// Hours of the day are published with the prices and told with the centre; quotes tell the next one. Each fault is
// named.
TEST_P(HubJob, HoursAreQuotedWith) {
  TestHub hub(GetParam());
  const Client customer = hub.customer("studio", "1");
  const Client provider = hub.organisation("gui-an", "provider");
  const TestAgent agent = hub.agent(provider, "gui-an-1");
  const std::string path = "/v1/centres/gui-an-1";
  const auto publish = [&](const std::string& hours) {
    return provider.post(path + "/offers",
                         R"({"core_hour":"3.6","card_hour":"0","gb_hour":"0","hours":)" + hours + "}");
  };
  const Answer bad =
      publish(R"([{"from":"23:00","until":"07:00","percent":0},{"from":"06:00","until":"06:00","percent":5}])");
  EXPECT_EQ(bad.status, 400);
  EXPECT_NE(bad.raw.body.find("\"hours[0].percent\""), std::string::npos) << bad.raw.body;
  EXPECT_NE(bad.raw.body.find("\"hours[1].until\""), std::string::npos) << bad.raw.body;
  EXPECT_EQ(publish(R"([{"from":"2300","until":"07:00","percent":60}])").status, 400);
  const Answer offered =
      publish(R"([{"from":"00:00","until":"12:00","percent":50},{"from":"12:00","until":"00:00","percent":25}])");
  ASSERT_EQ(offered.status, 201) << offered.raw.body;
  const Answer quotes = customer.call("POST", "/v1/quotes", job_body());
  const JsonObject& quote = quotes.json.as_object().at("quotes").as_array().front().as_object();
  const bool is_morning = quote.at("task_cost") == JsonValue("0.05");
  EXPECT_EQ(quote.at("task_cost"), JsonValue(is_morning ? "0.05" : "0.025"));
  const JsonObject& next = quote.at("next_price").as_object();
  EXPECT_EQ(next.at("task_cost"), JsonValue(is_morning ? "0.025" : "0.05"));
  EXPECT_EQ(next.at("percent"), JsonValue(is_morning ? 25 : 50));
  EXPECT_EQ(provider.call("PUT", path, R"({"carbon_hours":[{"from":"10:00","until":"16:00","percent":50}]})").status,
            400)
      << "of what carbon";
  const Answer told = provider.call(
      "PUT", path, R"({"carbon":400,"carbon_hours":[{"from":"18:00+08:00","until":"16:00","percent":50}]})");
  ASSERT_EQ(told.status, 200) << told.raw.body;
  EXPECT_NE(told.raw.body.find(R"("carbon_hours":[{"from":"10:00","until":"16:00","percent":50}])"), std::string::npos)
      << told.raw.body;
}

// Two centres have no local account for the customer, and only the third, the dearest, has one: quotes rank that
// first and say of the others why not, and the job is leased there at once. Whom a centre maps is told to its
// provider, and to the customer only as far as it is served.
TEST_P(HubJob, AJobGoesWhereItsOrganisationHasAnAccount) {
  TestHub hub(GetParam());
  const Client customer = hub.customer("studio", "1");
  const Client provider = hub.organisation("gui-an", "provider");
  const auto pools = [](const std::string& maps) {
    return R"({"pools":[{"name":"cpu","nodes":2,"cores_per_node":4,"memory_per_node":8000000000,)"
           R"("wall_time_max":86400}],"maps":)" +
           maps + "}";
  };
  const TestAgent a = hub.agent(provider, "a");
  const TestAgent b = hub.agent(provider, "b");
  const TestAgent dear = hub.agent(provider, "dear");
  EXPECT_EQ(a.client.call("PUT", "/v1/agent/pools", pools(R"(["lab"])")).status, 204);
  EXPECT_EQ(b.client.call("PUT", "/v1/agent/pools", pools("[]")).status, 204);
  EXPECT_EQ(dear.client.call("PUT", "/v1/agent/pools", pools(R"(["studio","lab"])")).status, 204);
  EXPECT_EQ(a.client.call("PUT", "/v1/agent/pools", pools(R"(["a b"])")).status, 400);
  EXPECT_EQ(provider.post("/v1/centres/dear/offers", R"({"core_hour":"9","card_hour":"0","gb_hour":"0"})").status, 201);
  const Answer quoted = customer.call("POST", "/v1/quotes", job_body());
  const JsonArray& quotes = quoted.json.as_object().at("quotes").as_array();
  ASSERT_EQ(quotes.size(), 3U);
  EXPECT_EQ(quotes[0].as_object().at("centre_name").as_string(), "dear");
  for (const std::size_t i : {1U, 2U})
    EXPECT_NE(json_text(quotes[i]).find("the centre has no local account for your organisation"), std::string::npos);
  EXPECT_EQ(customer.post("/v1/jobs", job_body()).status, 201);
  EXPECT_TRUE(next_lease(dear).is_object());
  const auto seen_by = [](const Client& who) {
    const JsonObject item = who.get("/v1/centres").items().front().as_object();
    return json_text(item.at("centre").as_object().at("maps")) + (item.at("serves_you").as_bool() ? " serves" : "");
  };
  EXPECT_EQ(seen_by(customer), "null");
  EXPECT_EQ(seen_by(hub.customer("lab")), "null serves");
  EXPECT_EQ(seen_by(provider), R"(["lab"])");
}

// What a provider reserves keeps a customer's job out of its quotes until it is taken back, is seen by everybody, and
// whom it names by its provider and the platform alone. Somebody else's centre and reservation are not there.
TEST_P(HubJob, WhatAProviderReservesIsQuotedWith) {
  TestHub hub(GetParam());
  const Client customer = hub.customer("studio", "1");
  const Client provider = hub.organisation("gui-an", "provider");
  const Client stranger = hub.organisation("elsewhere", "provider");
  const TestAgent agent = hub.agent(provider, "gui-an-1");
  const Client lab = hub.customer("lab");
  const std::string path = "/v1/centres/gui-an-1/reservations";
  const UnixTime now = hub.clock.now();
  const auto body = [&](const std::string& more) {
    return R"({"from":")" + to_text(now) + R"(","until":")" + to_text(now + Duration::hours(1)) + "\"" + more + "}";
  };
  EXPECT_EQ(customer.post(path, body(""), "a").status, 403);
  EXPECT_EQ(stranger.post(path, body(""), "b").status, 404);
  const Answer bad = provider.post(path, R"({"from":null,"until":null,"pool":"x"})", "c");
  EXPECT_EQ(bad.status, 400);
  EXPECT_NE(bad.raw.body.find("\"until\""), std::string::npos) << bad.raw.body;
  const Answer made = provider.post(path, body(R"(,"organisations":["lab"],"note":"typhoon")"), "d");
  ASSERT_EQ(made.status, 201) << made.raw.body;
  EXPECT_EQ(provider.post(path, body(""), "e").status, 409);
  const Answer closed = customer.call("POST", "/v1/quotes", job_body());
  EXPECT_NE(closed.raw.body.find("\"closed\""), std::string::npos) << closed.raw.body;
  EXPECT_EQ(closed.raw.body.find("\"lab\""), std::string::npos) << closed.raw.body;
  const std::string seen = customer.get("/v1/centres").raw.body;
  EXPECT_NE(seen.find("typhoon"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("\"lab\""), std::string::npos) << seen;
  EXPECT_NE(provider.get("/v1/centres").raw.body.find("\"lab\""), std::string::npos);
  const std::string one = "/v1/reservations/" + made.text("id");
  EXPECT_EQ(stranger.call("DELETE", one, "", "first").status, 404);
  EXPECT_EQ(provider.call("DELETE", one, "", "second").status, 204);
  EXPECT_EQ(provider.call("DELETE", one, "", "third").status, 404);
  EXPECT_EQ(provider.call("DELETE", "/v1/reservations/x", "", "fourth").status, 404);
  const Answer open = customer.call("POST", "/v1/quotes", job_body());
  EXPECT_EQ(open.raw.body.find("\"closed\""), std::string::npos) << open.raw.body;
}

// A specification with several faults gets one error for each, by its path in the body; inputs that were never
// uploaded are named too. Nothing is stored.
TEST_P(HubJob, EveryFaultIsNamed) {
  TestHub hub(GetParam());
  const Client customer = hub.customer("studio");
  const std::string digest = to_text(sha256("never uploaded"));
  const std::string body =
      R"({"project":"nowhere","spec":{"name":"","count":0,"requirements":{"resources":{"cores":0},)"
      R"("wall_time":0},"payload":{"inputs":[{"path":"../up","digest":")" +
      digest + R"(","size":3}]}}})";
  const Answer answer = customer.post("/v1/jobs", body);
  ASSERT_EQ(answer.status, 400) << answer.raw.body;
  for (const char* field :
       {"project", "spec.name", "spec.count", "spec.requirements.resources.cores", "spec.requirements.wall_time",
        "spec.payload.inputs[0].path", "spec.payload.inputs[0].digest"}) {
    EXPECT_NE(answer.raw.body.find('"' + std::string(field) + '"'), std::string::npos) << field << answer.raw.body;
  }
  const Answer unknown = customer.post("/v1/jobs", R"({"spec":{"price_micro":0,"state":"paid"}})");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_NE(unknown.raw.body.find("spec.price_micro"), std::string::npos);
  EXPECT_NE(unknown.raw.body.find("spec.state"), std::string::npos);
  EXPECT_TRUE(customer.get("/v1/jobs").items().empty());
}

// S7: every route that takes a job shows the other tenant's job as 404, with the same body as one that is not there;
// lists show own objects only; cancelling it changes nothing.
TEST_P(HubJob, TenantsDoNotSeeEachOther) {
  TestHub hub(GetParam());
  const Client a = hub.customer("a");
  const Client b = hub.customer("b");
  const Answer submitted = a.post("/v1/jobs", job_body());
  ASSERT_EQ(submitted.status, 201) << submitted.raw.body;
  const std::string id = job_id(submitted);
  const std::string path = "/v1/jobs/" + id;
  const std::string none = "/v1/jobs/" + to_text(JobId(1));
  for (const char* rest : {"", "/tasks", "/explanation", "/outputs", "/charges", "/entries", "/tasks/0/log"}) {
    const Answer answer = b.get(path + rest);
    EXPECT_EQ(answer.status, 404) << rest;
    EXPECT_EQ(answer.raw.body, b.get(none + rest).raw.body) << rest;
  }
  EXPECT_EQ(b.post(path + "/cancel", "").status, 404);
  EXPECT_TRUE(b.get("/v1/jobs").items().empty());
  EXPECT_EQ(b.get("/v1/wallet?organisation=a").status, 404);
  EXPECT_EQ(hub.root().get("/v1/wallet?organisation=a").status, 200);
  EXPECT_EQ(b.get("/v1/projects").items().size(), 1U);
  EXPECT_EQ(b.call("DELETE", "/v1/tokens/" + to_text(sha256(a.token())), "", "new").status, 404);
  EXPECT_EQ(a.get(path).status, 200);
  EXPECT_EQ(object(a.get(path).json, "job").at("state").as_string(), "waiting");
  // Files: what a has uploaded, in part or whole, is to everybody else like a digest that nobody has sent.
  const std::string whole = "scene { light }";
  const std::string begun = "half of it";
  EXPECT_EQ(put_blob(a, whole, whole).status, 200);
  EXPECT_EQ(put_blob(a, begun, begun.substr(0, 4)).status, 200);
  const Client maker = hub.organisation("gui-an", "provider");
  const TestAgent agent = hub.agent(maker, "gui-an-1");
  EXPECT_EQ(a.get(blob_path(whole)).status, 200);
  EXPECT_EQ(a.get(blob_path(whole) + "/content").raw.body, whole);
  for (const Client& stranger : {b, maker, agent.client, hub.root()}) {
    for (const char* rest : {"", "/content"}) {
      for (const std::string& content : {whole, begun}) {
        const Answer answer = stranger.get(blob_path(content) + rest);
        EXPECT_EQ(answer.status, 404) << rest;
        EXPECT_EQ(answer.raw.body, stranger.get(blob_path("nobody's") + rest).raw.body) << rest;
      }
    }
  }
  // Nor can b use it as an input, learn of it by sending its first bytes, or get it by sending other bytes.
  const std::string inputs = R"(,"inputs":[{"path":"a.pov","digest":")" + to_text(sha256(whole)) + R"(","size":15}])";
  EXPECT_EQ(b.post("/v1/jobs", job_body(1, inputs)).status, 400);
  EXPECT_EQ(put_blob(b, whole, whole.substr(0, 5)).raw.body, R"({"received":5,"complete":false})");
  EXPECT_EQ(b.get(blob_path(whole)).raw.body, R"({"received":5,"complete":false})");
  EXPECT_EQ(put_blob(b, whole, "scene { dark  }").status, 400);
  EXPECT_EQ(b.get(blob_path(whole) + "/content").status, 404);
  // Who has the bytes has them: then it is b's as well.
  EXPECT_EQ(put_blob(b, begun, begun).raw.body, R"({"received":10,"complete":true})");
  EXPECT_EQ(b.get(blob_path(begun) + "/content").raw.body, begun);
  EXPECT_EQ(a.get(blob_path(begun)).raw.body, R"({"received":4,"complete":false})");
  // A job that belongs to neither the operator's organisation is hidden from it too: it has other routes.
  EXPECT_EQ(hub.root().get(path).status, 404);
}

// A digest of zeros and a size that no file has are one fault each: they are not looked for in the depot as well.
TEST_P(HubJob, OneFaultForAnInputThatCannotBe) {
  TestHub hub(GetParam());
  const Client customer = hub.customer("studio");
  const std::string content = "sphere";
  EXPECT_EQ(put_blob(customer, content, content).status, 200);
  const std::string inputs = R"(,"inputs":[{"path":"a.pov","digest":")" + std::string(64, '0') +
                             R"(","size":6},{"path":"b.pov","digest":")" + to_text(sha256(content)) +
                             R"(","size":-1}])";
  const Answer refused = customer.post("/v1/jobs", job_body(1, inputs));
  EXPECT_EQ(refused.status, 400);
  const JsonArray& faults = refused.json.as_object().at("errors").as_array();
  ASSERT_EQ(faults.size(), 2U) << refused.raw.body;
  EXPECT_EQ(faults[0].as_object().at("field").as_string(), "spec.payload.inputs[0].digest");
  EXPECT_EQ(faults[1].as_object().at("field").as_string(), "spec.payload.inputs[1].size");
}

// A job that nobody can run says so, and can be cancelled, which ends it; cancelled again it is refused.
TEST_P(HubJob, WaitingIsExplainedAndCancelled) {
  TestHub hub(GetParam());
  const Client customer = hub.customer("studio");
  const Client provider = hub.organisation("gui-an", "provider");
  TestAgent agent = hub.agent(provider, "gui-an-1");
  std::string body = job_body();
  body.replace(body.find("\"cores\":1"), 9, "\"cores\":64");
  const Answer submitted = customer.post("/v1/jobs", body);
  ASSERT_EQ(submitted.status, 201) << submitted.raw.body;
  const std::string path = "/v1/jobs/" + job_id(submitted);
  const Answer explained = customer.get(path + "/explanation");
  EXPECT_EQ(explained.status, 200);
  EXPECT_NE(explained.raw.body.find("\"cores\""), std::string::npos) << explained.raw.body;
  EXPECT_TRUE(explained.json.as_object().at("ended_at").is_null()) << explained.raw.body;
  EXPECT_EQ(object(customer.get(path).json, "waiting").at("hopeless"), JsonValue(true));
  const Answer cancelled = customer.post(path + "/cancel", "");
  EXPECT_EQ(cancelled.status, 202) << cancelled.raw.body;
  EXPECT_EQ(object(cancelled.json, "job").at("state").as_string(), "cancelled") << cancelled.raw.body;
  EXPECT_EQ(customer.post(path + "/cancel", "").status, 409);
  const Answer ended = customer.get(path + "/explanation");
  EXPECT_EQ(ended.status, 200);
  EXPECT_TRUE(ended.json.as_object().at("quotes").as_array().empty()) << "what is offered now says nothing of it";
  EXPECT_TRUE(ended.json.as_object().at("ended_at").is_string()) << ended.raw.body;
}

// What everybody is due follows the weights of those that have jobs; a customer sees its own share alone, an operator
// all.
TEST_P(HubJob, SharesAreOfOnesOwn) {
  TestHub hub(GetParam());
  const Client film = hub.customer("film");
  const Client lab = hub.customer("lab");
  const Client provider = hub.organisation("gui-an", "provider");
  const TestAgent agent = hub.agent(provider, "gui-an-1");
  const auto organisations = [](const Client& who) {
    const Answer answer = who.get("/v1/shares");
    EXPECT_EQ(answer.status, 200) << answer.raw.body;
    return answer.json.as_object().at("organisations").as_array();
  };
  EXPECT_TRUE(organisations(film).empty());
  const Answer weighed = hub.root().call("PUT", "/v1/organisations/film/weight", R"({"weight":3000})");
  EXPECT_EQ(weighed.status, 200) << weighed.raw.body;
  EXPECT_EQ(weighed.json.as_object().at("weight").as_int64(), 3'000);
  EXPECT_EQ(hub.root().call("PUT", "/v1/organisations/film/weight", R"({"weight":0})").status, 400);
  EXPECT_EQ(hub.root().call("PUT", "/v1/organisations/nobody/weight", R"({"weight":1})").status, 404);
  EXPECT_EQ(film.call("PUT", "/v1/organisations/film/weight", R"({"weight":9000})").status, 403);
  EXPECT_EQ(
      lab.call("PUT", "/v1/projects/default/weight", R"({"weight":500})").json.as_object().at("weight").as_int64(),
      500);
  EXPECT_EQ(lab.call("PUT", "/v1/projects/shots/weight", R"({"weight":500})").status, 404);
  std::string body = job_body();
  body.replace(body.find("\"cores\":1"), 9, "\"cores\":64");
  for (const Client& each : {film, lab}) ASSERT_EQ(each.post("/v1/jobs", body).status, 201);
  const JsonArray own = organisations(lab);
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own.at(0).as_object().at("name").as_string(), "lab");
  EXPECT_EQ(own.at(0).as_object().at("due").as_int64(), 250'000);
  EXPECT_EQ(own.at(0).as_object().at("is_active"), JsonValue(true));
  EXPECT_EQ(own.at(0).as_object().at("projects").as_array().at(0).as_object().at("weight").as_int64(), 500);
  const JsonArray all = organisations(hub.root());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all.at(0).as_object().at("due").as_int64(), 750'000);
}

// An upload in two chunks: progress after each, a gap says where to go on, a repeated chunk is fine, wrong bytes are
// refused and dropped; then the content can be read in parts and serve as an input.
TEST_P(HubJob, BlobsAreUploadedInChunksAndResumed) {
  TestHub hub(GetParam());
  const Client customer = hub.customer("studio");
  const std::string content = "scene { light }";
  const std::string path = "/v1/blobs/" + to_text(sha256(content));
  const auto put = [&](std::size_t offset, const std::string& chunk) {
    return customer.call("PUT", path + "?size=15&offset=" + std::to_string(offset), chunk);
  };
  EXPECT_EQ(customer.get(path).status, 404);
  EXPECT_EQ(put(0, content.substr(0, 5)).raw.body, R"({"received":5,"complete":false})");
  EXPECT_EQ(put(9, content.substr(9)).status, 400);
  EXPECT_EQ(put(0, content.substr(0, 5)).status, 200);
  EXPECT_EQ(customer.get(path).raw.body, R"({"received":5,"complete":false})");
  EXPECT_EQ(customer.get(path + "/content").status, 404);
  EXPECT_EQ(put(5, content.substr(5)).raw.body, R"({"received":15,"complete":true})");
  EXPECT_EQ(customer.get(path + "/content").raw.body, content);
  EXPECT_EQ(customer.get(path + "/content?offset=6&length=4").raw.body, content.substr(6, 4));
  EXPECT_EQ(customer.get(path + "/content?offset=15").raw.body, "");

  const Answer wrong = customer.call("PUT", "/v1/blobs/" + to_text(sha256("other")) + "?size=5", "other!");
  EXPECT_EQ(wrong.status, 400) << wrong.raw.body;
  EXPECT_EQ(customer.call("PUT", "/v1/blobs/" + to_text(sha256("other")) + "?size=5", "othex").status, 400);
  EXPECT_EQ(customer.call("PUT", "/v1/blobs/" + to_text(sha256("x")) + "?size=90000000", "x").status, 507);
  const std::string inputs =
      R"(,"inputs":[{"path":"a.pov","digest":")" + to_text(sha256(content)) + R"(","size":15}])";
  EXPECT_EQ(customer.post("/v1/jobs", job_body(1, inputs)).status, 201);
}

}  // namespace
}  // namespace dayan::hub
