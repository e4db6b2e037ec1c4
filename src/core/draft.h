#pragma once

#include <string>
#include <utility>

#include "core/core.h"

/// What `decide` works on. Inside the room only.

namespace dayan::core {

/// A State over the real one: each event is applied to it as it is emitted, so that the next check of the same command
/// sees its effect. The real State does not change.
class Draft {
 public:
  Draft(const State& base, UnixTime now) : state_(State::over(base)), now_(now) {}

  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] UnixTime now() const { return now_; }
  [[nodiscard]] EntryId next_entry() const { return EntryId(state_.counters().entries + 1); }

  void emit(Event event) {
    apply(state_, event, now_);
    decision.events.push_back(std::move(event));
  }
  /// Completes an entry that the ledger made, and emits it.
  void emit_entry(EntryRow entry, const AttemptKey& about, std::string reference = {}) {
    entry.at = now_;
    entry.job = about.job;
    entry.task = about.task;
    entry.number = about.job.is_none() ? 0 : about.number;
    entry.reference = std::move(reference);
    emit(EntryPosted{std::move(entry)});
  }

  Decision decision;

 private:
  State state_;
  UnixTime now_;
};

// Checks that several commands share.
[[nodiscard]] Decided<void> require_scope(const Actor& actor, Scope scope);
[[nodiscard]] Decided<void> require_host(const Actor& actor);
/// The acting organisation, with a role.
[[nodiscard]] Decided<const OrganisationRow*> require_role(const State& state, const Actor& actor,
                                                           bool OrganisationRow::*role);
/// An id that the host made must be new: one that was given out before would overwrite its first owner.
template <class Row, class IdType>
[[nodiscard]] Decided<void> require_fresh(const Table<Row>& table, IdType id) {
  if (!id.is_none() && !table.contains({id})) return {};
  return refuse(RefusalReason::already_exists, to_text(id) + " was given out before", "try again");
}
/// A centre by name that the actor's organisation owns.
[[nodiscard]] Decided<const CentreRow*> own_centre(const State& state, const Actor& actor, const std::string& name);
/// [a-z0-9-], 1 to 64, beginning with a letter or digit.
[[nodiscard]] Decided<void> require_name(const std::string& name, const char* field);
[[nodiscard]] const OrganisationRow* organisation_by_name(const State& state, const std::string& name);

// The commands, by room of their subject.
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const Bootstrap& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const CreateOrganisation& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const CreateProject& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const WeighOrganisation& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const WeighProject& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const CreateToken& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const RevokeToken& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const ReissueToken& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const RenewAgentToken& command);
[[nodiscard]] Decided<void> decide_top_up(Draft& draft, const Actor& actor, const TopUpWallet& command,
                                          const Fetched& fetched);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const CreateCentre& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const CreateJoinToken& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const EnrolAgent& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const UpdateCentre& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const AddReservation& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const RemoveReservation& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const PublishOffer& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const ReportPools& command);
[[nodiscard]] Decided<void> decide_on(Draft& draft, const Actor& actor, const SubmitJob& command);
[[nodiscard]] Decided<void> decide_cancel(Draft& draft, const Actor& actor, const CancelJob& command,
                                          const Fetched& fetched);
[[nodiscard]] Decided<void> decide_plan(Draft& draft, const Actor& actor, const CommitPlan& command, PlantedBug bug);
[[nodiscard]] Decided<void> decide_report(Draft& draft, const Actor& actor, const ReportAttempts& command,
                                          const Fetched& fetched, PlantedBug bug);
[[nodiscard]] Decided<void> decide_tick(Draft& draft, const Actor& actor, PlantedBug bug);

/// Ends an attempt whose final observation is in its row: charges at most what was held, releases the rest, and either
/// ends its task or lets it wait for another attempt. Ends the job with its last task.
void settle(Draft& draft, const AttemptKey& attempt, Outcome outcome, PlantedBug bug);
/// Takes a lease back for a job that waits, where the rows still let it.
void take_back(Draft& draft, const Reclaim& reclaim, PlantedBug bug);
/// Emits JobEnded when nothing of the job waits or runs any more.
void end_job_if_done(Draft& draft, JobId job);
/// What of the job's inputs the hold of a lease granted at this centre now must cover.
[[nodiscard]] Bytes transfer_to_hold(const State& state, const JobRow& job, CentreId centre);
/// By how much later than others such a lease may start, so that what is not there yet can cross.
[[nodiscard]] Duration staging_of(const State& state, const JobRow& job, CentreId centre);
/// Gives up what waits of a job, and ends it when nothing of it runs.
void give_up(Draft& draft, JobId job, GaveUp why);
/// The time has come by which a lease must have been granted to meet the job's deadline: gives up what waits of it,
/// unless a later start can still meet it, since pools or what is known of its run time have changed.
void give_up_late(Draft& draft, JobId job);
/// Gives up what waits of a job of which nothing runs, when its price cap pays for no further task at any price that
/// is offered.
void give_up_above_cap(Draft& draft, JobId job);

/// When the job was submitted, and by when what waits of it is given up.
void set_times(const State& state, JobRow& job, Duration wait_max, UnixTime now);
/// Stops all of a live job.
void cancel(Draft& draft, JobId job);

// decide_series.cpp
/// What of a series' times cannot be kept any more.
void check_series(const JobSpec& spec, UnixTime now, Faults& faults);
void start_series(Draft& draft, const JobSpec& spec, const JobRow& first);
/// The time of a further round has come. Rounds whose own is over too are skipped: of those that the platform missed,
/// the newest alone is submitted.
void submit_round(Draft& draft, JobId series);
/// Ends the series of which this is a round, with all its rounds that have not ended.
[[nodiscard]] Decided<void> end_series(Draft& draft, const JobRow& job);

}  // namespace dayan::core
