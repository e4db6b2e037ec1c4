#include "place/packing.h"

#include <algorithm>

#include "base/assert.h"

namespace dayan::place {
namespace {

/// How many tasks of this need, or parts of them, a lease's part of that shape may keep out: rounded up.
std::int64_t displaced_by(const Amounts& shape, const Amounts& need) {
  std::int64_t most = 0;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (need.of[kind] <= 0) continue;
    most = std::max(most, shape.of[kind] / need.of[kind] + (shape.of[kind] % need.of[kind] > 0 ? 1 : 0));
  }
  return most;
}

Shapes::iterator find_shape(Shapes& shapes, const Need& shape) {
  return std::lower_bound(shapes.begin(), shapes.end(), shape,
                          [](const ShapeCount& each, const Need& wanted) { return each.shape < wanted; });
}

}  // namespace

void add_shape(Shapes& shapes, const Need& shape, std::int64_t count) {
  const auto found = find_shape(shapes, shape);
  if (found != shapes.end() && found->shape == shape) {
    found->count += count;
  } else {
    shapes.insert(found, {shape, count});
  }
}

void remove_shape(Shapes& shapes, const Need& shape, std::int64_t count) {
  const auto found = find_shape(shapes, shape);
  ASSERT(found != shapes.end() && found->shape == shape && found->count >= count);
  if ((found->count -= count) == 0) shapes.erase(found);
}

void Packing::pack(std::int64_t nodes, const Amounts& per_node, const Shapes& shapes) {
  rooms_.clear();
  unplaced_.clear();
  if (nodes > 0) rooms_.push_back({per_node, nodes});
  for (auto shape = shapes.rbegin(); shape != shapes.rend(); ++shape) {
    if (shape->shape.is_gang()) {
      place_gangs(shape->shape, shape->count);
    } else {
      place(shape->shape.each, shape->count);
    }
  }
}

/// What leases without a node may keep out of tasks, or parts of tasks, of this size.
std::int64_t Packing::displaced(const Amounts& each) const {
  std::int64_t sum = 0;
  for (const ShapeCount& lease : unplaced_)
    sum = plus(sum, times(displaced_by(lease.shape.each, each), times(lease.shape.nodes, lease.count)));
  return sum;
}

std::int64_t Packing::slots(const Need& need) const {
  if (need.is_gang()) return gang_slots(fits(need.each), need.nodes);
  std::int64_t sum = 0;
  for (const Nodes& room : rooms_) sum = plus(sum, times(fit_count(room.left, need.each), room.count));
  return unplaced_.empty() ? sum : std::max<std::int64_t>(sum - displaced(need.each), 0);
}

std::int64_t Packing::slots_apart(const Need& need, std::int64_t on_node_max) const {
  std::vector<Fits> nodes = fits(need.each);
  std::int64_t sum = 0;
  for (Fits& each : nodes) {
    each.parts = std::min(each.parts, on_node_max);
    sum = plus(sum, times(each.parts, each.count));
  }
  return need.is_gang() ? gang_slots(nodes, need.nodes) : sum;
}

/// For how many parts of this size how many nodes have room. What leases without a node displace is taken off those
/// that have room for the fewest: so it costs most nodes.
std::vector<Packing::Fits> Packing::fits(const Amounts& each) const {
  std::vector<Fits> all;
  for (const Nodes& room : rooms_) {
    const std::int64_t parts = fit_count(room.left, each);
    if (parts > 0) all.push_back({parts, room.count});
  }
  if (!is_clouded()) return all;
  std::sort(all.begin(), all.end(), [](const Fits& a, const Fits& b) { return a.parts < b.parts; });
  std::int64_t lost = displaced(each);
  std::vector<Fits> kept;
  for (const Fits& nodes : all) {
    const std::int64_t gone = std::min(lost / nodes.parts, nodes.count);
    lost -= gone * nodes.parts;
    if (gone == nodes.count) continue;
    // The next one loses a part of its room, and those behind it nothing.
    if (lost > 0) kept.push_back({nodes.parts - lost, 1});
    const std::int64_t whole = nodes.count - gone - (lost > 0 ? 1 : 0);
    if (whole > 0) kept.push_back({nodes.parts, whole});
    lost = 0;
  }
  return kept;
}

/// The largest g for which sum min(c, g) over the nodes is at least n × g, where a node has room for c parts and a
/// gang has n. No gang has two parts on a node, so that of a node g gangs use min(c, g) at most; and where these are
/// enough, they do: dealt out node by node to the gangs in turn, each gang gets n parts, and no two of one node.
std::int64_t Packing::gang_slots(const std::vector<Fits>& nodes, std::int64_t gang_nodes) {
  std::int64_t parts = 0;
  for (const Fits& each : nodes) parts = plus(parts, times(each.parts, each.count));
  const auto are_enough_for = [&](std::int64_t gangs) {
    std::int64_t used = 0;
    for (const Fits& each : nodes) used = plus(used, times(std::min(each.parts, gangs), each.count));
    return used >= times(gang_nodes, gangs);
  };
  std::int64_t low = 0;
  std::int64_t high = parts / gang_nodes;
  while (low < high) {  // enough for so many gangs is enough for fewer
    const std::int64_t middle = high - (high - low) / 2;
    if (are_enough_for(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

bool Packing::has_room(const Need& need) const {
  if (need.is_gang()) return widest(need.each) >= need.nodes;
  if (!unplaced_.empty()) return slots(need) > 0;
  return std::any_of(rooms_.begin(), rooms_.end(), [&](const Nodes& room) { return covers(room.left, need.each); });
}

std::int64_t Packing::widest(const Amounts& each) const {
  std::int64_t nodes = 0;
  if (is_clouded()) {
    for (const Fits& of : fits(each)) nodes += of.count;
    return nodes;
  }
  for (const Nodes& room : rooms_) nodes += covers(room.left, each) ? room.count : 0;
  return nodes;
}

std::int64_t Packing::largest(const Need& need, Kind kind) const {
  ASSERT(!is_clouded());
  Amounts others = need.each;
  others.of[kind] = 0;
  if (!need.is_gang()) {
    std::int64_t most = -1;
    for (const Nodes& room : rooms_) {
      if (covers(room.left, others)) most = std::max(most, room.left.of[kind]);
    }
    return most;
  }
  // Of the nodes in order of what they have of it, most first, the last that the gang needs.
  std::vector<std::pair<std::int64_t, std::int64_t>> most;
  for (const Nodes& room : rooms_) {
    if (covers(room.left, others)) most.emplace_back(room.left.of[kind], room.count);
  }
  std::sort(most.begin(), most.end(), std::greater<>());
  std::int64_t missing = need.nodes;
  for (const auto& [amount, nodes] : most) {
    missing -= nodes;
    if (missing <= 0) return amount;
  }
  return -1;
}

void Packing::place(const Amounts& shape, std::int64_t count) {
  while (count > 0) {
    auto room = rooms_.begin();
    while (room != rooms_.end() && !covers(room->left, shape)) ++room;
    const std::int64_t fits = room != rooms_.end() ? fit_count(room->left, shape) : 0;
    if (fits <= 0) {
      add_shape(unplaced_, {shape, 1}, count);
      return;
    }
    // A node that took one has less room and would be chosen again: it is filled, and so are its like.
    const std::int64_t on_one = std::min(fits, count);
    const std::int64_t nodes = std::min(room->count, count / on_one);
    Amounts left = room->left;
    for (std::size_t kind = 0; kind < kinds; ++kind) left.of[kind] -= shape.of[kind] * on_one;
    if ((room->count -= nodes) == 0) rooms_.erase(room);
    add_nodes(left, nodes);
    count -= nodes * on_one;
  }
}

void Packing::place_gangs(const Need& gang, std::int64_t count) {
  while (count > 0) {
    taken_.clear();
    std::int64_t missing = gang.nodes;
    std::int64_t fits = count;
    std::int64_t alike = 0;  // nodes like the last that it takes
    for (const Nodes& room : rooms_) {
      if (missing == 0) break;
      if (!covers(room.left, gang.each)) continue;
      taken_.push_back({room.left, std::min(room.count, missing)});
      missing -= taken_.back().count;
      fits = std::min(fits, fit_count(room.left, gang.each));
      alike = room.count;
    }
    if (missing > 0) {
      add_shape(unplaced_, gang, count);
      return;
    }
    // Nodes that took one would be chosen again for the next: they take as many as all of them can. Where they are
    // all alike, so are further sets of as many nodes.
    const std::int64_t sets = taken_.size() == 1 ? std::min(alike / gang.nodes, count / fits) : 1;
    for (const Nodes& room : taken_) {
      Amounts left = room.left;
      for (std::size_t kind = 0; kind < kinds; ++kind) left.of[kind] -= gang.each.of[kind] * fits;
      remove_nodes(room.left, room.count * sets);
      add_nodes(left, room.count * sets);
    }
    count -= fits * sets;
  }
}

void Packing::add_nodes(const Amounts& left, std::int64_t count) {
  const auto found = std::lower_bound(rooms_.begin(), rooms_.end(), left,
                                      [](const Nodes& room, const Amounts& wanted) { return room.left < wanted; });
  if (found != rooms_.end() && found->left == left) {
    found->count += count;
  } else {
    rooms_.insert(found, {left, count});
  }
}

void Packing::remove_nodes(const Amounts& left, std::int64_t count) {
  const auto found = std::lower_bound(rooms_.begin(), rooms_.end(), left,
                                      [](const Nodes& room, const Amounts& wanted) { return room.left < wanted; });
  if ((found->count -= count) == 0) rooms_.erase(found);
}

}  // namespace dayan::place
