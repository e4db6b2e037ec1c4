#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "edge/http_server.h"
#include "edge/http_test_tools.h"

/// What never reaches a handler. Each case is said over a raw socket; the answer must have the status, be a problem
/// document, be the only answer, and be followed by the end of the connection.

namespace dayan::edge {

using testing::echo;
using testing::RawClient;
using testing::serve;
using testing::status_of;
using testing::talk;

struct Case {
  const char* what;
  int status;
  std::string bytes;
};

const std::string start = "POST /a HTTP/1.1\r\nHost: h\r\n";
const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

void expect_refused(const HttpServer& server, const Case& refused) {
  // What stands behind a bad frame may be a second request; it must never be served.
  const std::string answer = talk(server.port(), refused.bytes + smuggled);
  EXPECT_EQ(status_of(answer), refused.status) << refused.what << "\n" << answer;
  EXPECT_NE(answer.find("application/problem+json"), std::string::npos) << refused.what;
  EXPECT_NE(answer.find(R"("code":"invalid","errors":[{"field":"","wrong":")"), std::string::npos) << answer;
  EXPECT_NE(answer.find("connection: close"), std::string::npos) << refused.what;
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << refused.what << "\n" << answer;
}

// Heads that are not HTTP, or that two readers could read in two ways.
TEST(HttpRefusal, malformed_heads) {
  std::atomic<int> handled = 0;
  const auto server = serve([&](const HttpRequest&, const std::shared_ptr<HttpResponder>&) { ++handled; });
  const std::vector<Case> cases = {
      {"length and encoding", 400, start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"encoding and length", 400, start + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
      {"two lengths", 400, start + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"},
      {"two equal lengths", 400, start + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
      {"list of lengths", 400, start + "Content-Length: 5, 5\r\n\r\nhello"},
      {"signed length", 400, start + "Content-Length: +5\r\n\r\nhello"},
      {"negative length", 400, start + "Content-Length: -5\r\n\r\nhello"},
      {"length beyond 64 bits", 400, start + "Content-Length: 99999999999999999999999\r\n\r\nhello"},
      {"empty length", 400, start + "Content-Length:\r\n\r\nhello"},
      {"two encodings", 400, start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"unknown encoding", 501, start + "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n"},
      {"list of encodings", 501, start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {"chunked in HTTP/1.0", 400, "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"bare LF", 400, "GET /a HTTP/1.1\nHost: h\n\n"},
      {"bare LF in a header", 400, start + "X: a\nY: b\r\n\r\n"},
      {"bare CR in a header", 400, start + "X: a\rY: b\r\n\r\n"},
      {"folded header", 400, start + "X: a\r\n b\r\n\r\n"},
      {"header that begins with a space", 400, "GET /a HTTP/1.1\r\n Host: h\r\n\r\n"},
      {"space before the colon", 400, start + "Content-Length : 5\r\n\r\nhello"},
      {"header without a colon", 400, start + "Nothing\r\n\r\n"},
      {"header without a name", 400, start + ": x\r\n\r\n"},
      {"NUL in a header", 400, start + std::string("X: a\0b\r\n\r\n", 10)},
      {"NUL in the target", 400, std::string("GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n", 31)},
      {"control character", 400, start + "X: a\x01\r\n\r\n"},
      {"absolute form", 400, "GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"asterisk form", 400, "GET * HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"fragment", 400, "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"target beyond ASCII", 400, "GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"two spaces", 400, "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"no host", 400, "GET /a HTTP/1.1\r\n\r\n"},
      {"two hosts", 400, "GET /a HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n"},
      {"no version", 400, "GET /a\r\nHost: h\r\n\r\n"},
      {"HTTP/2.0", 400, "GET /a HTTP/2.0\r\nHost: h\r\n\r\n"},
      {"empty first line", 400, "\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"TLS hello", 400, std::string("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", 11)},
      {"HEAD", 501, "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"CONNECT", 501, "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"unknown method", 501, "BREW /a HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"method in lower case", 501, "get /a HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"unknown expectation", 417, start + "Expect: tea\r\nContent-Length: 1\r\n\r\nx"},
  };
  for (const Case& each : cases) expect_refused(*server, each);
  EXPECT_EQ(handled, 0);
}

// A judge sees the head before the body has come, and what it refuses is answered without one: neither the handler
// nor a word to go on with the body. What it lets pass is served, and a request that is whole at once goes to the
// handler.
TEST(HttpRefusal, a_judge_spares_the_body) {
  std::atomic<int> handled = 0;
  HttpServerOptions options;
  options.judge = [](const HttpRequest& head) -> std::optional<HttpResponse> {
    EXPECT_TRUE(head.body.empty());
    if (head.header("authorization") == "good") return std::nullopt;
    return HttpResponse{401, {}, "no"};
  };
  const auto server = HttpServer::start(options, [&](const HttpRequest& request,
                                                     const std::shared_ptr<HttpResponder>& responder) {
    ++handled;
    echo(request, responder);
  });
  ASSERT_TRUE(server.has_value());
  const std::string waits = "Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n";
  const std::string refused = talk((*server)->port(), start + waits);
  EXPECT_EQ(status_of(refused), 401) << refused;
  EXPECT_EQ(status_of(talk((*server)->port(), start + "Content-Length: 1000000\r\n\r\nabc")), 401);
  EXPECT_EQ(handled, 0);
  RawClient good((*server)->port());
  good.say(start + "Authorization: good\r\nContent-Length: 5\r\n\r\nhe");
  good.say("llo");
  EXPECT_EQ(status_of(good.hear("hello")), 200);
  EXPECT_EQ(handled, 1);
}

// Chunked bodies with a bad frame.
TEST(HttpRefusal, malformed_chunks) {
  std::atomic<int> handled = 0;
  const auto server = serve([&](const HttpRequest&, const std::shared_ptr<HttpResponder>&) { ++handled; });
  const std::string chunked = start + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<Case> cases = {
      {"no size", 400, chunked + "\r\n\r\n"},
      {"size with a prefix", 400, chunked + "0x5\r\nhello\r\n0\r\n\r\n"},
      {"negative size", 400, chunked + "-5\r\nhello\r\n0\r\n\r\n"},
      {"size with a space", 400, chunked + "5 \r\nhello\r\n0\r\n\r\n"},
      {"size beyond 64 bits", 413, chunked + "11111111111111111\r\nhello\r\n0\r\n\r\n"},
      {"longer than its size", 400, chunked + "3\r\nhello\r\n0\r\n\r\n"},
      {"bare LF after the size", 400, chunked + "5\nhello\r\n0\r\n\r\n"},
      {"bare LF in an extension", 400, chunked + "5;a\nb\r\nhello\r\n0\r\n\r\n"},
      {"bare LF after the data", 400, chunked + "5\r\nhello\n0\r\n\r\n"},
      {"endless extension", 400, chunked + "5;" + std::string(5000, 'x') + "\r\nhello\r\n0\r\n\r\n"},
      {"endless trailers", 400, chunked + "0\r\nA: " + std::string(5000, 'x') + "\r\n\r\n"},
  };
  for (const Case& each : cases) expect_refused(*server, each);
  EXPECT_EQ(handled, 0);
}

// Each size limit, just kept and just passed. The too large is refused from its announcement, not after its bytes.
TEST(HttpRefusal, sizes) {
  HttpLimits limits;
  limits.body_max = 1000;
  limits.head_max = 2000;
  limits.headers_max = 10;
  const auto server = serve(echo, limits);
  const auto with = [](const std::string& headers, const std::string& body = {}) {
    return "POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + headers + "\r\n" + body;
  };
  std::string eight_more;
  for (int i = 0; i < 8; ++i) eight_more += "X" + std::to_string(i) + ": y\r\n";
  const std::size_t frame = with("X: \r\n").size();

  EXPECT_EQ(status_of(talk(server->port(), with("Content-Length: 1000\r\n", std::string(1000, 'x')))), 200);
  EXPECT_EQ(status_of(talk(server->port(), with(eight_more))), 200);
  EXPECT_EQ(status_of(talk(server->port(), with("X: " + std::string(2000 - frame, 'x') + "\r\n"))), 200);

  const std::string chunk = "1f4\r\n" + std::string(500, 'x') + "\r\n";
  const std::string chunked = with("Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(status_of(talk(server->port(), chunked + chunk + chunk + "0\r\n\r\n")), 200);

  expect_refused(*server, {"body", 413, with("Content-Length: 1001\r\n")});
  expect_refused(*server, {"huge body", 413, with("Content-Length: 18446744073709551615\r\n")});
  expect_refused(*server, {"asked first", 413, with("Expect: 100-continue\r\nContent-Length: 1001\r\n")});
  expect_refused(*server, {"chunks", 413, chunked + chunk + chunk + "1\r\nx\r\n0\r\n\r\n"});
  expect_refused(*server, {"headers", 431, with(eight_more + "X8: y\r\n")});
  expect_refused(*server, {"head", 431, with("X: " + std::string(2001 - frame, 'x') + "\r\n")});
  expect_refused(*server, {"endless head", 431, std::string(100'000, 'x')});
  const std::string too_large = talk(server->port(), with("Content-Length: 1001\r\n"));
  EXPECT_NE(too_large.find(R"("right":"at most so many; larger content goes to the depot)"), std::string::npos);
}

// A client that is refused in the middle of a large body still gets to read why.
TEST(HttpRefusal, answer_survives_unread_body) {
  const auto server = serve(echo);
  const std::string body(20U << 20, 'x');
  const auto client = testing::client_of(*server);
  const auto response = client->send(testing::request_of("PUT", "/", body), Duration::seconds(20));
  ASSERT_TRUE(response.has_value()) << to_text(response.error());
  EXPECT_EQ(response->status, 413);
}

// A slow head and a slow body get 408; a silent kept-alive connection is closed without a word.
TEST(HttpRefusal, slow_clients) {
  HttpLimits limits;
  limits.head_time = Duration::milliseconds(150);
  limits.body_time = Duration::milliseconds(150);
  limits.idle_time = Duration::milliseconds(150);
  const auto server = serve(echo, limits);
  EXPECT_EQ(status_of(talk(server->port(), "GET /a HTT")), 408);
  EXPECT_EQ(status_of(talk(server->port(), start + "Content-Length: 5\r\n\r\nhel")), 408);
  EXPECT_EQ(talk(server->port(), ""), "");
  const std::string answer = talk(server->port(), "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_TRUE(answer.ends_with("GET /a "));
}

// One byte at a time does not renew the time for the head.
TEST(HttpRefusal, dripping_head) {
  HttpLimits limits;
  limits.head_time = Duration::milliseconds(300);
  const auto server = serve(echo, limits);
  RawClient raw(server->port());
  const auto before = std::chrono::steady_clock::now();
  std::thread drip([&] {
    for (int i = 0; i < 20; ++i) {
      raw.say("G");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  EXPECT_EQ(status_of(raw.hear()), 408);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(2500));
  drip.join();
}

// One connection over the limit is told so; when one of the others goes, there is room again.
TEST(HttpRefusal, too_many_connections) {
  HttpLimits limits;
  limits.connections_max = 2;
  const auto server = serve(echo, limits);
  const std::string request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
  RawClient first(server->port());
  first.say(request);
  first.hear("GET /a ");
  {
    RawClient second(server->port());
    second.say(request);
    second.hear("GET /a ");
    const std::string answer = talk(server->port(), request);
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_NE(answer.find("retry-after: 1"), std::string::npos);
  }
  int status = 503;
  for (int i = 0; i < 100 && status == 503; ++i) {
    status = status_of(talk(server->port(), "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(status, 200);
}

}  // namespace dayan::edge
