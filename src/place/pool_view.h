#pragma once

#include <optional>
#include <vector>

#include "place/packing.h"
#include "place/projection.h"

/// PoolView: one pool as it stands at one moment, for one question or one plan. A plan takes from its own views, so
/// that two of its assignments never claim the same room; the projection stays as it is.

namespace dayan::place {

/// Room that a live lease is expected to give back.
struct Release {
  UnixTime at;
  AttemptKey attempt;
  Amounts shape;
};

/// The first moment that has room for a task, and for how many. `wait` is nothing when no known lease makes room.
struct Opening {
  std::optional<Duration> wait;
  std::int64_t slots = 0;
};

struct PoolView {
  const PoolRow* pool = nullptr;
  const CentreRow* centre = nullptr;
  const OrganisationRow* provider = nullptr;  ///< nothing while its row has not come
  const OfferRow* offer = nullptr;            ///< nothing when the centre has published none
  UnixTime heard_at;                          ///< none: never
  bool is_reachable = false;

  Amounts per_node;
  Amounts total;
  Amounts taken;  ///< by leases, and by the provider's own people
  Shapes shapes;  ///< of the leases
  Packing packing;
  std::vector<Release> releases;  ///< by time

  [[nodiscard]] Amounts free() const;
  /// How many tasks of this need fit now: by what is free in sum, and by the nodes as leases would lie on them.
  [[nodiscard]] std::int64_t slots(const Amounts& need) const;
  [[nodiscard]] Opening opening(const Amounts& need, UnixTime now) const;
  /// How full it is by its scarcest kind, in thousandths.
  [[nodiscard]] std::int64_t load() const;
  /// A plan's own assignment, expected to end at `until`.
  void take(const AttemptKey& attempt, const Amounts& need, UnixTime until);
};

/// How long one task of `requirements` runs on this pool: the mean of the job's succeeded tasks, else the submitter's
/// estimate, both scaled from the reference core by the pool's measured capability (unknown: as the reference); else
/// its wall time. Never more than the wall time, which ends it.
[[nodiscard]] Duration expected_run(const Requirements& requirements, const JobRow* job, const PoolRow& pool);
/// False when only the wall time is known.
[[nodiscard]] bool has_estimate(const Requirements& requirements, const JobRow* job);

/// Every pool whose centre is known, in key order.
[[nodiscard]] std::vector<PoolView> pool_views(const Projection& rows, UnixTime now);

}  // namespace dayan::place
