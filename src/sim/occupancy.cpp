#include "sim/occupancy.h"

#include <algorithm>

#include "base/assert.h"

namespace dayan::sim {

std::vector<std::string> Occupancy::excess(std::size_t site) const {
  std::vector<std::string> words;
  const place::Amounts room = stage_.scenario.sites()[site].capacity(stage_.sites[site].nodes);
  for (std::size_t kind = 0; kind < place::kinds; ++kind) {
    const std::int64_t over = taken_[site].of[kind] - room.of[kind];
    if (over <= 0) continue;
    words.push_back(std::to_string(over) + (kind == place::in_cores   ? " cores"
                                            : kind == place::in_bytes ? " bytes"
                                                                      : " thousandths of a card"));
  }
  return words;
}

std::vector<TaskIndex> Occupancy::too_wide(std::size_t site) const {
  std::vector<TaskIndex> tasks;
  for (const auto& [begun, task] : running_[site])
    if (const place::Need need = stage_.need_of(task); need.is_gang() && !stage_.sites[site].has_nodes_for(need))
      tasks.push_back(task);
  return tasks;
}

TaskIndex Occupancy::youngest(std::size_t site) const {
  ASSERT(!running_[site].empty());
  return running_[site].rbegin()->second;
}

void Occupancy::add(std::size_t site, TaskIndex task, Duration begun, std::int64_t sign) {
  const place::Amounts need = stage_.need_of(task).all();
  for (std::size_t kind = 0; kind < place::kinds; ++kind) taken_[site].of[kind] += sign * need.of[kind];
  const std::pair entry{begun, task};
  if (sign > 0)
    running_[site].insert(entry);
  else
    running_[site].erase(entry);
}

}  // namespace dayan::sim
