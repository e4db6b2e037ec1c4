#include <algorithm>

#include "model/meter.h"
#include "place/agenda.h"

/// The Agenda's promises (turn.h has the rules): made in a plan, kept up to date with what changes between plans.

namespace dayan::place {

void Agenda::promise(PoolState& pool, JobRecord& job, UnixTime start, std::int64_t tasks) {
  ASSERT(!pool.promise && job.promised == no_pool);
  Promise made;
  made.job = job.id;
  made.need = need_of(job.common->requirements.resources);
  made.start = start;
  made.counts_from = now_;
  made.run = expected_run(job, pool.row);
  made.tasks = tasks;
  set_promise(pool, made);
  job.promised = pool.index;
  // What room is made for after a plan does not hang on whether that is taken.
  if (is_planning_) {
    promises_.made.insert(pool.index);
  } else {
    promises_.made.erase(pool.index);
  }
  promises_.due.insert({start, pool.index});
  promises_.of[job.organisation].insert(pool.index);
  rejoin(job);
}

void Agenda::set_promise(PoolState& pool, const std::optional<Promise>& made) {
  pool.set_promise(made);
  stirred_.add(pool.index);
}

void Agenda::use_promise(JobRecord& job) {
  PoolState& pool = world_.pool(job.promised);
  if (pool.promise->tasks == 1) return release(pool);
  Promise left = *pool.promise;
  --left.tasks;
  set_promise(pool, left);
}

void Agenda::release(JobRecord& job) {
  if (job.promised != no_pool) release(world_.pool(job.promised));
}

void Agenda::release(PoolState& pool) {
  if (!pool.promise) return;
  Promise left = *pool.promise;
  promises_.due.erase({left.start, pool.index});
  JobRecord* job = left.job.is_none() ? nullptr : world_.job(left.job);
  if (job != nullptr) {
    const auto of_its = promises_.of.find(job->organisation);
    if (of_its != promises_.of.end()) {
      of_its->second.erase(pool.index);
      if (of_its->second.empty()) promises_.of.erase(of_its);
    }
    job->promised = no_pool;
    rejoin(*job);
  }
  if (is_planning_) {
    // Who has been asked in this plan was told of it: it binds until the plan ends.
    left.job = JobId();
    set_promise(pool, left);
    promises_.used.insert(pool.index);
  } else {
    set_promise(pool, std::nullopt);
    reopen(pool);
  }
}

void Agenda::withdraw_promises() {
  for (const PoolIndex index : std::exchange(promises_.made, {})) release(world_.pool(index));
}

void Agenda::begin_plan() {
  is_planning_ = true;
  promises_.made.clear();
}

void Agenda::end_plan() {
  is_planning_ = false;
  for (const PoolIndex index : std::exchange(promises_.used, {})) {
    set_promise(world_.pool(index), std::nullopt);
    reopen(world_.pool(index));
  }
}

/// Whoever was kept out may have the room now.
void Agenda::reopen(PoolState& pool) {
  queue_.forget_asked(pool.index);
  opened.insert(pool.index);
}

/// To the lane of jobs that are promised room, or back from it.
void Agenda::rejoin(JobRecord& job) {
  if (job.lane == no_lane) return;
  const bool is_particular = queue_.lane(job.lane).key.is_particular;
  const View& view = queue_.view(queue_.lane(job.lane).view);
  const bool is_holding_out = view.is_holding_out || view.is_kept_waiting;
  const CustomerGroup group = queue_.lane(job.lane).key.group;
  (void)queue_.join(job, world_.wall_bound_of(job.wall_time), is_particular, group);
  if (is_holding_out) hold_out(queue_.lane(job.lane).view);
}

void Agenda::note_change(const PoolState& pool, PoolChange change) {
  promises_.to_check.insert(pool.index);
  if (change == PoolChange::less_room) return;
  queue_.forget_asked(pool.index);
  JobRecord* job = world_.job(pool.promise->job);
  if (job != nullptr && job->lane != no_lane) dirty.insert({job->key(), job});
}

void Agenda::advance_promises() {
  for (const OrganisationId each : filled) {
    const auto of_its = promises_.of.find(each);
    if (of_its != promises_.of.end()) promises_.to_check.insert(of_its->second.begin(), of_its->second.end());
  }
  for (auto due = promises_.due.begin(); due != promises_.due.end() && due->first <= now_; ++due)
    promises_.to_check.insert(due->second);
  for (const PoolIndex index : std::exchange(promises_.to_check, {})) {
    PoolState& pool = world_.pool(index);
    if (pool.promise) check_promise(pool);
  }
}

void Agenda::check_promise(PoolState& pool) {
  const JobRecord* job = world_.job(pool.promise->job);
  const auto room = pool.surely_opens(pool.promise->need, now_, pool.promise->tasks);
  if (job == nullptr || !pool.is_known || !pool.centre->is_reachable || !room) return release(pool);
  if (world_.is_full_of(*job, pool)) return release(pool);
  const UnixTime start = world_.open_from(pool, *job, *room);
  if (!is_in_time(*job, start, pool.row, world_.staging(*job, pool)) || !can_pay(*job, pool)) return release(pool);
  // Leases that end early bring it nearer. It is put off only when the provider closes the pool, and when it has come
  // and could not be kept: what grew was the provider's own work, or a lease is still there past its end.
  Promise kept = *pool.promise;
  if (start == kept.start) return;
  const bool is_closed_then = world_.open_from(pool, *job, kept.start) != kept.start;
  if (start > kept.start && kept.start > now_ && !is_closed_then) {
    kept.counts_from = now_;  // not by a job that came later: none has been let in since
    return set_promise(pool, kept);
  }
  const bool is_later = start > kept.start;
  promises_.due.erase({kept.start, pool.index});
  promises_.due.insert({start, pool.index});
  kept.start = start;
  set_promise(pool, kept);
  if (is_later) reopen(pool);
}

bool Agenda::can_pay(const JobRecord& job, const PoolState& pool) const {
  if (pool.centre->current_offer() == nullptr) return false;
  const auto hold = world_.hold_on(job, pool, now_);
  if (!hold.has_value() || *hold > world_.available(job.organisation)) return false;
  return !job.has_cap() ||
         plus(plus(job.charged.micro(), job.held.micro()), hold->micro()) <= job.price_cap.micro();
}

}  // namespace dayan::place
