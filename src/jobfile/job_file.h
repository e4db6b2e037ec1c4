#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"
#include "jobfile/moment.h"
#include "model/job.h"

/// What people write to submit a job: a job file in YAML, or the Slurm script they already have. Pure readers: the
/// caller (the CLI) reads and hashes the input files, and expands those that are folders.

namespace dayan::jobfile {

inline constexpr std::size_t file_bytes_max = 1'000'000;
inline constexpr std::size_t depth_max = 16;

/// A file, or a folder, of the submitter that the job needs.
struct LocalInput {
  std::string path;   ///< in the job: relative to the work folder
  std::string local;  ///< where it is now, relative to the job file or absolute
  bool executable = false;  ///< asked for in the file; the caller adds the file's own mode

  friend bool operator==(const LocalInput&, const LocalInput&) = default;
};

struct JobFile {
  JobSpec spec;  ///< without inputs: their digests are not known yet
  std::string project = "default";
  std::vector<LocalInput> inputs;
  std::vector<std::string> notes;  ///< for people: what was read and has no effect here, with its line
};

/// Reads a job file. Either a JobFile that passes `check` as far as it is known, or every fault at once in order of
/// lines, each naming the field and the line. `command` as a list is run as it is; as a text it is run by `sh -c`.
[[nodiscard]] tl::expected<JobFile, Faults> parse_job_yaml(std::string_view text, const TimeBase& base = {});

/// Reads the #SBATCH options of a batch script, as sbatch does: up to the first line that is neither empty nor a
/// comment. The script is the whole text. An option that would change what runs and has no equal here is a fault;
/// one that only concerns the cluster it was written for (partition, account, output) is ignored with a note.
[[nodiscard]] tl::expected<JobFile, Faults> parse_sbatch(std::string_view script, const TimeBase& base = {});

}  // namespace dayan::jobfile
