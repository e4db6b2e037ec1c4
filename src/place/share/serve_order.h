#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "place/share/fair_share.h"

/// Progressive filling: the order in which a queue is served by fair share.

namespace dayan::place::share {

/// A job that waits, for `serve_order`.
struct Waiting {
  ProjectIndex project;
  Use use;
};
/// In which order waiting jobs are served when each, once served, is charged at `now` to the project that asked:
/// progressive filling. Jobs of a project keep the order given. The shares are a copy: nothing is charged outside.
/// Jobs whose use cannot be charged come last. O(n log n).
[[nodiscard]] std::vector<std::size_t> serve_order(FairShare shares, std::span<const Waiting> jobs, UnixTime now);

}  // namespace dayan::place::share
