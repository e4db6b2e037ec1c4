#pragma once

#include <string_view>

#include "jobfile/fault_list.h"
#include "jobfile/job_file.h"

namespace dayan::jobfile {

/// Text that a person wrote: at most `bytes_max` long, UTF-8, no control characters but tab and line ends. Adds one
/// fault and returns false when it is not: a parser would lose what follows, or the wire would refuse it later.
[[nodiscard]] bool check_source_text(std::string_view text, std::string_view what, FaultList& faults,
                                     std::size_t bytes_max = file_bytes_max);

}  // namespace dayan::jobfile
