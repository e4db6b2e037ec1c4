#pragma once

#include <optional>
#include <string>

#include "adapters/slurm/job_users.h"
#include "base/result.h"
#include "model/engine_job.h"
#include "ports/executor.h"

namespace dayan::adapters {

/// What the wrapper stamped, by the clock of the node it ran on.
struct SlurmStamps {
  UnixTime started_at;
  UnixTime ended_at;
  std::optional<std::int32_t> exit_code;  ///< with ended_at
  bool expired = false;                   ///< it came too late and did not run
};

/// The control folder of one attempt, `FOLDER/<engine name>.control`: what the agent must know of a job that Slurm
/// has forgotten, and the folder of the wrapper's stamps, which the job's user writes.
class SlurmControl {
 public:
  SlurmControl(const std::string& folder, const AttemptKey& attempt);
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool is_there() const;

  /// Makes it, whole; the folder of stamps is given to the order's user.
  [[nodiscard]] Result<void> create(const StartOrder& order, const JobUsers& users) const;
  /// At once out of sight of every listing, whatever of its content resists.
  void remove(const JobUsers& users) const;

  /// Reads the order's limits and where its stamps are; before anything below.
  [[nodiscard]] Result<void> open();
  [[nodiscard]] const std::string& stamps_folder() const { return stamps_folder_; }
  [[nodiscard]] UnixTime starts_by() const { return starts_by_; }
  [[nodiscard]] Duration wall_time() const { return wall_time_; }
  [[nodiscard]] const std::string& work_folder() const { return work_folder_; }
  [[nodiscard]] const std::string& user() const { return user_; }
  [[nodiscard]] SlurmStamps stamps() const;

  [[nodiscard]] Result<void> write_engine_id(const std::string& id) const;
  /// Empty while it is not known that Slurm took the job.
  [[nodiscard]] Result<std::string> engine_id() const;
  [[nodiscard]] Result<void> ask_to_stop() const;
  [[nodiscard]] bool is_asked_to_stop() const;
  /// The wrapper finds it, and tells the job's first process by SIGTERM.
  [[nodiscard]] Result<void> give_notice() const;
  /// How it ended. Final: Slurm forgets, we do not.
  [[nodiscard]] Result<void> write_result(const EngineJob& job) const;
  [[nodiscard]] Result<std::optional<EngineJob>> result() const;

 private:
  AttemptKey attempt_;
  std::string path_;
  std::string stamps_folder_;
  std::string work_folder_;
  std::string user_;
  UnixTime starts_by_;
  Duration wall_time_;
};

inline constexpr const char* control_suffix = ".control";
/// A control folder that is being removed: no listing takes it for one.
inline constexpr const char* gone_suffix = ".gone";
/// Removes, as far as that is possible, what interrupted removals left in the folder of all control folders.
void sweep_gone_controls(const std::string& folder);

}  // namespace dayan::adapters
