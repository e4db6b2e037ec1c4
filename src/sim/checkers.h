#pragma once

#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "core/core.h"
#include "ports/store.h"
#include "sim/journal.h"
#include "sim/processes.h"
#include "sim/trial.h"

/// What is checked after every commit, and after every time that the hub has read its State again. Each check has a
/// name, and none asks the code that it checks.

namespace dayan::sim {

class Checkers {
 public:
  Checkers(Trial& trial, const Processes& processes, const Journal& journal)
      : trial_(trial), processes_(processes), journal_(journal) {}

  /// `ledger`, `work`, `capacity`, `counter`, `charge`, `final_jobs`, `reclaim`, `centre_bound`.
  void after_commit(const Batch& batch, const core::State& state);
  /// `acknowledged`.
  void after_reload(const core::State& state, Store& store);
  /// `replay`: the committed events, from an empty State, lead to the same State.
  void replay(const core::State& state, Store& store);
  /// `final_jobs` once more, in the store.
  void at_end(Store& store);

 private:
  using AttemptRowKey = decltype(AttemptRow().key());

  void check_state(const core::State& state);
  void check_row(const JobRow& job, RowFate fate);
  void check_row(const AttemptRow& attempt, RowFate fate);
  void check_row(const LeaseRow& lease, RowFate fate);
  void check_row(const ChargeRow& charge, RowFate fate);
  void check_row(const auto&, RowFate) {}
  void check_settled(const AttemptRow& attempt);
  void check_taken_back(const AttemptRow& attempt);
  void check_bills();
  void check_centre_bounds();

  Trial& trial_;
  const Processes& processes_;
  const Journal& journal_;
  std::map<JobId, JobRow> finals_;
  std::map<JobId, bool> reclaimable_;  ///< by the jobs' rows
  std::map<std::pair<JobId, std::int32_t>, std::int32_t> reclaims_;  ///< of each task
  std::map<JobId, std::int32_t> tasks_per_centre_max_;  ///< of jobs that have one, by their rows
  std::map<std::pair<JobId, CentreId>, std::set<AttemptRowKey>> live_there_;  ///< their leases
  std::set<std::pair<JobId, CentreId>> leased_there_;  ///< where they were granted one in this commit
  std::map<AttemptRowKey, AttemptRow> seen_;
  std::map<AttemptRowKey, bool> settled_;
  std::map<AttemptRowKey, LeaseRow> leases_;
  std::map<OfferId, OfferRow> offers_;
  std::map<AttemptRowKey, Cny> charged_;      ///< by the charge lines
  std::set<std::pair<JobId, CentreId>> moved_;  ///< inputs that have been charged
  std::vector<AttemptRow> just_settled_;      ///< in this commit
};

}  // namespace dayan::sim
