#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/job.h"

/// Runs short programs of the machine: an argv, never a shell.

namespace dayan {

struct ProcessSpec {
  std::vector<std::string> argv;  ///< argv[0] is looked up in the PATH of `environment` unless it contains '/'
  std::vector<EnvironmentVariable> environment;  ///< the whole of it: nothing is inherited
  std::string input;                             ///< given to standard input, then its end
  Duration timeout = Duration::seconds(25);
  std::size_t output_max = 16'000'000;  ///< bytes of standard output and error together
};

struct ProcessResult {
  int exit_code = 0;  ///< 128 + the number of the signal that ended it
  std::string out;
  std::string err;
};

class Processes {
 public:
  virtual ~Processes() = default;

  /// Runs a program to its end. A non-zero exit code is a result, not an error. Errors: `not_found` no such program,
  /// `invalid` a NUL in an argument, `unavailable` it could not be started; `unknown_outcome` it was ended because it
  /// took longer than `timeout`, `exhausted` because it printed more than `output_max`.
  [[nodiscard]] virtual Result<ProcessResult> run(const ProcessSpec& spec) = 0;
};

}  // namespace dayan
