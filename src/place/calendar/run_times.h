#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "base/time.h"

namespace dayan::place {

/// What to expect of a user's next job, from the user's last ones: limits are several times too long, and jobs that
/// fail do so in seconds. After Tsafrir, Etsion and Feitelson, "Backfilling using system-generated predictions rather
/// than user runtime estimates", IEEE TPDS 18(6), 2007, who average the last two.
class RunTimes {
 public:
  /// A job has ended after `run`.
  void note(std::int64_t user, Duration run);
  /// The run time by which a job of this limit is best ranked, in seconds: the mean of the user's last run times and
  /// the limit, weighed between the ordinary mean (what the job will take) and the harmonic one (what a second's wait
  /// costs it in slowdown). The limit for whom nothing is known, and for user -1.
  [[nodiscard]] double expected_seconds(std::int64_t user, Duration limit) const;

 private:
  static constexpr std::size_t remembered = 20;
  struct Last {
    std::array<double, remembered> seconds{};
    std::size_t count = 0;  ///< ever noted
  };
  std::map<std::int64_t, Last> users_;
};

}  // namespace dayan::place
