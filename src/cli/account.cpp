#include "cli/account.h"

#include "base/scan.h"
#include "cli/credentials.h"
#include "cli/display.h"
#include "cli/documents.h"
#include "cli/local_file.h"
#include "edge/random.h"
#include "wire/party.h"

namespace dayan::cli {
namespace {

constexpr Bytes token_bytes_max = Bytes(4'096);

Answer<std::string> read_token(Host& host, const std::string& file) {
  std::string text;
  if (file.empty()) {
    const auto line = host.read_secret("token: ");
    if (!line) return bad_usage("standard input holds no token", "pipe one in, or give --token-file FILE");
    text = *line;
  } else {
    TRY(text, read_file(file, token_bytes_max));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  // Its checksum tells a slip of the hand from a token that the hub does not know.
  if (edge::is_well_formed_token(text)) return text;
  return bad_usage("this is not a token, or one with a slip in it", "a whole token begins with dayan_", "token");
}

std::string words_of(Scopes scopes) {
  std::string words;
  for (std::size_t i = 0; i < EnumWords<Scope>::words.size(); ++i) {
    if (!scopes.has(static_cast<Scope>(i))) continue;
    words += (words.empty() ? "" : ", ") + std::string(EnumWords<Scope>::words[i]);
  }
  return words;
}

std::string me_text(const wire::MeView& me) {
  std::string roles;
  const auto add = [&](bool has, const char* role) {
    if (has) roles += (roles.empty() ? "" : ", ") + std::string(role);
  };
  add(me.organisation.is_customer, "customer");
  add(me.organisation.is_provider, "provider");
  add(me.organisation.is_operator, "operator");
  return (me.user ? me.user->name : std::string("an agent")) + " of " + me.organisation.name + " (" + roles +
         "), may " + words_of(me.scopes);
}

}  // namespace

Answer<void> check_secret(const std::optional<std::string>& secret, const std::string& what,
                          const std::string& remedy) {
  if (secret.has_value() && !secret->empty()) return {};
  return failed_here("the hub had done it at a first try, and the answer with the " + what + " was lost on its way",
                     remedy);
}

Answer<void> login(Host& host, Output& out, const LoginOptions& options) {
  TRY(const std::string token, read_token(host, options.token_file));
  TRY(const auto session, open_session_as(host, out, options.hub, token));
  TRY(JsonValue document, session->api.get("/v1/me"));
  TRY(const auto me, read_as<wire::MeView>(document));
  TRY(const Credentials credentials, Credentials::locate(host));
  const std::string profile = profile_name(host, options.profile);
  TRY_VOID(credentials.put({profile, options.hub, token}));
  if (out.as_json()) {
    out.json(document);
  } else {
    out.line("logged in to " + options.hub + " as " + me_text(me) + "; profile " + profile);
  }
  return {};
}

Answer<void> logout(Host& host, Output& out, const std::string& profile) {
  TRY(const Credentials credentials, Credentials::locate(host));
  const std::string name = profile_name(host, profile);
  TRY(const bool was_there, credentials.remove(name));
  if (!was_there) return bad_usage("nobody is logged in with the profile " + quote(name), "", "--profile");
  out.note("logged out of the profile " + name + "; the token itself lives on until it expires or is revoked");
  return {};
}

Answer<void> show_me(Session& session) {
  TRY(JsonValue document, session.api.get("/v1/me"));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto me, read_as<wire::MeView>(std::move(document)));
  session.out.line(me_text(me) + " at " + session.api.url());
  return {};
}

Answer<void> create_token(Session& session, const NewTokenOptions& options) {
  wire::CreateTokenRequest request;
  request.label = options.label;
  JsonArray words;
  for (const std::string& scope : options.scopes) words.emplace_back(scope);
  Faults faults;
  if (!from_json(JsonValue(std::move(words)), "--scope", request.scopes, faults)) {
    return end_with(Exit::usage, std::move(faults));
  }
  auto lifetime = parse_duration(options.lifetime);
  if (!lifetime.has_value()) {
    lifetime.error().field = "--lifetime";
    return end_with(Exit::usage, {std::move(lifetime).error()});
  }
  request.lifetime = *lifetime;
  TRY(JsonValue document, session.api.post("/v1/tokens", to_json(request)));
  TRY(const auto reply, read_as<wire::CreateTokenReply>(document));
  TRY_VOID(check_secret(reply.token, "token", "dayan token revoke " + to_text(reply.hash) + ", then create another"));
  if (session.out.as_json()) {
    session.out.json(document);
  } else {
    session.out.line(*reply.token);
    session.out.note("shown this once; revoke it with: dayan token revoke " + to_text(reply.hash));
  }
  return {};
}

Answer<void> list_tokens(Session& session) {
  TRY(JsonArray items, session.api.list("/v1/tokens"));
  if (session.out.as_json()) {
    session.out.json_items(std::move(items));
    return {};
  }
  Table table({"LABEL", "SCOPES", "CREATED", "EXPIRES", "STATE", "HASH"});
  for (JsonValue& item : items) {
    TRY(const auto token, read_as<TokenRow>(std::move(item)));
    table.add({token.label, words_of(token.scopes), to_text(token.created_at), to_text(token.expires_at),
               token.revoked ? "revoked" : "live", to_text(token.hash)});
  }
  session.out.table(table);
  return {};
}

Answer<void> revoke_token(Session& session, const std::string& hash) {
  TRY_VOID(session.api.remove("/v1/tokens/" + percent_encoded(hash)));
  session.out.note("revoked");
  return {};
}

Answer<void> create_project(Session& session, const std::string& name) {
  TRY(JsonValue document, session.api.post("/v1/projects", to_json(wire::CreateProjectRequest{name})));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto project, read_as<ProjectRow>(std::move(document)));
  session.out.line(to_text(project.id) + ' ' + project.name);
  return {};
}

Answer<void> list_projects(Session& session) {
  TRY(JsonArray items, session.api.list("/v1/projects"));
  if (session.out.as_json()) {
    session.out.json_items(std::move(items));
    return {};
  }
  Table table({"PROJECT", "NAME", "WEIGHT>"});
  for (JsonValue& item : items) {
    TRY(const auto project, read_as<ProjectRow>(std::move(item)));
    table.add({to_text(project.id), project.name, decimal_text(project.weight, 3)});
  }
  session.out.table(table);
  return {};
}

}  // namespace dayan::cli
