#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/processes.h"

/// Which version of a program is installed here: asked of the program itself.

namespace dayan::probes {

/// The words that make a well-known program print its version; empty when the program is not known to us.
[[nodiscard]] std::vector<std::string> version_command(std::string_view program);
/// The names that version_command knows, sorted.
[[nodiscard]] std::vector<std::string> known_programs();

/// The first number with a dot in a program's answer, without what hangs on it: "POV-Ray 3.7.0.10.unofficial" gives
/// "3.7.0.10", "ffmpeg version 5.1.6-0+deb12u1" gives "5.1.6". Nothing when there is none.
[[nodiscard]] std::optional<std::string> version_in(std::string_view text);

/// The installed version of a well-known program. `not_found`: it is not installed; `invalid`: we do not know how to
/// ask; `unavailable`: it did not answer with a version.
[[nodiscard]] Result<std::string> installed_version(Processes& processes, std::string_view program);

}  // namespace dayan::probes
