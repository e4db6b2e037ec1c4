#include "jobfile/job_reader.h"
#include "jobfile/source_text.h"
#include "jobfile/yaml_values.h"

namespace dayan::jobfile {

tl::expected<JobFile, Faults> parse_job_yaml(std::string_view text, const TimeBase& base) {
  FaultList faults;
  if (!check_source_text(text, "job file", faults)) return tl::unexpected(faults.take());
  const auto root = read_yaml(text, faults);
  if (!root.has_value()) return tl::unexpected(faults.take());
  if (has_any_key(*root, {"centres"}) && !has_any_key(*root, {"command", "script", "wall_time"})) {
    faults.add_at(root->line, "", "this is a platform file: it describes centres",
                  "name a job file; a platform file is for dayan place and dayan sim run");
    return tl::unexpected(faults.take());
  }
  JobFile file = JobReader(faults, "", true, base).read(*root);
  if (!faults.empty()) return tl::unexpected(faults.take());
  return file;
}

}  // namespace dayan::jobfile
