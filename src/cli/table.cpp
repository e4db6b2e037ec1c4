#include "cli/table.h"

#include <algorithm>

#include "base/assert.h"
#include "cli/display.h"

namespace dayan::cli {

Table::Table(std::vector<std::string> titles) : titles_(std::move(titles)) {
  for (std::string& title : titles_) {
    is_right_.push_back(title.ends_with('>'));
    if (is_right_.back()) title.pop_back();
  }
}

void Table::add(std::vector<std::string> cells) {
  ASSERT(cells.size() == titles_.size());
  for (std::string& cell : cells) cell = harmless(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    std::size_t width = display_width(titles_[i]);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    widths.push_back(width);
  }
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string blank(widths[i] - display_width(cells[i]), ' ');
      line += i == 0 ? "" : "  ";
      line += is_right_[i] ? blank + cells[i] : cells[i] + blank;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  add_line(titles_);
  for (const auto& row : rows_) add_line(row);
  return text;
}

}  // namespace dayan::cli
