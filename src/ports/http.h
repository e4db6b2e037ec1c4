#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

/// HTTP as plain values, and the two doors to it. Implemented by edge; nothing else knows Beast.

namespace dayan {

struct HttpHeader {
  std::string name;  ///< lower case
  std::string value;
};

struct HttpRequest {
  std::string method;  ///< "GET", "POST", "PUT", "DELETE"
  std::string target;  ///< path and query as sent: "/v1/jobs?limit=10"
  std::vector<HttpHeader> headers;
  std::string body;

  /// The first header of that lower-case name; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::vector<HttpHeader> headers;  ///< content-type and the like; length and connection are the server's own
  std::string body;

  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// Answers one request, once, from any thread and at any later time. Dropped unanswered, it answers 500.
class HttpResponder {
 public:
  virtual ~HttpResponder() = default;
  virtual void respond(HttpResponse response) = 0;
};

/// Handles one request. Called on a server thread: it must not block; it may keep the responder and answer later.
using HttpHandler = std::function<void(HttpRequest, std::shared_ptr<HttpResponder>)>;

/// Sends requests to one server, over kept-alive connections.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Blocks until the answer or the timeout. `unavailable`: nothing was sent (refused, no route); `unknown_outcome`:
  /// it was sent and no whole answer came. A status ≥ 400 is a response, not an Error.
  [[nodiscard]] virtual Result<HttpResponse> send(const HttpRequest& request, Duration timeout) = 0;
};

}  // namespace dayan
