#include "place/rooms.h"

#include <algorithm>

#include "place/constraints.h"

namespace dayan::place {

std::int64_t capacity_lack(const PoolState& pool, const Need& need) {
  std::int64_t least = int64_max;
  const CapacityGaps found = capacity_gaps(pool, need);
  for (std::size_t i = 0; i < found.count; ++i)
    least = std::min(least, found.gaps[i].required - found.gaps[i].offered);
  return least;
}

const Room& Rooms::of(const Need& need) {
  const auto [found, is_new] = rooms_.try_emplace(need);
  if (is_new) {
    found->second = std::make_unique<Room>();
    found->second->need = need;
    found->second->serial = ++last_serial_;
    found->second->number = static_cast<std::uint32_t>(rooms_.size()) - 1;
    if (!free_numbers_.empty()) {
      found->second->number = free_numbers_.back();
      free_numbers_.pop_back();
    }
  }
  Room& room = *found->second;
  room.used = ++used_;
  const std::size_t pools = world_.pools().size();
  if (room.lacks.size() != pools) {
    room.now.resize(pools);
    room.ever.resize(pools);
    room.lacks.resize(pools, 0);
  }
  if (is_new || !log_.reaches(room.cursor)) {
    for (std::size_t pool = 0; pool < pools; ++pool) look(room, static_cast<PoolIndex>(pool));
  } else {
    log_.for_each_since(room.cursor, [&](PoolIndex pool) { look(room, pool); });
  }
  room.cursor = log_.end();
  if (rooms_.size() > shapes_max) make_way();
  return room;
}

void Rooms::look(Room& room, PoolIndex index) const {
  const PoolState& pool = world_.pool(index);
  const bool fits_node = pool.is_known && pool.row.nodes > 0 && pool.is_large_enough(room.need);
  const bool has_room = fits_node && pool.has_room(room.need);
  room.now.set(index, has_room);
  room.ever.set(index, fits_node && (has_room || pool.slots_when_empty(room.need) > 0));
  room.lacks[index] = has_room || !fits_node ? 0 : capacity_lack(pool, room.need);
}

void Rooms::make_way() {
  const auto oldest = std::min_element(rooms_.begin(), rooms_.end(),
                                       [](const auto& a, const auto& b) { return a.second->used < b.second->used; });
  free_numbers_.push_back(oldest->second->number);
  rooms_.erase(oldest);
}

}  // namespace dayan::place
