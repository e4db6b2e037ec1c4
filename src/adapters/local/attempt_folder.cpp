#include "adapters/local/attempt_folder.h"

#include <sys/file.h>

#include "adapters/files.h"

namespace dayan::adapters {
namespace {

Record record_of(const SupervisorOrder& plan) {
  const StartOrder& order = plan.order;
  Record record;
  record.add("attempt", engine_name(order.attempt));
  record.add("pool", order.pool);
  record.add("folder", order.folder);
  for (const std::string& word : order.command) record.add("word", word);
  for (const EnvironmentVariable& variable : order.environment) {
    record.add("variable", variable.name);
    record.add("value", variable.value);
  }
  record.add("cores", order.resources.cores.value());
  record.add("memory", order.resources.memory.value());
  record.add("wall_time_us", order.wall_time.microseconds());
  record.add("starts_by_us", order.starts_by.microseconds());
  record.add("sandbox", plan.sandbox.program);
  for (const std::string& path : plan.sandbox.hidden) record.add("hidden", path);
  record.add("network", plan.sandbox.network ? 1 : 0);
  record.add("processes_max", plan.processes_max);
  return record;
}

Result<SupervisorOrder> order_of(const Record& record) {
  SupervisorOrder plan;
  StartOrder& order = plan.order;
  TRY(order.attempt, parse_engine_name(record.text("attempt")));
  order.pool = record.text("pool");
  order.folder = record.text("folder");
  order.command = record.texts("word");
  const std::vector<std::string> variables = record.texts("variable");
  const std::vector<std::string> values = record.texts("value");
  if (variables.size() != values.size()) return fail(ErrorCode::corrupt, "an order's environment is damaged");
  for (std::size_t i = 0; i < variables.size(); ++i) order.environment.push_back({variables[i], values[i]});
  order.resources.cores = Cores(record.number("cores"));
  order.resources.memory = Bytes(record.number("memory"));
  order.wall_time = Duration::microseconds(record.number("wall_time_us"));
  order.starts_by = UnixTime(record.number("starts_by_us"));
  plan.sandbox = {record.text("sandbox"), record.texts("hidden"), record.number("network") != 0};
  plan.processes_max = record.number("processes_max");
  return plan;
}

}  // namespace

Result<bool> AttemptFolder::create(const SupervisorOrder& order) const {
  const std::string ready = path_ + ".new";
  remove_tree(ready);
  TRY_VOID(make_folder(ready, 0700));
  TRY_VOID(write_file(ready + "/order", record_of(order).encode()));
  auto published = publish_folder(ready, path_);
  if (!published.has_value() || !*published) remove_tree(ready);
  return published;
}

Result<SupervisorOrder> AttemptFolder::order() const {
  TRY(const std::optional<Record> record, read_record(file("order")));
  if (!record.has_value()) return fail(ErrorCode::corrupt, path_ + " has no order in it");
  return order_of(*record);
}

Result<void> AttemptFolder::write_supervisor(const ProcessIdentity& process) const {
  Record record;
  record.add("pid", process.pid);
  record.add("start_ticks", process.start_ticks);
  record.add("boot", process.boot);
  return write_file(file("supervisor"), record.encode());
}

Result<std::optional<ProcessIdentity>> AttemptFolder::supervisor() const {
  TRY(const std::optional<Record> record, read_record(file("supervisor")));
  if (!record.has_value()) return std::optional<ProcessIdentity>();
  return std::optional<ProcessIdentity>(ProcessIdentity{static_cast<pid_t>(record->number("pid")),
                                                        record->number("start_ticks"), record->text("boot")});
}

Result<void> AttemptFolder::write_started(const StartNote& note) const {
  Record record;
  record.add("started_at_us", note.started_at.microseconds());
  record.add("started_since_boot_us", note.started_since_boot.microseconds());
  return write_file(file("started"), record.encode());
}

Result<std::optional<StartNote>> AttemptFolder::started() const {
  TRY(const std::optional<Record> record, read_record(file("started")));
  if (!record.has_value()) return std::optional<StartNote>();
  return std::optional<StartNote>(StartNote{UnixTime(record->number("started_at_us")),
                                            Duration::microseconds(record->number("started_since_boot_us"))});
}

Result<void> AttemptFolder::write_status(const FinalStatus& status) const {
  Record record;
  record.add("outcome", static_cast<std::int64_t>(status.outcome));
  record.add("exit_code", status.exit_code);
  record.add("failure", status.failure);
  record.add("started_at_us", status.started_at.microseconds());
  record.add("ended_at_us", status.ended_at.microseconds());
  record.add("run_us", status.run.microseconds());
  record.add("cpu_us", status.cpu_time.microseconds());
  record.add("memory_peak", status.memory_peak.value());
  return write_file(file("status"), record.encode());
}

Result<std::optional<FinalStatus>> AttemptFolder::status() const {
  TRY(const std::optional<Record> record, read_record(file("status")));
  if (!record.has_value()) return std::optional<FinalStatus>();
  FinalStatus status;
  const std::int64_t outcome = record->number("outcome");
  if (outcome <= 0 || outcome > static_cast<std::int64_t>(Outcome::expired))
    return fail(ErrorCode::corrupt, path_ + "/status names no outcome");
  status.outcome = static_cast<Outcome>(outcome);
  status.exit_code = static_cast<std::int32_t>(record->number("exit_code"));
  status.failure = record->text("failure");
  status.started_at = UnixTime(record->number("started_at_us"));
  status.ended_at = UnixTime(record->number("ended_at_us"));
  status.run = Duration::microseconds(record->number("run_us"));
  status.cpu_time = Duration::microseconds(record->number("cpu_us"));
  status.memory_peak = Bytes(record->number("memory_peak"));
  return std::optional<FinalStatus>(std::move(status));
}

Result<void> AttemptFolder::ask_to_stop() const { return write_file(file("stop"), ""); }

bool AttemptFolder::is_asked_to_stop() const { return exists(file("stop")); }

Result<void> AttemptFolder::give_notice() const { return write_file(file("notice"), ""); }

bool AttemptFolder::has_notice() const { return exists(file("notice")); }

Descriptor AttemptFolder::try_lock() const {
  Descriptor lock(::open(file("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.is_open() && ::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) lock.close();
  return lock;
}

}  // namespace dayan::adapters
