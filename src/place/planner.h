#pragma once

#include <vector>

#include "place/projection.h"

namespace dayan::place {

/// At most `limit` placements of waiting tasks in what is free now, jobs in order of submission:
///   - a job's tasks that wait for another try come first, as their time comes, and keep away from the centre where
///     they failed last as long as any other can take them;
///   - cheapest: only where a task costs least, even when it has to wait for it; fastest: where a task ends first;
///     balanced: by cost and time relative to the least of each. Pools within 5 % of the best count as equally good
///     and are filled evenly, which spreads arrays over centres;
///   - a pool where one task takes longer than the whole rest of the job on another one is left alone (fastest), or
///     one where it takes twice as long (balanced);
///   - the plan never takes more than a pool has free, a wallet has available, a job's cap or throttle allows.
[[nodiscard]] std::vector<Assignment> plan(const Projection& rows, UnixTime now, std::size_t limit);

}  // namespace dayan::place
