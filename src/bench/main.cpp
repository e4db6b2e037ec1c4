#include <iostream>
#include <vector>

#include "bench/command.h"

namespace dayan::bench {
namespace {

constexpr int wrong_words = 2;  // as dayan's own programs end

int run(int argc, char** argv) {
  CLI::App program{"dayan-bench: measures Dayan beside a peer or a limit, in the same run"};
  program.require_subcommand(1);
  const std::vector<Command> commands{
      submissions_command(program),
      platform_command(program),
      first_line_command(program),
      packing_command(program),
      match_command(program),
      shares_command(program),
      cost_command(program),
      together_command(program),
      backfill_command(program),
  };
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    // CLI11 has a number of its own for each kind; scripts know 0 and 2.
    return program.exit(wrong) == 0 ? 0 : wrong_words;
  }
  for (const Command& command : commands) {
    if (!command.options->parsed()) continue;
    const Result<void> done = command.run();
    if (done) return 0;
    std::cerr << "dayan-bench: " << to_text(done.error()) << '\n';
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace dayan::bench

int main(int argc, char** argv) { return dayan::bench::run(argc, argv); }
