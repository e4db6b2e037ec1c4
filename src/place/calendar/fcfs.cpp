#include "place/calendar/fcfs.h"

namespace dayan::place {

void Fcfs::submit(JobIndex, const BatchRequest& request) {
  processors_.push_back(static_cast<std::int32_t>(request.processors));
}

void Fcfs::finish(JobIndex job, UnixTime) { free_ += processors_[job]; }

void Fcfs::decide(UnixTime, std::vector<JobIndex>& started) {
  for (; next_ < processors_.size() && processors_[next_] <= free_; ++next_) {
    free_ -= processors_[next_];
    started.push_back(static_cast<JobIndex>(next_));
  }
}

}  // namespace dayan::place
