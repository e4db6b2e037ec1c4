#pragma once

#include "place/calendar/waiting_line.h"

namespace dayan::place {

/// First come, first served: nobody overtakes.
class Fcfs final : public QueuePolicy {
 public:
  explicit Fcfs(std::int64_t processors) : free_(processors) {}

  void submit(JobIndex job, const BatchRequest& request) override;
  void finish(JobIndex job, UnixTime now) override;
  void decide(UnixTime now, std::vector<JobIndex>& started) override;

 private:
  std::int64_t free_;
  std::vector<std::int32_t> processors_;  ///< by JobIndex
  std::size_t next_ = 0;                  ///< the first that waits
};

}  // namespace dayan::place
