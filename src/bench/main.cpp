#include <iostream>
#include <vector>

#include "bench/command.h"

namespace dayan::bench {
namespace {

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
      backfill_command(program),
  };
  CLI11_PARSE(program, argc, argv);
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
