#include "cli/bill.h"
#include "cli/command_line.h"
#include "cli/fetch.h"
#include "cli/jobs.h"
#include "cli/logs.h"
#include "cli/submit.h"
#include "model/job.h"
#include "place/quote_list.h"

namespace dayan::cli {
namespace {

constexpr const char* group = "Jobs";

void add_file_options(CLI::App& command, SubmitOptions& options) {
  command.add_option("FILE", options.file, "a job file (.yaml, .yml) or a batch script with #SBATCH lines")
      ->required();
  command.add_option("--project", options.project, "instead of the file's")->type_name("NAME");
  command.add_option("--name", options.name, "name of the job, instead of the file's")->type_name("NAME");
  command.add_option("--array", options.count, "number of tasks, instead of the file's")
      ->check(CLI::Range(1, array_count_max))
      ->type_name("N");
}

void add_limit(CLI::App& command, std::optional<std::int64_t>& limit) {
  command
      .add_option("--limit", limit,
                  "show so many pools that could run it, and as many that never will; the others are counted")
      ->check(CLI::Range(std::int64_t{1}, place::quotes_shown_max))
      ->type_name("N");
}

void add_submit(CLI::App& app, Program& program) {
  CLI::App& submit = add_command(app, "submit", "submit a job file or a Slurm batch script",
                                 "dayan submit film.yaml\n"
                                 "dayan submit train.sh --wait && dayan job fetch …\n"
                                 "dayan submit film.yaml --array 4 --json");
  submit.group(group);
  const auto options = std::make_shared<SubmitOptions>();
  add_file_options(submit, *options);
  submit.add_flag("--dry-run", options->dry_run, "only quote: nothing is uploaded or submitted");
  submit.add_flag("--wait", options->wait, "until the job has ended; exit code 4 when it did not succeed");
  on_chosen_with_session(submit, program, [options](Session& session) { return submit_job(session, *options); });

  CLI::App& quote = add_command(app, "quote", "price, start and finish of a job at every centre, or why not",
                                "dayan quote film.yaml\ndayan quote film.yaml --array 1000 --json");
  quote.group(group);
  const auto asked = std::make_shared<SubmitOptions>();
  add_file_options(quote, *asked);
  add_limit(quote, asked->limit);
  on_chosen_with_session(quote, program, [asked](Session& session) { return quote_job(session, *asked); });

  CLI::App& jobs =
      add_command(app, "jobs", "list the organisation's jobs, newest first", "dayan jobs\ndayan jobs --limit 100");
  jobs.group(group);
  const auto limit = std::make_shared<std::size_t>(20);
  jobs.add_option("--limit", *limit, "at most so many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->type_name("N");
  on_chosen_with_session(jobs, program, [limit](Session& session) { return list_jobs(session, *limit); });
}

/// A command whose only word is the job.
void add_plain(CLI::App& job, Program& program, const std::string& name, const std::string& what,
               Answer<void> (*action)(Session&, const std::string&)) {
  CLI::App& command = add_command(job, name, what, "dayan job " + name + " job_0001k3q8m2x4a");
  const auto id = std::make_shared<std::string>();
  command.add_option("JOB", *id, "id of the job")->required();
  on_chosen_with_session(command, program, [id, action](Session& session) { return action(session, *id); });
}

void add_cancel(CLI::App& job, Program& program) {
  CLI::App& cancel = add_command(job, "cancel", "stop it; what has run is charged",
                                 "dayan job cancel job_0001k3q8m2x4a\ndayan job cancel job_0001k3q8m2x4a --series");
  const auto id = std::make_shared<std::string>();
  const auto series = std::make_shared<bool>(false);
  cancel.add_option("JOB", *id, "id of the job")->required();
  cancel.add_flag("--series", *series, "end the series that it is a round of, with all rounds that have not ended");
  on_chosen_with_session(cancel, program, [id, series](Session& session) { return cancel_job(session, *id, *series); });
}

void add_explain(CLI::App& job, Program& program) {
  CLI::App& explain = add_command(job, "explain",
                                  "the centres for it now, and what it waits for; of an ended one why it went where",
                                  "dayan job explain job_0001k3q8m2x4a\n"
                                  "dayan job explain job_0001k3q8m2x4a --limit 1000 --json");
  const auto id = std::make_shared<std::string>();
  const auto limit = std::make_shared<std::optional<std::int64_t>>();
  explain.add_option("JOB", *id, "id of the job")->required();
  add_limit(explain, *limit);
  on_chosen_with_session(explain, program, [id, limit](Session& session) { return explain_job(session, *id, *limit); });
}

void add_logs(CLI::App& job, Program& program) {
  CLI::App& logs =
      add_command(job, "logs", "show what a task wrote, also while it runs; always as it was, never JSON",
                  "dayan job logs job_0001k3q8m2x4a --task 3\n"
                  "dayan job logs job_0001k3q8m2x4a -f --stderr");
  const auto options = std::make_shared<LogOptions>();
  logs.add_option("JOB", options->job, "id of the job")->required();
  logs.add_option("--task", options->task, "index in the array")
      ->check(CLI::Range(0, array_count_max - 1))
      ->capture_default_str()
      ->type_name("N");
  logs.add_option("--attempt", options->number, "number of the attempt; else the latest")
      ->check(CLI::Range(1, attempt_number_max))
      ->type_name("N");
  logs.add_flag("--stderr", options->from_stderr, "standard error instead of standard output");
  logs.add_flag("-f,--follow", options->follow, "until the attempt has ended");
  on_chosen_with_session(logs, program, [options](Session& session) { return show_log(session, *options); });
}

void add_fetch(CLI::App& job, Program& program) {
  CLI::App& fetch = add_command(job, "fetch", "bring outputs home, as DIR/<task>/<path>, each checked by its digest",
                                "dayan job fetch job_0001k3q8m2x4a --to frames\n"
                                "dayan job fetch job_0001k3q8m2x4a --to frames --follow");
  const auto options = std::make_shared<FetchOptions>();
  fetch.add_option("JOB", options->job, "id of the job")->required();
  fetch.add_option("--to", options->folder, "folder; else one named after the job")->type_name("DIR");
  fetch.add_option("--task", options->task, "only that one")
      ->check(CLI::Range(0, array_count_max - 1))
      ->type_name("N");
  fetch.add_flag("--follow", options->follow, "as tasks finish, until the job has ended; exit code 4 as with watch");
  on_chosen_with_session(fetch, program, [options](Session& session) { return fetch_outputs(session, *options); });
}

}  // namespace

void add_job_commands(CLI::App& app, Program& program) {
  add_submit(app, program);
  CLI::App& job = add_group(app, "job", "look at one job, fetch its results, cancel it",
                            "dayan job show job_0001k3q8m2x4a\ndayan job fetch job_0001k3q8m2x4a --to results");
  job.group(group);
  add_plain(job, program, "show", "state, progress and cost; what it waits for", show_job);
  add_plain(job, program, "watch", "follow it until it ends; exit code 4 when it did not succeed", watch_job);
  add_logs(job, program);
  add_cancel(job, program);
  add_explain(job, program);
  add_fetch(job, program);
  add_plain(job, program, "bill", "what it cost, line by line, with the ledger's entries", show_bill);
  add_plain(job, program, "attempts", "every attempt: quoted start, finish and cost against the real ones",
            list_attempts);
  add_plain(job, program, "outputs", "the files it left, with their digests", list_outputs);
  add_plain(job, program, "entries", "the ledger's entries for it", list_job_entries);
}

}  // namespace dayan::cli
