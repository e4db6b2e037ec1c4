#include <algorithm>

#include "base/scan.h"
#include "core/draft.h"
#include "model/transfer.h"

/// What agents report, and what becomes of leases of which nothing is heard.

namespace dayan::core {
namespace {

constexpr std::size_t tick_batch_max = 1'000;
constexpr std::size_t failure_bytes_max = 4'096;
constexpr std::size_t engine_id_bytes_max = 128;
/// PlantedBug::placed_before_lease_end: how long a silent attempt is given before it is declared lost.
constexpr Duration planted_patience = Duration::seconds(60);

Decided<void> check_agent(const CentreRow& centre, const ReportAttempts& command) {
  if (command.agent_epoch != centre.agent_epoch) {
    return refuse(RefusalReason::stale_agent,
                  "this agent enrolled as number " + std::to_string(command.agent_epoch) +
                      "; the centre's newest is number " + std::to_string(centre.agent_epoch),
                  "stop this agent: another has taken its place", "agent_epoch");
  }
  if (command.reports.size() > reports_max) {
    return refuse(RefusalReason::invalid, "too many reports at once", "at most 1,000", "reports");
  }
  return {};
}

/// Faults of one report of a live attempt.
void check_report(const AttemptRow& attempt, const AttemptReport& report, const std::string& path, PlantedBug bug,
                  Faults& faults) {
  const auto check_counter = [&](const char* name, Duration before, Duration now) {
    if (now < Duration()) {
      faults.push_back({ErrorCode::invalid, path + name, "negative", "a cumulative run time"});
    } else if (now < before && bug != PlantedBug::counter_back_accepted) {
      faults.push_back({ErrorCode::invalid, path + name,
                        "went back from " + to_text(before) + " to " + to_text(now),
                        "cumulative counters never go back"});
    }
  };
  check_counter(".engine_run", attempt.engine_run, report.engine_run);
  check_counter(".wrapper_run", attempt.wrapper_run, report.wrapper_run);
  check_counter(".fetch_time", Duration(), report.fetch_time);
  if (report.fetched < Bytes() || report.fetched > bytes_max) {
    faults.push_back({ErrorCode::invalid, path + ".fetched",
                      std::to_string(report.fetched.value()) + " is out of range",
                      "bytes fetched so far, at most " + to_text(bytes_max)});
  }
  if ((report.state == AttemptState::ended) != (report.outcome != Outcome::none)) {
    faults.push_back({ErrorCode::invalid, path + ".outcome", "an outcome without an end, or an end without one",
                      "give an outcome exactly when the state is 'ended'"});
  }
  if (report.outcome == Outcome::reclaimed && attempt.reclaimed_at.is_none()) {
    faults.push_back({ErrorCode::invalid, path + ".outcome", "its lease was not taken back",
                      "the outcome that it had: 'stopped' or 'exited'"});
  }
  if (report.state == AttemptState::leased) {
    faults.push_back({ErrorCode::invalid, path + ".state", "'leased' is the hub's word",
                      "staging, queued, running or ended"});
  }
  if (report.memory_peak < Bytes(0)) {
    faults.push_back({ErrorCode::invalid, path + ".memory_peak", "negative", "bytes, zero when unknown"});
  }
  const auto check_text = [&](const char* name, const std::string& text, std::size_t most) {
    if (text.size() <= most) return;
    faults.push_back({ErrorCode::invalid, path + name,
                      "a text of " + std::to_string(text.size()) + " bytes is too long",
                      "at most " + std::to_string(most) + " bytes"});
  };
  check_text(".failure", report.failure, failure_bytes_max);
  check_text(".engine_id", report.engine_id, engine_id_bytes_max);
  if (!report.outputs.empty() && report.state != AttemptState::ended) {
    faults.push_back({ErrorCode::invalid, path + ".outputs", "outputs before the end", "with the final report only"});
  }
  for (std::size_t i = 0; i < report.outputs.size(); ++i) {
    const OutputFile& output = report.outputs[i];
    const std::string field = path + ".outputs[" + std::to_string(i) + "]";
    if (!is_safe_relative_path(output.path)) {
      faults.push_back({ErrorCode::invalid, field + ".path", quote(output.path) + " is empty, absolute or climbs out",
                        "a relative path inside the folder"});
    }
    if (output.size < Bytes(0)) {
      faults.push_back({ErrorCode::invalid, field + ".size", std::to_string(output.size.value()) + " is negative",
                        "the file's length in bytes"});
    }
  }
}

/// The newest live attempt of the same task: what a report about an older one must never touch.
const AttemptRow* newest_of_task(const State& state, const AttemptKey& key) {
  const AttemptRow* newest = nullptr;
  state.attempts.visit_from({key.job, key.task, 0}, [&](const AttemptRow& row) {
    if (row.job != key.job || row.task != key.task) return false;
    newest = &row;
    return true;
  });
  return newest;
}

void take_late(Draft& draft, const AttemptReport& report) {
  const LateReportRow late{report.attempt.job,    report.attempt.task, report.attempt.number, draft.now(),
                           report.outcome,        report.engine_run,   report.wrapper_run};
  draft.emit(LateReportKept{late});
}

/// What has crossed since the attempt was heard of last tells how good the link is.
void measure_link(Draft& draft, const AttemptReport& report) {
  const AttemptRow* attempt =
      draft.state().attempts.find({report.attempt.job, report.attempt.task, report.attempt.number});
  if (attempt == nullptr || report.fetched <= attempt->fetched) return;
  const CentreRow* centre = draft.state().centres.find({attempt->centre});
  ASSERT(centre != nullptr);
  const auto link = measured_link(centre->bandwidth_measured, report.fetched - attempt->fetched,
                                  report.fetch_time - attempt->fetch_time);
  if (link) draft.emit(LinkMeasured{centre->id, *link});
}

void take(Draft& draft, const AttemptReport& report, PlantedBug bug) {
  measure_link(draft, report);
  draft.emit(AttemptObserved{report});
  if (report.state == AttemptState::ended) settle(draft, report.attempt, report.outcome, bug);
}

}  // namespace

Decided<void> decide_report(Draft& draft, const Actor& actor, const ReportAttempts& command, const Fetched& fetched,
                            PlantedBug bug) {
  TRY_VOID(require_scope(actor, Scope::agent));
  const CentreRow* centre = draft.state().centres.find({actor.centre});
  ASSERT(centre != nullptr);
  TRY_VOID(check_agent(*centre, command));
  // Repeated or overtaken: what it says is in a later report too, since reports carry all that is not acknowledged.
  if (command.sequence <= centre->report_sequence) return {};
  // A sign of life is an observation: the host keeps when it came, and nothing of it is chained.
  if (command.reports.empty()) return {};

  std::vector<AttemptReport> live;
  std::vector<AttemptReport> late;
  Faults faults;
  for (std::size_t i = 0; i < command.reports.size(); ++i) {
    AttemptReport report = command.reports[i];
    const std::string path = "reports[" + std::to_string(i) + "]";
    const AttemptRow* attempt =
        draft.state().attempts.find({report.attempt.job, report.attempt.task, report.attempt.number});
    const auto settled = std::ranges::find(fetched.attempts, report.attempt, &AttemptRow::attempt);
    if (attempt == nullptr && bug == PlantedBug::old_epoch_accepted) {
      attempt = newest_of_task(draft.state(), report.attempt);
      if (attempt != nullptr) report.attempt.number = attempt->number;
    }
    const bool known = attempt != nullptr || settled != fetched.attempts.end();
    const CentreId where = attempt != nullptr ? attempt->centre : known ? settled->centre : CentreId();
    if (where != actor.centre && bug != PlantedBug::old_epoch_accepted) {
      return refuse(RefusalReason::forbidden, engine_name(report.attempt) + " has no lease at this centre",
                    "report the centre's own attempts only", path + ".attempt");
    }
    if (std::ranges::find(live, report.attempt, &AttemptReport::attempt) != live.end()) {
      faults.push_back({ErrorCode::invalid, path + ".attempt", engine_name(report.attempt) + " is reported twice",
                        "one report of an attempt in a message"});
    }
    if (attempt != nullptr) {
      check_report(*attempt, report, path, bug, faults);
      // An agent that is installed anew knows what ran from its engine, and of what was fetched nothing.
      report.fetched = std::max(report.fetched, attempt->fetched);
      report.fetch_time = std::max(report.fetch_time, attempt->fetch_time);
      live.push_back(std::move(report));
    } else if (known && report.state == AttemptState::ended) {
      const bool same = settled->outcome == report.outcome && settled->engine_run == report.engine_run;
      if (!same) late.push_back(std::move(report));
    }
  }
  if (!faults.empty()) return refuse(std::move(faults));
  draft.emit(ReportTaken{actor.centre, command.sequence});
  for (const AttemptReport& report : late) take_late(draft, report);
  for (const AttemptReport& report : live) {
    take(draft, report, bug);
  }
  return {};
}

Decided<void> decide_tick(Draft& draft, const Actor& actor, PlantedBug bug) {
  TRY_VOID(require_host(actor));
  std::vector<AttemptKey> overdue;
  std::vector<ReservationId> over;
  const auto collect = [&](const AttemptKey& attempt) {
    overdue.push_back(attempt);
    return overdue.size() < tick_batch_max;
  };
  draft.state().due.visit_from({UnixTime(INT64_MIN), AttemptKey{}, ReservationId()}, [&](const DueRow& row) {
    if (row.at > draft.now()) return false;
    if (row.reservation.is_none()) return collect(row.attempt);
    over.push_back(row.reservation);
    return over.size() < tick_batch_max;
  });
  if (bug == PlantedBug::placed_before_lease_end) {
    std::erase_if(overdue, [](const AttemptKey& due) { return due.number > 0; });
    draft.state().attempts.visit_all([&](const AttemptRow& row) {
      const UnixTime heard = std::max(row.granted_at, row.reported_at);
      if (draft.now() - heard > planted_patience && overdue.size() < tick_batch_max) collect(row.attempt());
    });
  }
  for (const AttemptKey& due : overdue) {
    if (due.number < 0) {
      submit_round(draft, due.job);
    } else if (due.number == 0) {
      const JobRow* job = draft.state().jobs.find({due.job});
      ASSERT(job != nullptr);
      if (job->waits_until <= draft.now()) give_up(draft, due.job, GaveUp::wait_max);
      else give_up_late(draft, due.job);
    } else {
      settle(draft, due, Outcome::lost, bug);
    }
  }
  for (const ReservationId each : over) draft.emit(ReservationEnded{each});
  return {};
}

}  // namespace dayan::core
