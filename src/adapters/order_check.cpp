#include "adapters/order_check.h"

#include <algorithm>

#include "base/scan.h"

namespace dayan::adapters {
namespace {

bool is_variable_name(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || is_digit(c); });
}

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

}  // namespace

Result<void> check_order(const StartOrder& order) {
  if (!order.folder.starts_with('/') || has_nul(order.folder) || order.folder.find('\n') != std::string::npos)
    return fail(ErrorCode::invalid, quote(order.folder) + " is not an absolute path", "give one on one line",
                "folder");
  if (order.command.empty() == order.script.empty())
    return fail(ErrorCode::invalid, "there must be either a command or a script", "give exactly one", "command");
  if (std::any_of(order.command.begin(), order.command.end(), has_nul) || has_nul(order.script))
    return fail(ErrorCode::invalid, "it contains a NUL", "leave it out", order.script.empty() ? "command" : "script");
  // Neither a shell's exec nor a sandbox could tell such a program from an option of its own.
  if (!order.command.empty() && (order.command[0].empty() || order.command[0].starts_with('-')))
    return fail(ErrorCode::invalid, quote(order.command[0]) + " is not the name of a program",
                "a name or a path that does not begin with '-'", "command");
  for (const EnvironmentVariable& variable : order.environment) {
    if (!is_variable_name(variable.name) || has_nul(variable.value))
      return fail(ErrorCode::invalid, quote(variable.name) + " cannot be an environment variable",
                  "name it with letters, digits and _, and keep NUL out of its value", "environment");
  }
  if (order.resources.cores.value() < 1)
    return fail(ErrorCode::invalid, "it asks for no cores", "ask for at least one", "resources.cores");
  if (order.resources.nodes < 1)
    return fail(ErrorCode::invalid, "it asks for no nodes", "ask for at least one", "resources.nodes");
  if (order.resources.memory.value() < 0 || order.resources.cards.value() < 0)
    return fail(ErrorCode::invalid, "it asks for less than nothing", "give none or more", "resources");
  if (order.wall_time.microseconds() <= 0)
    return fail(ErrorCode::invalid, "it has no time limit", "give one of at least 1s", "wall_time");
  return {};
}

}  // namespace dayan::adapters
