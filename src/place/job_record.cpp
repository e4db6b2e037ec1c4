#include "place/job_record.h"

#include <algorithm>
#include <bit>

namespace dayan::place {
namespace {

void add_number(std::string& key, std::int64_t number) {
  for (int byte = 0; byte < 8; ++byte) key += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * byte));
}

void add_text(std::string& key, const std::string& text) {
  add_number(key, std::ssize(text));
  key += text;
}

void add_texts(std::string& key, const std::vector<std::string>& texts) {
  add_number(key, std::ssize(texts));
  for (const std::string& text : texts) add_text(key, text);
}

/// All that like jobs share, as bytes: equal bytes, equal requirements.
std::string key_of(const Requirements& requirements) {
  std::string key;
  key.reserve(128);
  add_number(key, requirements.resources.cores.value());
  add_number(key, requirements.resources.memory.value());
  add_number(key, requirements.resources.cards.value());
  add_number(key,
             std::int64_t{requirements.resources.nodes} << 8 | static_cast<std::int64_t>(requirements.objective));
  add_number(key, (requirements.reclaimable ? 1 : 0) | (requirements.resources.is_in_rack() ? 2 : 0));
  add_number(key, requirements.weights.cost);
  add_number(key, requirements.weights.time);
  add_number(key, requirements.weights.carbon);
  add_number(key, requirements.core_capability_min.value());
  add_number(key, requirements.card_capability_min.value());
  add_number(key, std::ssize(requirements.latency));
  for (const LatencyBound& bound : requirements.latency) {
    add_text(key, bound.city);
    add_number(key, bound.at_most.microseconds());
  }
  add_texts(key, requirements.chips);
  add_texts(key, requirements.regions);
  add_texts(key, requirements.providers);
  for (const SoftwareNeed& need : requirements.software) {
    add_text(key, need.name);
    add_text(key, need.version_min);
  }
  return key;
}

}  // namespace

namespace {

/// A thousandth of a byte a µs, which is one a ms, is the least that is told from nothing.
constexpr std::int64_t data_parts = 1'000;

/// Of a positive number, half a power of two each, rounded down.
std::uint8_t half_steps(std::int64_t number) {
  const auto value = static_cast<std::uint64_t>(number);
  const int log = 63 - std::countl_zero(value);
  const bool is_upper_half = log > 0 && (value >> (log - 1) & 1) != 0;
  return static_cast<std::uint8_t>(2 * log + (is_upper_half ? 1 : 0));
}

}  // namespace

Duration mean_run(const JobRecord& job) {
  const Duration known = job.run_time > Duration() ? job.run_time : job.wall_time;
  const std::int64_t mean = job.succeeded > 0 ? job.run_time_sum / job.succeeded : known.microseconds();
  return Duration::microseconds(std::max<std::int64_t>(mean, 1));
}

Cny task_cost(const JobRecord& job, const PoolState& pool) {
  const Requirements& asked = job.common->requirements;
  const auto cost =
      amount_of(*pool.centre->offer_for(asked), asked.resources, expected_run(job, pool.row), Rounding::down);
  return cost.has_value() ? *cost : Cny();
}

Duration kept_run_of(const JobRecord& job) {
  if (job.succeeded == 0) return job.run_time;  // which does not change
  const auto run = static_cast<std::uint64_t>(mean_run(job).microseconds());
  const int dropped = std::max(63 - std::countl_zero(run) - 5, 0);  // of its bits the first and five more stay
  return Duration::microseconds(static_cast<std::int64_t>(run >> dropped << dropped));
}

std::uint8_t run_step_of(const JobRecord& job) { return half_steps(mean_run(job).microseconds()); }

DataSteps data_steps_of(const JobRecord& job) {
  if (!job.has_inputs()) return {};
  const auto step = [](std::int64_t rate) {
    return rate > 0 ? static_cast<std::uint8_t>(1 + half_steps(rate)) : std::uint8_t{0};
  };
  const auto known = mul_div(job.input_bytes.value(), data_parts, mean_run(job).microseconds(), Rounding::down);
  const std::int64_t rate = known.has_value() ? *known : int64_max;
  const bool counts_cost = job.common->requirements.objective != Objective::fastest;
  return {step(rate), counts_cost ? step(rate / std::max(job.count, 1)) : std::uint8_t{0}};
}

double data_of_step(std::uint8_t step) {
  return step == 0 ? 0 : run_of_step(static_cast<std::uint8_t>(step - 1)) / static_cast<double>(data_parts);
}

double run_of_step(std::uint8_t step) {
  const auto power = static_cast<double>(std::uint64_t{1} << (step / 2));
  return step % 2 == 0 ? power * 1.25 : power * 1.75;
}

Requirements JobRecord::requirements() const {
  Requirements all = common->requirements;
  all.wall_time = wall_time;
  all.run_time = run_time;
  all.not_before = not_before;
  all.finish_by = finish_by;
  all.priority = priority;
  all.tasks_per_centre_max = tasks_per_centre_max;
  all.tasks_per_node_max = tasks_per_node_max;
  if (has_cap()) all.price_cap = price_cap;
  return all;
}

const Common* Commons::take(const Requirements& requirements, const Common* held) {
  std::string key = key_of(requirements);
  // Nearly always: rows of a job come with each of its leases, and its requirements stay what they are.
  if (held != nullptr && held->key == key) return held;
  auto [found, is_new] = by_key_.try_emplace(std::move(key));
  Common& common = found->second;
  if (is_new) {
    common.serial = ++last_serial_;
    common.key = found->first;
    common.requirements = requirements;
    common.requirements.wall_time = Duration();
    common.requirements.run_time = Duration();
    common.requirements.not_before = UnixTime();
    common.requirements.finish_by = UnixTime();
    common.requirements.price_cap.reset();
    common.requirements.priority = 0;
    common.requirements.tasks_per_centre_max = 0;
    common.requirements.tasks_per_node_max = 0;
  }
  if (common.jobs++ == 0) {
    const auto since = idle_since_.find(common.serial);
    if (since != idle_since_.end()) {
      idle_.erase(since->second);
      idle_since_.erase(since);
    }
  }
  if (held != nullptr) give_back(held);
  return &common;
}

void Commons::give_back(const Common* common) {
  const auto found = by_key_.find(common->key);
  ASSERT(found != by_key_.end() && found->second.jobs > 0);
  if (--found->second.jobs > 0) return;
  idle_[++last_idle_] = found;
  idle_since_[common->serial] = last_idle_;
  if (idle_.size() <= idle_max) return;
  const auto oldest = idle_.begin();
  idle_since_.erase(oldest->second->second.serial);
  by_key_.erase(oldest->second);
  idle_.erase(oldest);
}

}  // namespace dayan::place
