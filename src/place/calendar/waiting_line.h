#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "place/calendar/queue.h"

namespace dayan::place {

/// A waiting job as the policies of this folder scan it.
struct WaitingJob {
  std::int32_t processors;
  JobIndex job;
  std::int64_t limit;  ///< microseconds
};

/// Jobs in a fixed order, of which mostly those near the front leave. Taking one out moves the shorter side.
template <class Job>
class WaitingLine {
 public:
  [[nodiscard]] std::size_t size() const { return jobs_.size() - front_; }
  [[nodiscard]] bool empty() const { return front_ == jobs_.size(); }
  [[nodiscard]] Job& operator[](std::size_t i) { return jobs_[front_ + i]; }
  [[nodiscard]] const Job& operator[](std::size_t i) const { return jobs_[front_ + i]; }
  [[nodiscard]] const Job* begin() const { return jobs_.data() + front_; }
  [[nodiscard]] const Job* end() const { return jobs_.data() + jobs_.size(); }

  void push_back(const Job& job) {
    if (front_ > jobs_.size() / 2 && jobs_.size() == jobs_.capacity()) {
      jobs_.erase(jobs_.begin(), jobs_.begin() + static_cast<std::ptrdiff_t>(front_));
      front_ = 0;
    }
    jobs_.push_back(job);
  }
  void erase(std::size_t i) {
    if (i < size() / 2) {
      std::copy_backward(jobs_.begin() + static_cast<std::ptrdiff_t>(front_),
                         jobs_.begin() + static_cast<std::ptrdiff_t>(front_ + i),
                         jobs_.begin() + static_cast<std::ptrdiff_t>(front_ + i + 1));
      ++front_;
    } else {
      jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(front_ + i));
    }
  }

 private:
  std::vector<Job> jobs_;
  std::size_t front_ = 0;
};

}  // namespace dayan::place
