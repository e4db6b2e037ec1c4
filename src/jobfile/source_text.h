#pragma once

#include <string_view>

#include "jobfile/fault_list.h"

namespace dayan::jobfile {

/// Text that a person wrote: at most file_bytes_max, UTF-8, no control characters but tab and line ends. Adds one
/// fault and returns false when it is not: a parser would lose what follows, or the wire would refuse it later.
[[nodiscard]] bool check_source_text(std::string_view text, std::string_view what, FaultList& faults);

}  // namespace dayan::jobfile
