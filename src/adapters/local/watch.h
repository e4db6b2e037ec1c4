#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "adapters/local/attempt_folder.h"

namespace dayan::adapters {

/// Runs one job in the supervisor and sees to its limits: wall time, memory, number of processes. The calling process
/// must be a subreaper with one thread, so that every process of the job is its descendant.
class Watch {
 public:
  Watch(const AttemptFolder& folder, const SupervisorOrder& plan) : folder_(folder), plan_(plan) {}

  /// Signals are fetched, not handled; before any child is made.
  static void block_signals();

  [[nodiscard]] Result<void> start();
  /// Waits for the end of the job, by itself or by a limit, and for the last of its processes.
  [[nodiscard]] FinalStatus finish();

 private:
  void reap();
  void wait_for_news(Duration time_max);
  void check_limits();
  void pass_on_notice();
  void end_for(Outcome outcome, std::string failure);
  void end_gently();
  void end_tree();
  void send_to_all(int signal, bool spare_sandbox);
  [[nodiscard]] Duration run() const { return ended_since_boot_ - note_.started_since_boot; }

  const AttemptFolder& folder_;
  const SupervisorOrder& plan_;
  StartNote note_;
  pid_t first_ = 0;
  int first_status_ = 0;
  bool first_ended_ = false;
  bool has_children_ = true;
  bool is_told_to_end_ = false;
  bool has_told_ = false;  ///< the job has had its notice
  Outcome reason_ = Outcome::none;  ///< why it was ended; none: it ended by itself
  std::string failure_;
  UnixTime ended_at_;
  Duration ended_since_boot_;
  Bytes memory_peak_;
};

}  // namespace dayan::adapters
