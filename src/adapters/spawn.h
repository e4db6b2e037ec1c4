#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "model/job.h"

namespace dayan::adapters {

/// A program to be started with nothing of ours: no descriptor beyond the three named, no environment, no signal
/// settings. It leads a new process group, or a new session.
struct SpawnPlan {
  std::vector<std::string> argv;
  std::vector<EnvironmentVariable> environment;
  int input = -1;  ///< -1: /dev/null, for all three
  int output = -1;
  int error = -1;
  bool new_session = false;
};

/// Errors: `not_found` no such program, `invalid` an empty argv or a NUL in a text, `unavailable` otherwise.
[[nodiscard]] Result<pid_t> spawn(const SpawnPlan& plan);

/// As shells count it: the code of an exit, 128 + the number of a signal.
[[nodiscard]] int exit_code_of(int wait_status);

/// Pointers into texts, ended by a null pointer, as exec wants them. Valid while `texts` lives.
[[nodiscard]] std::vector<char*> pointers(std::vector<std::string>& texts);

/// "NAME=value" of each.
[[nodiscard]] std::vector<std::string> assignments(const std::vector<EnvironmentVariable>& environment);

/// The program that a word names: as it is when it contains '/' (relative to `folder`), else looked up in `path`.
/// Empty when there is none that may be executed.
[[nodiscard]] std::string find_program(const std::string& word, const std::string& path, const std::string& folder);

/// The value of a variable, or `otherwise`.
[[nodiscard]] std::string value_of(const std::vector<EnvironmentVariable>& environment, const std::string& name,
                                   const std::string& otherwise);

/// Where programs are looked up when nothing else is said.
inline constexpr const char* default_path = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

}  // namespace dayan::adapters
