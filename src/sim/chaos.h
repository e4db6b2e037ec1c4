#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/trial.h"

/// The deterministic simulator with chaos: the real core, placement and agent logic in a world of virtual time, where
/// everything fails. One seed is one run, to the bit.

namespace dayan::sim {

struct ChaosOptions {
  std::uint64_t seed = 1;
  PlantedBug bug = PlantedBug::none;
  /// The world is made so that this bug could show, though it is not planted: to see that the same world is clean.
  PlantedBug scenario = PlantedBug::none;
};

struct ChaosReport {
  std::uint64_t seed = 0;
  Swarm swarm;
  Counts counts;
  std::uint64_t trace_hash = 0;
  std::optional<Violation> violation;  ///< nothing: all checkers were content to the end
};

/// One run: first everything may fail, then all is healed and must come to an end.
[[nodiscard]] ChaosReport run_chaos(const ChaosOptions& options);

/// `dayan sim chaos --seeds N [--seed S] [--bug NAME | --scenario NAME] [--json] [--verbose]`
struct ChaosCommand {
  std::uint64_t first_seed = 1;
  int seeds = 50;
  PlantedBug bug = PlantedBug::none;
  PlantedBug scenario = PlantedBug::none;  ///< as in ChaosOptions
  bool json = false;
  bool verbose = false;  ///< the options of each run
};

/// Runs the seeds, prints progress and a summary, and for a failure the one command that repeats it. Stops at the first
/// failure. Returns 0 when all seeds are clean, 1 when a checker found something.
int chaos_main(const ChaosCommand& command);

/// The one command that repeats a run.
[[nodiscard]] std::string repeat_command(const ChaosOptions& options);

}  // namespace dayan::sim
