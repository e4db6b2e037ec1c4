#pragma once

#include <cstdint>
#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "base/assert.h"
#include "base/time.h"

/// Virtual time: what is to happen, in order of (time, sequence). One thread, and nothing else moves the clock.

namespace dayan::sim {

class EventQueue {
 public:
  using Action = std::function<void()>;

  explicit EventQueue(UnixTime start) : now_(start) {}

  [[nodiscard]] UnixTime now() const { return now_; }
  [[nodiscard]] std::int64_t steps() const { return steps_; }
  /// A moment that has passed already comes next.
  void at(UnixTime when, Action action) {
    events_.emplace(std::pair{std::max(when, now_), ++sequence_}, std::move(action));
  }
  void after(Duration wait, Action action) { at(now_ + wait, std::move(action)); }

  /// Moves the clock to the earliest event and does it. There must be one.
  void run_next() {
    ASSERT(!events_.empty());
    auto first = events_.extract(events_.begin());
    now_ = first.key().first;
    ++steps_;
    first.mapped()();
  }

 private:
  UnixTime now_;
  std::int64_t steps_ = 0;
  std::uint64_t sequence_ = 0;
  std::map<std::pair<UnixTime, std::uint64_t>, Action> events_;
};

}  // namespace dayan::sim
