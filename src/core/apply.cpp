#include <algorithm>
#include <type_traits>
#include <variant>

#include "core/core.h"
#include "ledger/ledger.h"
#include "model/run_time.h"

/// Events to rows. Nothing is decided here: what an event says has been checked.

namespace dayan::core {
namespace {

/// A copy of a row that must be there, to change and put back.
template <class Row, class Key>
Row copy_of(const Table<Row>& table, const Key& key) {
  const Row* row = table.find(key);
  ASSERT(row != nullptr);
  return *row;
}

std::tuple<JobId, std::int32_t, std::int32_t> key_of_attempt(const AttemptKey& key) {
  return {key.job, key.task, key.number};
}

/// How long a token is kept after its end: whoever wonders why it does no more still finds it in the list.
constexpr Duration ended_token_kept = Duration::hours(24 * 30);

/// With each new token those go that ended long ago: there are never more than are made in some months.
template <class Row>
void forget_ended(Table<Row>& tokens, UnixTime now) {
  std::vector<Digest> ended;
  tokens.visit_all([&](const Row& token) {
    if (token.expires_at + ended_token_kept <= now) ended.push_back(token.hash);
  });
  for (const Digest& hash : ended) tokens.erase({hash});
}

std::int64_t next_lease_sequence(State& state) {
  MetaRow meta = state.counters();
  ++meta.lease_sequence;
  const std::int64_t sequence = meta.lease_sequence;
  state.meta.put(meta);
  return sequence;
}

void on(State& state, const OrganisationCreated& event, UnixTime) { state.organisations.put(event.organisation); }
void on(State& state, const UserCreated& event, UnixTime) { state.users.put(event.user); }
void on(State& state, const TokenIssued& event, UnixTime now) {
  forget_ended(state.tokens, now);
  state.tokens.put(event.token);
}
void on(State& state, const CentreCreated& event, UnixTime) { state.centres.put(event.centre); }

void on(State& state, const CentreUpdated& event, UnixTime) {
  CentreRow centre = *state.centres.find({event.centre});
  centre.accepts = event.accepts;
  centre.latency = event.latency;
  centre.pue = event.pue;
  centre.carbon = event.carbon;
  centre.carbon_hours = event.carbon_hours;
  centre.bandwidth = event.bandwidth;
  state.centres.put(std::move(centre));
}

void on(State& state, const LinkMeasured& event, UnixTime) {
  CentreRow centre = *state.centres.find({event.centre});
  centre.bandwidth_measured = event.bandwidth;
  state.centres.put(std::move(centre));
}
void on(State& state, const CentreMapped& event, UnixTime) {
  CentreRow centre = *state.centres.find({event.centre});
  centre.maps = event.maps;
  state.centres.put(std::move(centre));
}
void on(State& state, const JoinTokenIssued& event, UnixTime now) {
  forget_ended(state.join_tokens, now);
  state.join_tokens.put(event.join_token);
}
void on(State& state, const PoolReported& event, UnixTime) { state.pools.put(event.pool); }
void on(State& state, const PoolGone& event, UnixTime) { state.pools.erase({event.centre, event.name}); }
void on(State& state, const LateReportKept& event, UnixTime) { state.late_reports.retire(event.report); }

void on(State& state, const ProjectCreated& event, UnixTime) {
  state.projects.put(event.project);
  state.project_names.put({event.project.organisation, event.project.name, event.project.id});
}

void on(State& state, const OrganisationWeighed& event, UnixTime) {
  OrganisationRow organisation = copy_of(state.organisations, std::tuple{event.organisation});
  organisation.weight = event.weight;
  state.organisations.put(std::move(organisation));
}

void on(State& state, const ProjectWeighed& event, UnixTime) {
  ProjectRow project = copy_of(state.projects, std::tuple{event.project});
  project.weight = event.weight;
  state.projects.put(std::move(project));
}

void on(State& state, const OfferPublished& event, UnixTime) {
  state.offers.put(event.offer);
  state.note_offer(event.offer);
}

void on(State& state, const TokenRevoked& event, UnixTime) {
  TokenRow token = copy_of(state.tokens, std::tuple{event.hash});
  token.revoked = true;
  state.tokens.put(std::move(token));
}

void on(State& state, const AgentEnrolled& event, UnixTime now) {
  JoinTokenRow join = copy_of(state.join_tokens, std::tuple{event.join_token});
  join.used = true;
  state.join_tokens.put(join);
  CentreRow centre = copy_of(state.centres, std::tuple{event.centre});
  centre.agent_key = event.agent_key;
  ++centre.agent_epoch;
  centre.report_sequence = 0;
  state.centres.put(std::move(centre));
  forget_ended(state.tokens, now);
  state.tokens.put(event.token);
}

void on(State& state, const EntryPosted& event, UnixTime) {
  MetaRow meta = state.counters();
  ++meta.entries;
  ASSERT(event.entry.id.value() == meta.entries);
  state.meta.put(meta);
  const EntryRow& entry = event.entry;
  ledger::apply(state.accounts, state.holds, entry);
  if (entry.debit_kind == AccountKind::bank && !entry.reference.empty())
    state.payments.retire({entry.reference, entry.credit_owner, entry.amount, entry.id, entry.at});
  state.entries.retire(entry);
}

void on(State& state, const JobSubmitted& event, UnixTime) {
  state.jobs.put(event.job);
  state.note_job(event.job);
  state.payloads.retire({event.job.id, event.payload});
}

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

void on(State& state, const SeriesStarted& event, UnixTime) {
  state.series.put(event.series);
  state.note_series(event.series);
}

/// The time of this round has come; when that of the next one will, if there is one.
void advance_series(State& state, SeriesRow series, std::int32_t round) {
  state.forget_series(series);
  series.round = round;
  series.next_at = round < series.times ? series.due(round + 1) : UnixTime();
  if (!series.next_at.is_none()) state.note_series(series);
  state.series.put(std::move(series));
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

void on(State& state, const ReservationAdded& event, UnixTime) {
  state.reservations.put(event.reservation);
  state.note_reservation(event.reservation);
}

void on(State& state, const ReservationRemoved& event, UnixTime) {
  const ReservationRow row = copy_of(state.reservations, std::tuple{event.reservation});
  state.forget_reservation(row);
  state.reservations.erase(row.key());
}

void on(State& state, const ReservationEnded& event, UnixTime) {
  ReservationRow row = copy_of(state.reservations, std::tuple{event.reservation});
  state.forget_reservation(row);
  state.reservations.retire(std::move(row));
}

/// From the first lease of a job at a centre on it is kept what becomes of its inputs there.
void note_transfer(State& state, const LeaseRow& lease) {
  const TransferRow* known = state.transfers.find({lease.job, lease.centre});
  if (known != nullptr && lease.transfer.is_zero()) return;
  TransferRow row = known != nullptr ? *known : TransferRow{lease.job, lease.centre, Bytes()};
  row.is_held = row.is_held || !lease.transfer.is_zero();
  state.transfers.put(row);
}

/// An attempt that the engine has had had all its inputs. Of one that ended without a start nobody knows.
bool has_inputs(const AttemptReport& report) {
  if (report.state == AttemptState::ended) return !report.started_at.is_none() || !may_retry(report.outcome);
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
  row.is_settled = !may_retry(outcome);
  state.transfers.put(row);
}

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

/// Run time of a succeeded task as the reference core would have taken it, in µs.
std::int64_t reference_run(const State& state, const AttemptRow& attempt, Duration run) {
  const PoolRow* pool = state.pools.find({attempt.centre, attempt.pool});
  const std::int64_t capability = pool == nullptr || pool->core_capability.is_zero() ? reference_capability
                                                                                      : pool->core_capability.value();
  const Result<std::int64_t> scaled = mul_div(run.microseconds(), capability, reference_capability, Rounding::down);
  return scaled ? *scaled : run.microseconds();
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
  add_use(usage, lease.resources, now - run, now);
  state.usage.put(std::move(usage));
}

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
  if (event.task_becomes == TaskState::succeeded) job.run_time_sum += reference_run(state, attempt, event.billed_run);
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

}  // namespace

void apply(State& state, const Event& event, UnixTime now) {
  MetaRow meta = state.counters();
  meta.last_now = now;
  ++meta.events;
  state.meta.put(meta);
  std::visit([&](const auto& each) { on(state, each, now); }, event);
}

}  // namespace dayan::core
