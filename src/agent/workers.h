#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

/// A few threads that do what blocks, in the order it was given. The queue is bounded by what it is used for: at most
/// one task for each action under way.

namespace dayan::agent {

class Workers {
 public:
  explicit Workers(int threads);
  /// Lets the tasks that run come to their end; those that wait are dropped.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void add(std::function<void()> task);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable change_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dayan::agent
