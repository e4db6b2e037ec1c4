#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/placement.h"
#include "model/rows.h"

/// Intelligent distribution: where work goes, from when, at what cost, and why not elsewhere.
///
/// The engine is a projection: it is fed every committed row change in order, plans on what it has seen, and its
/// plans are checked against the rows again by the core (CommitPlan). It is pure: state and time are arguments,
/// budgets are in work units, equal inputs give equal answers on every compiler.

namespace dayan::place {

/// Soft state about a centre, newest by key; unknown is nullopt.
struct Observation {
  CentreId centre;
  UnixTime heard_at;                        ///< when its agent last spoke
  std::optional<Cores> foreign_cores_busy;  ///< used by the provider's own people
};

/// An agent that has been silent this long takes no new work.
inline constexpr Duration reachable_within = Duration::seconds(60);

/// What a question about a job that is not submitted is asked with.
struct Question {
  OrganisationId organisation;
  Requirements requirements;
  std::int32_t count = 1;
  std::int32_t throttle = 0;
  Bytes input_bytes = {};  ///< that cross to a centre before its first task can start
};

/// The resource of which an organisation has had the greatest part.
enum class ShareResource { cores, memory, cards };

/// How a project stands beside the others of its organisation.
struct ProjectStanding {
  ProjectId project;
  std::int64_t weight = share_weight_usual;  ///< in thousandths
  Duration time;                             ///< as its organisation's
  Duration setback;                          ///< so much later than its organisation's its jobs stand
};

/// How an organisation stands (shares.h). What it has had is told as the time for which it would have had the whole
/// platform, what lies back counting less; its setback is as it was last put.
struct ShareStanding {
  OrganisationId organisation;
  std::int64_t weight = share_weight_usual;  ///< in thousandths
  bool is_active = false;                    ///< has jobs
  ShareResource resource = ShareResource::cores;
  Duration time;            ///< of its dominant resource
  std::int64_t share = 0;   ///< in millionths of what it and all active organisations have had
  std::int64_t due = 0;     ///< its weight in millionths of theirs
  Duration setback;         ///< so much later than submitted its jobs stand in the queue
  Duration setback_at_due;  ///< so much later those of an organisation do that has had just its due
  std::vector<ProjectStanding> projects = {};
};

/// As of when a plan last worked it out, which one does every minute in which something happens.
struct ShareTable {
  UnixTime as_of;
  std::vector<ShareStanding> organisations;  ///< that have had something or have jobs, in order of ids
};

/// How fair share sets a waiting job back.
struct SetBack {
  Duration by;          ///< so much later than submitted it stands in the queue
  Duration of_project;  ///< of that, because of the other projects of its organisation
  Duration at_due;      ///< so much later one of an organisation does that has had just its due
  ShareResource resource = ShareResource::cores;  ///< of which its organisation has had most
  std::int64_t share = 0;  ///< of its organisation, in millionths of what all have had that compute or wait
  std::int64_t due = 0;    ///< what its weight is of theirs, in millionths

  static constexpr auto fields() {
    using R = SetBack;
    return std::tuple{field("by", &R::by),           field("of_project", &R::of_project), field("at_due", &R::at_due),
                      field("resource", &R::resource), field("share", &R::share),           field("due", &R::due)};
  }
};

/// A pool with room now that a job passes over, since by its objective it waits for another (instead.h).
struct Instead {
  CentreId centre;
  std::string centre_name;
  std::string pool;
  Cny task_cost;    ///< expected there
  Duration finish;  ///< from now until all of it would be done there
  std::optional<Objective> objective;  ///< with it, all else as it is, a task starts now; null: none surely lets it

  static constexpr auto fields() {
    using R = Instead;
    return std::tuple{field("centre", &R::centre), field("centre_name", &R::centre_name), field("pool", &R::pool),
                      field("task_cost", &R::task_cost), field("finish", &R::finish), field("objective", &R::objective)};
  }
};

/// What a waiting job waits for: the reasons of the best pool, or of the nearest to taking it when none ever will.
struct Waiting {
  std::int32_t tasks = 0;       ///< that wait
  bool hopeless = false;        ///< no pool could ever run it as it stands
  std::vector<Reason> reasons;  ///< of the pool nearest to taking it
  std::optional<CentreId> nearest;
  UnixTime promised_from = {};            ///< room is kept for its next task, at the latest from then on; none: nowhere
  std::optional<CentreId> promised_centre = {};
  std::string promised_pool = {};
  std::int32_t taken_back = 0;  ///< tasks there that are told to end, to make that room
  std::optional<SetBack> set_back = {};  ///< none: it stands where it was submitted, or alone
  std::string nearest_name = {};          ///< of the nearest centre
  std::string nearest_pool = {};          ///< there
  std::string promised_name = {};         ///< of the centre that keeps room for it
  std::optional<Duration> wait = {};          ///< until a task is expected to start at the nearest; none: nobody knows
  std::optional<Duration> wait_longest = {};  ///< if everything takes as long as it may
  std::int32_t jobs_before = 0;           ///< that stand before it and take room there; counted in both
  bool is_wait_least = false;             ///< more of them than were looked at
  std::optional<Instead> instead = {};    ///< none: nothing that it passes over has room
  UnixTime gives_up_at = {};              ///< its wait_max is over then, before it is expected to start; or none

  static constexpr auto fields() {
    using R = Waiting;
    return std::tuple{field("tasks", &R::tasks), field("hopeless", &R::hopeless), field("reasons", &R::reasons),
                      field("nearest", &R::nearest), field("promised_from", &R::promised_from),
                      field("promised_centre", &R::promised_centre), field("promised_pool", &R::promised_pool),
                      field("taken_back", &R::taken_back),
                      field("set_back", &R::set_back), field("nearest_name", &R::nearest_name),
                      field("nearest_pool", &R::nearest_pool),
                      field("promised_name", &R::promised_name), field("wait", &R::wait),
                      field("wait_longest", &R::wait_longest), field("jobs_before", &R::jobs_before),
                      field("is_wait_least", &R::is_wait_least), field("instead", &R::instead),
                      field("gives_up_at", &R::gives_up_at)};
  }
};

/// How moments are told in words: as dates, or, where the clock is of no calendar, by how far off they are ("+3h").
enum class Times { dates, spans };

/// Answers to questions of one moment: what several of them have in common is worked out once. They are cheapest for
/// who asks of jobs in the order in which they wait. Not to be used once the engine has been told something, or planned.
class Answers {
 public:
  virtual ~Answers() = default;

  /// A quote of every pool, best first by the job's objective, those ruled out last, each with its reasons.
  [[nodiscard]] virtual std::vector<Quote> quotes(const Question& question) = 0;
  /// The same for a live job, which also knows where its tasks failed and how long they took.
  [[nodiscard]] virtual std::vector<Quote> quotes(JobId job) = 0;
  /// Nothing of a job that is not live.
  [[nodiscard]] virtual std::optional<Waiting> waiting(JobId job) = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  /// One committed row change, in order of commit. Rows that placement does not read are ignored.
  virtual void apply(const RowChange& change) = 0;
  virtual void observe(const Observation& observation) = 0;

  [[nodiscard]] virtual std::unique_ptr<Answers> answers(UnixTime now, Times times = Times::dates) const = 0;
  /// Of one question each.
  [[nodiscard]] std::vector<Quote> quotes(const Question& question, UnixTime now) const {
    return answers(now)->quotes(question);
  }
  [[nodiscard]] std::vector<Quote> quotes(JobId job, UnixTime now) const { return answers(now)->quotes(job); }
  [[nodiscard]] std::optional<Waiting> waiting(JobId job, UnixTime now) const { return answers(now)->waiting(job); }
  [[nodiscard]] virtual ShareTable shares() const = 0;

  /// At most `assignments` placements of waiting tasks, best use of what is free now (turn.h has the rules). What it
  /// does not place waits until something changes, and is not looked at before. The rows of what the core takes come
  /// back through `apply`; call it again only then: what of an earlier plan has not come back is planned again.
  [[nodiscard]] virtual std::vector<Assignment> plan(UnixTime now, std::size_t assignments) = 0;

  /// What the last plan would take back (reclaiming.h), in order of attempts; as its placements, what of it has not come
  /// back is forgotten with the next.
  [[nodiscard]] virtual const std::vector<Reclaim>& reclaims() const = 0;

  /// When it is to be asked for a plan though no row changes: a task may start from then on, a job has its last call, or
  /// a pool is closed no more. After a plan that is later than it was made.
  [[nodiscard]] virtual std::optional<UnixTime> wakes_at() const = 0;

  /// Compares what the engine keeps with what the rows say, worked out afresh: the first difference, in words. Slow.
  [[nodiscard]] virtual std::optional<std::string> broken_invariant() const = 0;
};

/// Bugs that a test plants, to see that the checker finds them.
enum class PlantedBug {
  none,
  stale_score,       ///< a new price does not reach the classes that know the pool
  forgotten_room,    ///< what a lease gives back is not counted
  forgotten_promise,  ///< a job takes room that was promised to another
  forgotten_reservation,  ///< a job takes room of a pool that is closed to it
  forgotten_centre_bound,  ///< more tasks of a job go to a centre than it lets run there
  uncounted_task,    ///< where tasks of a job that keeps them apart lie is not counted
  forgotten_cards,  ///< what leases count for in fair share is not told when their cards turn out to be others
  lost_job,          ///< a job that was not placed leaves the queue
  gang_half_placed,  ///< what a plan gives a gang is counted for half of its nodes alone
};

/// The engine: keeps what it knows of pools and jobs between two plans, and looks again at what changed alone.
[[nodiscard]] std::unique_ptr<Engine> make_engine(PlantedBug bug = PlantedBug::none);

}  // namespace dayan::place

template <>
struct dayan::EnumWords<dayan::place::ShareResource> {
  static constexpr std::array<std::string_view, 3> words{"cores", "memory", "cards"};
};
