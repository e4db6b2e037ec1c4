#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/units.h"
#include "model/engine_job.h"
#include "ports/executor.h"

/// What Slurm's commands print, and what they are told, as texts. No I/O.

namespace dayan::adapters {

/// One line of squeue or sacct.
struct SlurmJob {
  std::string id;
  std::string name;
  std::string state;  ///< Slurm's word in capitals
  std::string reason;
  std::int32_t exit_code = 0;  ///< as shells count it: 128 + a signal's number
  UnixTime started_at;         ///< none before it runs; for a job that waits, possibly a forecast
  UnixTime ended_at;           ///< for a job that runs, a forecast
  Bytes memory_peak{};         ///< sacct only
  UnixTime submitted_at{};     ///< or requeued
  std::int64_t restarts = 0;   ///< how often it was requeued; the controller only
  std::string nodes{};         ///< that it has or had (slurm_hosts.h); the controller only

  friend bool operator==(const SlurmJob&, const SlurmJob&) = default;
};

/// The name comes last, since it alone may hold any character.
inline constexpr const char* squeue_format =
    "JobID:|,State:|,exit_code:|,StartTime:|,EndTime:|,SubmitTime:|,RestartCnt:|,Reason:|,NodeList:|,Name:";
inline constexpr const char* sacct_format = "JobIDRaw,State,ExitCode,Start,End,Submit,MaxRSS,JobName";

/// Lines that are not of this format are an error, `corrupt`: a listing that was understood by half proves nothing.
[[nodiscard]] Result<std::vector<SlurmJob>> parse_squeue(std::string_view text);
/// A job's steps are folded into it: they know the memory.
[[nodiscard]] Result<std::vector<SlurmJob>> parse_sacct(std::string_view text);

/// Cores of running jobs that are not ours, of squeue's listing of all users: "17|2|alice|dayan-…" is ours when alice
/// is one of `users` and the job has a name of ours, or, whatever it calls itself by now, one of the `numbers` that
/// Slurm gave our jobs.
inline constexpr const char* running_format = "JobID:|,NumCPUs:|,UserName:|,Name:";
[[nodiscard]] Result<Cores> parse_foreign_cores(std::string_view text, const std::vector<std::string>& users,
                                                const std::set<std::string>& numbers);

/// Slurm's word for a state, as ours. Ended ones get their outcome; `exited` needs the exit code beside it.
struct SlurmVerdict {
  AttemptState state = AttemptState::queued;
  Outcome outcome = Outcome::none;

  friend bool operator==(const SlurmVerdict&, const SlurmVerdict&) = default;
};
/// Nothing for a word that this program does not know.
[[nodiscard]] std::optional<SlurmVerdict> verdict_on(std::string_view state, std::string_view reason);

/// Epoch seconds (we ask for them), or Slurm's usual local time without a zone, read in this machine's zone; none for
/// "N/A", "Unknown" and the like.
[[nodiscard]] UnixTime parse_slurm_time(std::string_view text);
/// "1-02:03:04", "30:00", "infinite".
[[nodiscard]] std::optional<Duration> parse_slurm_duration(std::string_view text);

/// False when it has ended. A state that this program does not know may be alive.
[[nodiscard]] bool is_alive(const SlurmJob& job);

/// Of a job that bears the number that Slurm gave for an order: false when it came later, so that the number was given
/// out again. A requeued job counts as submitted anew.
[[nodiscard]] bool is_of_order(const SlurmJob& job, UnixTime starts_by);

/// What sbatch or slurmrestd complained of, as our kinds of failure.
[[nodiscard]] Error submission_error(std::string_view text, const std::string& program = "sbatch");

/// The value in a line "Name   = value" of scontrol's configuration; empty when there is none.
[[nodiscard]] std::string config_value(std::string_view config, std::string_view name);
/// "SlurmUser = slurm(64030)": slurm.
[[nodiscard]] std::string slurm_user_of(std::string_view config);

/// As shells count it, from a wait status.
[[nodiscard]] std::int32_t exit_code_of_wait_status(std::int64_t status);

/// In Slurm's names of output files % begins a pattern.
[[nodiscard]] std::string escaped_pattern(const std::string& path);
/// "gpu:ascend910b:2"
[[nodiscard]] std::string gres_request(MilliCards cards, const std::string& chip);

/// An order's limits of time as Slurm takes them.
struct SlurmLimits {
  std::int64_t minutes = 1;
  std::string deadline;  ///< "now+220seconds"
  std::int64_t switch_minutes = 1;  ///< longer than it may wait to start
};
/// Slurm drops a job that can no longer end by its deadline; so one that has not started by `starts_by` goes.
/// Relative, since a date would be read in the controller's zone. A job that runs is not touched by it before its
/// time limit.
[[nodiscard]] SlurmLimits limits_of(const StartOrder& order, UnixTime now);

/// The rounding of the time limit: whole minutes, up.
[[nodiscard]] std::int64_t minutes_up(Duration duration);
/// Slurm's megabytes are of 1024 × 1024 bytes; up.
[[nodiscard]] std::int64_t mebibytes_up(Bytes size);

}  // namespace dayan::adapters
