#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"
#include "base/time.h"

/// The Standard Workload Format: a job a line in 18 columns, comments and a header behind `;`, -1 for unknown.
/// Source: Chapin et al., "Benchmarks and standards for the evaluation of parallel job schedulers", JSSPP 1999, and
/// the pages of the Parallel Workloads Archive.

namespace dayan::trace {

/// One line. Absent is what the log does not know (-1). Times count from the start of the log.
struct SwfJob {
  std::int64_t number = 0;
  Duration submit;
  std::optional<Duration> wait;
  std::optional<Duration> run;
  std::optional<std::int64_t> processors;  ///< allocated
  std::optional<Duration> cpu_time;        ///< used, average over the processors
  std::optional<std::int64_t> memory_kb;   ///< used, per processor
  std::optional<std::int64_t> processors_requested;
  std::optional<Duration> time_requested;
  std::optional<std::int64_t> memory_kb_requested;
  std::optional<std::int64_t> status;  ///< 0 failed, 1 completed, 2 to 4 part of a job, 5 cancelled
  std::optional<std::int64_t> user;
  std::optional<std::int64_t> group;
  std::optional<std::int64_t> executable;
  std::optional<std::int64_t> queue;
  std::optional<std::int64_t> partition;
  std::optional<std::int64_t> preceding_job;
  std::optional<Duration> think_time;  ///< after the preceding job's end
};

/// What of the header a replay needs.
struct SwfLog {
  std::optional<std::int64_t> processors_max;  ///< MaxProcs, else MaxNodes
  std::optional<std::int64_t> unix_start;      ///< UnixStartTime: when the log's time is zero
  std::vector<SwfJob> jobs;                    ///< in the order of the file
};

/// What one unit of the log's times is; the format says a second, some logs have a millisecond.
enum class SwfUnit { second, millisecond };

inline constexpr std::size_t swf_faults_max = 20;

/// Reads a log. Fractions of a time are kept to the microsecond; a fraction of a count or of memory is cut off.
/// Missing columns at the end of a line, and columns beyond the eighteenth, are faults, as are a negative submit
/// time, numbers that do not fit and text. One fault a line, with line and column; after swf_faults_max of them the
/// rest is not read. Of a log without such faults, jobs that wait for each other in a circle are faults, one a circle.
[[nodiscard]] tl::expected<SwfLog, Faults> parse_swf(std::string_view text, SwfUnit unit = SwfUnit::second);

/// A job as a replay needs it. All known.
struct RigidJob {
  std::int64_t number = 0;
  Duration submit;
  Duration run;
  Duration limit;  ///< ≥ run, > 0
  std::int64_t processors = 0;
  std::int64_t user = 0;
  std::int64_t after = no_job;  ///< the number of the job before whose end this one is not submitted
  Duration think = {};          ///< from that end to the submission at least

  static constexpr std::int64_t no_job = -1;
};

/// The jobs that can be replayed, in submission order (the log's order where times are equal). The processors are
/// those requested, else those allocated; the run time is the log's, else the CPU time used; the limit is the time
/// requested, else the run time, and a job ends at its limit as it would on a machine. Left out is a job of which the
/// processors or the run time are still unknown, and one of no processors; `left_out` counts them.
struct RigidLog {
  std::vector<RigidJob> jobs;
  std::int64_t left_out = 0;
};
[[nodiscard]] RigidLog rigid_jobs(const SwfLog& log);

}  // namespace dayan::trace
