#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dayan::cli {

/// Rows in aligned columns, two spaces apart. A title that ends in '>' makes its column flush right (numbers).
class Table {
 public:
  explicit Table(std::vector<std::string> titles);
  /// As many cells as there are titles; they are made harmless to a terminal.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// Titles in capitals as given, then the rows; each line without spaces at its end.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> titles_;
  std::vector<bool> is_right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace dayan::cli
