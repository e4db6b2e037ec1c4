#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "ports/http.h"

/// The HTTP/1.1 client: blocking, thread-safe, over kept-alive connections to one server on this machine.
///
/// send() gives `invalid` for a request that cannot be written as HTTP, else the two kinds of ports/http.h. A request
/// on a kept-alive connection that turns out dead before one byte of an answer is repeated once on a fresh one when
/// that is safe: nothing was sent, the method is idempotent (GET, PUT, DELETE), or it carries an idempotency-key.

namespace dayan::edge {

struct HttpClientOptions {
  std::size_t body_max = 64U << 20;            ///< of one answer; a larger one is `unknown_outcome`
  std::size_t idle_max = 8;                    ///< connections kept for the next request
  Duration idle_time = Duration::seconds(60);  ///< below the server's own, so that we are the first to let go
};

/// `base_url`: http://127.0.0.1:PORT, http://localhost:PORT or http://[::1]:PORT, without a path; or unix:/PATH.
[[nodiscard]] Result<std::unique_ptr<HttpClient>> make_http_client(std::string_view base_url,
                                                                   const HttpClientOptions& options = {});

}  // namespace dayan::edge
