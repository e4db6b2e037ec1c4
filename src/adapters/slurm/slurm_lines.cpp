#include "adapters/slurm/slurm_lines.h"

#include <algorithm>

#include "base/scan.h"

namespace dayan::adapters {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string> fields_of(std::string_view line, std::size_t count) {
  std::vector<std::string> fields;
  while (fields.size() + 1 < count) {
    const std::size_t bar = line.find('|');
    if (bar == std::string_view::npos) break;
    fields.emplace_back(line.substr(0, bar));
    line.remove_prefix(bar + 1);
  }
  fields.emplace_back(line);
  return fields;
}

tl::unexpected<Error> not_understood(const char* command, std::string_view line) {
  return fail(ErrorCode::corrupt, std::string(command) + " printed a line that is not understood: " + quote(line));
}

}  // namespace dayan::adapters
