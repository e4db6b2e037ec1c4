#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "base/time.h"

/// What a command may touch of the terminal and the process around it. Tests hand in their own.

namespace dayan::cli {

struct Host {
  std::ostream& out;  ///< results only: what a script reads
  std::ostream& err;  ///< progress, notes and errors
  bool err_is_terminal = false;
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::function<void(Duration)> pause;
  /// One line from standard input; not echoed when that is a terminal. Nothing at its end.
  std::function<std::optional<std::string>(const std::string& prompt)> read_secret;
  std::function<UnixTime()> now;  ///< what "+8h" counts from
};

}  // namespace dayan::cli
