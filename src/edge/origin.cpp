#include "edge/origin.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <charconv>

namespace dayan::edge {

namespace {

constexpr std::string_view right_form = "give http://127.0.0.1:PORT, http://localhost:PORT or http://[::1]:PORT";

tl::unexpected<Error> refused(std::string_view url, const std::string& why) {
  return fail(ErrorCode::invalid, "'" + std::string(url) + "' " + why, std::string(right_form), "url");
}

bool is_loopback_v4(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

/// What the kernel takes as the path of a socket, with its closing zero byte.
constexpr std::size_t socket_path_max = sizeof(sockaddr_un::sun_path);

Result<Origin> parse_socket(std::string_view base_url, std::string_view path) {
  if (!path.starts_with('/') || path.size() >= socket_path_max || path.find('\0') != std::string_view::npos) {
    return refused(base_url, "names no socket: its path is absolute and at most " +
                                 std::to_string(socket_path_max - 1) + " bytes long");
  }
  Origin origin;
  origin.text = base_url;
  origin.host = "localhost";
  origin.socket = path;
  return origin;
}

}  // namespace

Result<Origin> parse_origin(std::string_view base_url) {
  constexpr std::string_view of_file_system = "unix:";
  if (base_url.starts_with(of_file_system)) return parse_socket(base_url, base_url.substr(of_file_system.size()));
  constexpr std::string_view plain = "http://";
  if (base_url.starts_with("https://")) return refused(base_url, "needs TLS, and TLS is not there yet");
  if (!base_url.starts_with(plain)) return refused(base_url, "is not an http:// URL");
  std::string_view authority = base_url.substr(plain.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  if (authority.find_first_of("/?#@ ") != std::string_view::npos) {
    return refused(base_url, "has more than a host and a port");
  }

  Origin origin;
  origin.text = std::string(plain) + std::string(authority);
  origin.host = std::string(authority);
  std::string_view host = authority;
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && !authority.ends_with(']')) {
    host = authority.substr(0, colon);
    const std::string_view digits = authority.substr(colon + 1);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), origin.port);
    if (error != std::errc() || stop != digits.data() + digits.size() || origin.port == 0) {
      return refused(base_url, "has a port that is not a number from 1 to 65535");
    }
  }

  if (host == "localhost") {
    origin.addresses = {"127.0.0.1", "::1"};
  } else if (host == "[::1]") {
    origin.addresses = {"::1"};
  } else if (is_loopback_v4(std::string(host))) {
    origin.addresses = {std::string(host)};
  } else {
    return refused(base_url, "is not on this machine; beyond it HTTP needs TLS, and TLS is not there yet");
  }
  return origin;
}

}  // namespace dayan::edge
