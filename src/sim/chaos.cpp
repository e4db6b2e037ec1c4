#include "sim/chaos.h"

#include "sim/world.h"

namespace dayan::sim {

ChaosReport run_chaos(const ChaosOptions& options) {
  Prng prng(options.seed);
  const PlantedBug scenario = options.bug != PlantedBug::none ? options.bug : options.scenario;
  Trial trial(draw_swarm(prng.split(), scenario), options.bug);
  World world(trial, prng.split());
  world.run();
  trial.counts.steps = trial.queue.steps();
  trial.counts.virtual_seconds = (trial.now() - trial_start).seconds_up();
  trial.trace.add(static_cast<std::uint64_t>(trial.counts.steps));
  trial.trace.add(static_cast<std::uint64_t>(trial.now().microseconds()));
  return {options.seed, trial.swarm, trial.counts, trial.trace.value(), trial.violation};
}

std::string repeat_command(const ChaosOptions& options) {
  std::string text = "dayan sim chaos --seed " + std::to_string(options.seed) + " --seeds 1";
  // A planted bug makes its own world: run_chaos.
  if (options.bug != PlantedBug::none) return text + " --bug " + std::string(to_text(options.bug));
  if (options.scenario != PlantedBug::none) text += " --scenario " + std::string(to_text(options.scenario));
  return text;
}

}  // namespace dayan::sim
