#include "place/calendar/conservative.h"

namespace dayan::place {

void Conservative::submit(JobIndex job, const BatchRequest& request) {
  waiting_.push_back({static_cast<std::int32_t>(request.processors), job, request.limit, never});
  runs_.emplace_back();
}

void Conservative::finish(JobIndex job, UnixTime now) {
  const Run& run = runs_[job];
  free_ += run.processors;
  freed_ = true;
  if (run.limit_end > now) {
    running_.release(now, run.limit_end, run.processors);
    stale_ = true;
  }
}

void Conservative::decide(UnixTime now, std::vector<JobIndex>& started) {
  running_.forget_before(now);
  if (stale_) {
    // Only a job that fits into what is free can start; without one the plan need not be known.
    std::size_t fitting = freed_ ? 0 : known_;
    while (fitting < waiting_.size() && waiting_[fitting].processors > free_) ++fitting;
    if (fitting == waiting_.size()) {
      if (!freed_) known_ = waiting_.size();
      return;
    }
    plan_ = running_;
    floor_.clear();
    planned_ = 0;
    next_start_ = never;
    stale_ = false;
  } else {
    plan_.forget_before(now);
    start_planned(now, started);
  }
  find_candidates(std::max(planned_, freed_ ? 0 : known_), now);
  while (!candidates_.empty()) {
    Planned& job = waiting_[planned_];
    if (candidates_.front().job == job.job) candidates_.erase(candidates_.begin());
    const UnixTime from = std::max(now, floor_.of(job.processors, job.limit));
    job.start = plan_.earliest_start(from, job.limit, job.processors);
    floor_.note(job.processors, job.limit, job.start);
    plan_.take(job.start, job.start + job.limit, job.processors);
    const bool in_the_way = job.start < candidates_until_;
    if (job.start == now) {
      start(job, now, started);
      waiting_.erase(planned_);
    } else {
      next_start_ = std::min(next_start_, job.start);
      ++planned_;
    }
    if (in_the_way) drop_candidates(now);
  }
  freed_ = false;
  known_ = waiting_.size();
}

void Conservative::start(const Planned& job, UnixTime now, std::vector<JobIndex>& started) {
  free_ -= job.processors;
  runs_[job.job] = {now + job.limit, job.processors};
  running_.take(now, now + job.limit, job.processors);
  started.push_back(job.job);
}

void Conservative::start_planned(UnixTime now, std::vector<JobIndex>& started) {
  if (next_start_ > now) return;
  next_start_ = never;
  std::size_t i = 0;
  while (i < planned_) {
    const Planned job = waiting_[i];
    if (job.start <= now) {
      start(job, now, started);
      waiting_.erase(i);
      --planned_;
    } else {
      next_start_ = std::min(next_start_, job.start);
      ++i;
    }
  }
}

bool Conservative::could_start(const Planned& job, UnixTime now) {
  if (job.processors > free_) return false;
  Horizon& horizon = horizons_[static_cast<std::size_t>(job.processors) % horizons_.size()];
  if (horizon.amount != job.processors) horizon = {job.processors, plan_.free_until(now, job.processors)};
  return horizon.until >= now + job.limit;
}

void Conservative::find_candidates(std::size_t position, UnixTime now) {
  candidates_.clear();
  candidates_until_ = now;
  horizons_.fill({});
  for (std::size_t i = position; i < waiting_.size(); ++i) {
    if (!could_start(waiting_[i], now)) continue;
    candidates_.push_back(waiting_[i]);
    candidates_until_ = std::max(candidates_until_, now + waiting_[i].limit);
  }
}

void Conservative::drop_candidates(UnixTime now) {
  horizons_.fill({});
  candidates_until_ = now;
  std::erase_if(candidates_, [&](const Planned& job) {
    if (!could_start(job, now)) return true;
    candidates_until_ = std::max(candidates_until_, now + job.limit);
    return false;
  });
}

}  // namespace dayan::place
