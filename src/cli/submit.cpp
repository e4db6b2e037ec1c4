#include "cli/submit.h"

#include <algorithm>
#include <filesystem>

#include "base/scan.h"
#include "cli/display.h"
#include "cli/documents.h"
#include "cli/job_inputs.h"
#include "cli/local_file.h"
#include "cli/quotes_view.h"
#include "cli/upload.h"
#include "cli/watch.h"
#include "jobfile/job_file.h"
#include "wire/job.h"

namespace dayan::cli {
namespace {

namespace fs = std::filesystem;

/// A job file with its input files, ready to be asked about or sent.
struct Prepared {
  wire::SubmitRequest request;
  std::vector<GatheredInput> inputs;
};

Answer<jobfile::JobFile> read_job_file(const std::string& path, UnixTime now, Output& out) {
  auto text = read_file(path, Bytes(static_cast<std::int64_t>(jobfile::file_bytes_max)));
  if (!text.has_value()) return end_with(Exit::usage, std::move(text).error().faults);
  const std::string extension = fs::path(path).extension().string();
  const bool is_yaml = extension == ".yaml" || extension == ".yml";
  const jobfile::TimeBase base{now, true};
  auto file = is_yaml ? jobfile::parse_job_yaml(*text, base) : jobfile::parse_sbatch(*text, base);
  if (!file.has_value()) {
    Faults faults = std::move(file).error();
    for (Error& fault : faults) fault.field = path + (fault.field.empty() ? "" : ": " + fault.field);
    return end_with(Exit::usage, std::move(faults));
  }
  for (const std::string& note : file->notes) out.note(path + ": " + note);
  return std::move(*file);
}

/// What was given on the command line stands in place of the file's. Checked again: it may be out of range.
Answer<void> apply_options(const SubmitOptions& options, wire::SubmitRequest& request) {
  if (!options.project.empty()) request.project = options.project;
  if (!options.name.empty()) request.spec.name = options.name;
  if (options.count) request.spec.count = *options.count;
  Faults faults = check(request.spec);
  if (!is_plain_name(request.project)) {
    faults.push_back({ErrorCode::invalid, "project", quote(request.project) + " is not a name",
                      "the name of a project, e.g. default"});
  }
  if (!faults.empty()) return end_with(Exit::usage, std::move(faults));
  return {};
}

Answer<Prepared> prepare(Session& session, const SubmitOptions& options) {
  TRY(jobfile::JobFile file, read_job_file(options.file, session.host.now(), session.out));
  Prepared prepared;
  Progress progress(session.host);
  TRY(prepared.inputs, gather_inputs(file.inputs, fs::path(options.file).parent_path().string(), progress));
  prepared.request.project = file.project;
  prepared.request.spec = std::move(file.spec);
  for (const GatheredInput& input : prepared.inputs) prepared.request.spec.payload.inputs.push_back(input.file);
  TRY_VOID(apply_options(options, prepared.request));
  return prepared;
}

void note_upload(Output& out, const UploadSum& sum) {
  if (sum.sent + sum.was_there == 0) return;
  out.note("uploaded " + counted(sum.sent, "file") + " (" + readable(sum.bytes) +
           "); already there: " + std::to_string(sum.was_there));
}

void note_wait_max(Output& out, const JobSpec& spec, const std::vector<Quote>& quotes) {
  const std::string note = wait_max_note(spec.wait_max, quotes);
  if (!note.empty()) out.note(note);
}

/// What becomes of a job that no centre can run as it stands.
std::string cannot_run_text(const JobRow& job) {
  const std::string id = to_text(job.id);
  const bool is_too_late = !job.latest_start.is_none() && job.latest_start <= job.submitted_at;
  if (is_too_late)
    return "no pool could end a task of it by its deadline, " + readable(job.requirements.finish_by) +
           " UTC: it fails at once, and nothing of it is charged; dayan job show " + id;
  std::string text = "no centre can run it as it stands: it waits for one";
  if (!job.waits_until.is_none()) {
    const UnixTime until = job.latest_start.is_none() ? job.waits_until : std::min(job.waits_until, job.latest_start);
    text += " until " + readable(until) + " UTC, and is given up then";
  }
  return text + "; dayan job cancel " + id;
}

}  // namespace

std::string limit_query(std::optional<std::int64_t> limit) {
  return limit ? "?limit=" + std::to_string(*limit) : "";
}

Answer<void> quote_job(Session& session, const SubmitOptions& options) {
  TRY(const Prepared prepared, prepare(session, options));
  TRY(JsonValue document, session.api.ask("/v1/quotes" + limit_query(options.limit), to_json(prepared.request)));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto reply, read_as<wire::QuotesReply>(std::move(document)));
  const JobSpec& spec = prepared.request.spec;
  const std::string gang = gang_text(spec.requirements.resources);
  session.out.line(spec.name + ": " + counted(static_cast<std::size_t>(spec.count), "task") +
                   (gang.empty() ? "" : " of " + gang) + ", " + std::string(to_text(spec.requirements.objective)) +
                   " first, as of " + readable(reply.as_of) + " UTC");
  show_quotes(session.out, reply.quotes, reply.rest);
  note_wait_max(session.out, spec, reply.quotes);
  return {};
}

Answer<void> submit_job(Session& session, const SubmitOptions& options) {
  if (options.dry_run) return quote_job(session, options);
  TRY(const Prepared prepared, prepare(session, options));
  {
    Progress progress(session.host);
    TRY(const UploadSum sum, upload_inputs(session.api, prepared.inputs, progress));
    progress.finish();
    if (!session.out.as_json()) note_upload(session.out, sum);
  }
  TRY(JsonValue document, session.api.post("/v1/jobs", to_json(prepared.request)));
  TRY(const auto reply, read_as<wire::SubmitReply>(document));
  const std::string id = to_text(reply.job.id);
  if (session.out.as_json() && !options.wait) {
    session.out.json(document);
  } else if (!session.out.as_json()) {
    session.out.line(id);
    const std::string gang = gang_text(prepared.request.spec.requirements.resources);
    if (!gang.empty()) session.out.line("each task gets " + gang);
    show_quotes(session.out, reply.quotes, reply.rest);
    const bool can_run = std::ranges::any_of(reply.quotes, &Quote::feasible);
    if (!can_run) session.out.note(cannot_run_text(reply.job));
    note_wait_max(session.out, prepared.request.spec, reply.quotes);
    session.out.flush();
  }
  if (!options.wait) return {};
  return watch_job(session, id);
}

}  // namespace dayan::cli
