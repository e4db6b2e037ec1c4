#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "base/time.h"

/// What /metrics tells, in the Prometheus text format. Safe from any thread.

namespace dayan::hub {

using Counter = std::atomic<std::int64_t>;

/// How often a value was at most each bound, and their sum.
template <std::size_t Bounds>
struct Histogram {
  std::array<Counter, Bounds + 1> buckets{};  ///< the last: above every bound
  Counter sum{0};

  void add(const std::array<std::int64_t, Bounds>& bounds, std::int64_t value) {
    std::size_t bucket = 0;
    while (bucket < Bounds && value > bounds[bucket]) ++bucket;
    buckets[bucket].fetch_add(1, std::memory_order_relaxed);
    sum.fetch_add(value, std::memory_order_relaxed);
  }
};

struct Metrics {
  static constexpr std::array<std::int64_t, 7> batch_bounds{1, 4, 16, 64, 256, 512, 1000};
  static constexpr std::array<std::int64_t, 8> commit_bounds_us{500,    1'000,  2'500,   5'000,
                                                                10'000, 50'000, 250'000, 1'000'000};

  Counter requests{0};
  Counter commands_accepted{0};
  Counter commands_refused{0};
  Counter commands_replayed{0};
  Counter commands_failed{0};  ///< answered 503: queue full, or the commit's outcome unknown
  Counter plan_assignments{0};
  Counter plan_stale{0};
  Counter commits{0};
  Counter commit_failures{0};
  Counter reloads{0};
  Histogram<batch_bounds.size()> batch_size;
  Histogram<commit_bounds_us.size()> commit_us;
  Counter queue_length{0};
  Counter live_leases{0};
  Counter waiting_tasks{0};
  Counter invariant_broken{0};      ///< 1 while the latest check of all invariants found one broken
  Counter broken_batches{0};        ///< not committed, since they would have broken one
  Counter depot_used{0};            ///< bytes; set when the text is asked for, like the limit
  Counter depot_limit{0};
  Counter depot_dropped{0};         ///< contents and uploads that nobody needed any more
  Counter ready{0};                 ///< 1 while the State is loaded and this hub may write

  [[nodiscard]] std::string text() const;
};

}  // namespace dayan::hub
