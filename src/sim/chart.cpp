#include "sim/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace dayan::sim {
namespace {

constexpr double width = 760;
constexpr double left = 104;
constexpr double right = 64;
constexpr double plot = width - left - right;
constexpr double hour = 3'600;

std::string open(double height, const std::string& label) {
  return fmt::format(
      "<svg viewBox=\"0 0 {0:g} {1:g}\" width=\"{0:g}\" height=\"{1:g}\" role=\"img\" aria-label=\"{2}\">\n", width,
      height, label);
}

void add_text(std::string& svg, double x, double y, const char* kind, const std::string& text) {
  fmt::format_to(std::back_inserter(svg), "<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, kind,
                 escaped(text));
}
void add_line(std::string& svg, double x1, double y1, double x2, double y2) {
  fmt::format_to(std::back_inserter(svg), "<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" class=\"grid\"/>\n", x1, y1, x2,
                 y2);
}

/// Of 1, 2 or 5 times a power of ten, or of what divides a day, so that about `count` fit.
double step_of(double span, int count) {
  for (const double step : {0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0, 120.0, 240.0})
    if (span / step <= count) return step;
  return std::pow(10, std::ceil(std::log10(span / count)));
}

void add_hours_axis(std::string& svg, double from, double to, double top, double bottom) {
  const double span = std::max(1e-9, to - from);
  const double step = step_of(span, 9);
  for (double at = std::ceil(from / step) * step; at <= to + 1e-9; at += step) {
    const double x = left + (at - from) / span * plot;
    add_line(svg, x, top, x, bottom);
    add_text(svg, x, bottom + 16, "tick mid", fmt::format("{:g} h", at));
  }
}

std::string seconds_text(double seconds) {
  if (seconds < 60) return fmt::format("{:g} s", seconds);
  if (seconds < hour) return fmt::format("{:g} min", seconds / 60);
  if (seconds < 24 * hour) return fmt::format("{:g} h", seconds / hour);
  return fmt::format("{:g} d", seconds / (24 * hour));
}

/// The stretch with at most gantt_blocks_max blocks that has the most work; all when there are no more.
void keep_busiest(std::vector<GanttBlock>& blocks) {
  std::ranges::stable_sort(blocks, {}, &GanttBlock::from);
  if (blocks.size() <= gantt_blocks_max) return;
  std::size_t best = 0;
  double most = -1;
  for (std::size_t first = 0; first + gantt_blocks_max <= blocks.size(); first += gantt_blocks_max / 4) {
    double work = 0;
    for (std::size_t i = first; i < first + gantt_blocks_max; ++i)
      work += blocks[i].part * (blocks[i].to - blocks[i].from);
    if (work > most) best = first;
    most = std::max(most, work);
  }
  blocks.erase(blocks.begin(), blocks.begin() + static_cast<std::ptrdiff_t>(best));
  blocks.resize(gantt_blocks_max);
}

/// The lowest offsets in [0, 1) that are free for a block: first fit in its column of time.
class Lanes {
 public:
  /// Where the block's parts lie: it may have to be split, as its cores may lie anywhere.
  std::vector<std::pair<double, double>> place(const GanttBlock& block) {
    std::erase_if(taken_, [&](const Piece& piece) { return piece.until <= block.from; });
    std::ranges::sort(taken_, {}, &Piece::low);
    std::vector<std::pair<double, double>> found;
    double missing = block.part;
    double at = 0;
    for (std::size_t i = 0; i <= taken_.size() && missing > 1e-9; ++i) {
      const double end = i < taken_.size() ? taken_[i].low : 1;
      if (end - at > 1e-9) {
        const double size = std::min(missing, end - at);
        found.emplace_back(at, at + size);
        missing -= size;
      }
      if (i < taken_.size()) at = std::max(at, taken_[i].high);
    }
    for (const auto& [low, high] : found) taken_.push_back({low, high, block.to});
    return found;
  }

 private:
  struct Piece {
    double low;
    double high;
    double until;
  };
  std::vector<Piece> taken_;
};

}  // namespace

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      default: safe += c;
    }
  }
  return safe;
}

std::string bands_chart(const std::vector<Band>& bands, double hours_from, double hours_to) {
  constexpr double band = 52;
  constexpr double gap = 10;
  const double bottom = 8 + static_cast<double>(bands.size()) * (band + gap);
  std::string svg = open(bottom + 24, "utilisation over time, a band a policy");
  add_hours_axis(svg, hours_from, hours_to, 4, bottom);
  double top = 8;
  for (std::size_t i = 0; i < bands.size(); ++i, top += band + gap) {
    const Band& each = bands[i];
    std::string path = fmt::format("M{:.1f} {:.1f}", left, top + band);
    for (std::size_t step = 0; step < each.parts.size(); ++step) {
      const double y = top + band * (1 - std::clamp(each.parts[step], 0.0, 1.0));
      const auto x = [&](std::size_t at) {
        return left + plot * static_cast<double>(at) / static_cast<double>(each.parts.size());
      };
      fmt::format_to(std::back_inserter(path), "L{:.1f} {:.1f}H{:.1f}", x(step), y, x(step + 1));
    }
    fmt::format_to(std::back_inserter(path), "V{:.1f}Z", top + band);
    add_line(svg, left, top, left + plot, top);
    fmt::format_to(std::back_inserter(svg), "<path d=\"{}\" class=\"{}\"/>\n", path, i == 0 ? "area first" : "area");
    add_line(svg, left, top + band, left + plot, top + band);
    add_text(svg, left - 10, top + band / 2 + 5, "name end", each.name);
    add_text(svg, left + plot + 8, top + band / 2 + 5, "value", each.note);
    if (i == 0) add_text(svg, left + plot + 8, top + 6, "tick", "100 %");
    if (i == 0) add_text(svg, left + plot + 8, top + band + 4, "tick", "0 %");
  }
  return svg + "</svg>\n";
}

std::string waits_chart(const std::vector<WaitLine>& lines) {
  constexpr double height = 260;
  constexpr double top = 10;
  double longest = 60;
  for (const WaitLine& line : lines)
    if (!line.seconds.empty()) longest = std::max(longest, line.seconds.back());
  const double decades = std::log10(longest);
  const auto x_of = [&](double seconds) {
    return left + plot * std::clamp(std::log10(std::max(1.0, seconds)) / decades, 0.0, 1.0);
  };
  std::string svg = open(top + height + 44, "share of the tasks that waited at most so long");
  for (int part = 0; part <= 4; ++part) {
    const double y = top + height * (1 - part / 4.0);
    add_line(svg, left, y, left + plot, y);
    add_text(svg, left - 10, y + 4, "tick end", fmt::format("{} %", part * 25));
  }
  for (const double at : {1.0, 10.0, 60.0, 600.0, hour, 6 * hour, 24 * hour, 168 * hour}) {
    if (at > longest) break;
    add_line(svg, x_of(at), top, x_of(at), top + height);
    add_text(svg, x_of(at), top + height + 16, "tick mid", seconds_text(at));
  }
  add_text(svg, left + plot / 2, top + height + 36, "tick mid",
           "waited at most (logarithmic; less than a second at the left edge)");
  // The first is drawn last, above the others.
  for (std::size_t i = lines.size(); i-- > 0;) {
    const WaitLine& line = lines[i];
    std::string path;
    for (std::size_t rank = 0; rank < line.seconds.size(); ++rank) {
      const double share = static_cast<double>(rank) / static_cast<double>(line.seconds.size() - 1);
      fmt::format_to(std::back_inserter(path), "{}{:.1f} {:.1f}", rank == 0 ? 'M' : 'L', x_of(line.seconds[rank]),
                     top + height * (1 - share));
    }
    fmt::format_to(std::back_inserter(svg), "<path d=\"{}\" class=\"curve c{}\"><title>{}</title></path>\n", path, i,
                   escaped(line.name));
  }
  return svg + "</svg>\n";
}

std::string bars_chart(const std::vector<Bar>& bars) {
  constexpr double row = 30;
  double most = 0;
  for (const Bar& bar : bars) most = std::max(most, bar.value);
  std::string svg = open(row * static_cast<double>(bars.size()) + 8, "cost of the whole load, a bar a policy");
  double top = 4;
  for (std::size_t i = 0; i < bars.size(); ++i, top += row) {
    const double length = most > 0 ? (plot - 60) * bars[i].value / most : 0;
    fmt::format_to(std::back_inserter(svg),
                   "<rect x=\"{:g}\" y=\"{:g}\" width=\"{:.1f}\" height=\"{:g}\" rx=\"2\" class=\"{}\"/>\n", left,
                   top + 4, length, row - 10, i == 0 ? "area first" : "area");
    add_text(svg, left - 10, top + row / 2 + 4, "name end", bars[i].name);
    add_text(svg, left + length + 8, top + row / 2 + 4, "value", bars[i].text);
  }
  return svg + "</svg>\n";
}

std::string gantt_chart(std::vector<GanttBlock> blocks) {
  constexpr double height = 300;
  constexpr double top = 8;
  keep_busiest(blocks);
  double from = 0;
  double to = 1;
  if (!blocks.empty()) {
    from = blocks.front().from;
    to = from;
    for (const GanttBlock& block : blocks) to = std::max(to, block.to);
  }
  const double span = std::max(1e-6, to - from);
  std::string svg = open(top + height + 24, "what ran in the busiest pool");
  add_hours_axis(svg, from, to, top, top + height);
  for (const int part : {0, 50, 100}) {
    const double y = top + height * (1 - part / 100.0);
    add_line(svg, left, y, left + plot, y);
    add_text(svg, left - 10, y + 4, "tick end", fmt::format("{} %", part));
  }
  Lanes lanes;
  std::size_t shade = 0;
  for (const GanttBlock& block : blocks) {
    const double x = left + plot * (block.from - from) / span;
    const double length = std::max(0.4, plot * (block.to - block.from) / span);
    ++shade;
    for (const auto& [low, high] : lanes.place(block))
      fmt::format_to(std::back_inserter(svg),
                     "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"block "
                     "b{}\"><title>{}</title></rect>\n",
                     x, top + height * (1 - high), length, std::max(0.4, height * (high - low)), shade % 3,
                     escaped(block.title));
  }
  return svg + "</svg>\n";
}

}  // namespace dayan::sim
