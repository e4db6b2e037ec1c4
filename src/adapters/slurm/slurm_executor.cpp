#include "adapters/slurm/slurm_executor.h"

#include <algorithm>
#include <set>

#include "adapters/files.h"
#include "adapters/order_check.h"
#include "adapters/slurm/slurm_judge.h"
#include "adapters/slurm/slurm_script.h"
#include "base/scan.h"

namespace dayan::adapters {
namespace {

constexpr std::size_t stderr_tail_size = 4096;

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// The line "Name   = value" of scontrol's configuration.
std::string setting(const std::string& config, const std::string& name) {
  const std::size_t at = ('\n' + config).find('\n' + name + ' ');
  if (at == std::string::npos) return {};
  const std::size_t equals = config.find('=', at);
  const std::size_t end = std::min(config.find('\n', at), config.size());
  if (equals == std::string::npos || equals + 2 > end) return {};
  return config.substr(equals + 2, end - equals - 2);
}

/// Of several jobs with one name (a submission repeated after a lost answer) the one that matters: the one that
/// lives, or else the one that ran. The wrapper lets only one of them run.
bool matters_more(const SlurmJob& a, const SlurmJob& b) {
  const auto rank = [](const SlurmJob& job) {
    const auto verdict = verdict_on(job.state, job.reason);
    if (!verdict.has_value() || verdict->state == AttemptState::queued) return 2;
    if (verdict->state == AttemptState::running) return 3;
    return job.exit_code == wrapper_second_start ? 0 : 1;
  };
  return rank(a) > rank(b);
}

}  // namespace

/// What the control folder of an attempt tells before Slurm is asked.
struct SlurmExecutor::Known {
  SlurmControl control;
  std::string engine_id;
  std::optional<EngineJob> result;
};

SlurmExecutor::SlurmExecutor(SlurmOptions options, Processes& processes)
    : options_(std::move(options)), commands_(options_.slurm_conf, options_.run_as_prefix, processes) {}

Result<std::unique_ptr<SlurmExecutor>> make_slurm_executor(SlurmOptions options, Processes& processes) {
  if (!options.folder.starts_with('/') || options.folder.find('\n') != std::string::npos)
    return fail(ErrorCode::invalid, quote(options.folder) + " is not an absolute path", {}, "folder");
  if (!options.slurm_conf.empty() && !options.slurm_conf.starts_with('/'))
    return fail(ErrorCode::invalid, quote(options.slurm_conf) + " is not an absolute path", {}, "slurm_conf");
  TRY_VOID(make_folder(options.folder, options.run_as_prefix.empty() ? 0700 : 0711));
  sweep_gone_controls(options.folder);
  return std::make_unique<SlurmExecutor>(std::move(options), processes);
}

Result<std::vector<PoolRow>> SlurmExecutor::probe() {
  const std::lock_guard guard(mutex_);
  TRY(const std::string text, commands_.nodes());
  TRY(std::vector<PoolRow> pools, parse_sinfo(text, options_.partitions));
  for (PoolRow& pool : pools) {
    const std::string name = lower(pool.chip);
    chip_names_[name] = pool.chip;
    pool.chip = name;
  }
  return pools;
}

Result<void> SlurmExecutor::check(const StartOrder& order) const {
  TRY_VOID(check_order(order));
  // Everything that becomes part of an option. is_plain_name leaves no room for a comma, a space or a second option.
  if (!is_plain_name(order.pool))
    return fail(ErrorCode::invalid, quote(order.pool) + " cannot be a partition", {}, "pool");
  if (!options_.partitions.empty() &&
      std::find(options_.partitions.begin(), options_.partitions.end(), order.pool) == options_.partitions.end())
    return fail(ErrorCode::denied, "partition " + quote(order.pool) + " is not offered", {}, "pool");
  if (!order.account.empty() && !is_plain_name(order.account))
    return fail(ErrorCode::invalid, quote(order.account) + " cannot be an account", {}, "account");
  if (!order.chip.empty() && !is_plain_name(order.chip))
    return fail(ErrorCode::invalid, quote(order.chip) + " cannot be a card model", {}, "chip");
  if (order.resources.cards.value() % 1000 != 0)
    return fail(ErrorCode::invalid, "Slurm gives whole cards only", "ask for a whole number", "resources.cards");
  if (order.folder.find('\\') != std::string::npos)
    return fail(ErrorCode::invalid, "Slurm reads a backslash in a path as a sign of its own", {}, "folder");
  return {};
}

Result<std::string> SlurmExecutor::start(const StartOrder& order) {
  TRY_VOID(check(order));
  const std::lock_guard guard(mutex_);
  SlurmControl control(options_.folder, order.attempt);
  if (control.is_there()) {
    TRY_VOID(control.open());
    TRY(const std::string id, control.engine_id());
    if (!id.empty()) return id;
  }
  TRY(const auto jobs, jobs_by_attempt());
  const auto found = jobs.find(order.attempt);
  if (found == jobs.end() && time_of_day() > order.starts_by)
    return fail(ErrorCode::denied, "it came too late: it had to start by " + to_text(order.starts_by), {},
                "starts_by");
  if (!control.is_there()) {
    TRY_VOID(control.create(order, !options_.run_as_prefix.empty()));
    TRY_VOID(control.open());
  }
  if (found != jobs.end()) {
    TRY_VOID(control.write_engine_id(found->second.id));
    return found->second.id;
  }
  // It ran, and Slurm has forgotten it already: list() tells how it ended.
  if (!control.stamps().started_at.is_none() || control.stamps().expired) return std::string("0");
  return submit(order, control);
}

Result<std::string> SlurmExecutor::submit(const StartOrder& order, SlurmControl& control) {
  const auto chip = chip_names_.find(order.chip);
  auto id = commands_.submit(order, chip == chip_names_.end() ? order.chip : chip->second,
                             wrapper_script(order, control.stamps_folder()), time_of_day());
  if (id.has_value()) {
    TRY_VOID(control.write_engine_id(*id));
  } else if (id.error().code != ErrorCode::unknown_outcome) {
    control.remove();  // Slurm has refused it: nothing of that name is there
  }
  return id;
}

Result<void> SlurmExecutor::stop(const AttemptKey& attempt) {
  const std::lock_guard guard(mutex_);
  SlurmControl control(options_.folder, attempt);
  if (control.is_there()) {
    TRY_VOID(control.open());
    TRY(const std::optional<EngineJob> result, control.result());
    if (result.has_value()) return {};
    TRY_VOID(control.ask_to_stop());
  }
  return commands_.cancel(engine_name(attempt));
}

Result<std::map<AttemptKey, SlurmJob>> SlurmExecutor::jobs_by_attempt() {
  TRY(std::vector<SlurmJob> all, commands_.jobs());
  std::map<AttemptKey, SlurmJob> jobs;
  for (SlurmJob& job : all) {
    const auto attempt = parse_engine_name(job.name);
    if (!attempt.has_value()) continue;
    const auto [at, is_new] = jobs.try_emplace(*attempt, job);
    if (!is_new && matters_more(job, at->second)) at->second = std::move(job);
  }
  return jobs;
}

Result<std::map<AttemptKey, SlurmExecutor::Known>> SlurmExecutor::controls() {
  std::map<AttemptKey, Known> found;
  TRY(const std::vector<std::string> names, names_in(options_.folder));
  for (const std::string& name : names) {
    if (!name.ends_with(control_suffix)) continue;
    const auto attempt =
        parse_engine_name(std::string_view(name).substr(0, name.size() - std::string_view(control_suffix).size()));
    if (!attempt.has_value()) continue;
    Known known{SlurmControl(options_.folder, *attempt), {}, {}};
    // One damaged folder must not hide all the others: what Slurm knows of its job is still reported. A folder that
    // cannot be read just now proves nothing, though, and is an error.
    const auto opened = known.control.open();
    if (!opened.has_value() && opened.error().code == ErrorCode::corrupt) continue;
    TRY_VOID(opened);
    TRY(known.engine_id, known.control.engine_id());
    auto result = known.control.result();
    if (!result.has_value() && result.error().code != ErrorCode::corrupt) return fail(std::move(result).error());
    if (result.has_value()) known.result = std::move(*result);
    found.emplace(*attempt, std::move(known));
  }
  return found;
}

Result<void> SlurmExecutor::add_history(const std::map<AttemptKey, Known>& known,
                                        std::map<AttemptKey, SlurmJob>& jobs) {
  std::vector<std::string> ids;
  for (const auto& [attempt, one] : known) {
    if (!one.engine_id.empty() && !one.result.has_value() && !jobs.contains(attempt)) ids.push_back(one.engine_id);
  }
  if (ids.empty()) return {};
  TRY(const bool accounting, has_accounting());
  if (!accounting) return {};
  TRY(const std::vector<SlurmJob> rows, commands_.history(ids));
  for (const SlurmJob& row : rows) {
    const auto attempt = parse_engine_name(row.name);
    // A record that the accounting has not closed says less than the controller, which knows nothing of the job.
    const auto verdict = verdict_on(row.state, row.reason);
    if (!attempt.has_value() || !verdict.has_value() || verdict->state != AttemptState::ended) continue;
    if (known.contains(*attempt)) jobs.try_emplace(*attempt, row);
  }
  return {};
}

Result<std::vector<EngineJob>> SlurmExecutor::list() {
  const std::lock_guard guard(mutex_);
  // In this order: what is submitted after the folders were read is in the listing at worst, never missing from it.
  TRY(const auto known, controls());
  TRY(auto jobs, jobs_by_attempt());
  TRY_VOID(add_history(known, jobs));
  std::set<AttemptKey> attempts;
  for (const auto& [attempt, one] : known) attempts.insert(attempt);
  for (const auto& [attempt, job] : jobs) attempts.insert(attempt);

  std::vector<EngineJob> list;
  for (const AttemptKey& attempt : attempts) {
    const auto one = known.find(attempt);
    if (one != known.end() && one->second.result.has_value()) {
      list.push_back(*one->second.result);
      continue;
    }
    SlurmEvidence evidence;
    evidence.attempt = attempt;
    evidence.now = time_of_day();
    evidence.has_control = one != known.end();
    if (const auto job = jobs.find(attempt); job != jobs.end()) evidence.job = job->second;
    if (evidence.has_control) {
      const SlurmControl& control = one->second.control;
      evidence.engine_id = one->second.engine_id;
      evidence.stamps = control.stamps();
      evidence.asked_to_stop = control.is_asked_to_stop();
      evidence.starts_by = control.starts_by();
      evidence.wall_time = control.wall_time();
      evidence.stderr_tail = read_tail(control.work_folder() + '/' + stderr_file, stderr_tail_size);
    }
    const std::optional<EngineJob> job = judge(evidence);
    if (!job.has_value()) continue;
    if (evidence.has_control && job->state == AttemptState::ended) TRY_VOID(one->second.control.write_result(*job));
    list.push_back(*job);
  }
  return list;
}

void SlurmExecutor::forget(const AttemptKey& attempt) {
  const std::lock_guard guard(mutex_);
  const SlurmControl control(options_.folder, attempt);
  const auto result = control.result();
  // Nothing that may still run is forgotten.
  if (result.has_value() && result->has_value()) control.remove();
}

Result<bool> SlurmExecutor::has_accounting() {
  if (!has_accounting_.has_value()) {
    TRY(const std::string config, commands_.config());
    has_accounting_ = setting(config, "AccountingStorageType") == "accounting_storage/slurmdbd";
  }
  return *has_accounting_;
}

Result<std::string> SlurmExecutor::probe_engine_description() {
  const std::lock_guard guard(mutex_);
  TRY(const std::string config, commands_.config());
  TRY(const bool accounting, has_accounting());
  std::string text =
      "Slurm " + setting(config, "SLURM_VERSION") + " (cluster " + setting(config, "ClusterName") + "), ";
  text += accounting ? "with accounting" : "without accounting: memory peaks are unknown";
  text += "; by its commands, slurmrestd is not used; ";
  if (options_.run_as_prefix.empty()) return text + "as the agent's own user";
  text += "through";
  for (const std::string& word : options_.run_as_prefix) text += ' ' + word;
  return text;
}

}  // namespace dayan::adapters
