#include <algorithm>

#include "base/scan.h"
#include "hub/handlers.h"

/// What a task wrote: its live log while it runs, the output kept by content once it has ended.

namespace dayan::hub {

namespace {

struct LogPart {
  std::string bytes;
  bool reaches_end = false;
};

Result<AttemptRow> find_attempt(const Call& call, JobId job) {
  const std::string& text = call.path[1];
  const bool is_number = std::all_of(text.begin(), text.end(), is_digit);
  const std::optional<std::int64_t> task = is_number ? number_of(text) : std::nullopt;
  if (!task || *task >= array_count_max) return no_such("task", "its index, from 0: GET /v1/jobs/{id}/tasks");
  std::vector<ColumnEquals> where{{"job", job.value()}, {"task", *task}};
  TRY(const std::int64_t number, query_number(call, "number", 0, 1, attempt_number_max));
  if (number > 0) where.push_back({"number", number});
  TRY(const auto attempt, query_row<AttemptRow>(call.hub.store, std::move(where), true));
  if (!attempt) return no_such("attempt", "one that has begun: GET /v1/jobs/{id}/tasks");
  return *attempt;
}

Result<LogPart> read_kept(const Services& hub, OrganisationId owner, const OutputRow& output, Bytes offset) {
  if (offset >= output.size) return LogPart{{}, true};
  const Bytes left = output.size - offset;
  TRY(std::string bytes, hub.depot.read(owner, output.digest, offset, std::min(left, depot_chunk_max)));
  const bool reaches_end = Bytes(static_cast<std::int64_t>(bytes.size())) == left;
  return LogPart{std::move(bytes), reaches_end};
}

Result<LogPart> read_live(const Services& hub, const AttemptKey& attempt, const std::string& stream, Bytes offset) {
  auto bytes = hub.depot.read_log(attempt, stream, offset, depot_chunk_max);
  if (!bytes.has_value()) {
    // Nothing has been written yet, or the offset is beyond it: an empty part, not an error.
    if (bytes.error().code == ErrorCode::not_found) return LogPart{{}, true};
    return fail(std::move(bytes).error());
  }
  const bool reaches_end = Bytes(static_cast<std::int64_t>(bytes->size())) < depot_chunk_max;
  return LogPart{std::move(*bytes), reaches_end};
}

/// The task has written it, and it is not here any more, or never came.
HttpResponse no_more_kept(const Services& hub, const std::string& stream) {
  return problem_answer(410, "gone",
                        {{ErrorCode::not_found, "stream", "the task's " + stream + " is not kept any more",
                          "fetch what you need within " + to_text(hub.depot_retention) + " of the job's end"}});
}

}  // namespace

Handled get_log(Call& call) {
  TRY(const JobRow job, own_job(call));
  const std::string stream(call.query_value("stream").value_or("stdout"));
  if (stream != "stdout" && stream != "stderr") {
    return fail(ErrorCode::invalid, quote(stream) + " is not a stream", "stdout or stderr", "stream");
  }
  TRY(const std::int64_t offset, query_number(call, "offset", 0, 0, bytes_max.value()));
  TRY(const AttemptRow attempt, find_attempt(call, job.id));
  TRY(const auto kept, query_row<OutputRow>(call.hub.store, {{"job", attempt.job.value()},
                                                             {"task", std::int64_t{attempt.task}},
                                                             {"number", std::int64_t{attempt.number}},
                                                             {"path", stream}}));
  auto part = kept ? read_kept(call.hub, job.organisation, *kept, Bytes(offset))
                   : read_live(call.hub, attempt.attempt(), stream, Bytes(offset));
  // The agent may have named an output that it has not uploaded: the live log is the next best.
  if (kept && !part.has_value()) {
    part = read_live(call.hub, attempt.attempt(), stream, Bytes(0));
    if (part.has_value() && part->bytes.empty() && !kept->size.is_zero()) return no_more_kept(call.hub, stream);
    part = read_live(call.hub, attempt.attempt(), stream, Bytes(offset));
  }
  if (!part.has_value()) return fail(std::move(part).error());
  HttpResponse response = raw_answer(std::move(part->bytes));
  const bool is_complete = attempt.state == AttemptState::ended && part->reaches_end;
  response.headers.push_back({"x-log-complete", is_complete ? "true" : "false"});
  response.headers.push_back({"x-attempt-number", std::to_string(attempt.number)});
  return response;
}

}  // namespace dayan::hub
