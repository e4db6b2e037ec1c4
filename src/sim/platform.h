#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/core.h"
#include "jobfile/platform_file.h"
#include "place/engine.h"

/// A platform in memory and virtual time: the real core and the real engine, without store, agents or faults. What is
/// described in a file is enrolled, priced and submitted by the same commands as on a hub.

namespace dayan::sim {

class Platform {
 public:
  /// `now`: when it begins. Its one customer has funds without a practical bound.
  explicit Platform(UnixTime now);

  /// Enrols the centre with its pools and prices. An error names what the core refused.
  [[nodiscard]] Result<CentreId> add_centre(const jobfile::CentreFile& centre);
  [[nodiscard]] Result<JobId> submit(const JobSpec& spec);
  /// Plans until the engine proposes nothing more; returns the leases that were granted, in order.
  std::vector<LeaseRow> place_all();
  /// The attempt has run for so long and ended: it is charged, and its room is free again.
  void end_attempt(const AttemptKey& attempt, Duration run, std::int32_t exit_code);
  /// Time passes; every centre is heard from. Fires the core's timers.
  void advance(UnixTime to);

  [[nodiscard]] UnixTime now() const { return now_; }
  [[nodiscard]] const core::State& state() const { return state_; }
  [[nodiscard]] const place::Engine& engine() const { return *engine_; }
  /// The placement of an attempt, as the core kept it.
  [[nodiscard]] const PlacementRow* placement(const AttemptKey& attempt) const;

 private:
  Decided<core::Decision> decide(const Actor& actor, CommandBody body);
  [[nodiscard]] Result<core::Decision> must(const Actor& actor, CommandBody body);
  [[nodiscard]] Actor bearer(const std::string& token) const;
  void hear_all();

  core::State state_;
  std::unique_ptr<place::Engine> engine_;
  UnixTime now_;
  std::int64_t last_id_ = 1'000;
  std::map<std::string, bool> providers_;
  std::map<CentreId, std::pair<std::string, std::int64_t>> agents_;  ///< token, last report sequence
  std::map<AttemptKey, PlacementRow> placements_;                    ///< of live leases
  std::vector<LeaseRow> granted_;                                    ///< since the last look
};

}  // namespace dayan::sim
