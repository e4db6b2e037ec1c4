#include "hub/answer.h"

#include <utility>

#include "wire/problem.h"

namespace dayan::hub {

namespace {

HttpResponse to_http(wire::Problem problem) {
  HttpResponse response{problem.status, {{"content-type", std::string(wire::problem_type)}}, std::move(problem.body)};
  if (problem.status == 503) response.headers.push_back({"retry-after", "1"});
  if (problem.status == 401) response.headers.push_back({"www-authenticate", "Bearer"});
  return response;
}

}  // namespace

HttpResponse json_answer(int status, const JsonValue& value) {
  return {status, {{"content-type", "application/json"}}, json_text(value)};
}

HttpResponse no_content() { return {204, {}, {}}; }

HttpResponse raw_answer(std::string bytes) {
  return {200, {{"content-type", "application/octet-stream"}}, std::move(bytes)};
}

HttpResponse problem_answer(int status, std::string_view code, const Faults& faults) {
  return to_http(wire::problem(status, code, faults));
}

HttpResponse problem_answer(const Error& error) { return to_http(wire::problem(error)); }

HttpResponse problem_answer(const Faults& faults) { return to_http(wire::problem(faults)); }

HttpResponse problem_answer(const Refusal& refusal) { return to_http(wire::problem(refusal)); }

HttpResponse unauthenticated_answer() {
  return problem_answer(401, to_text(RefusalReason::unauthenticated),
                        {{ErrorCode::denied, "authorization", "no token, or one that is unknown, expired or revoked",
                          "send 'Authorization: Bearer dayan_…' with a live token"}});
}

CommandAnswer replayed(KeptReply kept, const Digest& request) {
  CommandAnswer answer;
  if (kept.request != request) {
    answer.error = Error{ErrorCode::conflict, "idempotency-key", "the key stands for another request already",
                         "use a new key for each new request"};
    return answer;
  }
  answer.status = kept.status;
  answer.body = std::move(kept.body);
  answer.replayed = true;
  return answer;
}

HttpResponse command_answer(CommandAnswer answer) {
  if (answer.refusal) {
    const bool is_token = answer.refusal->reason == RefusalReason::unauthenticated &&
                          (answer.refusal->faults.empty() || answer.refusal->faults.front().field.empty());
    return is_token ? unauthenticated_answer() : problem_answer(*answer.refusal);
  }
  if (answer.error) return problem_answer(*answer.error);
  HttpResponse response{answer.status, {}, std::move(answer.body)};
  if (!response.body.empty()) response.headers.push_back({"content-type", "application/json"});
  if (answer.replayed) response.headers.push_back({"idempotent-replay", "true"});
  return response;
}

}  // namespace dayan::hub
