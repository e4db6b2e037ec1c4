#include "place/world.h"

/// How many tasks of a job the World has at each centre, by leases and claims, where the job bounds that.

namespace dayan::place {

std::int64_t World::tasks_below_bound(const JobRecord& job, CentreId centre) const {
  if (bug_ == PlantedBug::forgotten_centre_bound) return int64_max;
  const auto there = tasks_at_.find({job.id, centre});
  return std::int64_t{job.tasks_per_centre_max} - (there != tasks_at_.end() ? there->second : 0);
}

void World::count_task(const Holding& holding, std::int32_t by) {
  if (holding.job == nullptr || !holding.job->is_bounded_at_centres()) return;
  const auto count = tasks_at_.try_emplace({holding.attempt.job, pools_[holding.pool].row.centre}, 0).first;
  count->second += by;
  if (count->second == 0) tasks_at_.erase(count);
}

/// All of a job's.
void World::count_tasks(JobId id, std::int32_t by) {
  for (auto lease = leases_.lower_bound({id, 0, 0}); lease != leases_.end() && lease->first.job == id; ++lease)
    count_task(lease->second, by);
  for (auto claim = claims_.lower_bound({id, 0, 0}); claim != claims_.end() && claim->first.job == id; ++claim)
    count_task(claim->second.holding, by);
}

}  // namespace dayan::place
