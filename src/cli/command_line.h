#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/program.h"
#include "cli/session.h"

/// How commands_*.cpp declare commands.

namespace dayan::cli {

/// A command, or a group of them. `examples`: whole command lines, one a line.
inline CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& what,
                             const std::string& examples) {
  CLI::App* command = parent.add_subcommand(name, what);
  std::string footer = "Examples:\n  ";
  for (const char c : examples) footer += c == '\n' ? std::string("\n  ") : std::string(1, c);
  command->footer(footer);
  return *command;
}
/// A group: exactly one of its commands must follow. Also keeps a name that equals a command's from being taken for
/// it.
inline CLI::App& add_group(CLI::App& parent, const std::string& name, const std::string& what,
                           const std::string& examples) {
  CLI::App& group = add_command(parent, name, what, examples);
  group.require_subcommand(1, 1);
  return group;
}

/// What a command does when it is the one on the command line and none of its own commands is.
inline void on_chosen(CLI::App& command, Program& program, std::function<Answer<void>(Output&)> action) {
  command.callback([&command, &program, action = std::move(action)] {
    if (command.get_subcommands().empty()) program.action = action;
  });
}
/// The same for what asks a hub.
inline void on_chosen_with_session(CLI::App& command, Program& program,
                                   std::function<Answer<void>(Session&)> action) {
  on_chosen(command, program, [&program, action = std::move(action)](Output& out) -> Answer<void> {
    TRY(const auto session, open_session(program.host, out, program.profile));
    return action(*session);
  });
}

}  // namespace dayan::cli
