#pragma once

#include "place/calendar/waiting_line.h"

namespace dayan::place {

/// EASY backfilling: the first of the queue is promised the earliest moment at which enough processors are free if
/// all work runs to its limit; another may overtake when it does not push that moment back, because it ends before it
/// or because it takes processors that are left over then. Source: Lifka, "The ANL/IBM SP scheduling system", JSSPP
/// 1995; Mu'alem and Feitelson, IEEE TPDS 12(6), 2001.
///
/// No job starves: the promise to the first only moves forward, limits are finite, so that the first starts; the
/// queue before a job never grows.
class Easy final : public QueuePolicy {
 public:
  explicit Easy(std::int64_t processors) : free_(processors) {}

  void submit(JobIndex job, const BatchRequest& request) override;
  void finish(JobIndex job, UnixTime now) override;
  void decide(UnixTime now, std::vector<JobIndex>& started) override;

 private:
  struct Running {
    std::int64_t limit_end;
    JobIndex job;
    std::int32_t processors;
  };

  void start(const WaitingJob& job, std::int64_t now, std::vector<JobIndex>& started);
  /// Promises the first of the queue its moment.
  void promise();
  /// Starts those from `position` on that may overtake.
  void overtake_from(std::size_t position, std::int64_t now, std::vector<JobIndex>& started);

  std::int64_t free_;
  std::int64_t promised_ = 0;   ///< when the first of the queue starts at the latest
  std::int64_t left_over_ = 0;  ///< processors free then beside it
  std::size_t known_ = 0;       ///< how many of the queue were there at the last decision
  bool freed_ = false;          ///< processors became free since
  std::int32_t least_ = 0;      ///< no waiting job asks for fewer processors
  WaitingLine<WaitingJob> waiting_;
  std::vector<Running> running_;          ///< by limit_end, then JobIndex
  std::vector<std::int64_t> limit_ends_;  ///< by JobIndex, of started jobs
};

}  // namespace dayan::place
