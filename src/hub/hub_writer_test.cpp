#include <atomic>
#include <set>
#include <thread>

#include "hub/test_hub.h"

/// Promises of the writer: one effect a key, and nothing promised that is not on disk.

namespace dayan::hub {
namespace {

std::size_t organisations(const TestHub& hub) { return hub.root().get("/v1/organisations").items().size(); }

std::string available(const Client& customer) { return customer.get("/v1/wallet").text("available"); }

const std::string top_up = R"({"organisation":"studio","amount":"5","reference":"r"})";

class HubWriter : public testing::TestWithParam<StoreKind> {};
INSTANTIATE_TEST_SUITE_P(Stores, HubWriter, testing::Values(StoreKind::memory, StoreKind::sqlite),
                         [](const auto& kind) { return kind.param == StoreKind::memory ? "memory" : "sqlite"; });

// The same request under the same key has one effect and the same bytes; another body under it is 422 and has none;
// a request without a key is 400. All of it holds after a restart of the hub too.
TEST_P(HubWriter, OneKeyOneEffect) {
  TestHub hub(GetParam());
  const std::string token = hub.customer("studio", "1").token();
  const Answer first = hub.root().post("/v1/wallet/top-ups", top_up, "k");
  const Answer again = hub.root().post("/v1/wallet/top-ups", top_up, "k");
  ASSERT_EQ(first.status, 201) << first.raw.body;
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.raw.body, first.raw.body);
  EXPECT_EQ(first.raw.header("idempotent-replay"), "");
  EXPECT_EQ(again.raw.header("idempotent-replay"), "true");
  const std::string spaced = "{ \"reference\": \"\\u0072\",\n\"amount\":\"5\", \"organisation\":\"studio\" }";
  const Answer rewritten = hub.root().post("/v1/wallet/top-ups", spaced, "k");
  EXPECT_EQ(rewritten.raw.body, first.raw.body) << "the same asked in another spelling";
  EXPECT_EQ(rewritten.raw.header("idempotent-replay"), "true");
  const std::string other = R"({"organisation":"studio","amount":"6","reference":"r"})";
  const Answer conflict = hub.root().post("/v1/wallet/top-ups", other, "k");
  EXPECT_EQ(conflict.status, 422);
  EXPECT_EQ(conflict.code(), "conflict");
  const Answer another_key = hub.root().post("/v1/wallet/top-ups", top_up, "k2");
  EXPECT_EQ(another_key.status, 409) << "one payment, whatever the key of the request";
  EXPECT_EQ(available(hub.client(token)), "6");
  EXPECT_EQ(hub.root().post("/v1/wallet/top-ups", top_up, "").status, 400);
  EXPECT_EQ(hub.root().post("/v1/wallet/top-ups", top_up, std::string(129, 'k')).status, 400);
  EXPECT_EQ(available(hub.client(token)), "6");
  hub.restart();
  EXPECT_EQ(hub.root().post("/v1/wallet/top-ups", top_up, "k").raw.body, first.raw.body);
  EXPECT_EQ(available(hub.client(token)), "6");
}

// F13: twenty at once under one key: one effect, twenty equal answers. They meet in one batch or in several.
TEST_P(HubWriter, TwentyAtOnceUnderOneKey) {
  TestHub hub(GetParam());
  const Client customer = hub.customer("studio", "1");
  std::atomic<int> replayed{0};
  std::mutex mutex;
  std::set<std::string> bodies;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] {
      const Answer answer = hub.root().post("/v1/wallet/top-ups", top_up, "k");
      EXPECT_EQ(answer.status, 201) << answer.raw.body;
      if (answer.raw.header("idempotent-replay") == "true") ++replayed;
      const std::lock_guard lock(mutex);
      bodies.insert(answer.raw.body);
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(replayed, 19);
  EXPECT_EQ(bodies.size(), 1U);
  EXPECT_EQ(available(customer), "6");
}

// One key used by two organisations means two requests: keys are each organisation's own.
TEST_P(HubWriter, KeysAreEachOrganisationsOwn) {
  TestHub hub(GetParam());
  const Client a = hub.organisation("a", "customer");
  const Client b = hub.organisation("b", "customer");
  const Answer first = a.post("/v1/projects", R"({"name":"film"})", "k");
  const Answer second = b.post("/v1/projects", R"({"name":"film"})", "k");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 201);
  EXPECT_NE(first.raw.body, second.raw.body);
}

// A refusal is not kept: the same key may be used again once its cause has gone.
TEST_P(HubWriter, RefusalsAreNotKept) {
  TestHub hub(GetParam());
  EXPECT_EQ(hub.root().post("/v1/wallet/top-ups", top_up, "k").status, 404);
  static_cast<void>(hub.organisation("studio", "customer"));
  EXPECT_EQ(hub.root().post("/v1/wallet/top-ups", top_up, "k").status, 201);
}

// What was acknowledged is there after the hub has gone and come back: the same rows, the same tokens, the same
// money.
TEST_P(HubWriter, WhatIsAcknowledgedSurvives) {
  TestHub hub(GetParam());
  const std::string token = hub.customer("studio", "12.5").token();
  const std::string before = hub.root().get("/v1/operator/ledger").raw.body;
  const std::string events = hub.root().get("/v1/operator/events").raw.body;
  hub.restart();
  EXPECT_EQ(hub.root().get("/v1/operator/ledger").raw.body, before);
  EXPECT_EQ(hub.root().get("/v1/operator/events").raw.body, events);
  EXPECT_EQ(available(hub.client(token)), "12.5");
}

// A commit that fails before anything is kept: the caller hears unknown_outcome, the State is read again, nothing of
// the command is left, and the same request under the same key then works once.
TEST(HubWriterFailure, NothingIsLeftOfAFailedCommit) {
  TestHub hub;
  const Client customer = hub.customer("studio", "1");
  const std::size_t before = organisations(hub);
  hub.memory().fail_next_commit(store::FailMode::before_apply);
  const Answer failed = hub.root().post("/v1/wallet/top-ups", top_up, "k");
  EXPECT_EQ(failed.status, 503);
  EXPECT_EQ(failed.code(), "unknown_outcome");
  EXPECT_EQ(failed.raw.header("retry-after"), "1");
  EXPECT_EQ(available(customer), "1");
  EXPECT_EQ(organisations(hub), before);
  const Answer retried = hub.root().post("/v1/wallet/top-ups", top_up, "k");
  EXPECT_EQ(retried.status, 201);
  EXPECT_EQ(retried.raw.header("idempotent-replay"), "");
  EXPECT_EQ(available(customer), "6");
  EXPECT_EQ(hub.root().get("/v1/operator/ledger").json.as_object().at("violation"), JsonValue(nullptr));
}

// A commit that was kept though its confirmation was lost: the caller hears unknown_outcome, and the same request
// under the same key then gets the kept answer, without a second effect.
TEST(HubWriterFailure, ALostConfirmationIsNoSecondEffect) {
  TestHub hub;
  const Client customer = hub.customer("studio", "1");
  hub.memory().fail_next_commit(store::FailMode::after_apply);
  const Answer failed = hub.root().post("/v1/wallet/top-ups", top_up, "k");
  EXPECT_EQ(failed.status, 503);
  EXPECT_EQ(failed.code(), "unknown_outcome");
  const Answer retried = hub.root().post("/v1/wallet/top-ups", top_up, "k");
  EXPECT_EQ(retried.status, 201);
  EXPECT_EQ(retried.raw.header("idempotent-replay"), "true");
  EXPECT_EQ(available(customer), "6");
}

// One account was edited on the disk. The hub that starts on it is not ready and says why, takes nothing that could
// move money (top-ups, jobs, reports), changes nothing on the disk, and yet reads for everybody; a token for who
// looks after it may still be made. On books that are whole again it starts as ever.
TEST_P(HubWriter, OnBrokenBooksItReadsAlone) {
  TestHub hub(GetParam());
  const Client customer = hub.customer("studio", "1");
  const Client provider = hub.organisation("gui-an", "provider");
  TestAgent agent = hub.agent(provider, "gui-an-1");
  ASSERT_EQ(customer.post("/v1/jobs", job_body()).status, 201);
  const JsonValue lease = next_lease(agent);
  hub.close();
  hub.open();
  const auto accounts = hub.store->query({"account", {}, {}, false, 100});
  ASSERT_TRUE(accounts.has_value()) << to_text(accounts.error());
  AccountRow wallet;
  for (const Row& row : *accounts) {
    const auto& account = std::get<AccountRow>(row);
    if (account.kind == AccountKind::customer_wallet) wallet = account;
  }
  ASSERT_FALSE(wallet.owner.is_none());
  const auto put_wallet = [&](Cny debits) {
    const auto generation = hub.store->take_over();
    ASSERT_TRUE(generation.has_value());
    wallet.debits_posted = debits;
    Batch planted;
    planted.generation = *generation;
    planted.changes.push_back({wallet, RowFate::live});
    ASSERT_TRUE(hub.store->commit(planted).has_value());
  };
  put_wallet(Cny::yuan(100));
  hub.start();
  const std::string path = "/v1/operator/events";
  const std::string events = hub.root().get(path).raw.body;
  const Answer health = hub.client("").get("/healthz");
  EXPECT_EQ(health.status, 503);
  EXPECT_EQ(health.text("status"), "read_only");
  EXPECT_NE(health.text("reason").find("an invariant of the books is broken"), std::string::npos);
  const Client person = hub.client(customer.token());
  const Client machine = hub.client(agent.client.token());
  for (const Answer& answer : {hub.root().post("/v1/wallet/top-ups", top_up), person.post("/v1/jobs", job_body()),
                               machine.report(agent.key, agent.report_body(ended_report(lease)))}) {
    EXPECT_EQ(answer.status, 503) << answer.raw.body;
    EXPECT_EQ(answer.code(), "unavailable");
    EXPECT_NE(answer.raw.body.find("the hub's books are broken"), std::string::npos) << answer.raw.body;
  }
  EXPECT_EQ(hub.root().get(path).raw.body, events) << "nothing is on disk";
  EXPECT_EQ(person.get("/v1/wallet").status, 200);
  EXPECT_EQ(person.get("/v1/jobs").items().size(), 1U);
  const Answer ledger = hub.root().get("/v1/operator/ledger");
  EXPECT_NE(ledger.text("violation").find("customer_wallet"), std::string::npos) << ledger.raw.body;
  const std::string figures = hub.client("").get("/metrics").raw.body;
  EXPECT_NE(figures.find("\nledger_invariant_violations 1\n"), std::string::npos) << figures;
  EXPECT_NE(figures.find("\ndayan_hub_ready 0\n"), std::string::npos) << figures;
  EXPECT_EQ(hub.root().post("/v1/tokens", R"({"label":"a","scopes":["read"],"lifetime":60})").status, 201);
  hub.close();
  hub.open();
  put_wallet(Cny());
  hub.start();
  EXPECT_EQ(hub.client("").get("/healthz").status, 200);
  EXPECT_EQ(hub.root().post("/v1/wallet/top-ups", top_up).status, 201);
}

// What broke the books while the hub ran is found when it next reads its state, without a restart.
TEST(HubWriterFailure, BrokenBooksAreFoundWhenTheStateIsReadAgain) {
  TestHub hub;
  static_cast<void>(hub.customer("studio", "1"));
  const auto accounts = hub.store->query({"account", {}, {}, false, 100});
  ASSERT_TRUE(accounts.has_value());
  Batch planted;
  planted.generation = 2;  // the first hub's was the bootstrap's
  for (const Row& row : *accounts) {
    auto account = std::get<AccountRow>(row);
    if (account.kind != AccountKind::customer_wallet) continue;
    account.credits_posted = account.credits_posted + Cny::yuan(1);
    planted.changes.push_back({account, RowFate::live});
  }
  ASSERT_TRUE(hub.store->commit(planted).has_value());
  EXPECT_EQ(hub.client("").get("/healthz").status, 200);
  hub.memory().fail_next_commit(store::FailMode::before_apply);
  EXPECT_EQ(hub.root().post("/v1/wallet/top-ups", top_up).status, 503);
  const Answer refused = hub.root().post("/v1/wallet/top-ups", top_up);
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.raw.body.find("the hub's books are broken"), std::string::npos) << refused.raw.body;
  EXPECT_EQ(hub.client("").get("/healthz").text("status"), "read_only");
}

// When another hub takes over the store, this one never writes again: commands are 503, and its host is told.
TEST(HubWriterFailure, AnotherHubHasTakenOver) {
  TestHub hub;
  const Client customer = hub.customer("studio", "1");
  ASSERT_TRUE(hub.store->take_over().has_value());
  const Answer answer = hub.root().post("/v1/wallet/top-ups", top_up, "k");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.code(), "unavailable");
  EXPECT_TRUE(hub.is_fenced);
  EXPECT_EQ(hub.root().post("/v1/wallet/top-ups", top_up, "k").status, 503);
  EXPECT_EQ(hub.client("").get("/healthz").status, 503);
  EXPECT_EQ(available(customer), "1") << "reads show what is committed, and nothing was";
}

// A clock that is set back does not stop the hub: time as the core sees it still rises, and ids stay unique, also
// across a restart while the time stands still.
TEST(HubWriterFailure, AClockThatGoesBackIsEndured) {
  TestHub hub;
  hub.clock.shift(Duration::seconds(-20));
  static_cast<void>(hub.customer("studio", "1"));
  hub.restart();
  static_cast<void>(hub.customer("lab", "1"));
  EXPECT_EQ(organisations(hub), 3U);
  const JsonArray events = hub.root().get("/v1/operator/events").items();
  ASSERT_GT(events.size(), 1U);
  for (std::size_t i = 1; i < events.size(); ++i) {
    const auto at = [&](std::size_t which) {
      return *parse_time(std::string(events[which].as_object().at("at").as_string()));
    };
    EXPECT_LE(at(i - 1), at(i));
  }
}

// A hub whose clock is far behind its last command does not start: it would freeze every timer and lease.
TEST(HubWriterFailure, AClockFarBehindIsRefusedAtStart) {
  TestHub hub;
  hub.close();
  hub.open();
  hub.clock.shift(Duration::hours(-1));
  const auto started = Hub::start(hub.options, *hub.store, *hub.depot, hub.clock);
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, ErrorCode::invalid);
}

// The service routes: health, and figures in the form that Prometheus reads.
TEST(HubWriterFailure, FiguresAreThere) {
  TestHub hub;
  static_cast<void>(hub.customer("studio", "1"));
  EXPECT_EQ(hub.client("").get("/healthz").text("status"), "ok");
  const std::string text = hub.client("").get("/metrics").raw.body;
  EXPECT_NE(text.find("dayan_hub_commands_total{result=\"accepted\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("ledger_invariant_violations 0\n"), std::string::npos);
  EXPECT_NE(text.find("dayan_hub_commit_seconds_count 2\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace dayan::hub
