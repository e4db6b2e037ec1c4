#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "edge/http_limits.h"
#include "ports/http.h"

/// The HTTP/1.1 server: Asio coroutines on a few threads, each connection on one strand, requests of a connection one
/// after the other. It speaks plain HTTP and therefore only on loopback.
///
/// What is refused here never reaches the handler, is answered by a problem document (RFC 9457), and closes the
/// connection: 400 malformed, 408 too slow, 413 body, 417 expectation, 431 headers, 501 method, 503 too many
/// connections. A request whose responder is dropped gets 500, one that is not answered in time 503; for both the
/// outcome is unknown.

namespace dayan::edge {

/// Looks at a request whose body is still to come: method, target and headers. An answer refuses it: the body is not
/// read and the connection ends. Called on a server thread: it must not block. A request that came whole in one piece
/// goes to the handler alone, which has to judge it too.
using HeadJudge = std::function<std::optional<HttpResponse>(const HttpRequest& head)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one
  int threads = 2;
  HttpLimits limits;
  HeadJudge judge;  ///< none: every body is read
};

class HttpServer {
 public:
  static constexpr Duration stop_patience = Duration::seconds(10);

  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(const HttpServerOptions& options,
                                                                 HttpHandler handler);
  /// Stops with `stop_patience`.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The port that is listened on.
  [[nodiscard]] std::uint16_t port() const;
  /// Stops listening, closes idle connections, lets requests under way finish, and after `patience` closes what is
  /// left. The handler is not called after this returns. Not to be called from the handler, which it waits for.
  void stop(Duration patience);

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dayan::edge
