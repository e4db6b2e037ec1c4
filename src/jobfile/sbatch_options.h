#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jobfile/fault_list.h"

namespace dayan::jobfile {

/// One option of an #SBATCH line, under its long name.
struct SbatchOption {
  std::string name;   ///< "--cpus-per-task"
  std::string value;  ///< empty where the option has none
  int line = 0;       ///< from one
};

/// The options in the head of a batch script, in order, split as sbatch splits them: words, quotes, `--name=value`,
/// `--name value`, `-c 4`, `-c4`, and a comment after #. An option that is not known here is a fault.
[[nodiscard]] std::vector<SbatchOption> read_sbatch_options(std::string_view script, std::vector<std::string>& notes,
                                                            FaultList& faults);

}  // namespace dayan::jobfile
