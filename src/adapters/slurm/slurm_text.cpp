#include "adapters/slurm/slurm_text.h"

#include <time.h>

#include <algorithm>
#include <array>

#include "adapters/slurm/slurm_lines.h"
#include "base/scan.h"
#include "model/job.h"

namespace dayan::adapters {
namespace {

/// sacct tells "code:signal".
std::optional<std::int32_t> exit_code_of_pair(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto code = whole_number(text.substr(0, colon));
  const auto signal = whole_number(text.substr(colon + 1));
  if (!code.has_value() || !signal.has_value()) return std::nullopt;
  return static_cast<std::int32_t>(*signal != 0 ? 128 + (*signal & 0x7f) : *code & 0xff);
}

/// "159421K", "12.5M", "0": bytes, fractions of a unit dropped.
Bytes parse_memory(std::string_view text) {
  const std::string_view digits = take_digits(text);
  if (digits.empty()) return Bytes();
  const std::size_t unit = std::string_view("KMGT").find(text.empty() ? ' ' : text.back());
  const std::int64_t count = number_of(digits).value_or(0);
  if (unit == std::string_view::npos) return Bytes(count);
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(count, std::int64_t{1} << (10 * (unit + 1)), &bytes)) return Bytes();
  return Bytes(bytes);
}

/// Of one job: more no cluster has, and a sum of many stays a number.
constexpr std::int64_t cores_max = 1'000'000'000;

}  // namespace

UnixTime parse_slurm_time(std::string_view text) {
  const auto epoch = whole_number(text);
  if (epoch.has_value()) return *epoch > 4'000'000'000'000 ? UnixTime() : UnixTime(*epoch * 1'000'000);
  tm parts{};
  const std::string copy(text);
  const char* end = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr || *end != '\0') return UnixTime();
  parts.tm_isdst = -1;
  const time_t seconds = ::mktime(&parts);
  return seconds <= 0 ? UnixTime() : UnixTime(std::int64_t{seconds} * 1'000'000);
}

std::optional<Duration> parse_slurm_duration(std::string_view text) {
  if (text == "infinite" || text == "UNLIMITED") return wall_time_limit_max;
  std::int64_t days = 0;
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos) {
    const auto number = whole_number(text.substr(0, dash));
    if (!number.has_value() || *number > 100'000) return std::nullopt;
    days = *number;
    text.remove_prefix(dash + 1);
  }
  std::int64_t seconds = 0;
  int parts = 0;
  while (true) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto number = whole_number(text.substr(0, colon));
    if (!number.has_value() || *number > 100'000'000 || ++parts > 3) return std::nullopt;
    seconds = seconds * 60 + *number;
    if (colon == text.size()) break;
    text.remove_prefix(colon + 1);
  }
  if (parts == 1) seconds *= dash == std::string_view::npos ? 60 : 3600;  // "90" are minutes, "1-12" days and hours
  if (parts == 2 && dash != std::string_view::npos) seconds *= 60;        // "1-12:30"
  return Duration::seconds(days * 86'400 + seconds);
}

Result<std::vector<SlurmJob>> parse_squeue(std::string_view text) {
  std::vector<SlurmJob> jobs;
  for (const std::string_view line : lines_of(text)) {
    const std::vector<std::string> fields = fields_of(line, 10);
    const auto status = fields.size() == 10 ? whole_number(fields[2]) : std::nullopt;
    if (!status.has_value() || !whole_number(fields[0]).has_value()) return not_understood("squeue", line);
    jobs.push_back({fields[0], fields[9], fields[1], fields[7], exit_code_of_wait_status(*status),
                    parse_slurm_time(fields[3]), parse_slurm_time(fields[4]), Bytes(), parse_slurm_time(fields[5]),
                    whole_number(fields[6]).value_or(0), fields[8]});
  }
  return jobs;
}

Result<std::vector<SlurmJob>> parse_sacct(std::string_view text) {
  std::vector<SlurmJob> jobs;
  for (const std::string_view line : lines_of(text)) {
    const std::vector<std::string> fields = fields_of(line, 8);
    const auto code = fields.size() == 8 ? exit_code_of_pair(fields[2]) : std::nullopt;
    if (!code.has_value()) return not_understood("sacct", line);
    const std::string id = fields[0].substr(0, fields[0].find('.'));
    const Bytes memory = parse_memory(fields[6]);
    if (fields[0] != id) {
      if (!jobs.empty() && jobs.back().id == id) jobs.back().memory_peak = std::max(jobs.back().memory_peak, memory);
      continue;
    }
    // "CANCELLED by 1001"
    jobs.push_back({id, fields[7], fields[1].substr(0, fields[1].find(' ')), "", *code, parse_slurm_time(fields[3]),
                    parse_slurm_time(fields[4]), memory, parse_slurm_time(fields[5]), 0, {}});
  }
  return jobs;
}

Result<Cores> parse_foreign_cores(std::string_view text, const std::vector<std::string>& users,
                                  const std::set<std::string>& numbers) {
  Cores foreign;
  for (const std::string_view line : lines_of(text)) {
    const std::vector<std::string> fields = fields_of(line, 4);
    const auto cores = fields.size() == 4 ? whole_number(fields[1]) : std::nullopt;
    if (!cores.has_value() || *cores > cores_max) return not_understood("squeue", line);
    const bool is_known = numbers.contains(fields[0]) || parse_engine_name(fields[3]).has_value();
    const bool is_ours = is_known && std::find(users.begin(), users.end(), fields[2]) != users.end();
    if (!is_ours) foreign += Cores(*cores);
  }
  return foreign;
}

std::optional<SlurmVerdict> verdict_on(std::string_view state, std::string_view reason) {
  struct Word {
    std::string_view name;
    SlurmVerdict verdict;
  };
  using S = AttemptState;
  using O = Outcome;
  constexpr std::array<Word, 24> words = {{
      {"PENDING", {S::queued, O::none}},
      {"CONFIGURING", {S::queued, O::none}},
      {"REQUEUED", {S::queued, O::none}},
      {"REQUEUE_HOLD", {S::queued, O::none}},
      {"REQUEUE_FED", {S::queued, O::none}},
      {"RESV_DEL_HOLD", {S::queued, O::none}},
      {"SPECIAL_EXIT", {S::queued, O::none}},
      {"RUNNING", {S::running, O::none}},
      {"COMPLETING", {S::running, O::none}},
      {"SUSPENDED", {S::running, O::none}},
      {"STOPPED", {S::running, O::none}},
      {"SIGNALING", {S::running, O::none}},
      {"STAGE_OUT", {S::running, O::none}},
      {"RESIZING", {S::running, O::none}},
      {"COMPLETED", {S::ended, O::exited}},
      {"FAILED", {S::ended, O::exited}},
      {"TIMEOUT", {S::ended, O::timed_out}},
      {"CANCELLED", {S::ended, O::stopped}},
      {"OUT_OF_MEMORY", {S::ended, O::out_of_memory}},
      {"NODE_FAIL", {S::ended, O::lost}},
      {"PREEMPTED", {S::ended, O::lost}},
      {"REVOKED", {S::ended, O::lost}},
      {"DEADLINE", {S::ended, O::expired}},
      {"BOOT_FAIL", {S::ended, O::start_refused}},
  }};
  // A job that Slurm took and found impossible afterwards, or could not launch, has failed without having run.
  if (state == "FAILED" && (reason == "JobLaunchFailure" || reason == "BadConstraints"))
    return SlurmVerdict{S::ended, O::start_refused};
  for (const Word& word : words) {
    if (word.name == state) return word.verdict;
  }
  return std::nullopt;
}

Error submission_error(std::string_view text, const std::string& program) {
  const auto says = [text](std::initializer_list<std::string_view> phrases) {
    return std::any_of(phrases.begin(), phrases.end(),
                       [text](std::string_view phrase) { return text.find(phrase) != std::string_view::npos; });
  };
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string wrong =
      program + ": " + quote(text.substr(text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1));
  // The request may have reached the controller: only a look can tell.
  if (says({"Socket timed out", "Zero Bytes were transmitted", "Message receive failure"}))
    return {ErrorCode::unknown_outcome, {}, std::move(wrong), {}};
  if (says({"Unable to contact slurm controller", "Connection refused", "standby mode", "temporarily", "submit limit",
            "MaxJobCount", "AssocMaxSubmitJobLimit", "QOSMaxSubmitJob", "Protocol authentication error",
            "Slurm is in the process", "Could not establish a configuration source"}))
    return {ErrorCode::unavailable, {}, std::move(wrong), {}};
  if (says({"Invalid partition", "invalid partition"})) return {ErrorCode::invalid, "pool", std::move(wrong), {}};
  if (says({"Invalid account"})) return {ErrorCode::denied, "account", std::move(wrong), {}};
  if (says({"Requested node configuration is not available", "Invalid generic resource", "CPU count"}))
    return {ErrorCode::invalid, "resources", std::move(wrong), {}};
  return {ErrorCode::denied, {}, std::move(wrong), {}};
}

bool is_alive(const SlurmJob& job) {
  const auto verdict = verdict_on(job.state, job.reason);
  return !verdict.has_value() || verdict->state != AttemptState::ended;
}

bool is_of_order(const SlurmJob& job, UnixTime starts_by) { return job.restarts > 0 || job.submitted_at <= starts_by; }

std::string config_value(std::string_view config, std::string_view name) {
  for (const std::string_view line : lines_of(config)) {
    if (!line.starts_with(name) || line.substr(name.size()).find_first_not_of(' ') == std::string_view::npos)
      continue;
    std::string_view rest = line.substr(name.size());
    rest.remove_prefix(rest.find_first_not_of(' '));
    if (!take(rest, '=')) continue;
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    return std::string(rest.substr(0, rest.find_last_not_of(' ') + 1));
  }
  return {};
}

std::string slurm_user_of(std::string_view config) {
  const std::string value = config_value(config, "SlurmUser");
  return value.substr(0, value.find('('));
}

std::int32_t exit_code_of_wait_status(std::int64_t status) {
  const std::int64_t signal = status & 0x7f;
  return static_cast<std::int32_t>(signal != 0 ? 128 + signal : (status >> 8) & 0xff);
}

std::string escaped_pattern(const std::string& path) {
  std::string text;
  for (const char c : path) text += c == '%' ? std::string("%%") : std::string(1, c);
  return text;
}

std::string gres_request(MilliCards cards, const std::string& chip) {
  return "gpu:" + (chip.empty() ? "" : chip + ':') + std::to_string(cards.value() / 1000);
}

SlurmLimits limits_of(const StartOrder& order, UnixTime now) {
  const std::int64_t minutes = minutes_up(order.wall_time);
  const std::int64_t seconds = (order.starts_by - now).seconds_up() + minutes * 60;
  return {minutes, "now+" + std::to_string(seconds) + "seconds", minutes_up(order.starts_by - now) + 1};
}

std::int64_t minutes_up(Duration duration) { return std::max<std::int64_t>(1, (duration.seconds_up() + 59) / 60); }

std::int64_t mebibytes_up(Bytes size) {
  constexpr std::int64_t mebibyte = 1024 * 1024;
  return size.value() / mebibyte + (size.value() % mebibyte > 0 ? 1 : 0);
}

}  // namespace dayan::adapters
