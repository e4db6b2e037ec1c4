#include "adapters/slurm/slurm_control.h"

#include <sys/stat.h>

#include <cstdio>

#include "adapters/files.h"
#include "base/scan.h"

namespace dayan::adapters {
namespace {

constexpr const char* stamps_name = "stamps";

/// "123456 7" → its numbers; nothing when it is not of that form.
std::optional<std::pair<std::int64_t, std::int64_t>> two_numbers(std::string_view text) {
  const std::string_view first = take_digits(text);
  if (first.empty()) return std::nullopt;
  std::int64_t second = 0;
  if (take(text, ' ')) {
    const std::string_view digits = take_digits(text);
    second = digits.empty() ? 0 : number_of(digits).value_or(0);
  }
  return std::pair{number_of(first).value_or(0), second};
}

std::optional<std::pair<std::int64_t, std::int64_t>> read_stamp(const std::string& path) {
  // The job's user can write here: whatever it is, it is read briefly and believed only as far as numbers go.
  const auto text = read_file(path, 100'000);
  if (!text.has_value() || !text->has_value()) return std::nullopt;
  return two_numbers(**text);
}

}  // namespace

SlurmControl::SlurmControl(const std::string& folder, const AttemptKey& attempt)
    : attempt_(attempt), path_(folder + '/' + engine_name(attempt) + control_suffix) {}

bool SlurmControl::is_there() const { return exists(path_); }

void SlurmControl::remove(const JobUsers& users) const {
  // A folder half removed would be a folder without an order. What the job's user left in it may not be removable at
  // all, so every removal has a name of its own.
  const std::string gone = path_ + '.' + std::to_string(time_of_day().microseconds()) + gone_suffix;
  if (::rename(path_.c_str(), gone.c_str()) == 0) users.remove(gone, user_);
}

void sweep_gone_controls(const std::string& folder) {
  const auto names = names_in(folder);
  if (!names.has_value()) return;
  for (const std::string& name : *names) {
    if (name.ends_with(gone_suffix)) remove_tree(folder + '/' + name);
  }
}

Result<void> SlurmControl::create(const StartOrder& order, const JobUsers& users) const {
  const std::string ready = path_ + ".new";
  users.remove(ready, order.user);
  // Another user must pass through the upper folder, whose files are the agent's alone; the lower one is the user's.
  TRY_VOID(make_folder(ready, users.is_own(order.user) ? 0700 : 0711));
  const std::string stamps = ready + '/' + stamps_name;
  TRY_VOID(make_folder(stamps, 0700));
  if (!order.script.empty()) TRY_VOID(write_file(stamps + "/script", order.script, 0700));
  TRY_VOID(users.give(stamps, order.user));
  Record record;
  record.add("attempt", engine_name(attempt_));
  record.add("user", order.user);
  record.add("folder", order.folder);
  record.add("starts_by_us", order.starts_by.microseconds());
  record.add("wall_time_us", order.wall_time.microseconds());
  TRY_VOID(write_file(ready + "/order", record.encode()));
  TRY(const bool published, publish_folder(ready, path_));
  if (!published) return fail(ErrorCode::unknown_outcome, "somebody else starts this attempt");
  return {};
}

Result<void> SlurmControl::open() {
  TRY(const std::optional<Record> record, read_record(path_ + "/order"));
  if (!record.has_value()) return fail(ErrorCode::corrupt, path_ + " has no order in it");
  stamps_folder_ = path_ + '/' + stamps_name;
  user_ = record->text("user");
  work_folder_ = record->text("folder");
  starts_by_ = UnixTime(record->number("starts_by_us"));
  wall_time_ = Duration::microseconds(record->number("wall_time_us"));
  return {};
}

SlurmStamps SlurmControl::stamps() const {
  SlurmStamps stamps;
  const auto start = read_stamp(stamps_folder_ + "/start");
  if (start.has_value()) stamps.started_at = UnixTime(start->first);
  const auto end = read_stamp(stamps_folder_ + "/end");
  if (end.has_value()) {
    stamps.ended_at = UnixTime(end->first);
    stamps.exit_code = static_cast<std::int32_t>(end->second & 0xff);
  }
  stamps.expired = exists(stamps_folder_ + "/expired");
  return stamps;
}

Result<void> SlurmControl::write_engine_id(const std::string& id) const {
  return write_file(path_ + "/engine_id", id);
}

Result<std::string> SlurmControl::engine_id() const {
  TRY(const std::optional<std::string> id, read_file(path_ + "/engine_id"));
  return id.value_or("");
}

Result<void> SlurmControl::ask_to_stop() const {
  // The wrapper looks for it too, which catches a submission that arrives after its cancellation.
  return write_file(path_ + "/stop", "");
}

Result<void> SlurmControl::give_notice() const { return write_file(path_ + "/notice", ""); }

bool SlurmControl::is_asked_to_stop() const { return exists(path_ + "/stop"); }

Result<void> SlurmControl::write_result(const EngineJob& job) const {
  Record record;
  record.add("engine_id", job.engine_id);
  record.add("outcome", static_cast<std::int64_t>(job.outcome));
  record.add("exit_code", job.exit_code);
  record.add("failure", job.failure);
  record.add("started_at_us", job.started_at.microseconds());
  record.add("ended_at_us", job.ended_at.microseconds());
  record.add("engine_run_us", job.engine_run.microseconds());
  record.add("wrapper_run_us", job.wrapper_run.microseconds());
  record.add("memory_peak", job.memory_peak.value());
  return write_file(path_ + "/result", record.encode());
}

Result<std::optional<EngineJob>> SlurmControl::result() const {
  TRY(const std::optional<Record> record, read_record(path_ + "/result"));
  if (!record.has_value()) return std::optional<EngineJob>();
  EngineJob job;
  job.attempt = attempt_;
  job.engine_id = record->text("engine_id");
  job.state = AttemptState::ended;
  const std::int64_t outcome = record->number("outcome");
  if (outcome <= 0 || outcome > static_cast<std::int64_t>(Outcome::expired))
    return fail(ErrorCode::corrupt, path_ + "/result names no outcome");
  job.outcome = static_cast<Outcome>(outcome);
  job.exit_code = static_cast<std::int32_t>(record->number("exit_code"));
  job.failure = record->text("failure");
  job.started_at = UnixTime(record->number("started_at_us"));
  job.ended_at = UnixTime(record->number("ended_at_us"));
  job.engine_run = Duration::microseconds(record->number("engine_run_us"));
  job.wrapper_run = Duration::microseconds(record->number("wrapper_run_us"));
  job.memory_peak = Bytes(record->number("memory_peak"));
  return std::optional<EngineJob>(std::move(job));
}

}  // namespace dayan::adapters
