#include "place/calendar/host_policies.h"

#include <algorithm>

namespace dayan::place {

void HostPolicy::submit(JobIndex job, const BatchRequest& request) {
  places_.push_back({request, false, {}});
  waiting_.push_back(job);
  fresh_.push_back(job);
}

void HostPolicy::finish(JobIndex job, UnixTime now) {
  const Place& place = places_[job];
  calendar_.release(now, place.fit.start + place.request.limit, place.fit.hosts);
  freed_ = true;
}

bool HostPolicy::plan(JobIndex job, UnixTime now) {
  forget_plan(job);
  Place& place = places_[job];
  place.fit = calendar_.first_fit(now, place.request.limit, place.request.processors);
  place.planned = true;
  calendar_.take(place.fit.start, place.fit.start + place.request.limit, place.fit.hosts);
  return place.fit.start == now;
}

void HostPolicy::forget_plan(JobIndex job) {
  Place& place = places_[job];
  if (place.planned) calendar_.release(place.fit.start, place.fit.start + place.request.limit, place.fit.hosts);
  place.planned = false;
}

void HostEasy::decide(UnixTime now, std::vector<JobIndex>& started) {
  calendar_.forget_before(now);
  // Without an end only new jobs can start, unless nobody waited before them.
  const bool whole_queue = freed_ || waiting_.size() == fresh_.size();
  const std::vector<JobIndex> tried = whole_queue ? waiting_ : fresh_;
  bool promised = !whole_queue;
  for (const JobIndex job : tried) {
    if (promised && !may_start(job, now)) continue;
    if (plan(job, now)) {
      started.push_back(job);
      std::erase(waiting_, job);
    } else if (promised) {
      forget_plan(job);
    } else {
      promised = true;
    }
  }
  fresh_.clear();
  freed_ = false;
}

void HostConservative::decide(UnixTime now, std::vector<JobIndex>& started) {
  calendar_.forget_before(now);
  const std::vector<JobIndex> planned = freed_ ? waiting_ : fresh_;
  for (const JobIndex job : planned) {
    if (!plan(job, now)) continue;
    started.push_back(job);
    std::erase(waiting_, job);
  }
  fresh_.clear();
  freed_ = false;
}

}  // namespace dayan::place
