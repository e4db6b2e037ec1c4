#include "adapters/slurm/slurm_hosts.h"

#include <algorithm>
#include <optional>

#include "base/scan.h"

namespace dayan::adapters {
namespace {

using Names = std::vector<std::string>;

/// What stands before the first of these characters outside of brackets, which is taken with it.
std::string_view take_item(std::string_view& text, char end) {
  int depth = 0;
  std::size_t at = 0;
  for (; at < text.size() && (depth > 0 || text[at] != end); ++at)
    depth += text[at] == '[' ? 1 : text[at] == ']' ? -1 : 0;
  const std::string_view item = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return item;
}

/// "7" or "01-03", as wide as the first is written.
bool add_range(std::string_view range, Names& numbers) {
  const std::size_t dash = std::min(range.find('-'), range.size());
  const std::string_view first = range.substr(0, dash);
  const auto from = whole_number(first);
  const auto to = dash < range.size() ? whole_number(range.substr(dash + 1)) : from;
  if (!from || !to || *to < *from || *to - *from >= static_cast<std::int64_t>(host_names_max)) return false;
  for (std::int64_t number = *from; number <= *to; ++number)
    numbers.push_back(padded(static_cast<std::uint64_t>(number), static_cast<int>(first.size())));
  return true;
}

/// Each of these with what the item says behind it.
std::optional<Names> names_of(std::string_view item, Names names) {
  while (!item.empty()) {
    const std::size_t open = std::min(item.find('['), item.size());
    Names tails;
    const std::string_view plain = item.substr(0, open);
    if (plain.find(']') != std::string_view::npos) return std::nullopt;
    for (std::string& name : names) name += plain;
    item.remove_prefix(open);
    if (item.empty()) break;
    const std::size_t close = item.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    std::string_view ranges = item.substr(1, close - 1);
    item.remove_prefix(close + 1);
    if (ranges.empty()) return std::nullopt;
    while (!ranges.empty()) {
      if (!add_range(take_item(ranges, ','), tails)) return std::nullopt;
    }
    if (names.size() * tails.size() > host_names_max) return std::nullopt;
    Names both;
    for (const std::string& name : names) {
      for (const std::string& tail : tails) both.push_back(name + tail);
    }
    names = std::move(both);
  }
  return names;
}

}  // namespace

std::vector<std::string> host_names(std::string_view list) {
  Names all;
  while (!list.empty()) {
    const std::string_view item = take_item(list, ',');
    auto names = item.empty() ? std::nullopt : names_of(item, {std::string()});
    if (!names || all.size() + names->size() > host_names_max) return {};
    all.insert(all.end(), names->begin(), names->end());
  }
  return all;
}

std::string host_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

}  // namespace dayan::adapters
