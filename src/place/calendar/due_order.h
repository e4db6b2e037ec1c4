#pragma once

#include "place/calendar/queue.h"
#include "place/calendar/run_times.h"

namespace dayan::place {

/// Our own rule: backfilling in order of due times, wide jobs in packs.
///
/// On submission each job gets a due time that never changes: the submission plus a grace that grows with the run
/// time expected of it (RunTimes) up to some hours and with how far the machine is behind. Short jobs, which slowdown
/// is about, are due at once and cost little; long ones keep their order among each other.
///
/// The first in turn is the first submitted of the jobs whose due time has come; before any has, the widest of those
/// that are due nearly as soon as the earliest one: a machine that was drained for one wide job then serves the others
/// too, so that it is drained less often. It is promised its moment as in EASY, and others overtake only beside that
/// promise. While the machine is far behind, a promise once made is kept, since the processors that already wait for it
/// would be wasted, and holes are filled by short jobs first, wide before narrow, then by the jobs with the most work;
/// else the order is by due time.
///
/// No job starves, and its wait is bounded from when it comes. First its grace: at most three times what the machine
/// is behind on average, or three times (6.5 times what it is behind just then, and three hours; at most two days) when
/// that is more. Then, its due time come, as under EASY: only the jobs submitted before it, and one that was promised
/// its moment already, can be first in turn before it, and whoever is starts within the longest limit of what runs.
class DueOrder final : public QueuePolicy {
 public:
  explicit DueOrder(std::int64_t processors);

  void submit(JobIndex job, const BatchRequest& request) override;
  void finish(JobIndex job, UnixTime now) override;
  void decide(UnixTime now, std::vector<JobIndex>& started) override;

 private:
  struct Waiting {
    std::int32_t processors;
    JobIndex job;
    std::int64_t limit;
    std::int64_t due;
    std::int64_t span;  ///< jobs due so much later may be first in turn before this one
    double expected;    ///< seconds
  };
  struct Running {
    std::int64_t limit_end;
    JobIndex job;
    std::int32_t processors;
    double expected_end;  ///< seconds
  };
  struct Started {
    std::int64_t start = 0;
    std::int64_t limit_end = 0;
    std::int64_t user = -1;
  };
  struct Promise {
    std::int64_t at = 0;
    std::int64_t left_over = 0;  ///< processors free then beside the first in turn
  };

  void note_end(const Running& ended, double took);
  /// Seconds in which the machine would be through with all it has, were it perfectly packed and did jobs go on to
  /// take as much of what is expected of them as they have. Limits are several times too long: without this, so is the
  /// grace.
  [[nodiscard]] double behind_seconds(std::int64_t now) const;
  [[nodiscard]] bool far_behind() const;
  [[nodiscard]] std::size_t first_in_turn(std::int64_t now) const;
  [[nodiscard]] std::size_t position_of(JobIndex job) const;
  [[nodiscard]] Promise promise_to(const Waiting& first) const;
  [[nodiscard]] bool fills_before(const Waiting& a, const Waiting& b) const;
  void fill(const Promise& promise, JobIndex first, std::int64_t now, std::vector<JobIndex>& started);
  void start(std::size_t position, std::int64_t now, std::vector<JobIndex>& started);

  static constexpr JobIndex nobody = UINT32_MAX;

  std::int64_t processors_;
  std::int64_t free_;
  std::int32_t least_ = 0;     ///< no waiting job asks for fewer processors
  double waiting_work_ = 0;    ///< processor seconds expected
  double expected_work_;       ///< of the last jobs that ended, the later ones counting for more
  double taken_work_;          ///< by them
  double usually_behind_ = 0;  ///< seconds, averaged over the last submissions
  JobIndex promised_ = nobody;
  std::vector<Waiting> waiting_;  ///< in order of submission
  std::vector<Running> running_;  ///< by limit_end, then JobIndex
  std::vector<Started> jobs_;     ///< by JobIndex
  std::vector<Waiting> fillers_;
  RunTimes run_times_;
};

}  // namespace dayan::place
