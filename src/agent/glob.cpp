#include "agent/glob.h"

#include <fnmatch.h>

#include <string>
#include <vector>

namespace dayan::agent {

namespace {

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t slash = path.find('/');
    parts.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

bool part_matches(const std::string& pattern, const std::string& part) {
  return ::fnmatch(pattern.c_str(), part.c_str(), FNM_PERIOD) == 0;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view path) {
  const std::vector<std::string> wanted = parts_of(pattern);
  const std::vector<std::string> parts = parts_of(path);
  // reached[j]: the pattern's parts so far match the first j parts. Bounded by pattern × path, whatever they are.
  std::vector<bool> reached(parts.size() + 1, false);
  reached[0] = true;
  for (const std::string& each : wanted) {
    std::vector<bool> next(parts.size() + 1, false);
    bool any_before = false;
    for (std::size_t j = 0; j <= parts.size(); ++j) {
      if (each == "**") {
        any_before = any_before || reached[j];
        next[j] = any_before;
      } else if (j > 0) {
        next[j] = reached[j - 1] && part_matches(each, parts[j - 1]);
      }
    }
    reached = std::move(next);
  }
  return reached[parts.size()];
}

}  // namespace dayan::agent
