#include "place/calendar/run_times.h"

#include <algorithm>
#include <cmath>

namespace dayan::place {
namespace {

/// Shorter runs all count as this: the floor of the bounded slowdown.
constexpr double shortest_seconds = 10;

double seconds(Duration duration) { return static_cast<double>(duration.microseconds()) / 1e6; }

}  // namespace

void RunTimes::note(std::int64_t user, Duration run) {
  if (user < 0) return;
  Last& last = users_[user];
  last.seconds[last.count % remembered] = seconds(run);
  ++last.count;
}

double RunTimes::expected_seconds(std::int64_t user, Duration limit) const {
  const double longest = std::max(seconds(limit), shortest_seconds);
  const auto known = users_.find(user);
  if (user < 0 || known == users_.end()) return longest;
  // The limit counts as one more run.
  double sum = longest;
  double inverse_sum = 1 / longest;
  const std::size_t count = std::min(known->second.count, remembered);
  for (std::size_t i = 0; i < count; ++i) {
    const double run = std::clamp(known->second.seconds[i], shortest_seconds, longest);
    sum += run;
    inverse_sum += 1 / run;
  }
  return std::sqrt(sum / inverse_sum);
}

}  // namespace dayan::place
