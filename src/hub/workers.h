#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

/// A few threads for work that may block on the disk, so that the HTTP threads never do. The queue is bounded: what
/// does not fit is refused, and the caller answers 503.

namespace dayan::hub {

class Workers {
 public:
  Workers(std::size_t threads, std::size_t queue_max);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False when the queue is full or stop() has begun: the work is then dropped.
  [[nodiscard]] bool add(std::function<void()> work);
  /// Finishes what is queued, then ends the threads.
  void stop();

 private:
  void run();

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dayan::hub
