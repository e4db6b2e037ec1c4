#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// Where a server is, read from a base URL. For now only plain HTTP to this machine: over TCP, or over a socket of the
/// file system.

namespace dayan::edge {

struct Origin {
  std::string text;                    ///< for messages: "http://127.0.0.1:8080"
  std::string host;                    ///< the host header: "127.0.0.1:8080"
  std::vector<std::string> addresses;  ///< numeric, in the order to try
  std::uint16_t port = 80;
  std::string socket;  ///< path of a socket in the file system, in place of addresses and port; empty: TCP
};

/// "http://127.0.0.1:8080", "unix:/run/slurmrestd.socket".
[[nodiscard]] Result<Origin> parse_origin(std::string_view base_url);

}  // namespace dayan::edge
