#include <algorithm>

#include "core/apply.h"
#include "model/run_time.h"

/// Leases, their attempts, and what becomes of tasks, inputs and shares by them.

namespace dayan::core {
namespace {

/// From the first lease of a job at a centre on it is kept what becomes of its inputs there.
void note_transfer(State& state, const LeaseRow& lease) {
  const TransferRow* known = state.transfers.find({lease.job, lease.centre});
  if (known != nullptr && lease.transfer.is_zero()) return;
  TransferRow row = known != nullptr ? *known : TransferRow{lease.job, lease.centre, Bytes()};
  row.is_held = row.is_held || !lease.transfer.is_zero();
  state.transfers.put(row);
}

/// An attempt that the engine has had had all its inputs. Of one that ended without a start nobody knows, and what was
/// stopped or taken back may have been so while they crossed.
bool has_inputs(const AttemptReport& report) {
  const bool may_be_unstarted =
      may_retry(report.outcome) || report.outcome == Outcome::stopped || report.outcome == Outcome::reclaimed;
  if (report.state == AttemptState::ended) return !report.started_at.is_none() || !may_be_unstarted;
  return report.state > AttemptState::staging;
}

void note_fetched(State& state, const AttemptRow& before, const AttemptReport& report) {
  const TransferRow* known = state.transfers.find({before.job, before.centre});
  if (known == nullptr) return;  // the job has no inputs
  TransferRow row = *known;
  const Bytes inputs = state.jobs.find({before.job})->input_bytes;
  row.fetched += std::min(report.fetched - before.fetched, inputs - row.fetched);
  row.is_there = row.is_there || has_inputs(report);
  if (row != *known) state.transfers.put(row);
}

/// The hold that covered a job's inputs is resolved: they are paid, or the next lease there covers them.
void settle_transfer(State& state, const LeaseRow& lease, Outcome outcome) {
  if (lease.transfer.is_zero()) return;
  TransferRow row = copy_of(state.transfers, std::tuple{lease.job, lease.centre});
  row.is_held = false;
  row.is_settled = pays_inputs(row, outcome);
  state.transfers.put(row);
}

/// The run of a succeeded task as the reference would have taken it, in µs.
std::int64_t learned_run(const State& state, const JobRow& job, const AttemptRow& attempt, Duration run) {
  const PoolRow* pool = state.pools.find({attempt.centre, attempt.pool});
  return reference_run(run, speed_on(pool != nullptr ? *pool : PoolRow(), job.requirements.resources));
}

void end_task(State& state, JobRow& job, const AttemptSettled& event, const AttemptRow& attempt) {
  TaskRow task = copy_of(state.tasks, std::tuple{event.attempt.job, event.attempt.task});
  task.state = event.task_becomes;
  task.not_before = event.not_before;
  // However it ended then.
  const bool is_taken_back = !attempt.reclaimed_at.is_none();
  if (is_taken_back) ++task.reclaims;
  if (!is_taken_back && event.outcome == Outcome::start_refused) ++task.refusals;
  if (event.task_becomes == TaskState::waiting) {
    // Whoever was taken back has nothing against the centre.
    if (event.outcome != Outcome::reclaimed) task.avoid = attempt.centre;
    ++job.retrying;
    state.tasks.put(task);
    return;
  }
  if (event.task_becomes == TaskState::succeeded) ++job.succeeded;
  if (event.task_becomes == TaskState::failed) ++job.failed;
  if (event.task_becomes == TaskState::cancelled) ++job.cancelled;
  state.tasks.retire(task);
}

/// What a settled attempt used, as far as it is billed: what the provider bears, nobody's share grows by.
void note_usage(State& state, const JobRow& job, const LeaseRow& lease, Duration run, UnixTime now) {
  if (run <= Duration()) return;
  const UsageRow* known = state.usage.find({job.project});
  UsageRow usage = known != nullptr ? *known : UsageRow{job.project, job.organisation, usage_period(now)};
  const PoolRow* pool = state.pools.find({lease.centre, lease.pool});
  add_use(usage, lease.resources, pool != nullptr ? pool->card_capability : Capability(), now - run, now);
  state.usage.put(usage);
}

}  // namespace

void on(State& state, const LeaseGranted& event, UnixTime now) {
  LeaseRow lease = event.lease;
  lease.sequence = next_lease_sequence(state);
  JobRow job = copy_of(state.jobs, std::tuple{lease.job});
  if (lease.number == 1) {
    ASSERT(job.next_task == lease.task);
    ++job.next_task;
  } else {
    --job.retrying;
  }
  ++job.live;
  job.held += lease.held;
  job.state = JobState::running;
  if (!job.input_bytes.is_zero()) note_transfer(state, lease);
  state.jobs.put(std::move(job));

  const TaskRow* before = state.tasks.find({lease.job, lease.task});
  TaskRow task{lease.job, lease.task, TaskState::leased, lease.number, UnixTime(), CentreId()};
  if (before != nullptr) {
    task.reclaims = before->reclaims;
    task.refusals = before->refusals;
  }
  state.tasks.put(task);
  AttemptRow attempt;
  attempt.job = lease.job;
  attempt.task = lease.task;
  attempt.number = lease.number;
  attempt.centre = lease.centre;
  attempt.pool = lease.pool;
  attempt.offer = event.offer;
  attempt.granted_at = now;
  state.attempts.put(std::move(attempt));
  state.placements.retire(event.placement);
  state.note_lease(lease);
  state.leases.put(std::move(lease));
}

void on(State& state, const LeaseStopRequested& event, UnixTime) {
  LeaseRow lease = copy_of(state.leases, key_of_attempt(event.attempt));
  lease.desired = Desired::stop;
  lease.sequence = next_lease_sequence(state);
  state.leases.put(std::move(lease));
}

void on(State& state, const LeaseReclaimed& event, UnixTime now) {
  LeaseRow lease = copy_of(state.leases, key_of_attempt(event.attempt));
  lease.reclaimed_at = now;
  lease.sequence = next_lease_sequence(state);
  state.leases.put(std::move(lease));
  AttemptRow attempt = copy_of(state.attempts, key_of_attempt(event.attempt));
  attempt.reclaimed_at = now;
  attempt.reclaimed_for = event.by;
  state.attempts.put(std::move(attempt));
}

void on(State& state, const ReportTaken& event, UnixTime) {
  CentreRow centre = copy_of(state.centres, std::tuple{event.centre});
  centre.report_sequence = event.sequence;
  state.centres.put(std::move(centre));
}

void on(State& state, const AttemptObserved& event, UnixTime now) {
  const AttemptReport& report = event.report;
  AttemptRow attempt = copy_of(state.attempts, key_of_attempt(report.attempt));
  note_fetched(state, attempt, report);
  attempt.fetched = report.fetched;
  attempt.fetch_time = report.fetch_time;
  attempt.state = std::max(attempt.state, report.state);
  if (!report.engine_id.empty()) attempt.engine_id = report.engine_id;
  attempt.exit_code = report.exit_code;
  if (!report.failure.empty()) attempt.failure = report.failure;
  if (!report.started_at.is_none()) attempt.started_at = report.started_at;
  if (!report.ended_at.is_none()) attempt.ended_at = report.ended_at;
  attempt.engine_run = report.engine_run;
  attempt.wrapper_run = report.wrapper_run;
  attempt.memory_peak = std::max(attempt.memory_peak, report.memory_peak);
  attempt.reported_at = now;
  for (const OutputFile& output : report.outputs) {
    state.outputs.retire({attempt.job, attempt.task, attempt.number, output.path, output.digest, output.size});
  }
  state.attempts.put(std::move(attempt));
}

void on(State& state, const LateReportKept& event, UnixTime) { state.late_reports.retire(event.report); }

void on(State& state, const AttemptSettled& event, UnixTime now) {
  LeaseRow lease = copy_of(state.leases, key_of_attempt(event.attempt));
  AttemptRow attempt = copy_of(state.attempts, key_of_attempt(event.attempt));
  JobRow job = copy_of(state.jobs, std::tuple{event.attempt.job});
  for (const ChargeRow& charge : event.charges) {
    attempt.charged += charge.amount;
    state.charges.retire(charge);
  }
  attempt.state = AttemptState::ended;
  attempt.outcome = event.outcome;
  attempt.billed_run = event.billed_run;
  if (attempt.ended_at.is_none()) attempt.ended_at = now;
  --job.live;
  job.held -= lease.held;
  job.charged += attempt.charged;
  if (event.task_becomes == TaskState::succeeded)
    job.run_time_sum += learned_run(state, job, attempt, event.billed_run);
  end_task(state, job, event, attempt);
  note_usage(state, job, lease, event.billed_run, now);
  settle_transfer(state, lease, event.outcome);
  state.forget_lease(lease);
  lease.desired = Desired::ended;
  lease.sequence = next_lease_sequence(state);
  state.leases.retire(std::move(lease));
  state.attempts.retire(std::move(attempt));
  state.jobs.put(std::move(job));
}

}  // namespace dayan::core
