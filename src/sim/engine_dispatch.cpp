#include "sim/engine_dispatch.h"

#include <algorithm>
#include <map>
#include <queue>
#include <utility>

#include "model/meter.h"
#include "model/run_time.h"
#include "place/engine.h"

namespace dayan::sim {
namespace {

constexpr OrganisationId customer{1};
constexpr std::size_t plan_max = 1'000;
/// Well within place::reachable_within.
constexpr Duration hear_every = Duration::seconds(20);

class EngineDispatch final : public Dispatch {
 public:
  EngineDispatch(const Stage& stage, Duration plan_every)
      : stage_(stage), plan_every_(plan_every), engine_(place::make_engine()) {
    const jobfile::PlatformFile& file = stage.scenario.file();
    put_organisation(customer, file.customer);
    AccountRow wallet;
    wallet.kind = AccountKind::customer_wallet;
    wallet.owner = customer;
    wallet.credits_posted = amount_max;
    put(wallet);
    for (std::size_t centre = 0; centre < file.centres.size(); ++centre) add_centre(centre);
    jobs_.resize(stage.load.jobs.size());
    grants_.resize(stage.job_of.size());
  }

  void arrive(std::uint32_t index, Duration now) override {
    const JobSpec spec = stage_.load.spec(stage_.load.jobs[index]);
    JobRow& job = jobs_[index];
    job.id = JobId(std::int64_t{index} + 1);
    job.organisation = customer;
    job.count = spec.count;
    job.throttle = spec.throttle;
    job.requirements = spec.requirements;
    job.submitted_at = beginning + now;
    waiting_ += job.count;
    Duration patience = now + spec.wait_max;
    if (!job.requirements.finish_by.is_none()) patience = std::min(patience, job.requirements.finish_by - beginning);
    give_ups_.push({patience, index});
    put(job);
    is_plan_due_ = true;
  }

  std::optional<Cny> end(const Start& task, Duration run, bool by_limit, Duration) override {
    JobRow& job = jobs_[stage_.job_of[task.task]];
    const OfferRow prices = prices_at(task.site, grants_[task.task].at);
    const Result<Cny> charged = amount_of(prices, job.requirements.resources, run, Rounding::down);
    job.charged += charged.value_or(Cny());
    if (by_limit) {
      ++job.failed;
    } else {
      ++job.succeeded;
      job.run_time_sum += reference_run(stage_.scenario.sites()[task.site].pool, run);
    }
    take_back(job, task);
    put_or_end(job);
    return charged ? std::optional(*charged) : std::nullopt;
  }

  void interrupt(const Start& task, Duration, Duration now) override {
    const std::uint32_t index = stage_.job_of[task.task];
    JobRow& job = jobs_[index];
    take_back(job, task);
    ++job.retrying;
    ++waiting_;
    TaskRow row;
    row.job = job.id;
    row.task = static_cast<std::int32_t>(task.task - stage_.first_task[index]);
    row.state = TaskState::waiting;
    row.attempts = grants_[task.task].number;
    row.not_before = beginning + now;
    row.avoid = centre_id(stage_.scenario.sites()[task.site].centre);
    put(row);
    put(job);
  }

  void change(const Change& change, Duration now) override {
    switch (change.what) {
      case Change::What::prices: break;  // the engine knows the hours of an offer ahead
      case Change::What::nodes: put_pools(change.centre); break;
      case Change::What::silence:  // the last word before it, or the first after it
        engine_->observe({centre_id(change.centre), beginning + now, {}});
        break;
    }
    is_plan_due_ = true;
  }

  void decide(Duration now, std::vector<Start>& started) override {
    hear(now);
    now_ = now;
    for (; !give_ups_.empty() && give_ups_.top().first <= now; give_ups_.pop()) give_up(give_ups_.top().second);
    for (const Start& start : std::exchange(unseen_, {})) start_or_keep(start, started);
    is_plan_due_ = now < next_plan_;
    if (is_plan_due_) return;
    next_plan_ = now + plan_every_;
    for (;;) {
      const std::vector<Assignment> plan = engine_->plan(beginning + now, plan_max);
      if (plan.empty()) return;
      for (const Assignment& each : plan) start_or_keep(grant(each, now), started);
    }
  }

  [[nodiscard]] Duration wakeup() const override {
    Duration next = is_plan_due_ ? next_plan_ : never;
    if (waiting_ == 0) return next;
    if (!give_ups_.empty()) next = std::min(next, give_ups_.top().first);
    if (const auto at = engine_->wakes_at(); at && beginning + now_ < *at) next = std::min(next, *at - beginning);
    return next;
  }
  [[nodiscard]] bool has_waiting() const override { return waiting_ > 0; }

 private:
  /// What a started task holds. A million of them are kept.
  struct Grant {
    Cny held;
    Duration at;              ///< whose hour its prices are of
    std::int32_t number = 0;  ///< of its newest attempt
  };

  template <class RowType>
  void put(const RowType& row, RowFate fate = RowFate::live) {
    engine_->apply({row, fate});
  }

  void put_organisation(OrganisationId id, const std::string& name) {
    OrganisationRow row;
    row.id = id;
    row.name = name;
    put(row);
  }

  [[nodiscard]] static CentreId centre_id(std::size_t centre) {
    return CentreId(static_cast<std::int64_t>(centre) + 1);
  }

  void add_centre(std::size_t index) {
    const jobfile::CentreFile& from = stage_.scenario.file().centres[index];
    const auto [provider, is_new] = providers_.try_emplace(
        from.provider, OrganisationId(customer.value() + static_cast<std::int64_t>(providers_.size()) + 1));
    if (is_new) put_organisation(provider->second, from.provider);
    CentreRow row;
    row.id = centre_id(index);
    row.provider = provider->second;
    row.name = from.name;
    row.region = from.region;
    row.accepts = from.accepts;
    row.latency = from.latency;
    row.pue = from.pue;
    row.carbon = from.carbon;
    row.carbon_hours = from.carbon_hours;
    row.bandwidth = from.bandwidth;
    put(row);
    put_pools(index);
    OfferRow offer = stage_.scenario.offer(index);
    offer.id = OfferId(row.id.value());
    offer.centre = row.id;
    offer.version = 1;
    put(offer);
    offers_.push_back(std::move(offer));
    for (const jobfile::ClosedSpan& closed : from.reservations) {
      ReservationRow reservation;
      reservation.id = ReservationId(++last_reservation_);
      reservation.centre = row.id;
      reservation.pool = closed.pool;
      reservation.from = beginning + closed.from;
      reservation.until = reservation.from + closed.span;
      reservation.organisations = closed.organisations;
      put(reservation);
    }
    engine_->observe({row.id, beginning, {}});
  }

  void put_pools(std::size_t centre) {
    for (std::uint32_t index = 0; index < stage_.sites.size(); ++index) {
      const Site& site = stage_.scenario.sites()[index];
      if (site.centre != centre) continue;
      PoolRow row = site.pool;
      row.centre = centre_id(centre);
      row.nodes = stage_.sites[index].nodes;
      sites_.try_emplace({row.centre, row.name}, index);
      put(row, row.nodes > 0 ? RowFate::live : RowFate::erased);
    }
  }

  /// A lease costs what the hour of its grant says.
  [[nodiscard]] OfferRow prices_at(std::uint32_t site, Duration at) const {
    return offer_at(offers_[stage_.scenario.sites()[site].centre], beginning + at);
  }

  void hear(Duration now) {
    if (now - heard_at_ < hear_every) return;
    heard_at_ = now;
    std::vector<bool> is_silent(stage_.scenario.file().centres.size());
    for (std::size_t site = 0; site < stage_.sites.size(); ++site)
      if (stage_.sites[site].is_silent) is_silent[stage_.scenario.sites()[site].centre] = true;
    for (std::size_t centre = 0; centre < is_silent.size(); ++centre)
      if (!is_silent[centre]) engine_->observe({centre_id(centre), beginning + now, {}});
  }

  /// What the core would write: the lease, and the job that has one more.
  Start grant(const Assignment& assignment, Duration now) {
    const auto index = static_cast<std::uint32_t>(assignment.job.value() - 1);
    JobRow& job = jobs_[index];
    const bool is_retry = assignment.task < job.next_task;
    const std::int32_t task = is_retry ? assignment.task : job.next_task;
    const TaskIndex counted = stage_.first_task[index] + static_cast<TaskIndex>(task);
    const std::uint32_t site = sites_.at({assignment.placement.centre, assignment.placement.pool});
    Grant& grant = grants_[counted];
    ++grant.number;
    grant.at = now;
    LeaseRow lease;
    lease.job = job.id;
    lease.task = task;
    lease.number = grant.number;
    lease.centre = assignment.placement.centre;
    lease.pool = assignment.placement.pool;
    lease.resources = job.requirements.resources;
    lease.wall_time = lease_wall_time(job.requirements.wall_time, job.requirements.finish_by, beginning + now);
    lease.granted_at = beginning + now;
    lease.starts_by = lease.granted_at + lease_start_allowance;
    lease.ends_at = lease.starts_by + lease.wall_time;
    grant.held = amount_of(prices_at(site, now), lease.resources, lease.wall_time, Rounding::up).value_or(Cny());
    lease.held = grant.held;
    if (is_retry) {
      --job.retrying;
      TaskRow row;
      row.job = job.id;
      row.task = task;
      put(row);
    } else {
      ++job.next_task;
    }
    ++job.live;
    --waiting_;
    job.held += lease.held;
    job.state = JobState::running;
    put(job);
    put(lease);
    return {counted, site, lease.wall_time};
  }

  void take_back(JobRow& job, const Start& task) {
    const Grant& grant = grants_[task.task];
    --job.live;
    job.held -= grant.held;
    LeaseRow lease;
    lease.job = job.id;
    lease.task = static_cast<std::int32_t>(task.task - stage_.first_task[stage_.job_of[task.task]]);
    lease.number = grant.number;
    lease.centre = centre_id(stage_.scenario.sites()[task.site].centre);
    lease.pool = stage_.scenario.sites()[task.site].pool.name;
    lease.desired = Desired::ended;
    put(lease, RowFate::retired);
    is_plan_due_ = true;
  }

  void put_or_end(JobRow& job) {
    const bool is_over = job.succeeded + job.failed == job.count;
    if (is_over) job.state = job.failed > 0 ? JobState::failed : JobState::succeeded;
    put(job, is_over ? RowFate::retired : RowFate::live);
    if (is_over) job = {};
  }

  /// What still waits of a job has waited as long as it may.
  void give_up(std::uint32_t index) {
    JobRow& job = jobs_[index];
    const std::int32_t left = job.count - job.next_task + job.retrying;
    if (job.id.is_none() || left == 0) return;
    waiting_ -= left;
    job.failed += left;
    job.next_task = job.count;
    job.retrying = 0;
    put_or_end(job);
  }

  /// A centre that is silent sees what was granted to it when it speaks again.
  void start_or_keep(const Start& start, std::vector<Start>& started) {
    (stage_.sites[start.site].is_silent ? unseen_ : started).push_back(start);
  }

  /// As the core writes it (apply_lease.cpp).
  [[nodiscard]] static std::int64_t reference_run(const PoolRow& pool, Duration run) {
    if (pool.core_capability.is_zero()) return run.microseconds();
    return mul_div(run.microseconds(), pool.core_capability.value(), reference_capability, Rounding::down)
        .value_or(run.microseconds());
  }

  const Stage& stage_;
  Duration plan_every_;
  Duration next_plan_;
  bool is_plan_due_ = false;  ///< something has happened since the last plan
  std::unique_ptr<place::Engine> engine_;
  std::map<std::string, OrganisationId> providers_;
  std::map<std::pair<CentreId, std::string>, std::uint32_t> sites_;
  std::vector<OfferRow> offers_;                      ///< by centre
  std::vector<JobRow> jobs_;                          ///< as in the load; what has ended is empty
  std::vector<Grant> grants_;                         ///< by task
  std::vector<Start> unseen_;                         ///< granted to a centre that is silent
  std::int64_t waiting_ = 0;                          ///< tasks
  using GiveUp = std::pair<Duration, std::uint32_t>;  ///< when, and of which job
  std::priority_queue<GiveUp, std::vector<GiveUp>, std::greater<>> give_ups_;
  Duration heard_at_;
  Duration now_;
  std::int64_t last_reservation_ = 0;
};

}  // namespace

std::unique_ptr<Dispatch> make_engine_dispatch(const Stage& stage, Duration plan_every) {
  return std::make_unique<EngineDispatch>(stage, plan_every);
}

}  // namespace dayan::sim
