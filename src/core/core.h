#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/state.h"
#include "model/command.h"
#include "model/event.h"
#include "model/refusal.h"

/// The platform as a deterministic state machine. No clock, no I/O, no thread, no chance: time and ids come in.
///
/// A host (hub, sim, chaos) does, for each command: authenticate → needs → decide → apply each event → commit what
/// State::drain returns together with the events → and only then answers.

namespace dayan::core {

/// Bugs that a simulation can plant at run time, to show that its checkers catch them (docs/decisions/).
enum class PlantedBug {
  none,
  second_hold_unchecked,   ///< of two assignments in one plan, the second is granted without looking at the wallet
  post_twice,              ///< the charge of an attempt is posted to the provider a second time
  old_epoch_accepted,      ///< a report of an older attempt ends the newer one
  counter_back_accepted,   ///< a cumulative counter that went back is taken
  placed_before_lease_end, ///< a lost task is placed again at once
  reclaim_without_notice,  ///< what is taken back is ended at once
};

/// Who bears this token, if it is live at `now`.
[[nodiscard]] Decided<Actor> authenticate(const State& state, const Digest& token_hash, UnixTime now);

/// What a command names and State no longer holds: the host looks the rows up in the store and hands them in.
struct Needs {
  std::vector<JobId> jobs;
  std::vector<AttemptKey> attempts;
  std::vector<std::string> payments;  ///< by reference

  [[nodiscard]] bool is_empty() const { return jobs.empty() && attempts.empty() && payments.empty(); }
};
[[nodiscard]] Needs needs(const State& state, const Command& command);

/// Retired rows that the host fetched, as `needs` asked; what the store does not have either is simply missing.
struct Fetched {
  std::vector<JobRow> jobs;
  std::vector<AttemptRow> attempts;
  std::vector<PaymentRow> payments;
};

/// Why the core did not take one assignment of a plan.
struct StaleAssignment {
  JobId job;
  std::int32_t task = 0;
  Reason reason;
};

struct Decision {
  std::vector<Event> events;
  std::vector<StaleAssignment> stale;  ///< of a CommitPlan
  JobId job;                           ///< of a SubmitJob or CancelJob
};

/// Decides a command. Everything is checked before the first event; a Refusal means that nothing happened.
/// Cost: proportional to what the command names, except Tick, which looks at live leases.
[[nodiscard]] Decided<Decision> decide(const State& state, const Command& command, UnixTime now,
                                       const Fetched& fetched = {}, PlantedBug bug = PlantedBug::none);

/// Changes the state by one event, and marks the rows that it touched.
void apply(State& state, const Event& event, UnixTime now);

/// The part of it that a host can afford to check at every commit: no account among these changes that must not go
/// negative does.
[[nodiscard]] std::optional<std::string> broken_change(const std::vector<RowChange>& changes);

/// Pools whose live leases take more than they have: the first, in words. Apart from broken_invariant, since a provider
/// may take nodes away while they are leased.
[[nodiscard]] std::optional<std::string> exceeded_capacity(const State& state);

/// When the earliest timer is due; nullopt when nothing waits for time. The host then sends Tick.
[[nodiscard]] std::optional<UnixTime> next_wakeup(const State& state);

/// The invariants of DESIGN.md and TRADING.md 2.4, over the whole state: the first that is broken, in words that name
/// rows and figures; nullopt when all hold. Cost: the whole state.
[[nodiscard]] std::optional<std::string> broken_invariant(const State& state);

}  // namespace dayan::core
