#include "core/core.h"

namespace dayan::core {

Decided<Actor> authenticate(const State& state, const Digest& token_hash, UnixTime now) {
  const TokenRow* token = state.tokens.find({token_hash});
  // One answer for unknown, expired and revoked: it tells a stranger nothing.
  if (token == nullptr || token->revoked || token->expires_at <= now) {
    return refuse(RefusalReason::unauthenticated, "the token is unknown, expired or revoked",
                  "log in again with a live token");
  }
  return Actor{token->organisation, token->user, token->centre, token->scopes, false};
}

}  // namespace dayan::core
