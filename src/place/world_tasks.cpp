#include "place/world.h"

/// How many tasks of a job the World has at each centre, and in each pool, by leases and claims, where the job bounds
/// that.

namespace dayan::place {

std::int64_t World::tasks_below_bound(const JobRecord& job, CentreId centre) const {
  if (bug_ == PlantedBug::forgotten_centre_bound) return int64_max;
  const auto there = tasks_at_.find({job.id, centre});
  return std::int64_t{job.tasks_per_centre_max} - (there != tasks_at_.end() ? there->second : 0);
}

std::int64_t World::tasks_left_at(const JobRecord& job, const PoolState& pool) const {
  const std::int64_t left = tasks_left_at(job, pool.centre->id);
  if (!job.is_bounded_on_nodes()) return left;
  return std::min(left, tasks_left(pool, need_of(job.common->requirements.resources), spread(job, pool)));
}

Spread World::spread(const JobRecord& job, const PoolState& pool) const {
  const auto there = tasks_in_.find({job.id, pool.index});
  return {job.tasks_per_node_max, there != tasks_in_.end() ? there->second : 0};
}

std::int64_t World::tasks_anywhere(const JobRecord& job, const PoolState& pool) const {
  if (!job.is_bounded_on_nodes()) return int64_max;
  return place::tasks_anywhere(pool, need_of(job.common->requirements.resources), spread(job, pool));
}

bool World::lacks_node(const JobRecord& job, const PoolState& pool) const {
  if (!job.is_bounded_on_nodes()) return false;
  const Spread there = spread(job, pool);
  const Need need = need_of(job.common->requirements.resources);
  return there.own > 0 && pool.has_room(need) && slots_apart(pool, need, there) == 0;
}

void World::count_task(const Holding& holding, std::int32_t by) {
  if (holding.job == nullptr) return;
  if (holding.job->is_bounded_at_centres()) count_at_centre(holding, by);
  if (holding.job->is_bounded_on_nodes()) count_in_pool(holding, by);
}

void World::count_at_centre(const Holding& holding, std::int32_t by) {
  const auto count = tasks_at_.try_emplace({holding.attempt.job, pools_[holding.pool].row.centre}, 0).first;
  count->second += by;
  if (count->second == 0) tasks_at_.erase(count);
}

void World::count_in_pool(const Holding& holding, std::int32_t by) {
  if (bug_ == PlantedBug::uncounted_task && by > 0) return;
  const auto count = tasks_in_.try_emplace({holding.attempt.job, holding.pool}, 0).first;
  count->second += by;
  if (count->second > 0) {
    pools_[holding.pool].apart.insert(holding.attempt.job);
    return;
  }
  pools_[holding.pool].apart.erase(holding.attempt.job);
  tasks_in_.erase(count);
}

/// All of a job's.
void World::count_tasks(JobId id, std::int32_t by) {
  for (auto lease = leases_.lower_bound({id, 0, 0}); lease != leases_.end() && lease->first.job == id; ++lease)
    count_task(lease->second, by);
  for (auto claim = claims_.lower_bound({id, 0, 0}); claim != claims_.end() && claim->first.job == id; ++claim)
    count_task(claim->second.holding, by);
}

}  // namespace dayan::place
