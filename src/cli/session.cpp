#include "cli/session.h"

#include "cli/credentials.h"
#include "edge/http_client.h"

namespace dayan::cli {

Answer<std::unique_ptr<Session>> open_session_as(Host& host, Output& out, const std::string& hub,
                                                 const std::string& token) {
  auto http = edge::make_http_client(hub);
  if (!http.has_value()) return end_with(Exit::usage, {std::move(http).error()});
  HttpClient& client = **http;
  return std::make_unique<Session>(Session{host, out, *std::move(http), ApiClient(client, hub, token, host.pause)});
}

Answer<std::unique_ptr<Session>> open_session(Host& host, Output& out, const std::string& profile) {
  TRY(const Profile speaker, who_speaks(host, profile));
  return open_session_as(host, out, speaker.hub, speaker.token);
}

}  // namespace dayan::cli
