#include "bench/platform_load.h"

#include <algorithm>
#include <string>

#include "model/meter.h"

namespace dayan::bench {
namespace {

constexpr std::int64_t day = 86'400;

/// From `low` to `high`, small ones as often as large ones by their ratio.
std::int64_t draw_ratio(Prng& random, std::int64_t low, std::int64_t high) {
  std::int64_t value = low;
  while (value * 2 <= high && random.chance(2, 3)) value *= 2;
  return std::min(high, value + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(value))));
}

}  // namespace

void PlatformLoad::put_wallet(std::uint32_t customer) {
  AccountRow& row = wallets_[customer];
  row.kind = AccountKind::customer_wallet;
  row.owner = OrganisationId(customer);
  row.credits_posted = Cny::yuan(2'000'000'000);
  put(row);
}

void PlatformLoad::feed_platform() {
  const std::int64_t organisations = customers + std::max<std::int64_t>(size_.centres / 10, 1);
  for (std::int64_t i = 1; i <= organisations; ++i) {
    OrganisationRow row;
    row.id = OrganisationId(i);
    row.name = "organisation-" + std::to_string(i);
    put(row);
  }
  for (std::uint32_t customer = 1; customer <= customers; ++customer) put_wallet(customer);
  for (const CentreRow& centre : centres_) put(centre);
  for (const Pool& pool : pools_) {
    if (pool.row.name == "pool-0") put(pool.offer);
    put(pool.row);
  }
  for (std::size_t centre = 0; centre < centres_.size(); ++centre) hear(centre);
}

void PlatformLoad::hear(std::size_t centre) { engine_.observe({centres_[centre].id, now_, std::nullopt}); }

JobRow PlatformLoad::row_of(JobId id, const Job& job) const {
  JobRow row;
  row.id = id;
  row.organisation = OrganisationId(job.customer);
  row.name = "job";
  row.count = job.count;
  row.requirements = kinds_[job.kind].requirements;
  row.requirements.run_time = Duration::seconds(job.run_seconds);
  row.requirements.wall_time = Duration::seconds(job.wall_seconds);
  if (job.cap >= 0) row.requirements.price_cap = Cny::micro(job.cap);
  row.state = job.next_task > 0 ? JobState::running : JobState::waiting;
  row.next_task = job.next_task;
  row.live = job.live;
  row.succeeded = job.succeeded;
  row.run_time_sum = job.succeeded * job.run_seconds * 1'000'000;
  row.held = job.held;
  row.submitted_at = job.submitted_at;
  return row;
}

JobId PlatformLoad::submit(std::uint32_t kind, Duration ago) {
  const JobId id(++last_job_);
  Job& job = jobs_[id];
  job.kind = kind;
  job.submitted_at = now_ - ago;
  job.customer = static_cast<std::uint32_t>(random_.between(1, customers));
  if (random_.chance(1, 30)) job.count = static_cast<std::int32_t>(random_.between(2, 50));
  job.run_seconds = draw_ratio(random_, 60, day);
  job.wall_seconds = std::min(job.run_seconds * random_.between(10, 100) / 10, 3 * day);
  if (random_.chance(1, 10)) {
    // A price cap of one to four times what a pool of middling price would
    // hold.
    OfferRow middling;
    middling.core_hour = Cny::micro(175'000);
    middling.card_hour = Cny::micro(14'000'000);
    middling.gb_hour = Cny::micro(17'000);
    const auto hold =
        amount_of(middling, kinds_[kind].requirements.resources, Duration::seconds(job.wall_seconds), Rounding::up);
    job.cap = hold.value().micro() * job.count * random_.between(10, 40) / 10;
  }
  put(row_of(id, job));
  return id;
}

void PlatformLoad::submit_waiting() {
  const std::int64_t to_come = std::max<std::int64_t>(size_.waiting - waiting_submitted_++, 0);
  const auto ago = Duration::seconds(day).microseconds() / size_.waiting * to_come;
  (void)submit(draw_kind(true), Duration::microseconds(ago));
}
JobId PlatformLoad::submit_placeable() { return submit(draw_kind(false)); }
JobId PlatformLoad::submit_any() { return submit(draw_kind(random_.chance(3, 4))); }

void PlatformLoad::lease(JobId id, Job& job, std::int32_t task, std::uint32_t pool, Duration ago) {
  const Resources& resources = kinds_[job.kind].requirements.resources;
  LeaseRow row;
  row.job = id;
  row.task = task;
  row.centre = pools_[pool].row.centre;
  row.pool = pools_[pool].row.name;
  row.resources = resources;
  row.wall_time = Duration::seconds(job.wall_seconds);
  row.granted_at = now_ - ago;
  row.starts_by = row.granted_at + lease_start_allowance;
  row.ends_at = row.starts_by + row.wall_time;
  row.held = amount_of(pools_[pool].offer, resources, row.wall_time, Rounding::up).value();
  ++job.live;
  ++job.next_task;
  job.held += row.held;
  wallets_[job.customer].debits_pending += row.held;
  AttemptRow attempt;
  attempt.job = id;
  attempt.task = task;
  attempt.centre = row.centre;
  attempt.pool = row.pool;
  attempt.state = AttemptState::running;
  attempt.started_at = row.granted_at;
  put(row_of(id, job));
  put(row);
  put(attempt);
  put(wallets_[job.customer]);
  running_.push_back({row.attempt(), row.centre, pool, row.held});
}

void PlatformLoad::fill(std::uint32_t index) {
  const Pool& pool = pools_[index];
  const PoolRow& row = pool.row;
  // Node by node, so that what was drawn does lie there.
  for (std::int32_t node = 0; node < row.nodes; ++node) {
    std::int64_t cores = row.cores_per_node.value();
    std::int64_t memory = row.memory_per_node.value();
    std::int64_t cards = row.cards_per_node.value();
    const std::int64_t keep = pool.is_busy ? 0 : cores * 4 / 10;
    for (int misses = 0; misses < 12 && cores > keep;) {
      const std::uint32_t kind = draw_kind(pool.is_busy && random_.chance(9, 10));
      const Resources& want = kinds_[kind].requirements.resources;
      if (want.nodes > 1 || want.cores.value() > cores - keep || want.memory.value() > memory ||
          want.cards.value() > cards) {
        ++misses;
        continue;
      }
      cores -= want.cores.value();
      memory -= want.memory.value();
      cards -= want.cards.value();
      const JobId id(++last_job_);
      Job& job = jobs_[id];
      job.kind = kind;
      job.customer = static_cast<std::uint32_t>(random_.between(1, customers));
      job.run_seconds = draw_ratio(random_, 600, day);
      job.wall_seconds = std::min(job.run_seconds * random_.between(10, 100) / 10, 3 * day);
      const std::int64_t ran = random_.between(0, job.run_seconds);
      job.submitted_at = now_ - Duration::seconds(ran);
      lease(id, job, 0, index, Duration::seconds(ran));
    }
  }
}

void PlatformLoad::feed_running() {
  for (std::uint32_t pool = 0; pool < pools_.size(); ++pool) fill(pool);
}

std::vector<Assignment> PlatformLoad::plan(std::size_t limit) {
  std::vector<Assignment> plan = engine_.plan(now_, limit);
  for (const Assignment& each : plan) commit(each);
  return plan;
}

void PlatformLoad::commit(const Assignment& assignment) {
  Job& job = jobs_.at(assignment.job);
  const PlacementRow& placement = assignment.placement;
  lease(assignment.job, job, job.next_task, pool_index_.at({placement.centre, placement.pool}), Duration());
}

void PlatformLoad::end_one() {
  const std::size_t at = random_.below(running_.size());
  const Running ended = running_[at];
  running_[at] = running_.back();
  running_.pop_back();
  const auto found = jobs_.find(ended.attempt.job);
  Job& job = found->second;
  --job.live;
  ++job.succeeded;
  job.held -= ended.held;
  AccountRow& wallet = wallets_[job.customer];
  wallet.debits_pending -= ended.held;
  const bool is_over = job.succeeded == job.count;
  JobRow row = row_of(ended.attempt.job, job);
  if (is_over) row.state = JobState::succeeded;
  put(row, is_over ? RowFate::retired : RowFate::live);
  LeaseRow lease;
  lease.job = ended.attempt.job;
  lease.task = ended.attempt.task;
  lease.centre = ended.centre;
  lease.pool = pools_[ended.pool].row.name;
  lease.desired = Desired::ended;
  put(lease, RowFate::retired);
  AttemptRow attempt;
  attempt.job = lease.job;
  attempt.task = lease.task;
  attempt.state = AttemptState::ended;
  put(attempt, RowFate::retired);
  put(wallet);
  if (is_over) jobs_.erase(found);
}

void PlatformLoad::pass(Duration time) {
  now_ = now_ + time;
  const std::int64_t speaking = time.microseconds() * std::ssize(centres_) / Duration::seconds(30).microseconds() + 1;
  for (std::int64_t i = 0; i < speaking; ++i) {
    hear(speaks_next_);
    speaks_next_ = (speaks_next_ + 1) % centres_.size();
  }
}

}  // namespace dayan::bench
