#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/money.h"
#include "base/time.h"
#include "base/units.h"
#include "model/centre.h"
#include "model/fields.h"
#include "model/ids.h"

/// A job: what was asked for. Its requirements are live state; its payload (command, environment, files) is stored
/// beside and never in State.

namespace dayan {

inline constexpr std::int32_t array_count_max = 100'000;
inline constexpr std::int32_t attempts_max = 3;
/// So often a task's room may be taken back for other work; its next attempt is left alone. None of these counts as one
/// of attempts_max.
inline constexpr std::int32_t reclaims_max = 3;
/// Attempts of a task that never began count apart from these: a centre that cannot take them must not use up what
/// another one could do.
inline constexpr std::int32_t refusals_max = 9;
inline constexpr std::int32_t attempt_number_max = attempts_max + refusals_max + reclaims_max;
inline constexpr Duration wall_time_limit_max = Duration::hours(24 * 30);
inline constexpr Duration wall_time_limit_min = Duration::seconds(1);
/// How long a task may wait at most, and what a job gets that does not say: every job comes to an end.
inline constexpr Duration wait_limit_max = Duration::hours(24 * 30);
inline constexpr Duration wait_limit_min = Duration::seconds(1);
/// A job may step back by so many steps, and never before others: docs/decisions/0006-priority-is-time.md.
inline constexpr std::int32_t priority_steps_max = 100;
/// What a step of priority is worth: a job of priority −10 stands in the queue where one submitted an hour later would.
inline constexpr Duration priority_step = Duration::minutes(6);
/// Nodes of one task.
inline constexpr std::int32_t task_nodes_max = 100'000;
inline constexpr std::size_t name_length_max = 64;
inline constexpr std::size_t script_bytes_max = 1'000'000;
inline constexpr std::size_t input_files_max = 1'000;
inline constexpr std::size_t output_patterns_max = 100;
inline constexpr std::size_t environment_max = 200;

enum class Objective {
  cheapest,
  fastest,
  balanced,  ///< cost and time alike
  greenest,  ///< the least carbon
  weighted,  ///< the submitter's own weights
};
template <>
struct EnumWords<Objective> {
  static constexpr std::array<std::string_view, 5> words{"cheapest", "fastest", "balanced", "greenest", "weighted"};
};

/// What counts how much under Objective::weighted, each 0 to weight_max, relative to the best that any pool offers.
struct Weights {
  std::int32_t cost = 0;
  std::int32_t time = 0;
  std::int32_t carbon = 0;

  static constexpr auto fields() {
    return std::tuple{field("cost", &Weights::cost), field("time", &Weights::time), field("carbon", &Weights::carbon)};
  }
  friend bool operator==(const Weights&, const Weights&) = default;
};
inline constexpr std::int32_t weight_max = 100;

/// "povray>=3.7": a program by name, with the least version that will do (empty: any).
struct SoftwareNeed {
  std::string name;
  std::string version_min;

  static constexpr auto fields() {
    return std::tuple{field("name", &SoftwareNeed::name), field("version_min", &SoftwareNeed::version_min)};
  }
  friend bool operator==(const SoftwareNeed&, const SoftwareNeed&) = default;
};

/// Where the nodes of one task must lie together.
enum class Within {
  pool,  ///< anywhere in its pool
  rack,  ///< in one rack of it (rack.h)
};
template <>
struct EnumWords<Within> {
  static constexpr std::array<std::string_view, 2> words{"pool", "rack"};
};

/// What one task needs: so much on each of so many nodes. A task of several nodes is a gang: it gets all of them, each
/// another one, in one pool and at once, or none.
struct Resources {
  Cores cores{1};               ///< on each node
  Bytes memory{1'000'000'000};  ///< on each node; 1 GB for whoever does not say
  MilliCards cards;             ///< on each node
  std::int32_t nodes = 1;
  Within within = Within::pool;  ///< of one node it makes no difference

  [[nodiscard]] bool is_in_rack() const { return within == Within::rack && nodes > 1; }
  static constexpr auto fields() {
    using R = Resources;
    return std::tuple{field("cores", &R::cores), field("memory", &R::memory), field("cards", &R::cards),
                      field("nodes", &R::nodes), field("within", &R::within)};
  }
  friend bool operator==(const Resources&, const Resources&) = default;
};

/// The longest round trip that users in a city may have.
struct LatencyBound {
  std::string city;
  Duration at_most;

  static constexpr auto fields() {
    return std::tuple{field("city", &LatencyBound::city), field("at_most", &LatencyBound::at_most)};
  }
  friend bool operator==(const LatencyBound&, const LatencyBound&) = default;
};

/// All that placement reads of a job.
struct Requirements {
  Resources resources;                ///< of one task
  std::vector<std::string> chips;     ///< card models that will do; empty: any
  std::vector<SoftwareNeed> software;
  Duration wall_time;                 ///< the limit of one attempt
  Duration run_time;                  ///< the submitter's estimate on the reference (run_time.h); zero when unknown
  std::vector<std::string> regions;   ///< allowed; empty: any
  std::vector<std::string> providers; ///< allowed, by organisation name; empty: any
  std::optional<Cny> price_cap;       ///< of the whole job
  Objective objective = Objective::balanced;
  Weights weights;                    ///< of Objective::weighted; else all zero
  Capability core_capability_min;     ///< of one core of the pool, as measured or told; zero: any
  Capability card_capability_min;     ///< of one card of the pool, alike
  std::vector<LatencyBound> latency;  ///< each must be met; a centre that does not know its latency meets none
  std::int32_t tasks_per_centre_max = 0;  ///< tasks of the job leased at once at one centre; zero: no bound
  std::int32_t tasks_per_node_max = 0;    ///< tasks of the job that run at once on one node; zero: no bound
  std::int32_t priority = 0;          ///< −priority_steps_max to 0; more goes first
  UnixTime not_before;                ///< no task starts earlier; none: at once
  UnixTime finish_by;                 ///< no task is started that is not expected to end by then, or runs on past it
  bool reclaimable = false;           ///< its room may be taken back, after a notice, for work that is not so

  static constexpr auto fields() {
    using R = Requirements;
    return std::tuple{field("resources", &R::resources), field("chips", &R::chips),
                      field("software", &R::software),   field("wall_time", &R::wall_time),
                      field("run_time", &R::run_time),   field("regions", &R::regions),
                      field("providers", &R::providers), field("price_cap", &R::price_cap),
                      field("objective", &R::objective), field("weights", &R::weights),
                      field("core_capability_min", &R::core_capability_min),
                      field("card_capability_min", &R::card_capability_min),
                      field("latency", &R::latency),     field("priority", &R::priority),
                      field("not_before", &R::not_before), field("finish_by", &R::finish_by),
                      field("reclaimable", &R::reclaimable),
                      field("tasks_per_centre_max", &R::tasks_per_centre_max),
                      field("tasks_per_node_max", &R::tasks_per_node_max)};
  }
  friend bool operator==(const Requirements&, const Requirements&) = default;
};

struct EnvironmentVariable {
  std::string name;
  std::string value;

  static constexpr auto fields() {
    return std::tuple{field("name", &EnvironmentVariable::name), field("value", &EnvironmentVariable::value)};
  }
  friend bool operator==(const EnvironmentVariable&, const EnvironmentVariable&) = default;
};

/// A file that crosses to a centre once, by content. `path` is relative, below the attempt's work folder.
struct InputFile {
  std::string path;
  Digest digest;
  Bytes size;
  bool executable = false;

  static constexpr auto fields() {
    using R = InputFile;
    return std::tuple{field("path", &R::path), field("digest", &R::digest), field("size", &R::size),
                      field("executable", &R::executable)};
  }
  friend bool operator==(const InputFile&, const InputFile&) = default;
};

/// What runs: either a command (argv) or a script, with its environment and files.
struct Payload {
  std::vector<std::string> command;
  std::string script;
  std::vector<EnvironmentVariable> environment;
  std::vector<InputFile> inputs;
  std::vector<std::string> outputs;  ///< glob patterns relative to the work folder

  static constexpr auto fields() {
    using R = Payload;
    return std::tuple{field("command", &R::command), field("script", &R::script),
                      field("environment", &R::environment), field("inputs", &R::inputs),
                      field("outputs", &R::outputs)};
  }
  friend bool operator==(const Payload&, const Payload&) = default;
};

/// What becomes of a round whose time comes while one before it has not ended.
enum class Overlap {
  both,  ///< it is submitted all the same: what was ordered is delivered
  skip,  ///< it is left out
};
template <>
struct EnumWords<Overlap> {
  static constexpr std::array<std::string_view, 2> words{"both", "skip"};
};
/// Periodic work (series.h).
inline constexpr Duration every_min = Duration::minutes(5);
inline constexpr Duration every_max = Duration::hours(24 * 31);
inline constexpr std::int32_t times_min = 2;
inline constexpr std::int32_t times_max = 10'000;
/// From the time of the first round to that of the last.
inline constexpr Duration series_length_max = Duration::hours(24 * 366);

/// A job as submitted: the whole of a job file.
struct JobSpec {
  std::string name;
  std::int32_t count = 1;     ///< tasks in the array
  std::int32_t throttle = 0;  ///< tasks running at once; zero: no bound
  Duration wait_max = wait_limit_max;  ///< from submission: what still waits then is given up
  Duration every;             ///< it is submitted again so often; zero: once alone
  std::int32_t times = 0;     ///< rounds in all, the first counted; zero without `every`
  Overlap overlap = Overlap::both;
  Requirements requirements;
  Payload payload;

  static constexpr auto fields() {
    using R = JobSpec;
    return std::tuple{field("name", &R::name),         field("count", &R::count),
                      field("throttle", &R::throttle), field("wait_max", &R::wait_max),
                      field("every", &R::every),       field("times", &R::times),
                      field("overlap", &R::overlap),
                      field("requirements", &R::requirements), field("payload", &R::payload)};
  }
  friend bool operator==(const JobSpec&, const JobSpec&) = default;
};

/// Every fault of a specification, by field: ranges, names, relative paths that stay inside, one of command or script.
/// An empty list means that it may be submitted.
[[nodiscard]] Faults check(const JobSpec& spec);

/// True for a path that is relative, not empty, has no "." or ".." part, no control character and ≤ 255 bytes a part.
[[nodiscard]] bool is_safe_relative_path(std::string_view path);
/// True for 1 to 64 characters of [A-Za-z0-9._-], beginning with a letter or a digit.
[[nodiscard]] bool is_plain_name(std::string_view name);
/// Numeric parts compared as numbers: "3.10" is at least "3.7". An empty minimum is always met.
[[nodiscard]] bool version_at_least(std::string_view version, std::string_view minimum);

enum class JobState { waiting, running, cancelling, succeeded, failed, cancelled };
template <>
struct EnumWords<JobState> {
  static constexpr std::array<std::string_view, 6> words{"waiting",   "running", "cancelling",
                                                         "succeeded", "failed",  "cancelled"};
};
[[nodiscard]] constexpr bool is_final(JobState state) { return state >= JobState::succeeded; }

/// Why tasks that still waited were given up: they are failed, those that run go on.
enum class GaveUp {
  no,
  wait_max,   ///< they had waited as long as they may
  price_cap,  ///< what is left of the price cap pays for no further task anywhere
  deadline,   ///< no pool could have ended a further task by the deadline
};
template <>
struct EnumWords<GaveUp> {
  static constexpr std::array<std::string_view, 4> words{"no", "wait_max", "price_cap", "deadline"};
};

/// Tasks [0, next_task) have been leased at least once and have rows of their own; the rest wait, and have none.
struct JobRow {
  JobId id;
  OrganisationId organisation;
  ProjectId project;
  UserId user;
  std::string name;
  std::int32_t count = 1;
  std::int32_t throttle = 0;
  Requirements requirements;
  JobState state = JobState::waiting;
  std::int32_t next_task = 0;
  std::int32_t retrying = 0;   ///< tasks that wait for another attempt
  std::int32_t live = 0;       ///< tasks with a live attempt
  std::int32_t succeeded = 0;
  std::int32_t failed = 0;
  std::int32_t cancelled = 0;
  Cny charged;                 ///< so far
  Cny held;                    ///< now, for its live leases
  std::int64_t run_time_sum = 0;  ///< µs on the reference, over the `succeeded` tasks: the estimate learns from it
  UnixTime submitted_at;
  UnixTime ended_at;
  UnixTime waits_until;        ///< what still waits then is given up
  GaveUp gave_up = GaveUp::no;
  UnixTime latest_start;       ///< a lease granted later meets the deadline at no pool; none: there is no deadline
  Bytes input_bytes;           ///< that cross to each centre where its tasks run, once (transfer.h)
  JobId series;                ///< the first round of the series that it is a round of; none: of none
  std::int32_t round = 0;      ///< from one
  std::int32_t rounds = 0;     ///< that the series was to have

  static constexpr std::string_view table = "job";
  [[nodiscard]] auto key() const { return std::tuple{id}; }
  static constexpr auto fields() {
    using R = JobRow;
    return std::tuple{dayan::key("id", &R::id),
                      field("organisation", &R::organisation),
                      field("project", &R::project),
                      field("user", &R::user),
                      field("name", &R::name),
                      field("count", &R::count),
                      field("throttle", &R::throttle),
                      field("requirements", &R::requirements),
                      field("state", &R::state),
                      field("next_task", &R::next_task),
                      field("retrying", &R::retrying),
                      field("live", &R::live),
                      field("succeeded", &R::succeeded),
                      field("failed", &R::failed),
                      field("cancelled", &R::cancelled),
                      field("charged", &R::charged),
                      field("held", &R::held),
                      field("run_time_sum", &R::run_time_sum),
                      field("submitted_at", &R::submitted_at),
                      field("ended_at", &R::ended_at),
                      field("waits_until", &R::waits_until),
                      field("gave_up", &R::gave_up),
                      field("latest_start", &R::latest_start),
                      field("input_bytes", &R::input_bytes),
                      field("series", &R::series),
                      field("round", &R::round),
                      field("rounds", &R::rounds)};
  }
  friend bool operator==(const JobRow&, const JobRow&) = default;
};

/// The job under which its payload is kept.
[[nodiscard]] inline JobId payload_of(const JobRow& job) { return job.series.is_none() ? job.id : job.series; }

/// Kept once a job, appended with its submission; agents fetch it. All rounds of a series have that of the first.
struct PayloadRow {
  JobId job;
  Payload payload;

  static constexpr std::string_view table = "payload";
  [[nodiscard]] auto key() const { return std::tuple{job}; }
  static constexpr auto fields() {
    return std::tuple{dayan::key("job", &PayloadRow::job), field("payload", &PayloadRow::payload)};
  }
  friend bool operator==(const PayloadRow&, const PayloadRow&) = default;
};

enum class TaskState { waiting, leased, succeeded, failed, cancelled };
template <>
struct EnumWords<TaskState> {
  static constexpr std::array<std::string_view, 5> words{"waiting", "leased", "succeeded", "failed", "cancelled"};
};

/// A task that differs from its job: it has been leased at least once.
struct TaskRow {
  JobId job;
  std::int32_t task = 0;
  TaskState state = TaskState::leased;
  std::int32_t attempts = 1;  ///< number of the latest attempt
  UnixTime not_before;        ///< a waiting task is not placed earlier: the older lease must have ended
  CentreId avoid;             ///< where it failed last; none when nowhere
  std::int32_t reclaims = 0;  ///< of its attempts so far that were taken back
  std::int32_t refusals = 0;  ///< attempts that no centre let begin: they count apart (refusals_max)

  static constexpr std::string_view table = "task";
  [[nodiscard]] auto key() const { return std::tuple{job, task}; }
  static constexpr auto fields() {
    using R = TaskRow;
    return std::tuple{dayan::key("job", &R::job),           dayan::key("task", &R::task),
                      field("state", &R::state),            field("attempts", &R::attempts),
                      field("not_before", &R::not_before),  field("avoid", &R::avoid),
                      field("reclaims", &R::reclaims),
                      field("refusals", &R::refusals)};
  }
  friend bool operator==(const TaskRow&, const TaskRow&) = default;
};

}  // namespace dayan
