#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

/// What is measured of a running hub.

namespace dayan::bench {

/// A hub that runs, and a customer's token there.
struct Target {
  std::string hub_url;
  std::string token;
};

/// Durations of single operations, sorted.
struct Timings {
  std::vector<Duration> each;
  Duration whole;  ///< from the first start to the last end

  [[nodiscard]] double per_second() const;
  /// The value below which `percent` of the operations lie.
  [[nodiscard]] Duration percentile(int percent) const;
};

/// `count` job submissions over HTTP, each answered only when it is durable, from `connections` threads. The jobs can
/// run nowhere (they ask for a region that does not exist), so that they wait: nothing else is measured.
[[nodiscard]] Result<Timings> submit_jobs(const Target& target, int count, int connections);

/// `count` times `sbatch` of a held job, one process each as users do, from `parallel` threads, as the local
/// user of that name (empty: as oneself). The jobs are cancelled afterwards.
[[nodiscard]] Result<Timings> sbatch_jobs(const std::string& slurm_conf, const std::string& user, int count,
                                          int parallel);

/// `count` times: submit a job of one line, wait until the hub has the first line of its output. One after the other.
[[nodiscard]] Result<Timings> first_lines(const Target& target, int count);

/// Resident memory of a process in bytes, from /proc.
[[nodiscard]] Result<std::int64_t> resident_bytes(int pid);

}  // namespace dayan::bench
