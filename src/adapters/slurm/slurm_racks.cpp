#include "adapters/slurm/slurm_racks.h"

#include <algorithm>

#include "adapters/slurm/slurm_hosts.h"
#include "adapters/slurm/slurm_lines.h"
#include "adapters/slurm/slurm_text.h"
#include "base/scan.h"
#include "model/lease.h"

namespace dayan::adapters {
namespace {

/// What Slurm has where the configuration does not say.
constexpr Duration switch_wait_default = Duration::seconds(300);
/// In less time nothing is sent to a node.
constexpr Duration switch_wait_min = Duration::seconds(60);

/// The word behind "name=" in a line of such words; empty when there is none.
std::string_view word_of(std::string_view line, std::string_view name) {
  for (std::size_t at = line.find(name); at != std::string_view::npos; at = line.find(name, at + 1)) {
    if (at > 0 && line[at - 1] != ' ' && line[at - 1] != ',') continue;
    const std::string_view rest = line.substr(at + name.size());
    return rest.substr(0, rest.find_first_of(" ,"));
  }
  return {};
}

}  // namespace

std::map<std::string, std::string> parse_topology(std::string_view text) {
  std::map<std::string, std::string> racks;
  for (const std::string_view line : lines_of(text)) {
    if (word_of(line, "Level=") != "0") continue;
    const std::string name(word_of(line, "SwitchName="));
    // A list of nodes has commas of its own.
    const std::size_t at = line.find(" Nodes=");
    if (name.empty() || at == std::string_view::npos) continue;
    std::string_view nodes = line.substr(at + std::string_view(" Nodes=").size());
    for (const std::string& node : host_names(nodes.substr(0, nodes.find(' ')))) racks.try_emplace(node, name);
  }
  return racks;
}

Duration one_switch_within(std::string_view config) {
  if (config_value(config, "TopologyPlugin") != "topology/tree") return {};
  const std::string parameters = config_value(config, "SchedulerParameters");
  const std::string_view told = word_of(parameters, "max_switch_wait=");
  const auto seconds = told.empty() ? std::nullopt : whole_number(told);
  // Longer than any task may wait is as good as for ever.
  const Duration wait =
      seconds ? Duration::seconds(std::min(*seconds, wait_limit_max.seconds_up())) : switch_wait_default;
  return wait >= switch_wait_min + clock_bound ? wait - clock_bound : Duration();
}

}  // namespace dayan::adapters
