#pragma once

#include <mutex>
#include <shared_mutex>
#include <vector>

#include "core/core.h"
#include "model/command.h"

/// Directory: who and what there is (organisations, projects, users, tokens, centres, pools, offers, the core's
/// counters), as of the latest commit, for threads beside the writer. It is a projection, fed by committed changes in
/// order; the writer authenticates every command again. A revoked token is refused from the commit on.

namespace dayan::hub {

class Directory {
 public:
  /// Starts again from a freshly loaded State.
  void reset(const core::State& state);
  void apply(const std::vector<RowChange>& changes);

  /// As core::authenticate; a clock that went back does not bring an expired token to life.
  [[nodiscard]] Decided<Actor> authenticate(const Digest& token_hash, UnixTime clock_now) const;

  /// Calls look(const core::State&) under a shared lock: short, and no reference may leave it.
  template <class Look>
  [[nodiscard]] auto look(Look&& look_at) const {
    const std::shared_lock lock(mutex_);
    return look_at(state_);
  }

 private:
  mutable std::shared_mutex mutex_;
  core::State state_;  ///< only the tables named above
};

}  // namespace dayan::hub
