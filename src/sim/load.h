#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobfile/platform_file.h"
#include "model/job.h"
#include "trace/openb.h"
#include "trace/platform_load.h"
#include "trace/swf.h"

/// Work that comes in over time: what a platform is told of it, and how long it really runs, which only the simulator
/// knows. The same load is played under every policy.

namespace dayan::sim {

struct LoadJob {
  std::string name;
  Duration submit;         ///< since the beginning; of one that follows another: not before
  Duration run;            ///< of each task, on the reference
  Duration limit;          ///< its wall time: a task that would run longer is ended then
  Duration estimate;       ///< the submitter's, on the reference; zero: only the limit is known
  std::int32_t tasks = 1;  ///< alike
  std::uint32_t kind = 0;  ///< in Load::kinds
  Cny price_cap;           ///< of the whole job; zero: none
  Bytes inputs = {};       ///< that cross to a centre before its first task there starts
  std::int32_t throttle = 0;            ///< tasks at once; zero: no bound
  Duration wait_max = wait_limit_max;  ///< what still waits then, the platform gives up
  std::string after = {};  ///< the job whose end it follows; empty, or of none of the load: it follows none
  Duration think = {};     ///< from that end to the submission at least
  std::uint32_t customer = 0;  ///< whose it is, in Load::customers
};

/// One task of one job, counted over all jobs in order of submission.
using TaskIndex = std::uint32_t;
inline constexpr std::size_t load_tasks_max = 100'000'000;

struct Load {
  std::string name;                 ///< for people: what was read or made
  std::vector<Requirements> kinds;  ///< what jobs need, times apart; each once
  /// By kind, how fast it really is on which chip, beside the reference; empty: as the pools' capability says. The
  /// platform is not told.
  std::vector<std::map<std::string, Capability>> speeds;
  std::vector<LoadJob> jobs;        ///< by submission
  /// Organisations that submit, the largest first; empty: the platform file's customer submits everything.
  std::vector<std::string> customers;
  std::int64_t left_out = 0;        ///< jobs that no policy could run, and why
  std::string why_left_out;

  [[nodiscard]] const Requirements& needs(const LoadJob& job) const { return kinds[job.kind]; }
  /// How fast a job really is on a pool; of unknown capability it is as the reference.
  [[nodiscard]] Capability speed(const LoadJob& job, const PoolRow& pool) const;
  [[nodiscard]] std::size_t tasks() const;
  [[nodiscard]] bool has_deadlines() const;
  [[nodiscard]] bool has_inputs() const;
  [[nodiscard]] bool has_reclaimable() const;
  [[nodiscard]] bool has_many_customers() const { return customers.size() > 1; }
  /// What is submitted to the platform for it.
  [[nodiscard]] JobSpec spec(const LoadJob& job) const;
};

/// Kinds are told apart by what they need; many jobs share one.
class KindList {
 public:
  explicit KindList(std::vector<Requirements>& kinds) : kinds_(kinds) {}
  [[nodiscard]] std::uint32_t find_or_add(Requirements needs);

 private:
  std::vector<Requirements>& kinds_;
  std::map<std::string, std::uint32_t> by_text_;
};

/// A log: each processor is a core with 1 GB, all on one node; jobs beyond the limits of a job file are left out. A job
/// with a preceding one is submitted when that has ended, and its think time has passed, under whatever policy. Each of
/// its users is a customer, if there are several.
[[nodiscard]] Load load_of(const trace::RigidLog& log);
/// Jobs of a made-up platform, gangs among them. Whoever has a due time knows how long the job takes: a forecast is run
/// every day. A price cap an hour is not asked for by jobs of several tasks, since the platform's cap is one sum for the
/// whole job. Customers are named by their rank, "customer-1" the largest.
[[nodiscard]] Load load_of(std::span<const trace::PlatformJob> jobs);
/// The jobs of a platform file, all at the beginning, and the rounds of those that are periodic when their time comes;
/// without an estimate they run to their wall time.
[[nodiscard]] Load load_of(std::span<const jobfile::JobFile> jobs);

/// Pods of an openb list. The list's own times are not read: `jobs` pods are drawn from it with replacement, arrive
/// evenly over `span` (a Poisson process given its count), run for a log-normal time (median 1 h, σ 1.5, as far as
/// 7 d), and their limit is 1 to 5 times that. Equal arguments give equal loads. `pods` is not empty.
[[nodiscard]] Load draw_pods(std::span<const trace::OpenbPod> pods, std::int64_t jobs, Duration span,
                             std::uint64_t seed);

/// Keeps what is submitted in the first part of a load.
void cut(Load& load, Duration span);
/// Keeps those customers that submit something. Whoever submits nothing has no part in anything.
void drop_idle_customers(Load& load);
/// One customer submits everything.
void join_customers(Load& load);

/// The nodes of an openb list as one centre, a pool for each shape, at 1 yuan a core hour and 10 a card hour.
[[nodiscard]] jobfile::PlatformFile platform_of(std::span<const trace::OpenbNode> nodes);
/// Pools of a made-up platform. Each is a centre of its own, since a centre has one price for its cards; reclaimable work
/// pays two fifths of it (an assumption: clouds ask from a tenth to two thirds for what they may take back).
[[nodiscard]] jobfile::PlatformFile platform_of(std::span<const trace::PlatformPool> pools);
/// One pool of like processors in one centre, at 1 yuan a core hour: cost then counts core hours.
[[nodiscard]] jobfile::PlatformFile platform_of(std::int64_t processors);
inline constexpr std::int64_t machine_processors_max = 100'000;

}  // namespace dayan::sim
