#pragma once

#include "place/calendar/host_calendar.h"
#include "place/calendar/queue.h"

/// Backfilling on named hosts, under the tie rule "lowest hosts": a job keeps the same hosts from its planned start
/// to its limit, of the hosts that can serve it it takes those with the lowest numbers, and a promise is a promise of
/// hosts. Fewer jobs fit than by counting: the hosts that are free now and those that are free later may be others.
/// Batsim's schedules (Dutot et al., "Batsim: a realistic language-independent resources and jobs management systems
/// simulator", JSSPP 2015) are made by this rule, which is how it was found.

namespace dayan::place {

class HostPolicy : public QueuePolicy {
 public:
  explicit HostPolicy(std::int64_t hosts) : calendar_(hosts) {}

  void submit(JobIndex job, const BatchRequest& request) final;
  void finish(JobIndex job, UnixTime now) final;

 protected:
  struct Place {
    BatchRequest request;
    bool planned = false;
    HostCalendar::Fit fit;  ///< of a planned or running job
  };

  /// Plans the job at its first fit, in place of what was planned before; true when that is now.
  [[nodiscard]] bool plan(JobIndex job, UnixTime now);
  void forget_plan(JobIndex job);
  [[nodiscard]] bool may_start(JobIndex job, UnixTime now) const {
    return places_[job].request.processors <= calendar_.free_at(now);
  }

  HostCalendar calendar_;
  std::vector<JobIndex> waiting_;  ///< in order of submission
  std::vector<JobIndex> fresh_;    ///< submitted since the last decision
  bool freed_ = false;             ///< a job ended since the last decision

 private:
  std::vector<Place> places_;
};

/// EASY on named hosts: the first of the queue is promised hosts and a moment, and is planned again when a job ends.
class HostEasy final : public HostPolicy {
 public:
  using HostPolicy::HostPolicy;
  void decide(UnixTime now, std::vector<JobIndex>& started) override;
};

/// Conservative backfilling on named hosts: when a job ends, each waiting job in order of submission is taken out of
/// the plan and put in again at its first fit, one after the other.
class HostConservative final : public HostPolicy {
 public:
  using HostPolicy::HostPolicy;
  void decide(UnixTime now, std::vector<JobIndex>& started) override;
};

}  // namespace dayan::place
