#include "jobfile/check_file.h"

namespace dayan::jobfile {

void check_file(const JobFile& file, const std::function<std::string(std::string_view)>& name_of, FaultList& faults) {
  JobSpec spec = file.spec;
  // The paths of inputs keep the rules of any job; their content is not known yet, so any digest stands for it.
  const Digest unknown = sha256("");
  for (const LocalInput& input : file.inputs) spec.payload.inputs.push_back({input.path, unknown, Bytes(0), false});
  for (Error& fault : check(spec)) {
    std::string field = name_of(fault.field);
    if (!faults.covers(field)) faults.add(std::move(field), std::move(fault.wrong), std::move(fault.right));
  }
}

}  // namespace dayan::jobfile
