#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "edge/http_server.h"
#include "edge/signing.h"
#include "model/json.h"
#include "wire/agent.h"
#include "wire/job.h"
#include "wire/problem.h"

namespace dayan::agent::testing {

/// A hub of one centre, over real HTTP: just enough to enrol, lease, hand out payload and blobs, and take reports.
class TestHub {
 public:
  TestHub() {
    auto server = edge::HttpServer::start({}, [this](HttpRequest request, std::shared_ptr<HttpResponder> responder) {
      responder->respond(answer(request));
    });
    EXPECT_TRUE(server.has_value());
    server_ = *std::move(server);
  }
  ~TestHub() { server_->stop(Duration::seconds(1)); }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  void put_blob(const std::string& content) {
    const std::lock_guard lock(mutex_);
    blobs_[to_text(sha256(content))] = content;
  }
  void grant(LeaseRow lease, const Payload& payload) {
    const std::lock_guard lock(mutex_);
    lease.sequence = ++sequence_;
    leases_[lease.attempt()] = lease;
    payloads_[to_text(lease.job)] = payload;
  }
  void desire(const AttemptKey& attempt, Desired desired) {
    const std::lock_guard lock(mutex_);
    leases_.at(attempt).desired = desired;
    leases_.at(attempt).sequence = ++sequence_;
  }
  /// From now on an attempt's customer has room for blobs up to this size only.
  void limit_blobs(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    blob_bytes_max_ = bytes;
  }
  /// From now on there is room for logs up to this length only.
  void limit_logs(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    log_bytes_max_ = bytes;
  }
  [[nodiscard]] int logs_refused() {
    const std::lock_guard lock(mutex_);
    return logs_refused_;
  }
  [[nodiscard]] int blobs_refused() {
    const std::lock_guard lock(mutex_);
    return blobs_refused_;
  }
  void cast_out() {
    const std::lock_guard lock(mutex_);
    cast_out_ = true;
  }

  /// What the hub was last told of an attempt.
  [[nodiscard]] AttemptReport told(const AttemptKey& attempt) {
    const std::lock_guard lock(mutex_);
    return told_[attempt];
  }
  [[nodiscard]] int ends_told(const AttemptKey& attempt) {
    const std::lock_guard lock(mutex_);
    return ends_told_[attempt];
  }
  [[nodiscard]] std::string blob(const Digest& digest) {
    const std::lock_guard lock(mutex_);
    return blobs_[to_text(digest)];
  }
  [[nodiscard]] std::string log(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return logs_[name];
  }
  [[nodiscard]] std::vector<PoolRow> pools() {
    const std::lock_guard lock(mutex_);
    return pools_;
  }
  [[nodiscard]] std::optional<std::vector<std::string>> maps() {
    const std::lock_guard lock(mutex_);
    return maps_;
  }
  [[nodiscard]] std::string fault() {
    const std::lock_guard lock(mutex_);
    return fault_;
  }

 private:
  HttpResponse answer(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (path == "/v1/agent/enrol") return enrol(request);
    if (cast_out_ || request.header("authorization") != "Bearer dayan_agent") return {401, {}, ""};
    if (path == "/v1/agent/leases") return leases(number(request.target, "after"));
    if (path == "/v1/agent/pools") return take_pools(request);
    if (path == "/v1/agent/reports") return take_report(request);
    if (path.starts_with("/v1/agent/jobs/"))
      return {200, {}, nested_text(payloads_[path.substr(15, path.rfind('/') - 15)])};
    if (path.starts_with("/v1/agent/logs/")) return take_log(path.substr(15), request);
    if (path.starts_with("/v1/blobs/")) return blob_answer(path.substr(10), request);
    return {404, {}, ""};
  }
  HttpResponse enrol(const HttpRequest& request) {
    const Result<wire::EnrolRequest> body = parse_nested<wire::EnrolRequest>(request.body);
    if (!body || body->join_token != "dayan_join_x") return {401, {}, ""};
    public_key_ = body->public_key;
    wire::EnrolReply reply{"dayan_agent", {}, "guian-computing"};
    reply.centre.id = CentreId(4);
    reply.centre.name = "guian";
    reply.centre.agent_epoch = 1;
    return {201, {}, nested_text(reply)};
  }
  HttpResponse leases(std::int64_t after) {
    std::map<std::int64_t, LeaseRow> changed;
    for (const auto& [attempt, lease] : leases_) {
      if (lease.sequence > after) changed[lease.sequence] = lease;
    }
    std::string lines;
    for (const auto& [sequence, lease] : changed) lines += nested_text(lease) + "\n";
    return {200, {{"content-type", "application/x-ndjson"}}, lines};
  }
  HttpResponse take_pools(const HttpRequest& request) {
    const Result<wire::PoolsRequest> body = parse_nested<wire::PoolsRequest>(request.body);
    if (!body) return complain("pools: " + to_text(body.error()));
    pools_ = body->pools;
    maps_ = body->maps;
    return {204, {}, ""};
  }
  HttpResponse take_report(const HttpRequest& request) {
    const std::string signature(request.header(wire::signature_header));
    if (!edge::verify_signature(wire::report_signed_bytes(request.body), signature, public_key_)) {
      return complain("a report without a good signature");
    }
    const Result<wire::ReportsRequest> body = parse_nested<wire::ReportsRequest>(request.body);
    if (!body) return complain("report: " + to_text(body.error()));
    if (body->sequence <= report_sequence_) return complain("report sequence did not rise");
    report_sequence_ = body->sequence;
    for (const AttemptReport& report : body->reports) {
      if (report.state == AttemptState::ended) ++ends_told_[report.attempt];
      told_[report.attempt] = report;
    }
    return {204, {}, ""};
  }
  HttpResponse take_log(const std::string& name, const HttpRequest& request) {
    std::string& log = logs_[name];
    const auto offset = static_cast<std::size_t>(number(request.target, "offset"));
    if (offset + request.body.size() > log_bytes_max_) {
      ++logs_refused_;
      return full();
    }
    if (offset <= log.size() && offset + request.body.size() > log.size()) {
      log += request.body.substr(log.size() - offset);
    }
    return {200, {}, nested_text(wire::LogProgress{Bytes(static_cast<std::int64_t>(log.size()))})};
  }
  HttpResponse blob_answer(const std::string& rest, const HttpRequest& request) {
    const std::string digest = rest.substr(0, 64);
    const auto found = blobs_.find(digest);
    const std::size_t name = request.target.find("attempt=");
    const Result<AttemptKey> attempt =
        parse_engine_name(name == std::string::npos ? "" : std::string_view(request.target).substr(name + 8));
    if (!attempt || !leases_.contains(*attempt)) return complain("a blob without its attempt");
    if (rest.ends_with("/content")) {
      if (found == blobs_.end()) return {404, {}, ""};
      return {200, {}, found->second.substr(static_cast<std::size_t>(number(request.target, "offset")))};
    }
    wire::BlobProgress progress;
    if (request.method == "PUT") {
      if (to_text(sha256(request.body)) != digest) return complain("a blob with another hash");
      if (request.body.size() > blob_bytes_max_) {
        ++blobs_refused_;
        return full();
      }
      blobs_[digest] = request.body;
      progress.complete = true;
    } else {
      progress.complete = found != blobs_.end();
    }
    return {200, {}, nested_text(progress)};
  }
  static HttpResponse full() {
    const wire::Problem full =
        wire::problem(Error{ErrorCode::exhausted, "size", "the depot quota of studio is full", "at most 0B"});
    return {full.status, {{"content-type", std::string(wire::problem_type)}}, full.body};
  }
  HttpResponse complain(std::string fault) {
    fault_ = std::move(fault);
    return {400, {}, ""};
  }
  static std::int64_t number(const std::string& target, const std::string& name) {
    const std::size_t at = target.find(name + "=");
    return at == std::string::npos ? 0 : std::stoll(target.substr(at + name.size() + 1));
  }

  std::mutex mutex_;
  std::map<std::string, std::string> blobs_;
  std::map<std::string, Payload> payloads_;
  std::map<std::string, std::string> logs_;
  std::map<AttemptKey, LeaseRow> leases_;
  std::map<AttemptKey, AttemptReport> told_;
  std::map<AttemptKey, int> ends_told_;
  std::vector<PoolRow> pools_;
  std::optional<std::vector<std::string>> maps_;
  std::string public_key_;
  std::string fault_;
  std::int64_t sequence_ = 0;
  std::int64_t report_sequence_ = 0;
  bool cast_out_ = false;
  std::size_t blob_bytes_max_ = SIZE_MAX;
  int blobs_refused_ = 0;
  std::size_t log_bytes_max_ = SIZE_MAX;
  int logs_refused_ = 0;
  std::unique_ptr<edge::HttpServer> server_;
};

}  // namespace dayan::agent::testing
