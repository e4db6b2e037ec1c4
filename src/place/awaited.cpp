#include "place/awaited.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "place/turn.h"

namespace dayan::place {
namespace {

/// Each of its jobs has reasons of its own.
bool is_each_its_own(const LaneKey& lane) { return (lane.is_particular && lane.cap_step == 0) || lane.is_promised; }

/// So many of a lane's tasks run there at once, of those that there is room for.
std::int64_t at_once(const LaneKey& lane, std::int64_t slots) {
  if (lane.throttle_step > 0) slots = std::min(slots, tasks_of_step(lane.throttle_step));
  return std::clamp<std::int64_t>(slots, 1, std::max<std::int64_t>(tasks_of_step(lane.tasks_step), 1));
}

/// The longest wait for a pool (µs) with which its jobs are done there before they would be where they refuse to go:
/// Planning::bound, the other way round.
double longest_wait(const LaneKey& lane, const Preference& preference, const AwaitedPool& pool, double refused) {
  const double run = run_of_step(lane.run_step);
  const std::int64_t tasks = std::max<std::int64_t>(tasks_of_step(lane.tasks_step), 1);
  const std::int64_t waves = (tasks - 1) / at_once(lane, pool.slots) + 1;
  const double most = refused * run / (preference.patience * as_good) * (1 - estimate_slack);
  return most - (pool.lag + static_cast<double>(waves) * pool.slowness) * run;
}

bool is_paid(const LaneKey& lane, double rate) { return lane.cap_step == 0 || surely_pays(lane.cap_step, rate); }

}  // namespace

bool is_kept_waiting(const View& view, const Preference& preference, const LaneKey& lane) {
  if (is_each_its_own(lane)) return false;
  return std::any_of(view.awaited.begin(), view.awaited.end(), [&](const AwaitedPool& each) {
    if (!is_paid(lane, each.rate)) return false;
    if (preference.waits_for_best) return each.score < view.refused;
    if (each.wall_step != AwaitedPool::any_wall && each.wall_step != lane.wall_step) return false;
    return longest_wait(lane, preference, each, view.refused) >= each.wait_max;
  });
}

bool Awaited::note(ViewIndex index, const LaneKey& lane, double refused) {
  View& view = planning_.agenda().queue().view(index);
  const Preference preference = preference_of(planning_.agenda().queue().job_class(view.in).requirements);
  view.refused = std::min(view.refused, refused);
  if (is_kept_waiting(view, preference, lane)) return true;
  if (is_each_its_own(lane)) return false;
  const auto found = preference.waits_for_best ? best(index, lane) : soonest(index, lane, preference);
  if (found) add(index, *found);
  return found.has_value();
}

/// What jobs wait for that take no other.
std::optional<AwaitedPool> Awaited::best(ViewIndex index, const LaneKey& lane) {
  const Horizon& horizon = planning_.horizon_of(index);
  RankedPool best{horizon.least_score, horizon.entries[0].pool};
  if (lane.cap_step > 0) best = planning_.best_paid(index, lane.cap_step);
  const View& view = planning_.agenda().queue().view(index);
  if (best.score >= view.refused) return std::nullopt;
  AwaitedPool pool;
  pool.pool = best.pool;
  pool.score = best.score;
  const auto sight = planning_.sight(planning_.agenda().queue().job_class(view.in));
  pool.rate = sight.ranking->rate(planning_.agenda().world().figures(best.pool));
  return pool;
}

/// What is surest to keep a lane's jobs waiting: the one with most time to spare.
std::optional<AwaitedPool> Awaited::soonest(ViewIndex index, const LaneKey& lane, const Preference& preference) {
  const Horizon& horizon = planning_.horizon_of(index);
  std::optional<AwaitedPool> found;
  double most_to_spare = 0;
  for (std::size_t i = 0; i < horizon.count; ++i) {
    const Horizon::Entry& entry = horizon.entries[i];
    if (!is_paid(lane, entry.rate)) continue;
    AwaitedPool pool;
    pool.pool = entry.pool;
    if (!entry.is_for_all()) pool.wall_step = lane.wall_step;
    pool.slowness = entry.slowness;
    pool.lag = entry.lag;
    pool.rate = entry.rate;
    const Room room = room_of(entry, lane.group, lane.wall_step);
    pool.slots = at_once(lane, room.slots);
    pool.wait_max = longest_wait(lane, preference, pool, planning_.agenda().queue().view(index).refused);
    const double to_spare = pool.wait_max - room.wait;
    if (to_spare < 0 || (found && to_spare <= most_to_spare)) continue;
    most_to_spare = to_spare;
    found = pool;
  }
  return found;
}

/// What there is for a wall time.
Awaited::Room Awaited::room_of(const Horizon::Entry& entry, CustomerGroup group, std::uint8_t wall_step) const {
  const bool is_later = wall_step != AwaitedPool::any_wall && wall_of_step(wall_step) > entry.passes_up_to;
  Room room{is_later ? entry.later_wait : entry.wait, is_later ? entry.later_slots : entry.slots};
  if (entry.closes != nullptr) room.wait = planning_.wait_until_open(*entry.closes, group, wall_step, room.wait);
  return room;
}

void Awaited::add(ViewIndex index, const AwaitedPool& pool) {
  std::vector<AwaitedPool>& awaited = planning_.agenda().queue().view(index).awaited;
  const auto known = std::find_if(awaited.begin(), awaited.end(), [&](const AwaitedPool& each) {
    return each.pool == pool.pool && each.wall_step == pool.wall_step;
  });
  if (known != awaited.end()) {
    known->wait_max = std::min(known->wait_max, pool.wait_max);
    known->slots = std::max(known->slots, pool.slots);
    return;
  }
  awaited.push_back(pool);
  if (pool.wall_step != AwaitedPool::any_wall) passing_.insert(pool.pool);
  if (views_.size() <= pool.pool) {
    views_.resize(pool.pool + 1);
    first_end_.resize(pool.pool + 1);
  }
  std::vector<ViewIndex>& views = views_[pool.pool];
  const auto at = std::lower_bound(views.begin(), views.end(), index);
  if (at != views.end() && *at == index) return;
  views.insert(at, index);
  if (views.size() == 1) wait_for_end(pool.pool);
}

std::vector<ViewIndex> Awaited::take_lost() {
  const UnixTime now = planning_.agenda().now();
  const ChangeLog& stirred = planning_.agenda().stirred();
  std::vector<ViewIndex> lost;
  if (stirred.reaches(cursor_)) {
    stirred.for_each_since(cursor_, [&](PoolIndex pool) { check(pool, lost); });
  } else {
    for (std::size_t pool = 0; pool < views_.size(); ++pool) check(static_cast<PoolIndex>(pool), lost);
  }
  cursor_ = stirred.end();
  while (!first_ends_.empty() && first_ends_.begin()->first <= now) check(first_ends_.begin()->second, lost);
  if (now >= passing_looked_at_ && now - passing_looked_at_ < Agenda::review_every) return lost;
  passing_looked_at_ = now;
  for (const PoolIndex pool : std::exchange(passing_, {})) check(pool, lost);
  return lost;
}

/// Whether each view that awaits it may still do so.
void Awaited::check(PoolIndex index, std::vector<ViewIndex>& lost) {
  if (index >= views_.size() || views_[index].empty()) return;
  WaitQueue& queue = planning_.agenda().queue();
  std::vector<Seen> seen;  // shapes are few
  const auto seen_by = [&](JobClass& of) -> const Seen& {
    for (const Seen& each : seen) {
      if (each.need == of.need) return each;
    }
    const Planning::Sight sight = planning_.sight(of);
    const PoolState& pool = planning_.agenda().world().pool(index);
    return seen.emplace_back(of.need, sight.room->ever.get(index), planning_.horizon_entry(sight, pool));
  };
  std::erase_if(views_[index], [&](ViewIndex each) {
    View& view = queue.view(each);
    bool is_awaited = false;
    for (const AwaitedPool& awaited : view.awaited) {
      if (awaited.pool != index) continue;
      is_awaited = true;
      if (awaited.wall_step != AwaitedPool::any_wall) passing_.insert(index);
      if (is_as_awaited(view, awaited, seen_by(queue.job_class(view.in)))) continue;
      lost.push_back(each);
      view.forget_awaited();
      return true;
    }
    return !is_awaited;
  });
  wait_for_end(index);
}

bool Awaited::is_as_awaited(const View& view, const AwaitedPool& awaited, const Seen& seen) const {
  if (!seen.is_ever) return false;
  if (!std::isfinite(awaited.wait_max)) return true;  // the best, whenever it comes
  if (awaited.wall_step == AwaitedPool::any_wall && !seen.entry.is_for_all()) return false;
  const Room room = room_of(seen.entry, view.group, awaited.wall_step);
  return room.wait <= awaited.wait_max && room.slots >= awaited.slots;
}

/// What runs longer than it was expected to puts off when there will be room.
void Awaited::wait_for_end(PoolIndex index) {
  const PoolState& pool = planning_.agenda().world().pool(index);
  const bool is_awaited = !views_[index].empty() && !pool.holdings.empty();
  const UnixTime end = is_awaited ? pool.ends(planning_.agenda().now()).begin()->at : UnixTime();
  UnixTime& known = first_end_[index];
  if (known == end) return;
  if (!known.is_none()) first_ends_.erase({known, index});
  known = end;
  if (!end.is_none()) first_ends_.insert({end, index});
}

}  // namespace dayan::place
