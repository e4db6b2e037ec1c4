#pragma once

#include <string_view>

namespace dayan::agent {

/// Does a relative path match an output pattern? `*`, `?` and `[a-z]` within a part, `**` as a part for any number of
/// parts, none included. A part that begins with a dot is matched only by one that begins with a dot.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view path);

}  // namespace dayan::agent
