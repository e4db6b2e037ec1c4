#include "place/planner.h"

#include <algorithm>

namespace dayan::place {

std::vector<Assignment> Planner::plan(UnixTime now, std::size_t limit) {
  const std::vector<JobId> refused = agenda_.world().drop_claims();
  // What is planned again may go otherwise, and then nobody may be overtaken.
  if (!refused.empty()) agenda_.withdraw_promises();
  if (!refused.empty()) agenda_.recall_newcomers();
  reclaiming_.settle();
  for (const JobId id : refused) {
    JobRecord* job = agenda_.world().job(id);
    if (job != nullptr) agenda_.job_changed(*job);
  }
  agenda_.advance(now);
  for (const ViewIndex each : planning_.awaited().take_lost()) agenda_.ask_again(each);
  agenda_.review();
  std::vector<Assignment> plan;
  if (limit == 0) return plan;
  agenda_.begin_plan();
  planning_.together().clear();
  walk(plan, limit);
  planning_.together().place(plan, is_full_ ? 0 : limit);
  agenda_.end_plan();
  if (!is_full_ && plan.size() < limit) agenda_.forget_newcomers();
  // Room is made for whoever found none at its turn: all must have had theirs.
  if (!is_full_) reclaiming_.look(now);
  return plan;
}

std::optional<UnixTime> Planner::wakes_at() const {
  const auto agenda = agenda_.wakes_at();
  const auto reclaiming = reclaiming_.wakes_at(agenda_.now());
  return agenda && reclaiming ? std::min(agenda, reclaiming) : agenda ? agenda : reclaiming;
}

void Planner::begin_walk() {
  ++walk_;
  is_full_ = false;
  classes_ = {};
  views_ = {};
  offers_used_ = 0;
  lanes_ = {};
  followed_ = {};
  wallets_ = {};
  planning_.forget_vistas();
  for (const OrganisationId each : agenda_.filled) {
    if (const auto key = agenda_.next_affordable(each, QueueKey())) wallets_.push({*key, no_lane, each});
  }
  open_.assign(agenda_.opened.begin(), agenda_.opened.end());
  close_full_pools();
  asks_all_ = open_.size() > many_open;
  for (auto& [need, shape] : agenda_.queue().shapes()) {
    shape.asks_at.clear();
    shape.gained.clear();
    for (const PoolIndex pool : open_) {
      if (!asks_all_ && is_unasked(pool, need, shape.asked)) shape.asks_at.push_back(pool);
    }
    if (asks_all_ || !shape.asks_at.empty()) push_class(need, shape, shape.by_head.begin());
  }
}

void Planner::walk(std::vector<Assignment>& plan, std::size_t limit) {
  begin_walk();
  while (!is_full_) {
    if (open_.empty()) {
      lanes_ = {};
      views_ = {};
      classes_ = {};
    }
    // What comes next in the queue: a job that is to be asked, the next of a
    // lane, one that its wallet now has enough for, or a class not looked at
    // yet.
    const QueueKey* lane = lanes_.empty() ? nullptr : &lanes_.top().key;
    const QueueKey* dirty = agenda_.dirty.empty() ? nullptr : &agenda_.dirty.begin()->first;
    const QueueKey* wallet = wallets_.empty() ? nullptr : &wallets_.top().key;
    const QueueKey* first = lane;
    for (const QueueKey* other : {dirty, wallet}) {
      if (first == nullptr || (other != nullptr && *other < *first)) first = other;
    }
    const bool has_class = !classes_.empty() && (first == nullptr || classes_.top().key <= *first);
    if (has_class && (views_.empty() || classes_.top().key <= views_.top().key)) {
      follow_classes();
    } else if (!views_.empty() && (first == nullptr || views_.top().key <= *first)) {
      follow_views();
    } else if (first == nullptr) {
      break;
    } else if (first == lane) {
      const Next next = lanes_.top();
      lanes_.pop();
      follow_lane(next, plan, limit);
    } else if (first == wallet) {
      const Next next = wallets_.top();
      wallets_.pop();
      follow_wallet(next);
    } else {
      look_at_dirty(plan, limit);
    }
  }
  end_walk();
}

/// Notes who has been asked where: at a pool with room for a shape all are, once a walk has come to its end; and
/// where there is none any more, whoever comes meanwhile will not be. A pool that had no room for it when the walk
/// began and has some now, since what it took is packed otherwise, is looked at once more by the next walk.
void Planner::end_walk() {
  const World& world = agenda_.world();
  std::vector<PoolIndex> gained;
  for (auto& [need, shape] : agenda_.queue().shapes()) {
    for (const PoolIndex pool : agenda_.narrowed) {
      if (shape.asked.get(pool) && !world.pool(pool).has_room(need)) shape.asked.set(pool, false);
    }
    if (is_full_) continue;
    for (const PoolIndex pool : agenda_.opened) {
      const bool has_room = planning_.is_reachable(pool) && world.pool(pool).has_room(need);
      const bool was_asked = !shape.gained.contains(pool) &&
                             (asks_all_ || shape.asked.get(pool) ||
                              std::find(shape.asks_at.begin(), shape.asks_at.end(), pool) != shape.asks_at.end());
      shape.asked.set(pool, has_room && was_asked);
      if (has_room && !was_asked) gained.push_back(pool);
    }
  }
  agenda_.narrowed.clear();
  if (is_full_) return;
  agenda_.opened = {gained.begin(), gained.end()};
  agenda_.filled.clear();
}

bool Planner::is_unasked(PoolIndex pool, const Need& need, const Bits& asked) {
  return !asked.get(pool) && agenda_.world().pool(pool).has_room(need);
}

/// The first class of this shape from there on that may use what is open.
void Planner::push_class(const Need& need, const WaitingShape& shape, HeadOrder::Iterator next) {
  while (next != shape.by_head.end() && !may_suit(next->second)) ++next;
  if (next != shape.by_head.end()) classes_.push({next->first, next->second, need});
}

bool Planner::may_suit(ClassIndex index) {
  if (open_.size() > many_open) return true;
  return std::any_of(open_.begin(), open_.end(), [&](PoolIndex pool) {
    return agenda_.queue().may_suit(index, agenda_.world().pool(pool));
  });
}

void Planner::follow_classes() {
  const NextClass next = classes_.top();
  classes_.pop();
  const auto& shapes = agenda_.queue().shapes();
  const auto shape = shapes.find(next.need);
  if (shape == shapes.end()) return;  // none of it waits any more
  auto at = shape->second.by_head.lower_bound({next.key, next.index});
  // One that has another head now comes where that stands.
  const bool is_there = at != shape->second.by_head.end() && *at == std::pair{next.key, next.index};
  if (is_there) ++at;
  push_class(next.need, shape->second, at);
  if (is_there) look_at_class(agenda_.queue().job_class(next.index), shape->second.asked);
}

bool Planner::suits_some_shape(PoolIndex index) {
  const PoolState& pool = agenda_.world().pool(index);
  if (!pool.is_known || !planning_.is_reachable(index)) return false;
  const auto& shapes = agenda_.queue().shapes();
  return std::any_of(shapes.begin(), shapes.end(), [&](const auto& shape) { return pool.has_room(shape.first); });
}

void Planner::close_full_pools() {
  if (open_.size() > many_open) return;
  std::erase_if(open_, [&](PoolIndex pool) { return !suits_some_shape(pool); });
}

void Planner::look_at_class(JobClass& job_class, const Bits& asked) {
  if (job_class.seen_in == walk_) return;
  job_class.seen_in = walk_;
  const bool asks_all = open_.size() > many_open;
  std::vector<Offered> suitable;
  if (!asks_all) {
    for (const PoolIndex pool : open_) {
      if (is_unasked(pool, job_class.need, asked)) suitable.push_back({pool, no_bound});
    }
    if (suitable.empty()) return;
  }
  const Ranking& ranking = agenda_.ranking(job_class);
  std::erase_if(suitable, [&](const Offered& open) {
    if (ranking.feasible().get(open.pool)) return false;
    agenda_.queue().rule_out(job_class.index, open.pool);
    return true;
  });
  if (!asks_all && suitable.empty()) return;
  for (Offered& open : suitable) open.passes_up_to = passes_up_to(open.pool, job_class.need);
  for (const ViewIndex each : job_class.views) look_at_view(each, suitable);
}

void Planner::follow_lane(const Next& next, std::vector<Assignment>& plan, std::size_t limit) {
  if (next.key == std::exchange(followed_, next.key)) return;  // what was repacked brought it here, and its view did too
  const Lane& lane = agenda_.queue().lane(next.lane);
  if (lane.settled_in == walk_ && lane.is_settled) return;
  const auto job = lane.jobs.lower_bound(next.key);
  if (job == lane.jobs.end()) return;
  const QueueKey key = job->first;
  if (key != next.key) {  // it has left, and another lane's may be earlier
    lanes_.push({key, next.lane, {}});
    return;
  }
  JobRecord& record = *job->second;
  const bool is_asked = lane.key.is_particular ? may_be_interested(next.lane, record) : may_be_interested(next.lane);
  if (!is_asked && !lane.key.is_particular) return;  // nor are those behind
  // Where it was to be asked about all pools, and not only about those that have opened, so is the next.
  const bool is_in_review = lane.is_in_review && !lane.key.is_particular && agenda_.dirty.contains(key);
  if (is_asked && record.seen_in != walk_ && give_turn(record, plan, limit) == TurnEnd::lane_must_wait) return;
  if (is_full_) return;
  const Lane& left = agenda_.queue().lane(next.lane);
  auto after = left.jobs.upper_bound(key);
  while (after != left.jobs.end() && left.passes_in == walk_ && after->second->wall_time > left.passes_up_to) ++after;
  if (after == left.jobs.end()) return;
  lanes_.push({after->first, next.lane, {}});
  if (is_in_review) agenda_.dirty.insert(*after);
}

void Planner::follow_wallet(const Next& next) {
  const auto now = agenda_.next_affordable(next.organisation, next.key);
  if (!now) return;  // it has been spent meanwhile
  if (*now != next.key) return wallets_.push({*now, no_lane, next.organisation});
  JobRecord& job = *agenda_.world().job(next.key.job);
  agenda_.bring_back(job);
  if (job.lane != no_lane) {
    // Its class stands here now, where the walk along the classes may have been already; others in it wait for its turn.
    JobClass& job_class = agenda_.queue().job_class(agenda_.queue().lane(job.lane).in);
    look_at_class(job_class, agenda_.queue().shapes().at(job_class.need).asked);
  }
  const QueueKey behind{next.key.rank, JobId(next.key.job.value() + 1)};
  if (const auto after = agenda_.next_affordable(next.organisation, behind))
    wallets_.push({*after, no_lane, next.organisation});
}

void Planner::look_at_dirty(std::vector<Assignment>& plan, std::size_t limit) {
  const auto [key, job] = *agenda_.dirty.begin();
  agenda_.dirty.erase(agenda_.dirty.begin());
  if (job->lane == no_lane || job->seen_in == walk_) return;
  const LaneIndex index = job->lane;
  const bool is_settled = agenda_.queue().lane(index).settled_in == walk_ && agenda_.queue().lane(index).is_settled;
  if (is_settled && !has_own_room(*job)) return;  // what was promised to it alone, nobody else could speak of
  const std::size_t before = plan.size();
  if (give_turn(*job, plan, limit) == TurnEnd::limit) return;
  Lane& lane = agenda_.queue().lane(index);
  if (lane.is_settled || lane.key.is_particular || (!lane.is_in_review && plan.size() == before)) {
    lane.is_in_review = false;
    return;
  }
  // What was good enough for this one may be so for the next, who has not been asked since.
  const auto next = lane.jobs.upper_bound(key);
  lane.is_in_review = lane.is_in_review && next != lane.jobs.end();
  if (next != lane.jobs.end()) agenda_.dirty.insert(*next);
}

/// Whether there is room now where room was promised to it, and the pool is not closed to it.
bool Planner::has_own_room(const JobRecord& job) {
  if (job.promised == no_pool) return false;
  const PoolState& pool = agenda_.world().pool(job.promised);
  const CustomerGroup group = agenda_.world().acceptance().group_of(job.organisation);
  const Duration staging = agenda_.world().staging(job, pool);
  return pool.has_room(need_of(job.common->requirements.resources)) &&
         job.wall_at(agenda_.now(), staging) + staging <= closes_within(job.promised, group);
}

TurnEnd Planner::give_turn(JobRecord& job, std::vector<Assignment>& plan, std::size_t limit) {
  job.seen_in = walk_;
  const std::size_t before = plan.size();
  const LaneIndex index = job.lane;
  const QueueKey key = job.key();
  const std::uint64_t changes = agenda_.rooms().log().end();
  const std::uint64_t stirred = agenda_.stirred().end();
  Turn turn(planning_, job);
  const TurnEnd end = turn.take(plan, limit);
  // What it does not take when it could is for others.
  if (end != TurnEnd::limit && has_own_room(job)) agenda_.release(job);
  if (bug_ == PlantedBug::lost_job && end == TurnEnd::lane_must_wait) agenda_.queue().leave(job);
  if (end == TurnEnd::lane_must_wait) {
    Lane& lane = agenda_.queue().lane(index);
    lane.is_settled = true;
    lane.settled_in = walk_;
  }
  if (end == TurnEnd::must_wait) {
    Lane& lane = agenda_.queue().lane(index);
    lane.is_settled = false;  // whoever spoke for it before did so of what there was then
    if (turn.passes_up_to() && plan.size() == before && !lane.key.is_particular) {
      lane.passes_up_to = *turn.passes_up_to();
      lane.passes_in = walk_;
    }
  }
  if (end == TurnEnd::limit) {
    agenda_.dirty.insert({job.key(), &job});
    is_full_ = true;
  } else {
    agenda_.dirty.erase(job.key());
  }
  if (plan.size() > before) {
    close_full_pools();
    look_behind_repacked(changes, std::span(plan).subspan(before), key);
  }
  if (stirred != agenda_.stirred().end()) {
    // Who waited for what was taken, or promised.
    for (const ViewIndex each : planning_.awaited().take_lost()) {
      agenda_.ask_behind(each, key);
      agenda_.ask_again(each);
    }
  }
  return end;
}

}  // namespace dayan::place
