#pragma once

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "cli/fake_hub.h"

/// For tests: every command of the program, found by the help texts themselves, with its examples.

namespace dayan::cli::testing {

/// What follows "dayan" in a line for a shell, for each command in it: "a | dayan b > c" has "b".
inline std::vector<std::string> command_lines(const std::string& line) {
  std::vector<std::string> found;
  std::istringstream stream(line);
  bool begins = true;
  bool is_ours = false;
  for (std::string word; stream >> word;) {
    if (word == "|" || word == "&&" || word == ">") {
      begins = word != ">";
      is_ours = false;
    } else if (begins) {
      begins = false;
      is_ours = word == "dayan";
      if (is_ours) found.emplace_back();
    } else if (is_ours) {
      found.back() += (found.back().empty() ? "" : " ") + word;
    }
  }
  return found;
}

/// Each example of a help text is a command line of the program. They are read, not run. How many there are.
inline int check_examples(Person& person, const std::string& help) {
  int examples = 0;
  std::istringstream lines(help);
  bool in_examples = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "Examples:") in_examples = true;
    if (!in_examples || !line.starts_with("  ")) continue;
    for (const std::string& command : command_lines(line)) {
      ++examples;
      std::vector<std::string> words;
      std::istringstream stream(command);
      for (std::string word; stream >> word;) words.push_back(word);
      person.err.str("");
      EXPECT_FALSE(CommandLine(person.host, person.more).read(words).has_value())
          << "the example '" << line << "' cannot be read: " << person.complained();
    }
  }
  return examples;
}

/// Groups of commands are listed under their titles, two spaces before each name.
inline std::vector<std::string> commands_of(const std::string& help) {
  std::vector<std::string> names;
  std::istringstream lines(help);
  bool in_commands = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != ' ') {
      in_commands = line.ends_with(":") && line != "Options:" && line != "Positionals:" && line != "Examples:" &&
                    line != "Exit codes:" && line != "Environment:";
      continue;
    }
    if (!in_commands || !line.starts_with("  ") || line[2] == ' ') continue;
    names.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return names;
}

/// Every command has a help text with examples of itself that can be read. How many commands there are.
inline int walk_help(Person& person) {
  int seen = 0;
  const std::function<void(const std::string&)> walk = [&](const std::string& command) {
    ASSERT_EQ(person.runs(command + " --help"), 0) << command;
    const std::string help = person.said();
    const std::string example =
        command.empty() ? "Exit codes:" : "Examples:\n  dayan " + command.substr(0, command.find(' '));
    EXPECT_NE(help.find(example), std::string::npos) << help;
    if (!command.empty()) {
      EXPECT_GT(check_examples(person, help), 0) << command;
    }
    ++seen;
    for (const std::string& name : commands_of(help)) walk(command.empty() ? name : command + ' ' + name);
  };
  walk("");
  return seen;
}

}  // namespace dayan::cli::testing
