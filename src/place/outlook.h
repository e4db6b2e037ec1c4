#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "place/constraints.h"
#include "place/room_ahead.h"

/// Outlook: what several who ask at one time find in the pools alike, worked out when it is first asked for. It is not
/// to be used once the World has changed.

namespace dayan::place {

class Outlook {
 public:
  Outlook(const World& world, UnixTime now, Times times) : world_(world), now_(now), times_(times) {}

  [[nodiscard]] const World& world() const { return world_; }
  [[nodiscard]] UnixTime now() const { return now_; }
  [[nodiscard]] Times times() const { return times_; }
  /// A moment in words.
  [[nodiscard]] std::string told(UnixTime at) const;
  /// PoolState::opening() and the rest, as of now.
  [[nodiscard]] const Opening& opening(const PoolState& pool, const Need& need);
  [[nodiscard]] std::optional<UnixTime> surely_opens(const PoolState& pool, const Need& need);
  [[nodiscard]] const CapacityGaps& lacks(const PoolState& pool, const Need& need);
  /// What it will have, when everything ends as expected, or as late as it may.
  enum class Ends { expected, longest };
  [[nodiscard]] const RoomAhead& room(const PoolState& pool, Ends ends);

 private:
  struct Found {
    std::optional<Opening> opening;
    std::optional<std::optional<UnixTime>> sure;
    std::unique_ptr<CapacityGaps> lacks;
  };
  struct Rooms {
    std::unique_ptr<RoomAhead> expected;
    std::unique_ptr<RoomAhead> longest;
  };
  [[nodiscard]] Found& found(const PoolState& pool, const Need& need);

  const World& world_;
  UnixTime now_;
  Times times_;
  std::map<Need, std::vector<Found>> found_;  ///< by pool
  std::map<PoolIndex, Rooms> rooms_;
};

}  // namespace dayan::place
