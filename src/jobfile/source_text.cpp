#include "jobfile/source_text.h"

namespace dayan::jobfile {
namespace {

/// The length of the UTF-8 character that `text` begins with; zero when it is none (RFC 3629).
std::size_t character_size(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
      (first == 0xf4 && second > 0x8f))
    return 0;
  return size;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

}  // namespace

bool check_source_text(std::string_view text, std::string_view what, FaultList& faults, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    faults.add_at(0, std::string(what), "has " + std::to_string(text.size()) + " bytes",
                  "give at most " + std::to_string(bytes_max) + ", and large data as inputs");
    return false;
  }
  int line = 1;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0) {
      faults.add_at(line, std::string(what), "is not UTF-8 text", "save it as UTF-8");
      return false;
    }
    if (is_control(text.front())) {
      faults.add_at(line, std::string(what), "holds a control character", "leave it out");
      return false;
    }
    if (text.front() == '\n') ++line;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace dayan::jobfile
