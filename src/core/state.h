#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "model/event.h"
#include "model/table.h"

/// State: all that is live, as tables of rows. It holds nothing that the rows do not: a start loads the rows and is
/// ready. One thread owns it.

namespace dayan::core {

/// A live lease must have ended by then; a job, told by the attempt number zero, waits no longer than that; a
/// reservation, which names no job, is over; a further round of a series, told by the attempt number −1 of its first,
/// is to be submitted.
struct DueRow {
  UnixTime at;
  AttemptKey attempt;
  ReservationId reservation;
  [[nodiscard]] auto key() const { return std::tuple{at, attempt, reservation}; }
};

/// A round that has not ended.
struct LiveRound {
  JobId series;
  JobId job;
  [[nodiscard]] auto key() const { return std::tuple{series, job}; }
};

/// What the live leases of one pool take.
struct PoolUse {
  CentreId centre;
  std::string pool;
  Resources taken{Cores(0), Bytes(0), MilliCards(0)};
  [[nodiscard]] auto key() const { return std::tuple{centre, pool}; }
};

/// How many live leases a job has at a centre, where it bounds them.
struct CentreTasks {
  JobId job;
  CentreId centre;
  std::int32_t tasks = 0;
  [[nodiscard]] auto key() const { return std::tuple{job, centre}; }
};

/// How many live leases a job has in a pool, where it bounds how many of its tasks run on one node.
struct PoolTasks {
  JobId job;
  CentreId centre;
  std::string pool;
  std::int32_t tasks = 0;
  [[nodiscard]] auto key() const { return std::tuple{job, centre, pool}; }
};

struct ProjectName {
  OrganisationId organisation;
  std::string name;
  ProjectId project;
  [[nodiscard]] auto key() const { return std::tuple{organisation, name}; }
};

struct CurrentOffer {
  CentreId centre;
  OfferId offer;
  [[nodiscard]] auto key() const { return std::tuple{centre}; }
};

class State {
 public:
  State();

  /// A State over another, for deciding: reads through, keeps its changes to itself.
  [[nodiscard]] static State over(const State& base);

  Table<MetaRow> meta;
  Table<OrganisationRow> organisations;
  Table<ProjectRow> projects;
  Table<UserRow> users;
  Table<TokenRow> tokens;
  Table<JoinTokenRow> join_tokens;
  Table<CentreRow> centres;
  Table<PoolRow> pools;
  Table<OfferRow> offers;  ///< every version: leases pin the one they were granted at
  Table<JobRow> jobs;
  Table<PayloadRow> payloads;      ///< appended: always retired at once
  Table<TaskRow> tasks;
  Table<PlacementRow> placements;  ///< appended
  Table<LeaseRow> leases;
  Table<AttemptRow> attempts;
  Table<OutputRow> outputs;            ///< appended
  Table<LateReportRow> late_reports;   ///< appended
  Table<AccountRow> accounts;
  Table<EntryRow> entries;  ///< appended
  Table<PaymentRow> payments;  ///< appended
  Table<HoldRow> holds;
  Table<ChargeRow> charges;  ///< appended
  Table<ReservationRow> reservations;
  Table<UsageRow> usage;     ///< of projects that have used something
  Table<TransferRow> transfers;  ///< of live jobs that have inputs, to the centres where they have had leases
  Table<SeriesRow> series;   ///< of which a further round is to come

  // Derived from the rows above by apply and load; not stored, not hashed.
  Table<DueRow> due;                    ///< timers, earliest first
  Table<PoolUse> pool_use;              ///< what the live leases take of each pool
  Table<CentreTasks> centre_tasks;      ///< of live jobs with a bound of tasks per centre
  Table<PoolTasks> pool_tasks;          ///< of live jobs with a bound of tasks per node
  Table<ProjectName> project_names;     ///< to find a project by its name
  Table<CurrentOffer> current_offers;   ///< the newest version of each centre
  Table<LiveRound> live_rounds;

  [[nodiscard]] const MetaRow& counters() const;

  /// Calls visit(table) for every table, in the order above.
  template <class Self, class Visitor>
  static void for_each_table(Self& self, Visitor&& visit) {
    std::apply([&](auto&... each) { (visit(each), ...); },
               std::tie(self.meta, self.organisations, self.projects, self.users, self.tokens, self.join_tokens,
                        self.centres, self.pools, self.offers, self.jobs, self.payloads, self.tasks, self.placements,
                        self.leases, self.attempts, self.outputs, self.late_reports, self.accounts, self.entries,
                        self.payments, self.holds, self.charges, self.reservations, self.usage, self.transfers,
                        self.series));
  }

  /// A live row read from the store at start.
  void load(Row row);
  /// What was touched since the last drain: what a commit writes.
  [[nodiscard]] std::vector<RowChange> drain();
  /// Over every field of every live row in table and key order. Equal states have equal hashes on every compiler.
  [[nodiscard]] std::uint64_t hash() const;

  // The derived tables follow these rows; called by apply and load alone.
  void note_offer(const OfferRow& offer);
  void note_lease(const LeaseRow& lease);
  void forget_lease(const LeaseRow& lease);
  void count_at_centre(const LeaseRow& lease, std::int32_t by);
  void count_in_pool(const LeaseRow& lease, std::int32_t by);
  void note_job(const JobRow& job);
  void forget_job(const JobRow& job);
  void note_reservation(const ReservationRow& row);
  void forget_reservation(const ReservationRow& row);
  void note_series(const SeriesRow& row);
  void forget_series(const SeriesRow& row);
};

/// After this nothing of the lease can run any more, whatever the centre's clock: only then is the task placed again.
[[nodiscard]] UnixTime lease_deadline(const LeaseRow& lease);
/// When what still waits of the job is given up: it has waited as long as it may, or no pool that is known could meet
/// its deadline any more.
[[nodiscard]] UnixTime waiting_ends(const JobRow& job);

}  // namespace dayan::core
