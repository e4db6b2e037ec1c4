#pragma once

#include "model/job.h"

/// Preference: what an objective means to a plan. How pools are compared (ranking.h), and how long a job would rather
/// wait for a better one than go where there is room (turn.h).

namespace dayan::place {

struct Preference {
  /// Cost, run time and carbon of a task, each relative to the least of any pool, count so much; all zero: the
  /// objective's own figure alone counts.
  Weights weights;
  /// It waits for the best and takes no other.
  bool waits_for_best = false;
  /// Else: a pool is left alone where one task takes more than so many times as long as the rest of the job
  /// elsewhere.
  double patience = 1;

  [[nodiscard]] bool is_relative() const { return weights != Weights{}; }
};

/// Weights without one for time mean that time does not matter: such a job waits for the best, as the cheapest and
/// the greenest do. With one, its patience is the sum of the weights over that for time: 1 for who wants it fast and
/// nothing else, 2 for the balanced.
[[nodiscard]] inline Preference preference_of(const Requirements& requirements) {
  switch (requirements.objective) {
    case Objective::cheapest:
    case Objective::greenest: return {{}, true, 1};
    case Objective::fastest: return {{}, false, 1};
    case Objective::balanced: return {{1, 1, 0}, false, 2};
    case Objective::weighted: break;
  }
  const Weights& own = requirements.weights;
  const double sum = own.cost + own.time + own.carbon;
  return own.time > 0 ? Preference{own, false, sum / own.time} : Preference{own, true, 1};
}

}  // namespace dayan::place
