#pragma once

#include <cstddef>

#include "base/time.h"

/// What the HTTP server puts up with before it refuses. Each number bounds what one stranger can cost us.

namespace dayan::edge {

struct HttpLimits {
  /// A chunk of an upload is 8 MiB; the rest is room for what wraps it.
  static constexpr std::size_t body_default_max = (8U << 20) + (64U << 10);
  static constexpr std::size_t head_default_max = 16U << 10;
  static constexpr std::size_t headers_default_max = 100;
  static constexpr std::size_t connections_default_max = 4096;

  std::size_t body_max = body_default_max;                ///< bytes of one body, decoded
  std::size_t head_max = head_default_max;                ///< bytes of the request line and all headers
  std::size_t headers_max = headers_default_max;          ///< how many headers
  std::size_t connections_max = connections_default_max;  ///< open at once
  Duration head_time = Duration::seconds(10);             ///< from the first byte to the end of the headers
  Duration body_time = Duration::seconds(60);             ///< for the whole body
  Duration idle_time = Duration::seconds(75);             ///< a kept-alive connection between two requests
  Duration answer_time = Duration::seconds(120);          ///< a handler that has not answered by then: 503
  Duration write_time = Duration::seconds(60);            ///< for each mebibyte of an answer to be taken
  Duration linger_time = Duration::seconds(2);            ///< for the other side to read our last answer
};

}  // namespace dayan::edge
