#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/money.h"
#include "base/time.h"
#include "base/units.h"
#include "model/fields.h"
#include "model/ids.h"
#include "model/job.h"

/// Leases (the right to resources, the desired state that an agent watches) and attempts (what became of them).

namespace dayan {

/// Rules of every lease. The sum of grace and clock bound passes after `ends_at` before a task is placed elsewhere.
inline constexpr Duration lease_start_allowance = Duration::minutes(10);
inline constexpr Duration lease_grace = Duration::seconds(30);
inline constexpr Duration clock_bound = Duration::seconds(30);
/// A running task whose room is taken back is told so long before it is ended.
inline constexpr Duration reclaim_notice = Duration::minutes(2);

enum class Desired { run, stop, ended };
template <>
struct EnumWords<Desired> {
  static constexpr std::array<std::string_view, 3> words{"run", "stop", "ended"};
};

/// What an agent is to do at its centre. The attempt must start by `starts_by`, or not at all; its own time limit is
/// `wall_time`, so nothing of it runs past `ends_at` = starts_by + wall_time. A lease that is taken back is ended by its
/// agent reclaim_notice after the task was told; `ends_at` stays, since an agent out of reach does not hear of it.
struct LeaseRow {
  JobId job;
  std::int32_t task = 0;
  std::int32_t number = 1;
  CentreId centre;
  std::string pool;
  std::string organisation;  ///< name of the customer, which the provider's file maps to a local user and account
  std::int32_t task_count = 1;
  Resources resources;
  std::string chip;
  Duration wall_time;
  UnixTime granted_at;
  UnixTime starts_by;
  UnixTime ends_at;      ///< = funded_until: the hold covers wall_time in full
  EntryId hold;
  Cny held;              ///< amount of the hold
  Desired desired = Desired::run;
  bool reclaimable = false;   ///< may be taken back for work that is not
  std::int64_t price_part = whole_price;  ///< of the offer's prices, in thousandths: what it is held and billed for
  UnixTime reclaimed_at;      ///< when it was taken back; none: it was not
  std::int64_t sequence = 0;  ///< hub-wide, rises with every change of a lease: what a watch resumes from
  Bytes transfer;             ///< so much of its job's inputs, moved to the centre, is covered by the hold
  std::int32_t tasks_per_node_max = 0;  ///< its job's: the agent keeps it off nodes with as many; zero: no bound

  static constexpr std::string_view table = "lease";
  [[nodiscard]] auto key() const { return std::tuple{job, task, number}; }
  [[nodiscard]] AttemptKey attempt() const { return {job, task, number}; }
  static constexpr auto fields() {
    using R = LeaseRow;
    return std::tuple{dayan::key("job", &R::job),
                      dayan::key("task", &R::task),
                      dayan::key("number", &R::number),
                      field("centre", &R::centre),
                      field("pool", &R::pool),
                      field("organisation", &R::organisation),
                      field("task_count", &R::task_count),
                      field("resources", &R::resources),
                      field("chip", &R::chip),
                      field("wall_time", &R::wall_time),
                      field("granted_at", &R::granted_at),
                      field("starts_by", &R::starts_by),
                      field("ends_at", &R::ends_at),
                      field("hold", &R::hold),
                      field("held", &R::held),
                      field("desired", &R::desired),
                      field("sequence", &R::sequence),
                      field("transfer", &R::transfer),
                      field("reclaimable", &R::reclaimable),
                      field("price_part", &R::price_part),
                      field("reclaimed_at", &R::reclaimed_at),
                      field("tasks_per_node_max", &R::tasks_per_node_max)};
  }
  friend bool operator==(const LeaseRow&, const LeaseRow&) = default;
};
/// When the agent is to have ended it: of one that is taken back, with the notice.
[[nodiscard]] inline UnixTime notice_ends(const LeaseRow& lease) {
  return lease.reclaimed_at.is_none() ? lease.ends_at : std::min(lease.reclaimed_at + reclaim_notice, lease.ends_at);
}

enum class AttemptState {
  leased,     ///< granted; the agent has not spoken of it
  staging,    ///< inputs cross to the centre
  queued,     ///< in the engine's queue
  running,
  ended,      ///< final: see outcome
};
template <>
struct EnumWords<AttemptState> {
  static constexpr std::array<std::string_view, 5> words{"leased", "staging", "queued", "running", "ended"};
};

enum class Outcome {
  none,           ///< not ended
  exited,         ///< ended by itself: see the exit code
  timed_out,      ///< its wall time ended it
  out_of_memory,
  stopped,        ///< ended on the hub's order
  start_refused,  ///< the centre could not or would not start it: see the text
  lost,           ///< nobody knows what became of it; its lease is over
  expired,        ///< it had not started by starts_by
  reclaimed,      ///< its room was taken back for other work
};
template <>
struct EnumWords<Outcome> {
  static constexpr std::array<std::string_view, 9> words{"none",    "exited",        "timed_out", "out_of_memory",
                                                         "stopped", "start_refused", "lost",      "expired",
                                                         "reclaimed"};
};
/// The task may be tried again elsewhere: the failure was the centre's, not the program's.
[[nodiscard]] constexpr bool may_retry(Outcome outcome) {
  return outcome == Outcome::start_refused || outcome == Outcome::lost || outcome == Outcome::expired;
}

/// One try at a task: what was observed of it, and what it cost.
struct AttemptRow {
  JobId job;
  std::int32_t task = 0;
  std::int32_t number = 1;
  CentreId centre;
  std::string pool;
  OfferId offer;            ///< the version whose prices hold for this attempt
  AttemptState state = AttemptState::leased;
  Outcome outcome = Outcome::none;
  std::string engine_id;    ///< the engine's own id of it ("68"), as the agent reported it
  std::int32_t exit_code = 0;
  std::string failure;      ///< for people
  UnixTime granted_at;
  UnixTime started_at;      ///< by the engine
  UnixTime ended_at;        ///< by the engine
  Duration engine_run;      ///< cumulative run time that the engine tells
  Duration wrapper_run;     ///< cumulative run time by the wrapper's own stamps
  Duration billed_run;      ///< min(engine, wrapper, the hub's bound), settled
  Bytes memory_peak;
  Cny charged;
  UnixTime reported_at;     ///< hub time of the latest report
  Bytes fetched;            ///< cumulative: what of the inputs crossed to the centre for it
  Duration fetch_time;      ///< cumulative: how long that took
  UnixTime reclaimed_at;    ///< when its room was taken back; none: it was not
  JobId reclaimed_for;      ///< for whose work

  static constexpr std::string_view table = "attempt";
  [[nodiscard]] auto key() const { return std::tuple{job, task, number}; }
  [[nodiscard]] AttemptKey attempt() const { return {job, task, number}; }
  static constexpr auto fields() {
    using R = AttemptRow;
    return std::tuple{dayan::key("job", &R::job),
                      dayan::key("task", &R::task),
                      dayan::key("number", &R::number),
                      field("centre", &R::centre),
                      field("pool", &R::pool),
                      field("offer", &R::offer),
                      field("state", &R::state),
                      field("outcome", &R::outcome),
                      field("engine_id", &R::engine_id),
                      field("exit_code", &R::exit_code),
                      field("failure", &R::failure),
                      field("granted_at", &R::granted_at),
                      field("started_at", &R::started_at),
                      field("ended_at", &R::ended_at),
                      field("engine_run", &R::engine_run),
                      field("wrapper_run", &R::wrapper_run),
                      field("billed_run", &R::billed_run),
                      field("memory_peak", &R::memory_peak),
                      field("charged", &R::charged),
                      field("reported_at", &R::reported_at),
                      field("fetched", &R::fetched),
                      field("fetch_time", &R::fetch_time),
                      field("reclaimed_at", &R::reclaimed_at),
                      field("reclaimed_for", &R::reclaimed_for)};
  }
  friend bool operator==(const AttemptRow&, const AttemptRow&) = default;
};

/// A file that an attempt left, by content in the depot. Standard output and error are "stdout" and "stderr".
struct OutputFile {
  std::string path;
  Digest digest;
  Bytes size;

  static constexpr auto fields() {
    using R = OutputFile;
    return std::tuple{field("path", &R::path), field("digest", &R::digest), field("size", &R::size)};
  }
  friend bool operator==(const OutputFile&, const OutputFile&) = default;
};

/// Appended when an attempt ends; an older attempt's are kept, never merged.
struct OutputRow {
  JobId job;
  std::int32_t task = 0;
  std::int32_t number = 1;
  std::string path;
  Digest digest;
  Bytes size;

  static constexpr std::string_view table = "output";
  [[nodiscard]] auto key() const { return std::tuple{job, task, number, path}; }
  static constexpr auto fields() {
    using R = OutputRow;
    return std::tuple{dayan::key("job", &R::job),       dayan::key("task", &R::task),
                      dayan::key("number", &R::number), dayan::key("path", &R::path),
                      field("digest", &R::digest),      field("size", &R::size)};
  }
  friend bool operator==(const OutputRow&, const OutputRow&) = default;
};

/// What an agent says of one attempt. Counters are cumulative: loss, repetition and reordering cost nothing.
struct AttemptReport {
  AttemptKey attempt;
  AttemptState state = AttemptState::staging;
  Outcome outcome = Outcome::none;  ///< set exactly when state is ended
  std::string engine_id;
  std::int32_t exit_code = 0;
  std::string failure;
  UnixTime started_at;
  UnixTime ended_at;
  Duration engine_run;
  Duration wrapper_run;
  Bytes memory_peak;
  std::vector<OutputFile> outputs;  ///< with the final report only
  Bytes fetched;        ///< what of the inputs crossed to the centre for it; what was there already is not in it
  Duration fetch_time;  ///< how long that took

  static constexpr auto fields() {
    using R = AttemptReport;
    return std::tuple{field("attempt", &R::attempt),
                      field("state", &R::state),
                      field("outcome", &R::outcome),
                      field("engine_id", &R::engine_id),
                      field("exit_code", &R::exit_code),
                      field("failure", &R::failure),
                      field("started_at", &R::started_at),
                      field("ended_at", &R::ended_at),
                      field("engine_run", &R::engine_run),
                      field("wrapper_run", &R::wrapper_run),
                      field("memory_peak", &R::memory_peak),
                      field("outputs", &R::outputs),
                      field("fetched", &R::fetched),
                      field("fetch_time", &R::fetch_time)};
  }
  friend bool operator==(const AttemptReport&, const AttemptReport&) = default;
};

/// A report that came after its attempt was settled: evidence, without effect on money or state.
struct LateReportRow {
  JobId job;
  std::int32_t task = 0;
  std::int32_t number = 1;
  UnixTime reported_at;
  Outcome outcome = Outcome::none;
  Duration engine_run;
  Duration wrapper_run;

  static constexpr std::string_view table = "late_report";
  [[nodiscard]] auto key() const { return std::tuple{job, task, number, reported_at}; }
  static constexpr auto fields() {
    using R = LateReportRow;
    return std::tuple{dayan::key("job", &R::job),
                      dayan::key("task", &R::task),
                      dayan::key("number", &R::number),
                      dayan::key("reported_at", &R::reported_at),
                      field("outcome", &R::outcome),
                      field("engine_run", &R::engine_run),
                      field("wrapper_run", &R::wrapper_run)};
  }
  friend bool operator==(const LateReportRow&, const LateReportRow&) = default;
};

}  // namespace dayan
