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
};

/// What a waiting job waits for: the reasons of the best pool, or of every pool when none will ever do.
struct Waiting {
  std::int32_t tasks = 0;       ///< that wait
  bool hopeless = false;        ///< no pool could ever run it as it stands
  std::vector<Reason> reasons;  ///< of the pool nearest to taking it
  std::optional<CentreId> nearest;
  UnixTime promised_from = {};            ///< room is kept for its next task, at the latest from then on; none: nowhere
  std::optional<CentreId> promised_centre = {};
  std::string promised_pool = {};

  static constexpr auto fields() {
    using R = Waiting;
    return std::tuple{field("tasks", &R::tasks), field("hopeless", &R::hopeless), field("reasons", &R::reasons),
                      field("nearest", &R::nearest), field("promised_from", &R::promised_from),
                      field("promised_centre", &R::promised_centre), field("promised_pool", &R::promised_pool)};
  }
};

class Engine {
 public:
  virtual ~Engine() = default;

  /// One committed row change, in order of commit. Rows that placement does not read are ignored.
  virtual void apply(const RowChange& change) = 0;
  virtual void observe(const Observation& observation) = 0;

  /// A quote of every pool, best first by the job's objective, those ruled out last, each with its reasons.
  [[nodiscard]] virtual std::vector<Quote> quotes(const Question& question, UnixTime now) const = 0;
  /// The same for a live job, which also knows where its tasks failed and how long they took.
  [[nodiscard]] virtual std::vector<Quote> quotes(JobId job, UnixTime now) const = 0;
  [[nodiscard]] virtual std::optional<Waiting> waiting(JobId job, UnixTime now) const = 0;

  /// At most `assignments` placements of waiting tasks, best use of what is free now (turn.h has the rules). What it
  /// does not place waits until something changes, and is not looked at before. The rows of what the core takes come
  /// back through `apply`; call it again only then: what of an earlier plan has not come back is planned again.
  [[nodiscard]] virtual std::vector<Assignment> plan(UnixTime now, std::size_t assignments) = 0;

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
  lost_job,          ///< a job that was not placed leaves the queue
  gang_half_placed,  ///< what a plan gives a gang is counted for half of its nodes alone
};

/// The engine: keeps what it knows of pools and jobs between two plans, and looks again at what changed alone.
[[nodiscard]] std::unique_ptr<Engine> make_engine(PlantedBug bug = PlantedBug::none);

}  // namespace dayan::place
