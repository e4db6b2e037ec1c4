#include "place/agenda.h"

#include <algorithm>
#include <utility>

#include "place/awaited.h"

namespace dayan::place {

void Agenda::pool_changed(PoolState& pool, PoolChange change) {
  rooms_.pool_changed(pool.index);
  stirred_.add(pool.index);
  if (pool.promise) note_change(pool, change);
  if (!pool.apart.empty()) repacked_.insert(pool.index);
  if (change == PoolChange::less_room) {
    narrowed.insert(pool.index);
    return;
  }
  opened.insert(pool.index);
  if (change == PoolChange::reserved || change == PoolChange::replaced) note_reservations(pool);
  if (change == PoolChange::reserved) {
    queue_.forget_asked(pool.index);
    is_review_due_ = true;
  }
  if (change != PoolChange::replaced || bug_ == PlantedBug::stale_score) return;
  queue_.forget_asked(pool.index);
  replaced_.add(pool.index);
  queue_.forget_ruled_out(pool.index);
  release(pool);
  has_replaced_ = true;
}

void Agenda::job_changed(JobRecord& job) {
  if (std::exchange(job.is_new, false) && newcomers_.size() <= newcomers_max) newcomers_.push_back(job.id);
  if (job.promised != no_pool) promises_.to_check.insert(job.promised);
  unpark(job);
  enqueue(job);
}

void Agenda::recall_newcomers() {
  for (const JobId each : std::exchange(planned_newcomers_, {})) {
    if (newcomers_.size() <= newcomers_max) newcomers_.push_back(each);
  }
}

void Agenda::job_gone(JobRecord& job) {
  unpark(job);
  forget(job);
}

void Agenda::forget(JobRecord& job) {
  release(job);
  set_aside(job);
}

void Agenda::set_aside(JobRecord& job) {
  queue_.leave(job);
  dirty.erase(job.key());
  waiting_apart_.erase(job.id);  // whether or not it bounds that still
}

void Agenda::enqueue(JobRecord& job) {
  const bool is_throttled = job.throttle > 0 && job.live >= job.throttle;
  if (job.waiting() <= 0 || is_throttled) return forget(job);
  if (job.not_before > now_) {
    jobs_due_.insert({job.not_before, job.id});
    return forget(job);
  }
  if (job.has_deadline() && job.last_call() > now_) jobs_due_.insert({job.last_call(), job.id});
  bool can_go = job.next_task < job.count;
  UnixTime due;
  const World::Retries& retries = world_.retries();
  for (auto row = retries.lower_bound({job.id, 0}); row != retries.end() && row->first.first == job.id; ++row) {
    const UnixTime at = row->second.not_before;
    if (at <= now_) can_go = true;
    if (at > now_ && (due.is_none() || at < due)) due = at;
  }
  if (!due.is_none()) jobs_due_.insert({due, job.id});
  if (!can_go) return forget(job);
  const bool is_particular =
      job.has_cap() || job.has_deadline() || job.is_bounded() || job.retrying > 0;
  const CustomerGroup group = world_.acceptance().group_of(job.organisation);
  if (queue_.join(job, world_.wall_bound_of(job.wall_time), is_particular, group)) dirty.insert({job.key(), &job});
  if (job.is_bounded_on_nodes()) waiting_apart_.insert({job.id, &job});
}

/// It cannot pay now. Whether what it was promised is still for it, the next plan sees.
void Agenda::note_aside(JobRecord& job) {
  if (job.promised != no_pool) promises_.to_check.insert(job.promised);
  set_aside(job);
}

void Agenda::park(JobRecord& job, std::int64_t least) {
  note_aside(job);
  job.is_parked = true;
  Parked& parked = parked_[job.organisation];
  parked.jobs[job.key()] = least;
  parked.least.insert(least);
}

bool Agenda::is_parked(const JobRecord& job) const {
  const auto parked = parked_.find(job.organisation);
  return parked != parked_.end() && parked->second.jobs.contains(job.key());
}

void Agenda::set_broke(JobRecord& job) {
  note_aside(job);
  job.is_broke = true;
  broke_.insert(job.key());
}

void Agenda::unpark(JobRecord& job) {
  if (job.is_broke) broke_.erase(job.key());
  job.is_broke = false;
  if (!job.is_parked) return;
  job.is_parked = false;
  const auto take_out = [&](Parked& parked) {
    const auto found = parked.jobs.find(job.key());
    if (found == parked.jobs.end()) return false;
    parked.least.erase(parked.least.find(found->second));
    parked.jobs.erase(found);
    return true;
  };
  const auto own = parked_.find(job.organisation);
  if (own != parked_.end() && take_out(own->second)) return;
  // It has changed hands, which is rare enough to look everywhere.
  for (auto& [organisation, parked] : parked_) (void)take_out(parked);
}

void Agenda::note_denied(const JobRecord& job) { denied_[job.organisation].insert(job.key()); }

void Agenda::hold_out(ViewIndex view) {
  if (std::exchange(queue_.view(view).is_holding_out, true)) return;
  holding_out_.push_back({now_ + review_every, view, false, false, {}, {}});
}

void Agenda::ask_again(ViewIndex view) {
  queue_.view(view).is_kept_waiting = false;
  holding_out_.push_front({now_, view, true, false, {}, {}});
  ++due_at_once_;
}

void Agenda::ask_behind(ViewIndex view, const QueueKey& place) {
  for (const auto& [key, index] : queue_.view(view).lanes) {
    Lane& lane = queue_.lane(index);
    auto job = lane.jobs.upper_bound(place);
    if (job == lane.jobs.end()) continue;
    lane.is_settled = false;
    lane.is_in_review = !key.is_particular;
    dirty.insert(*job);
    if (!key.is_particular) continue;  // it speaks for those behind
    while (++job != lane.jobs.end()) dirty.insert(*job);
  }
}

std::optional<QueueKey> Agenda::next_affordable(OrganisationId organisation, const QueueKey& from) const {
  const auto found = parked_.find(organisation);
  if (found == parked_.end() || found->second.jobs.empty()) return std::nullopt;
  const Parked& parked = found->second;
  const std::int64_t available = world_.available(organisation).micro();
  if (*parked.least.begin() > available) return std::nullopt;
  for (auto each = parked.jobs.lower_bound(from); each != parked.jobs.end(); ++each) {
    if (each->second <= available) return each->first;
  }
  return std::nullopt;
}

void Agenda::bring_back(JobRecord& job) {
  unpark(job);
  enqueue(job);
  if (job.lane != no_lane) dirty.insert({job.key(), &job});
}

void Agenda::ask_apart(const PoolState& pool, const QueueKey& behind) {
  const auto ask = [&](JobRecord& job) {
    if (job.key() <= behind) return;
    const Need need = need_of(job.common->requirements.resources);
    if (pool.has_room(need) && !world_.lacks_node(job, pool)) dirty.insert({job.key(), &job});
  };
  if (waiting_apart_.size() < pool.apart.size()) {
    for (const auto& [id, job] : waiting_apart_) {
      if (pool.apart.contains(id)) ask(*job);
    }
    return;
  }
  for (const JobId id : pool.apart) {
    const auto waiting = waiting_apart_.find(id);
    if (waiting != waiting_apart_.end()) ask(*waiting->second);
  }
}

void Agenda::advance(UnixTime now) {
  const bool is_backwards = now < now_;
  passed_ = is_backwards ? review_every : now - now_;
  now_ = now;
  advance_centres(is_backwards);
  world_.pass_hours(now);
  advance_shares();
  advance_reservations(is_backwards);
  if (is_backwards) {
    for (auto& [id, job] : world_.jobs()) {
      if (!job.not_before.is_none() || job.has_deadline()) job_changed(job);
    }
  }
  advance_jobs();
  if (world_.acceptance().is_stale()) regroup();
  if (has_replaced_) reconsider();
  advance_promises();
  is_review_due_ = is_review_due_ || is_backwards;
  for (const PoolIndex pool : std::exchange(repacked_, {})) ask_apart(world_.pool(pool), QueueKey());
  for (const OrganisationId organisation : filled) {
    const auto denied = denied_.find(organisation);
    if (denied == denied_.end()) continue;
    for (const QueueKey& key : denied->second) {
      JobRecord* job = world_.job(key.job);
      if (job != nullptr && job->lane != no_lane) dirty.insert({job->key(), job});  // its place may be another by now
    }
    denied_.erase(denied);
  }
}

void Agenda::advance_jobs() {
  while (!jobs_due_.empty() && jobs_due_.begin()->first <= now_) {
    const JobId id = jobs_due_.begin()->second;
    jobs_due_.erase(jobs_due_.begin());
    JobRecord* job = world_.job(id);
    if (job != nullptr && !job->is_parked && !job->is_broke) bring_back(*job);
  }
}

std::optional<UnixTime> Agenda::wakes_at() const {
  std::optional<UnixTime> at;
  if (!jobs_due_.empty()) at = jobs_due_.begin()->first;
  if (!reopens_.empty()) at = std::min(at.value_or(reopens_.begin()->first), reopens_.begin()->first);
  if (const auto hour = world_.hours_change_at()) at = std::min(at.value_or(*hour), *hour);
  return at;
}

void Agenda::note_reservations(const PoolState& pool) {
  for (const ReservationRow* each : pool.reservations) {
    if (each->until > now_) reopens_.insert({each->until, pool.index});
  }
}

/// Nobody finds more room where a reservation begins; where one is over, whoever it kept out may.
void Agenda::advance_reservations(bool is_backwards) {
  if (is_backwards) {
    for (const PoolState& pool : world_.pools()) note_reservations(pool);
  }
  while (!reopens_.empty() && reopens_.begin()->first <= now_) {
    PoolState& pool = world_.pool(reopens_.begin()->second);
    reopens_.erase(reopens_.begin());
    if (pool.promise) note_change(pool, PoolChange::reserved);
    reopen(pool);
    is_review_due_ = true;
  }
}

void Agenda::advance_centres(bool is_backwards) {
  if (is_backwards) {
    for (auto& [id, centre] : world_.centres()) heard_.insert(id);
  }
  for (const CentreId id : heard_) {
    CentreState& centre = world_.centres().at(id);
    if (centre.reachable(now_) != centre.is_reachable) set_reachable(centre, !centre.is_reachable);
  }
  heard_.clear();
  while (!falls_silent_.empty() && falls_silent_.begin()->first < now_) {
    CentreState& centre = world_.centres().at(falls_silent_.begin()->second);
    falls_silent_.erase(falls_silent_.begin());
    if (!centre.is_reachable) continue;
    if (centre.reachable(now_)) {
      falls_silent_.insert({centre.heard_at + reachable_within, centre.id});
    } else {
      set_reachable(centre, false);
    }
  }
}

void Agenda::set_reachable(CentreState& centre, bool is_reachable) {
  world_.set_reachable(centre, is_reachable);
  if (is_reachable) falls_silent_.insert({centre.heard_at + reachable_within, centre.id});
  for (const PoolIndex pool : centre.pools) {
    queue_.forget_asked(pool);
    if (!is_reachable) release(world_.pool(pool));
    replaced_.add(pool);  // what balanced scores are relative to may be another pool now
    if (is_reachable) opened.insert(pool);
  }
  is_review_due_ = true;
}

void Agenda::reconsider() {
  has_replaced_ = false;
  is_review_due_ = true;
  std::vector<JobId> all;
  for (const auto& [organisation, parked] : parked_) {
    for (const auto& [key, least] : parked.jobs) all.push_back(key.job);
  }
  for (const QueueKey& key : broke_) all.push_back(key.job);
  for (const JobId id : all) bring_back(*world_.job(id));
  if (std::exchange(wall_bounds_known_, world_.wall_bounds().size()) == world_.wall_bounds().size()) return;
  // Other bounds of wall times, other lanes: that is rare, and every job has to move.
  for (auto& [id, job] : world_.jobs()) {
    if (job.lane != no_lane) job_changed(job);
  }
}

/// Some customers are accepted elsewhere than before: rare, and all their jobs have to move.
void Agenda::regroup() {
  const std::vector<OrganisationId> moved = world_.renew_acceptance();
  if (moved.empty()) return;
  for (auto& [id, job] : world_.jobs()) {
    if (std::binary_search(moved.begin(), moved.end(), job.organisation)) job_changed(job);
  }
}

void Agenda::review() {
  if (std::exchange(is_review_due_, false)) ask_all_again();
  const std::int64_t earned = std::min(passed_, review_every).microseconds() * reviewed_per_second;
  review_budget_ = std::min(review_budget_ + earned, reviewed_at_once * micro);
  while (!holding_out_.empty() && review_budget_ >= micro && (due_at_once_ > 0 || holding_out_.front().due <= now_)) {
    if (!review(holding_out_.front())) return;
    holding_out_.pop_front();
    if (due_at_once_ > 0) --due_at_once_;
  }
}

/// Whoever holds out, whatever for.
void Agenda::ask_all_again() {
  for (ViewIndex view = 0; view < queue_.views(); ++view) {
    if (!queue_.view(view).is_kept_waiting) continue;
    queue_.view(view).forget_awaited();
    hold_out(view);
  }
  for (HeldOut& each : holding_out_) {
    each.asks_all = true;
    each.lane = LaneKey();
    each.from = QueueKey();
  }
  due_at_once_ = holding_out_.size();
}

/// Takes one off the budget; false when there is none left.
bool Agenda::is_reviewed() {
  if (review_budget_ < micro) return false;
  review_budget_ -= micro;
  return true;
}

/// False when the budget did not reach to the end: it goes on from there.
bool Agenda::review(HeldOut& held_out) {
  View& view = queue_.view(held_out.view);
  if (!std::exchange(held_out.is_begun, true)) view.is_holding_out = false;
  if (view.lanes.empty()) return true;  // its class is gone
  const Preference preference = preference_of(queue_.job_class(view.in).requirements);
  const auto from = std::lower_bound(view.lanes.begin(), view.lanes.end(), held_out.lane,
                                     [](const auto& each, const LaneKey& key) { return each.first < key; });
  for (auto entry = from; entry != view.lanes.end(); ++entry) {
    if (!held_out.asks_all && is_kept_waiting(view, preference, entry->first)) continue;
    Lane& lane = queue_.lane(entry->second);
    auto job = lane.jobs.lower_bound(entry == from ? held_out.from : QueueKey());
    for (; job != lane.jobs.end(); ++job) {
      if (!is_reviewed()) {
        held_out.lane = entry->first;
        held_out.from = job->first;
        return false;
      }
      lane.is_settled = false;
      lane.is_in_review = !lane.key.is_particular;
      dirty.insert(*job);
      if (!lane.key.is_particular) break;  // it speaks for those behind
    }
  }
  return true;
}

}  // namespace dayan::place
