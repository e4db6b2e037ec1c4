#pragma once

#include <string>
#include <vector>

/// Charts as SVG text, drawn with the colours that the page defines (`--ink`, `--faint`, `--line`, `--accent`, `--c0`
/// to `--c6`). Widths are fixed; the page lets a narrow screen scroll.

namespace dayan::sim {

/// Text as it may stand in HTML.
[[nodiscard]] std::string escaped(const std::string& text);

/// One band for each series, all over the same time: what part (0 to 1) of a whole is used.
struct Band {
  std::string name;
  std::vector<double> parts;
  std::string note;  ///< at its right end: the mean
};
[[nodiscard]] std::string bands_chart(const std::vector<Band>& bands, double hours_from, double hours_to);

/// What share of the tasks waited at most so long; the time axis is logarithmic from a second on.
struct WaitLine {
  std::string name;
  std::vector<double> seconds;  ///< by rank, from the least to the greatest
};
[[nodiscard]] std::string waits_chart(const std::vector<WaitLine>& lines);

struct Bar {
  std::string name;
  double value = 0;
  std::string text;
};
[[nodiscard]] std::string bars_chart(const std::vector<Bar>& bars);

/// Work in a pool, each with its part of it, laid out in lanes so that nothing overlaps.
struct GanttBlock {
  double from = 0;  ///< hours
  double to = 0;
  double part = 0;  ///< of the pool
  std::string title;
};
[[nodiscard]] std::string gantt_chart(std::vector<GanttBlock> blocks);
/// No more blocks are drawn; then the chart shows the busiest stretch that has no more.
inline constexpr std::size_t gantt_blocks_max = 1'500;

}  // namespace dayan::sim
