#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/slurm/job_users.h"
#include "adapters/slurm/slurm_commands.h"
#include "adapters/slurm/slurm_way.h"
#include "model/json.h"
#include "ports/http.h"

namespace dayan::adapters {

/// slurmrestd, asked with a token of the very user whose jobs it is about. Tokens come from `scontrol token`, run as
/// that user, and are renewed before they end. There is never one of root or of Slurm's own user: such a token can
/// act for anyone.
///
/// Speaks OpenAPI v0.0.38 (Slurm 22.05 to 23.02). Its listing is of the whole cluster, some 3 KB a job.
class SlurmRest final : public SlurmWay {
 public:
  /// `commands` and `users` must outlive it. `address` is for messages.
  SlurmRest(std::unique_ptr<HttpClient> http, std::string address, SlurmCommands& commands, const JobUsers& users);

  /// Does it answer, does it speak our version, and does it take that user's token?
  [[nodiscard]] Result<void> ping(const std::string& user);
  [[nodiscard]] Result<std::string> submit(const StartOrder& order, const std::string& chip,
                                           const std::string& script, UnixTime now) override;
  [[nodiscard]] Result<std::vector<SlurmJob>> jobs(const std::string& user) override;
  [[nodiscard]] Result<void> cancel(const std::string& name, const std::string& user) override;
  [[nodiscard]] Result<void> cancel_number(const std::string& id, const std::string& user) override;

  [[nodiscard]] const std::string& address() const { return address_; }
  /// Was the latest listing so large that asking for it again and again is a burden on the cluster?
  [[nodiscard]] bool is_crowded() const { return is_crowded_; }

 private:
  struct Token {
    std::string text;
    UnixTime good_until;
  };
  struct Answer {
    int status = 0;
    JsonObject body;
    std::int64_t error_code = 0;  ///< of the first error; zero: there is none
    std::string error;            ///< its words
    std::size_t size = 0;         ///< bytes of the body
  };
  [[nodiscard]] Result<std::string> token_of(const std::string& user);
  [[nodiscard]] Result<Answer> send(const std::string& user, const std::string& method, const std::string& target,
                                    std::string body = {});
  /// What changes nothing may be asked again, with a fresh token: slurmrestd does not tell a bad one from other
  /// faults.
  [[nodiscard]] Result<Answer> ask(const std::string& user, const std::string& method, const std::string& target);

  std::unique_ptr<HttpClient> http_;
  std::string address_;
  SlurmCommands& commands_;
  const JobUsers& users_;
  std::map<std::string, Token> tokens_;
  std::optional<std::string> slurm_user_;
  bool is_crowded_ = false;
};

/// The body of a submission, by v0.0.38.
[[nodiscard]] JsonObject rest_submission(const StartOrder& order, const std::string& chip, const std::string& script,
                                         UnixTime now);

}  // namespace dayan::adapters
