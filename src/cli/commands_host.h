#pragma once

#include "cli/program.h"

/// Commands that are programs of their own: they link the hub, the agent and the executors, which the rest of the CLI
/// does without.

namespace dayan::cli {

void add_hub_commands(CLI::App& app, Program& program);
/// Also the hidden `supervise`, which the local executor starts.
void add_agent_commands(CLI::App& app, Program& program);
void add_sim_commands(CLI::App& app, Program& program);
/// `run`, below `sim`.
void add_sim_run_command(CLI::App& sim, Program& program);
void add_place_command(CLI::App& app, Program& program);

}  // namespace dayan::cli
