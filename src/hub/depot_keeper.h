#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "hub/metrics.h"
#include "model/ids.h"
#include "model/job.h"
#include "ports/clock.h"
#include "ports/depot.h"
#include "ports/store.h"

/// DepotKeeper: the hub's housekeeping in the depot. What a job names, as an input or an output, is kept until
/// `retention` after its end, and so are its live logs, unless they have come whole; what no job names, until
/// unnamed_kept after its last use; uploads that were given up go as well.
///
/// A round first collects what the rows of jobs name, then drops what is not among it. Both go in steps of bounded
/// size with a pause between them, on a thread of its own, on committed rows: nobody waits for it. What is uploaded
/// or submitted during a round has been used since it began, and is left to the next one.

namespace dayan::hub {

class DepotKeeper {
 public:
  static constexpr auto round_every = std::chrono::hours(1);
  static constexpr auto first_round_after = std::chrono::minutes(1);
  static constexpr auto step_pause = std::chrono::milliseconds(10);
  static constexpr std::int32_t jobs_per_step = 100;
  static constexpr std::int32_t outputs_per_step = 1'000;
  static constexpr std::size_t drops_per_step = 100;
  /// No job lives longer, from its submission: it may wait, and what was leased at the end of that may be tried
  /// again.
  static constexpr Duration job_life_max = wait_limit_max + wall_time_limit_max * attempts_max;
  /// Nor a series: its first round may wait for its time.
  static constexpr Duration series_life_max = wait_limit_max + series_length_max + every_max;

  struct Parts {
    Store& store;
    Depot& depot;
    Clock& clock;
    Metrics& metrics;
    Duration retention;
  };
  explicit DepotKeeper(const Parts& parts) : parts_(parts) {}
  ~DepotKeeper();
  DepotKeeper(const DepotKeeper&) = delete;
  DepotKeeper& operator=(const DepotKeeper&) = delete;

  void start();
  /// Ends the thread, after the step that it is at.
  void stop();

  /// One whole round, on this thread. `unavailable`: it was stopped, or the store or the disk did not answer; what
  /// was dropped until then is dropped.
  [[nodiscard]] Result<void> round();

 private:
  using Named = std::vector<StoredContent>;

  void run();
  /// Between two steps. False when it is to stop.
  [[nodiscard]] bool pause(std::chrono::milliseconds time);
  [[nodiscard]] Result<void> next_step();
  [[nodiscard]] bool is_kept(const JobRow& job, UnixTime now) const;
  /// What the jobs name whose files are kept, in order.
  [[nodiscard]] Result<Named> named(UnixTime now);
  [[nodiscard]] Result<void> add_outputs(const JobRow& job, Named& all);
  /// The inputs of a job, or of a series: of what further rounds will read.
  [[nodiscard]] Result<void> add_inputs(JobId payload, OrganisationId organisation, Named& all);
  [[nodiscard]] Result<void> add_series(UnixTime now, Named& all);
  [[nodiscard]] Result<void> drop_unnamed(const Named& named, UnixTime since);
  [[nodiscard]] Result<void> drop_logs(UnixTime now);

  const Parts parts_;
  std::mutex mutex_;
  std::condition_variable change_;
  bool stopping_ = false;
  std::thread thread_;
};

/// Drops the live logs of an attempt that its customer holds whole, as outputs: the same bytes are not kept twice, nor
/// charged twice.
[[nodiscard]] Result<void> drop_superseded_logs(Store& store, Depot& depot, const AttemptKey& attempt);

}  // namespace dayan::hub
