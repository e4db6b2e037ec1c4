#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"
#include "place/amounts.h"

/// RoomAhead: what a pool will have, from moment to moment. Counted in sum, as plans do (openings.h).

namespace dayan::place {

inline constexpr std::int64_t done_looks_max = 20'000;

class RoomAhead {
 public:
  struct Slot {
    UnixTime at;
    std::int64_t tasks = 0;
  };
  /// `ends`: when what it holds gives back how much.
  RoomAhead(UnixTime now, const Amounts& free, std::vector<std::pair<UnixTime, Amounts>> ends);

  /// The first moment from `from` on with room for a task for so long, and for how many, `most` at most. Nothing when
  /// none comes. Each look is taken of `looks`; where they do not suffice there is nothing either.
  [[nodiscard]] std::optional<Slot> earliest(const Amounts& each, std::int64_t most, UnixTime from, Duration run,
                                             std::int64_t& looks) const;
  void take(const Slot& slot, const Amounts& each, Duration run);
  /// When so many tasks have all run for so long, each begun as soon as there is room, from `from` on and so many at once
  /// at most; of the `first` ones that begin there are no more, whatever the sums say, until something ends. Nothing when
  /// there is no room for one. After done_looks_max looks the rest goes on as they go then: what comes free later than
  /// that is not counted.
  [[nodiscard]] std::optional<UnixTime> all_done(const Amounts& each, std::int64_t tasks, std::int64_t first,
                                                 std::int64_t at_once, UnixTime from, Duration run) const;

 private:
  struct Step {
    UnixTime at;
    Amounts free;
  };
  [[nodiscard]] std::size_t step_at(UnixTime at) const;
  std::size_t cut(UnixTime at);
  std::vector<Step> steps_;
};

}  // namespace dayan::place
