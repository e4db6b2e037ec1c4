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

void remove_shapes(Shapes& shapes, const Shapes& gone) {
  for (const ShapeCount& each : gone) remove_shape(shapes, each.shape, each.count);
}

void Packing::begin() {
  rooms_.clear();
  unplaced_.clear();
  racks_ = 0;
}

void Packing::pack(std::int64_t nodes, const Amounts& per_node, const Shapes& shapes) {
  begin();
  if (nodes > 0) rooms_.push_back({per_node, 0, nodes});
  place_others(shapes);
}

void Packing::pack(const PoolRow& pool, const Amounts& per_node, const Shapes& shapes) {
  begin();
  std::int64_t others = pool.nodes;
  for (const Racks& racks : pool.racks) {
    for (std::int32_t i = 0; i < racks.count; ++i) rooms_.push_back({per_node, ++racks_, racks.nodes});
    others -= std::int64_t{racks.nodes} * racks.count;
  }
  if (others > 0) rooms_.insert(rooms_.begin(), {per_node, 0, others});
  for (auto shape = shapes.rbegin(); racks_ > 0 && shape != shapes.rend(); ++shape) {
    if (shape->shape.is_in_rack) place_in_racks(shape->shape, shape->count);
  }
  renumber_racks(per_node);
  place_others(shapes);
}

/// All but what has been placed in racks, where these are in sight.
void Packing::place_others(const Shapes& shapes) {
  for (auto shape = shapes.rbegin(); shape != shapes.rend(); ++shape) {
    if (racks_ > 0 && shape->shape.is_in_rack) continue;
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
  if (need.is_gang()) return gang_slots(need, int64_max);
  std::int64_t sum = 0;
  for (const Nodes& room : rooms_) sum = plus(sum, times(fit_count(room.left, need.each), room.count));
  return unplaced_.empty() ? sum : std::max<std::int64_t>(sum - displaced(need.each), 0);
}

std::int64_t Packing::slots_apart(const Need& need, std::int64_t on_node_max) const {
  if (need.is_gang()) return gang_slots(need, on_node_max);
  std::int64_t sum = 0;
  const std::vector<std::vector<Fits>> nodes = fits_for(need);
  for (const Fits& each : nodes.front()) sum = plus(sum, times(std::min(each.parts, on_node_max), each.count));
  return sum;
}

/// So many fit, with so many on one node at most: in each rack as many as fit there, where they must lie in one.
std::int64_t Packing::gang_slots(const Need& gang, std::int64_t on_node_max) const {
  std::int64_t sum = 0;
  for (std::vector<Fits>& nodes : fits_for(gang)) {
    for (Fits& each : nodes) each.parts = std::min(each.parts, on_node_max);
    sum = plus(sum, gang_slots(nodes, gang.nodes));
  }
  return sum;
}

/// For how many parts of its size how many nodes have room: of all nodes, or of each rack for a gang that must lie in
/// one.
std::vector<std::vector<Packing::Fits>> Packing::fits_for(const Need& need) const {
  std::vector<std::vector<Fits>> all(need.is_in_rack ? static_cast<std::size_t>(racks_) : 1);
  for (const Nodes& room : rooms_) {
    if (need.is_in_rack && room.rack == 0) continue;
    const std::int64_t parts = fit_count(room.left, need.each);
    if (parts > 0) all[need.is_in_rack ? static_cast<std::size_t>(room.rack - 1) : 0].push_back({parts, room.count});
  }
  if (!is_clouded()) return all;
  const std::int64_t lost = displaced(need.each);
  for (std::vector<Fits>& nodes : all) nodes = without(std::move(nodes), lost);
  return all;
}

/// What leases without a node displace is taken off the nodes that have room for the fewest: so it costs most nodes. Of
/// each rack as if it was all there.
std::vector<Packing::Fits> Packing::without(std::vector<Fits> all, std::int64_t lost) {
  std::sort(all.begin(), all.end(), [](const Fits& a, const Fits& b) { return a.parts < b.parts; });
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
  if (need.is_gang()) return widest(need) >= need.nodes;
  if (!unplaced_.empty()) return slots(need) > 0;
  return std::any_of(rooms_.begin(), rooms_.end(), [&](const Nodes& room) { return covers(room.left, need.each); });
}

std::int64_t Packing::widest(const Need& need) const {
  std::int64_t most = 0;
  if (need.is_in_rack || is_clouded()) {
    for (const std::vector<Fits>& nodes : fits_for(need)) {
      std::int64_t sum = 0;
      for (const Fits& of : nodes) sum += of.count;
      most = std::max(most, sum);
    }
    return most;
  }
  for (const Nodes& room : rooms_) most += covers(room.left, need.each) ? room.count : 0;
  return most;
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
  // Of the nodes in order of what they have of it, most first, the last that the gang needs; of the best rack, where it
  // must lie in one.
  std::vector<std::tuple<std::int32_t, std::int64_t, std::int64_t>> most;
  for (const Nodes& room : rooms_) {
    if (need.is_in_rack && room.rack == 0) continue;
    if (covers(room.left, others)) most.emplace_back(need.is_in_rack ? room.rack : 0, room.left.of[kind], room.count);
  }
  std::sort(most.begin(), most.end(), std::greater<>());
  std::int64_t best = -1;
  std::int64_t missing = need.nodes;
  for (std::size_t i = 0; i < most.size(); ++i) {
    const auto& [rack, amount, nodes] = most[i];
    if (i == 0 || rack != std::get<0>(most[i - 1])) missing = need.nodes;
    if (missing > 0 && missing <= nodes) best = std::max(best, amount);
    missing -= nodes;
  }
  return best;
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
    Nodes filled{room->left, room->rack, std::min(room->count, count / on_one)};
    for (std::size_t kind = 0; kind < kinds; ++kind) filled.left.of[kind] -= shape.of[kind] * on_one;
    if ((room->count -= filled.count) == 0) rooms_.erase(room);
    add_nodes(filled);
    count -= filled.count * on_one;
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
      taken_.push_back({room.left, room.rack, std::min(room.count, missing)});
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
    move_taken(gang.each, fits, sets);
    count -= fits * sets;
  }
}

/// So many parts more on each of the nodes that are taken, and on further sets of their like.
void Packing::move_taken(const Amounts& each, std::int64_t parts, std::int64_t sets) {
  for (const Nodes& room : taken_) {
    Nodes fuller{room.left, room.rack, room.count * sets};
    for (std::size_t kind = 0; kind < kinds; ++kind) fuller.left.of[kind] -= each.of[kind] * parts;
    remove_nodes({room.left, room.rack, room.count * sets});
    add_nodes(fuller);
  }
}

/// Each on the fullest nodes of the rack that has the fewest nodes for it.
void Packing::place_in_racks(const Need& gang, std::int64_t count) {
  std::vector<std::int64_t> nodes(static_cast<std::size_t>(racks_) + 1, 0);  // that have room for a part, by rack
  for (const Nodes& room : rooms_)
    nodes[static_cast<std::size_t>(room.rack)] += covers(room.left, gang.each) ? room.count : 0;
  while (count > 0) {
    std::int32_t tightest = 0;
    for (std::int32_t rack = 1; rack <= racks_; ++rack) {
      const std::int64_t there = nodes[static_cast<std::size_t>(rack)];
      if (there >= gang.nodes && (tightest == 0 || there < nodes[static_cast<std::size_t>(tightest)])) tightest = rack;
    }
    if (tightest == 0) {
      add_shape(unplaced_, gang, count);
      return;
    }
    taken_.clear();
    std::int64_t missing = gang.nodes;
    std::int64_t fits = count;
    for (const Nodes& room : rooms_) {
      if (missing == 0) break;
      if (room.rack != tightest || !covers(room.left, gang.each)) continue;
      taken_.push_back({room.left, room.rack, std::min(room.count, missing)});
      missing -= taken_.back().count;
      fits = std::min(fits, fit_count(room.left, gang.each));
    }
    move_taken(gang.each, fits, 1);
    std::int64_t& there = nodes[static_cast<std::size_t>(tightest)];
    there = 0;
    for (const Nodes& room : rooms_) there += room.rack == tightest && covers(room.left, gang.each) ? room.count : 0;
    count -= fits;
  }
}

/// The fewer empty nodes a rack has, the sooner it is filled: those that are alike in that keep their order.
void Packing::renumber_racks(const Amounts& empty) {
  std::vector<std::pair<std::int64_t, std::int32_t>> order(static_cast<std::size_t>(racks_));
  for (std::int32_t rack = 1; rack <= racks_; ++rack) order[static_cast<std::size_t>(rack - 1)] = {0, rack};
  for (const Nodes& room : rooms_) {
    if (room.rack > 0 && room.left == empty) order[static_cast<std::size_t>(room.rack - 1)].first += room.count;
  }
  std::sort(order.begin(), order.end());
  std::vector<std::int32_t> number(static_cast<std::size_t>(racks_) + 1, 0);
  for (std::size_t place = 0; place < order.size(); ++place)
    number[static_cast<std::size_t>(order[place].second)] = static_cast<std::int32_t>(place) + 1;
  for (Nodes& room : rooms_) room.rack = number[static_cast<std::size_t>(room.rack)];
  std::sort(rooms_.begin(), rooms_.end(), [](const Nodes& a, const Nodes& b) { return a.order() < b.order(); });
}

std::vector<Packing::Nodes>::iterator Packing::find_nodes(const Nodes& like) {
  return std::lower_bound(rooms_.begin(), rooms_.end(), like,
                          [](const Nodes& room, const Nodes& wanted) { return room.order() < wanted.order(); });
}

void Packing::add_nodes(const Nodes& nodes) {
  const auto found = find_nodes(nodes);
  if (found != rooms_.end() && found->order() == nodes.order()) {
    found->count += nodes.count;
  } else {
    rooms_.insert(found, nodes);
  }
}

void Packing::remove_nodes(const Nodes& nodes) {
  const auto found = find_nodes(nodes);
  if ((found->count -= nodes.count) == 0) rooms_.erase(found);
}

}  // namespace dayan::place
