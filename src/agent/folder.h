#pragma once

#include <string>

#include "adapters/descriptor.h"
#include "base/result.h"
#include "execute/agent_state.h"
#include "model/centre.h"

/// The agent's own folder (0700): who it is, what it knows, what it has fetched. One agent at a time owns it.
///
///   key            the Ed25519 secret key         journal.json  AgentState, written before it is acted on
///   identity.json  hub, centre, token             payloads/     job_….json: what is to be run
///   lock           held while an agent lives      cache/        inputs by content hash
///   capability.json  the last benchmark           engine/       control folders of the executor
///                                                 work/         work folders, unless agent.yaml says otherwise

namespace dayan::agent {

/// What enrolment gave.
struct Identity {
  std::string hub_url;
  std::string token;
  std::string centre_name;
  CentreId centre;
  std::int64_t agent_epoch = 0;
  std::int64_t report_sequence = 0;  ///< of the centre, when the agent enrolled
  UnixTime token_since;              ///< when the token was made; none when not known

  static constexpr auto fields() {
    using I = Identity;
    return std::tuple{field("hub_url", &I::hub_url),         field("token", &I::token),
                      field("centre_name", &I::centre_name), field("centre", &I::centre),
                      field("agent_epoch", &I::agent_epoch), field("report_sequence", &I::report_sequence),
                      field("token_since", &I::token_since)};
  }
};

class AgentFolder {
 public:
  /// Makes the folder when it is not there, and takes its lock. `conflict`: another agent holds it; `denied`: others
  /// may write in it.
  [[nodiscard]] static Result<AgentFolder> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + '/' + name; }
  [[nodiscard]] std::string key_file() const { return file("key"); }

  /// `not_found` before enrolment.
  [[nodiscard]] Result<Identity> identity() const;
  [[nodiscard]] Result<void> keep_identity(const Identity& identity) const;

  /// The state to go on with: of a former life, or a fresh one for this enrolment.
  [[nodiscard]] Result<execute::AgentState> load_state(const Identity& identity) const;
  /// Durable on return. The whole state in one file: 1,000 leases are about 1 MB and take a few milliseconds.
  [[nodiscard]] Result<void> store_state(const execute::AgentState& state) const;

 private:
  AgentFolder(std::string path, adapters::Descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  adapters::Descriptor lock_;
};

}  // namespace dayan::agent
