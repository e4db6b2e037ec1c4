#include "adapters/slurm/slurm_commands.h"

#include <algorithm>

#include "adapters/order_check.h"
#include "adapters/spawn.h"
#include "base/scan.h"

namespace dayan::adapters {
namespace {

/// In sbatch's file names % begins a pattern.
std::string escaped_pattern(const std::string& path) {
  std::string text;
  for (const char c : path) text += c == '%' ? std::string("%%") : std::string(1, c);
  return text;
}

}  // namespace

SlurmCommands::SlurmCommands(std::string slurm_conf, std::vector<std::string> run_as_prefix, Processes& processes)
    : slurm_conf_(std::move(slurm_conf)), run_as_prefix_(std::move(run_as_prefix)), processes_(processes) {}

Result<ProcessResult> SlurmCommands::run(std::vector<std::string> argv, std::string input) {
  ProcessSpec spec;
  // No SBATCH_… or SQUEUE_… variable of the agent may change what a command does; and times as epoch seconds leave no
  // question of zones.
  spec.environment = {{"PATH", default_path}, {"LC_ALL", "C"}, {"SLURM_TIME_FORMAT", "%s"}};
  if (!slurm_conf_.empty()) spec.environment.push_back({"SLURM_CONF", slurm_conf_});
  spec.argv = run_as_prefix_;
  if (!run_as_prefix_.empty()) {
    // sudo drops the environment, so it is given once more behind it.
    spec.argv.push_back("/usr/bin/env");
    for (const std::string& assignment : assignments(spec.environment)) spec.argv.push_back(assignment);
  }
  spec.argv.insert(spec.argv.end(), argv.begin(), argv.end());
  spec.input = std::move(input);
  return processes_.run(spec);
}

Result<std::string> SlurmCommands::ask(std::vector<std::string> argv) {
  const std::string name = argv[0];
  auto result = run(std::move(argv));
  // A question that was not answered has changed nothing.
  if (!result.has_value()) return fail(ErrorCode::unavailable, to_text(result.error()));
  if (result->exit_code != 0)
    return fail(ErrorCode::unavailable,
                name + " failed with exit code " + std::to_string(result->exit_code) + ": " + quote(result->err));
  return std::move(result->out);
}

Result<std::string> SlurmCommands::submit(const StartOrder& order, const std::string& chip, const std::string& script,
                                          UnixTime now) {
  const std::string name = engine_name(order.attempt);
  const std::int64_t minutes = minutes_up(order.wall_time);
  // Slurm drops a job that can no longer end by its deadline; so one that has not started by `starts_by` goes.
  // Relative, since a date would be read in the controller's zone. A job that runs is not touched by it before its
  // time limit.
  const std::int64_t seconds = (order.starts_by - now).seconds_up() + minutes * 60;
  std::vector<std::string> argv{"sbatch",
                                "--parsable",
                                "--no-requeue",
                                "--export=ALL",  // of the clean environment that sbatch itself is given
                                "--job-name=" + name,
                                "--comment=" + name,
                                "--partition=" + order.pool,
                                "--ntasks=1",
                                "--cpus-per-task=" + std::to_string(order.resources.cores.value()),
                                "--time=" + std::to_string(minutes),
                                "--deadline=now+" + std::to_string(seconds) + "seconds",
                                "--chdir=" + order.folder,
                                "--output=" + escaped_pattern(order.folder + '/' + stdout_file),
                                "--error=" + escaped_pattern(order.folder + '/' + stderr_file)};
  if (!order.account.empty()) argv.push_back("--account=" + order.account);
  if (!order.resources.memory.is_zero())
    argv.push_back("--mem=" + std::to_string(mebibytes_up(order.resources.memory)) + 'M');
  if (!order.resources.cards.is_zero())
    argv.push_back("--gres=gpu:" + (chip.empty() ? "" : chip + ':') +
                   std::to_string(order.resources.cards.value() / 1000));

  auto result = run(std::move(argv), script);
  if (!result.has_value()) {
    // Never started is safe to try again; ended half-way is not.
    const bool never_ran =
        result.error().code == ErrorCode::not_found || result.error().code == ErrorCode::unavailable;
    return fail(never_ran ? ErrorCode::unavailable : ErrorCode::unknown_outcome, to_text(result.error()));
  }
  if (result->exit_code != 0) return fail(sbatch_error(result->err));
  std::string_view rest = result->out;  // "123" or "123;cluster"
  const std::string id(take_digits(rest));
  if (id.empty()) return fail(ErrorCode::unknown_outcome, "sbatch printed no job id but " + quote(result->out));
  return id;
}

Result<std::vector<SlurmJob>> SlurmCommands::jobs() {
  TRY(const std::string text,
      ask({"squeue", "--me", "--noheader", "--states=all", std::string("--Format=") + squeue_format}));
  return parse_squeue(text);
}

Result<std::vector<SlurmJob>> SlurmCommands::history(const std::vector<std::string>& ids) {
  std::string list;
  for (const std::string& id : ids) list += (list.empty() ? "" : ",") + id;
  TRY(const std::string text, ask({"sacct", "--noheader", "--parsable2", "--duplicates", "--jobs=" + list,
                                   std::string("--format=") + sacct_format}));
  return parse_sacct(text);
}

Result<void> SlurmCommands::cancel(const std::string& name) {
  TRY(const std::string out, ask({"scancel", "--quiet", "--me", "--name=" + name}));
  return {};
}

Result<std::string> SlurmCommands::nodes() {
  return ask({"sinfo", "--noheader", "--Node", std::string("--format=") + sinfo_format});
}

Result<std::string> SlurmCommands::config() { return ask({"scontrol", "show", "config"}); }

}  // namespace dayan::adapters
