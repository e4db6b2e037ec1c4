#pragma once

#include <array>

#include "place/calendar/flat_calendar.h"
#include "place/calendar/gap.h"
#include "place/calendar/waiting_line.h"

namespace dayan::place {

/// Conservative backfilling with the whole queue planned anew at every event: in order of submission each waiting job
/// gets the earliest start that the running jobs (to their limits) and the waiting jobs before it leave; whose start
/// is now starts. Nobody is pushed back by a later job; after an early end everybody moves up. Source: Mu'alem and
/// Feitelson, "Utilization, predictability, workloads, and user runtime estimates", IEEE TPDS 12(6), 2001.
///
/// What is computed is less than what is defined. Of the plan only the front part is built, up to the last job that
/// could still start now: a job is out as soon as the part before it leaves too little free within its own limit.
/// When a job ends before its limit the part stays as far as nobody in it moves (gap.h), and the rest is dropped.
///
/// No job starves: the start planned for the first of the queue only moves forward, and the queue before a job never
/// grows.
class Conservative final : public QueuePolicy {
 public:
  explicit Conservative(std::int64_t processors) : free_(processors), running_(processors), plan_(processors) {}

  void submit(JobIndex job, const BatchRequest& request) override;
  void finish(JobIndex job, UnixTime now) override;
  void decide(UnixTime now, std::vector<JobIndex>& started) override;

 private:
  struct Run {
    UnixTime limit_end;
    std::int32_t processors = 0;
  };
  /// Remembers free_until of the plan for an amount until the plan changes.
  struct Horizon {
    std::int64_t amount = -1;
    UnixTime until;
  };

  void start(const PlannedJob& job, UnixTime now, std::vector<JobIndex>& started);
  /// Drops the plans of all but the first `count` of the queue. With 0 plan_ begins anew.
  void keep_planned(std::size_t count);
  void start_planned(UnixTime now, std::vector<JobIndex>& started);
  /// Fills candidates_ with the jobs from `position` on that could start now, as far as the plan knows.
  void find_candidates(std::size_t position, UnixTime now);
  void drop_candidates(UnixTime now);
  [[nodiscard]] bool could_start(const PlannedJob& job, UnixTime now);

  std::int64_t free_;
  FlatCalendar running_;  ///< the running jobs, to their limits
  FlatCalendar plan_;     ///< and the planned part of the queue; behind while there is none and a gap
  WaitingLine<PlannedJob> waiting_;
  std::size_t planned_ = 0;      ///< how many of the queue, from its front, are in plan_
  std::size_t known_ = 0;        ///< how many of the queue were there at the last decision
  bool freed_ = false;           ///< a job ended since the last decision
  Gap gap_;                      ///< since the planned part was known to be right
  UnixTime next_start_ = never;  ///< the earliest of the planned part
  std::vector<Run> runs_;        ///< by JobIndex
  std::vector<PlannedJob> candidates_;
  UnixTime candidates_until_;  ///< the latest moment at which one of them could end
  std::array<Horizon, 64> horizons_;
};

}  // namespace dayan::place
