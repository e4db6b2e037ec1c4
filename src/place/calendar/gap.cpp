#include "place/calendar/gap.h"

#include <algorithm>

namespace dayan::place {

std::size_t Gap::first_moved(const FlatCalendar& running, const WaitingLine<PlannedJob>& line, std::size_t planned,
                             UnixTime now) {
  if (planned == 0 || until_ <= now) return planned;
  // What fits into the gap alone is seen at once; who needs more after it has the view widened.
  look_until(until_ + (until_ - now), running, line, 0, now);
  for (std::size_t i = 0; i < planned && most_free_ > 0; ++i) {
    const PlannedJob& job = line[i];
    if (may_move(job, now)) {
      const UnixTime before = std::min(until_, job.start);
      UnixTime start = near_.earliest_start(now, job.limit, job.processors);
      if (start < before && start + job.limit > seen_until_) {
        look_until(before + job.limit, running, line, i, now);
        start = near_.earliest_start(now, job.limit, job.processors);
      }
      if (start < before) return i;
    }
    if (job.start < seen_until_) take(job, now);
  }
  return planned;
}

void Gap::look_until(UnixTime end, const FlatCalendar& running, const WaitingLine<PlannedJob>& line,
                     std::size_t count, UnixTime now) {
  seen_until_ = end;
  near_.copy_until(end, running);
  stretches_.fill({});
  for (std::size_t i = 0; i < count; ++i) {
    if (line[i].start < end)
      near_.take(line[i].start, std::min(line[i].start + line[i].limit, end), line[i].processors);
  }
  ++changes_;
  most_free_ = near_.most_free(now, until_);
}

void Gap::take(const PlannedJob& job, UnixTime now) {
  near_.take(job.start, std::min(job.start + job.limit, seen_until_), job.processors);
  ++changes_;
  if (job.start < until_) most_free_ = near_.most_free(now, until_);
}

bool Gap::may_move(const PlannedJob& job, UnixTime now) {
  if (job.processors > most_free_) return false;
  Stretch& stretch = stretches_[static_cast<std::size_t>(job.processors) % stretches_.size()];
  if (stretch.processors == job.processors) {
    if (job.limit > stretch.length) return false;
    if (stretch.changes == changes_) return true;
  }
  stretch = {job.processors, changes_, near_.longest_from(now, until_, job.processors)};
  return job.limit <= stretch.length;
}

}  // namespace dayan::place
