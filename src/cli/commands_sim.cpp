#include <string>

#include "cli/command_line.h"
#include "cli/commands_host.h"
#include "sim/chaos.h"

namespace dayan::cli {
namespace {

constexpr int seeds_max = 1'000'000;

std::string bug_names() {
  std::string names;
  for (const std::string_view word : EnumWords<sim::PlantedBug>::words) {
    if (!names.empty()) names += ", ";
    names += word;
  }
  return names;
}

struct Words {
  std::uint64_t seed = 1;
  int seeds = 50;
  std::string bug;
  std::string scenario;
  bool verbose = false;
};

Answer<sim::PlantedBug> bug_of(const char* option, const std::string& word) {
  if (word.empty()) return sim::PlantedBug::none;
  if (const auto bug = parse_word<sim::PlantedBug>(word)) return *bug;
  return bad_usage("there is no planted bug '" + word + "'", "one of " + bug_names(), option);
}

Answer<void> run_chaos_here(Output& out, const Words& words) {
  sim::ChaosCommand command;
  command.first_seed = words.seed;
  command.seeds = words.seeds;
  command.json = out.as_json();
  command.verbose = words.verbose;
  TRY(command.bug, bug_of("--bug", words.bug));
  TRY(command.scenario, bug_of("--scenario", words.scenario));
  if (sim::chaos_main(command) == 0) return {};
  return end_with(Exit::refused, {});
}

}  // namespace

void add_sim_commands(CLI::App& app, Program& program) {
  CLI::App& sim = add_group(app, "sim", "simulate the platform in virtual time",
                            "dayan sim run --generate lublin --jobs 2000\ndayan sim chaos --seeds 50");
  sim.group("Programs");
  CLI::App& chaos = add_command(sim, "chaos", "crash, lose, repeat and reorder everything; check after every step",
                                "dayan sim chaos --seeds 2000\ndayan sim chaos --seeds 10 --bug post_twice");
  auto words = std::make_shared<Words>();
  chaos.add_option("--seed", words->seed, "the first seed")->capture_default_str()->type_name("N");
  chaos.add_option("--seeds", words->seeds, "how many runs, one a seed")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(1, seeds_max));
  chaos.add_option("--bug", words->bug, "plant a bug, to see that a checker catches it: " + bug_names())
      ->type_name("NAME");
  chaos.add_option("--scenario", words->scenario, "make the world in which that bug shows, and do not plant it")
      ->type_name("NAME")
      ->excludes("--bug");
  chaos.add_flag("--verbose", words->verbose, "print the options that each seed draws");
  on_chosen(chaos, program, [words](Output& out) { return run_chaos_here(out, *words); });
  add_sim_run_command(sim, program);
}

}  // namespace dayan::cli
