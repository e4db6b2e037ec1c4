#include "place/turn.h"

#include <algorithm>
#include <cmath>

#include "model/meter.h"
#include "model/rack.h"
#include "place/constraints.h"

namespace dayan::place {
namespace {

constexpr double milliseconds_per_hour = 3'600'000;
constexpr double bytes_per_gigabyte = 1'000'000'000;

}  // namespace

Turn::Turn(Planning& planning, JobRecord& job)
    : planning_(planning),
      world_(planning.agenda().world()),
      job_(job),
      class_(planning.agenda().queue().job_class(planning.agenda().queue().lane(job.lane).in)),
      sight_(planning.sight(class_)),
      objective_(class_.requirements.objective),
      preference_(preference_of(class_.requirements)),
      lane_(planning.agenda().queue().lane(job.lane).key),
      view_(planning.agenda().queue().lane(job.lane).view),
      now_(planning.agenda().now()),
      wall_(job.wall_at(planning.agenda().now())),
      wall_hours_(static_cast<double>(wall_.microseconds() / 1'000) / milliseconds_per_hour),
      spent_and_held_(job.charged + job.held),
      live_(job.live) {
  const double most = most_held();
  is_rich_ = static_cast<double>(world_.available(job.organisation).micro()) >= most;
  is_counted_ = most < static_cast<double>(amount_max.micro());
}

double Turn::most_held() const {
  const auto bytes = static_cast<double>(job_.input_bytes.value());
  const double inputs = sight_.ranking->transfer_max() * bytes / bytes_per_gigabyte;
  return (sight_.ranking->rate_max() * wall_hours_ + inputs) * (1 + estimate_slack) + estimate_slack_micro;
}

Cny Turn::hold_on(const PoolState& pool) const {
  const auto hold = world_.hold_on(job_, pool, now_);
  return hold.has_value() ? *hold : Cny::micro(int64_max);
}

bool Turn::is_parked_for_money() {
  // The nearer its deadline, the less its lease holds: that money does not do now says nothing of later.
  if (job_.has_deadline()) return false;
  if (sight_.ranking->best_first().empty()) return false;
  const double rate = sight_.ranking->rate_min();
  const auto least = static_cast<std::int64_t>(std::min(
      rate * wall_hours_ * (1 - estimate_slack) - estimate_slack_micro, static_cast<double>(amount_max.micro())));
  if (job_.has_cap() && least > job_.price_cap.micro() - spent_and_held_.micro()) {
    planning_.agenda().set_broke(job_);
    return true;
  }
  if (is_rich_ || least <= world_.available(job_.organisation).micro()) return false;
  planning_.agenda().park(job_, least);
  return true;
}

bool Turn::passes(const PoolState& pool) const {
  if (job_.wall_time > world_.figures(pool.index).wall_time_max) return false;
  if (!is_in_time_at(pool, now_)) return false;
  if (is_counted_ && !job_.has_cap()) return true;
  const Resources& resources = class_.requirements.resources;
  const OfferRow& offer = *pool.centre->offer_for(class_.requirements);
  const auto hold = world_.hold_on(job_, pool, now_);
  const auto cost = amount_of(offer, resources, expected_run(job_, pool.row), Rounding::down);
  if (!hold.has_value() || !cost.has_value()) return false;
  if (!job_.has_cap()) return true;
  const std::int64_t cap = job_.price_cap.micro();
  if (plus(job_.charged.micro(), hold->micro()) > cap) return false;
  // A job that is known to cost more than its cap is not begun; one that has begun goes as far as the cap allows.
  if (job_.next_task > 0 || !job_.is_estimated()) return true;
  const auto inputs = transfer_cost(offer, world_.to_hold(job_, pool), Rounding::down);
  const std::int64_t needed = plus(job_.charged.micro(), times(cost->micro(), job_.waiting() + job_.live));
  return inputs.has_value() && plus(needed, inputs->micro()) <= cap;
}

bool Turn::may_take(const PoolState& pool) const {
  if (is_rich_ && !job_.has_cap()) return true;
  const Cny hold = hold_on(pool);
  if (job_.has_cap() && plus(spent_and_held_.micro(), hold.micro()) > job_.price_cap.micro()) return false;
  return is_rich_ || hold <= world_.available(job_.organisation);
}

bool Turn::is_kept_out(const PoolState& pool) {
  if (!planning_.keeps_out(pool, job_)) return false;
  was_kept_out_ = true;
  Duration limit = world_.open_within(pool, lane_.group, now_);
  if (planning_.keeps_for_another(pool, job_)) limit = std::min(limit, pool.promised_within(now_));
  passes_up_to_ = std::max(passes_up_to_, limit);
  return true;
}

bool Turn::can_ever_take(const PoolState& pool, CentreId left_out) const {
  return planning_.is_reachable(pool.index) && sight_.room->ever.get(pool.index) &&
         planning_.accepts(lane_.group, pool.index) &&
         (left_out.is_none() || pool.centre->id != left_out) && !is_full_of_it(pool) && passes(pool);
}

/// Visits the pools with room, best first, until visit(pool, score) returns false.
template <class Visitor>
void Turn::visit_open(Visitor&& visit) {
  const Vista& seen = planning_.open_of(view_);
  if (!seen.are_many_open) {
    for (const OpenPool& each : seen.open) {
      if (!visit(world_.pool(each.pool), each.score)) return;
    }
    return;
  }
  const std::vector<RankedPool>& order = sight_.ranking->best_first();
  // A turn only takes room: what had none at the top of the ranking has none when the next task is looked at.
  while (open_from_ < order.size() && !sight_.room->now.get(order[open_from_].pool)) ++open_from_;
  for (std::size_t i = open_from_; i < order.size(); ++i) {
    const auto& [score, pool] = order[i];
    if (!sight_.room->now.get(pool) || !world_.reachable().get(pool)) continue;
    if (!planning_.accepts(lane_.group, pool)) continue;
    if (!visit(world_.pool(pool), score)) return;
  }
}

/// As all of its view see the pool, but for how it keeps its tasks apart.
Horizon::Entry Turn::entry_of(const PoolState& pool) {
  Horizon::Entry entry = planning_.horizon_entry(sight_, pool);
  if (!job_.is_bounded_on_nodes()) return entry;
  if (sight_.room->now.get(pool.index) && lacks_node(pool)) {
    const auto wait = planning_.openings().wait(pool, class_.need, now_);
    entry.wait = wait ? static_cast<double>(wait->microseconds()) : std::numeric_limits<double>::infinity();
    entry.slots = pool.slots_when_empty(class_.need);
    entry.passes_up_to = std::numeric_limits<double>::infinity();
  }
  const std::int64_t most = tasks_apart_max(job_.tasks_per_node_max, pool.row, class_.requirements.resources);
  entry.slots = std::min(entry.slots, most);
  entry.later_slots = std::min(entry.later_slots, most);
  return entry;
}

/// How the pool looks to this job alone: its wall time and not a step of it.
Horizon::Entry Turn::exact_entry(const PoolState& pool) {
  Horizon::Entry entry = entry_of(pool);
  const bool is_own = pool.promise && pool.promise->job == job_.id;
  const Duration staging = world_.staging(job_, pool);
  const Duration length = job_.wall_at(now_, staging) + staging;
  if (!is_own && static_cast<double>(length.microseconds()) > entry.passes_up_to) {
    entry.wait = entry.later_wait;
    entry.slots = entry.later_slots;
  }
  entry.passes_up_to = std::numeric_limits<double>::infinity();
  if (entry.closes != nullptr && std::isfinite(entry.wait)) {
    const UnixTime start = now_ + Duration::microseconds(static_cast<std::int64_t>(entry.wait));
    entry.wait = static_cast<double>((world_.open_from(pool, job_, start) - now_).microseconds());
  }
  entry.closes = nullptr;
  return entry;
}

bool Turn::opens_in_time(const Horizon::Entry& entry, const PoolState& pool) const {
  if (!std::isfinite(entry.wait)) return false;
  return is_in_time_at(pool, now_ + Duration::microseconds(static_cast<std::int64_t>(entry.wait)));
}

/// What a job with a deadline waits for, if anything.
Turn::Outlook Turn::look_for_deadline(CentreId left_out) {
  Outlook outlook;
  outlook.left_out = left_out;
  Horizon horizon;
  Horizon open;
  const bool is_last_call = now_ >= job_.last_call();
  const std::size_t wanted = is_last_call ? 0 : preference_.waits_for_best ? 1 : horizon_max;
  std::size_t looked = 0;
  PoolIndex best = no_pool;
  for (const RankedPool& each : sight_.ranking->best_first()) {
    if (horizon.count == wanted || looked == in_time_looked_at_max) break;
    const PoolState& pool = world_.pool(each.pool);
    if (!can_ever_take(pool, left_out)) continue;
    ++looked;
    const Horizon::Entry entry = exact_entry(pool);
    if (!opens_in_time(entry, pool)) continue;
    if (horizon.count == 0) horizon.least_score = each.score;
    if (horizon.count == 0) best = each.pool;
    horizon.entries[horizon.count++] = entry;
  }
  outlook.takes_any = horizon.count == 0;
  outlook.can_ever = horizon.count > 0;
  if (outlook.can_ever) outlook.bound = planning_.bound(horizon, preference_, lane_);
  if (outlook.can_ever && preference_.waits_for_best) {
    look_for_hour(outlook, best);
    return outlook;
  }
  visit_open([&](const PoolState& pool, float) {
    if (!can_ever_take(pool, left_out) || lacks_node(pool)) return true;
    if (outlook.takes_any) {
      outlook.can_ever = !planning_.keeps_out(pool, job_);
      return !outlook.can_ever;
    }
    const Horizon::Entry entry = exact_entry(pool);
    if (opens_in_time(entry, pool)) open.entries[open.count++] = entry;
    return open.count < horizon_max;
  });
  if (open.count > 0)
    outlook.bound.slowness = std::min(outlook.bound.slowness, planning_.bound(open, preference_, lane_).slowness);
  return outlook;
}

/// Whether a job with a deadline could take none of the few pools that have room, whatever it waits for. What it could
/// pay later, since its lease would be shorter then, is asked again (end()).
bool Turn::can_take_nothing(const std::vector<OpenPool>& open) {
  return std::none_of(open.begin(), open.end(), [&](const OpenPool& each) {
    const PoolState& pool = world_.pool(each.pool);
    if (!can_ever_take(pool, CentreId()) || is_kept_out(pool)) return false;
    if (may_take(pool)) return true;
    was_denied_ = true;
    return false;
  });
}

/// Whether what its view sees tells that there is no place for it. Most that are asked find none.
bool Turn::sees_nothing_worth_it() {
  // Which hour it waits for is told to its customer: that takes a full turn.
  const bool is_told_of_hours = job_.has_deadline() && world_.hours_drop() < 1;
  if (job_.has_deadline() && job_.retrying == 0 && !job_.is_bounded() && !is_told_of_hours) {
    const Vista& seen = planning_.open_of(view_);
    return !seen.are_many_open && can_take_nothing(seen.open);
  }
  if (job_.has_deadline() || job_.retrying > 0 || (job_.has_cap() && job_.live > 0)) return false;
  if (lane_.is_promised || !is_counted_ || job_.is_bounded()) return false;
  const Vista& seen = planning_.open_of(view_);
  if (seen.are_many_open) return false;
  const Horizon& all = planning_.horizon_of(view_);
  if (seen.open.empty() || all.count == 0) return true;
  Bound bound;
  if (!job_.has_cap()) {
    bound = planning_.bound(all, preference_, lane_);
  } else if (preference_.waits_for_best) {
    bound.score = lane_.cap_step > 0 ? planning_.best_paid(view_, lane_.cap_step).score : bound.score;
  } else {
    // Those of the best pools that its cap surely pays are among the best that it can have: its own bound is no looser.
    Horizon own;
    for (std::size_t i = 0; i < all.count; ++i) {
      if (lane_.cap_step > 0 && surely_pays(lane_.cap_step, all.entries[i].rate))
        own.entries[own.count++] = all.entries[i];
    }
    if (own.count == 0) return false;
    bound = planning_.bound(own, preference_, lane_);
  }
  const auto is_worth_it = [&](const OpenPool& each) {
    const double delay = sight_.ranking->delay(world_.figures(each.pool));
    refused_ = std::min(refused_, preference_.waits_for_best ? double{each.score} : delay);
    return preference_.waits_for_best ? each.score <= bound.score : delay <= bound.slowness;
  };
  held_out_ = std::none_of(seen.open.begin(), seen.open.end(), is_worth_it);
  if (!held_out_) refused_ = View::refuses_nothing;
  return held_out_;
}

Turn::Outlook Turn::look(CentreId left_out) {
  if (job_.has_deadline()) return look_for_deadline(left_out);
  Outlook outlook;
  outlook.left_out = left_out;
  Horizon horizon;
  const bool is_plain = !lane_.is_particular && is_counted_;
  if (is_plain) {
    horizon = planning_.horizon_of(view_);
  } else {
    const std::size_t wanted = preference_.waits_for_best ? 1 : horizon_max;
    for (const RankedPool& each : sight_.ranking->best_first()) {
      const PoolState& pool = world_.pool(each.pool);
      if (!can_ever_take(pool, left_out)) continue;
      if (horizon.count == 0) horizon.least_score = each.score;
      horizon.entries[horizon.count++] = entry_of(pool);
      if (horizon.count == wanted) break;
    }
  }
  outlook.can_ever = horizon.count > 0;
  outlook.bound = planning_.bound(horizon, preference_, lane_);
  if (!outlook.can_ever || preference_.waits_for_best) return outlook;
  Horizon open;
  visit_open([&](const PoolState& pool, float) {
    if (can_ever_take(pool, left_out) && !lacks_node(pool)) open.entries[open.count++] = entry_of(pool);
    return open.count < horizon_max;
  });
  if (open.count > 0)
    outlook.bound.slowness = std::min(outlook.bound.slowness, planning_.bound(open, preference_, lane_).slowness);
  return outlook;
}

const Turn::Outlook& Turn::outlook(CentreId avoid) {
  for (const auto& [left_out, known] : outlooks_) {
    if (left_out == avoid) return known;
  }
  Outlook found = look(avoid);
  if (!found.can_ever && !avoid.is_none()) found = look(CentreId());
  return outlooks_.emplace_back(avoid, found).second;
}

/// Of pools that are equally good, that which loses least room for what else is asked for; then the least full; ties in
/// order of names.
const PoolState* Turn::fittest(const std::vector<const PoolState*>& pools) const {
  const auto order = [&](const PoolState* pool) {
    return std::tuple{room_lost(*pool, class_.need, world_.held()), pool->load, world_.rank(pool->index)};
  };
  return *std::min_element(pools.begin(), pools.end(),
                           [&](const PoolState* a, const PoolState* b) { return order(a) < order(b); });
}

/// Of the pools with the best score, the fastest, or the cheapest of the greenest; of these the least full.
const PoolState* Turn::best_of(const Outlook& outlook) {
  std::vector<const PoolState*> pools;
  double least = std::numeric_limits<double>::infinity();
  const auto second = [&](const PoolState& pool) {
    const PoolFigures& figures = world_.figures(pool.index);
    return objective_ == Objective::greenest ? sight_.ranking->cost(figures) : sight_.ranking->delay(figures);
  };
  visit_open([&](const PoolState& pool, float score) {
    if (score != outlook.bound.score) {
      held_out_ = held_out_ || score > outlook.bound.score || pool.centre->id == outlook.left_out;
      if (score > outlook.bound.score) refused_ = std::min(refused_, double{score});
      return score < outlook.bound.score;
    }
    if (!can_ever_take(pool, outlook.left_out)) {
      held_out_ = held_out_ || pool.centre->id == outlook.left_out;
      return true;
    }
    if (lacks_node(pool) || is_kept_out(pool)) return true;
    if (!may_take(pool)) {
      was_denied_ = true;
      return true;
    }
    pools.push_back(&pool);
    least = std::min(least, second(pool));
    return true;
  });
  std::erase_if(pools, [&](const PoolState* pool) { return second(*pool) > least * as_good; });
  return pools.empty() ? nullptr : fittest(pools);
}

const PoolState* Turn::choose(const Outlook& outlook) {
  if (!outlook.can_ever) return nullptr;
  if (preference_.waits_for_best && !outlook.takes_any) return best_of(outlook);
  std::vector<const PoolState*> pools;
  float good_enough = std::numeric_limits<float>::infinity();
  visit_open([&](const PoolState& pool, float score) {
    if (score > good_enough) return false;
    const double delay = sight_.ranking->delay(world_.figures(pool.index));
    if (delay > outlook.bound.slowness) {
      held_out_ = true;
      refused_ = std::min(refused_, delay);
      return objective_ != Objective::fastest;  // all that come are slower still
    }
    if (!can_ever_take(pool, outlook.left_out)) {
      held_out_ = held_out_ || pool.centre->id == outlook.left_out;
      return true;
    }
    if (lacks_node(pool) || is_kept_out(pool)) return true;
    if (!may_take(pool)) {
      was_denied_ = true;
      return true;
    }
    if (pools.empty()) good_enough = score * as_good;
    pools.push_back(&pool);
    return true;
  });
  return pools.empty() ? nullptr : fittest(pools);
}

bool Turn::place(std::int32_t task, std::int32_t number, CentreId avoid, std::vector<Assignment>& plan) {
  if (job_.throttle > 0 && live_ >= job_.throttle) return false;
  const Outlook& seen = outlook(avoid);
  const PoolState* chosen = choose(seen);
  // Each time round a pool has made a promise that it had not before.
  while (chosen != nullptr && planning_.is_pushing_back(job_, chosen->index)) {
    sight_ = planning_.sight(class_);
    chosen = choose(seen);
  }
  if (chosen == nullptr) return false;
  const bool is_promised = job_.promised == chosen->index;
  // What is known of one at a place would not hold of another, or it would be broken there.
  const bool is_free_to_move = !is_promised && !job_.has_inputs() && !job_.is_bounded();
  if (is_free_to_move) {
    const bool is_for_best = preference_.waits_for_best && !seen.takes_any;
    planning_.together().join({plan.size(), &job_, chosen->index, seen.left_out,
                               is_for_best ? std::optional(seen.bound.score) : std::nullopt, seen.bound.slowness});
  }
  put(task, number, seen, *chosen, plan);
  if (is_promised) planning_.agenda().use_promise(job_);
  if (is_full_of_it(*chosen) || lacks_node(*chosen)) {
    outlooks_.clear();  // with `seen`: what is left is another choice
    is_told_ = false;
  }
  return true;
}

void Turn::put(std::int32_t task, std::int32_t number, const Outlook& seen, const PoolState& pool,
               std::vector<Assignment>& plan) {
  sight_ = planning_.sight(class_);
  if (!is_told_) ruled_out_ = ruled_out();
  is_told_ = true;
  plan.push_back({job_.id, task, placement(pool, task, number, seen.left_out)});
  spent_and_held_ += hold_on(pool);
  ++live_;
  world_.claim(job_, {job_.id, task, number}, pool.index, now_);
  planning_.forget_vistas();
  sight_.room = &planning_.agenda().rooms().of(class_.need);
  if (is_rich_) is_rich_ = static_cast<double>(world_.available(job_.organisation).micro()) >= most_held();
}

void Turn::take_at(const PoolState& pool, std::int32_t task, std::vector<Assignment>& plan) {
  job_.awaited_hour = {};
  put(task, 1, outlook(CentreId()), pool, plan);
}

TurnEnd Turn::end(bool has_placed, bool is_full) {
  Agenda& agenda = planning_.agenda();
  if (is_full) return TurnEnd::limit;
  // Openings become too late, and less is held, as the deadline comes nearer: where there is room, it is asked again
  // before anything changes.
  if (job_.has_deadline() && (was_denied_ || job_.has_cap())) {
    const Vista& seen = planning_.open_of(view_);
    held_out_ = held_out_ || seen.are_many_open || !seen.open.empty();
  }
  if (held_out_) planning_.hold_out(view_, lane_, refused_);
  if (was_denied_) agenda.note_denied(job_);
  const bool speaks_for_all = !lane_.is_particular && !was_denied_ && !has_placed && is_counted_ &&
                              (!was_kept_out_ || passes_up_to_ < agenda.queue().lane(job_.lane).shortest_wall);
  return speaks_for_all ? TurnEnd::lane_must_wait : TurnEnd::must_wait;
}

TurnEnd Turn::take(std::vector<Assignment>& plan, std::size_t limit) {
  job_.awaited_hour = {};
  if (is_parked_for_money()) return TurnEnd::done;
  if (sees_nothing_worth_it()) return end(false, false);
  const std::size_t before = plan.size();
  bool is_waiting = false;
  const World::Retries& retries = world_.retries();
  for (auto row = retries.lower_bound({job_.id, 0}); row != retries.end() && row->first.first == job_.id; ++row) {
    const RetryingTask& task = row->second;
    if (task.not_before > now_) continue;
    if (plan.size() >= limit) return end(plan.size() > before, true);
    // Another of these may keep away from another centre: one that finds no place does not speak for the rest.
    if (!place(row->first.second, task.attempts + 1, task.avoid, plan)) is_waiting = true;
  }
  for (std::int32_t task = job_.next_task; task < job_.count; ++task) {
    if (plan.size() >= limit) return end(plan.size() > before, true);
    if (place(task, 1, CentreId(), plan)) continue;
    is_waiting = true;
    break;
  }
  const bool is_throttled = job_.throttle > 0 && live_ >= job_.throttle;
  if (is_waiting && !is_throttled) return end(plan.size() > before, false);
  planning_.agenda().settle(job_);
  return TurnEnd::done;
}

}  // namespace dayan::place
