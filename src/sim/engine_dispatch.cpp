#include "sim/engine_dispatch.h"

#include <algorithm>
#include <map>
#include <queue>
#include <utility>

#include "model/meter.h"
#include "model/reclaim.h"
#include "model/run_time.h"
#include "model/usage.h"
#include "place/engine.h"
#include "sim/supply_rows.h"
#include "sim/transfer_rows.h"

namespace dayan::sim {
namespace {

constexpr std::size_t plan_max = 1'000;

class EngineDispatch final : public Dispatch {
 public:
  EngineDispatch(const Stage& stage, Duration plan_every)
      : stage_(stage),
        plan_every_(plan_every),
        engine_(place::make_engine()),
        supply_(stage, *engine_),
        transfers_(*engine_) {
    jobs_.resize(stage.load.jobs.size());
    grants_.resize(stage.job_of.size());
  }

  void arrive(std::uint32_t index, Duration now) override {
    const JobSpec spec = stage_.load.spec(stage_.load.jobs[index]);
    JobRow& job = jobs_[index];
    job.id = JobId(std::int64_t{index} + 1);
    job.organisation = SupplyRows::customer_id(stage_.load.jobs[index].customer);
    job.project = ProjectId(job.organisation.value());
    job.count = spec.count;
    job.throttle = spec.throttle;
    job.requirements = spec.requirements;
    job.input_bytes = stage_.load.jobs[index].inputs;
    job.submitted_at = beginning + now;
    waiting_ += job.count;
    Duration patience = now + spec.wait_max;
    if (!job.requirements.finish_by.is_none()) patience = std::min(patience, job.requirements.finish_by - beginning);
    give_ups_.push({patience, index});
    put(job);
    is_plan_due_ = true;
  }

  std::optional<Cny> end(const Start& task, const Ran& ran, Duration now) override {
    JobRow& job = jobs_[stage_.job_of[task.task]];
    const OfferRow prices = prices_of(job, task.site, grants_[task.task].at);
    const Bytes moved = take_fetched(job, task, ran, outcome_of(ran), !ran.is_taken_back || ran.run > Duration());
    const auto run = amount_of(prices, job.requirements.resources, ran.run, Rounding::down);
    const Result<Cny> charged = with_transfer(run, prices, moved, Rounding::down);
    job.charged += charged.value_or(Cny());
    take_back(job, task);
    if (ran.is_taken_back) {
      wait_again(job, task, CentreId(), now);
    } else if (ran.by_limit) {
      ++job.failed;
    } else {
      ++job.succeeded;
      const PoolRow& pool = stage_.scenario.sites()[task.site].pool;
      job.run_time_sum += reference_run(ran.run, speed_on(pool, job.requirements.resources));  // as the core writes it
    }
    note_usage(job, task.site, ran.run, beginning + now);
    put_or_end(job);
    return charged ? std::optional(*charged) : std::nullopt;
  }

  void interrupt(const Start& task, const Ran& ran, Duration now) override {
    JobRow& job = jobs_[stage_.job_of[task.task]];
    (void)take_fetched(job, task, ran, Outcome::lost, false);
    take_back(job, task);
    wait_again(job, task, SupplyRows::centre_id(stage_.scenario.sites()[task.site].centre), now);
    put_or_end(job);
  }

  void run(const Start& task, Duration now) override {
    const LeaseRow& lease = reclaimable_.at(task.task);
    AttemptRow row;
    row.job = lease.job;
    row.task = lease.task;
    row.number = lease.number;
    row.centre = lease.centre;
    row.pool = lease.pool;
    row.state = AttemptState::running;
    row.started_at = beginning + now;
    put(row);
  }

  std::vector<TaskIndex> take_taken_back() override { return std::exchange(taken_back_, {}); }

  void change(const Change& change, Duration now) override {
    switch (change.what) {
      case Change::What::prices:
      case Change::What::opening: break;  // the engine knows the hours of an offer, and reservations, ahead
      case Change::What::nodes: supply_.put_pools(change.centre); break;
      case Change::What::silence:  // the last word before it, or the first after it
        supply_.hear(change.centre, now);
        break;
    }
    is_plan_due_ = true;
  }

  void decide(Duration now, std::vector<Start>& started) override {
    now_ = now;
    for (; !give_ups_.empty() && give_ups_.top().first <= now; give_ups_.pop()) give_up(give_ups_.top().second);
    for (const Start& start : std::exchange(unseen_, {})) start_or_keep(start, now, started);
    is_plan_due_ = now < next_plan_;
    if (is_plan_due_) return;
    next_plan_ = now + plan_every_;
    for (;;) {
      const std::vector<Assignment> plan = engine_->plan(beginning + now, plan_max);
      const std::vector<Reclaim> reclaims = engine_->reclaims();
      if (plan.empty() && reclaims.empty()) return;
      for (const Assignment& each : plan) start_or_keep(grant(each, now), now, started);
      for (const Reclaim& each : reclaims) reclaim(each, now, started);
    }
  }

  [[nodiscard]] Duration wakeup() const override {
    Duration next = is_plan_due_ ? next_plan_ : never;
    if (waiting_ == 0) return next;
    if (!give_ups_.empty()) next = std::min(next, give_ups_.top().first);
    if (const auto at = engine_->wakes_at(); at && beginning + now_ < *at)
      next = std::min(next, std::max(*at - beginning, next_plan_));
    return next;
  }
  [[nodiscard]] bool knows_times() const override { return true; }
  [[nodiscard]] bool has_waiting() const override { return waiting_ > 0; }

 private:
  /// What a started task holds. A million of them are kept.
  struct Grant {
    Cny held;
    Bytes transfer;           ///< of its job's inputs, which it holds for
    Duration at;              ///< whose hour its prices are of
    std::int32_t number = 0;  ///< of its newest attempt
    std::int32_t reclaims = 0;  ///< of its attempts so far
  };

  template <class RowType>
  void put(const RowType& row, RowFate fate = RowFate::live) {
    engine_->apply({row, fate});
  }

  /// What the core would write: the lease, and the job that has one more.
  Start grant(const Assignment& assignment, Duration now) {
    const auto index = static_cast<std::uint32_t>(assignment.job.value() - 1);
    JobRow& job = jobs_[index];
    const bool is_retry = assignment.task < job.next_task;
    const std::int32_t task = is_retry ? assignment.task : job.next_task;
    const TaskIndex counted = stage_.first_task[index] + static_cast<TaskIndex>(task);
    const std::uint32_t site = supply_.site_of(assignment.placement.centre, assignment.placement.pool);
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
    const Duration staging = staging_allowance(transfers_.to_move(job, lease.centre),
                                               supply_.link(stage_.scenario.sites()[site].centre));
    lease.wall_time =
        lease_wall_time(job.requirements.wall_time, job.requirements.finish_by, beginning + now, staging);
    lease.granted_at = beginning + now;
    lease.starts_by = lease.granted_at + lease_start_allowance + staging;
    lease.ends_at = lease.starts_by + lease.wall_time;
    lease.transfer = grant.transfer = transfers_.grant(job, lease.centre);
    const OfferRow prices = prices_of(job, site, now);
    const auto run = amount_of(prices, lease.resources, lease.wall_time, Rounding::up);
    grant.held = with_transfer(run, prices, lease.transfer, Rounding::up).value_or(Cny());
    lease.held = grant.held;
    const Start start{counted, site, lease.wall_time, lease.starts_by - lease.granted_at};
    if (is_retry) {
      --job.retrying;
      TaskRow row;
      row.job = job.id;
      row.task = task;
      row.reclaims = grant.reclaims;
      put(row);
    } else {
      ++job.next_task;
    }
    ++job.live;
    --waiting_;
    job.held += lease.held;
    job.state = JobState::running;
    lease.reclaimable = job.requirements.reclaimable && grant.reclaims < reclaims_max;
    put(job);
    put(lease);
    if (job.requirements.reclaimable) reclaimable_.insert_or_assign(counted, std::move(lease));
    return start;
  }

  /// A lease costs what the hour of its grant says.
  [[nodiscard]] OfferRow prices_of(const JobRow& job, std::uint32_t site, Duration at) const {
    const OfferRow offer = supply_.prices_at(site, at);
    return part_of(offer, price_part_of(offer, job.requirements.reclaimable));
  }

  /// What it fetched is at its centre. Returns what of that its lease pays for.
  Bytes take_fetched(const JobRow& job, const Start& task, const Ran& ran, Outcome outcome, bool has_run) {
    const std::size_t centre = stage_.scenario.sites()[task.site].centre;
    supply_.measure_link(centre, ran.fetched);
    const Bytes held = grants_[task.task].transfer;
    return transfers_.end(job, SupplyRows::centre_id(centre), held, ran.fetched.bytes, outcome, has_run);
  }

  /// What fair share counts, as the core writes it (core/apply_lease.cpp).
  void note_usage(const JobRow& job, std::uint32_t site, Duration run, UnixTime now) {
    if (run <= Duration()) return;
    UsageRow& usage = usage_[job.project];
    if (usage.project.is_none()) usage = {job.project, job.organisation, usage_period(now)};
    add_use(usage, job.requirements.resources, stage_.scenario.sites()[site].pool.card_capability, now - run, now);
    put(usage);
  }

  void take_back(JobRow& job, const Start& task) {
    Grant& grant = grants_[task.task];
    --job.live;
    job.held -= grant.held;
    const auto kept = reclaimable_.find(task.task);
    if (kept != reclaimable_.end()) {
      if (!kept->second.reclaimed_at.is_none()) ++grant.reclaims;
      reclaimable_.erase(kept);
    }
    LeaseRow lease;
    lease.job = job.id;
    lease.task = static_cast<std::int32_t>(task.task - stage_.first_task[stage_.job_of[task.task]]);
    lease.number = grant.number;
    lease.centre = SupplyRows::centre_id(stage_.scenario.sites()[task.site].centre);
    lease.pool = stage_.scenario.sites()[task.site].pool.name;
    lease.desired = Desired::ended;
    put(lease, RowFate::retired);
    is_plan_due_ = true;
  }

  /// A task of which a start has come to nothing, as the core writes it: it keeps away from a centre that failed it.
  void wait_again(JobRow& job, const Start& task, CentreId avoid, Duration now) {
    if (job.gave_up != GaveUp::no) {
      ++job.failed;
      return;
    }
    const Grant& grant = grants_[task.task];
    ++job.retrying;
    ++waiting_;
    TaskRow row;
    row.job = job.id;
    row.task = static_cast<std::int32_t>(task.task - stage_.first_task[stage_.job_of[task.task]]);
    row.state = TaskState::waiting;
    row.attempts = grant.number;
    row.not_before = beginning + now;
    row.avoid = avoid;
    row.reclaims = grant.reclaims;
    put(row);
  }

  void end_unstarted(const Start& start, Duration now) {
    Ran ran;
    ran.is_taken_back = true;
    (void)end(start, ran, now);
  }

  /// The lease ends with its notice, where the core would let it (core/reclaim.cpp).
  void reclaim(const Reclaim& reclaim, Duration now, std::vector<Start>& started) {
    const auto index = static_cast<std::uint32_t>(reclaim.attempt.job.value() - 1);
    const TaskIndex task = stage_.first_task[index] + static_cast<TaskIndex>(reclaim.attempt.task);
    const auto lease = reclaimable_.find(task);
    const JobRow& by = jobs_[static_cast<std::size_t>(reclaim.by.value() - 1)];
    if (lease == reclaimable_.end() || by.id.is_none() || !may_take_back(by)) return;
    if (!may_be_taken_back(lease->second, jobs_[index], beginning + now)) return;
    lease->second.reclaimed_at = beginning + now;
    put(lease->second);
    const auto is_it = [&](const Start& start) { return start.task == task; };
    const auto found = std::ranges::find_if(started, is_it);
    if (found != started.end()) {  // granted in this very instant: its agent sees both at once
      const Start start = *found;
      started.erase(found);
      end_unstarted(start, now);
    } else if (std::ranges::none_of(unseen_, is_it)) {
      taken_back_.push_back(task);
    }
  }

  void put_or_end(JobRow& job) {
    const bool is_over = job.succeeded + job.failed == job.count;
    if (is_over) job.state = job.failed > 0 ? JobState::failed : JobState::succeeded;
    put(job, is_over ? RowFate::retired : RowFate::live);
    if (!is_over) return;
    transfers_.forget(job.id);
    job = {};
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
    job.gave_up = GaveUp::wait_max;
    put_or_end(job);
  }

  /// A centre that is silent sees what was granted to it when it speaks again.
  void start_or_keep(const Start& start, Duration now, std::vector<Start>& started) {
    if (stage_.sites[start.site].is_silent) {
      unseen_.push_back(start);
      return;
    }
    const auto lease = reclaimable_.find(start.task);
    if (lease != reclaimable_.end() && !lease->second.reclaimed_at.is_none()) {
      end_unstarted(start, now);
      return;
    }
    started.push_back(start);
  }

  const Stage& stage_;
  Duration plan_every_;
  Duration next_plan_;
  bool is_plan_due_ = false;  ///< something has happened since the last plan
  std::unique_ptr<place::Engine> engine_;
  SupplyRows supply_;
  TransferRows transfers_;
  std::vector<JobRow> jobs_;                          ///< as in the load; what has ended is empty
  std::vector<Grant> grants_;                         ///< by task
  std::map<ProjectId, UsageRow> usage_;
  std::vector<Start> unseen_;                         ///< granted to a centre that is silent
  std::map<TaskIndex, LeaseRow> reclaimable_;         ///< of live leases of jobs that agreed to it
  std::vector<TaskIndex> taken_back_;                 ///< since they were last asked for
  std::int64_t waiting_ = 0;                          ///< tasks
  using GiveUp = std::pair<Duration, std::uint32_t>;  ///< when, and of which job
  std::priority_queue<GiveUp, std::vector<GiveUp>, std::greater<>> give_ups_;
  Duration now_;
};

}  // namespace

std::unique_ptr<Dispatch> make_engine_dispatch(const Stage& stage, Duration plan_every) {
  return std::make_unique<EngineDispatch>(stage, plan_every);
}

}  // namespace dayan::sim
