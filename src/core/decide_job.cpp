#include <algorithm>

#include "core/draft.h"
#include "model/rack.h"
#include "model/run_time.h"
#include "model/transfer.h"
#include "trade/rating.h"

/// Submission, cancelling and the end of jobs.

namespace dayan::core {
namespace {

/// The least that any priced centre would hold for one task leased at `start` or at a cheaper hour after, its part of
/// the inputs with it; nullopt when there is no offer at all.
std::optional<Cny> least_hold(const State& state, const JobRow& job, UnixTime start) {
  const Requirements& requirements = job.requirements;
  std::optional<Cny> least;
  state.current_offers.visit_all([&](const CurrentOffer& current) {
    const OfferRow* offer = state.offers.find({current.offer});
    ASSERT(offer != nullptr);
    const OfferRow part = part_of(cheapest_hour(*offer), price_part_of(*offer, requirements.reclaimable));
    // Where the inputs could not cross by the deadline it counts as the shortest lease: others may be nearer.
    const Duration wall_time =
        std::max(wall_time_limit_min, lease_wall_time(requirements.wall_time, requirements.finish_by, start,
                                                      staging_of(state, job, current.centre)));
    const Result<Cny> hold =
        trade::hold_for(part, requirements.resources, wall_time, transfer_to_hold(state, job, current.centre));
    if (hold && (!least || *hold < *least)) least = *hold;
  });
  return least;
}

/// Whether the price cap pays for no further task, when every centre holds at least so much for one. With a deadline
/// that is never for good: the nearer it comes, the less is held, until it is missed.
bool is_above_cap(const Requirements& requirements, Cny charged, Cny least) {
  return requirements.price_cap && requirements.finish_by.is_none() && charged + least > *requirements.price_cap;
}

/// Whether a pool could ever run a task, by what its nodes are. What else may rule it out is left out: a job is given
/// up too late rather than too early.
bool is_large_enough(const PoolRow& pool, const Requirements& needs) {
  const Resources& want = needs.resources;
  return want.cores <= pool.cores_per_node && want.memory <= pool.memory_per_node &&
         want.cards <= pool.cards_per_node && has_nodes_for(pool, want) &&
         needs.wall_time <= pool.wall_time_max;
}

/// The latest start from which some pool is expected to end a task by the deadline: there is one. Without any pool that
/// is large enough, the latest that any could meet.
UnixTime latest_start(const State& state, const JobRow& job) {
  const Requirements& needs = job.requirements;
  const Learned learned{job.succeeded, job.run_time_sum};
  std::optional<Duration> least;
  state.pools.visit_all([&](const PoolRow& pool) {
    if (!is_large_enough(pool, needs)) return;
    const Duration needed = needed_time(expected_run(needs, learned, pool), staging_of(state, job, pool.centre));
    if (!least || needed < *least) least = needed;
  });
  return needs.finish_by - least.value_or(needed_time(Duration()));
}

/// What of the job's own times cannot be kept any more.
void check_times(const Requirements& needs, UnixTime now, Faults& faults) {
  const auto fault = [&](const char* field, std::string wrong, std::string right) {
    faults.push_back({ErrorCode::invalid, std::string("requirements.") + field, std::move(wrong), std::move(right)});
  };
  if (needs.not_before > now + wait_limit_max)
    fault("not_before", to_text(needs.not_before) + " lies more than " + to_text(wait_limit_max) + " ahead",
          "submit it later, or let it start earlier");
  if (needs.finish_by.is_none() || needs.finish_by <= needs.not_before) return;  // that is a fault of its own
  const UnixTime start = std::max(needs.not_before, now);
  if (needs.finish_by <= now) {
    fault("finish_by", to_text(needs.finish_by) + " is over", "give a deadline that is to come");
  } else if (!meets_deadline(needs.finish_by, start, Duration())) {
    fault("finish_by",
          "leaves " + to_text(needs.finish_by - start) + ", and a centre may take " + to_text(lease_start_allowance) +
              " to start a task",
          "give at least " + to_text(needed_time(Duration())) + " from the earliest start on");
  }
}

}  // namespace

Decided<void> decide_on(Draft& draft, const Actor& actor, const SubmitJob& command) {
  TRY_VOID(require_scope(actor, Scope::submit));
  TRY_VOID(require_role(draft.state(), actor, &OrganisationRow::is_customer));
  Faults faults = check(command.spec);
  check_times(command.spec.requirements, draft.now(), faults);
  check_series(command.spec, draft.now(), faults);
  const ProjectName* project = draft.state().project_names.find({actor.organisation, command.project});
  if (project == nullptr) {
    faults.push_back({ErrorCode::invalid, "project",
                      "your organisation has no project '" + command.project.substr(0, name_length_max) + "'",
                      "create it first, or leave it out for 'default'"});
  }
  if (!faults.empty()) return refuse(std::move(faults));

  TRY_VOID(require_fresh(draft.state().jobs, command.id));
  const JobSpec& spec = command.spec;
  JobRow job;
  job.id = command.id;
  job.organisation = actor.organisation;
  job.project = project->project;
  job.user = actor.user;
  job.name = spec.name;
  job.count = spec.count;
  job.throttle = spec.throttle;
  job.requirements = spec.requirements;
  job.input_bytes = input_bytes_of(spec.payload.inputs);
  const AccountRow* wallet = draft.state().accounts.find({AccountKind::customer_wallet, actor.organisation});
  const Cny available = wallet == nullptr ? Cny() : wallet->available();
  const std::optional<Cny> least =
      least_hold(draft.state(), job, std::max(draft.now(), spec.requirements.not_before));
  if (least && available < *least) {
    return refuse(RefusalReason::insufficient_funds,
                  "the wallet has " + to_text(available) + " yuan available; one task holds at least " +
                      to_text(*least) + " yuan",
                  "top up the wallet by " + to_text(*least - available) + " yuan, or ask for less wall time");
  }
  if (least && is_above_cap(spec.requirements, Cny(), *least)) {
    return refuse(RefusalReason::invalid,
                  to_text(*spec.requirements.price_cap) + " yuan pay for no task; one holds at least " +
                      to_text(*least) + " yuan, wherever it runs",
                  "give at least " + to_text(*least) + ", or ask for less wall time", "requirements.price_cap");
  }
  set_times(draft.state(), job, spec.wait_max, draft.now());
  const bool is_series = spec.every > Duration();
  if (is_series) {
    job.series = job.id;
    job.round = 1;
    job.rounds = spec.times;
  }
  draft.emit(JobSubmitted{job, spec.payload});
  if (is_series) start_series(draft, spec, job);
  draft.decision.job = command.id;
  return {};
}

void set_times(const State& state, JobRow& job, Duration wait_max, UnixTime now) {
  job.submitted_at = now;
  job.waits_until = std::max(now, job.requirements.not_before) + wait_max;
  if (!job.requirements.finish_by.is_none()) job.latest_start = latest_start(state, job);
}

Decided<void> decide_cancel(Draft& draft, const Actor& actor, const CancelJob& command, const Fetched& fetched) {
  TRY_VOID(require_scope(actor, Scope::submit));
  const JobRow* job = draft.state().jobs.find({command.id});
  if (job == nullptr) {
    const auto ended = std::ranges::find(fetched.jobs, command.id, &JobRow::id);
    if (ended != fetched.jobs.end() && ended->organisation == actor.organisation) {
      draft.decision.job = command.id;
      if (command.series) return end_series(draft, *ended);
      return refuse(RefusalReason::wrong_state,
                    "the job has ended already: " + std::string(to_text(ended->state)), "nothing is left to cancel");
    }
  }
  if (job == nullptr || job->organisation != actor.organisation) {
    return refuse(RefusalReason::not_found, "your organisation has no job " + to_text(command.id),
                  "look at the list of jobs");
  }
  draft.decision.job = command.id;
  if (command.series) return end_series(draft, JobRow(*job));
  cancel(draft, command.id);
  return {};
}

void cancel(Draft& draft, JobId id) {
  const JobRow* job = draft.state().jobs.find({id});
  ASSERT(job != nullptr);
  if (job->state == JobState::cancelling) return;
  draft.emit(JobCancelRequested{id});
  std::vector<AttemptKey> live;
  draft.state().leases.visit_from({id, 0, 0}, [&](const LeaseRow& lease) {
    if (lease.job != id) return false;
    live.push_back(lease.attempt());
    return true;
  });
  for (const AttemptKey& attempt : live) draft.emit(LeaseStopRequested{attempt});
  end_job_if_done(draft, id);
}

Bytes transfer_to_hold(const State& state, const JobRow& job, CentreId centre) {
  return job.input_bytes.is_zero() ? Bytes()
                                   : bytes_to_hold(job.input_bytes, state.transfers.find({job.id, centre}));
}

Duration staging_of(const State& state, const JobRow& job, CentreId id) {
  if (job.input_bytes.is_zero()) return {};
  const CentreRow* centre = state.centres.find({id});
  ASSERT(centre != nullptr);
  return staging_allowance(bytes_to_move(job.input_bytes, state.transfers.find({job.id, id})), centre->link());
}

void give_up(Draft& draft, JobId id, GaveUp why) {
  draft.emit(JobGaveUp{id, why});
  end_job_if_done(draft, id);
}

void give_up_late(Draft& draft, JobId id) {
  const JobRow* job = draft.state().jobs.find({id});
  ASSERT(job != nullptr);
  const UnixTime latest = latest_start(draft.state(), *job);
  if (latest <= draft.now()) return give_up(draft, id, GaveUp::deadline);
  draft.emit(JobLatestStartMoved{id, latest});
}

void give_up_above_cap(Draft& draft, JobId id) {
  const JobRow* job = draft.state().jobs.find({id});
  if (job == nullptr || job->live > 0 || job->gave_up != GaveUp::no || !job->requirements.price_cap) return;
  const std::optional<Cny> least = least_hold(draft.state(), *job, draft.now());
  if (least && is_above_cap(job->requirements, job->charged, *least)) give_up(draft, id, GaveUp::price_cap);
}

void end_job_if_done(Draft& draft, JobId id) {
  const JobRow* job = draft.state().jobs.find({id});
  ASSERT(job != nullptr);
  if (job->succeeded + job->failed + job->cancelled < job->count) return;
  ASSERT(job->live == 0 && job->retrying == 0);
  const JobState end = job->state == JobState::cancelling ? JobState::cancelled
                       : job->failed > 0                   ? JobState::failed
                                                           : JobState::succeeded;
  draft.emit(JobEnded{id, end});
}

}  // namespace dayan::core
