#include "bench/platform_load.h"

#include <algorithm>
#include <array>
#include <string>

#include "model/meter.h"

namespace dayan::bench {
namespace {

constexpr std::int64_t customers = 496;
constexpr std::int64_t busy_regions = 4;  ///< of all of them
constexpr std::array<const char*, 12> regions{"guizhou",  "shanghai", "beijing",        "guangdong",
                                              "gansu",    "ningxia",  "inner-mongolia", "sichuan",
                                              "zhejiang", "jiangsu",  "hunan",          "xinjiang"};
constexpr std::array<const char*, 8> chips{"a800", "h800", "h20", "910b", "910c", "mi308", "k100", "l20"};
constexpr std::array<const char*, 12> programs{"povray", "blender",  "python", "pytorch", "wrf",    "gromacs",
                                               "lammps", "openfoam", "vasp",   "cp2k",    "ffmpeg", "mpi"};
constexpr std::array<std::int64_t, 5> wall_hours{24, 48, 72, 168, 720};
constexpr std::int64_t day = 86'400;

std::string numbered(const char* name, std::int64_t number) { return name + std::to_string(number); }

/// From `low` to `high`, small ones as often as large ones by their ratio.
std::int64_t draw_ratio(Prng& random, std::int64_t low, std::int64_t high) {
  std::int64_t value = low;
  while (value * 2 <= high && random.chance(2, 3)) value *= 2;
  return std::min(high, value + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(value))));
}

template <class List>
auto any(Prng& random, const List& list) {
  return list[random.below(list.size())];
}

}  // namespace

PlatformLoad::PlatformLoad(const PlatformSize& size, place::Engine& engine)
    : size_(size), engine_(engine), random_(size.seed) {
  const std::int64_t providers = std::max<std::int64_t>(size.centres / 10, 1);
  for (std::int64_t i = 0; i < size.centres; ++i) {
    CentreRow row;
    row.id = CentreId(1 + i);
    row.provider = OrganisationId(customers + 1 + i % providers);
    row.name = numbered("centre-", i);
    row.region = regions[static_cast<std::size_t>(i) % regions.size()];
    centres_.push_back(row);
  }
  std::vector<OfferRow> offers;
  for (const CentreRow& centre : centres_) {
    OfferRow offer;
    offer.id = OfferId(centre.id.value());
    offer.centre = centre.id;
    offer.core_hour = Cny::micro(random_.between(50'000, 300'000));
    offer.card_hour = Cny::micro(random_.between(4'000'000, 24'000'000));
    offer.gb_hour = Cny::micro(random_.between(5'000, 30'000));
    offers.push_back(offer);
  }
  // Few sites build their software alone: most take one of some stacks.
  std::vector<std::vector<Software>> stacks(200);
  for (auto& stack : stacks) {
    for (const char* program : programs) {
      if (random_.chance(1, 3)) stack.push_back({program, std::to_string(random_.between(1, 4))});
    }
  }
  for (std::int64_t i = 0; i < size.pools; ++i) {
    const auto at = static_cast<std::size_t>(i % size.centres);
    Pool pool;
    pool.offer = offers[at];
    PoolRow& row = pool.row;
    row.centre = centres_[at].id;
    row.name = numbered("pool-", i / size.centres);
    row.nodes = static_cast<std::int32_t>(random_.between(1, 8));
    row.cores_per_node = Cores(32 * random_.between(1, 4));
    row.memory_per_node = Bytes(row.cores_per_node.value() * (2 << random_.below(3)) * 1'000'000'000);
    row.wall_time_max = Duration::hours(any(random_, wall_hours));
    row.core_capability = Capability(random_.between(5'000, 25'000));
    if (random_.chance(1, 3)) {
      row.cards_per_node = MilliCards(8'000);
      row.chip = any(random_, chips);
    }
    row.software = any(random_, stacks);
    pool.is_busy = !row.cards_per_node.is_zero() || at % regions.size() < busy_regions;
    pool_index_[{row.centre, row.name}] = static_cast<std::uint32_t>(pools_.size());
    pools_.push_back(std::move(pool));
  }
  wallets_.resize(customers + 1);
  draw_kinds();
}

void PlatformLoad::draw_chips(Requirements& needs) {
  constexpr std::array<std::int64_t, 6> amounts{250, 500, 1'000, 2'000, 4'000, 8'000};
  const std::int64_t cards = any(random_, amounts);
  needs.resources.cards = MilliCards(cards);
  needs.resources.cores = Cores(std::max<std::int64_t>(cards / 1'000, 1) * (random_.chance(1, 2) ? 4 : 8));
  needs.resources.memory = Bytes(needs.resources.cores.value() * 2'000'000'000);
  for (auto models = random_.below(4); models > 0; --models) needs.chips.emplace_back(any(random_, chips));
}

void PlatformLoad::draw_kinds() {
  constexpr std::array<std::int64_t, 6> core_counts{1, 2, 4, 8, 16, 32};
  for (std::int64_t i = 0; i < size_.kinds; ++i) {
    Kind kind;
    kind.is_busy = i % 4 != 0;
    Requirements& needs = kind.requirements;
    needs.resources.cores = Cores(any(random_, core_counts));
    needs.resources.memory = Bytes(needs.resources.cores.value() * (1 << random_.below(3)) * 1'000'000'000);
    const bool wants_cards = kind.is_busy && random_.chance(1, 2);
    if (wants_cards) draw_chips(needs);
    // Every other training on whole nodes takes several of them.
    if (needs.resources.cards == MilliCards(8'000) && i % 2 == 0)
      needs.resources.nodes = static_cast<std::int32_t>(2 + i % 3);
    // Of the full part: cards anywhere, or a busy region. Of the other: any
    // region, or some that are not busy.
    if (kind.is_busy && !wants_cards) needs.regions.emplace_back(regions[random_.below(busy_regions)]);
    if (!kind.is_busy && random_.chance(1, 2)) {
      for (auto more = random_.between(1, 3); more > 0; --more)
        needs.regions.emplace_back(regions[busy_regions + random_.below(regions.size() - busy_regions)]);
    }
    if (random_.chance(1, 3))
      needs.software.push_back({any(random_, programs), std::to_string(random_.between(1, 3))});
    const std::uint64_t objective = random_.below(20);
    needs.objective = objective < 8 ? Objective::balanced : objective < 15 ? Objective::cheapest : Objective::fastest;
    (kind.is_busy ? busy_kinds_ : free_kinds_).push_back(static_cast<std::uint32_t>(i));
    kinds_.push_back(std::move(kind));
  }
}

/// The first kinds often, the last seldom: the product of two even draws.
std::uint32_t PlatformLoad::draw_kind(bool is_busy) {
  const auto& list = is_busy ? busy_kinds_ : free_kinds_;
  const std::uint64_t first = random_.below(list.size()) + 1;
  return list[random_.below(first)];
}

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
    row.name = numbered("organisation-", i);
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
      if (want.nodes > 1 || want.cores.value() > cores - keep || want.memory.value() > memory || want.cards.value() > cards) {
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

place::Question PlatformLoad::draw_question() {
  place::Question question;
  question.organisation = OrganisationId(1);
  question.requirements = kinds_[random_.below(kinds_.size())].requirements;
  question.requirements.run_time = Duration::hours(1);
  question.requirements.wall_time = Duration::hours(4);
  return question;
}

}  // namespace dayan::bench
