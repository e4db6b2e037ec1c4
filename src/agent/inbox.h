#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "base/time.h"

namespace dayan::agent {

/// What other threads have to tell the deciding one, in order. The only way in: nothing else touches its state.
class Inbox {
 public:
  using Message = std::function<void(UnixTime now)>;

  void add(Message message) {
    {
      const std::lock_guard lock(mutex_);
      messages_.push_back(std::move(message));
    }
    change_.notify_all();
  }

  /// All that has come, at the latest after `patience`; at once after stop().
  [[nodiscard]] std::vector<Message> take(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    change_.wait_for(lock, patience, [this] { return stopping_ || !messages_.empty(); });
    return std::exchange(messages_, {});
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    change_.notify_all();
  }
  [[nodiscard]] bool is_stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }
  /// Sleeps, but not past stop(). True when it is time to stop.
  [[nodiscard]] bool sleep(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return change_.wait_for(lock, time, [this] { return stopping_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable change_;
  std::vector<Message> messages_;
  bool stopping_ = false;
};

}  // namespace dayan::agent
