#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/failure.h"
#include "cli/host.h"
#include "cli/output.h"

namespace CLI {
class App;
}

/// The one program, `dayan`: words in, exit code out. Only program.cpp and commands_*.cpp include CLI11, which is
/// slow to compile; what commands do stands in files without it.

namespace dayan::cli {

/// What the words said, and what is to be done about it.
struct Program {
  Host& host;
  bool as_json = false;
  std::string profile;
  std::function<Answer<void>(Output&)> action;
};

/// Adds a group of commands to the program.
using AddCommands = void (*)(CLI::App& app, Program& program);

void add_account_commands(CLI::App& app, Program& program);
void add_job_commands(CLI::App& app, Program& program);
void add_market_commands(CLI::App& app, Program& program);
void add_provider_commands(CLI::App& app, Program& program);
void add_operator_commands(CLI::App& app, Program& program);

/// The commands, and one line of words for them. run() is all that a program needs of it.
class CommandLine {
 public:
  /// `more`: groups beyond the five above. The host outlives it.
  CommandLine(Host& host, const std::vector<AddCommands>& more);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// Nothing: they are a command of ours, which act() runs. Else the exit code of what ends here, and the host has been
  /// told: help, the version, wrong words.
  [[nodiscard]] std::optional<int> read(const std::vector<std::string>& words);
  /// The exit code.
  [[nodiscard]] int act();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Runs one command line, without the program's name.
[[nodiscard]] int run(const std::vector<std::string>& words, Host& host, const std::vector<AddCommands>& more = {});

}  // namespace dayan::cli
