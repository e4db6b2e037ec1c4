#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "place/calendar/flat_calendar.h"
#include "place/calendar/queue.h"
#include "place/calendar/waiting_line.h"

namespace dayan::place {

/// A waiting job of a plan.
struct PlannedJob {
  std::int32_t processors;
  JobIndex job;
  Duration limit;
  UnixTime start;  ///< meant only in the planned part of a queue
};

/// What jobs that ended before their limits left free in a plan: some processors from now to the latest of these
/// limits. Whoever moves up for it must start within that time, so that a plan stays as it is up to the first job
/// that now can.
///
/// Only the time that such a start can touch is looked at: the few planned jobs that reach into it are taken out of
/// it one by one in the order of the queue, and the others cost a comparison each.
class Gap {
 public:
  [[nodiscard]] bool empty() const { return until_ == UnixTime(INT64_MIN); }
  void note(UnixTime limit_end) { until_ = std::max(until_, limit_end); }
  void clear() { until_ = UnixTime(INT64_MIN); }

  /// The position of the first of the `planned` jobs of `line` that can start earlier than planned; `planned` when
  /// none can. `running` is what the running jobs leave free, the gap included; before the gap each planned job had
  /// the earliest start that those and the jobs before it left.
  [[nodiscard]] std::size_t first_moved(const FlatCalendar& running, const WaitingLine<PlannedJob>& line,
                                        std::size_t planned, UnixTime now);

 private:
  /// The longest time for which so many processors stay free from a moment in the gap on; an upper bound once jobs
  /// were taken out.
  struct Stretch {
    std::int32_t processors = -1;
    std::uint32_t changes = 0;  ///< as of which state of near_
    Duration length;
  };

  /// Fills near_ anew, with the first `count` of the line taken out.
  void look_until(UnixTime end, const FlatCalendar& running, const WaitingLine<PlannedJob>& line, std::size_t count,
                  UnixTime now);
  void take(const PlannedJob& job, UnixTime now);
  /// False when no moment in the gap will do, whatever the job is planned for.
  [[nodiscard]] bool may_move(const PlannedJob& job, UnixTime now);

  UnixTime until_{INT64_MIN};
  UnixTime seen_until_;         ///< how far near_ is true; beyond, everything is free in it
  FlatCalendar near_{0};        ///< what is free before the job looked at
  std::uint32_t changes_ = 0;   ///< of near_
  std::int32_t most_free_ = 0;  ///< within the gap
  std::array<Stretch, 64> stretches_;
};

}  // namespace dayan::place
