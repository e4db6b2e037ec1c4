#pragma once

#include <string>
#include <vector>

#include "cli/failure.h"
#include "cli/progress.h"
#include "jobfile/job_file.h"
#include "model/job.h"

namespace dayan::cli {

/// A file that a job needs, and where its bytes are now.
struct GatheredInput {
  InputFile file;
  std::string local;
};

/// Looks up, expands and hashes what a job file names, relative to `folder`. A folder stands for every file in it, in
/// order of path. Links are followed to files inside `folder` (or inside the named folder) only: a job file from
/// elsewhere must not carry away what its reader did not mean to give. A file is executable when the job file says so
/// or its owner may execute it. `usage` with every fault at once.
[[nodiscard]] Answer<std::vector<GatheredInput>> gather_inputs(const std::vector<jobfile::LocalInput>& wanted,
                                                               const std::string& folder, Progress& progress);

}  // namespace dayan::cli
