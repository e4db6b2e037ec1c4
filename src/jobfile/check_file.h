#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "jobfile/fault_list.h"
#include "jobfile/job_file.h"

namespace dayan::jobfile {

/// Adds the faults that `check` finds in the job of a file that has been read, under the names the file has for its
/// fields; a field that has a fault already gets no second one. `name_of` translates a field of JobSpec.
void check_file(const JobFile& file, const std::function<std::string(std::string_view)>& name_of, FaultList& faults);

}  // namespace dayan::jobfile
