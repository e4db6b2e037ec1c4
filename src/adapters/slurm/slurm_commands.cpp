#include "adapters/slurm/slurm_commands.h"

#include <algorithm>

#include "adapters/order_check.h"
#include "adapters/slurm/slurm_hosts.h"
#include "adapters/slurm/slurm_pools.h"
#include "adapters/spawn.h"
#include "base/scan.h"

namespace dayan::adapters {
namespace {

/// Slurm's commands give up by themselves after some ten seconds; shorter than ProcessSpec's own time.
constexpr const char* command_seconds_max = "20";

}  // namespace

SlurmCommands::SlurmCommands(std::string slurm_conf, const JobUsers& users, Processes& processes)
    : slurm_conf_(std::move(slurm_conf)), users_(users), processes_(processes) {}

Result<ProcessResult> SlurmCommands::run(const std::string& user, std::vector<std::string> argv, std::string input) {
  ProcessSpec spec;
  // No SBATCH_… or SQUEUE_… variable of the agent may change what a command does; and times as epoch seconds leave no
  // question of zones.
  spec.environment = {{"PATH", default_path}, {"LC_ALL", "C"}, {"SLURM_TIME_FORMAT", "%s"}};
  if (!slurm_conf_.empty()) spec.environment.push_back({"SLURM_CONF", slurm_conf_});
  spec.argv = users_.prefix(user);
  if (!spec.argv.empty()) {
    // sudo drops the environment, so it is given once more behind it. And what runs as another user cannot be ended
    // by us, so that user ends it.
    spec.argv.push_back("/usr/bin/env");
    for (const std::string& assignment : assignments(spec.environment)) spec.argv.push_back(assignment);
    spec.argv.insert(spec.argv.end(), {"timeout", "-k", "2", command_seconds_max});
  }
  spec.argv.insert(spec.argv.end(), argv.begin(), argv.end());
  spec.input = std::move(input);
  auto result = processes_.run(spec);
  if (result.has_value() && !users_.is_own(user) && (result->exit_code == 124 || result->exit_code == 137))
    return fail(ErrorCode::unknown_outcome,
                argv[0] + " took longer than " + command_seconds_max + " s and was ended: what it did is not known");
  return result;
}

Result<std::string> SlurmCommands::ask(const std::string& user, std::vector<std::string> argv) {
  const std::string name = argv[0];
  auto result = run(user, std::move(argv));
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
  const SlurmLimits limits = limits_of(order, now);
  // As many tasks as nodes: one on each. With --ntasks-per-node srun would start no more than one on a node.
  const std::string nodes = std::to_string(order.resources.nodes);
  std::vector<std::string> argv{"sbatch",
                                "--parsable",
                                "--no-requeue",
                                "--export=ALL",  // of the clean environment that sbatch itself is given
                                "--job-name=" + name,
                                "--comment=" + name,
                                "--partition=" + order.pool,
                                "--nodes=" + nodes,
                                "--ntasks=" + nodes,
                                "--cpus-per-task=" + std::to_string(order.resources.cores.value()),
                                "--time=" + std::to_string(limits.minutes),
                                "--deadline=" + limits.deadline,
                                "--chdir=" + order.folder,
                                "--output=" + escaped_pattern(order.folder + '/' + stdout_file),
                                "--error=" + escaped_pattern(order.folder + '/' + stderr_file)};
  if (!order.account.empty()) argv.push_back("--account=" + order.account);
  if (!order.resources.memory.is_zero())
    argv.push_back("--mem=" + std::to_string(mebibytes_up(order.resources.memory)) + 'M');
  if (!order.resources.cards.is_zero()) argv.push_back("--gres=" + gres_request(order.resources.cards, chip));
  // It may wait for one switch as long as it may wait at all.
  if (order.resources.is_in_rack()) argv.push_back("--switches=1@" + std::to_string(limits.switch_minutes));
  if (!order.nodes_to_avoid.empty()) argv.push_back("--exclude=" + host_list(order.nodes_to_avoid));

  auto result = run(order.user, std::move(argv), script);
  if (!result.has_value()) {
    // Never started is safe to try again; ended half-way is not.
    const bool never_ran =
        result.error().code == ErrorCode::not_found || result.error().code == ErrorCode::unavailable;
    return fail(never_ran ? ErrorCode::unavailable : ErrorCode::unknown_outcome, to_text(result.error()));
  }
  if (result->exit_code != 0) return fail(submission_error(result->err));
  std::string_view rest = result->out;  // "123" or "123;cluster"
  const std::string id(take_digits(rest));
  if (id.empty()) return fail(ErrorCode::unknown_outcome, "sbatch printed no job id but " + quote(result->out));
  return id;
}

Result<std::vector<SlurmJob>> SlurmCommands::jobs(const std::string& user) {
  TRY(const std::string text,
      ask(user, {"squeue", "--me", "--noheader", "--states=all", std::string("--Format=") + squeue_format}));
  return parse_squeue(text);
}

Result<std::vector<SlurmJob>> SlurmCommands::history(const std::vector<std::string>& ids, const std::string& user) {
  std::string list;
  for (const std::string& id : ids) list += (list.empty() ? "" : ",") + id;
  TRY(const std::string text, ask(user, {"sacct", "--noheader", "--parsable2", "--duplicates", "--jobs=" + list,
                                         std::string("--format=") + sacct_format}));
  return parse_sacct(text);
}

Result<void> SlurmCommands::cancel(const std::string& name, const std::string& user) {
  TRY(const std::string out, ask(user, {"scancel", "--quiet", "--me", "--name=" + name}));
  return {};
}

Result<void> SlurmCommands::tell(const std::string& name, const std::string& user) {
  TRY(const std::string out,
      ask(user, {"scancel", "--quiet", "--me", "--signal=TERM", "--state=RUNNING", "--name=" + name}));
  return {};
}

Result<void> SlurmCommands::cancel_number(const std::string& id, const std::string& user) {
  TRY(const std::string out, ask(user, {"scancel", "--quiet", "--me", id}));
  return {};
}

Result<std::string> SlurmCommands::nodes() {
  return ask({}, {"sinfo", "--noheader", "--Node", std::string("--format=") + sinfo_format});
}

Result<std::string> SlurmCommands::running(const std::vector<std::string>& partitions) {
  std::vector<std::string> argv{"squeue", "--noheader", "--states=RUNNING,COMPLETING",
                                std::string("--Format=") + running_format};
  std::string list;
  for (const std::string& partition : partitions) list += (list.empty() ? "" : ",") + partition;
  if (!list.empty()) argv.push_back("--partition=" + list);
  return ask({}, std::move(argv));
}

Result<std::string> SlurmCommands::topology() { return ask({}, {"scontrol", "show", "topology"}); }

Result<std::string> SlurmCommands::config() { return ask({}, {"scontrol", "show", "config"}); }

Result<std::string> SlurmCommands::users_of(const std::string& account) {
  return ask({},
             {"sacctmgr", "--noheader", "--parsable2", "show", "associations", "account=" + account, "format=user"});
}

Result<std::string> SlurmCommands::token(const std::string& user, Duration lifespan) {
  TRY(const ProcessResult result,
      run(user, {"scontrol", "token", "lifespan=" + std::to_string(lifespan.seconds_up())}));
  std::string_view text = result.out;
  constexpr std::string_view before = "SLURM_JWT=";
  if (result.exit_code != 0 || !text.starts_with(before))
    return fail(ErrorCode::denied, "scontrol gives no token: " + quote(result.err.empty() ? result.out : result.err));
  text.remove_prefix(before.size());
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace dayan::adapters
