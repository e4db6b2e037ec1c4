#include "place/packing.h"

#include <algorithm>

#include "base/assert.h"

namespace dayan::place {
namespace {

/// How many tasks of this need a lease of that shape may keep out: rounded up.
std::int64_t displaced_by(const Amounts& shape, const Amounts& need) {
  std::int64_t most = 0;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (need.of[kind] <= 0) continue;
    most = std::max(most, shape.of[kind] / need.of[kind] + (shape.of[kind] % need.of[kind] > 0 ? 1 : 0));
  }
  return most;
}

Shapes::iterator find_shape(Shapes& shapes, const Amounts& shape) {
  return std::lower_bound(shapes.begin(), shapes.end(), shape,
                          [](const ShapeCount& each, const Amounts& wanted) { return each.shape < wanted; });
}

}  // namespace

void add_shape(Shapes& shapes, const Amounts& shape, std::int64_t count) {
  const auto found = find_shape(shapes, shape);
  if (found != shapes.end() && found->shape == shape) {
    found->count += count;
  } else {
    shapes.insert(found, {shape, count});
  }
}

void remove_shape(Shapes& shapes, const Amounts& shape, std::int64_t count) {
  const auto found = find_shape(shapes, shape);
  ASSERT(found != shapes.end() && found->shape == shape && found->count >= count);
  if ((found->count -= count) == 0) shapes.erase(found);
}

void Packing::pack(std::int64_t nodes, const Amounts& per_node, const Shapes& shapes) {
  rooms_.clear();
  unplaced_.clear();
  if (nodes > 0) rooms_.push_back({per_node, nodes});
  for (auto shape = shapes.rbegin(); shape != shapes.rend(); ++shape) place(shape->shape, shape->count);
}

std::int64_t Packing::slots(const Amounts& need) const {
  std::int64_t sum = 0;
  for (const ShapeCount& room : rooms_) sum = plus(sum, times(fit_count(room.shape, need), room.count));
  for (const ShapeCount& lease : unplaced_) sum -= std::min(sum, times(displaced_by(lease.shape, need), lease.count));
  return sum;
}

bool Packing::has_room(const Amounts& need) const {
  if (!unplaced_.empty()) return slots(need) > 0;
  return std::any_of(rooms_.begin(), rooms_.end(), [&](const ShapeCount& room) { return covers(room.shape, need); });
}

std::int64_t Packing::largest(const Amounts& need, Kind kind) const {
  ASSERT(!is_clouded());
  Amounts others = need;
  others.of[kind] = 0;
  std::int64_t most = -1;
  for (const ShapeCount& room : rooms_) {
    if (covers(room.shape, others)) most = std::max(most, room.shape.of[kind]);
  }
  return most;
}

void Packing::place(const Amounts& shape, std::int64_t count) {
  while (count > 0) {
    auto room = rooms_.begin();
    while (room != rooms_.end() && !covers(room->shape, shape)) ++room;
    const std::int64_t fits = room != rooms_.end() ? fit_count(room->shape, shape) : 0;
    if (fits <= 0) {
      add_shape(unplaced_, shape, count);
      return;
    }
    // A node that took one has less room and would be chosen again: it is filled, and so are its like.
    const std::int64_t on_one = std::min(fits, count);
    const std::int64_t nodes = std::min(room->count, count / on_one);
    Amounts left = room->shape;
    for (std::size_t kind = 0; kind < kinds; ++kind) left.of[kind] -= shape.of[kind] * on_one;
    if ((room->count -= nodes) == 0) rooms_.erase(room);
    add_shape(rooms_, left, nodes);
    count -= nodes * on_one;
  }
}

}  // namespace dayan::place
