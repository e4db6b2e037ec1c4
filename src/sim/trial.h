#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/hash.h"
#include "base/prng.h"
#include "sim/event_queue.h"
#include "sim/faults.h"

/// What every part of one run shares: virtual time, the faults of the moment, counts, and the first thing that broke.

namespace dayan::sim {

inline constexpr UnixTime trial_start = UnixTime(1'800'000'000'000'000);

/// A checker found something wrong. The run stops.
struct Violation {
  std::string checker;
  std::string text;
  std::int64_t step = 0;
  Duration after;  ///< virtual time since the start
};

struct Counts {
  std::int64_t steps = 0;
  std::int64_t commands = 0;
  std::int64_t refusals = 0;
  std::int64_t replays = 0;  ///< requests answered from what was kept
  std::int64_t events = 0;
  std::int64_t commits = 0;
  std::int64_t failed_commits = 0;
  std::int64_t hub_crashes = 0;
  std::int64_t agent_crashes = 0;
  std::int64_t reinstalls = 0;
  std::int64_t engine_outages = 0;
  std::int64_t lost_messages = 0;
  std::int64_t repeated_messages = 0;
  std::int64_t late_messages = 0;
  std::int64_t partitions = 0;
  std::int64_t jobs = 0;
  std::int64_t final_jobs = 0;
  std::int64_t leases = 0;
  std::int64_t processes = 0;
  std::int64_t lost_attempts = 0;
  std::int64_t late_reports = 0;
  std::int64_t rounds = 0;  ///< of series, the first of each apart
  std::int64_t reclaims = 0;
  std::int64_t centres_filled = 0;  ///< a job got as many tasks at one as it lets run there
  std::int64_t nodes_filled = 0;  ///< and as many on one node as it lets run on one
  std::int64_t gangs_in_racks = 0;  ///< began, in a pool of which not all nodes stand in one
  std::int64_t virtual_seconds = 0;

  static constexpr auto fields() {
    using C = Counts;
    return std::tuple{field("steps", &C::steps),
                      field("commands", &C::commands),
                      field("refusals", &C::refusals),
                      field("replays", &C::replays),
                      field("events", &C::events),
                      field("commits", &C::commits),
                      field("failed_commits", &C::failed_commits),
                      field("hub_crashes", &C::hub_crashes),
                      field("agent_crashes", &C::agent_crashes),
                      field("reinstalls", &C::reinstalls),
                      field("engine_outages", &C::engine_outages),
                      field("lost_messages", &C::lost_messages),
                      field("repeated_messages", &C::repeated_messages),
                      field("late_messages", &C::late_messages),
                      field("partitions", &C::partitions),
                      field("jobs", &C::jobs),
                      field("final_jobs", &C::final_jobs),
                      field("leases", &C::leases),
                      field("processes", &C::processes),
                      field("lost_attempts", &C::lost_attempts),
                      field("late_reports", &C::late_reports),
                      field("rounds", &C::rounds),
                      field("reclaims", &C::reclaims),
                      field("centres_filled", &C::centres_filled),
                      field("nodes_filled", &C::nodes_filled),
                      field("gangs_in_racks", &C::gangs_in_racks),
                      field("virtual_seconds", &C::virtual_seconds)};
  }
};

class Trial {
 public:
  Trial(const Swarm& drawn, PlantedBug planted)
      : queue(trial_start), swarm(drawn), faults(drawn.faults), bug(planted) {}

  [[nodiscard]] UnixTime now() const { return queue.now(); }
  [[nodiscard]] bool is_healed() const { return healed_; }
  /// From now on nothing fails any more.
  void heal() {
    healed_ = true;
    faults = healed(faults);
  }
  /// The first is kept: what breaks afterwards is often its consequence.
  void broken(std::string checker, std::string text) {
    if (violation) return;
    violation = Violation{std::move(checker), std::move(text), queue.steps(), now() - trial_start};
  }
  /// A fault of a rate in a thousand.
  [[nodiscard]] static bool strikes(Prng& prng, std::int32_t permille) {
    return permille > 0 && prng.chance(static_cast<std::uint64_t>(permille), 1'000);
  }
  /// Ids that hosts make: never used before, whatever has crashed.
  [[nodiscard]] std::int64_t next_id() { return ++last_id_; }

  EventQueue queue;
  const Swarm swarm;
  Faults faults;
  const PlantedBug bug;
  Counts counts;
  Hash64 trace;  ///< over what happened and when: equal runs have equal traces
  std::optional<Violation> violation;

 private:
  bool healed_ = false;
  std::int64_t last_id_ = 100;
};

/// A wait around `mean`, for faults that come by chance: uniform from nothing to twice the mean.
[[nodiscard]] inline Duration draw_wait(Prng& prng, Duration mean) {
  return Duration::microseconds(prng.between(0, 2 * mean.microseconds()));
}
[[nodiscard]] inline Duration draw_between(Prng& prng, Duration least, Duration most) {
  return Duration::microseconds(prng.between(least.microseconds(), std::max(least, most).microseconds()));
}

}  // namespace dayan::sim
