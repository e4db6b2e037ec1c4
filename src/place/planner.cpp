#include "place/planner.h"

#include <algorithm>

namespace dayan::place {
namespace {

/// From so many pools with more room on, every class is looked at instead of
/// asking each of each.
constexpr std::size_t many_open = 64;

}  // namespace

std::vector<Assignment> Planner::plan(UnixTime now, std::size_t limit) {
  const std::vector<JobId> refused = agenda_.world().drop_claims();
  // What is planned again may go otherwise, and then nobody may be overtaken.
  if (!refused.empty()) agenda_.withdraw_promises();
  for (const JobId id : refused) {
    JobRecord* job = agenda_.world().job(id);
    if (job != nullptr) agenda_.job_changed(*job);
  }
  agenda_.advance(now);
  std::vector<Assignment> plan;
  if (limit == 0) return plan;
  agenda_.begin_plan();
  walk(plan, limit);
  agenda_.end_plan();
  return plan;
}

void Planner::begin_walk() {
  ++walk_;
  is_full_ = false;
  classes_ = {};
  lanes_ = {};
  wallets_ = {};
  horizons_.clear();
  for (const OrganisationId each : agenda_.filled) {
    if (const auto key = agenda_.next_affordable(each, QueueKey())) wallets_.push({*key, no_lane, each});
  }
  open_.assign(agenda_.opened.begin(), agenda_.opened.end());
  close_full_pools();
  const bool asks_all = open_.size() > many_open;
  for (auto& [need, shape] : agenda_.queue().shapes()) {
    shape.asks_at.clear();
    for (const PoolIndex pool : open_) {
      if (!asks_all && is_unasked(pool, need, shape.asked)) shape.asks_at.push_back(pool);
    }
    if (asks_all || !shape.asks_at.empty()) push_class(need, shape, {});
  }
}

void Planner::walk(std::vector<Assignment>& plan, std::size_t limit) {
  begin_walk();
  while (!is_full_) {
    if (open_.empty()) {
      lanes_ = {};
      classes_ = {};
    }
    // What comes next in the queue: a job that is to be asked, the next of a
    // lane, one that its wallet now has enough for, or a class not looked at
    // yet.
    const QueueKey* lane = lanes_.empty() ? nullptr : &lanes_.top().key;
    const QueueKey* dirty = agenda_.dirty.empty() ? nullptr : &*agenda_.dirty.begin();
    const QueueKey* wallet = wallets_.empty() ? nullptr : &wallets_.top().key;
    const QueueKey* first = lane;
    for (const QueueKey* other : {dirty, wallet}) {
      if (first == nullptr || (other != nullptr && *other < *first)) first = other;
    }
    if (!classes_.empty() && (first == nullptr || classes_.top().key <= *first)) {
      follow_classes();
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
      look_at_dirty(*dirty, plan, limit);
    }
  }
  end_walk();
}

/// Notes who has been asked where: at a pool with room for a shape all are, once a walk has come to its end; and
/// where there is none any more, whoever comes meanwhile will not be. A pool that had no room for it when the walk
/// began and has some now, since what it took is packed otherwise, is looked at once more by the next walk.
void Planner::end_walk() {
  const World& world = agenda_.world();
  const bool asked_all = open_.size() > many_open;
  std::vector<PoolIndex> gained;
  for (auto& [need, shape] : agenda_.queue().shapes()) {
    for (const PoolIndex pool : agenda_.narrowed) {
      if (shape.asked.get(pool) && !world.pool(pool).has_room(need)) shape.asked.set(pool, false);
    }
    if (is_full_) continue;
    for (const PoolIndex pool : agenda_.opened) {
      const bool has_room = planning_.is_reachable(pool) && world.pool(pool).has_room(need);
      const bool was_asked = asked_all || shape.asked.get(pool) ||
                             std::find(shape.asks_at.begin(), shape.asks_at.end(), pool) != shape.asks_at.end();
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

/// The first class of this shape from there on.
void Planner::push_class(const Need& need, const WaitingShape& shape, const std::pair<QueueKey, ClassIndex>& from) {
  const auto next = shape.by_head.lower_bound(from);
  if (next != shape.by_head.end()) classes_.push({next->first, next->second, need});
}

void Planner::follow_classes() {
  const NextClass next = classes_.top();
  classes_.pop();
  const auto& shapes = agenda_.queue().shapes();
  const auto shape = shapes.find(next.need);
  if (shape == shapes.end()) return;  // none of it waits any more
  const bool is_there = shape->second.by_head.contains({next.key, next.index});
  // One that has another head now comes where that stands.
  push_class(next.need, shape->second, {next.key, next.index + (is_there ? 1 : 0)});
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
  std::vector<OpenPool> suitable;
  if (!asks_all) {
    for (const PoolIndex pool : open_) {
      if (is_unasked(pool, job_class.need, asked)) suitable.push_back({pool, no_bound});
    }
    if (suitable.empty()) return;
  }
  const Ranking& ranking = agenda_.ranking(job_class);
  std::erase_if(suitable, [&](const OpenPool& open) { return !ranking.feasible().get(open.pool); });
  if (!asks_all && suitable.empty()) return;
  Duration longest = Duration::microseconds(-int64_max);
  bool has_closed = false;
  for (OpenPool& open : suitable) {
    has_closed = has_closed || agenda_.world().reserved_pools().get(open.pool);
    open.passes_up_to = passes_up_to(open.pool, job_class.need);
    longest = std::max(longest, open.passes_up_to);
  }
  for (const LaneIndex each : job_class.lanes) {
    const Lane& lane = agenda_.queue().lane(each);
    if (lane.jobs.empty()) continue;
    const auto is_accepted = [&](const OpenPool& open) { return planning_.accepts(lane.key.group, open.pool); };
    if (!asks_all && std::none_of(suitable.begin(), suitable.end(), is_accepted)) continue;
    if (!asks_all && longest < no_bound && lane.shortest_wall() > longest) continue;
    if (!asks_all && has_closed && !may_enter(lane, suitable)) continue;
    if (asks_all || !is_one_in_view(lane) ||
        is_interested(lane, horizon_of(lane.in, lane.key), suitable)) {
      lanes_.push({lane.jobs.begin()->first, each, {}});
    } else {
      agenda_.hold_out(each);
    }
  }
}

/// The longest wall time that may take room of the pool beside what it has promised.
Duration Planner::passes_up_to(PoolIndex index, const Need& need) {
  const PoolState& pool = agenda_.world().pool(index);
  if (!pool.promise || bug_ == PlantedBug::forgotten_promise || pool.fits_beside_promise(need)) return no_bound;
  return pool.promised_within(agenda_.now());
}

/// Whether the shortest of the lane's jobs would end before each of these pools is closed that is, for one of them.
bool Planner::may_enter(const Lane& lane, const std::vector<OpenPool>& suitable) {
  return std::any_of(suitable.begin(), suitable.end(), [&](const OpenPool& open) {
    return lane.shortest_wall() <= closes_within(open.pool, lane.key.group);
  });
}

/// The longest wall time that ends before the pool is closed to this group.
Duration Planner::closes_within(PoolIndex pool, CustomerGroup group) {
  if (!agenda_.world().reserved_pools().get(pool)) return no_bound;
  return agenda_.world().open_within(agenda_.world().pool(pool), group, agenda_.now());
}

const Horizon& Planner::horizon_of(ClassIndex of, const LaneKey& lane) {
  const auto [found, is_new] = horizons_.try_emplace({of, lane.wall_bound, lane.group});
  if (is_new)
    found->second = planning_.horizon(planning_.sight(agenda_.queue().job_class(of)), lane.wall_bound, lane.group);
  return found->second;
}

/// Whether all its jobs see the same best pools: those without a cap do, and those whose cap rules none of them out.
bool Planner::is_one_in_view(const Lane& lane) {
  if (!lane.key.is_particular) return true;
  return lane.key.cap_step > 0 && surely_pays(lane.key.cap_step, horizon_of(lane.in, lane.key).rate_most);
}

/// Whether one of these pools could be worth it to the lane's jobs. Says yes
/// too often rather than too seldom: the turn looks closer.
bool Planner::is_interested(const Lane& lane, const Horizon& horizon, const std::vector<OpenPool>& suitable) {
  const JobClass& job_class = agenda_.queue().job_class(lane.in);
  const Preference preference = preference_of(job_class.requirements);
  const Bound bound = planning_.bound(horizon, preference, lane.key, false);
  return std::any_of(suitable.begin(), suitable.end(), [&](const OpenPool& open) {
    const PoolFigures& figures = agenda_.world().figures(open.pool);
    if (figures.wall_time_max < lane.key.wall_bound || !planning_.accepts(lane.key.group, open.pool)) return false;
    if (open.passes_up_to < no_bound && lane.shortest_wall() > open.passes_up_to) return false;
    if (lane.shortest_wall() > closes_within(open.pool, lane.key.group)) return false;
    if (preference.waits_for_best) return job_class.ranking->score(figures) <= bound.score;
    return job_class.ranking->slowness(figures) <= bound.slowness;
  });
}

/// The same for one job of a particular lane.
bool Planner::may_be_interested(const Lane& lane, const JobRecord& job) {
  if (open_.size() > many_open || job.retrying > 0 || !job.has_cap() || job.has_deadline()) return true;
  const JobClass& job_class = agenda_.queue().job_class(lane.in);
  const double hours =
      static_cast<double>(job.wall_time.microseconds()) / static_cast<double>(Duration::hours(1).microseconds());
  const auto left = static_cast<double>(job.price_cap.micro() - job.charged.micro() - job.held.micro());
  std::vector<OpenPool> suitable;
  for (const PoolIndex pool : open_) {
    const double hold = job_class.ranking->rate(agenda_.world().figures(pool)) * hours;
    if (hold * (1 - estimate_slack) - estimate_slack_micro > left) continue;
    if (planning_.keeps_out(agenda_.world().pool(pool), job)) continue;
    if (agenda_.world().pool(pool).has_room(job_class.need)) suitable.push_back({pool, no_bound});
  }
  if (suitable.empty()) return false;
  // Those of the best pools of all that it surely can pay are among its own best: the bound is no looser than theirs.
  const Horizon& all = horizon_of(lane.in, lane.key);
  Horizon own;
  const double tasks = static_cast<double>(std::max<std::int64_t>(job.waiting(), 1) + job.live);
  for (std::size_t i = 0; i < all.count; ++i) {
    const double most = all.entries[i].rate * hours * tasks;
    if (most * (1 + estimate_slack) + estimate_slack_micro < left) own.entries[own.count++] = all.entries[i];
  }
  own.least_score = all.least_score;
  return own.count == 0 || is_interested(lane, own, suitable);
}

void Planner::follow_lane(const Next& next, std::vector<Assignment>& plan, std::size_t limit) {
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
  const bool is_asked = !lane.key.is_particular || may_be_interested(lane, record);
  if (!is_asked) agenda_.hold_out(next.lane);
  if (is_asked && record.seen_in != walk_ && give_turn(record, plan, limit) == TurnEnd::lane_must_wait) return;
  if (is_full_) return;
  const Lane& left = agenda_.queue().lane(next.lane);
  auto after = left.jobs.upper_bound(key);
  while (after != left.jobs.end() && left.passes_in == walk_ && after->second->wall_time > left.passes_up_to) ++after;
  if (after != left.jobs.end()) lanes_.push({after->first, next.lane, {}});
}

void Planner::follow_wallet(const Next& next) {
  const auto now = agenda_.next_affordable(next.organisation, next.key);
  if (!now) return;  // it has been spent meanwhile
  if (*now != next.key) return wallets_.push({*now, no_lane, next.organisation});
  agenda_.bring_back(*agenda_.world().job(next.key.job));
  const QueueKey behind{next.key.rank, JobId(next.key.job.value() + 1)};
  if (const auto after = agenda_.next_affordable(next.organisation, behind))
    wallets_.push({*after, no_lane, next.organisation});
}

void Planner::look_at_dirty(QueueKey key, std::vector<Assignment>& plan, std::size_t limit) {
  agenda_.dirty.erase(key);
  JobRecord* job = agenda_.world().job(key.job);
  if (job == nullptr || job->lane == no_lane || job->seen_in == walk_) return;
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
  if (next != lane.jobs.end()) agenda_.dirty.insert(next->first);
}

/// Whether there is room now where room was promised to it, and the pool is not closed to it.
bool Planner::has_own_room(const JobRecord& job) {
  if (job.promised == no_pool) return false;
  const PoolState& pool = agenda_.world().pool(job.promised);
  const CustomerGroup group = agenda_.world().acceptance().group_of(job.organisation);
  return pool.has_room(need_of(job.common->requirements.resources)) &&
         job.wall_at(agenda_.now()) <= closes_within(job.promised, group);
}

TurnEnd Planner::give_turn(JobRecord& job, std::vector<Assignment>& plan, std::size_t limit) {
  job.seen_in = walk_;
  const std::size_t before = plan.size();
  const LaneIndex index = job.lane;
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
    agenda_.dirty.insert(job.key());
    is_full_ = true;
  } else {
    agenda_.dirty.erase(job.key());
  }
  if (plan.size() > before) {
    close_full_pools();
    horizons_.clear();  // what it took, others now wait for longer
  }
  return end;
}

}  // namespace dayan::place
