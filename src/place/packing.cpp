#include "place/packing.h"

#include <algorithm>

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

}  // namespace

Packing::Packing(std::int64_t nodes, const Amounts& per_node, const Shapes& shapes) {
  if (nodes > 0) rooms_[per_node] = nodes;
  for (auto shape = shapes.rbegin(); shape != shapes.rend(); ++shape) add(shape->first, shape->second);
}

std::int64_t Packing::slots(const Amounts& need) const {
  std::int64_t sum = 0;
  for (const auto& [room, nodes] : rooms_) sum = plus(sum, times(fit_count(room, need), nodes));
  for (const auto& [shape, count] : unplaced_) sum -= std::min(sum, times(displaced_by(shape, need), count));
  return sum;
}

void Packing::add(const Amounts& shape, std::int64_t count) {
  while (count > 0) {
    auto room = rooms_.begin();
    while (room != rooms_.end() && fit_count(room->first, shape) == 0) ++room;
    if (room == rooms_.end()) {
      unplaced_[shape] += count;
      return;
    }
    // A node that took one has less room and would be chosen again: it is filled, and so are its like.
    const std::int64_t on_one = std::min(fit_count(room->first, shape), count);
    const std::int64_t nodes = std::min(room->second, count / on_one);
    Amounts left = room->first;
    for (std::size_t kind = 0; kind < kinds; ++kind) left.of[kind] -= shape.of[kind] * on_one;
    if ((room->second -= nodes) == 0) rooms_.erase(room);
    rooms_[left] += nodes;
    count -= nodes * on_one;
  }
}

}  // namespace dayan::place
