#include "place/calendar/due_order.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace dayan::place {
namespace {

constexpr double day_seconds = 86'400;
/// The machine is far behind from here on.
constexpr double far_behind_seconds = 1 * day_seconds;
/// A machine that is hardly behind on average may be so for an hour: a job that comes then counts what is there many
/// times, and so much beside, up to two days. Who comes to an idle machine has a short grace: there is little that it
/// should wait for.
constexpr double times_behind_now = 6.5;
constexpr double beside_behind_now_seconds = 3 * 3600;
constexpr double behind_now_max_seconds = 2 * day_seconds;
/// The longest grace, in times of how far the machine is behind, given to jobs of long_seconds and more. Below, it
/// goes with the square root of the run time: as a wait that costs jobs of different length alike.
constexpr double grace = 3;
constexpr double long_seconds = 3000;
/// The span that is granted to a job: far behind, in times of how far; else plain.
constexpr double span_far_behind = 1;
constexpr double span_seconds = 3 * 3600;
/// What fills holes first.
constexpr double short_seconds = 1000;
/// How many submissions, and how many ended jobs, the averages remember.
constexpr double submissions_averaged = 64;
constexpr double ends_averaged = 1000;
/// As if the machine had been busy so long with jobs that took what was expected of them: the first few tell little.
constexpr double taken_as_expected_seconds = day_seconds;

double seconds(std::int64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }
std::int64_t microseconds(double seconds) { return std::llround(seconds * 1e6); }

}  // namespace

DueOrder::DueOrder(std::int64_t processors)
    : processors_(processors),
      free_(processors),
      expected_work_(taken_as_expected_seconds * static_cast<double>(processors)),
      taken_work_(expected_work_) {}

void DueOrder::submit(JobIndex job, const BatchRequest& request) {
  const std::int64_t now = request.submitted.microseconds();
  const auto processors = static_cast<std::int32_t>(request.processors);
  const double expected = run_times_.expected_seconds(request.user, request.limit);
  const double behind_now = behind_seconds(now);
  usually_behind_ += (behind_now - usually_behind_) / submissions_averaged;
  const double behind = std::max(
      usually_behind_, std::min(behind_now_max_seconds, times_behind_now * behind_now + beside_behind_now_seconds));
  const double given = grace * behind * std::sqrt(std::min(1.0, expected / long_seconds));
  const double span = far_behind() ? span_far_behind * behind : span_seconds;
  least_ = waiting_.empty() ? processors : std::min(least_, processors);
  waiting_.push_back(
      {processors, job, request.limit.microseconds(), now + microseconds(given), microseconds(span), expected});
  waiting_work_ += expected * processors;
  jobs_.push_back({0, 0, request.user});
}

void DueOrder::finish(JobIndex job, UnixTime now) {
  const Started& started = jobs_[job];
  const auto at = std::lower_bound(
      running_.begin(), running_.end(), started.limit_end,
      [job](const Running& r, std::int64_t end) { return r.limit_end != end ? r.limit_end < end : r.job < job; });
  ASSERT(at != running_.end() && at->job == job);
  free_ += at->processors;
  note_end(*at, seconds(now.microseconds()) - seconds(started.start));
  running_.erase(at);
  run_times_.note(started.user, now - UnixTime(started.start));
}

void DueOrder::note_end(const Running& ended, double took) {
  const double expected = ended.expected_end - seconds(jobs_[ended.job].start);
  const double kept = 1 - 1 / ends_averaged;
  expected_work_ = expected_work_ * kept + expected * ended.processors;
  taken_work_ = taken_work_ * kept + took * ended.processors;
}

void DueOrder::decide(UnixTime time, std::vector<JobIndex>& started) {
  const std::int64_t now = time.microseconds();
  while (!waiting_.empty() && free_ >= least_) {
    if (promised_ == nobody || !far_behind()) promised_ = waiting_[first_in_turn(now)].job;
    const std::size_t first = position_of(promised_);
    if (waiting_[first].processors > free_) {
      fill(promise_to(waiting_[first]), promised_, now, started);
      return;
    }
    start(first, now, started);
    promised_ = nobody;
  }
}

double DueOrder::behind_seconds(std::int64_t now) const {
  double work = waiting_work_;
  for (const Running& running : running_)
    work += std::max(0.0, running.expected_end - seconds(now)) * running.processors;
  const double taken_of_expected = std::min(1.0, taken_work_ / expected_work_);
  return std::max(0.0, work) * taken_of_expected / static_cast<double>(processors_);
}

bool DueOrder::far_behind() const { return usually_behind_ > far_behind_seconds; }

std::size_t DueOrder::first_in_turn(std::int64_t now) const {
  std::size_t earliest = 0;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (waiting_[i].due <= now) return i;
  }
  for (std::size_t i = 1; i < waiting_.size(); ++i) {
    if (waiting_[i].due < waiting_[earliest].due) earliest = i;
  }
  const std::int64_t until = waiting_[earliest].due + waiting_[earliest].span;
  std::size_t widest = earliest;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (waiting_[i].processors > waiting_[widest].processors && waiting_[i].due <= until) widest = i;
  }
  return widest;
}

std::size_t DueOrder::position_of(JobIndex job) const {
  const auto at = std::lower_bound(waiting_.begin(), waiting_.end(), job,
                                   [](const Waiting& waiting, JobIndex wanted) { return waiting.job < wanted; });
  ASSERT(at != waiting_.end() && at->job == job);
  return static_cast<std::size_t>(at - waiting_.begin());
}

DueOrder::Promise DueOrder::promise_to(const Waiting& first) const {
  std::int64_t free = free_;
  std::size_t i = 0;
  while (free < first.processors) free += running_[i++].processors;
  const std::int64_t at = running_[i - 1].limit_end;
  while (i < running_.size() && running_[i].limit_end == at) free += running_[i++].processors;
  return {at, free - first.processors};
}

bool DueOrder::fills_before(const Waiting& a, const Waiting& b) const {
  if (far_behind()) {
    const bool a_short = a.expected <= short_seconds;
    if (a_short != (b.expected <= short_seconds)) return a_short;
    const double a_size = a_short ? a.processors : seconds(a.limit) * a.processors;
    const double b_size = a_short ? b.processors : seconds(b.limit) * b.processors;
    if (a_size != b_size) return a_size > b_size;
  } else if (a.due != b.due) {
    return a.due < b.due;
  }
  return a.job < b.job;
}

void DueOrder::fill(const Promise& promise, JobIndex first, std::int64_t now, std::vector<JobIndex>& started) {
  fillers_.clear();
  least_ = INT32_MAX;
  for (const Waiting& job : waiting_) {
    least_ = std::min(least_, job.processors);
    if (job.processors > free_ || job.job == first) continue;
    if (job.limit <= promise.at - now || job.processors <= promise.left_over) fillers_.push_back(job);
  }
  std::sort(fillers_.begin(), fillers_.end(),
            [this](const Waiting& a, const Waiting& b) { return fills_before(a, b); });
  std::int64_t left_over = promise.left_over;
  for (const Waiting& job : fillers_) {
    if (job.processors > free_) continue;
    if (job.limit > promise.at - now) {
      if (job.processors > left_over) continue;
      left_over -= job.processors;
    }
    start(position_of(job.job), now, started);
  }
}

void DueOrder::start(std::size_t position, std::int64_t now, std::vector<JobIndex>& started) {
  const Waiting job = waiting_[position];
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(position));
  waiting_work_ = waiting_.empty() ? 0 : waiting_work_ - job.expected * job.processors;
  free_ -= job.processors;
  jobs_[job.job].start = now;
  jobs_[job.job].limit_end = now + job.limit;
  const Running running{now + job.limit, job.job, job.processors, seconds(now) + job.expected};
  const auto at = std::upper_bound(running_.begin(), running_.end(), running, [](const Running& a, const Running& b) {
    return a.limit_end != b.limit_end ? a.limit_end < b.limit_end : a.job < b.job;
  });
  running_.insert(at, running);
  started.push_back(job.job);
}

}  // namespace dayan::place
