#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/rows.h"
#include "place/acceptance.h"
#include "place/attributes.h"
#include "place/bits.h"
#include "place/job_record.h"
#include "place/pool_state.h"
#include "place/shares.h"
#include "place/spread.h"

/// World: the engine's own picture of the rows that placement reads, and what follows from them (what is taken in
/// each pool, what each wallet has left). The rows are the truth; this is only ever fed. The order in which rows were
/// fed leaves no trace in what it says of them.

namespace dayan::place {

using PoolKey = std::pair<CentreId, std::string>;

/// Who is told of what changed, as it changes.
class WorldListener {
 public:
  enum class PoolChange {
    more_room,
    less_room,
    replaced,  ///< its row, offer, provider or region is another; it may be gone
    reserved,  ///< when it is closed, and to whom, is another
  };
  virtual ~WorldListener() = default;
  virtual void pool_changed(PoolState& pool, PoolChange change) = 0;
  /// Something it holds is expected to end at another time.
  virtual void ends_changed(PoolIndex pool) = 0;
  virtual void centre_heard(CentreState& centre) = 0;
  virtual void job_changed(JobRecord& job) = 0;
  virtual void job_gone(JobRecord& job) = 0;
  virtual void wallet_changed(OrganisationId organisation) = 0;
};

/// What a pool costs and how fast it is, side by side for quick estimates. Micro-yuan an hour; zero without an offer.
struct PoolFigures {
  double core_hour = 0;
  double card_hour = 0;
  double gb_hour = 0;
  double reclaimable_part = whole_price;  ///< thousandths of these prices that reclaimable work pays
  double transfer_gb = 0;  ///< of a GB moved in
  double bandwidth = 0;    ///< of the link: bytes a µs; zero: unknown
  double core_slowness = 1;  ///< run time there over that on the reference core
  double card_slowness = 1;  ///< the same of what has cards, and the reference card
  double core_carbon = -1;  ///< mg of CO₂ an hour of a busy core; negative: unknown
  double card_carbon = -1;
  Duration wall_time_max;
};

/// A task that was leased before and waits again.
struct RetryingTask {
  std::int32_t attempts = 0;
  UnixTime not_before;
  CentreId avoid;
};

class World {
 public:
  using Retries = std::map<std::pair<JobId, std::int32_t>, RetryingTask>;

  explicit World(PlantedBug bug = PlantedBug::none) : bug_(bug) {}

  void listen(WorldListener* listener) { listener_ = listener; }

  void apply(const RowChange& change);
  void observe(const Observation& observation);

  /// Takes room for a task of a plan whose outcome is not known yet; the lease that comes of it takes the claim's
  /// place.
  void claim(const JobRecord& job, const AttemptKey& attempt, PoolIndex pool, UnixTime now);
  /// The task is not to go there.
  void drop_claim(const AttemptKey& attempt);
  /// Gives back what claims are left; their pools and wallets are told of. Returns their jobs.
  std::vector<JobId> drop_claims();

  [[nodiscard]] bool has_claim(JobId job) const;
  /// Pools with leases that may be taken back.
  [[nodiscard]] const std::set<PoolIndex>& reclaimable_pools() const { return reclaimable_pools_; }
  /// Those that have become so since this was called last.
  [[nodiscard]] std::vector<PoolIndex> take_newly_reclaimable() { return std::exchange(newly_reclaimable_, {}); }
  /// The core did not take it back: it is not proposed again. False when it did, or the lease has ended.
  bool spare(const AttemptKey& attempt);
  template <class Visitor>
  void visit_claims(Visitor&& visit) const {
    for (const auto& [attempt, claim] : claims_) visit(claim.holding);
  }

  /// What all leases and claims take together, in whatever pools: the mix that is asked for.
  [[nodiscard]] const Amounts& held() const { return held_; }
  [[nodiscard]] const std::deque<PoolState>& pools() const { return pools_; }
  [[nodiscard]] PoolState& pool(PoolIndex index) { return pools_[index]; }
  [[nodiscard]] const PoolState& pool(PoolIndex index) const { return pools_[index]; }
  [[nodiscard]] const PoolFigures& figures(PoolIndex index) const { return figures_[index]; }
  /// How many known pools bound wall times at this: by bound. Bounds that no pool has any more stay, with none.
  [[nodiscard]] const std::map<Duration, std::int32_t>& wall_bounds() const { return wall_bounds_; }
  /// Place of a pool in order of centre and pool name.
  [[nodiscard]] std::uint32_t rank(PoolIndex index) const;
  [[nodiscard]] std::map<CentreId, CentreState>& centres() { return centres_; }
  [[nodiscard]] const std::map<CentreId, CentreState>& centres() const { return centres_; }
  /// The shortest of these bounds that a wall time is within.
  [[nodiscard]] Duration wall_bound_of(Duration wall_time) const {
    const auto bound = wall_bounds_.lower_bound(wall_time);
    return bound != wall_bounds_.end() ? bound->first : Duration::microseconds(int64_max);
  }
  /// The pools that take a wall time of this bound.
  [[nodiscard]] const Bits& long_enough(Duration wall_bound) const {
    const auto bound = long_enough_.find(wall_bound);
    return bound != long_enough_.end() ? bound->second : no_pools_;
  }
  [[nodiscard]] const std::map<JobId, JobRecord>& jobs() const { return jobs_; }
  [[nodiscard]] std::map<JobId, JobRecord>& jobs() { return jobs_; }
  [[nodiscard]] const JobRecord* job(JobId id) const;
  [[nodiscard]] JobRecord* job(JobId id);
  [[nodiscard]] const Retries& retries() const { return retries_; }
  [[nodiscard]] const std::map<AttemptKey, Holding>& leases() const { return leases_; }
  /// Less what claims hold.
  [[nodiscard]] Cny available(OrganisationId organisation) const;
  [[nodiscard]] const Attributes& attributes() const { return attributes_; }
  /// Nothing when its row has not come.
  [[nodiscard]] const std::string* name_of(OrganisationId organisation) const;
  [[nodiscard]] const std::map<OrganisationId, std::string>& organisations() const { return organisations_; }
  [[nodiscard]] const Acceptance& acceptance() const { return acceptance_; }
  /// Brings the groups of customers up to date. Returns the organisations that are in another one now.
  [[nodiscard]] std::vector<OrganisationId> renew_acceptance() {
    return acceptance_.renew(organisations_, centres_, reservations_);
  }
  [[nodiscard]] const std::map<ReservationId, ReservationRow>& reservations() const { return reservations_; }
  /// Pools that are closed at some time.
  [[nodiscard]] const Bits& reserved_pools() const { return reserved_; }
  /// The longest wall time with which a customer of this group may be leased room of the pool now.
  [[nodiscard]] Duration open_within(const PoolState& pool, CustomerGroup group, UnixTime now) const;
  /// From when on, `start` at the earliest, the pool is closed to a lease of the job no more.
  [[nodiscard]] UnixTime open_from(const PoolState& pool, const JobRecord& job, UnixTime start) const;
  /// What has become of a job's inputs at a centre; nullptr: nothing yet.
  [[nodiscard]] const TransferRow* transfer(JobId job, CentreId centre) const;
  /// What of them has still to cross.
  [[nodiscard]] Bytes to_move(const JobRecord& job, const PoolState& pool) const;
  /// By how much later a lease of it may start there, so that they can cross.
  [[nodiscard]] Duration staging(const JobRecord& job, const PoolState& pool) const {
    return job.has_inputs() ? staging_allowance(to_move(job, pool), pool.centre->link) : Duration();
  }
  /// What of them a lease granted there now holds for; what claims hold for counts.
  [[nodiscard]] Bytes to_hold(const JobRecord& job, const PoolState& pool) const;
  /// What it would hold in all: run and inputs. There is an offer. Nothing past what money can count.
  [[nodiscard]] Result<Cny> hold_on(const JobRecord& job, const PoolState& pool, UnixTime now) const;

  [[nodiscard]] std::size_t commons() const { return commons_.size(); }

  [[nodiscard]] const Shares& shares() const { return shares_; }
  /// Works out who stands how, once a minute. Returns the projects whose setback is another: the ranks of their jobs are
  /// as they were.
  [[nodiscard]] std::vector<Shares::Change> renew_shares(UnixTime now);

  // hours.cpp
  /// Brings prices and carbon to the hour of the day: where another has begun, pools are told to be replaced.
  void pass_hours(UnixTime now);
  /// When they change next; nothing when they are the same all day everywhere.
  [[nodiscard]] std::optional<UnixTime> hours_change_at() const {
    return hours_due_.empty() ? std::nullopt : std::optional(hours_due_.begin()->first);
  }
  /// What is left of the least price, or of the least carbon, at the best hour of any centre: 1 when nothing changes.
  [[nodiscard]] float hours_drop() const {
    if (!hours_drop_) hours_drop_ = find_drop();
    return *hours_drop_;
  }
  /// What the pool costs and emits at a moment.
  [[nodiscard]] PoolFigures figures_at(const PoolState& pool, UnixTime at) const;

  /// How many tasks have a lease or a claim at a centre, of jobs that bound that; none where there are none.
  using TasksAt = std::map<std::pair<JobId, CentreId>, std::int32_t>;
  [[nodiscard]] const TasksAt& tasks_at() const { return tasks_at_; }
  /// The same of pools, of jobs that bound how many run on one node.
  using TasksIn = std::map<std::pair<JobId, PoolIndex>, std::int32_t>;
  [[nodiscard]] const TasksIn& tasks_in() const { return tasks_in_; }
  /// So many further tasks the job lets go to the centre now.
  [[nodiscard]] std::int64_t tasks_left_at(const JobRecord& job, CentreId centre) const {
    return job.is_bounded_at_centres() ? tasks_below_bound(job, centre) : int64_max;
  }
  /// The same of the pool: as many as its centre takes, and as surely find nodes there.
  [[nodiscard]] std::int64_t tasks_left_at(const JobRecord& job, const PoolState& pool) const;
  [[nodiscard]] bool is_full_of(const JobRecord& job, const PoolState& pool) const {
    return job.is_bounded() && tasks_left_at(job, pool) <= 0;
  }
  /// What of it is in the pool. The job bounds how many run on one node.
  [[nodiscard]] Spread spread(const JobRecord& job, const PoolState& pool) const;
  /// So many further tasks may run on whatever nodes of the pool have room.
  [[nodiscard]] std::int64_t tasks_anywhere(const JobRecord& job, const PoolState& pool) const;
  /// There is room in the pool, but only on nodes with as many tasks of the job as it lets run on one.
  [[nodiscard]] bool lacks_node(const JobRecord& job, const PoolState& pool) const;

  void set_reachable(CentreState& centre, bool is_reachable);
  [[nodiscard]] const Bits& reachable() const { return reachable_; }

 private:
  struct Wallet {
    Cny available;
    Cny claimed;
  };
  struct Claim {
    Holding holding;
    OrganisationId organisation;
    Cny hold;
    bool holds_for_inputs = false;
  };
  struct Applier;

  void put(const OrganisationRow& row, bool is_live);
  void put(const ProjectRow& row, bool is_live) { shares_.put(row, is_live); }
  void put(const UsageRow& row, bool is_live) { shares_.put(row, is_live); }
  void put(const CentreRow& row, bool is_live);
  void put(const PoolRow& row, bool is_live);
  void put(const OfferRow& row, bool is_live);
  void put(const JobRow& row, bool is_live);
  void put(const TaskRow& row, bool is_live);
  void put(const LeaseRow& row, bool is_live);
  void put(const AttemptRow& row, bool is_live);
  void put(const AccountRow& row, bool is_live);
  void put(const ReservationRow& row, bool is_live);
  void put(const TransferRow& row, bool is_live);

  PoolState& pool_of(const PoolKey& key);
  CentreState& centre_of(CentreId id);
  void name_provider(CentreState& centre);
  void renew(CentreState& centre);  ///< tells each of its pools that it is replaced
  void renew(PoolState& pool);
  void renew_figures(const PoolState& pool);
  void set_hour(CentreState& centre);
  [[nodiscard]] float find_drop() const;
  void count_bound(Duration bound);
  void share_foreign(CentreState& centre);
  void drop_lease(const AttemptKey& attempt);
  void change_lease(Holding& lease, const Holding& now);
  void note_reclaimable(const PoolState& pool);
  [[nodiscard]] bool consume_claim(const Holding& lease);
  void give_back(const Claim& claim);
  void attach_leases(const JobRecord* to, JobId id);
  void share_lease(const Holding& lease, bool is_held);
  void share_leases(const PoolState& pool, bool is_held);
  void count_capacity(const PoolState& pool);
  [[nodiscard]] std::int64_t tasks_below_bound(const JobRecord& job, CentreId centre) const;
  void count_at_centre(const Holding& holding, std::int32_t by);
  void count_in_pool(const Holding& holding, std::int32_t by);
  void count_task(const Holding& holding, std::int32_t by);
  void count_tasks(JobId job, std::int32_t by);
  void tell_pool(PoolState& pool, WorldListener::PoolChange change) const;
  void occupy(PoolState& pool, const Holding& holding);
  void vacate(PoolState& pool, const Holding& holding);
  void renew_end(const Holding& holding);

  PlantedBug bug_ = PlantedBug::none;
  WorldListener* listener_ = nullptr;
  std::map<OrganisationId, std::string> organisations_;  ///< names
  std::map<CentreId, CentreState> centres_;
  std::deque<PoolState> pools_;
  std::vector<PoolFigures> figures_;  ///< by pool
  std::map<Duration, std::int32_t> wall_bounds_;
  std::map<Duration, Bits> long_enough_;  ///< by each of these bounds
  Bits no_pools_;                         ///< none
  std::vector<Duration> counted_bound_;  ///< by pool: what wall_bounds_ counts; negative: not counted
  std::map<PoolKey, PoolIndex> pool_index_;
  mutable std::vector<std::uint32_t> ranks_;  ///< worked out when it is asked for
  mutable bool are_ranked_ = false;
  Attributes attributes_;
  Bits reachable_;
  Acceptance acceptance_;
  std::map<ReservationId, ReservationRow> reservations_;
  Bits reserved_;
  Shares shares_;
  std::vector<Amounts> counted_capacity_;  ///< by pool: what shares_ counts

  Commons commons_;
  std::map<JobId, JobRecord> jobs_;
  Retries retries_;
  std::map<std::pair<JobId, CentreId>, TransferRow> transfers_;
  std::set<std::pair<JobId, CentreId>> claimed_inputs_;  ///< that claims hold for
  std::map<AttemptKey, Holding> leases_;
  std::map<AttemptKey, UnixTime> started_early_;  ///< of attempts whose lease has not come yet
  std::map<OrganisationId, Wallet> wallets_;
  std::map<AttemptKey, Claim> claims_;
  Amounts held_;
  TasksAt tasks_at_;
  TasksIn tasks_in_;

  UnixTime hour_at_;  ///< that prices and carbon stand at
  std::set<std::pair<UnixTime, CentreId>> hours_due_;
  mutable std::optional<float> hours_drop_;  ///< worked out when it is asked for
  std::set<PoolIndex> reclaimable_pools_;
  std::vector<PoolIndex> newly_reclaimable_;
};

}  // namespace dayan::place
