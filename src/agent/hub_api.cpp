#include "agent/hub_api.h"

#include <algorithm>

#include "model/json.h"
#include "wire/job.h"
#include "wire/party.h"
#include "wire/problem.h"

namespace dayan::agent {

namespace {

constexpr Duration answer_time = Duration::seconds(30);
constexpr Duration transfer_time = Duration::seconds(120);

/// The first fault of a problem document: what the agent reacts to.
tl::unexpected<Error> refused(const HttpResponse& answer) {
  Faults faults = wire::parse_problem(answer.status, answer.body);
  ASSERT(!faults.empty());
  return fail(std::move(faults.front()));
}

template <class T>
Result<T> parse_answer(std::string_view body) {
  Result<T> read = parse_nested<T>(body);
  if (!read) return fail(ErrorCode::corrupt, "the hub's answer is not what was agreed: " + to_text(read.error()));
  return read;
}

HttpRequest request_of(std::string method, std::string target) {
  HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  return request;
}

HttpRequest json_request(std::string method, std::string target, std::string body) {
  HttpRequest request = request_of(std::move(method), std::move(target));
  request.headers.push_back({"content-type", "application/json"});
  request.body = std::move(body);
  return request;
}

std::string blob_path(const Digest& digest) { return "/v1/blobs/" + to_text(digest); }

std::string number(Bytes bytes) { return std::to_string(bytes.value()); }

}  // namespace

HubApi::HubApi(std::unique_ptr<HttpClient> http, std::string token)
    : http_(std::move(http)), token_(std::move(token)) {}

Result<HttpResponse> HubApi::send(HttpRequest request, Duration timeout) {
  const std::string token = this->token();
  if (!token.empty()) request.headers.push_back({"authorization", "Bearer " + token});
  Result<HttpResponse> answer = http_->send(request, timeout);
  // All that an agent asks may be asked again, so it does not matter whether the hub had heard it.
  if (!answer && answer.error().code == ErrorCode::unknown_outcome) answer.error().code = ErrorCode::unavailable;
  if (answer && answer->status == 401 && !token.empty()) cast_out_ = true;
  return answer;
}

Result<HttpResponse> HubApi::ask(HttpRequest request, Duration timeout) {
  TRY(HttpResponse answer, send(std::move(request), timeout));
  if (answer.status >= 200 && answer.status < 300) return answer;
  return refused(answer);
}

Result<wire::EnrolReply> HubApi::enrol(const std::string& join_token, const std::string& public_key) {
  const std::string body = nested_text(wire::EnrolRequest{join_token, public_key});
  TRY(const HttpResponse answer, ask(json_request("POST", "/v1/agent/enrol", body), answer_time));
  return parse_answer<wire::EnrolReply>(answer.body);
}

std::string HubApi::token() const {
  const std::lock_guard lock(token_mutex_);
  return token_;
}

Result<std::string> HubApi::renew_token() {
  TRY(const HttpResponse answer, ask(request_of("POST", "/v1/agent/token"), answer_time));
  TRY(const auto reply, parse_answer<wire::CreateTokenReply>(answer.body));
  if (!reply.token) return fail(ErrorCode::corrupt, "the hub's answer has no token");
  const std::lock_guard lock(token_mutex_);
  token_ = *reply.token;
  return token_;
}

Result<void> HubApi::put_pools(const std::vector<PoolRow>& pools,
                               const std::optional<std::vector<std::string>>& maps) {
  const std::string body = nested_text(wire::PoolsRequest{pools, maps});
  TRY(const HttpResponse answer, ask(json_request("PUT", "/v1/agent/pools", body), answer_time));
  static_cast<void>(answer);
  return {};
}

Result<LeasesAnswer> HubApi::leases_after(std::int64_t sequence, Duration wait,
                                          std::optional<Cores> foreign_cores_busy) {
  std::string target =
      "/v1/agent/leases?after=" + std::to_string(sequence) + "&wait=" + std::to_string(wait.seconds_up());
  if (foreign_cores_busy) target += "&foreign_cores_busy=" + std::to_string(foreign_cores_busy->value());
  TRY(const HttpResponse response, send(request_of("GET", target), wait + answer_time));
  LeasesAnswer answer;
  if (response.status == 410) {
    answer.full_list_needed = true;
    return answer;
  }
  if (response.status != 200) return refused(response);
  std::string_view rest = response.body;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) {
      TRY(answer.leases.emplace_back(), parse_answer<LeaseRow>(rest.substr(0, end)));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return answer;
}

Result<Payload> HubApi::payload(JobId job) {
  TRY(const HttpResponse answer,
      ask(request_of("GET", "/v1/agent/jobs/" + to_text(job) + "/payload"), transfer_time));
  return parse_answer<Payload>(answer.body);
}

Result<void> HubApi::report(const ReportAttempts& report, const edge::SigningKey& key) {
  HttpRequest request = json_request("POST", "/v1/agent/reports", nested_text(wire::from_command(report)));
  const std::string signature = key.sign(wire::report_signed_bytes(request.body));
  request.headers.push_back({std::string(wire::signature_header), signature});
  TRY(const HttpResponse answer, send(std::move(request), answer_time));
  if (answer.status == 409) cast_out_ = true;  // stale_agent: a newer one has enrolled
  if (answer.status < 200 || answer.status > 299) return refused(answer);
  return {};
}

Result<UploadProgress> HubApi::blob_progress(const AttemptKey& attempt, const Digest& digest) {
  auto answer = ask(request_of("GET", blob_path(digest) + "?attempt=" + engine_name(attempt)), answer_time);
  if (!answer) {
    if (answer.error().code == ErrorCode::not_found) return UploadProgress{Bytes(0), false};
    return fail(std::move(answer).error());
  }
  TRY(const wire::BlobProgress progress, parse_answer<wire::BlobProgress>(answer->body));
  return UploadProgress{progress.received, progress.complete};
}

Result<UploadProgress> HubApi::put_blob(const AttemptKey& attempt, const Digest& digest, Bytes size, Bytes offset,
                                        std::string chunk) {
  HttpRequest request = request_of("PUT", blob_path(digest) + "?size=" + number(size) + "&offset=" + number(offset) +
                                              "&attempt=" + engine_name(attempt));
  request.headers.push_back({"content-type", "application/octet-stream"});
  request.body = std::move(chunk);
  TRY(const HttpResponse answer, ask(std::move(request), transfer_time));
  TRY(const wire::BlobProgress progress, parse_answer<wire::BlobProgress>(answer.body));
  return UploadProgress{progress.received, progress.complete};
}

Result<std::string> HubApi::blob_content(const AttemptKey& attempt, const Digest& digest, Bytes offset,
                                         Bytes length) {
  const std::string target = blob_path(digest) + "/content?offset=" + number(offset) + "&length=" + number(length) +
                             "&attempt=" + engine_name(attempt);
  TRY(HttpResponse answer, ask(request_of("GET", target), transfer_time));
  return std::move(answer.body);
}

Result<Bytes> HubApi::put_log(const AttemptKey& attempt, std::string_view stream, Bytes offset, std::string bytes) {
  HttpRequest request = request_of(
      "PUT", "/v1/agent/logs/" + engine_name(attempt) + "/" + std::string(stream) + "?offset=" + number(offset));
  request.headers.push_back({"content-type", "application/octet-stream"});
  request.body = std::move(bytes);
  TRY(const HttpResponse answer, ask(std::move(request), answer_time));
  TRY(const wire::LogProgress log, parse_answer<wire::LogProgress>(answer.body));
  return log.length;
}

}  // namespace dayan::agent
