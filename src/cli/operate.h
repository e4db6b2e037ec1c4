#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/session.h"

/// What the operator does: organisations, top-ups, the ledger, the tale of events.

namespace dayan::cli {

struct NewOrganisationOptions {
  std::string name;
  std::string user;
  std::vector<std::string> roles;
};
/// Shows the token of its first user, once.
[[nodiscard]] Answer<void> create_organisation(Session& session, const NewOrganisationOptions& options);
[[nodiscard]] Answer<void> list_organisations(Session& session);
/// Shows a new token of the first user of an organisation that has lost its own, once.
[[nodiscard]] Answer<void> reissue_token(Session& session, const std::string& organisation);

struct TopUpOptions {
  std::string organisation;
  std::string amount;     ///< yuan
  std::string reference;  ///< the payment's own
};
[[nodiscard]] Answer<void> top_up(Session& session, const TopUpOptions& options);

/// `refused` when it does not balance or an invariant is broken.
[[nodiscard]] Answer<void> show_ledger(Session& session);

struct EventOptions {
  std::int64_t after = 0;  ///< sequence
  bool follow = false;     ///< for ever
};
/// One line an event; with --json one JSON document a line.
[[nodiscard]] Answer<void> show_events(Session& session, const EventOptions& options);

}  // namespace dayan::cli
