#include "adapters/slurm/slurm_pools.h"

#include <algorithm>
#include <map>
#include <optional>

#include "adapters/slurm/slurm_lines.h"
#include "adapters/slurm/slurm_text.h"
#include "base/scan.h"
#include "model/rack.h"

namespace dayan::adapters {
namespace {

/// A node's cards: "gpu:ascend910b:8(S:0-1),other:1" has eight. Other generic resources than gpu are not cards.
struct NodeCards {
  std::string chip;
  std::int64_t count = 0;
};
NodeCards parse_gres(std::string_view text) {
  NodeCards cards;
  while (!text.empty()) {
    std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    item = item.substr(0, item.find('('));
    if (!item.starts_with("gpu:") || cards.count > 0) continue;
    item.remove_prefix(4);
    const std::size_t colon = item.rfind(':');
    const auto count = whole_number(colon == std::string_view::npos ? item : item.substr(colon + 1));
    if (!count.has_value()) continue;
    cards.count = *count;
    if (colon != std::string_view::npos) cards.chip = std::string(item.substr(0, colon));
  }
  return cards;
}

bool is_usable(std::string_view state) {
  for (const std::string_view word :
       {"down", "drain", "fail", "unk", "maint", "error", "power", "future", "reboot"}) {
    if (state.find(word) != std::string_view::npos) return false;
  }
  return state.find('*') == std::string_view::npos;  // the controller does not hear from it
}

struct Node {
  std::int64_t cores = 0;
  std::int64_t memory = 0;  ///< MiB
  NodeCards cards;
};

void add_node(PoolRow& pool, const Node& node) {
  const Cores cores(node.cores);
  const Bytes memory(node.memory * 1024 * 1024);
  const MilliCards cards(node.cards.count * 1000);
  const bool first = pool.nodes == 0;
  pool.nodes += 1;
  pool.cores_per_node = first ? cores : std::min(pool.cores_per_node, cores);
  pool.memory_per_node = first ? memory : std::min(pool.memory_per_node, memory);
  pool.cards_per_node = first ? cards : std::min(pool.cards_per_node, cards);
  if (first) pool.chip = node.cards.chip;
  // Nodes with different cards have none in common that could be promised.
  if (pool.cards_per_node.is_zero() || pool.chip != node.cards.chip) pool.cards_per_node = MilliCards();
  if (pool.cards_per_node.is_zero()) pool.chip.clear();
}

}  // namespace

Result<std::vector<PoolRow>> parse_sinfo(std::string_view text, const std::vector<std::string>& wanted,
                                         const std::map<std::string, std::string>& racks) {
  std::map<std::string, PoolRow> pools;
  std::map<std::string, std::map<std::string, std::int32_t>> nodes_in;  // by pool, then rack
  for (const std::string_view line : lines_of(text)) {
    const std::vector<std::string> fields = fields_of(line, 7);
    const auto cores = fields.size() == 7 ? whole_number(fields[2]) : std::nullopt;
    const auto memory = fields.size() == 7 ? whole_number(fields[3]) : std::nullopt;
    if (!cores.has_value() || !memory.has_value()) return not_understood("sinfo", line);
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), fields[0]) == wanted.end()) continue;
    PoolRow& pool = pools[fields[0]];
    pool.name = fields[0];
    pool.wall_time_max = std::min(parse_slurm_duration(fields[5]).value_or(wall_time_limit_max), wall_time_limit_max);
    if (!is_usable(fields[6])) continue;
    add_node(pool, {*cores, *memory, parse_gres(fields[4])});
    const auto rack = racks.find(fields[1]);
    if (rack != racks.end()) ++nodes_in[pool.name][rack->second];
  }
  std::vector<PoolRow> rows;
  for (auto& [name, pool] : pools) {
    std::vector<std::int32_t> sizes;
    for (const auto& [rack, nodes] : nodes_in[name]) sizes.push_back(nodes);
    pool.racks = racks_of(std::move(sizes));
    if (pool.nodes > 0) rows.push_back(std::move(pool));
  }
  return rows;
}

}  // namespace dayan::adapters
