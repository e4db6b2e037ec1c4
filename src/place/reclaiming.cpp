#include "place/reclaiming.h"

#include <algorithm>
#include <utility>

#include "place/queue_search.h"

namespace dayan::place {
namespace {

std::int64_t period_of(UnixTime now) { return now.microseconds() / reclaim_looked_every.microseconds(); }

}  // namespace

void Reclaiming::settle() {
  for (const Reclaim& each : std::exchange(proposed_, {})) {
    if (!world_.spare(each.attempt)) continue;
    JobRecord* job = world_.job(each.by);
    if (job != nullptr) planning_.agenda().release(*job);
  }
}

void Reclaiming::note_quiet(UnixTime now) {
  const std::uint64_t stirred = planning_.agenda().stirred().end();
  const std::size_t queued = planning_.agenda().queue().size();
  if (stirred != stirred_ || queued != queued_ || now < quiet_since_) quiet_since_ = now;
  stirred_ = stirred;
  queued_ = queued;
}

void Reclaiming::forget_turns() {
  planning_.forget_vistas();
  turns_.clear();
}

void Reclaiming::look(UnixTime now) {
  note_quiet(now);
  const std::vector<PoolIndex> come = world_.take_newly_reclaimable();
  if (period_of(now) != period_) {
    period_ = period_of(now);
    looked_.clear();
    waiting_ = world_.reclaimable_pools();
  } else {
    for (const PoolIndex index : come) {
      if (!looked_.contains(index)) waiting_.insert(index);
    }
  }
  if (waiting_.empty()) return;
  std::erase_if(waiting_, [&](PoolIndex index) { return world_.pool(index).reclaimable.empty(); });
  std::vector<PoolIndex> now_looked(waiting_.begin(), waiting_.end());
  std::sort(now_looked.begin(), now_looked.end(),
            [&](PoolIndex a, PoolIndex b) { return world_.rank(a) < world_.rank(b); });
  if (now_looked.size() > reclaim_pools_at_once) now_looked.resize(reclaim_pools_at_once);
  forget_turns();
  for (const PoolIndex index : now_looked) {
    waiting_.erase(index);
    looked_.insert(index);
    look_at(world_.pool(index));
  }
  turns_.clear();
  std::sort(proposed_.begin(), proposed_.end(),
            [](const Reclaim& a, const Reclaim& b) { return a.attempt < b.attempt; });
}

std::optional<UnixTime> Reclaiming::wakes_at(UnixTime now) const {
  if (world_.reclaimable_pools().empty() || planning_.agenda().queue().size() == 0) return std::nullopt;
  if (!waiting_.empty()) return now + Duration::seconds(1);
  const UnixTime next((period_of(now) + 1) * reclaim_looked_every.microseconds());
  const bool is_cut_short = std::any_of(searches_.begin(), searches_.end(), [&](const auto& each) {
    return each.second.is_cut && world_.reclaimable_pools().contains(each.first);
  });
  if (is_cut_short) return next;
  const Duration quiet = Duration::microseconds((now - quiet_since_).microseconds() / reclaim_quiet_part);
  return std::max(next, now + std::min(quiet, reclaim_looked_at_least_every));
}

bool Reclaiming::is_promisable(const PoolState& pool) const {
  return pool.is_known && planning_.is_reachable(pool.index) && !pool.promise;
}

void Reclaiming::look_at(PoolState& pool) {
  if (!pool.is_known || !planning_.is_reachable(pool.index)) return;
  JobRecord* promised = pool.promise ? world_.job(pool.promise->job) : nullptr;
  if (promised != nullptr && !promised->common->requirements.reclaimable) return bring_nearer(pool, *promised);
  const QueueKey nobody{int64_max, JobId(int64_max)};
  const auto ask = [&](JobRecord& each) { return asks(each, pool); };
  JobRecord* job = QueueSearch(planning_, pool, nobody, true, ask).find(searches_[pool.index]);
  if (job == nullptr) return;
  // Work that may be taken back does not keep room from other work.
  planning_.agenda().release(pool);
  forget_turns();
  PoolState& best = best_pool(*job, pool);
  const Need need = need_of(job->common->requirements.resources);
  const std::int64_t slots = std::min(slots_with_all_taken_back(best, need, planning_.agenda().now()),
                                      turn_of(*job).tasks_for(best));
  take_back(best, *job, need, std::max<std::int64_t>(slots, 1));
}

/// Whether it would have room taken back there.
WouldTake Reclaiming::asks(JobRecord& job, const PoolState& pool) {
  const UnixTime now = planning_.agenda().now();
  if (world_.tasks_anywhere(job, pool) <= 0) return WouldTake::no;  // what is taken back may lie on the wrong nodes
  const WouldTake answer = turn_of(job).would_take(pool, now + reclaim_notice + reclaim_settles);
  if (answer != WouldTake::yes) return answer;
  const Need need = need_of(job.common->requirements.resources);
  if (!can_make_room(pool, need, 1, now)) return WouldTake::never_of_its_lane;
  const Duration patience = reclaim_notice + reclaim_gain;
  const auto wait = planning_.openings().wait(pool, need, now);
  return !wait || *wait > patience || now - job.waits_since >= patience ? WouldTake::yes : WouldTake::no;
}

/// The best by its objective at which it asks, of those that it was found at and some others.
PoolState& Reclaiming::best_pool(JobRecord& job, PoolState& found) {
  const Need need = need_of(job.common->requirements.resources);
  JobClass& job_class = planning_.agenda().queue().job_class(planning_.agenda().queue().lane(job.lane).in);
  std::vector<PoolIndex> weighed;
  for (const RankedPool& each : planning_.agenda().ranking(job_class).best_first()) {
    if (each.pool == found.index || weighed.size() == reclaim_pools_weighed_max) break;
    const PoolState& pool = world_.pool(each.pool);
    if (!pool.reclaimable.empty() && is_promisable(pool) && !pool.has_room(need) && pool.slots_when_empty(need) > 0)
      weighed.push_back(each.pool);
  }
  for (const PoolIndex index : weighed) {
    if (asks(job, world_.pool(index)) == WouldTake::yes) return world_.pool(index);
  }
  return found;
}

void Reclaiming::bring_nearer(PoolState& pool, JobRecord& job) {
  const Promise& promise = *pool.promise;
  const UnixTime now = planning_.agenda().now();
  // Room that has just been made for it may begin later because the provider closes the pool until then.
  const bool is_made = std::any_of(proposed_.begin(), proposed_.end(), [&](const Reclaim& each) { return each.by == job.id; });
  if (is_made || job.lane == no_lane || promise.start <= now + reclaim_notice + reclaim_gain) return;
  if (world_.is_full_of(job, pool) || world_.tasks_anywhere(job, pool) < promise.tasks) return;
  const auto leases = leases_to_take_back(pool, promise.need, promise.tasks, now);
  if (!leases) return;
  for (const Holding* each : *leases) proposed_.push_back({each->attempt, job.id});
}

void Reclaiming::take_back(PoolState& pool, JobRecord& job, const Need& need, std::int64_t tasks) {
  const UnixTime now = planning_.agenda().now();
  const auto leases = leases_to_take_back(pool, need, tasks, now);
  if (!leases) return;
  for (const Holding* each : *leases) proposed_.push_back({each->attempt, job.id});
  const UnixTime start = world_.open_from(pool, job, now + reclaim_notice + reclaim_settles);
  planning_.agenda().promise(pool, job, start, tasks);
  forget_turns();
}

}  // namespace dayan::place
