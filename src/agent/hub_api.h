#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "edge/signing.h"
#include "model/centre.h"
#include "model/command.h"
#include "model/lease.h"
#include "ports/depot.h"
#include "ports/http.h"
#include "wire/agent.h"

/// The hub as the agent sees it: the agent's routes of api/openapi.yaml, typed. May be used from several threads.
///
/// Errors: `unavailable` no answer, or the hub says later; those of wire::parse_problem; `corrupt` the answer is not
/// what was agreed.

namespace dayan::agent {

struct LeasesAnswer {
  bool full_list_needed = false;  ///< the sequence means nothing to the hub: begin again at zero
  std::vector<LeaseRow> leases;   ///< in order of sequence
};

class HubApi {
 public:
  /// `http` sends to the hub. `token` is empty before enrolment.
  HubApi(std::unique_ptr<HttpClient> http, std::string token);

  [[nodiscard]] Result<wire::EnrolReply> enrol(const std::string& join_token, const std::string& public_key);
  /// A new token in the place of the present one, which stays good until its end; used from now on.
  [[nodiscard]] Result<std::string> renew_token();
  [[nodiscard]] Result<void> put_pools(const std::vector<PoolRow>& pools,
                                       const std::optional<std::vector<std::string>>& maps);
  /// Waits up to `wait` for changes after that sequence.
  [[nodiscard]] Result<LeasesAnswer> leases_after(std::int64_t sequence, Duration wait,
                                                  std::optional<Cores> foreign_cores_busy);
  [[nodiscard]] Result<Payload> payload(JobId job);
  /// Signed over the exact bytes that are sent.
  [[nodiscard]] Result<void> report(const ReportAttempts& report, const edge::SigningKey& key);

  /// How much of an output of that attempt's this centre has sent; {0, false} when nothing.
  [[nodiscard]] Result<UploadProgress> blob_progress(const AttemptKey& attempt, const Digest& digest);
  /// `exhausted`: the quota of the attempt's customer is full, or the depot; `not_found`: its lease has ended.
  [[nodiscard]] Result<UploadProgress> put_blob(const AttemptKey& attempt, const Digest& digest, Bytes size,
                                                Bytes offset, std::string chunk);
  /// Of an input of that attempt's job; `not_found` also when its lease has ended.
  [[nodiscard]] Result<std::string> blob_content(const AttemptKey& attempt, const Digest& digest, Bytes offset,
                                                 Bytes length);
  /// The length of the log that the hub has now.
  [[nodiscard]] Result<Bytes> put_log(const AttemptKey& attempt, std::string_view stream, Bytes offset,
                                      std::string bytes);

  /// The hub has said that it does not know our token: a newer agent has enrolled, or it was revoked. No use going
  /// on.
  [[nodiscard]] bool is_cast_out() const { return cast_out_; }

 private:
  [[nodiscard]] Result<HttpResponse> send(HttpRequest request, Duration timeout);
  /// An answer of 2xx, or the Error that its status and problem document tell.
  [[nodiscard]] Result<HttpResponse> ask(HttpRequest request, Duration timeout);

  [[nodiscard]] std::string token() const;

  std::unique_ptr<HttpClient> http_;
  mutable std::mutex token_mutex_;
  std::string token_;
  std::atomic<bool> cast_out_ = false;
};

}  // namespace dayan::agent
