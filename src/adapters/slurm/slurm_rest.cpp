#include "adapters/slurm/slurm_rest.h"

#include <algorithm>

#include "adapters/files.h"
#include "adapters/order_check.h"
#include "adapters/slurm/slurm_hosts.h"
#include "adapters/spawn.h"
#include "base/scan.h"

namespace dayan::adapters {
namespace {

const std::string base = "/slurm/v0.0.38";
/// A controller that does not answer keeps slurmrestd waiting for 18 s.
constexpr Duration patience = Duration::seconds(25);
constexpr Duration token_lifespan = Duration::hours(1);
constexpr Duration token_reserve = Duration::minutes(5);  ///< it is renewed so long before its end
constexpr Duration token_refusal_max = Duration::seconds(3);
constexpr std::size_t crowded_size = 4'000'000;  ///< some 1,300 jobs

// Slurm's error numbers (slurm/slurm_errno.h), and one of slurmrestd's own.
constexpr std::int64_t already_done = 2021;
constexpr std::int64_t invalid_job_id = 2017;
constexpr std::int64_t not_parsed = 9001;

std::string text_of(const JsonObject& object, const char* name) {
  const JsonValue* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// Zero for null and for what is no whole number.
std::int64_t number_in(const JsonObject& object, const char* name) {
  const JsonValue* value = object.if_contains(name);
  if (value == nullptr) return 0;
  if (value->is_int64()) return value->get_int64();
  return 0;
}

UnixTime time_in(const JsonObject& object, const char* name) {
  return parse_slurm_time(std::to_string(std::max<std::int64_t>(0, number_in(object, name))));
}

SlurmJob job_of(const JsonObject& object) {
  SlurmJob job;
  job.id = std::to_string(number_in(object, "job_id"));
  job.name = text_of(object, "name");
  job.state = text_of(object, "job_state");
  job.reason = text_of(object, "state_reason");
  job.exit_code = exit_code_of_wait_status(number_in(object, "exit_code"));
  job.started_at = time_in(object, "start_time");
  job.ended_at = time_in(object, "end_time");
  job.submitted_at = time_in(object, "submit_time");
  job.restarts = number_in(object, "restart_cnt");
  job.nodes = text_of(object, "nodes");
  return job;
}

/// An answer that is not what was asked for, or that says that it failed.
tl::unexpected<Error> not_answered(int status, const std::string& error) {
  return fail(ErrorCode::unavailable,
              "slurmrestd answered " + std::to_string(status) + (error.empty() ? "" : ": " + quote(error)));
}

}  // namespace

JsonObject rest_submission(const StartOrder& order, const std::string& chip, const std::string& script,
                           UnixTime now) {
  const SlurmLimits limits = limits_of(order, now);
  JsonObject job;
  job["name"] = engine_name(order.attempt);
  job["comment"] = engine_name(order.attempt);
  job["partition"] = order.pool;
  job["nodes"] = JsonArray{order.resources.nodes, order.resources.nodes};
  job["tasks"] = order.resources.nodes;
  job["cpus_per_task"] = order.resources.cores.value();
  job["time_limit"] = limits.minutes;
  job["deadline"] = limits.deadline;
  job["no_requeue"] = true;  // "requeue": false is taken for true (22.05)
  job["current_working_directory"] = order.folder;
  job["standard_output"] = escaped_pattern(order.folder + '/' + stdout_file);
  job["standard_error"] = escaped_pattern(order.folder + '/' + stderr_file);
  job["environment"] = JsonObject{{"PATH", default_path}};
  if (!order.account.empty()) job["account"] = order.account;
  if (!order.resources.memory.is_zero()) job["memory_per_node"] = mebibytes_up(order.resources.memory);
  if (!order.resources.cards.is_zero()) job["gres"] = gres_request(order.resources.cards, chip);
  if (!order.nodes_to_avoid.empty()) job["exclude_nodes"] = host_list(order.nodes_to_avoid);
  return JsonObject{{"job", std::move(job)}, {"script", script}};
}

SlurmRest::SlurmRest(std::unique_ptr<HttpClient> http, std::string address, SlurmCommands& commands,
                     const JobUsers& users)
    : http_(std::move(http)), address_(std::move(address)), commands_(commands), users_(users) {}

Result<std::string> SlurmRest::token_of(const std::string& user) {
  const UnixTime now = time_of_day();
  const auto known = tokens_.find(user);
  if (known != tokens_.end() && now + token_reserve < known->second.good_until) return known->second.text;
  if (!slurm_user_.has_value()) {
    TRY(const std::string config, commands_.config());
    slurm_user_ = slurm_user_of(config);
  }
  const std::string& name = users_.name_of(user);
  if (name == "root" || name == *slurm_user_)
    return fail(ErrorCode::denied, "a token of " + quote(name) + " could act for anyone: it is not asked for");
  TRY(std::string text, commands_.token(user, token_lifespan));
  tokens_.insert_or_assign(user, Token{text, now + token_lifespan});
  return text;
}

Result<SlurmRest::Answer> SlurmRest::send(const std::string& user, const std::string& method,
                                          const std::string& target, std::string body) {
  auto token = token_of(user);
  if (!token.has_value()) return fail(ErrorCode::unavailable, to_text(token.error()));
  HttpRequest request;
  request.method = method;
  request.target = base + target;
  request.headers = {{"x-slurm-user-name", users_.name_of(user)}, {"x-slurm-user-token", *token}};
  if (!body.empty()) request.headers.push_back({"content-type", "application/json"});
  request.body = std::move(body);
  TRY(const HttpResponse response, http_->send(request, patience));
  Answer answer;
  answer.status = response.status;
  answer.size = response.body.size();
  auto parsed = parse_json(response.body);
  if (parsed.has_value() && parsed->is_object()) answer.body = std::move(parsed->get_object());
  const JsonValue* errors = answer.body.if_contains("errors");
  if (errors == nullptr || !errors->is_array() || errors->get_array().empty()) {
    // A refusal of slurmrestd itself is plain text.
    if (response.status != 200) answer.error = response.body.substr(0, quoted_bytes_max);
    return answer;
  }
  for (const JsonValue& each : errors->get_array()) {
    if (!each.is_object()) continue;
    // Newer and older ones in one list: the last is the outermost.
    const std::int64_t code = number_in(each.get_object(), "error_code");
    answer.error_code = code != 0 ? code : number_in(each.get_object(), "error_number");
    answer.error = text_of(each.get_object(), "error");
  }
  return answer;
}

Result<SlurmRest::Answer> SlurmRest::ask(const std::string& user, const std::string& method,
                                         const std::string& target) {
  for (bool again = true;; again = false) {
    const bool had_token = tokens_.contains(user);
    const Duration asked_at = time_since_boot();
    auto answer = send(user, method, target);
    if (!answer.has_value()) return fail(ErrorCode::unavailable, to_text(answer.error()));
    // A bad token is refused at once; what takes longer is a controller that does not answer.
    const bool may_be_token = had_token && time_since_boot() - asked_at < token_refusal_max;
    if (answer->status == 200 || !may_be_token || !again) return answer;
    tokens_.erase(user);
  }
}

Result<void> SlurmRest::ping(const std::string& user) {
  TRY(const Answer answer, ask(user, "GET", "/ping"));
  const JsonValue* pings = answer.body.if_contains("pings");
  if (answer.status != 200 || pings == nullptr || !pings->is_array())
    return not_answered(answer.status, answer.error);
  const bool up = std::any_of(pings->get_array().begin(), pings->get_array().end(), [](const JsonValue& each) {
    return each.is_object() && text_of(each.get_object(), "ping") == "UP";
  });
  return up ? Result<void>() : not_answered(answer.status, "the controller does not answer");
}

Result<std::string> SlurmRest::submit(const StartOrder& order, const std::string& chip, const std::string& script,
                                      UnixTime now) {
  auto sent = send(order.user, "POST", "/job/submit", json_text(rest_submission(order, chip, script, now)));
  if (!sent.has_value()) return fail(std::move(sent).error());
  const Answer& answer = *sent;
  const std::int64_t id = number_in(answer.body, "job_id");
  if (answer.status == 200 && id > 0) return std::to_string(id);
  // Where our words are not understood, or nobody looked at them, nothing was asked of Slurm.
  if (answer.error_code == not_parsed || answer.status == 401 || answer.status == 404)
    return not_answered(answer.status, answer.error);
  Error error = submission_error(answer.error, "slurmrestd");
  // A bad token looks like a controller that broke off: only a look can tell.
  if (answer.error.empty() || answer.error_code < 0) error.code = ErrorCode::unknown_outcome;
  if (error.code == ErrorCode::unknown_outcome) tokens_.erase(order.user);
  return fail(std::move(error));
}

Result<std::vector<SlurmJob>> SlurmRest::jobs(const std::string& user) {
  TRY(const Answer answer, ask(user, "GET", "/jobs"));
  const JsonValue* rows = answer.body.if_contains("jobs");
  if (answer.status != 200 || !answer.error.empty() || rows == nullptr || !rows->is_array())
    return not_answered(answer.status, answer.error);
  is_crowded_ = answer.size > crowded_size;
  std::vector<SlurmJob> jobs;
  for (const JsonValue& row : rows->get_array()) {
    if (!row.is_object()) return fail(ErrorCode::corrupt, "slurmrestd lists something that is no job");
    if (text_of(row.get_object(), "user_name") == users_.name_of(user)) jobs.push_back(job_of(row.get_object()));
  }
  return jobs;
}

Result<void> SlurmRest::cancel(const std::string& name, const std::string& user) {
  TRY(const std::vector<SlurmJob> all, jobs(user));
  for (const SlurmJob& job : all) {
    if (job.name == name && is_alive(job)) TRY_VOID(cancel_number(job.id, user));
  }
  return {};
}

Result<void> SlurmRest::cancel_number(const std::string& id, const std::string& user) {
  TRY(const Answer answer, ask(user, "DELETE", "/job/" + id));
  const bool is_over = answer.error_code == invalid_job_id || answer.error_code == already_done;
  if (answer.status != 200 && !is_over) return not_answered(answer.status, answer.error);
  return {};
}

}  // namespace dayan::adapters
