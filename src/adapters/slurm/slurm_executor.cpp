#include "adapters/slurm/slurm_executor.h"

#include <algorithm>

#include "adapters/files.h"
#include "adapters/order_check.h"
#include "adapters/slurm/slurm_judge.h"
#include "adapters/slurm/slurm_pools.h"
#include "adapters/slurm/slurm_racks.h"
#include "adapters/slurm/slurm_script.h"
#include "base/scan.h"

namespace dayan::adapters {
namespace {

constexpr const char* plain_name = "1 to 64 of letters, digits, '.', '_' and '-'";

std::string lower(std::string text) {
  for (char& c : text) c = dayan::lower(c);
  return text;
}

std::unique_ptr<SlurmRest> rest_of(SlurmOptions& options, SlurmCommands& commands, const JobUsers& users) {
  if (options.rest == nullptr) return nullptr;
  return std::make_unique<SlurmRest>(std::move(options.rest), options.rest_address, commands, users);
}

}  // namespace

SlurmExecutor::SlurmExecutor(SlurmOptions options, Processes& processes)
    : options_(std::move(options)),
      users_(processes),
      commands_(options_.slurm_conf, users_, processes),
      door_(commands_, rest_of(options_, commands_, users_)) {}

Result<std::unique_ptr<SlurmExecutor>> make_slurm_executor(SlurmOptions options, Processes& processes) {
  if (!options.folder.starts_with('/') || options.folder.find('\n') != std::string::npos)
    return fail(ErrorCode::invalid, quote(options.folder) + " is not an absolute path",
                "a path from / on, in one line", "folder");
  if (!options.slurm_conf.empty() && !options.slurm_conf.starts_with('/'))
    return fail(ErrorCode::invalid, quote(options.slurm_conf) + " is not an absolute path",
                "a path from / on", "slurm_conf");
  if (options.users.empty())
    return fail(ErrorCode::invalid, "nobody's jobs may be run", "a local user for each organisation", "users");
  const JobUsers users(processes);
  const bool all_own = std::all_of(options.users.begin(), options.users.end(),
                                   [&users](const std::string& user) { return users.is_own(user); });
  TRY_VOID(make_folder(options.folder, all_own ? 0700 : 0711));
  sweep_gone_controls(options.folder);
  return std::make_unique<SlurmExecutor>(std::move(options), processes);
}

Result<std::vector<PoolRow>> SlurmExecutor::probe(std::vector<std::string>& notes) {
  const std::lock_guard guard(mutex_);
  TRY(const std::string text, commands_.nodes());
  // Who needs no rack goes on without them.
  const auto racks = look_for_racks();
  if (!racks) notes.push_back("no racks are told: " + to_text(racks.error()));
  const std::map<std::string, std::string> none;
  TRY(std::vector<PoolRow> pools, parse_sinfo(text, options_.partitions, racks ? *racks : none));
  for (PoolRow& pool : pools) {
    const std::string name = lower(pool.chip);
    chip_names_[name] = pool.chip;
    pool.chip = name;
  }
  return pools;
}

/// None where gangs could not be kept in them.
Result<std::map<std::string, std::string>> SlurmExecutor::look_for_racks() {
  TRY(const std::string config, commands_.config());
  if (one_switch_within(config) == Duration()) return std::map<std::string, std::string>();
  TRY(const std::string topology, commands_.topology());
  return parse_topology(topology);
}

Result<std::optional<Cores>> SlurmExecutor::foreign_cores_busy() {
  const std::lock_guard guard(mutex_);
  // Where jobs are private, others' are not shown, and none would look like nobody's.
  TRY(const std::string hidden, config_setting("PrivateData"));
  if (hidden.find("jobs") != std::string::npos) return std::optional<Cores>();
  std::vector<std::string> names;
  for (const std::string& user : options_.users) names.push_back(users_.name_of(user));
  TRY(const std::string text, commands_.running(options_.partitions));
  TRY(const auto known, controls());
  std::set<std::string> numbers;
  for (const auto& [attempt, job] : known) numbers.insert(job.engine_id);
  TRY(const Cores foreign, parse_foreign_cores(text, names, numbers));
  return std::optional<Cores>(foreign);
}

Result<void> SlurmExecutor::check(const StartOrder& order) const {
  TRY_VOID(check_order(order));
  // Everything that becomes part of an option. is_plain_name leaves no room for a comma, a space or a second option.
  if (!is_plain_name(order.pool))
    return fail(ErrorCode::invalid, quote(order.pool) + " cannot be a partition", plain_name, "pool");
  if (!options_.partitions.empty() &&
      std::find(options_.partitions.begin(), options_.partitions.end(), order.pool) == options_.partitions.end())
    return fail(ErrorCode::denied, "partition " + quote(order.pool) + " is not offered",
                "one of slurm.partitions in agent.yaml", "pool");
  if (std::find(options_.users.begin(), options_.users.end(), order.user) == options_.users.end())
    return fail(ErrorCode::denied, quote(order.user) + " is not a user whose jobs this agent runs",
                "one that agent.yaml maps an organisation to", "user");
  if (!order.account.empty() && !is_plain_name(order.account))
    return fail(ErrorCode::invalid, quote(order.account) + " cannot be an account", plain_name, "account");
  if (!order.chip.empty() && !is_plain_name(order.chip))
    return fail(ErrorCode::invalid, quote(order.chip) + " cannot be a card model", plain_name, "chip");
  for (const std::string& node : order.nodes_to_avoid) {
    if (!is_plain_name(node))
      return fail(ErrorCode::invalid, quote(node) + " cannot be a node", plain_name, "nodes_to_avoid");
  }
  if (order.resources.cards.value() % 1000 != 0)
    return fail(ErrorCode::invalid, "Slurm gives whole cards only", "ask for a whole number", "resources.cards");
  if (order.folder.find('\\') != std::string::npos)
    return fail(ErrorCode::invalid, "Slurm reads a backslash in a path as a sign of its own",
                "a work folder without one", "folder");
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
  TRY(const std::optional<SlurmJob> found, find_job(order.attempt, order.user));
  if (!found.has_value() && time_of_day() > order.starts_by)
    return fail(ErrorCode::denied, "it came too late: it had to start by " + to_text(order.starts_by),
                "an order before that; see that the clocks of hub and centre agree", "starts_by");
  if (!control.is_there()) {
    TRY_VOID(users_.give(order.folder, order.user));
    TRY_VOID(control.create(order, users_));
    TRY_VOID(control.open());
  }
  if (found.has_value()) {
    TRY_VOID(control.write_engine_id(found->id));
    return found->id;
  }
  // It ran, and Slurm has forgotten it already: list() tells how it ended.
  if (!control.stamps().started_at.is_none() || control.stamps().expired) return std::string("0");
  return submit(order, control);
}

/// An order that starts on one switch or not at all: earlier than Slurm may take leave of that.
Result<StartOrder> SlurmExecutor::kept_in_rack(StartOrder order) {
  TRY(const std::string config, commands_.config());
  const Duration within = one_switch_within(config);
  if (within == Duration())
    return fail(ErrorCode::denied, "this Slurm cannot keep a job's nodes on one switch",
                "TopologyPlugin=topology/tree, and a max_switch_wait of 90 s or more", "resources.within");
  order.starts_by = std::min(order.starts_by, time_of_day() + within);
  return order;
}

Result<std::string> SlurmExecutor::submit(const StartOrder& wanted, SlurmControl& control) {
  StartOrder order = wanted;
  if (order.resources.is_in_rack()) {
    auto kept = kept_in_rack(std::move(order));
    if (!kept.has_value()) {
      control.remove(users_);  // nothing was asked of Slurm
      return fail(std::move(kept).error());
    }
    order = *std::move(kept);
  }
  const auto chip = chip_names_.find(order.chip);
  const std::string script = wrapper_script(order, control.stamps_folder(), users_.shares_by_lists(order.user));
  auto id = door_.submit(order, chip == chip_names_.end() ? order.chip : chip->second, script, time_of_day());
  if (id.has_value()) {
    TRY_VOID(control.write_engine_id(*id));
  } else if (id.error().code != ErrorCode::unknown_outcome) {
    control.remove(users_);  // Slurm has refused it: nothing of that name is there
    // All nodes that are left to it may be gone, or too few: others of its job will leave some.
    if (!order.nodes_to_avoid.empty()) return fail(ErrorCode::unavailable, to_text(id.error()));
  }
  return id;
}

Result<void> SlurmExecutor::stop(const AttemptKey& attempt) {
  const std::lock_guard guard(mutex_);
  SlurmControl control(options_.folder, attempt);
  const std::string name = engine_name(attempt);
  if (control.is_there()) {
    TRY_VOID(control.open());
    TRY(const std::optional<EngineJob> result, control.result());
    if (result.has_value()) return {};
    TRY_VOID(control.ask_to_stop());
    TRY_VOID(door_.cancel(name, control.user()));
    return cancel_renamed(control, name);
  }
  // Whose it might be is not known any more.
  Result<void> stopped;
  for (const std::string& user : options_.users) {
    auto one = door_.cancel(name, user);
    if (!one.has_value()) stopped = std::move(one);
  }
  return stopped;
}

Result<void> SlurmExecutor::give_notice(const AttemptKey& attempt) {
  const std::lock_guard guard(mutex_);
  SlurmControl control(options_.folder, attempt);
  if (!control.is_there()) return {};
  TRY_VOID(control.open());
  TRY(const std::optional<EngineJob> result, control.result());
  if (result.has_value()) return {};
  TRY_VOID(control.give_notice());
  return door_.tell(engine_name(attempt), control.user());
}

Result<void> SlurmExecutor::cancel_renamed(const SlurmControl& control, const std::string& name) {
  TRY(const std::string id, control.engine_id());
  if (id.empty()) return {};
  TRY(const std::vector<SlurmJob> jobs, door_.jobs(control.user()));
  const auto is_it = [&](const SlurmJob& job) {
    return job.id == id && job.name != name && is_alive(job) && is_of_order(job, control.starts_by());
  };
  return std::ranges::any_of(jobs, is_it) ? door_.cancel_number(id, control.user()) : Result<void>();
}

Result<std::optional<SlurmJob>> SlurmExecutor::find_job(const AttemptKey& attempt, const std::string& user) {
  TRY(std::vector<SlurmJob> all, door_.jobs(user));
  return job_that_matters(all, engine_name(attempt));
}

void SlurmExecutor::forget(const AttemptKey& attempt) {
  const std::lock_guard guard(mutex_);
  SlurmControl control(options_.folder, attempt);
  const auto result = control.result();
  // Nothing that may still run is forgotten.
  if (!result.has_value() || !result->has_value() || !control.open().has_value()) return;
  // The work folder is the agent's, but what the job closed to it only the job's user can remove.
  if (users_.shares_by_lists(control.user())) users_.remove(control.work_folder(), control.user());
  control.remove(users_);
}

Result<std::string> SlurmExecutor::config_setting(const std::string& name) {
  TRY(const std::string config, commands_.config());
  return config_value(config, name);
}

Result<bool> SlurmExecutor::has_accounting() {
  if (!has_accounting_.has_value()) {
    TRY(const std::string storage, config_setting("AccountingStorageType"));
    has_accounting_ = storage == "accounting_storage/slurmdbd";
  }
  return *has_accounting_;
}

Result<void> SlurmExecutor::check_tenant(const std::string& user, const std::string& account) {
  const std::lock_guard guard(mutex_);
  TRY_VOID(users_.check(user, options_.folder));
  // Slurm lets its own user act for anyone.
  TRY(const std::string config, commands_.config());
  if (users_.name_of(user) == slurm_user_of(config))
    return fail(ErrorCode::denied, quote(users_.name_of(user)) + " is Slurm's own user, who may act for anyone",
                "name an ordinary user", "user");
  return account.empty() ? Result<void>() : check_account(user, account);
}

Result<void> SlurmExecutor::check_account(const std::string& user, const std::string& account) {
  if (!is_plain_name(account))
    return fail(ErrorCode::invalid, quote(account) + " cannot be an account", plain_name, "account");
  TRY(const bool accounting, has_accounting());
  if (!accounting) return {};
  TRY(const std::string listed, commands_.users_of(account));
  if (listed.empty())
    return fail(ErrorCode::denied, "Slurm's accounting has no account " + quote(account),
                "make it: sacctmgr add account " + account, "account");
  TRY(const std::string enforced, config_setting("AccountingStorageEnforce"));
  const std::string name = users_.name_of(user);
  const bool may = ('\n' + listed).find('\n' + name + '\n') != std::string::npos;
  if (may || enforced.find("associations") == std::string::npos) return {};
  return fail(ErrorCode::denied, quote(name) + " may not use the account " + quote(account),
              "let it: sacctmgr add user " + name + " account=" + account, "account");
}

Result<std::string> SlurmExecutor::probe_engine_description() {
  const std::lock_guard guard(mutex_);
  TRY(const std::string config, commands_.config());
  TRY(const bool accounting, has_accounting());
  std::string text =
      "Slurm " + config_value(config, "SLURM_VERSION") + " (cluster " + config_value(config, "ClusterName") + "), ";
  text += accounting ? "with accounting" : "without accounting: memory peaks are unknown";
  text += "; " + door_.describe(options_.users.front()) + "; as";
  for (const std::string& user : options_.users) {
    text += ' ' + users_.name_of(user);
    if (users_.is_own(user)) text += " (the agent's own user)";
  }
  return text;
}

}  // namespace dayan::adapters
