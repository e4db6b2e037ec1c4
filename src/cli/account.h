#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/session.h"

/// Logging in and out, tokens, projects.

namespace dayan::cli {

struct LoginOptions {
  std::string hub;
  std::string token_file;  ///< empty: standard input
  std::string profile;
};

/// Asks the hub whose token it is, and stores it only when it does.
[[nodiscard]] Answer<void> login(Host& host, Output& out, const LoginOptions& options);
/// Forgets the token here; the hub still takes it until it expires or is revoked.
[[nodiscard]] Answer<void> logout(Host& host, Output& out, const std::string& profile);
[[nodiscard]] Answer<void> show_me(Session& session);

struct NewTokenOptions {
  std::string label;
  std::vector<std::string> scopes;
  std::string lifetime = "90d";
};
[[nodiscard]] Answer<void> create_token(Session& session, const NewTokenOptions& options);
/// Those of the organisation, by their hashes: the tokens themselves are kept nowhere.
[[nodiscard]] Answer<void> list_tokens(Session& session);
[[nodiscard]] Answer<void> revoke_token(Session& session, const std::string& hash);

[[nodiscard]] Answer<void> create_project(Session& session, const std::string& name);
[[nodiscard]] Answer<void> list_projects(Session& session);

/// The secret of an answer, which a hub shows once: a repetition of a request whose answer was lost is answered
/// without it. `what` names it, `remedy` says what to do then.
[[nodiscard]] Answer<void> check_secret(const std::optional<std::string>& secret, const std::string& what,
                                        const std::string& remedy);

}  // namespace dayan::cli
