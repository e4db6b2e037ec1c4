#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace dayan::adapters {

/// The format of control files: "name length\n", the bytes, "\n"; and so on. Any bytes pass unharmed, names may
/// repeat, and a file that was cut short is refused.
class Record {
 public:
  void add(std::string_view name, std::string_view value);
  void add(std::string_view name, std::int64_t value);

  /// The first value of that name; empty when there is none.
  [[nodiscard]] std::string text(std::string_view name) const;
  /// Zero when there is none.
  [[nodiscard]] std::int64_t number(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static Result<Record> decode(std::string_view text);

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace dayan::adapters
