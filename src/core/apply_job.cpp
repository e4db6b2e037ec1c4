#include <utility>

#include "core/apply.h"

/// Jobs, and the series that submit them.

namespace dayan::core {
namespace {

/// Ends every task of the job that waits, as `end`. Returns how many those were.
std::int32_t end_waiting_tasks(State& state, JobRow& job, TaskState end) {
  std::vector<TaskRow> waiting;
  state.tasks.visit_from({job.id, 0}, [&](const TaskRow& task) {
    if (task.job != job.id) return false;
    if (task.state == TaskState::waiting) waiting.push_back(task);
    return true;
  });
  for (TaskRow& task : waiting) {
    task.state = end;
    state.tasks.retire(task);
  }
  ASSERT(std::cmp_equal(waiting.size(), job.retrying));
  const std::int32_t ended = job.retrying + (job.count - job.next_task);
  job.retrying = 0;
  job.next_task = job.count;
  return ended;
}

/// The time of this round has come; when that of the next one will, if there is one.
void advance_series(State& state, SeriesRow series, std::int32_t round) {
  state.forget_series(series);
  series.round = round;
  series.next_at = round < series.times ? series.due(round + 1) : UnixTime();
  if (!series.next_at.is_none()) state.note_series(series);
  state.series.put(std::move(series));
}

}  // namespace

void on(State& state, const JobSubmitted& event, UnixTime) {
  state.jobs.put(event.job);
  state.note_job(event.job);
  state.payloads.retire({event.job.id, event.payload});
}

void on(State& state, const JobCancelRequested& event, UnixTime) {
  JobRow job = copy_of(state.jobs, std::tuple{event.job});
  state.forget_job(job);
  job.cancelled += end_waiting_tasks(state, job, TaskState::cancelled);
  job.state = JobState::cancelling;
  state.jobs.put(std::move(job));
}

void on(State& state, const JobGaveUp& event, UnixTime) {
  JobRow job = copy_of(state.jobs, std::tuple{event.job});
  state.forget_job(job);
  job.failed += end_waiting_tasks(state, job, TaskState::failed);
  job.gave_up = event.why;
  state.jobs.put(std::move(job));
  // What runs of it goes on: it could not wait again.
  std::vector<LeaseRow> leases;
  state.leases.visit_from({event.job, 0, 0}, [&](const LeaseRow& lease) {
    if (lease.job != event.job) return false;
    if (lease.reclaimable && lease.reclaimed_at.is_none()) leases.push_back(lease);
    return true;
  });
  for (LeaseRow& lease : leases) {
    lease.reclaimable = false;
    lease.sequence = next_lease_sequence(state);
    state.leases.put(std::move(lease));
  }
}

void on(State& state, const JobLatestStartMoved& event, UnixTime) {
  JobRow job = copy_of(state.jobs, std::tuple{event.job});
  state.forget_job(job);
  job.latest_start = event.latest_start;
  state.note_job(job);
  state.jobs.put(std::move(job));
}

void on(State& state, const JobEnded& event, UnixTime now) {
  JobRow job = copy_of(state.jobs, std::tuple{event.job});
  state.forget_job(job);
  std::vector<TransferRow> transfers;
  if (!job.input_bytes.is_zero()) {
    state.transfers.visit_from({job.id, CentreId()}, [&](const TransferRow& row) {
      if (row.job == job.id) transfers.push_back(row);
      return row.job == job.id;
    });
  }
  for (const TransferRow& row : transfers) state.transfers.retire(row);
  if (!job.series.is_none()) state.live_rounds.erase({job.series, job.id});
  job.state = event.state;
  job.ended_at = now;
  state.jobs.retire(std::move(job));
}

void on(State& state, const SeriesStarted& event, UnixTime) {
  state.series.put(event.series);
  state.note_series(event.series);
}

void on(State& state, const RoundSubmitted& event, UnixTime) {
  MetaRow meta = state.counters();
  ++meta.rounds;
  state.meta.put(meta);
  SeriesRow series = copy_of(state.series, std::tuple{event.job.series});
  series.newest = event.job.id;
  advance_series(state, std::move(series), event.job.round);
  state.jobs.put(event.job);
  state.note_job(event.job);
}

void on(State& state, const RoundsSkipped& event, UnixTime) {
  SeriesRow series = copy_of(state.series, std::tuple{event.series});
  series.skipped += event.up_to - series.round;
  advance_series(state, std::move(series), event.up_to);
}

void on(State& state, const SeriesEnded& event, UnixTime now) {
  SeriesRow series = copy_of(state.series, std::tuple{event.series});
  if (!series.next_at.is_none()) state.forget_series(series);
  series.next_at = UnixTime();
  series.end = event.why;
  series.ended_at = now;
  state.series.retire(std::move(series));
}

}  // namespace dayan::core
