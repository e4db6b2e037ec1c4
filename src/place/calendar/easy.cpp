#include "place/calendar/easy.h"

#include "base/assert.h"

namespace dayan::place {

void Easy::submit(JobIndex job, const BatchRequest& request) {
  const auto processors = static_cast<std::int32_t>(request.processors);
  least_ = waiting_.empty() ? processors : std::min(least_, processors);
  waiting_.push_back({processors, job, request.limit.microseconds()});
  limit_ends_.push_back(0);
}

void Easy::finish(JobIndex job, UnixTime) {
  const std::int64_t limit_end = limit_ends_[job];
  const auto at = std::lower_bound(
      running_.begin(), running_.end(), limit_end,
      [job](const Running& r, std::int64_t end) { return r.limit_end != end ? r.limit_end < end : r.job < job; });
  ASSERT(at != running_.end() && at->job == job);
  free_ += at->processors;
  running_.erase(at);
  freed_ = true;
}

void Easy::decide(UnixTime time, std::vector<JobIndex>& started) {
  const std::int64_t now = time.microseconds();
  if (known_ == 0) freed_ = true;        // nobody is promised anything yet
  if (free_ < least_ && freed_) return;  // what became free stays so until somebody can use it
  if (!freed_) {
    // The known jobs could not start before and can less so now: only the new ones are tried.
    overtake_from(known_, now, started);
  } else {
    while (!waiting_.empty() && waiting_[0].processors <= free_) {
      start(waiting_[0], now, started);
      waiting_.erase(0);
    }
    if (!waiting_.empty()) {
      promise();
      least_ = waiting_[0].processors;
      overtake_from(1, now, started);
    }
  }
  freed_ = false;
  known_ = waiting_.size();
}

void Easy::overtake_from(std::size_t position, std::int64_t now, std::vector<JobIndex>& started) {
  // Most jobs of the queue fail here, each for one of three reasons that no branch predictor guesses: one test for
  // all.
  const std::int64_t window = promised_ - now;
  std::int32_t least = least_;
  while (position < waiting_.size() && free_ > 0) {
    const WaitingJob* job = waiting_.begin() + position;
    const WaitingJob* const end = waiting_.end();
    const std::int64_t free = free_;
    const std::int64_t left_over = left_over_;
    for (; job != end; ++job) {
      const bool in_time = job->limit <= window;
      if ((static_cast<int>(job->processors <= free) &
           (static_cast<int>(in_time) | static_cast<int>(job->processors <= left_over))) != 0)
        break;
      least = std::min(least, job->processors);
    }
    position = static_cast<std::size_t>(job - waiting_.begin());
    if (job == end) break;
    if (job->limit > window) left_over_ -= job->processors;
    start(*job, now, started);
    waiting_.erase(position);
  }
  // With nothing left free the rest was not looked at.
  least_ = position < waiting_.size() ? std::min(least, 1) : least;
}

void Easy::promise() {
  std::int64_t free = free_;
  const std::int64_t needed = waiting_[0].processors;
  std::size_t i = 0;
  while (free < needed) free += running_[i++].processors;
  promised_ = running_[i - 1].limit_end;
  while (i < running_.size() && running_[i].limit_end == promised_) free += running_[i++].processors;
  left_over_ = free - needed;
}

void Easy::start(const WaitingJob& job, std::int64_t now, std::vector<JobIndex>& started) {
  free_ -= job.processors;
  const Running running{now + job.limit, job.job, job.processors};
  limit_ends_[job.job] = running.limit_end;
  const auto at = std::upper_bound(running_.begin(), running_.end(), running, [](const Running& a, const Running& b) {
    return a.limit_end != b.limit_end ? a.limit_end < b.limit_end : a.job < b.job;
  });
  running_.insert(at, running);
  started.push_back(job.job);
}

}  // namespace dayan::place
