#include "adapters/local/local_executor.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "adapters/files.h"
#include "adapters/order_check.h"
#include "adapters/spawn.h"
#include "base/readable.h"

namespace dayan::adapters {
namespace {

/// All of it is one node.
constexpr const char* node_name = "local";
constexpr Duration supervisor_start_time = Duration::seconds(20);

std::int64_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));
}

/// A script becomes a file that the command names. Without a line that says by what it is run, the shell runs it.
Result<std::vector<std::string>> command_of(const StartOrder& order) {
  if (order.script.empty()) return order.command;
  const std::string path = order.folder + '/' + script_file;
  TRY_VOID(write_file(path, order.script, 0755));
  if (order.script.starts_with("#!")) return std::vector<std::string>{path};
  return std::vector<std::string>{"/bin/sh", path};
}

EngineJob ended_job(const AttemptKey& attempt, const FinalStatus& status) {
  EngineJob job;
  job.attempt = attempt;
  job.state = AttemptState::ended;
  job.outcome = status.outcome;
  job.exit_code = status.exit_code;
  job.failure = status.failure;
  job.started_at = status.started_at;
  job.ended_at = status.ended_at;
  if (!status.started_at.is_none()) job.engine_run = std::max(Duration(), status.ended_at - status.started_at);
  job.wrapper_run = status.run;
  job.memory_peak = status.memory_peak;
  return job;
}

/// Nobody can say what became of it; that nothing of it goes on can be seen to.
EngineJob damaged_job(const AttemptKey& attempt, const Error& error) {
  FinalStatus status;
  status.outcome = Outcome::lost;
  status.failure = to_text(error);
  status.ended_at = time_of_day();
  if (!kill_marked(marker_variable, engine_name(attempt))) status.failure += "; some of its processes do not end";
  return ended_job(attempt, status);
}

/// What nobody watches any more: settled here and now, by whoever holds the folder's lock.
Result<FinalStatus> settle(const AttemptFolder& folder, const AttemptKey& attempt, bool was_supervised) {
  FinalStatus status;
  status.ended_at = time_of_day();
  if (!was_supervised) {
    status.outcome = folder.is_asked_to_stop() ? Outcome::stopped : Outcome::expired;
    status.failure = folder.is_asked_to_stop() ? "stopped before it started" : "no supervisor took it up in time";
  } else {
    status.outcome = Outcome::lost;
    status.failure = "its supervisor is gone without a word";
    if (!kill_marked(marker_variable, engine_name(attempt))) status.failure += "; some of its processes do not end";
    TRY(const std::optional<StartNote> note, folder.started());
    if (note.has_value()) status.started_at = note->started_at;
  }
  TRY_VOID(folder.write_status(status));
  return status;
}

}  // namespace

LocalExecutor::LocalExecutor(LocalOptions options, Sandbox sandbox, std::string description)
    : options_(std::move(options)), sandbox_(std::move(sandbox)), description_(std::move(description)) {}

Result<std::unique_ptr<LocalExecutor>> make_local_executor(LocalOptions options) {
  if (!options.folder.starts_with('/'))
    return fail(ErrorCode::invalid, "'" + options.folder + "' is not an absolute path", "a path from / on", "folder");
  if (!options.program.starts_with('/') || ::access(options.program.c_str(), X_OK) != 0)
    return fail(ErrorCode::invalid, "'" + options.program + "' is not a program that can be run",
                "give the absolute path of dayan", "program");
  TRY_VOID(make_folder(options.folder, 0700));
  if (options.cores.is_zero()) options.cores = Cores(usable_cores());
  if (options.memory.is_zero())
    options.memory = Bytes(std::int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE));

  Sandbox sandbox;
  if (options.sandbox) {
    std::string why;
    std::vector<std::string> hidden = options.hidden;
    hidden.push_back(options.folder);
    sandbox = detect_sandbox(std::move(hidden), options.network, why);
    // Never open without being asked to: a job would read the agent's key.
    if (sandbox.program.empty())
      return fail(ErrorCode::unavailable, "jobs cannot be fenced in: " + why,
                  "install bubblewrap, or say sandbox: false and trust every job", "local.sandbox");
  }
  std::string description = sandbox.program.empty()
                                ? "local processes WITHOUT a sandbox: jobs see what this user sees"
                                : "local processes in a bubblewrap sandbox" +
                                      std::string(options.network ? ", with the network" : ", without the network");
  return std::make_unique<LocalExecutor>(std::move(options), std::move(sandbox), std::move(description));
}

Result<std::vector<PoolRow>> LocalExecutor::probe(std::vector<std::string>& /*notes*/) {
  PoolRow pool;
  pool.name = options_.pool;
  pool.nodes = 1;
  pool.cores_per_node = options_.cores;
  pool.memory_per_node = options_.memory;
  pool.wall_time_max = wall_time_limit_max;
  return std::vector<PoolRow>{pool};
}

AttemptFolder LocalExecutor::folder_of(const AttemptKey& attempt) const {
  return AttemptFolder(options_.folder + '/' + engine_name(attempt));
}

Result<void> LocalExecutor::check_room(const StartOrder& order) {
  if (order.pool != options_.pool)
    return fail(ErrorCode::invalid, "there is no pool '" + order.pool + "' here", "name " + options_.pool, "pool");
  if (order.resources.nodes > 1)
    return fail(ErrorCode::invalid,
                "it asks for " + std::to_string(order.resources.nodes) + " nodes, this pool is one machine",
                "ask for one node", "resources.nodes");
  if (!order.resources.cards.is_zero())
    return fail(ErrorCode::invalid, "this pool has no cards", "ask for none", "resources.cards");
  if (order.resources.cores > options_.cores || order.resources.memory > options_.memory)
    return fail(ErrorCode::invalid, "it asks for more than the whole pool has",
                std::to_string(options_.cores.value()) + " cores and " + readable_down(options_.memory) + " at most",
                "resources");
  if (time_of_day() > order.starts_by)
    return fail(ErrorCode::denied, "it came too late: it had to start by " + to_text(order.starts_by),
                "an order before that; see that the clocks of hub and centre agree", "starts_by");
  if (std::find(order.nodes_to_avoid.begin(), order.nodes_to_avoid.end(), node_name) != order.nodes_to_avoid.end())
    return fail(ErrorCode::unavailable, "this machine runs as many of the job's tasks as may run on one node");
  Cores cores = order.resources.cores;
  Bytes memory = order.resources.memory;
  TRY(const std::vector<std::string> names, names_in(options_.folder));
  for (const std::string& name : names) {
    const auto attempt = parse_engine_name(name);
    if (!attempt.has_value()) continue;
    TRY(const EngineJob job, look_at(*attempt));
    if (job.state == AttemptState::ended) continue;
    TRY(const SupervisorOrder other, folder_of(*attempt).order());
    cores += other.order.resources.cores;
    memory += other.order.resources.memory;
  }
  if (cores > options_.cores) return fail(ErrorCode::unavailable, "the cores that were offered are in use");
  if (memory > options_.memory) return fail(ErrorCode::unavailable, "the memory that was offered is in use");
  return {};
}

Result<void> LocalExecutor::spawn_supervisor(const AttemptFolder& folder) {
  const std::string log = folder.path() + "/supervisor.log";
  const Descriptor errors(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  SpawnPlan plan;
  plan.argv = {options_.program, "supervise", folder.path()};
  plan.environment = {{"PATH", default_path}};
  plan.error = errors.number();
  plan.new_session = true;
  TRY(const pid_t child, spawn(plan));
  // The process that we started ends as soon as its child, the supervisor, has taken the attempt in hand.
  const Duration until = time_since_boot() + supervisor_start_time;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (time_since_boot() > until) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return fail(ErrorCode::unknown_outcome, "no supervisor has answered; see " + log);
    }
    ::usleep(1'000);
  }
  return {};
}

Result<std::string> LocalExecutor::start(const StartOrder& order) {
  TRY_VOID(check_order(order));
  const std::lock_guard guard(mutex_);
  const AttemptFolder folder = folder_of(order.attempt);
  if (!exists(folder.path())) {
    TRY_VOID(check_room(order));
    SupervisorOrder plan{order, sandbox_, options_.processes_max};
    TRY(plan.order.command, command_of(order));
    TRY(const bool created, folder.create(plan));
    if (!created) return fail(ErrorCode::unknown_outcome, "somebody else starts this attempt");
  }
  TRY(std::optional<ProcessIdentity> supervisor, folder.supervisor());
  if (!supervisor.has_value()) {
    // An agent that died between the order and the supervisor comes through here too. Two supervisors may be made;
    // the lock lets one of them work.
    TRY_VOID(spawn_supervisor(folder));
    TRY(supervisor, folder.supervisor());
  }
  if (supervisor.has_value()) return std::to_string(supervisor->pid);
  TRY(const std::optional<FinalStatus> status, folder.status());
  if (status.has_value()) return std::string("0");  // it ended without ever being supervised
  return fail(ErrorCode::unknown_outcome, "no supervisor has taken it up; see " + folder.path() + "/supervisor.log");
}

Result<void> LocalExecutor::stop(const AttemptKey& attempt) {
  const std::lock_guard guard(mutex_);
  const AttemptFolder folder = folder_of(attempt);
  if (!exists(folder.path())) return {};
  TRY(const std::optional<FinalStatus> status, folder.status());
  if (status.has_value()) return {};
  // First the wish, then the signal: a supervisor that is not there yet finds the wish.
  TRY_VOID(folder.ask_to_stop());
  TRY(const std::optional<ProcessIdentity> supervisor, folder.supervisor());
  if (supervisor.has_value()) send_signal(*supervisor, SIGTERM);
  return {};
}

Result<void> LocalExecutor::give_notice(const AttemptKey& attempt) {
  const std::lock_guard guard(mutex_);
  const AttemptFolder folder = folder_of(attempt);
  // Its supervisor looks for the wish ten times a second.
  return exists(folder.path()) ? folder.give_notice() : Result<void>();
}

Result<EngineJob> LocalExecutor::look_at(const AttemptKey& attempt) {
  const AttemptFolder folder = folder_of(attempt);
  TRY(std::optional<FinalStatus> status, folder.status());
  TRY(const std::optional<ProcessIdentity> supervisor, folder.supervisor());
  const auto with_id = [&supervisor](EngineJob job) {
    if (supervisor.has_value()) job.engine_id = std::to_string(supervisor->pid);
    return job;
  };
  if (status.has_value()) return with_id(ended_job(attempt, *status));

  // The lock is taken before the second look: a supervisor that ends just now writes its status, then lets go.
  const Descriptor lock = folder.try_lock();
  if (lock.is_open()) {
    TRY(status, folder.status());
    if (status.has_value()) return with_id(ended_job(attempt, *status));
    TRY(const std::optional<ProcessIdentity> taken, folder.supervisor());
    bool is_over = taken.has_value() || folder.is_asked_to_stop();
    if (!is_over) {
      TRY(const SupervisorOrder plan, folder.order());
      is_over = time_of_day() > plan.order.starts_by;
    }
    if (is_over) {
      TRY(const FinalStatus settled, settle(folder, attempt, taken.has_value()));
      return with_id(ended_job(attempt, settled));
    }
  }
  EngineJob job;
  job.attempt = attempt;
  TRY(const std::optional<StartNote> note, folder.started());
  if (note.has_value()) {
    job.state = AttemptState::running;
    job.nodes = {node_name};
    job.started_at = note->started_at;
    job.engine_run = std::max(Duration(), time_of_day() - note->started_at);
    job.wrapper_run = std::max(Duration(), time_since_boot() - note->started_since_boot);
  }
  return with_id(job);
}

Result<std::vector<EngineJob>> LocalExecutor::list() {
  const std::lock_guard guard(mutex_);
  std::vector<EngineJob> jobs;
  TRY(const std::vector<std::string> names, names_in(options_.folder));
  for (const std::string& name : names) {
    const auto attempt = parse_engine_name(name);
    if (!attempt.has_value()) continue;
    auto job = look_at(*attempt);
    if (!job.has_value() && job.error().code != ErrorCode::corrupt) return fail(job.error());
    // One damaged folder must not hide the others.
    if (!job.has_value()) job = damaged_job(*attempt, job.error());
    jobs.push_back(std::move(*job));
  }
  return jobs;
}

void LocalExecutor::forget(const AttemptKey& attempt) {
  const std::lock_guard guard(mutex_);
  const AttemptFolder folder = folder_of(attempt);
  const auto status = folder.status();
  // Nothing that may still run is forgotten: its name is what keeps it from being started twice.
  if (status.has_value() && status->has_value()) remove_tree(folder.path());
}

}  // namespace dayan::adapters
