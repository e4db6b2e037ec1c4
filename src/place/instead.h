#pragma once

#include <optional>
#include <vector>

#include "place/evaluation.h"
#include "place/wait_queue.h"

/// Instead: a job may wait by its own objective while another pool has room for it now. Which that is, what it would
/// come to there, and which other objective would let a task start at once.

namespace dayan::place {

/// The pool with room that the job passes over for the best by its objective. `best_first`: of every pool.
[[nodiscard]] const Evaluation* passed_over(const std::vector<Evaluation>& best_first);

/// An objective with which, all else as it is, the next plan starts a task of the job at once: balanced rather than
/// fastest. Nothing where none surely does. `best_first`: of every pool.
[[nodiscard]] std::optional<Objective> objective_to_start(const JobRecord& job,
                                                          const std::vector<Evaluation>& best_first,
                                                          const World& world, const WaitQueue& queue, UnixTime now);

/// Of a job that waits for a cheaper or greener hour, since its last turn; nothing where the prices have gone since.
[[nodiscard]] std::optional<Reason> hour_reason(const JobRecord& job, const Asking& asking, const Outlook& outlook);

/// Why it waits, in numbers and words.
[[nodiscard]] Reason preference_reason(const Evaluation& awaited, const Instead& instead, const Evaluation& other,
                                       const Requirements& requirements);

}  // namespace dayan::place
