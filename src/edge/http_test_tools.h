#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "edge/http_client.h"
#include "edge/http_server.h"
#include "edge/tcp_stream.h"

/// For the tests of this room: a server that must start, a client that must be made, and a raw socket.

namespace dayan::edge::testing {

inline std::unique_ptr<HttpServer> serve(HttpHandler handler, const HttpLimits& limits = {}) {
  HttpServerOptions options;
  options.limits = limits;
  auto server = HttpServer::start(options, std::move(handler));
  EXPECT_TRUE(server.has_value()) << to_text(server.error());
  return *std::move(server);
}

inline std::string url(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

inline std::unique_ptr<HttpClient> client_of(const HttpServer& server) {
  auto client = make_http_client(url(server.port()));
  EXPECT_TRUE(client.has_value());
  return *std::move(client);
}

/// Answers every request at once with what was asked: "POST /path body".
inline void echo(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) {
  responder->respond(
      {200, {{"content-type", "text/plain"}}, request.method + " " + request.target + " " + request.body});
}

inline HttpRequest request_of(std::string method, std::string target, std::string body = {}) {
  return {std::move(method), std::move(target), {}, std::move(body)};
}

/// Says exactly the bytes it is given, and hears until the other side closes.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port)
      : stream_(*TcpStream::connect("127.0.0.1", port, deadline(std::chrono::seconds(5)))) {}

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto ready = stream_.wait(true, deadline(std::chrono::seconds(5)));
      if (ready.timed_out) return;
      const auto moved = stream_.write(bytes, {});
      if (moved.closed) return;
      bytes.remove_prefix(moved.count);
    }
  }

  /// All bytes until `end` has come; with no `end`, until the connection is closed.
  std::string hear(std::string_view end = {}, std::chrono::seconds patience = std::chrono::seconds(10)) {
    std::string heard;
    const auto until = deadline(patience);
    while (end.empty() || heard.find(end) == std::string::npos) {
      if (stream_.wait(false, until).timed_out) {
        ADD_FAILURE() << "neither closed nor answered; heard: " << heard;
        return heard;
      }
      char buffer[4096];
      const auto moved = stream_.read(buffer, sizeof buffer);
      if (moved.closed) return heard;
      heard.append(buffer, moved.count);
    }
    return heard;
  }

 private:
  static Deadline deadline(std::chrono::seconds patience) { return std::chrono::steady_clock::now() + patience; }
  TcpStream stream_;
};

inline std::string talk(std::uint16_t port, std::string_view bytes) {
  RawClient raw(port);
  raw.say(bytes);
  return raw.hear();
}

/// "HTTP/1.1 400 Bad Request…" → 400; 0 when it is no answer.
inline int status_of(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(std::string(answer.substr(9, 3))) : 0;
}

}  // namespace dayan::edge::testing
