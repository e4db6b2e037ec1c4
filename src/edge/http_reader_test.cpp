#include "edge/http_reader.h"

#include <gtest/gtest.h>

#include "edge/http_text.h"

namespace dayan::edge {

using State = RequestReader::State;

const std::string two_requests =
    "PUT /a?b=c HTTP/1.1\r\nHost: h\r\nX-Mark: 1\r\nTransfer-Encoding: Chunked\r\n\r\n"
    "5;ext=1\r\nhello\r\n06\r\n world\r\n0\r\nIdempotency-Key: stolen\r\n\r\n"
    "POST /d HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";

// Wherever the stream is cut, the same two requests come out: each size of piece from one byte to all.
TEST(RequestReader, any_pieces) {
  for (std::size_t piece = 1; piece <= two_requests.size(); ++piece) {
    RequestReader reader(HttpLimits{});
    std::vector<HttpRequest> requests;
    bool keep_alive = true;
    for (std::size_t at = 0; at < two_requests.size(); at += piece) {
      auto state = reader.feed(std::string_view(two_requests).substr(at, piece));
      ASSERT_NE(state, State::refused) << reader.refusal().detail << " at piece " << piece;
      while (state == State::whole) {
        keep_alive = reader.keep_alive();
        requests.push_back(reader.take());
        state = reader.feed({});
      }
    }
    ASSERT_EQ(requests.size(), 2U) << piece;
    EXPECT_EQ(requests[0].method, "PUT");
    EXPECT_EQ(requests[0].target, "/a?b=c");
    EXPECT_EQ(requests[0].header("x-mark"), "1");
    EXPECT_EQ(requests[0].body, "hello world");
    EXPECT_EQ(requests[1].body, "abc");
    EXPECT_FALSE(keep_alive);
  }
}

// A header that comes behind the body (a trailer) is not a header: it would get past the checks of the head.
TEST(RequestReader, trailers_are_dropped) {
  RequestReader reader(HttpLimits{});
  ASSERT_EQ(reader.feed(two_requests), State::whole);
  EXPECT_EQ(reader.take().header("idempotency-key"), "");
}

// States on the way, as the server's time limits need them; a refusal is final.
TEST(RequestReader, states) {
  RequestReader reader(HttpLimits{});
  EXPECT_EQ(reader.feed({}), State::waiting);
  EXPECT_EQ(reader.feed("P"), State::head);
  EXPECT_EQ(reader.feed("OST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"),
            State::body);
  EXPECT_TRUE(reader.take_expectation());
  EXPECT_FALSE(reader.take_expectation());
  EXPECT_EQ(reader.feed("xGET"), State::whole);
  EXPECT_EQ(reader.take().body, "x");
  EXPECT_EQ(reader.state(), State::waiting);
  EXPECT_EQ(reader.feed({}), State::head);
  EXPECT_EQ(reader.feed("\n"), State::refused);
  EXPECT_EQ(reader.feed(two_requests), State::refused);
  EXPECT_EQ(reader.refusal().status, 400);
}

// HTTP/1.0 closes unless it asks not to; HTTP/1.1 stays unless it asks not to.
TEST(RequestReader, keep_alive) {
  const auto stays = [](const std::string& head) {
    RequestReader reader(HttpLimits{});
    EXPECT_EQ(reader.feed("GET / " + head + "\r\n\r\n"), State::whole);
    return reader.keep_alive();
  };
  EXPECT_TRUE(stays("HTTP/1.1\r\nHost: h"));
  EXPECT_FALSE(stays("HTTP/1.1\r\nHost: h\r\nConnection: close"));
  EXPECT_FALSE(stays("HTTP/1.0"));
  EXPECT_TRUE(stays("HTTP/1.0\r\nConnection: keep-alive"));
}

// A problem document is JSON with the members of RFC 9457 and those that the hub's callers react to, whatever its
// sentences hold.
TEST(HttpText, problem) {
  const HttpResponse response = problem(413, ProblemCode::invalid, "a \"b\"\n", "c");
  EXPECT_EQ(response.body,
            R"({"type":"about:blank","title":"Content Too Large","status":413,"detail":"a ?b??; c",)"
            R"("code":"invalid","errors":[{"field":"","wrong":"a ?b??","right":"c"}]})");
  const std::string_view unknown = R"("code":"unknown_outcome","errors":[{"field":"","wrong":"a","right":""}])";
  EXPECT_NE(problem(500, ProblemCode::unknown_outcome, "a").body.find(unknown), std::string::npos);
}

// The frame is ours: what a handler says about length, connection or encoding is not written.
TEST(HttpText, frame_headers_are_ours) {
  HttpResponse response{200, {{"Content-Length", "99"}, {"connection", "x"}, {"transfer-encoding", "chunked"}}, "ab"};
  EXPECT_EQ(response_head(response, true), "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n");
  EXPECT_EQ(response_head({204, {}, {}}, false), "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
  EXPECT_FALSE(response_head({204, {}, "body"}, false).has_value());
  EXPECT_FALSE(response_head({100, {}, {}}, false).has_value());
  EXPECT_FALSE(response_head({200, {{"a b", "c"}}, {}}, false).has_value());
}

}  // namespace dayan::edge
