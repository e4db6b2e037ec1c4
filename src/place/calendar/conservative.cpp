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
    if (planned_ > 0) plan_.release(now, run.limit_end, run.processors);
    gap_.note(run.limit_end);
  }
}

void Conservative::decide(UnixTime now, std::vector<JobIndex>& started) {
  running_.forget_before(now);
  plan_.forget_before(now);
  if (!gap_.empty()) {
    // Only a job that fits into what is free can start; without one the plan need not be known.
    std::size_t fitting = freed_ ? 0 : known_;
    while (fitting < waiting_.size() && waiting_[fitting].processors > free_) ++fitting;
    if (fitting == waiting_.size()) {
      if (!freed_) known_ = waiting_.size();
      return;
    }
    keep_planned(gap_.first_moved(running_, waiting_, planned_, now));
    gap_.clear();
  }
  start_planned(now, started);
  find_candidates(std::max(planned_, freed_ ? 0 : known_), now);
  while (!candidates_.empty()) {
    PlannedJob& job = waiting_[planned_];
    if (candidates_.front().job == job.job) candidates_.erase(candidates_.begin());
    job.start = plan_.take_earliest(now, job.limit, job.processors);
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

void Conservative::start(const PlannedJob& job, UnixTime now, std::vector<JobIndex>& started) {
  free_ -= job.processors;
  runs_[job.job] = {now + job.limit, job.processors};
  running_.take(now, now + job.limit, job.processors);
  started.push_back(job.job);
}

void Conservative::keep_planned(std::size_t count) {
  if (count == planned_ && count > 0) return;
  if (count <= planned_ - count) {
    plan_.copy(running_);
    for (std::size_t i = 0; i < count; ++i)
      plan_.take(waiting_[i].start, waiting_[i].start + waiting_[i].limit, waiting_[i].processors);
  } else {
    for (std::size_t i = count; i < planned_; ++i)
      plan_.release(waiting_[i].start, waiting_[i].start + waiting_[i].limit, waiting_[i].processors);
  }
  planned_ = count;
}

void Conservative::start_planned(UnixTime now, std::vector<JobIndex>& started) {
  if (next_start_ > now) return;
  next_start_ = never;
  std::size_t i = 0;
  while (i < planned_) {
    const PlannedJob job = waiting_[i];
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

bool Conservative::could_start(const PlannedJob& job, UnixTime now) {
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
  std::erase_if(candidates_, [&](const PlannedJob& job) {
    if (!could_start(job, now)) return true;
    candidates_until_ = std::max(candidates_until_, now + job.limit);
    return false;
  });
}

}  // namespace dayan::place
