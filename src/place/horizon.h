#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "place/pool_state.h"

/// Horizon: for how long a job would wait for a better pool than it could have now.

namespace dayan::place {

/// Pools that are looked at to tell for how long a job would wait for a better one.
inline constexpr std::size_t horizon_max = 8;

/// The best pools that a class's jobs could go to or wait for.
struct Horizon {
  struct Entry {
    PoolIndex pool = 0;
    double slowness = 0;
    double lag = 0;   ///< what inputs take to cross, as a multiple of the run time (ranking.h)
    double wait = 0;  ///< µs
    double rate = 0;  ///< micro-yuan an hour
    std::int64_t slots = 0;
    /// What room there is was promised: tasks with a longer wall time (µs) wait until the promised one is over.
    double passes_up_to = std::numeric_limits<double>::infinity();
    double later_wait = 0;
    std::int64_t later_slots = 0;
    const PoolState* closes = nullptr;  ///< the pool, if it is closed at some time

    /// Says the same whatever their wall time is.
    [[nodiscard]] bool is_for_all() const {
      return passes_up_to == std::numeric_limits<double>::infinity() && closes == nullptr;
    }
  };
  std::array<Entry, horizon_max> entries;
  std::size_t count = 0;
  float least_score = std::numeric_limits<float>::infinity();  ///< of the first of them
  double rate_most = 0;                                        ///< micro-yuan an hour of the dearest of them

  /// Room of one of them was promised, or it will be closed: what a task would find there hangs on its wall time.
  [[nodiscard]] bool hangs_on_wall_time() const {
    return std::any_of(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count),
                       [](const Entry& each) { return !each.is_for_all(); });
  }
};

}  // namespace dayan::place
