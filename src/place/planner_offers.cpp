#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "place/planner.h"

/// What the Planner offers to views: pools with more room, and which lanes may be interested in one. Most are not, and
/// are passed over without a look at their jobs.

namespace dayan::place {
namespace {

/// The step of the longest run times (job_record.h).
constexpr int run_step_max = 2 * 62 + 1;
constexpr double bytes_per_gigabyte = 1'000'000'000;

}  // namespace

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
  offer.run_step.reset();
  if (offer.is_limited || horizon.hangs_on_wall_time()) return;
  LaneKey key;
  key.tasks_step = 1;
  const Lane none;
  const auto is_too_long = [&](int step) {
    key.run_step = static_cast<std::uint8_t>(step);
    return !is_interested(offer, horizon, key, none);
  };
  int low = -1;
  int high = run_step_max + 1;
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    (is_too_long(middle) ? high : low) = middle;
  }
  offer.run_step = low;
}

/// The first of its lanes from there on that may want what it is offered. Lanes are asked in order of their heads, so
/// that those behind whoever takes the room are not looked at.
void Planner::push_view(ViewIndex index, QueueKey from) {
  View& view = agenda_.queue().view(index);
  if (view.asked_in != walk_) return views_.push({from, index});
  const Offer& offer = offers_[view.offer];
  const double rate_most = planning_.horizon_of(index).rate_most;
  // Of the lanes that run times tell apart: what keeps it waiting, keeps the longer ones.
  const View::Entry* shortest = nullptr;
  for (auto entry = view.from(from); entry != view.by_head.end(); ++entry) {
    const LaneKey& key = entry->key;
    const bool sees_all = !key.is_particular || (key.cap_step > 0 && surely_pays(key.cap_step, rate_most));
    const bool is_told = offer.run_step && key.tasks_step == 1 && sees_all;
    if (is_told ? key.run_step <= *offer.run_step : is_interested(index, *entry, offer)) {
      views_.push({entry->head, index});
      break;
    }
    if (!is_told) {
      hold_out(index, key, offer, entry->lane);
    } else if (shortest == nullptr || key.run_step < shortest->key.run_step) {
      shortest = &*entry;
    }
  }
  if (shortest != nullptr) hold_out(index, shortest->key, offer, shortest->lane);
}

/// A lane refuses what it is offered, but for what its jobs run too long for.
void Planner::hold_out(ViewIndex view, const LaneKey& key, const Offer& offer, LaneIndex lane) {
  double refused = View::refuses_nothing;
  for (const Offered& each : offer.pools) {
    if (each.passes_up_to < no_bound && agenda_.queue().lane(lane).shortest_wall > each.passes_up_to) continue;
    refused = std::min(refused, offer.preference.waits_for_best ? double{each.score} : each.slowness);
  }
  if (refused < View::refuses_nothing) planning_.hold_out(view, key, refused);
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

/// A pool may have room for another shape just because what it has taken is packed otherwise now: whoever comes behind
/// this place of the queue is asked in this walk, and all of that shape in the next.
void Planner::look_behind_repacked(std::uint64_t changes, std::span<const Assignment> placed, const QueueKey& key) {
  std::set<PoolIndex> taken;
  agenda_.rooms().log().for_each_since(changes, [&](PoolIndex pool) { taken.insert(pool); });
  for (const PoolIndex index : taken) {
    const PoolState& pool = agenda_.world().pool(index);
    agenda_.ask_apart(pool, key);
    std::array<std::optional<Packing>, 2> before;  // this turn; the second with racks in sight
    for (auto& [need, shape] : agenda_.queue().shapes()) {
      const bool is_asked = shape.asked.get(index) ||
                            std::find(shape.asks_at.begin(), shape.asks_at.end(), index) != shape.asks_at.end();
      if (is_asked || !pool.has_room(need)) continue;
      std::optional<Packing>& packing = before[need.is_in_rack ? 1 : 0];
      if (!packing) {
        Shapes shapes = pool.shapes;
        std::set<std::pair<JobId, std::int32_t>> here;
        for (const Assignment& each : placed) {
          if (each.placement.centre == pool.row.centre && each.placement.pool == pool.row.name)
            here.insert({each.job, each.task});
        }
        for (const Holding* each : pool.holdings) {
          if (here.contains({each->attempt.job, each->attempt.task})) remove_shape(shapes, each->shape, 1);
        }
        packing.emplace().pack_for(need, pool.row, pool.per_node, shapes);
      }
      if (!packing->has_room(need)) look_behind(index, shape, key);
    }
  }
}

void Planner::look_behind(PoolIndex pool, WaitingShape& shape, const QueueKey& key) {
  shape.gained.insert(pool);
  agenda_.opened.insert(pool);
  if (std::find(open_.begin(), open_.end(), pool) == open_.end()) open_.push_back(pool);
  for (const auto& [head, index] : shape.by_head) {
    for (const ViewIndex view : agenda_.queue().job_class(index).views) {
      for (const View::Entry& each : agenda_.queue().view(view).by_head) {
        Lane& lane = agenda_.queue().lane(each.lane);
        // Who spoke for it did so of what there was then.
        lane.is_settled = false;
        lane.passes_in = 0;
        const auto next = lane.jobs.upper_bound(key);
        if (next != lane.jobs.end()) lanes_.push({next->first, each.lane, {}});
      }
    }
  }
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

/// Whether the jobs of a lane may be interested in what their view is offered, or one of them.
bool Planner::is_interested(ViewIndex view, const View::Entry& entry, const Offer& offer) {
  const Lane& lane = agenda_.queue().lane(entry.lane);
  if (entry.key.is_particular && entry.key.cap_step == 0) return true;  // each keeps away from other centres
  const Horizon& all = planning_.horizon_of(view);
  if (!entry.key.is_particular || surely_pays(entry.key.cap_step, all.rate_most))
    return is_interested(offer, all, entry.key, lane);
  if (offer.preference.waits_for_best) {
    const float best = planning_.best_paid(view, entry.key.cap_step).score;
    return std::any_of(offer.pools.begin(), offer.pools.end(),
                       [&](const Offered& each) { return each.score <= best; });
  }
  // Those of the best pools that their caps surely pay are among the best that each can have.
  Horizon own;
  for (std::size_t i = 0; i < all.count; ++i) {
    if (surely_pays(entry.key.cap_step, all.entries[i].rate)) own.entries[own.count++] = all.entries[i];
  }
  return own.count == 0 || is_interested(offer, own, entry.key, lane);
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
    each.slowness = ranking.delay(figures);
    each.passes_up_to = std::min(each.passes_up_to, closes_within(each.pool, view.group));
    offer.is_limited = offer.is_limited || each.passes_up_to < no_bound;
    offer.pools.push_back(each);
  }
}

/// Whether one of these pools could be worth it to the lane's jobs. Says yes too often rather than too seldom: the
/// turn looks closer.
bool Planner::is_interested(const Offer& offer, const Horizon& horizon, const LaneKey& key, const Lane& lane) {
  const Bound bound = planning_.bound(horizon, offer.preference, key);
  return std::any_of(offer.pools.begin(), offer.pools.end(), [&](const Offered& each) {
    if (each.passes_up_to < no_bound && lane.shortest_wall > each.passes_up_to) return false;
    return offer.preference.waits_for_best ? each.score <= bound.score : each.slowness <= bound.slowness;
  });
}

/// The same for a plain lane, as things stand now that it is its turn: others before it may have left room elsewhere
/// that suits it better.
bool Planner::may_be_interested(LaneIndex index) {
  const Lane& lane = agenda_.queue().lane(index);
  if (open_.size() > many_open || lane.key.is_promised) return true;
  const Offer& offer = offer_now(lane.view);
  if (offer.pools.empty()) return false;
  if (is_interested(offer, planning_.horizon_of(lane.view), lane.key, lane)) return true;
  hold_out(lane.view, lane.key, offer, index);
  return false;
}

/// Where there is room now that a view's jobs may take: worked out once until something is placed or promised.
const Planner::Offer& Planner::offer_now(ViewIndex index) {
  View& view = agenda_.queue().view(index);
  if (std::exchange(view.offered_at, planning_.moment()) == planning_.moment()) return offers_now_[view.offer_now];
  if (offers_now_at_ != planning_.moment()) offers_now_used_ = 0;
  offers_now_at_ = planning_.moment();
  if (offers_now_used_ == offers_now_.size()) offers_now_.emplace_back();
  view.offer_now = static_cast<std::uint32_t>(offers_now_used_++);
  const Need& need = agenda_.queue().job_class(view.in).need;
  std::vector<Offered> suitable;
  for (const PoolIndex pool : open_) {
    if (agenda_.world().pool(pool).has_room(need)) suitable.push_back({pool, passes_up_to(pool, need)});
  }
  Offer& offer = offers_now_[view.offer_now];
  offer_to(view, suitable, offer);
  return offer;
}

/// The same for one job of a particular lane. Of prices, bounds of what a lease holds tell most.
bool Planner::may_be_interested(LaneIndex index, const JobRecord& job) {
  const Lane& lane = agenda_.queue().lane(index);
  if (open_.size() > many_open || job.retrying > 0 || !job.has_cap() || job.has_deadline() || job.is_bounded() ||
      lane.key.is_promised)
    return true;
  const Offer& all_open = offer_now(lane.view);
  if (all_open.pools.empty()) return false;
  const World& world = agenda_.world();
  const Ranking& ranking = agenda_.ranking(agenda_.queue().job_class(lane.in));
  const double hours =
      static_cast<double>(job.wall_time.microseconds()) / static_cast<double>(Duration::hours(1).microseconds());
  const std::int64_t left_micro = job.price_cap.micro() - job.charged.micro() - job.held.micro();
  const auto left = static_cast<double>(left_micro);
  Offer offer;
  offer.preference = all_open.preference;
  for (Offered each : all_open.pools) {
    const double hold = ranking.rate(world.figures(each.pool)) * hours;
    if (hold * (1 - estimate_slack) - estimate_slack_micro > left) continue;
    const PoolState& pool = world.pool(each.pool);
    if (planning_.keeps_out(pool, job)) continue;
    if (job.has_inputs()) {
      const auto exact = world.hold_on(job, pool, agenda_.now());
      if (!exact.has_value() || exact->micro() > left_micro) continue;
    }
    each.passes_up_to = no_bound;
    offer.pools.push_back(each);
  }
  if (offer.pools.empty()) return false;
  // Those of the best pools of all that it surely can pay are among its own best: the bound is no looser than theirs.
  const Horizon& all = planning_.horizon_of(lane.view);
  Horizon own;
  const double tasks = static_cast<double>(std::max<std::int64_t>(job.waiting(), 1) + job.live);
  const double inputs = ranking.transfer_max() * static_cast<double>(job.input_bytes.value()) / bytes_per_gigabyte;
  for (std::size_t i = 0; i < all.count; ++i) {
    const double most = all.entries[i].rate * hours * tasks + inputs;
    if (most * (1 + estimate_slack) + estimate_slack_micro < left) own.entries[own.count++] = all.entries[i];
  }
  own.least_score = all.least_score;
  if (own.count == 0 || is_interested(offer, own, lane.key, lane)) return true;
  hold_out(lane.view, lane.key, offer, index);
  return false;
}

}  // namespace dayan::place
