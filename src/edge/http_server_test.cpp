#include "edge/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "edge/http_test_tools.h"

namespace dayan::edge {

using testing::client_of;
using testing::echo;
using testing::RawClient;
using testing::request_of;
using testing::serve;
using testing::status_of;
using testing::talk;

constexpr Duration patience = Duration::seconds(10);

// A request reaches the handler whole and its answer comes back whole: method, target, headers, body both ways.
TEST(HttpServer, round_trip) {
  const auto server = serve([](const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) {
    responder->respond({201, {{"location", "/v1/jobs/7"}}, std::string(request.header("x-word")) + request.body});
  });
  const auto client = client_of(*server);
  HttpRequest request = request_of("POST", "/v1/jobs?limit=10", "body");
  request.headers.push_back({"X-Word", "head+"});
  const auto response = client->send(request, patience);
  ASSERT_TRUE(response.has_value()) << to_text(response.error());
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->header("location"), "/v1/jobs/7");
  EXPECT_EQ(response->body, "head+body");
}

// A chunk of an upload, 8 MiB with every byte value, goes both ways unchanged.
TEST(HttpServer, large_binary_body) {
  const auto server = serve([](HttpRequest request, const std::shared_ptr<HttpResponder>& responder) {
    responder->respond({200, {}, std::move(request.body)});
  });
  std::string body(8U << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 + i / 256);
  const auto response = client_of(*server)->send(request_of("PUT", "/chunk", body), patience);
  ASSERT_TRUE(response.has_value()) << to_text(response.error());
  EXPECT_TRUE(response->body == body);
}

// An answer may come later and from another thread: the handler keeps the responder, a thread of its own answers.
TEST(HttpServer, answer_from_another_thread) {
  std::thread later;
  const auto server = serve([&](const HttpRequest&, std::shared_ptr<HttpResponder> responder) {
    later = std::thread([kept = std::move(responder)] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      kept->respond({200, {}, "later"});
    });
  });
  const auto response = client_of(*server)->send(request_of("GET", "/"), patience);
  later.join();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, "later");
}

// One connection carries request after request, also when they are sent before the answers are read.
TEST(HttpServer, keep_alive_and_pipelining) {
  const auto server = serve(echo);
  RawClient raw(server->port());
  const std::string one = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi";
  raw.say(one);
  EXPECT_NE(raw.hear("POST /a hi").find("connection: keep-alive"), std::string::npos);
  raw.say(one + one + "GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string rest = raw.hear();
  EXPECT_NE(rest.find("POST /a hi"), rest.rfind("POST /a hi"));
  EXPECT_NE(rest.find("connection: close"), std::string::npos);
  EXPECT_TRUE(rest.ends_with("GET /b "));
}

// Ten thousand pipelined requests are answered in order, one at a time.
TEST(HttpServer, deep_pipeline) {
  std::atomic<int> calls = 0;
  std::atomic<int> inside = 0;
  std::atomic<int> most_inside = 0;
  const auto server = serve([&](const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) {
    most_inside = std::max(most_inside.load(), ++inside);
    ++calls;
    --inside;
    responder->respond({200, {}, request.target});
  });
  constexpr int count = 10'000;
  RawClient raw(server->port());
  std::thread speaker([&] {
    std::string all;
    for (int i = 0; i < count; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    raw.say(all);
  });
  const std::string heard = raw.hear("/9999");
  speaker.join();
  EXPECT_EQ(calls, count);
  EXPECT_EQ(most_inside, 1);
  EXPECT_LT(heard.find("/123"), heard.find("/124"));
}

// 32 threads share one client: every one gets the answer to its own question.
TEST(HttpServer, many_clients_at_once) {
  const auto server = serve(echo);
  const auto client = client_of(*server);
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 32; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string word = std::to_string(t) + "." + std::to_string(i);
        const auto response = client->send(request_of("POST", "/" + word, word), patience);
        if (response && response->body == "POST /" + word + " " + word) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 32 * 50);
}

// A handler that throws, or drops its responder, or gives a header that would break the frame, gives a 500.
TEST(HttpServer, faulty_handlers_answer_500) {
  const auto server = serve([](const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) {
    if (request.target == "/throw") throw std::runtime_error("fault");
    if (request.target == "/split") responder->respond({200, {{"x-name", "a\r\nset-cookie: b"}}, {}});
  });
  const auto client = client_of(*server);
  for (const char* target : {"/throw", "/drop", "/split"}) {
    const auto response = client->send(request_of("GET", target), patience);
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, 500) << target;
    EXPECT_EQ(response->header("content-type"), "application/problem+json");
    EXPECT_NE(response->body.find(R"("code":"unknown_outcome","errors":[{)"), std::string::npos) << response->body;
    EXPECT_EQ(response->header("set-cookie"), "");
  }
}

// A handler that never answers costs the client no more than the limit; its late answer disturbs nobody.
TEST(HttpServer, unanswered_in_time_is_503) {
  HttpLimits limits;
  limits.answer_time = Duration::milliseconds(100);
  std::shared_ptr<HttpResponder> kept;
  const auto server = serve(
      [&](const HttpRequest&, std::shared_ptr<HttpResponder> responder) { kept = std::move(responder); }, limits);
  const auto response = client_of(*server)->send(request_of("POST", "/"), patience);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 503);
  kept->respond({200, {}, "too late"});
}

// A client that asks first is told to go on, and only then sends its body.
TEST(HttpServer, expect_100_continue) {
  const auto server = serve(echo);
  RawClient raw(server->port());
  raw.say("PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(raw.hear("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  raw.say("hi");
  EXPECT_TRUE(raw.hear().ends_with("PUT /x hi"));
}

// An address that other machines can reach is refused with a reason and the way out; so is one that is none.
TEST(HttpServer, only_loopback) {
  for (const char* address : {"0.0.0.0", "192.168.1.1", "::", "2001:db8::1"}) {
    HttpServerOptions options;
    options.address = address;
    const auto server = HttpServer::start(options, echo);
    ASSERT_FALSE(server.has_value()) << address;
    EXPECT_EQ(server.error().code, ErrorCode::invalid);
    EXPECT_NE(to_text(server.error()).find("TLS is not there yet; bind to 127.0.0.1 or ::1"), std::string::npos);
  }
  HttpServerOptions options;
  options.address = "here";
  EXPECT_FALSE(HttpServer::start(options, echo).has_value());
  options.address = "127.0.0.1";
  options.threads = 0;
  EXPECT_FALSE(HttpServer::start(options, echo).has_value());
}

// A port that is taken is an Error that names it.
TEST(HttpServer, port_in_use) {
  const auto first = serve(echo);
  HttpServerOptions options;
  options.port = first->port();
  const auto second = HttpServer::start(options, echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  EXPECT_NE(to_text(second.error()).find(std::to_string(first->port())), std::string::npos);
}

// A graceful stop lets the request under way be answered, closes idle connections and takes no new ones.
TEST(HttpServer, graceful_stop) {
  std::promise<std::shared_ptr<HttpResponder>> arrived;
  const auto server = serve(
      [&](const HttpRequest&, std::shared_ptr<HttpResponder> responder) { arrived.set_value(std::move(responder)); });
  RawClient idle(server->port());
  RawClient busy(server->port());
  busy.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto responder = arrived.get_future().get();
  std::thread stopper([&] { server->stop(patience); });
  EXPECT_EQ(idle.hear(), "");
  EXPECT_FALSE(client_of(*server)->send(request_of("GET", "/"), patience).has_value());
  responder->respond({200, {}, "done"});
  const std::string answer = busy.hear();
  EXPECT_TRUE(answer.ends_with("done"));
  EXPECT_NE(answer.find("connection: close"), std::string::npos);
  stopper.join();
}

// When its patience ends, a stop closes what is left; an answer that comes after the server is gone is harmless.
TEST(HttpServer, stop_does_not_wait_for_ever) {
  std::promise<std::shared_ptr<HttpResponder>> arrived;
  auto server = serve(
      [&](const HttpRequest&, std::shared_ptr<HttpResponder> responder) { arrived.set_value(std::move(responder)); });
  RawClient busy(server->port());
  busy.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto responder = arrived.get_future().get();
  const auto before = std::chrono::steady_clock::now();
  server->stop(Duration::milliseconds(100));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  EXPECT_EQ(busy.hear(), "");
  server.reset();
  responder->respond({200, {}, "late"});
}

// Answers that race with the end of the server neither crash nor leak: many threads answer while it stops.
TEST(HttpServer, stop_races_with_answers) {
  for (int round = 0; round < 20; ++round) {
    std::mutex mutex;
    std::vector<std::thread> answers;
    auto server = serve([&](const HttpRequest&, std::shared_ptr<HttpResponder> responder) {
      const std::lock_guard lock(mutex);
      answers.emplace_back([kept = std::move(responder)] { kept->respond({200, {}, "x"}); });
    });
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 8; ++i) {
      clients.push_back(std::make_unique<RawClient>(server->port()));
      clients.back()->say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    server->stop(Duration());
    server.reset();
    for (std::thread& thread : answers) thread.join();
  }
}

}  // namespace dayan::edge
