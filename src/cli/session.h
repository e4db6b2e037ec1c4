#pragma once

#include <memory>

#include "cli/api_client.h"
#include "cli/host.h"
#include "cli/output.h"

namespace dayan::cli {

/// What a command works with once it is known who speaks.
struct Session {
  Host& host;
  Output& out;
  std::unique_ptr<HttpClient> http;
  ApiClient api;
};

/// `usage` when nobody is logged in. Asks the hub nothing.
[[nodiscard]] Answer<std::unique_ptr<Session>> open_session(Host& host, Output& out, const std::string& profile);
/// The same as somebody who is not stored (yet).
[[nodiscard]] Answer<std::unique_ptr<Session>> open_session_as(Host& host, Output& out, const std::string& hub,
                                                               const std::string& token);

}  // namespace dayan::cli
