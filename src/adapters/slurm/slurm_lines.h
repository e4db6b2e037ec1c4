#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// What Slurm's commands print: lines of fields with bars between them. Inside the room only.

namespace dayan::adapters {

/// Those that are not empty.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);
/// At most `count` fields; the last one keeps any further bars.
[[nodiscard]] std::vector<std::string> fields_of(std::string_view line, std::size_t count);
/// Of a line: `corrupt`.
[[nodiscard]] tl::unexpected<Error> not_understood(const char* command, std::string_view line);

}  // namespace dayan::adapters
