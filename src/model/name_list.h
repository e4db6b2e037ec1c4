#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace dayan {

/// Of a list of names that are allowed: one that names nobody allows all.
[[nodiscard]] inline bool is_among(const std::vector<std::string>& allowed, const std::string& name) {
  return allowed.empty() || std::ranges::find(allowed, name) != allowed.end();
}

}  // namespace dayan
