#include <algorithm>
#include <set>

#include "model/checker.h"

/// What a job runs: every fault of its program, environment, inputs and outputs.

namespace dayan {
namespace {

constexpr std::size_t command_words_max = 1'000;
constexpr std::size_t environment_value_max = 100'000;
constexpr std::size_t variable_name_bytes_max = 255;

void check_program(const Payload& payload, Checker& checker) {
  if (payload.command.empty() && payload.script.empty())
    checker.fault("payload.command", "neither a command nor a script is given", "give one of them");
  if (!payload.command.empty() && !payload.script.empty())
    checker.fault("payload.script", "both a command and a script are given", "give one of them");
  checker.at_most("payload.command", payload.command.size(), command_words_max, "words");
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < payload.command.size(); ++i) {
    const std::string& word = payload.command[i];
    bytes += word.size() + 1;
    if (word.find('\0') != std::string::npos)
      checker.fault(Checker::member("payload.command", i), "holds a NUL byte", "leave it out");
  }
  checker.at_most("payload.command", bytes, script_bytes_max, "bytes");
  if (!payload.command.empty() && payload.command.front().empty())
    checker.fault("payload.command[0]", "is empty", "name the program to run");
  checker.at_most("payload.script", payload.script.size(), script_bytes_max, "bytes");
  if (payload.script.find('\0') != std::string::npos)
    checker.fault("payload.script", "holds a NUL byte", "give a text script");
}

bool is_variable_name(std::string_view name) {
  if (name.empty() || name.size() > variable_name_bytes_max || is_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

void check_environment(const std::vector<EnvironmentVariable>& environment, Checker& checker) {
  if (!checker.at_most("payload.environment", environment.size(), environment_max, "variables")) return;
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < environment.size(); ++i) {
    const auto& [name, value] = environment[i];
    const std::string field = Checker::member("payload.environment", i);
    if (!is_variable_name(name))
      checker.fault(field + ".name", quote(name) + " is not a variable's name",
                    "give letters, digits and underscores, no digit first");
    else if (!seen.insert(name).second)
      checker.fault(field + ".name", quote(name) + " is given twice", "give each variable once");
    if (value.find('\0') != std::string::npos) checker.fault(field + ".value", "holds a NUL byte", "leave it out");
    checker.at_most(field + ".value", value.size(), environment_value_max, "bytes");
  }
}

constexpr const char* path_advice = "give a relative path that stays inside the work folder, e.g. frames/a.png";

void check_inputs(const std::vector<InputFile>& inputs, Checker& checker) {
  if (!checker.at_most("payload.inputs", inputs.size(), input_files_max, "files")) return;
  std::set<std::string_view> paths;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const InputFile& input = inputs[i];
    const std::string field = Checker::member("payload.inputs", i);
    if (!is_safe_relative_path(input.path))
      checker.fault(field + ".path", quote(input.path) + " is not a path inside the work folder", path_advice);
    else if (!paths.insert(input.path).second)
      checker.fault(field + ".path", quote(input.path) + " is given twice", "give each file once");
    if (input.digest.is_none())
      checker.fault(field + ".digest", "is missing, or all zeros", "give the SHA-256 of the file in hexadecimal");
    checker.range(field + ".size", input.size, Bytes(0), bytes_max, show_size(Bytes(0), bytes_max));
  }
  // A file cannot stand where another one needs a folder.
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string_view path = inputs[i].path;
    for (std::size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1)) {
      if (!paths.contains(path.substr(0, end))) continue;
      checker.fault(Checker::member("payload.inputs", i) + ".path",
                    quote(path) + " lies below " + quote(path.substr(0, end)) + ", which is a file",
                    "rename one of the two");
      break;
    }
  }
}

void check_outputs(const std::vector<std::string>& outputs, Checker& checker) {
  if (!checker.at_most("payload.outputs", outputs.size(), output_patterns_max, "patterns")) return;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!is_safe_relative_path(outputs[i]))
      checker.fault(Checker::member("payload.outputs", i),
                    quote(outputs[i]) + " is not a pattern inside the work folder", path_advice);
  }
}

}  // namespace

void check_payload(const Payload& payload, Checker& checker) {
  check_program(payload, checker);
  check_environment(payload.environment, checker);
  check_inputs(payload.inputs, checker);
  check_outputs(payload.outputs, checker);
}

}  // namespace dayan
