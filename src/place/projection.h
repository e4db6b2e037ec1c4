#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "model/rows.h"
#include "place/engine.h"
#include "place/packing.h"

/// Projection: the engine's own copies of the rows that placement reads, and what follows from them (what is taken in
/// each pool, which jobs have tasks that wait). The rows are the truth; this is only ever fed.
/// Everything is ordered by key, so that the order in which rows were fed leaves no trace.

namespace dayan::place {

using PoolKey = std::pair<CentreId, std::string>;

/// What live leases take of a pool, in sum and by shape.
struct PoolUse {
  Amounts taken;
  Shapes shapes;
  std::set<AttemptKey> leases;

  void add(const LeaseRow& lease);
  void remove(const LeaseRow& lease);
};

struct Projection {
  std::map<OrganisationId, OrganisationRow> organisations;
  std::map<CentreId, CentreRow> centres;
  std::map<PoolKey, PoolRow> pools;
  std::map<OfferId, OfferRow> offers;
  std::map<JobId, JobRow> jobs;
  std::map<std::pair<JobId, std::int32_t>, TaskRow> waiting_tasks;  ///< that were leased before and wait again
  std::map<AttemptKey, LeaseRow> leases;                            ///< that still take resources
  std::map<AttemptKey, UnixTime> started_at;                        ///< of attempts that have started
  std::map<OrganisationId, AccountRow> wallets;
  std::map<CentreId, Observation> observations;

  std::map<PoolKey, PoolUse> uses;
  std::set<JobId> queue;  ///< jobs with tasks that wait, in order of submission

  void apply(const RowChange& change);
  void observe(const Observation& observation);

  [[nodiscard]] const OfferRow* current_offer(CentreId centre) const;
  [[nodiscard]] Cny available(OrganisationId organisation) const;
};

/// Tasks of a job that wait for a lease.
[[nodiscard]] constexpr std::int64_t waiting_tasks_of(const JobRow& job) {
  if (is_final(job.state) || job.state == JobState::cancelling) return 0;
  return std::int64_t{job.count} - job.next_task + job.retrying;
}

}  // namespace dayan::place
