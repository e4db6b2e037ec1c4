#include "sim/load.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "model/json.h"
#include "model/run_time.h"
#include "model/transfer.h"
#include "sim/scenario.h"
#include "trace/draw.h"

namespace dayan::sim {
namespace {

constexpr Bytes memory_per_processor(1'000'000'000);
constexpr std::int64_t mib = 1'048'576;
// Of drawn pods; assumptions, stated in the header.
constexpr double pod_run_median = 3'600;
constexpr double pod_run_sigma = 1.5;
constexpr double pod_run_max = 7 * 86'400;
constexpr double pod_looseness = 5;

/// Of a made-up platform's prices, in thousandths.
constexpr std::int64_t drawn_reclaimable_part = 400;

/// What pools without cards of a made-up platform offer, and its forecasts need.
constexpr std::pair<std::string_view, std::string_view> forecast_model{"wrf", "4.5"};

Duration at_least_a_second(Duration limit) { return std::max(limit, wall_time_limit_min); }

std::string region_name(int region) {
  return std::string(trace::platform_regions[static_cast<std::size_t>(region)]);
}

/// Of a way told in tenths of a millisecond; within a region a millisecond.
Duration round_trip(int one_way) {
  return std::max(Duration::microseconds(std::int64_t{one_way} * 200), Duration::milliseconds(1));
}

Requirements needs_of(const trace::OpenbPod& pod) {
  Requirements needs;
  needs.resources.cores = Cores(std::max<std::int64_t>(1, (pod.cpu_milli + 999) / 1'000));
  needs.resources.memory = Bytes(std::max<std::int64_t>(1, pod.memory_mib) * mib);
  needs.resources.cards = MilliCards(pod.cards == 1 ? std::int64_t{pod.card_milli} : std::int64_t{pod.cards} * 1'000);
  if (pod.cards > 0) needs.chips = pod.models;
  return needs;
}

/// Who submits, the largest first, and of as many jobs the lower number.
void name_users(Load& load, const std::map<std::int64_t, std::int64_t>& jobs_of_user,
                const std::vector<std::int64_t>& user_of_job) {
  if (jobs_of_user.size() < 2) return;
  std::vector<std::pair<std::int64_t, std::int64_t>> ranked;  // jobs below zero, user
  for (const auto& [user, jobs] : jobs_of_user) ranked.emplace_back(-jobs, user);
  std::ranges::sort(ranked);
  std::map<std::int64_t, std::uint32_t> rank;
  for (const auto& [jobs, user] : ranked) {
    rank.emplace(user, static_cast<std::uint32_t>(load.customers.size()));
    load.customers.push_back(user < 0 ? "user-unknown" : "user-" + std::to_string(user));
  }
  for (std::size_t job = 0; job < load.jobs.size(); ++job) load.jobs[job].customer = rank.at(user_of_job[job]);
}

/// Jobs are in order of submission, equal ones as they came.
void sort_by_submit(Load& load) { std::ranges::stable_sort(load.jobs, {}, &LoadJob::submit); }

}  // namespace

Capability Load::speed(const LoadJob& job, const PoolRow& pool) const {
  if (job.kind < speeds.size()) {
    const auto known = speeds[job.kind].find(pool.chip);
    if (known != speeds[job.kind].end()) return known->second;
  }
  return speed_on(pool, needs(job).resources);
}

std::size_t Load::tasks() const {
  std::size_t count = 0;
  for (const LoadJob& job : jobs) count += static_cast<std::size_t>(job.tasks);
  return count;
}

bool Load::has_deadlines() const {
  return std::ranges::any_of(kinds, [](const Requirements& needs) { return !needs.finish_by.is_none(); });
}

bool Load::has_inputs() const {
  return std::ranges::any_of(jobs, [](const LoadJob& job) { return !job.inputs.is_zero(); });
}

bool Load::has_reclaimable() const {
  return std::ranges::any_of(kinds, &Requirements::reclaimable);
}

JobSpec Load::spec(const LoadJob& job) const {
  JobSpec spec;
  spec.name = job.name;
  spec.count = job.tasks;
  spec.requirements = needs(job);
  spec.requirements.wall_time = job.limit;
  spec.requirements.run_time = job.estimate;
  if (!job.price_cap.is_zero()) spec.requirements.price_cap = job.price_cap;
  spec.throttle = job.throttle;
  spec.wait_max = job.wait_max;
  spec.payload.command = {"true"};
  if (!job.inputs.is_zero()) spec.payload.inputs.push_back({"inputs", sha256("inputs"), job.inputs});
  return spec;
}

std::uint32_t KindList::find_or_add(Requirements needs) {
  const auto [found, is_new] = by_text_.try_emplace(nested_text(needs), static_cast<std::uint32_t>(kinds_.size()));
  if (is_new) kinds_.push_back(std::move(needs));
  return found->second;
}

Load load_of(const trace::RigidLog& log) {
  Load load;
  std::map<std::int64_t, std::uint32_t> kinds;  // by processors
  std::map<std::int64_t, std::int64_t> jobs_of_user;
  std::vector<std::int64_t> user_of_job;
  std::int64_t too_long = 0;
  for (const trace::RigidJob& job : log.jobs) {
    const Duration limit = at_least_a_second(job.limit);
    if (limit > wall_time_limit_max) {
      ++too_long;
      continue;
    }
    const auto [kind, is_new] = kinds.try_emplace(job.processors, static_cast<std::uint32_t>(load.kinds.size()));
    if (is_new) {
      Requirements needs;
      needs.resources.cores = Cores(job.processors);
      needs.resources.memory = memory_per_processor * job.processors;
      needs.objective = Objective::balanced;
      load.kinds.push_back(std::move(needs));
    }
    LoadJob made;
    made.name = "j" + std::to_string(job.number);
    made.submit = job.submit;
    made.run = job.run;
    made.limit = limit;
    made.kind = kind->second;
    if (job.after != trace::RigidJob::no_job) made.after = "j" + std::to_string(job.after);
    made.think = job.think;
    load.jobs.push_back(std::move(made));
    ++jobs_of_user[job.user];
    user_of_job.push_back(job.user);
  }
  name_users(load, jobs_of_user, user_of_job);
  load.left_out = log.left_out + too_long;
  if (log.left_out > 0) load.why_left_out = "without known processors or run time";
  if (too_long > 0) load.why_left_out += (load.why_left_out.empty() ? "" : ", or ") + std::string("longer than 30 d");
  sort_by_submit(load);
  return load;
}

Load load_of(std::span<const trace::PlatformJob> jobs) {
  Load load;
  KindList kinds(load.kinds);
  std::map<std::tuple<Cores, Bytes, MilliCards, int, std::uint32_t, int, int, int, Duration, bool, int>, std::uint32_t>
      known;
  std::int64_t number = 0;
  int customers = 0;
  for (const trace::PlatformJob& job : jobs) {
    const int region = job.stays_in_region ? job.region : -1;
    const int near = job.latency_max > 0 ? job.region : -1;
    const auto [kind, is_new] = known.try_emplace(
        {job.cores, job.memory, job.cards, job.nodes, job.chips, region, near, job.latency_max, job.due,
         job.reclaimable, job.per_node_max},
        0U);
    if (is_new) {
      Requirements needs;
      needs.resources = {job.cores, job.memory, job.cards, job.nodes};
      for (std::size_t chip = 0; chip < trace::platform_chips.size(); ++chip)
        if (((job.chips >> chip) & 1U) != 0) needs.chips.emplace_back(trace::platform_chips[chip].name);
      // A forecast is sized for nodes without cards, where its model is installed.
      if (job.cards.is_zero()) needs.software.push_back({std::string(forecast_model.first), ""});
      if (region >= 0) needs.regions.push_back(region_name(region));
      if (near >= 0) needs.latency.push_back({region_name(near), round_trip(job.latency_max)});
      if (job.due > Duration()) needs.finish_by = beginning + job.due;
      needs.reclaimable = job.reclaimable;
      needs.tasks_per_node_max = job.per_node_max;
      kind->second = kinds.find_or_add(std::move(needs));
    }
    LoadJob made;
    made.name = "j" + std::to_string(++number);
    made.submit = job.arrival;
    made.run = job.run_time;
    if (job.due > Duration()) made.estimate = job.run_time;
    made.inputs = job.input;
    made.customer = static_cast<std::uint32_t>(job.customer);
    customers = std::max(customers, job.customer + 1);
    made.limit = std::min(at_least_a_second(job.limit), wall_time_limit_max);
    made.tasks = job.tasks;
    made.kind = kind->second;
    if (!job.price_cap.is_zero() && made.tasks == 1) {
      // A cap an hour of a card (or core), over all that the job may take.
      const std::int64_t units = (job.cards.is_zero() ? job.cores.value() * 1'000 : job.cards.value()) * job.nodes;
      const auto seconds = made.limit.seconds_up();
      const auto cap =
          mul_div(job.price_cap.micro() * made.tasks, units * seconds, std::int64_t{3'600} * 1'000, Rounding::up);
      OfferRow dearest;
      dearest.transfer_gb = trace::platform_transfer_high;
      const auto inputs = transfer_cost(dearest, job.input, Rounding::up);
      if (cap && inputs) made.price_cap = Cny::micro(*cap + made.tasks) + *inputs;  // a hold rounds up, task by task
    }
    load.jobs.push_back(std::move(made));
  }
  for (int rank = 1; rank <= customers && customers > 1; ++rank)
    load.customers.push_back("customer-" + std::to_string(rank));
  sort_by_submit(load);
  return load;
}

/// The job, and if it is periodic its further rounds, each submitted when its time has come: every policy then plays
/// the same.
void add_rounds(Load& load, KindList& kinds, const LoadJob& first, const Requirements& needs, const JobSpec& spec) {
  const Duration begin = needs.not_before.is_none() ? Duration() : needs.not_before - beginning;
  for (std::int32_t round = 1; round <= std::max(spec.times, 1); ++round) {
    LoadJob made = first;
    Requirements later = needs;
    const Duration shift = spec.every * (round - 1);
    if (round > 1) made.submit = begin + shift;
    const std::string number = '-' + std::to_string(round);
    if (spec.times > 1) made.name = made.name.substr(0, name_length_max - number.size()) + number;
    if (!needs.not_before.is_none()) later.not_before = needs.not_before + shift;
    if (!needs.finish_by.is_none()) later.finish_by = needs.finish_by + shift;
    made.kind = kinds.find_or_add(std::move(later));
    load.jobs.push_back(std::move(made));
  }
}

Load load_of(std::span<const jobfile::JobFile> jobs) {
  Load load;
  KindList kinds(load.kinds);
  for (const jobfile::JobFile& job : jobs) {
    LoadJob made;
    made.name = job.spec.name;
    made.limit = job.spec.requirements.wall_time;
    made.estimate = job.spec.requirements.run_time;
    made.run = made.estimate > Duration() ? made.estimate : made.limit;
    made.tasks = job.spec.count;
    if (job.spec.requirements.price_cap) made.price_cap = *job.spec.requirements.price_cap;
    made.inputs = input_bytes_of(job.spec.payload.inputs);
    made.throttle = job.spec.throttle;
    made.wait_max = job.spec.wait_max;
    Requirements needs = job.spec.requirements;
    needs.wall_time = {};
    needs.run_time = {};
    needs.price_cap.reset();
    // They were counted from the beginning of any platform; a simulation has one of its own.
    const Duration shift = beginning - jobfile::platform_beginning;
    if (!needs.not_before.is_none()) needs.not_before = needs.not_before + shift;
    if (!needs.finish_by.is_none()) needs.finish_by = needs.finish_by + shift;
    add_rounds(load, kinds, made, needs, job.spec);
  }
  std::ranges::stable_sort(load.jobs, {}, &LoadJob::submit);
  return load;
}

Load draw_pods(std::span<const trace::OpenbPod> pods, std::int64_t jobs, Duration span, std::uint64_t seed) {
  Load load;
  KindList kinds(load.kinds);
  std::vector<std::optional<std::uint32_t>> kind_of_pod(pods.size());
  trace::Draw draw(seed);
  for (std::int64_t i = 0; i < jobs; ++i) {
    const auto pod = static_cast<std::size_t>(draw.between(0, static_cast<std::int64_t>(pods.size()) - 1));
    if (!kind_of_pod[pod]) kind_of_pod[pod] = kinds.find_or_add(needs_of(pods[pod]));
    LoadJob made;
    made.name = "p" + std::to_string(i + 1);
    made.submit = Duration::seconds(draw.between(0, span.microseconds() / 1'000'000));
    const double run = std::clamp(draw.log_normal(pod_run_median, pod_run_sigma), 1.0, pod_run_max);
    made.run = Duration::seconds(std::llround(run));
    made.limit = std::min(wall_time_limit_max,
                          Duration::seconds(std::llround(std::ceil(run * draw.uniform(1, pod_looseness)))));
    made.kind = *kind_of_pod[pod];
    load.jobs.push_back(std::move(made));
  }
  sort_by_submit(load);
  return load;
}

void cut(Load& load, Duration span) {
  std::erase_if(load.jobs, [&](const LoadJob& job) { return job.submit >= span; });
}

void drop_idle_customers(Load& load) {
  if (load.customers.empty()) return;
  std::vector<bool> submits(load.customers.size());
  for (const LoadJob& job : load.jobs) submits[job.customer] = true;
  std::vector<std::uint32_t> number(load.customers.size());
  std::vector<std::string> kept;
  for (std::size_t customer = 0; customer < load.customers.size(); ++customer) {
    number[customer] = static_cast<std::uint32_t>(kept.size());
    if (submits[customer]) kept.push_back(std::move(load.customers[customer]));
  }
  load.customers = std::move(kept);
  for (LoadJob& job : load.jobs) job.customer = number[job.customer];
}

void join_customers(Load& load) {
  load.customers.clear();
  for (LoadJob& job : load.jobs) job.customer = 0;
}

jobfile::PlatformFile platform_of(std::span<const trace::OpenbNode> nodes) {
  std::map<std::tuple<std::string, std::int64_t, std::int64_t, int>, std::int32_t> shapes;
  for (const trace::OpenbNode& node : nodes) ++shapes[{node.model, node.cpu_milli, node.memory_mib, node.cards}];
  jobfile::CentreFile centre;
  centre.name = "openb";
  centre.provider = "openb";
  centre.region = "nowhere";
  centre.core_hour = Cny::yuan(1);
  centre.card_hour = Cny::yuan(10);
  for (const auto& [shape, count] : shapes) {
    const auto& [model, cpu_milli, memory_mib, cards] = shape;
    PoolRow pool;
    pool.name = (model.empty() ? "cpu" : model) + "-" + std::to_string(cards) + "x" +
                std::to_string(cpu_milli / 1'000) + "c" + std::to_string(memory_mib / 1'024) + "g";
    pool.nodes = count;
    pool.cores_per_node = Cores(cpu_milli / 1'000);
    pool.memory_per_node = Bytes(memory_mib * mib);
    pool.cards_per_node = MilliCards(std::int64_t{cards} * 1'000);
    pool.chip = model;
    pool.wall_time_max = wall_time_limit_max;
    centre.pools.push_back(std::move(pool));
  }
  return {.centres = {std::move(centre)}, .jobs = {}};
}

jobfile::PlatformFile platform_of(std::span<const trace::PlatformPool> pools) {
  jobfile::PlatformFile file;
  std::int32_t number = 0;
  for (const trace::PlatformPool& from : pools) {
    const bool has_cards = from.chip >= 0;
    const std::string chip(has_cards ? trace::platform_chips[static_cast<std::size_t>(from.chip)].name : "cpu");
    jobfile::CentreFile centre;
    centre.name = "c" + std::to_string(from.centre) + "-" + std::to_string(++number) + "-" + chip;
    centre.provider = "provider-" + std::to_string(from.provider);
    centre.region = region_name(from.region);
    (has_cards ? centre.card_hour : centre.core_hour) = from.price;
    centre.reclaimable_part = drawn_reclaimable_part;
    centre.bandwidth = from.link;
    centre.transfer_gb = from.transfer_gb;
    centre.pue = from.pue_percent * 10;
    for (std::size_t region = 0; region < trace::platform_region_count; ++region)
      centre.latency.push_back({region_name(static_cast<int>(region)),
                                round_trip(trace::platform_latency[region][static_cast<std::size_t>(from.region)])});
    PoolRow pool;
    pool.name = chip;
    pool.nodes = from.nodes;
    pool.cores_per_node = from.cores_per_node;
    pool.memory_per_node = from.memory_per_node;
    pool.cards_per_node = MilliCards(std::int64_t{from.cards_per_node} * 1'000);
    if (has_cards) pool.chip = chip;
    if (!has_cards) pool.software.push_back({std::string(forecast_model.first), std::string(forecast_model.second)});
    pool.wall_time_max = wall_time_limit_max;
    centre.pools.push_back(std::move(pool));
    file.centres.push_back(std::move(centre));
  }
  return file;
}

jobfile::PlatformFile platform_of(std::int64_t processors) {
  jobfile::CentreFile centre;
  centre.name = "machine";
  centre.provider = "machine";
  centre.region = "nowhere";
  centre.core_hour = Cny::yuan(1);
  PoolRow pool;
  pool.name = "batch";
  pool.nodes = 1;
  pool.cores_per_node = Cores(processors);
  pool.memory_per_node = memory_per_processor * processors;
  pool.wall_time_max = wall_time_limit_max;
  centre.pools.push_back(std::move(pool));
  return {.centres = {std::move(centre)}, .jobs = {}};
}

}  // namespace dayan::sim
