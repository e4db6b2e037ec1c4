#include <utility>

#include "place/agenda.h"

/// The Agenda's part in fair share (shares.h has the rules): jobs that stand back otherwise than before.

namespace dayan::place {

/// Moves the jobs of projects that are set back otherwise now. That makes no room: nobody has to be asked again.
void Agenda::advance_shares() {
  const std::vector<Shares::Change> changed = world_.renew_shares(now_);
  if (changed.empty()) return;
  // A review under way would pass over whoever moves to where it has been: it begins again.
  if (!holding_out_.empty()) {
    holding_out_.front().lane = LaneKey();
    holding_out_.front().from = QueueKey();
  }
  for (const Shares::Change& change : changed) {
    const std::int64_t by = (change.project->setback - change.before).microseconds();
    for (JobRecord* job : change.project->jobs) move(*job, job->rank + by);
  }
  queue_.end_moves();
}

void Agenda::move(JobRecord& job, std::int64_t rank) {
  const QueueKey before = job.key();
  const QueueKey after{rank, job.id};
  if (!dirty.empty() && dirty.erase(before) > 0) dirty.insert({after, &job});
  if (job.is_broke && broke_.erase(before) > 0) broke_.insert(after);
  if (job.is_parked) {
    auto& parked = parked_.at(job.organisation).jobs;
    auto place = parked.extract(before);
    place.key() = after;
    parked.insert(std::move(place));
  }
  queue_.move(job, rank);
}

}  // namespace dayan::place
