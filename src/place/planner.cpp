#include "place/planner.h"

#include <algorithm>

namespace dayan::place {
namespace {

/// The step of the longest run times (job_record.h).
constexpr int run_step_max = 2 * 62 + 1;
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
  views_ = {};
  offers_used_ = 0;
  lanes_ = {};
  followed_ = {};
  later_.clear();
  wallets_ = {};
  planning_.forget_vistas();
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
    if (asks_all || !shape.asks_at.empty()) push_class(need, shape, shape.by_head.begin());
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

/// The first class of this shape from there on that may use what is open.
void Planner::push_class(const Need& need, const WaitingShape& shape, WaitingShape::ByHead::const_iterator next) {
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
  const auto at = shape->second.by_head.lower_bound({next.key, next.index});
  // One that has another head now comes where that stands.
  const bool is_there = at != shape->second.by_head.end() && *at == std::pair{next.key, next.index};
  push_class(next.need, shape->second, is_there ? std::next(at) : at);
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
  std::erase_if(suitable, [&](const Offered& open) { return !ranking.feasible().get(open.pool); });
  if (!asks_all && suitable.empty()) return;
  for (Offered& open : suitable) open.passes_up_to = passes_up_to(open.pool, job_class.need);
  for (const ViewIndex each : job_class.views) look_at_view(each, suitable);
}

/// What the jobs of a view are asked about: those of these pools that they may take, or all when every class is asked.
void Planner::look_at_view(ViewIndex index, const std::vector<Offered>& suitable) {
  View& view = agenda_.queue().view(index);
  if (view.by_head.empty()) return;
  if (open_.size() <= many_open) {
    if (offers_used_ == offers_.size()) offers_.emplace_back();
    Offer& offer = offers_[offers_used_];
    offer_to(view, suitable, offer);
    if (offer.pools.empty()) return;
    look_ahead(offer, planning_.horizon_of(index));
    view.offer = static_cast<std::uint32_t>(offers_used_++);
    view.asked_in = walk_;
  }
  push_view(index, view.by_head.front().head);
}

/// Works out up to which run time lanes are interested: the longer a task, the less is a wait for better room to it.
void Planner::look_ahead(Offer& offer, const Horizon& horizon) {
  offer.run_steps.reset();
  if (offer.is_limited || horizon.hangs_on_wall_time()) return;
  LaneKey key;
  key.tasks_step = 1;
  const Lane none;
  const auto longest = [&](bool room_stays) {
    const auto is_too_long = [&](int step) {
      key.run_step = static_cast<std::uint8_t>(step);
      return !is_interested(offer, horizon, key, none, room_stays);
    };
    if (is_too_long(0)) return -1;
    int low = 0;
    int high = run_step_max;
    if (!is_too_long(high)) return high;
    while (high - low > 1) {
      const int middle = low + (high - low) / 2;
      (is_too_long(middle) ? high : low) = middle;
    }
    return low;
  };
  const int now = longest(true);
  const bool is_same_later = now == run_step_max || offer.preference.waits_for_best;
  offer.run_steps = std::pair{now, is_same_later ? now : longest(false)};
}

/// The first of its lanes from there on that may want what it is offered. Lanes are asked in order of their heads, so that
/// those behind whoever takes the room are not looked at.
void Planner::push_view(ViewIndex index, QueueKey from) {
  View& view = agenda_.queue().view(index);
  if (view.asked_in != walk_) return views_.push({from, index});
  const Offer& offer = offers_[view.offer];
  const double rate_most = planning_.horizon_of(index).rate_most;
  bool holds_out = false;
  for (auto entry = view.from(from); entry != view.by_head.end(); ++entry) {
    const LaneKey& key = entry->key;
    bool is_now = false;
    bool is_later = false;
    const bool sees_all = !key.is_particular || (key.cap_step > 0 && surely_pays(key.cap_step, rate_most));
    if (offer.run_steps && key.tasks_step == 1 && sees_all) {
      is_now = key.run_step <= offer.run_steps->first;
      is_later = key.run_step <= offer.run_steps->second;
    } else {
      is_now = is_interested(index, *entry, offer, true);
      is_later = !is_now && is_interested(index, *entry, offer, false);
    }
    if (is_now) {
      views_.push({entry->head, index});
      break;
    }
    holds_out = true;
    if (is_later) later_.push_back({entry->head, entry->lane, {}});
  }
  if (holds_out) agenda_.hold_out(index);
}

void Planner::follow_views() {
  const NextView next = views_.top();
  views_.pop();
  View& view = agenda_.queue().view(next.view);
  const auto entry = view.from(next.key);
  if (entry == view.by_head.end()) return;
  if (entry->head != next.key) return push_view(next.view, entry->head);  // that one has left
  lanes_.push({entry->head, entry->lane, {}});
  if (std::next(entry) != view.by_head.end()) push_view(next.view, std::next(entry)->head);
}

/// Something was placed or promised: lanes behind it that wanted better room than this may want this now.
void Planner::come_back(const QueueKey& after) {
  for (const Next& each : later_) {
    if (after < each.key) lanes_.push(each);
  }
  later_.clear();
}

/// The longest wall time that may take room of the pool beside what it has promised.
Duration Planner::passes_up_to(PoolIndex index, const Need& need) {
  const PoolState& pool = agenda_.world().pool(index);
  if (!pool.promise || bug_ == PlantedBug::forgotten_promise || pool.fits_beside_promise(need)) return no_bound;
  return pool.promised_within(agenda_.now());
}

/// The longest wall time that ends before the pool is closed to this group.
Duration Planner::closes_within(PoolIndex pool, CustomerGroup group) {
  if (!agenda_.world().reserved_pools().get(pool)) return no_bound;
  return agenda_.world().open_within(agenda_.world().pool(pool), group, agenda_.now());
}

/// Whether the jobs of a lane may be, or one of them.
bool Planner::is_interested(ViewIndex view, const View::Entry& entry, const Offer& offer, bool room_stays) {
  const Lane& lane = agenda_.queue().lane(entry.lane);
  if (entry.key.is_particular && entry.key.cap_step == 0) return true;  // each keeps away from another centre
  const Horizon& all = planning_.horizon_of(view);
  if (!entry.key.is_particular || surely_pays(entry.key.cap_step, all.rate_most))
    return is_interested(offer, all, entry.key, lane, room_stays);
  if (offer.preference.waits_for_best) {
    const float best = planning_.best_paid(view, entry.key.cap_step);
    return std::any_of(offer.pools.begin(), offer.pools.end(),
                       [&](const Offered& each) { return each.score <= best; });
  }
  // Those of the best pools that their caps surely pay are among the best that each can have.
  Horizon own;
  for (std::size_t i = 0; i < all.count; ++i) {
    if (surely_pays(entry.key.cap_step, all.entries[i].rate)) own.entries[own.count++] = all.entries[i];
  }
  return own.count == 0 || is_interested(offer, own, entry.key, lane, room_stays);
}

void Planner::offer_to(const View& view, const std::vector<Offered>& suitable, Offer& offer) {
  JobClass& job_class = agenda_.queue().job_class(view.in);
  const Ranking& ranking = agenda_.ranking(job_class);
  offer.pools.clear();
  offer.is_limited = false;
  offer.preference = preference_of(job_class.requirements);
  for (Offered each : suitable) {
    const PoolFigures& figures = agenda_.world().figures(each.pool);
    if (figures.wall_time_max < view.wall_bound || !planning_.accepts(view.group, each.pool)) continue;
    if (!ranking.feasible().get(each.pool)) continue;
    each.score = ranking.score(figures);
    each.slowness = ranking.slowness(figures);
    each.passes_up_to = std::min(each.passes_up_to, closes_within(each.pool, view.group));
    offer.is_limited = offer.is_limited || each.passes_up_to < no_bound;
    offer.pools.push_back(each);
  }
}

/// Whether one of these pools could be worth it to the lane's jobs. Says yes too often rather than too seldom: the
/// turn looks closer.
bool Planner::is_interested(const Offer& offer, const Horizon& horizon, const LaneKey& key, const Lane& lane,
                            bool room_stays) {
  const Bound bound = planning_.bound(horizon, offer.preference, key, room_stays);
  return std::any_of(offer.pools.begin(), offer.pools.end(), [&](const Offered& each) {
    if (each.passes_up_to < no_bound && lane.shortest_wall > each.passes_up_to) return false;
    return offer.preference.waits_for_best ? each.score <= bound.score : each.slowness <= bound.slowness;
  });
}

/// The same for a plain lane, as things stand now that it is its turn: others before it may have left room elsewhere
/// that suits it better.
bool Planner::may_be_interested(const Lane& lane) {
  if (open_.size() > many_open || lane.key.is_promised) return true;
  const Need& need = agenda_.queue().job_class(lane.in).need;
  std::vector<Offered> suitable;
  for (const PoolIndex pool : open_) {
    if (agenda_.world().pool(pool).has_room(need)) suitable.push_back({pool, passes_up_to(pool, need)});
  }
  Offer offer;
  offer_to(agenda_.queue().view(lane.view), suitable, offer);
  return !offer.pools.empty() && is_interested(offer, planning_.horizon_of(lane.view), lane.key, lane, true);
}

/// The same for one job of a particular lane.
bool Planner::may_be_interested(const Lane& lane, const JobRecord& job) {
  if (open_.size() > many_open || job.retrying > 0 || !job.has_cap() || job.has_deadline()) return true;
  JobClass& job_class = agenda_.queue().job_class(lane.in);
  const Ranking& ranking = agenda_.ranking(job_class);
  const double hours =
      static_cast<double>(job.wall_time.microseconds()) / static_cast<double>(Duration::hours(1).microseconds());
  const auto left = static_cast<double>(job.price_cap.micro() - job.charged.micro() - job.held.micro());
  std::vector<Offered> suitable;
  for (const PoolIndex pool : open_) {
    const double hold = ranking.rate(agenda_.world().figures(pool)) * hours;
    if (hold * (1 - estimate_slack) - estimate_slack_micro > left) continue;
    if (planning_.keeps_out(agenda_.world().pool(pool), job)) continue;
    if (agenda_.world().pool(pool).has_room(job_class.need)) suitable.push_back({pool, no_bound});
  }
  if (suitable.empty()) return false;
  Offer offer;
  offer_to(agenda_.queue().view(lane.view), suitable, offer);
  if (offer.pools.empty()) return false;
  // Those of the best pools of all that it surely can pay are among its own best: the bound is no looser than theirs.
  const Horizon& all = planning_.horizon_of(lane.view);
  Horizon own;
  const double tasks = static_cast<double>(std::max<std::int64_t>(job.waiting(), 1) + job.live);
  for (std::size_t i = 0; i < all.count; ++i) {
    const double most = all.entries[i].rate * hours * tasks;
    if (most * (1 + estimate_slack) + estimate_slack_micro < left) own.entries[own.count++] = all.entries[i];
  }
  own.least_score = all.least_score;
  return own.count == 0 || is_interested(offer, own, lane.key, lane, true);
}

void Planner::follow_lane(const Next& next, std::vector<Assignment>& plan, std::size_t limit) {
  if (next.key == std::exchange(followed_, next.key)) return;  // it was come back to, and its view came there too
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
  const bool is_asked = lane.key.is_particular ? may_be_interested(lane, record) : may_be_interested(lane);
  if (!is_asked) agenda_.hold_out(lane.view);
  if (!is_asked && !lane.key.is_particular) return;  // nor are those behind
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
  return pool.has_room(need_of(job.common->requirements.resources)) &&
         job.wall_at(agenda_.now()) <= closes_within(job.promised, group);
}

TurnEnd Planner::give_turn(JobRecord& job, std::vector<Assignment>& plan, std::size_t limit) {
  job.seen_in = walk_;
  const std::size_t before = plan.size();
  const LaneIndex index = job.lane;
  const QueueKey key = job.key();
  const std::uint64_t seen = planning_.vistas_seen();
  Turn turn(planning_, job);
  const TurnEnd end = turn.take(plan, limit);
  if (seen != planning_.vistas_seen()) come_back(key);
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
  if (plan.size() > before) close_full_pools();
  return end;
}

}  // namespace dayan::place
