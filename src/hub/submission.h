#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/digest.h"
#include "core/core.h"
#include "model/command.h"

/// A command on its way to the writer, and what comes back.

namespace dayan::hub {

/// When each centre's agent last spoke to this hub: soft state, unknown after a start until the agent speaks again.
using HeardTimes = std::map<CentreId, UnixTime>;

/// What the writer owns, as a closure on it may see it.
struct View {
  const core::State& state;
  const HeardTimes& heard;
  UnixTime now;
  const JobRow* job = nullptr;  ///< in a render of SubmitJob or CancelJob: the job, which the command may have ended
};

/// The answer to an accepted command. It is made before the commit and sent after it.
struct Rendered {
  int status = 200;
  std::string body;
  /// What is kept under the idempotency key when the body shows a secret: the same without it. Empty: the body.
  std::string kept_body;
};

/// Who speaks in a command.
enum class Bearer {
  token,  ///< the bearer of a token: authenticated by the writer, in the order of commands
  host,   ///< the hub itself; also for an agent that enrols, whose join token the core judges
};

/// Exactly one of: accepted (status and body), refused by the core, or failed in the hub.
struct CommandAnswer {
  int status = 200;
  std::string body;
  bool replayed = false;  ///< the kept answer of an earlier command under the same key
  std::optional<Refusal> refusal;
  std::optional<Error> error;
};

struct Submission {
  Bearer bearer = Bearer::token;
  Digest token_hash;
  CommandBody body;
  std::string key;  ///< the Idempotency-Key; empty: none
  Digest request;   ///< of method, target and what the body asks
  /// Called on the writer with the command applied. Must not block.
  std::function<Rendered(const View&, const core::Decision&)> render;
  /// Called on the writer, once, after the commit. Must not block.
  std::function<void(CommandAnswer)> answer;
};

}  // namespace dayan::hub
