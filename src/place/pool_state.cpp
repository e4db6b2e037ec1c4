#include "place/pool_state.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "place/job_record.h"

namespace dayan::place {
namespace {

/// Room that a holding is to give back at the latest.
struct Release {
  UnixTime at;
  AttemptKey attempt;
  Need shape;
};

bool is_earlier(const Release& a, const Release& b) { return std::tie(a.at, a.attempt) < std::tie(b.at, b.attempt); }

/// When a live lease is expected to end.
UnixTime expected_end(const Holding& holding, const PoolRow& pool, UnixTime now) {
  const UnixTime start = expected_start(holding);
  const Duration run = holding.job != nullptr ? expected_run(*holding.job, pool) : holding.wall_time;
  UnixTime end = start + run;
  // One that is past its estimate is expected to take as long again as it has taken: the longer it overruns, the less
  // the estimate is worth.
  if (end <= now) end = now + std::max(now - start, Duration::seconds(1));
  // A lease that is still there takes its room still, even past its end: it is not free at once.
  return std::max(std::min(end, holding.ends_at), now + Duration::seconds(1));
}

/// What is left, with nothing below zero.
Amounts left_of(const Amounts& total, const Amounts& taken) {
  Amounts left;
  for (std::size_t kind = 0; kind < kinds; ++kind)
    left.of[kind] = std::max<std::int64_t>(total.of[kind] - taken.of[kind], 0);
  return left;
}

/// The slots of a pool that holds just these shapes.
std::int64_t slots_of(const PoolState& pool, const Amounts& free, const Packing& packing, const Need& need) {
  const std::int64_t by_sum = fit_count(free, need.all());
  if (by_sum == int64_max)
    return pool.is_large_enough(need) && pool.row.nodes > 0 ? int64_max : 0;  // who needs nothing fits on any nodes
  return by_sum == 0 ? 0 : std::min(by_sum, packing.slots(need));
}

}  // namespace

Amounts PoolState::taken() const { return sum(leased, foreign); }

Amounts PoolState::free() const { return left_of(total, taken()); }

const Packing& PoolState::packing(const Need& need) const {
  Packed& packed = need.is_in_rack ? packed_in_racks_ : packed_;
  if (!packed.is_done) packed.packing.pack_for(need, row, per_node, shapes);
  packed.is_done = true;
  return packed.packing;
}

std::int64_t PoolState::slots(const Need& need) const { return slots_of(*this, free(), packing(need), need); }

std::int64_t PoolState::slots_apart(const Need& need, std::int64_t on_node_max, std::int64_t own) const {
  if (fit_count(per_node, need.each) <= on_node_max) return slots(need);  // no node takes more of them
  const std::int64_t by_sum = fit_count(free(), need.all());
  if (by_sum == 0) return 0;
  if (own == 0) return std::min(by_sum, packing(need).slots_apart(need, on_node_max));
  Shapes others = shapes;
  const auto is_own = [&](const ShapeCount& each) { return each.shape == need; };
  const auto there = std::find_if(others.begin(), others.end(), is_own);
  own = there != others.end() ? std::min(own, there->count) : 0;
  if (own > 0) remove_shape(others, need, own);
  Packing beside;
  beside.pack_for(need, row, per_node, others);
  return std::min(by_sum, std::max<std::int64_t>(beside.slots_apart(need, on_node_max) - own, 0));
}

bool PoolState::has_room(const Need& need) const {
  return row.nodes > 0 && is_large_enough(need) && covers(free(), need.all()) && packing(need).has_room(need);
}

std::int64_t PoolState::largest_that_fits(Need need, Kind kind) const {
  if (!packing(need).is_clouded()) {
    Need others = need;
    others.each.of[kind] = 0;
    const Amounts left = free();
    if (!covers(left, others.all())) return -1;
    return std::min(packing(need).largest(need, kind), left.of[kind] / need.nodes);
  }
  std::int64_t low = -1;
  std::int64_t high = need.each.of[kind];
  // slots() need not fall evenly, but there is room at `low` and none at low + 1 wherever this ends.
  while (high - low > 1) {
    need.each.of[kind] = low + (high - low) / 2;
    (slots(need) > 0 ? low : high) = need.each.of[kind];
  }
  return low;
}

std::int64_t PoolState::widest_that_fits(const Need& need) const {
  return std::min(fit_count(free(), need.each), packing(need).widest(need));
}

std::int64_t PoolState::slots_when_empty(const Need& need) const {
  // Nodes that are alike: gangs take turns on them until all are full.
  const auto on = [&](std::int64_t nodes) {
    return nodes < need.nodes ? 0 : times(fit_count(per_node, need.each), nodes) / need.nodes;
  };
  std::int64_t by_node = need.is_in_rack ? 0 : on(row.nodes);
  for (const Racks& racks : row.racks)
    by_node = need.is_in_rack ? plus(by_node, times(on(racks.nodes), racks.count)) : by_node;
  return std::min(fit_count(left_of(total, foreign), need.all()), by_node);
}

Opening PoolState::opening(const Need& need, UnixTime now) const {
  const std::int64_t now_free = slots(need);
  if (now_free > 0) return {Duration(), now_free};
  if (slots_when_empty(need) == 0 || holdings.empty()) return {};
  Amounts held = taken();
  Shapes left = shapes;
  Packing later;
  std::vector<Ending> endings;
  endings.reserve(holdings.size());
  for (const Holding* each : holdings) endings.emplace_back(expected_end(*each, row, now), *each);
  const auto is_later = [](const Ending& a, const Ending& b) { return b < a; };
  // The first few make the room: all are not sorted for them.
  std::make_heap(endings.begin(), endings.end(), is_later);
  for (; !endings.empty(); endings.pop_back()) {
    std::pop_heap(endings.begin(), endings.end(), is_later);
    const Ending& release = endings.back();
    held = minus(held, release.of->shape.all());
    remove_shape(left, release.of->shape, 1);
    const Amounts room = left_of(total, held);
    if (fit_count(room, need.all()) == 0) continue;  // packing is dear
    later.pack_for(need, row, per_node, left);
    const std::int64_t then_free = slots_of(*this, room, later, need);
    if (then_free > 0) return {release.at - now, then_free};
  }
  return {};
}

std::optional<UnixTime> PoolState::surely_opens(const Need& need, UnixTime now, std::int64_t tasks) const {
  if (tasks == 1 ? has_room(need) : slots(need) >= tasks) return now;
  if (slots_when_empty(need) < tasks || holdings.empty()) return std::nullopt;
  Amounts held = taken();
  Shapes left = shapes;
  std::vector<const Need*> ended;  // and are still in `left`
  std::vector<const Shapes*> ended_together;
  Packing later;
  const Amounts needed = need.all();
  std::optional<UnixTime> opens_at;
  const auto visit = [&](UnixTime at, const Need& shape) {
    held = minus(held, shape.all());
    ended.push_back(&shape);
    const Amounts room = left_of(total, held);
    if (!covers(room, needed)) return true;  // packing is dear
    for (const Shapes* each : std::exchange(ended_together, {})) remove_shapes(left, *each);
    for (const Need* each : std::exchange(ended, {})) remove_shape(left, *each, 1);
    later.pack_for(need, row, per_node, left);
    if (slots_of(*this, room, later, need) >= tasks) opens_at = at;
    return !opens_at.has_value();
  };
  visit_sure_ends(now, visit, [&](const Holdings::Block& block) {
    const Amounts without = minus(held, block.sum.room);
    if (covers(left_of(total, without), needed)) return false;
    held = without;
    ended_together.push_back(&block.sum.shapes);
    return true;
  });
  return opens_at;
}

/// Calls visit(when, shape) for what it holds in order of sure ends, as long as that says true; of a block at whose
/// beginning it stands for none, where passes(block) says true.
template <class Visitor, class Passer>
void PoolState::visit_sure_ends(UnixTime now, Visitor&& visit, Passer&& passes) const {
  std::vector<Release> late;
  auto next = holdings.begin();
  for (; next != holdings.end() && next->at <= now; ++next)
    late.push_back({sure_end(*next->of, now), next->attempt, next->of->shape});
  std::sort(late.begin(), late.end(), is_earlier);
  for (const Release& each : late) {
    for (; next != holdings.end() && std::tie(next->at, next->attempt) < std::tie(each.at, each.attempt); ++next) {
      if (!visit(next->at, next->of->shape)) return;
    }
    if (!visit(each.at, each.shape)) return;
  }
  while (next != holdings.end()) {
    if (const Holdings::Block* block = next.block(); block != nullptr && passes(*block)) {
      next.pass_block();
      continue;
    }
    if (!visit(next->at, next->of->shape)) return;
    ++next;
  }
}

std::int64_t PoolState::slots_beside(const Shapes& these, const Amounts& held, const Need& need) const {
  const Amounts room = left_of(total, sum(held, foreign));
  if (fit_count(room, need.all()) == 0) return 0;  // packing is dear
  Packing packed;
  packed.pack_for(need, row, per_node, these);
  return slots_of(*this, room, packed, need);
}

bool PoolState::has_room_at(UnixTime at, const Need& need, const Need& beside, std::int64_t tasks) const {
  Held held = held_at(at);
  const Amounts room = left_of(total, sum(sum(held.amounts, foreign), beside.all()));
  if (fit_count(room, need.all()) == 0) return false;
  if (beside.each != Amounts()) add_shape(held.shapes, beside, 1);
  Packing later;
  later.pack_for(need, row, per_node, held.shapes);
  return slots_of(*this, room, later, need) >= tasks;
}

PoolState::Held PoolState::held_at(UnixTime at) const {
  Held held{shapes, leased};
  for (const Holdings::Block& block : holdings.blocks()) {
    if (block.entries.back().at <= at) {
      held.amounts = minus(held.amounts, block.sum.room);
      remove_shapes(held.shapes, block.sum.shapes);
      continue;
    }
    for (const Ending& each : block.entries) {
      if (each.at > at) break;
      held.amounts = minus(held.amounts, each.of->shape.all());
      remove_shape(held.shapes, each.of->shape, 1);
    }
    break;
  }
  return held;
}

void PoolState::set_promise(const std::optional<Promise>& made) {
  promise = made;
  fits_beside_.clear();
}

bool PoolState::fits_beside_promise(const Need& need) const {
  const auto [known, is_new] = fits_beside_.try_emplace(need, false);
  if (is_new) known->second = has_room_at(promise->start, promise->need, need, promise->tasks);
  return known->second;
}

void PoolState::hold(const Holding& holding) {
  leased = sum(leased, holding.shape.all());
  add_shape(shapes, holding.shape, 1);
  holdings.insert({holding.ends_at, holding});
  ends_.add(holding, row);
  if (holding.is_reclaimable) reclaimable.insert({holding.ends_at, holding});
  changed();
}

void PoolState::let_go(const Holding& holding) {
  leased = minus(leased, holding.shape.all());
  remove_shape(shapes, holding.shape, 1);
  holdings.erase({holding.ends_at, holding});
  ends_.remove(holding);
  if (holding.is_reclaimable) reclaimable.erase({holding.ends_at, holding});
  changed();
}

void PoolState::renew_end(const Holding& holding) {
  ends_.renew(holding, row);
  ++version;
}

void PoolState::recount() {
  per_node = {{row.cores_per_node.value(), row.memory_per_node.value(), row.cards_per_node.value()}};
  for (std::size_t kind = 0; kind < kinds; ++kind) total.of[kind] = times(per_node.of[kind], row.nodes);
  changed();
}

void PoolState::changed() {
  ++version;
  packed_.is_done = false;
  packed_in_racks_.is_done = false;
  fits_beside_.clear();
  load = 0;
  const Amounts held = taken();
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (total.of[kind] <= 0) continue;
    const auto here = mul_div(held.of[kind], 1'000, total.of[kind], Rounding::up);
    load = std::max(load, here.has_value() ? *here : int64_max);
  }
}

double room_lost(const PoolState& pool, const Need& need, const Amounts& mix) {
  const Amounts asked = need.all();
  const Amounts before = pool.free();
  const Amounts after = minus(before, asked);
  const auto parts = [&](const Amounts& room, std::size_t kind) {
    return static_cast<double>(std::max<std::int64_t>(room.of[kind], 0)) / static_cast<double>(mix.of[kind]);
  };
  const auto scarcest = [&](const Amounts& room) {
    std::size_t found = kinds;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      if (mix.of[kind] > 0 && (found == kinds || parts(room, kind) < parts(room, found))) found = kind;
    }
    return found;
  };
  const std::size_t first = scarcest(before);
  const std::size_t last = scarcest(after);
  if (first == kinds) return 0;
  // Of one kind the same in every pool, to the bit.
  return first == last ? parts(asked, first) : parts(before, first) - parts(after, last);
}

UnixTime sure_end(const Holding& holding, UnixTime now) {
  Duration late = Duration::seconds(1);
  if (holding.ends_at > now) return holding.ends_at;
  while (holding.ends_at + late <= now) late = late + late;
  return holding.ends_at + late;
}

}  // namespace dayan::place
