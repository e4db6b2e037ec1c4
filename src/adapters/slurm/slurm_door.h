#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/slurm/slurm_rest.h"

namespace dayan::adapters {

/// Slurm by slurmrestd when there is one that answers, and by its commands otherwise. Either finds what the other has
/// started: a job is known by its name.
class SlurmDoor final : public SlurmWay {
 public:
  /// `commands` must outlive it; `rest` may be null.
  SlurmDoor(SlurmCommands& commands, std::unique_ptr<SlurmRest> rest) : commands_(commands), rest_(std::move(rest)) {}

  [[nodiscard]] Result<std::string> submit(const StartOrder& order, const std::string& chip,
                                           const std::string& script, UnixTime now) override;
  [[nodiscard]] Result<std::vector<SlurmJob>> jobs(const std::string& user) override;
  [[nodiscard]] Result<void> cancel(const std::string& name, const std::string& user) override;
  [[nodiscard]] Result<void> cancel_number(const std::string& id, const std::string& user) override;
  /// By the commands alone: which signals slurmrestd takes hangs on its version.
  [[nodiscard]] Result<void> tell(const std::string& name, const std::string& user) {
    return commands_.tell(name, user);
  }

  /// For the log: which way is taken for that user's jobs just now, and why.
  [[nodiscard]] std::string describe(const std::string& user);

 private:
  [[nodiscard]] bool rest_is_ready(const std::string& user);
  void put_aside(const Error& why);

  SlurmCommands& commands_;
  std::unique_ptr<SlurmRest> rest_;
  bool is_proven_ = false;
  UnixTime aside_until_;
  std::string why_aside_;
};

}  // namespace dayan::adapters
