#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// Scheme, host and port of a server, read from a base URL. For now only plain HTTP to this machine.

namespace dayan::edge {

struct Origin {
  std::string text;                    ///< for messages: "http://127.0.0.1:8080"
  std::string host;                    ///< the host header: "127.0.0.1:8080"
  std::vector<std::string> addresses;  ///< numeric, in the order to try
  std::uint16_t port = 80;
};

[[nodiscard]] Result<Origin> parse_origin(std::string_view base_url);

}  // namespace dayan::edge
