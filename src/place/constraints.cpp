#include "place/constraints.h"

#include <algorithm>

namespace dayan::place {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_same_chip(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool is_among(const std::vector<std::string>& allowed, const std::string& name) {
  return allowed.empty() || std::find(allowed.begin(), allowed.end(), name) != allowed.end();
}

/// The largest amount of one kind that would fit now, all else as asked; −1 when not even none would.
std::int64_t largest_that_fits(const PoolView& view, Amounts need, Kind kind) {
  std::int64_t low = -1;
  std::int64_t high = need.of[kind];  // known not to fit
  // slots() need not fall evenly, but there is room at `low` and none at low + 1 wherever this ends.
  while (high - low > 1) {
    need.of[kind] = low + (high - low) / 2;
    (view.slots(need) > 0 ? low : high) = need.of[kind];
  }
  return low;
}

/// A gap for each kind that lacks in sum; where none does, the nodes are too chopped up for one task, and the gap is
/// of the first kind that mends it alone.
std::vector<Gap> capacity_gaps(const PoolView& view, const Amounts& need) {
  const Amounts free = view.free();
  std::vector<Gap> gaps;
  Amounts mended = need;
  for (std::size_t kind = 0; kind < kinds; ++kind) mended.of[kind] = std::min(need.of[kind], free.of[kind]);
  for (const Kind kind : {in_cores, in_bytes, in_millicards}) {
    if (mended.of[kind] == need.of[kind]) continue;
    Amounts asked = mended;
    asked.of[kind] = need.of[kind];
    const std::int64_t fits = largest_that_fits(view, asked, kind);
    gaps.push_back({Constraint::capacity, need.of[kind], fits >= 0 ? fits : mended.of[kind], true, kind});
  }
  for (const Kind kind : {in_cores, in_bytes, in_millicards}) {
    if (!gaps.empty()) break;
    const std::int64_t fits = need.of[kind] > 0 ? largest_that_fits(view, need, kind) : -1;
    if (fits >= 0) gaps.push_back({Constraint::capacity, need.of[kind], fits, true, kind});
  }
  if (gaps.empty()) gaps.push_back({Constraint::capacity, need.of[in_cores], 0, true, in_cores});
  return gaps;
}

}  // namespace

Asking asking_of(const Question& question, const Projection& rows) {
  Asking asking;
  asking.organisation = question.organisation;
  asking.requirements = &question.requirements;
  asking.waiting = question.count;
  asking.unsettled = question.count;
  asking.throttle = question.throttle;
  asking.available = rows.available(question.organisation);
  return asking;
}

Asking asking_of(const JobRow& job, const Projection& rows) {
  Asking asking;
  asking.organisation = job.organisation;
  asking.requirements = &job.requirements;
  asking.job = &job;
  asking.waiting = waiting_tasks_of(job);
  asking.live = job.live;
  asking.unsettled = asking.waiting + job.live;
  asking.throttle = job.throttle;
  asking.charged = job.charged;
  asking.held = job.held;
  asking.available = rows.available(job.organisation);
  return asking;
}

bool has_software(const PoolRow& pool, const SoftwareNeed& need) {
  return std::any_of(pool.software.begin(), pool.software.end(), [&](const Software& offered) {
    return offered.name == need.name && version_at_least(offered.version, need.version_min);
  });
}

std::vector<Gap> fixed_gaps(const Requirements& requirements, const PoolView& view) {
  std::vector<Gap> gaps;
  const PoolRow& pool = *view.pool;
  const Amounts need = amounts_of(requirements.resources);
  constexpr Constraint of_kind[kinds] = {Constraint::cores, Constraint::memory, Constraint::cards};
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (need.of[kind] > view.per_node.of[kind])
      gaps.push_back({of_kind[kind], need.of[kind], view.per_node.of[kind]});
  }
  const auto& chips = requirements.chips;
  const auto is_pools_chip = [&](const std::string& chip) { return is_same_chip(chip, pool.chip); };
  if (!chips.empty() && std::none_of(chips.begin(), chips.end(), is_pools_chip)) gaps.push_back({Constraint::chip});
  const auto& software = requirements.software;
  const auto is_there = [&](const SoftwareNeed& need_of) { return has_software(pool, need_of); };
  if (!std::all_of(software.begin(), software.end(), is_there)) gaps.push_back({Constraint::software});
  if (requirements.wall_time > pool.wall_time_max)
    gaps.push_back({Constraint::wall_time, requirements.wall_time.microseconds(), pool.wall_time_max.microseconds()});
  if (!is_among(requirements.regions, view.centre->region)) gaps.push_back({Constraint::region});
  if (!is_among(requirements.providers, view.provider != nullptr ? view.provider->name : std::string()))
    gaps.push_back({Constraint::provider});
  if (view.offer == nullptr) gaps.push_back({Constraint::price});
  return gaps;
}

bool is_within_cap(const Requirements& requirements, Cny spent_and_held, Cny task_hold) {
  return !requirements.price_cap.has_value() ||
         plus(spent_and_held.micro(), task_hold.micro()) <= requirements.price_cap->micro();
}

std::vector<Gap> money_gaps(const Asking& asking, const Terms& terms) {
  std::vector<Gap> gaps;
  const Requirements& requirements = *asking.requirements;
  if (requirements.price_cap.has_value()) {
    const std::int64_t cap = requirements.price_cap->micro();
    const std::int64_t alone = plus(asking.charged.micro(), terms.task_hold.micro());
    std::int64_t needed = plus(alone, asking.held.micro());
    bool passes = alone <= cap;
    // A job that is known to cost more than its cap is not begun; one that has begun goes as far as the cap allows.
    const bool has_begun = asking.job != nullptr && asking.job->next_task > 0;
    if (!has_begun && has_estimate(requirements, asking.job) && terms.job_cost.micro() > cap) {
      needed = std::max(needed, terms.job_cost.micro());
      passes = false;
    }
    if (needed > cap) gaps.push_back({Constraint::price_cap, cap, needed, passes});
  }
  if (terms.task_hold > asking.available)
    gaps.push_back({Constraint::funds, terms.task_hold.micro(), asking.available.micro(), true});
  return gaps;
}

std::vector<Gap> passing_gaps(const Asking& asking, const PoolView& view, bool fits_node, UnixTime now) {
  std::vector<Gap> gaps;
  if (!view.is_reachable) {
    // One that was never heard has been silent since the beginning of time.
    const Duration silence = now - view.heard_at;
    gaps.push_back({Constraint::reachable, reachable_within.microseconds(), silence.microseconds(), true});
  }
  const Amounts need = asking.need();
  if (fits_node && view.slots(need) == 0) {
    for (const Gap& gap : capacity_gaps(view, need)) gaps.push_back(gap);
  }
  if (asking.throttle > 0 && asking.live >= asking.throttle)
    gaps.push_back({Constraint::throttle, asking.live + 1, asking.throttle, true});
  return gaps;
}

}  // namespace dayan::place
