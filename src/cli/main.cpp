#include <string>
#include <vector>

#include "cli/commands_host.h"
#include "cli/terminal.h"

/// The one program. No thread is started here: the supervisor and the hub want to fork and to block signals first.

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  dayan::cli::Host host = dayan::cli::real_host();
  return dayan::cli::run(
      words, host,
      {dayan::cli::add_hub_commands, dayan::cli::add_agent_commands, dayan::cli::add_place_command,
       dayan::cli::add_sim_commands});
}
