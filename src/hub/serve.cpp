#include <algorithm>
#include <utility>

#include "edge/random.h"
#include "hub/answer.h"
#include "hub/route.h"

/// From a request to its handler: route, token, scope, key, query.

namespace dayan::hub {

namespace {

constexpr std::size_t key_max = 128;

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// Percent-decoding (RFC 3986); nothing for a broken escape or a control byte, which no value of ours has.
std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char byte = text[i];
    if (byte == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      byte = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) return std::nullopt;
    decoded += byte;
  }
  return decoded;
}

std::string_view next_segment(std::string_view& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return segment;
}

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& values) {
  values.clear();
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/')) return false;
  while (!pattern.empty() || !path.empty()) {
    const std::string_view wanted = next_segment(pattern);
    const std::string_view segment = next_segment(path);
    if (wanted.starts_with('{')) {
      const auto value = decode(segment);
      if (!value || value->empty()) return false;
      values.push_back(*value);
    } else if (wanted != segment) {
      return false;
    }
  }
  return true;
}

/// The query as names and values; one fault for each that the route does not know, has twice or that cannot be read.
void read_query(std::string_view text, const Route& route, Call& call, Faults& faults) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = decode(pair.substr(0, equals));
    const auto value = decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) {
      faults.push_back(
          {ErrorCode::invalid, "query", "a parameter is not well-formed", "name=value, percent-encoded"});
    } else if (std::find(route.query.begin(), route.query.end(), *name) == route.query.end()) {
      faults.push_back({ErrorCode::invalid, name->substr(0, 64), "no such query parameter",
                        "see api/openapi.yaml for those of this route"});
    } else if (call.query_value(*name)) {
      faults.push_back({ErrorCode::invalid, *name, "given twice", "give it once"});
    } else {
      call.query.emplace_back(*name, *value);
    }
  }
}

/// The token of an Authorization header; empty unless it has the form of one of ours.
std::string_view bearer_token(const HttpRequest& request) {
  std::string_view value = request.header("authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (!value.starts_with(scheme)) return {};
  value.remove_prefix(scheme.size());
  return edge::is_well_formed_token(value) ? value : std::string_view();
}

std::optional<HttpResponse> check_key(const Route& route, Call& call) {
  if (!route.policy.needs_key) return std::nullopt;
  const std::string_view key = call.request.header("idempotency-key");
  const bool is_good = !key.empty() && key.size() <= key_max &&
                       std::all_of(key.begin(), key.end(), [](char c) { return c >= '!' && c <= '~'; });
  if (is_good) {
    call.key = key;
    return std::nullopt;
  }
  return problem_answer(Faults{{ErrorCode::invalid, "idempotency-key", key.empty() ? "missing" : "not such a key",
                                "1 to 128 printable ASCII characters, new for each new request"}});
}

/// Everything before the handler; an answer when it ends here.
std::optional<HttpResponse> admit(const Route& route, Call& call) {
  if (route.policy.access == Access::bearer) {
    const std::string_view token = bearer_token(call.request);
    if (token.empty()) return unauthenticated_answer();
    call.token_hash = sha256(token);
    const auto actor = call.hub.directory.authenticate(call.token_hash, call.hub.clock.now());
    if (!actor.has_value()) return unauthenticated_answer();
    call.actor = *actor;
    const Scopes any_of = route.policy.any_of;
    if (any_of != Scopes() && (any_of.bits() & call.actor.scopes.bits()) == 0) {
      return problem_answer(Refusal{RefusalReason::forbidden,
                                    {{ErrorCode::denied, "", "the token lacks the scope for this",
                                      "use a token that has one of " + json_text(to_json(any_of))}}});
    }
  }
  Faults faults;
  const std::string_view target = call.request.target;
  const std::size_t mark = target.find('?');
  if (mark != std::string_view::npos) read_query(target.substr(mark + 1), route, call, faults);
  if (!faults.empty()) return problem_answer(faults);
  return check_key(route, call);
}

void handle(const Route& route, Call& call) {
  if (auto ended = admit(route, call)) return call.responder->respond(std::move(*ended));
  Handled handled = route.handler(call);
  if (!handled.has_value()) {
    call.responder->respond(problem_answer(handled.error()));
  } else if (handled->has_value()) {
    call.responder->respond(std::move(**handled));
  }
}

HttpResponse no_route(std::string_view allowed) {
  if (allowed.empty()) {
    return problem_answer(Error{ErrorCode::not_found, "", "there is no such route", "see api/openapi.yaml"});
  }
  HttpResponse response = problem_answer(
      405, "method_not_allowed",
      {{ErrorCode::invalid, "", "this path does not have that method", "use " + std::string(allowed)}});
  response.headers.push_back({"allow", std::string(allowed)});
  return response;
}

}  // namespace

std::optional<std::string_view> Call::query_value(std::string_view name) const {
  for (const auto& [each, value] : query) {
    if (each == name) return value;
  }
  return std::nullopt;
}

const Route* find_route(std::string_view method, std::string_view path, std::vector<std::string>& values,
                        std::string& allowed) {
  for (const Route& route : route_table()) {
    if (!matches(route.pattern, path, values)) continue;
    if (route.method == method) return &route;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method;
  }
  return nullptr;
}

std::optional<HttpResponse> judge_head(const Services& services, const HttpRequest& head) {
  std::vector<std::string> values;
  std::string allowed;
  const std::string_view target = head.target;
  const Route* route = find_route(head.method, target.substr(0, target.find('?')), values, allowed);
  if (route == nullptr) return no_route(allowed);
  if (route->policy.access == Access::open) return std::nullopt;
  const std::string_view token = bearer_token(head);
  if (!token.empty() && services.directory.authenticate(sha256(token), services.clock.now()).has_value()) {
    return std::nullopt;
  }
  return unauthenticated_answer();
}

void serve(Services& services, HttpRequest request, std::shared_ptr<HttpResponder> responder) {
  services.metrics.requests += 1;
  std::vector<std::string> values;
  std::string allowed;
  const std::string_view target = request.target;
  const Route* route = find_route(request.method, target.substr(0, target.find('?')), values, allowed);
  if (route == nullptr) return responder->respond(no_route(allowed));
  auto call = std::make_shared<Call>(
      Call{services, std::move(request), std::move(values), {}, {}, {}, {}, std::move(responder)});
  // What needs no token is answered here and now: it must answer when everything else is busy.
  if (route->policy.access == Access::open && route->method == "GET") return handle(*route, *call);
  if (services.workers.add([route, call] { handle(*route, *call); })) return;
  call->responder->respond(
      problem_answer(Error{ErrorCode::unavailable, "", "too many requests wait", "try again a little later"}));
}

}  // namespace dayan::hub
