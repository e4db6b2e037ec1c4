#pragma once

#include <map>
#include <utility>

#include "model/transfer.h"
#include "place/engine.h"

namespace dayan::sim {

/// What becomes of jobs' inputs at centres, in rows as the core would write them (core/apply_lease.cpp), for an
/// engine that is fed without it. Jobs without inputs have none.
class TransferRows {
 public:
  explicit TransferRows(place::Engine& engine) : engine_(engine) {}

  /// What has still to cross.
  [[nodiscard]] Bytes to_move(const JobRow& job, CentreId centre) const;
  /// A lease is granted there: what it holds for.
  [[nodiscard]] Bytes grant(const JobRow& job, CentreId centre);
  /// A lease that held for so much is over, and has fetched so much itself: what it pays for. What has run has had all
  /// of its inputs.
  [[nodiscard]] Bytes end(const JobRow& job, CentreId centre, Bytes held, Bytes fetched, Outcome outcome,
                          bool has_run);
  /// The job has ended.
  void forget(JobId job);

 private:
  void put(const TransferRow& row);

  place::Engine& engine_;
  std::map<std::pair<JobId, CentreId>, TransferRow> rows_;
};

}  // namespace dayan::sim
