#pragma once

#include <map>
#include <memory>
#include <vector>

#include "place/change_log.h"
#include "place/world.h"

/// Rooms: for each shape of task, which pools have room for one now. Jobs of many classes ask for the same shape; a
/// shape comes up to date by the pools that have changed since it was last asked for.

namespace dayan::place {

struct Room {
  Need need;
  std::uint32_t number = 0;         ///< small, and another room's once this one is not kept any more
  std::uint32_t serial = 0;         ///< never used again
  Bits now;                         ///< room for one
  Bits ever;                        ///< room for one when our leases have left
  std::vector<std::int64_t> lacks;  ///< by pool: how much the nearest of its scarce kinds lacks; zero with room
  std::uint64_t cursor = 0;         ///< in the log of changed pools
  std::uint64_t used = 0;           ///< when it was last asked for
};

class Rooms {
 public:
  /// Shapes that are kept. The one not asked for for longest makes way.
  static constexpr std::size_t shapes_max = 1'024;

  explicit Rooms(const World& world) : world_(world) {}

  void pool_changed(PoolIndex pool) { log_.add(pool); }
  /// Up to date. Holds until the next call.
  [[nodiscard]] const Room& of(const Need& need);
  /// Those that are kept, as they are: for the checker.
  [[nodiscard]] const std::map<Need, std::unique_ptr<Room>>& all() const { return rooms_; }
  [[nodiscard]] const ChangeLog& log() const { return log_; }

 private:
  void look(Room& room, PoolIndex pool) const;
  void make_way();

  const World& world_;
  ChangeLog log_;
  std::map<Need, std::unique_ptr<Room>> rooms_;
  std::vector<std::uint32_t> free_numbers_;
  std::uint32_t last_serial_ = 0;
  std::uint64_t used_ = 0;
};

/// By how much a pool without room misses it, in the kind that is nearest to enough, or in nodes (capacity_gaps tells
/// the same).
[[nodiscard]] std::int64_t capacity_lack(const PoolState& pool, const Need& need);

}  // namespace dayan::place
