#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "adapters/descriptor.h"
#include "adapters/local/process_tree.h"
#include "adapters/local/sandbox.h"
#include "model/engine_job.h"
#include "ports/executor.h"

/// The control folder of one local attempt: all that the executor and the supervisor tell each other. What has
/// happened is read from it alone, so an agent that restarts knows as much as one that never stopped.

namespace dayan::adapters {

/// `order`: written before anything runs.
struct SupervisorOrder {
  StartOrder order;
  Sandbox sandbox;
  std::int64_t processes_max = 0;  ///< of the whole tree; zero: no bound
};

/// `supervisor`: who watches it. Written before the job starts.
/// `started`: when the job's first process was started.
struct StartNote {
  UnixTime started_at;
  Duration started_since_boot;
};

/// `status`: how it ended. Final.
struct FinalStatus {
  Outcome outcome = Outcome::none;
  std::int32_t exit_code = 0;
  std::string failure;
  UnixTime started_at;
  UnixTime ended_at;
  Duration run;       ///< by the time since boot, which nobody can set
  Duration cpu_time;  ///< user and system, of all processes that were waited for
  Bytes memory_peak;
};

class AttemptFolder {
 public:
  explicit AttemptFolder(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Makes the folder with its order in it, whole. False when there is one already.
  [[nodiscard]] Result<bool> create(const SupervisorOrder& order) const;
  [[nodiscard]] Result<SupervisorOrder> order() const;

  [[nodiscard]] Result<void> write_supervisor(const ProcessIdentity& process) const;
  [[nodiscard]] Result<std::optional<ProcessIdentity>> supervisor() const;
  [[nodiscard]] Result<void> write_started(const StartNote& note) const;
  [[nodiscard]] Result<std::optional<StartNote>> started() const;
  [[nodiscard]] Result<void> write_status(const FinalStatus& status) const;
  [[nodiscard]] Result<std::optional<FinalStatus>> status() const;

  /// The wish that it ends, which outlives everyone who could be told of it.
  [[nodiscard]] Result<void> ask_to_stop() const;
  [[nodiscard]] bool is_asked_to_stop() const;
  /// That it is to be told, once, that it will be ended soon.
  [[nodiscard]] Result<void> give_notice() const;
  [[nodiscard]] bool has_notice() const;

  /// Held by the supervisor as long as it lives. Closed when somebody else holds it.
  [[nodiscard]] Descriptor try_lock() const;

 private:
  [[nodiscard]] std::string file(const char* name) const { return path_ + '/' + name; }
  std::string path_;
};

/// In the environment of every process of a local job: what a lost supervisor leaves behind is found by it.
inline constexpr const char* marker_variable = "DAYAN_ENGINE_NAME";

}  // namespace dayan::adapters
