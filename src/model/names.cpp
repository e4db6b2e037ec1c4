#include <algorithm>

#include "base/scan.h"
#include "model/job.h"

/// Names, paths and versions as people write them.

namespace dayan {
namespace {

constexpr std::size_t path_bytes_max = 4'096;
constexpr std::size_t path_part_bytes_max = 255;

/// Takes the next run of digits or of letters, without the punctuation before it; empty at the end.
std::string_view take_version_part(std::string_view& text) {
  while (!text.empty() && !is_digit(text.front()) && !is_letter(text.front())) text.remove_prefix(1);
  std::size_t size = 0;
  while (size < text.size() && (is_digit(text[size]) || is_letter(text[size])) &&
         is_digit(text[size]) == is_digit(text.front()))
    ++size;
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(size);
  return part;
}

/// Below zero, zero or above, as `a` is older than, equal to or newer than `b`. A missing part counts as zero, a word
/// (rc, beta) is older than any number.
int compare_version_parts(std::string_view a, std::string_view b) {
  if (a.empty()) a = "0";
  if (b.empty()) b = "0";
  const bool a_is_number = is_digit(a.front());
  const bool b_is_number = is_digit(b.front());
  if (a_is_number != b_is_number) return a_is_number ? 1 : -1;
  if (a_is_number) {
    a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
    b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  }
  return a.compare(b);
}

}  // namespace

bool is_safe_relative_path(std::string_view path) {
  if (path.empty() || path.size() > path_bytes_max) return false;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
  }
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.size() > path_part_bytes_max) return false;
    if (end == path.size()) return true;
    begin = end + 1;
  }
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > name_length_max) return false;
  if (!is_letter(name.front()) && !is_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; });
}

bool version_at_least(std::string_view version, std::string_view minimum) {
  if (minimum.empty()) return true;
  while (true) {
    const std::string_view has = take_version_part(version);
    const std::string_view needs = take_version_part(minimum);
    if (has.empty() && needs.empty()) return true;
    const int order = compare_version_parts(has, needs);
    if (order != 0) return order > 0;
  }
}

}  // namespace dayan
