#include <algorithm>
#include <map>

#include "execute/steps.h"

/// Tasks of a job that lets so many run on one node. Each is a job of its own to the engine, which knows nothing of
/// the others: so it is told which nodes have as many. What it still keeps in its queue, or may, could start on any
/// node; until it has shown where, the next one is ordered only if even all of these on the fullest node would be no
/// more than may. Whatever the engine then does, no node comes to have more:
///
///   for each node: tasks there + tasks that may yet start there ≤ tasks_per_node_max
///
/// holds before each order (a task that starts moves from the one to the other, and one that ends leaves), and an order
/// keeps it: without any of unknown place it avoids the nodes that have as many, and else none has.

namespace dayan::execute {

Apart keep_apart(const AgentState& state, const LeaseRecord& record) {
  Apart apart;
  const std::int64_t most = record.lease.tasks_per_node_max;
  if (most == 0) return apart;
  // What an agent before this one has ordered, of which this one may know nothing, may still be on its way.
  apart.must_wait = state.looked_at.is_none() || state.looked_at - state.began_at < look_patience;
  const JobId job = record.lease.job;
  std::int64_t unknown = std::count_if(state.orphans.begin(), state.orphans.end(),
                                       [&](const AttemptKey& each) { return each.job == job; });
  std::map<std::string, std::int64_t> tasks;  // by node
  for (const LeaseRecord& other : state.leases) {
    if (other.lease.job != job || !may_be_alive(other.phase)) continue;
    const bool runs = other.phase == Phase::running && other.state == AttemptState::running;
    const bool is_placed = runs && !other.nodes.empty();
    if (!is_placed) ++unknown;
    for (const std::string& node : other.nodes) {
      if (is_placed) ++tasks[node];
    }
  }
  std::int64_t fullest = 0;
  for (const auto& [node, count] : tasks) {
    fullest = std::max(fullest, count);
    if (count >= most) apart.nodes_to_avoid.push_back(node);
  }
  if (unknown > 0 && fullest + unknown >= most) apart.must_wait = true;
  return apart;
}

}  // namespace dayan::execute
