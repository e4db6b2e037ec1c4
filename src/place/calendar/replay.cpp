#include <algorithm>

#include "base/assert.h"
#include "place/calendar/queue.h"

namespace dayan::place {
namespace {

constexpr UnixTime never_started{INT64_MAX};

struct End {
  std::int64_t at;
  JobIndex job;

  /// For a heap whose top is the earliest, in order of submission.
  friend bool operator<(const End& a, const End& b) { return a.at != b.at ? a.at > b.at : a.job > b.job; }
};

double seconds(Duration duration) { return static_cast<double>(duration.microseconds()) / 1e6; }

}  // namespace

std::vector<UnixTime> replay(std::span<const BatchJob> jobs, std::int64_t processors, QueuePolicy& policy) {
  ASSERT(jobs.size() <= queue_jobs_max && processors <= queue_processors_max);
  std::vector<UnixTime> starts(jobs.size(), never_started);
  std::vector<End> ends;
  std::vector<JobIndex> started;
  std::int64_t free = processors;
  std::size_t next = 0;
  while (next < jobs.size() || !ends.empty()) {
    UnixTime now{ends.empty() ? INT64_MAX : ends.front().at};
    if (next < jobs.size()) now = std::min(now, jobs[next].request.submitted);
    while (!ends.empty() && ends.front().at == now.microseconds()) {
      std::pop_heap(ends.begin(), ends.end());
      const JobIndex job = ends.back().job;
      ends.pop_back();
      free += jobs[job].request.processors;
      policy.finish(job, now);
    }
    for (; next < jobs.size() && jobs[next].request.submitted <= now; ++next) {
      const BatchRequest& request = jobs[next].request;
      ASSERT(request.submitted == now && request.limit > Duration{} && request.processors >= 1 &&
             request.processors <= processors);
      policy.submit(static_cast<JobIndex>(next), request);
    }
    started.clear();
    policy.decide(now, started);
    for (const JobIndex job : started) {
      ASSERT(job < next && starts[job] == never_started);
      starts[job] = now;
      free -= jobs[job].request.processors;
      ASSERT(free >= 0);
      ends.push_back({(now + jobs[job].run).microseconds(), job});
      std::push_heap(ends.begin(), ends.end());
    }
  }
  ASSERT(std::find(starts.begin(), starts.end(), never_started) == starts.end());
  return starts;
}

QueueFigures figures_of(std::span<const BatchJob> jobs, std::span<const UnixTime> starts, std::int64_t processors,
                        Duration slowdown_floor) {
  ASSERT(jobs.size() == starts.size());
  QueueFigures figures;
  if (jobs.empty()) return figures;
  const UnixTime first = jobs.front().request.submitted;
  const UnixTime last = jobs.back().request.submitted;
  const double floor = seconds(slowdown_floor);
  double busy = 0;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const double wait = seconds(starts[i] - jobs[i].request.submitted);
    const double run = seconds(jobs[i].run);
    const double longest = std::max(run, floor);
    figures.mean_bounded_slowdown += longest > 0 ? std::max(1.0, (wait + run) / longest) : 1.0;
    figures.mean_wait += wait;
    figures.max_wait = std::max(figures.max_wait, wait);
    const UnixTime end = starts[i] + jobs[i].run;
    figures.makespan = std::max(figures.makespan, seconds(end - first));
    if (starts[i] < last)
      busy += seconds(std::min(end, last) - starts[i]) * static_cast<double>(jobs[i].request.processors);
  }
  const auto count = static_cast<double>(jobs.size());
  figures.mean_bounded_slowdown /= count;
  figures.mean_wait /= count;
  if (last > first) figures.utilisation = busy / (seconds(last - first) * static_cast<double>(processors));
  return figures;
}

}  // namespace dayan::place
