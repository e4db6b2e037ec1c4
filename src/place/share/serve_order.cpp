#include "place/share/serve_order.h"

#include <algorithm>
#include <utility>

namespace dayan::place::share {

std::vector<std::size_t> serve_order(FairShare shares, std::span<const Waiting> jobs, UnixTime now) {
  // The jobs of each project one after another, in the order given; heads[project] is the first not served.
  std::vector<std::size_t> queued(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) queued[i] = i;
  std::ranges::sort(queued, {}, [&](std::size_t i) { return std::pair(jobs[i].project, i); });
  std::vector<std::size_t> heads(shares.projects(), jobs.size());
  for (std::size_t at = jobs.size(); at-- > 0;) heads[static_cast<std::size_t>(jobs[queued[at]].project.value)] = at;
  for (std::size_t project = 0; project < heads.size(); ++project)
    shares.set_waiting({static_cast<std::int32_t>(project)}, heads[project] < jobs.size());
  std::vector<std::size_t> order;
  std::vector<std::size_t> refused;
  while (const auto project = shares.next()) {
    std::size_t& head = heads[static_cast<std::size_t>(project->value)];
    const std::size_t job = queued[head++];
    (shares.charge(*project, jobs[job].use, now) ? order : refused).push_back(job);
    if (head == jobs.size() || jobs[queued[head]].project != *project) shares.set_waiting(*project, false);
  }
  order.insert(order.end(), refused.begin(), refused.end());
  return order;
}

}  // namespace dayan::place::share
