#include "sim/start_check.h"

namespace dayan::sim {

std::string StartCheck::name_of(TaskIndex index) const {
  const std::uint32_t job = stage_.job_of[index];
  return "task " + std::to_string(index - stage_.first_task[job]) + " of " + stage_.load.jobs[job].name;
}

std::string StartCheck::pool_of(std::uint32_t site) const {
  return stage_.scenario.sites()[site].pool.name + " of " + stage_.scenario.sites()[site].centre_name;
}

void StartCheck::check_place(const Start& start, Duration now) {
  const LoadJob& job = job_of(start.task);
  if (!stage_.scenario.sites()[start.site].could_run(stage_.load.needs(job), job.limit))
    schedule_.violate(name_of(start.task) + " was started in the pool " + pool_of(start.site) + ", which cannot run it");
  if (now < job.submit) schedule_.violate(name_of(start.task) + " was started before it was submitted");
  const place::Need need = stage_.need_of(start.task);
  if (need.nodes > stage_.sites[start.site].nodes)
    schedule_.violate(name_of(start.task) + " was started on more nodes than the pool " + pool_of(start.site) + " had");
  else if (!stage_.sites[start.site].has_nodes_for(need))
    schedule_.violate(name_of(start.task) + " was started in the pool " + pool_of(start.site) +
                      ", no rack of which had so many nodes");
}

void StartCheck::check_times(const Start& start, Duration now, Duration end, bool knows_times) {
  const Requirements& needs = stage_.load.needs(job_of(start.task));
  if (beginning + now < needs.not_before)
    schedule_.violate(name_of(start.task) + " was started before its earliest start");
  if (knows_times && !needs.finish_by.is_none() && beginning + end > needs.finish_by)
    schedule_.violate(name_of(start.task) + " was started so that it runs past its deadline");
  const Duration closes = stage_.scenario.sites()[start.site].closes_at(now);
  if (closes != never && end > closes)
    schedule_.violate(name_of(start.task) + " was started in the pool " + pool_of(start.site) +
                      ", which is closed before it ends");
}

std::int64_t StartCheck::running_beside(TaskIndex index, const std::function<bool(std::uint32_t)>& is_counted) const {
  const std::uint32_t job = stage_.job_of[index];
  std::int64_t count = 0;
  for (TaskIndex each = stage_.first_task[job]; each < stage_.first_task[job + 1]; ++each) {
    const std::optional<std::uint32_t> site = runs_at_(each);
    count += site && is_counted(*site) ? 1 : 0;
  }
  return count;
}

void StartCheck::check_bounds(TaskIndex index) {
  const LoadJob& job = job_of(index);
  const Requirements& needs = stage_.load.needs(job);
  const std::uint32_t site = runs_at_(index).value_or(0);
  if (job.throttle > 0 && running_beside(index, [](std::uint32_t) { return true; }) > job.throttle)
    schedule_.violate(name_of(index) + " was started though as many tasks of its job run as it lets");
  const auto centre_of = [&](std::uint32_t at) { return stage_.scenario.sites()[at].centre; };
  const auto is_at_centre = [&](std::uint32_t at) { return centre_of(at) == centre_of(site); };
  if (needs.tasks_per_centre_max > 0 && running_beside(index, is_at_centre) > needs.tasks_per_centre_max)
    schedule_.violate(name_of(index) + " was started at a centre where as many tasks of its job run as it lets");
  if (needs.tasks_per_node_max == 0) return;
  const auto is_here = [&](std::uint32_t at) { return at == site; };
  if (running_beside(index, is_here) > tasks_apart_max(needs.tasks_per_node_max, stage_.pool_now(site), needs.resources))
    schedule_.violate(name_of(index) + " was started in a pool each node of which may have as many tasks of its job as "
                                       "it lets run on one");
}

}  // namespace dayan::sim
