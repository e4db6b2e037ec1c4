#include "cli/jobs.h"

#include "cli/display.h"
#include "cli/documents.h"
#include "cli/quotes_view.h"
#include "cli/submit.h"

namespace dayan::cli {
namespace {

std::string path_of(const std::string& id) { return "/v1/jobs/" + percent_encoded(id); }

Table job_table() {
  return Table({"JOB", "NAME", "ROUND>", "STATE", "DONE>", "FAILED>", "AT WORK>", "TASKS>", "CHARGED>", "HELD>",
                "SUBMITTED (UTC)", "ENDED"});
}

void add_job(Table& table, const JobRow& job) {
  const std::string round = job.series.is_none() ? "" : std::to_string(job.round) + '/' + std::to_string(job.rounds);
  table.add({to_text(job.id), job.name, round, std::string(to_text(job.state)),
             std::to_string(job.succeeded), std::to_string(job.failed),
             std::to_string(job.live), std::to_string(job.count), to_text(job.charged), to_text(job.held),
             readable(job.submitted_at), readable(job.ended_at)});
}

/// Of a job that waits: what its priority comes to.
void show_priority(Output& out, const JobRow& job) {
  const std::int32_t priority = job.requirements.priority;
  if (priority == 0 || is_final(job.state)) return;
  out.note("priority " + std::to_string(priority) + ": it stands where a job submitted on " +
           readable(job.submitted_at - priority_step * priority) + " UTC would");
}

/// What may become of it while it runs.
void show_reclaimable(Output& out, const JobRow& job) {
  if (!job.requirements.reclaimable || is_final(job.state)) return;
  out.note("reclaimable: a running task may be told to end within " + readable(reclaim_notice) +
           " for other work, and waits again; each at most " + std::to_string(reclaims_max) + " times");
}

/// Where no more of its tasks may go.
void show_bounds(Output& out, const JobRow& job) {
  const auto show = [&](std::int32_t most, const char* where) {
    if (most == 0 || is_final(job.state)) return;
    out.note("at most " + std::to_string(most) + (most == 1 ? " task runs" : " tasks run") + " at once " + where);
  };
  show(job.requirements.tasks_per_centre_max, "at one centre");
  show(job.requirements.tasks_per_node_max, "on one node");
}

/// When it may run, and until when it can be started at all.
void show_times(Output& out, const JobRow& job) {
  if (is_final(job.state)) return;
  const Requirements& needs = job.requirements;
  if (!needs.not_before.is_none()) out.note("no task starts before " + readable(needs.not_before) + " UTC");
  if (!needs.finish_by.is_none())
    out.note("deadline " + readable(needs.finish_by) + " UTC: what has not been started by " +
             readable(job.latest_start) + " UTC is given up, unless a pool can still meet it");
}

/// Of a round: what series it is of, and when the next one comes.
void show_series(Output& out, const JobRow& job, const std::optional<SeriesRow>& series) {
  if (!series) return;
  std::string text = "round " + std::to_string(job.round) + " of " + std::to_string(series->times) +
                     " of the series " + to_text(series->id) + ", one every " + to_text(series->every) + ": ";
  if (series->end == SeriesEnd::not_yet)
    text += "round " + std::to_string(series->round + 1) + " comes on " + readable(series->next_at) + " UTC";
  else if (series->end == SeriesEnd::complete) text += "its last round has come";
  else text += "cancelled on " + readable(series->ended_at) + " UTC";
  if (series->skipped > 0) {
    text += "; " + std::to_string(series->skipped) + " left out, ";
    text += series->overlap == Overlap::skip ? "since a round before had not ended, or the platform stood still"
                                             : "since the platform stood still at their time";
  }
  out.note(text);
}

/// Why what failed of it did, as far as that stands in its row.
void show_giving_up(Output& out, const JobRow& job) {
  if (job.failed > 0 && job.gave_up == GaveUp::no)
    out.note("why tasks failed: dayan job attempts " + to_text(job.id));
  if (job.gave_up == GaveUp::wait_max)
    out.note("gave up what still waited on " + readable(job.waits_until) + " UTC: wait_max was over");
  if (job.gave_up == GaveUp::deadline)
    out.note("gave up what still waited: no pool could have ended a task of it by its deadline, " +
             readable(job.requirements.finish_by) + " UTC");
  if (job.gave_up == GaveUp::price_cap)
    out.note("gave up what still waited: the price cap pays for no further task at any price that is offered");
}

}  // namespace

Answer<void> list_jobs(Session& session, std::size_t limit) {
  TRY(JsonArray items, session.api.list("/v1/jobs", limit));
  if (session.out.as_json()) {
    session.out.json_items(std::move(items));
    return {};
  }
  Table table = job_table();
  for (JsonValue& item : items) {
    TRY(const auto job, read_as<JobRow>(std::move(item)));
    add_job(table, job);
  }
  session.out.table(table);
  return {};
}

void show_seen(Output& out, const SeenJob& seen) {
  if (out.as_json()) return out.json(seen.document);
  Table table = job_table();
  add_job(table, seen.view.job);
  out.table(table);
  const std::string gang = gang_text(seen.view.job.requirements.resources);
  if (!gang.empty()) out.line("each task gets " + gang);
  show_series(out, seen.view.job, seen.view.series);
  show_waiting(out, seen.view.waiting);
  show_priority(out, seen.view.job);
  show_times(out, seen.view.job);
  show_bounds(out, seen.view.job);
  show_reclaimable(out, seen.view.job);
  show_giving_up(out, seen.view.job);
}

Answer<void> show_job(Session& session, const std::string& id) {
  TRY(const SeenJob seen, see_job(session, id));
  show_seen(session.out, seen);
  return {};
}

Answer<void> cancel_job(Session& session, const std::string& id, bool series) {
  TRY(JsonValue document, session.api.post(path_of(id) + "/cancel" + (series ? "?series=true" : "")));
  TRY(wire::JobView view, read_as<wire::JobView>(document));
  show_seen(session.out, {std::move(document), std::move(view)});
  return {};
}

Answer<void> explain_job(Session& session, const std::string& id, std::optional<std::int64_t> limit) {
  TRY(JsonValue document, session.api.get(path_of(id) + "/explanation" + limit_query(limit)));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto view, read_as<wire::ExplanationView>(std::move(document)));
  if (!view.ended_at.is_none()) {
    TRY(const SeenJob seen, see_job(session, id));
    session.out.line(id + " has ended, on " + readable(view.ended_at) + " UTC: " +
                     std::string(to_text(seen.view.job.state)));
    show_giving_up(session.out, seen.view.job);
    session.out.line("of its placements was kept:");
    return show_placements(session, id);
  }
  session.out.line(id + " as of " + readable(view.as_of) + " UTC");
  show_waiting(session.out, view.waiting);
  show_quotes(session.out, view.quotes, view.rest);
  return {};
}

Answer<void> list_outputs(Session& session, const std::string& id) {
  TRY(JsonArray items, session.api.list(path_of(id) + "/outputs"));
  if (session.out.as_json()) {
    session.out.json_items(std::move(items));
    return {};
  }
  Table table({"TASK>", "ATTEMPT>", "PATH", "SIZE>", "SHA-256"});
  for (JsonValue& item : items) {
    TRY(const auto row, read_as<OutputRow>(std::move(item)));
    table.add(
        {std::to_string(row.task), std::to_string(row.number), row.path, readable(row.size), to_text(row.digest)});
  }
  session.out.table(table);
  return {};
}

}  // namespace dayan::cli
