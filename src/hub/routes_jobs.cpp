#include <algorithm>
#include <set>
#include <tuple>

#include "base/readable.h"
#include "base/scan.h"
#include "hub/handlers.h"
#include "wire/job.h"

/// Quotes, and jobs: submission, what became of them, what they cost.

namespace dayan::hub {

namespace {

place::Question question_of(OrganisationId organisation, const JobSpec& spec) {
  return {organisation, spec.requirements, spec.count, spec.throttle, input_bytes_of(spec.payload.inputs)};
}

void check_spec(const JobSpec& spec, Faults& faults) {
  for (Error& fault : check(spec)) {
    fault.field = "spec." + fault.field;
    faults.push_back(std::move(fault));
  }
}

void check_project(const Call& call, const std::string& name, Faults& faults) {
  const bool is_there = call.hub.directory.look([&](const core::State& state) {
    return state.project_names.contains({call.actor.organisation, name});
  });
  if (is_there) return;
  faults.push_back({ErrorCode::invalid, "project", "your organisation has no such project",
                    "create it first, or leave it out for 'default'"});
}

/// Every input must lie in the depot, whole, before the command: a centre could never fetch it. What check_spec() finds
/// wrong is not told again.
Result<void> check_inputs(const Services& hub, OrganisationId organisation,
                          const std::vector<InputFile>& inputs, Faults& faults) {
  for (std::size_t i = 0; i < inputs.size() && i < input_files_max; ++i) {
    if (inputs[i].digest.is_none()) continue;
    const std::string field = "spec.payload.inputs[" + std::to_string(i) + "]";
    TRY(const UploadProgress progress, hub.depot.progress(organisation, inputs[i].digest));
    if (!progress.complete) {
      faults.push_back({ErrorCode::invalid, field + ".digest",
                        "only " + readable_down(progress.received) + " of it are uploaded",
                        "PUT /v1/blobs/" + to_text(inputs[i].digest) + " until it is complete, then submit"});
      continue;
    }
    TRY(const Bytes size, hub.depot.size(organisation, inputs[i].digest));
    const bool is_possible = inputs[i].size >= Bytes(0) && inputs[i].size <= bytes_max;
    if (size == inputs[i].size || !is_possible) continue;
    faults.push_back({ErrorCode::invalid, field + ".size",
                      std::to_string(inputs[i].size.value()) + " is not its size", std::to_string(size.value())});
  }
  return {};
}

/// So many quotes of pools that could run the job, and of pools that never will.
Result<std::size_t> quotes_limit(const Call& call) {
  TRY(const std::int64_t limit, query_number(call, "limit", place::quotes_shown, 1, place::quotes_shown_max));
  return static_cast<std::size_t>(limit);
}

JobId job_of(const Call& call) {
  const auto id = parse<JobId>(call.path.front());
  return id.has_value() ? *id : JobId();
}

}  // namespace

Handled quote_job(Call& call) {
  TRY(const std::size_t limit, quotes_limit(call));
  wire::SubmitRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  Faults faults;
  check_spec(wanted.spec, faults);
  check_project(call, wanted.project, faults);
  if (!faults.empty()) return problem_answer(faults);
  const place::Question question = question_of(call.actor.organisation, wanted.spec);
  wire::QuotesReply reply;
  call.hub.planner.ask([&](const place::Engine& engine, UnixTime now) {
    reply.quotes = engine.quotes(question, now);
    reply.as_of = now;
  });
  reply.rest = place::shorten(reply.quotes, limit);
  return json_answer(200, to_json(reply));
}

Handled submit_job(Call& call) {
  // First of all: by now its inputs may be dropped, and quotes are not free.
  TRY(auto kept, kept_answer(call));
  if (kept) return kept;
  TRY(const std::size_t limit, quotes_limit(call));
  wire::SubmitRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  Faults faults;
  check_spec(wanted.spec, faults);
  check_project(call, wanted.project, faults);
  TRY_VOID(check_inputs(call.hub, call.actor.organisation, wanted.spec.payload.inputs, faults));
  if (!faults.empty()) return problem_answer(faults);
  const JobId id(call.hub.writer.next_id());
  const place::Question question = question_of(call.actor.organisation, wanted.spec);
  // Made here, so that no other command waits for them.
  std::vector<Quote> quotes;
  call.hub.planner.ask([&](const place::Engine& engine, UnixTime now) { quotes = engine.quotes(question, now); });
  const place::QuoteRest rest = place::shorten(quotes, limit);
  return submit(call, SubmitJob{id, wanted.project, std::move(wanted.spec)},
                [quotes = std::move(quotes), rest](const View& view, const core::Decision&) {
                  return rendered(201, wire::SubmitReply{*view.job, quotes, rest});
                });
}

Handled list_jobs(Call& call) {
  return list_rows<JobRow>(call, {{"organisation", call.actor.organisation.value()}}, true);
}

Handled get_job(Call& call) {
  TRY(JobRow job, own_job(call));
  wire::JobView shown{std::move(job), std::nullopt, std::nullopt};
  if (!shown.job.series.is_none()) {
    TRY(shown.series, query_row<SeriesRow>(call.hub.store, {{"id", shown.job.series.value()}}));
  }
  if (!is_final(shown.job.state)) {
    call.hub.planner.ask([&](const place::Engine& engine, UnixTime now) {
      shown.waiting = engine.waiting(shown.job.id, now);
    });
  }
  return json_answer(200, to_json(shown));
}

Handled list_tasks(Call& call) {
  TRY(const JobRow job, own_job(call));
  TRY(Page page, page_of(call, cursor_key(AttemptRow())));
  RowQuery query{"attempt", {{"job", job.id.value()}}, std::move(page.after), false, page.limit + 1};
  TRY(auto attempts, query_rows<AttemptRow>(call.hub.store, query));
  query.table = "placement";
  TRY(const auto placements, query_rows<PlacementRow>(call.hub.store, query));
  const bool has_more = attempts.size() > static_cast<std::size_t>(page.limit);
  if (has_more) attempts.pop_back();
  JsonArray items;
  for (AttemptRow& attempt : attempts) {
    // Whose work it was taken back for is told of one's own alone.
    if (!attempt.reclaimed_for.is_none()) {
      TRY(const auto by, query_row<JobRow>(call.hub.store, {{"id", attempt.reclaimed_for.value()}}));
      if (!by || by->organisation != call.actor.organisation) attempt.reclaimed_for = JobId();
    }
    const auto placement = std::find_if(placements.begin(), placements.end(),
                                        [&](const PlacementRow& row) { return row.key() == attempt.key(); });
    items.push_back(to_json(wire::AttemptView{attempt, placement == placements.end() ? PlacementRow() : *placement,
                                              centre_name(call.hub, attempt.centre)}));
  }
  if (!has_more) return list_answer(std::move(items), nullptr);
  const auto last = cursor_key(attempts.back());
  return list_answer(std::move(items), &last);
}

Handled explain_job(Call& call) {
  TRY(const std::size_t limit, quotes_limit(call));
  TRY(const JobRow job, own_job(call));
  wire::ExplanationView shown;
  call.hub.planner.ask([&](const place::Engine& engine, UnixTime now) {
    shown.as_of = now;
    shown.ended_at = job.ended_at;
    if (is_final(job.state)) return;  // what is offered now says nothing of it
    const auto answers = engine.answers(now);
    shown.waiting = answers->waiting(job.id);
    const place::Question question{job.organisation, job.requirements, job.count, job.throttle, job.input_bytes};
    shown.quotes = shown.waiting ? answers->quotes(job.id) : answers->quotes(question);
  });
  shown.rest = place::shorten(shown.quotes, limit);
  return json_answer(200, to_json(shown));
}

Handled list_outputs(Call& call) {
  TRY_VOID(own_job(call).map([](const JobRow&) {}));
  return list_rows<OutputRow>(call, {{"job", job_of(call).value()}});
}

Handled list_charges(Call& call) {
  TRY_VOID(own_job(call).map([](const JobRow&) {}));
  return list_rows<ChargeRow>(call, {{"job", job_of(call).value()}});
}

Handled list_entries(Call& call) {
  TRY_VOID(own_job(call).map([](const JobRow&) {}));
  return list_rows<EntryRow>(call, {{"job", job_of(call).value()}});
}

Handled cancel_job(Call& call) {
  if (auto bad = refuse_body(call)) return bad;
  TRY(const JobId id, job_in_path(call));
  const std::string_view series = call.query_value("series").value_or("false");
  if (series != "true" && series != "false")
    return fail(ErrorCode::invalid, quote(series) + " is neither true nor false",
                "true to end the whole series; else leave it out", "series");
  return submit(call, CancelJob{id, series == "true"}, [](const View& view, const core::Decision&) {
    return rendered(202, wire::JobView{*view.job, std::nullopt, std::nullopt});
  });
}

}  // namespace dayan::hub
