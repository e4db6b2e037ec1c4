#include "place/constraints.h"

#include <algorithm>

#include "base/scan.h"
#include "model/name_list.h"
#include "place/outlook.h"

namespace dayan::place {
namespace {

bool is_same_chip(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

namespace {

/// When the first of the job's waiting tasks may be leased, as far as that hangs on older leases; none: at any time.
UnixTime older_lease_until(const JobRecord& job, const World& world) {
  if (job.next_task < job.count || job.retrying == 0) return {};
  UnixTime first = UnixTime(int64_max);
  const World::Retries& retries = world.retries();
  for (auto row = retries.lower_bound({job.id, 0}); row != retries.end() && row->first.first == job.id; ++row)
    first = std::min(first, row->second.not_before);
  return first == UnixTime(int64_max) ? UnixTime() : first;
}

std::map<CentreId, std::vector<const Holding*>> tasks_by_centre(JobId job, const World& world) {
  std::map<CentreId, std::vector<const Holding*>> found;
  const auto note = [&](const Holding& each) { found[world.pool(each.pool).row.centre].push_back(&each); };
  const auto& leases = world.leases();
  for (auto lease = leases.lower_bound({job, 0, 0}); lease != leases.end() && lease->first.job == job; ++lease)
    note(lease->second);
  world.visit_claims([&](const Holding& each) {
    if (each.attempt.job == job) note(each);
  });
  return found;
}

}  // namespace

Asking asking_of(const Question& question, const World& world) {
  Asking asking;
  asking.organisation = question.organisation;
  asking.organisation_name = world.name_of(question.organisation);
  asking.requirements = &question.requirements;
  asking.waiting = question.count;
  asking.unsettled = question.count;
  asking.throttle = question.throttle;
  asking.available = world.available(question.organisation);
  asking.input_bytes = question.input_bytes;
  asking.world = &world;
  return asking;
}

Asking asking_of(const JobRecord& job, const Requirements& requirements, const World& world) {
  Asking asking;
  asking.organisation = job.organisation;
  asking.organisation_name = world.name_of(job.organisation);
  asking.job = job.id;
  asking.requirements = &requirements;
  asking.has_begun = job.next_task > 0;
  asking.learned = job.learned();
  asking.waiting = job.waiting();
  asking.live = job.live;
  asking.unsettled = asking.waiting + job.live;
  asking.throttle = job.throttle;
  asking.charged = job.charged;
  asking.held = job.held;
  asking.older_lease_until = older_lease_until(job, world);
  asking.available = world.available(job.organisation);
  asking.input_bytes = job.input_bytes;
  asking.world = &world;
  if (job.is_bounded()) asking.tasks_at = tasks_by_centre(job.id, world);
  return asking;
}

bool has_chip(const PoolRow& pool, const Requirements& requirements) {
  const auto& chips = requirements.chips;
  const auto is_pools_chip = [&](const std::string& chip) { return is_same_chip(chip, pool.chip); };
  return chips.empty() || std::any_of(chips.begin(), chips.end(), is_pools_chip);
}

std::optional<Duration> latency_to(const CentreState& centre, const std::string& city) {
  const auto found = std::find_if(centre.latency.begin(), centre.latency.end(),
                                  [&](const CityLatency& each) { return each.city == city; });
  if (found == centre.latency.end()) return std::nullopt;
  return found->round_trip;
}

bool has_software(const PoolRow& pool, const SoftwareNeed& need) {
  return std::any_of(pool.software.begin(), pool.software.end(), [&](const Software& offered) {
    return offered.name == need.name && version_at_least(offered.version, need.version_min);
  });
}

std::vector<Gap> fixed_gaps(const Requirements& requirements, const PoolState& pool) {
  std::vector<Gap> gaps;
  const PoolRow& row = pool.row;
  const Need need = need_of(requirements.resources);
  constexpr Constraint of_kind[kinds] = {Constraint::cores, Constraint::memory, Constraint::cards};
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (need.each.of[kind] > pool.per_node.of[kind])
      gaps.push_back({of_kind[kind], need.each.of[kind], pool.per_node.of[kind]});
  }
  if (need.is_gang() && need.nodes > row.nodes) gaps.push_back({Constraint::nodes, need.nodes, row.nodes});
  if (const std::int64_t most = task_nodes_max_of(row, true); need.is_in_rack && need.nodes > most)
    gaps.push_back({Constraint::rack, need.nodes, most});
  if (!has_chip(row, requirements)) gaps.push_back({Constraint::chip});
  const auto& software = requirements.software;
  const auto is_there = [&](const SoftwareNeed& need_of) { return has_software(row, need_of); };
  if (!std::all_of(software.begin(), software.end(), is_there)) gaps.push_back({Constraint::software});
  if (requirements.wall_time > row.wall_time_max)
    gaps.push_back({Constraint::wall_time, requirements.wall_time.microseconds(), row.wall_time_max.microseconds()});
  if (!is_among(requirements.regions, pool.centre->region)) gaps.push_back({Constraint::region});
  if (!is_among(requirements.providers, pool.centre->provider != nullptr ? *pool.centre->provider : std::string()))
    gaps.push_back({Constraint::provider});
  if (requirements.core_capability_min > row.core_capability)
    gaps.push_back({Constraint::capability, requirements.core_capability_min.value(), row.core_capability.value()});
  const bool has_cards = !row.cards_per_node.is_zero();  // else it lacks cards, not fast ones
  if (has_cards && requirements.card_capability_min > row.card_capability)
    gaps.push_back(
        {Constraint::card_capability, requirements.card_capability_min.value(), row.card_capability.value()});
  for (std::size_t i = 0; i < requirements.latency.size(); ++i) {
    const LatencyBound& bound = requirements.latency[i];
    const auto known = latency_to(*pool.centre, bound.city);
    if (known && *known <= bound.at_most) continue;
    Gap gap{Constraint::latency};
    if (known) gap = {Constraint::latency, bound.at_most.microseconds(), known->microseconds()};
    gap.bound = i;
    gaps.push_back(gap);
  }
  if (pool.centre->current_offer() == nullptr) gaps.push_back({Constraint::price});
  return gaps;
}

CapacityGaps capacity_gaps(const PoolState& pool, const Need& need) {
  CapacityGaps found;
  const std::int64_t nodes = need.is_gang() ? pool.widest_that_fits(need) : 0;
  if (nodes > 0) {
    found.add({Constraint::capacity, need.nodes, nodes, true, in_cores, true});
    return found;
  }
  const Amounts free = pool.free();
  Need mended = need;
  for (std::size_t kind = 0; kind < kinds; ++kind)
    mended.each.of[kind] = std::min(need.each.of[kind], free.of[kind] / need.nodes);
  const auto amount = [&](Kind kind) { return need.each.of[kind]; };
  for (const Kind kind : {in_cores, in_bytes, in_millicards}) {
    if (mended.each.of[kind] == amount(kind)) continue;
    Need asked = mended;
    asked.each.of[kind] = amount(kind);
    const std::int64_t fits = pool.largest_that_fits(asked, kind);
    found.add({Constraint::capacity, amount(kind), fits >= 0 ? fits : mended.each.of[kind], true, kind});
  }
  for (const Kind kind : {in_cores, in_bytes, in_millicards}) {
    if (found.count > 0) break;
    const std::int64_t fits = amount(kind) > 0 ? pool.largest_that_fits(need, kind) : -1;
    if (fits >= 0) found.add({Constraint::capacity, amount(kind), fits, true, kind});
  }
  if (found.count == 0) found.add({Constraint::capacity, amount(in_cores), 0, true, in_cores});
  return found;
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
    const bool is_estimated = has_estimate(requirements.run_time, asking.learned);
    if (!asking.has_begun && is_estimated && terms.job_cost.micro() > cap) {
      needed = std::max(needed, terms.job_cost.micro());
      passes = false;
    }
    if (needed > cap) gaps.push_back({Constraint::price_cap, cap, needed, passes});
  }
  if (terms.task_hold > asking.available)
    gaps.push_back({Constraint::funds, terms.task_hold.micro(), asking.available.micro(), true});
  return gaps;
}

std::vector<Gap> deadline_gaps(const Asking& asking, const PoolState& pool, UnixTime now) {
  const UnixTime start = asking.start(now);
  if (asking.is_in_time(start, pool)) return {};
  return {{Constraint::deadline, needed_time(asking.run_on(pool.row), asking.staging(pool)).microseconds(),
           (asking.requirements->finish_by - start).microseconds()}};
}

Spread Asking::spread(const PoolState& pool) const {
  Spread there{requirements->tasks_per_node_max, 0};
  const auto at = tasks_at.find(pool.centre->id);
  if (at == tasks_at.end()) return there;
  there.own = std::count_if(at->second.begin(), at->second.end(),
                            [&](const Holding* each) { return each->pool == pool.index; });
  return there;
}

namespace {

/// Where no further task of it would find a node: how many it had to let run on one.
std::optional<Gap> apart_gap(const Asking& asking, const PoolState& pool) {
  if (!asking.keeps_apart()) return std::nullopt;
  const Need need = asking.need();
  const Spread there = asking.spread(pool);
  if (there.own == 0) return std::nullopt;
  const bool lacks_node = pool.has_room(need) && slots_apart(pool, need, there) == 0;
  if (!lacks_node && tasks_left(pool, need, there) > 0) return std::nullopt;
  const std::int64_t needed = on_node_needed(pool, need, there);
  if (needed == 0) return std::nullopt;
  return Gap{Constraint::tasks_per_node, needed, there.on_node_max, true};
}

}  // namespace

std::vector<Gap> passing_gaps(const Asking& asking, const PoolState& pool, bool is_large_enough,
                              Outlook& outlook) {
  std::vector<Gap> gaps;
  const UnixTime now = outlook.now();
  const UnixTime start = asking.start(now);
  if (start > now) gaps.push_back({Constraint::not_before, (start - now).microseconds(), 0, true});
  if (!pool.centre->reachable(now)) {
    // One that was never heard has been silent since the beginning of time.
    const Duration silence = now - pool.centre->heard_at;
    gaps.push_back({Constraint::reachable, reachable_within.microseconds(), silence.microseconds(), true});
  }
  const Need need = asking.need();
  if (is_large_enough && !pool.has_room(need)) {
    const CapacityGaps& found = outlook.lacks(pool, need);
    gaps.insert(gaps.end(), found.gaps.begin(), found.gaps.begin() + static_cast<std::ptrdiff_t>(found.count));
  }
  // Where the deadline rules the pool out, no lease has a length.
  const Duration wall_time = asking.is_in_time(start, pool) ? asking.wall_at(start, pool) : asking.requirements->wall_time;
  const Duration staging = asking.staging(pool);
  if (pool.promise && pool.promise->job != asking.job && pool.has_room(need) &&
      pool.keeps_out(need, wall_time + staging, now)) {
    const Duration within = pool.promised_within(now) - staging;
    gaps.push_back({Constraint::reserved, wall_time.microseconds(), within.microseconds(), true});
  }
  const ReservationRow* closing = pool.closing(start, [&](const ReservationRow& row) { return asking.is_named(row); });
  const Duration within = closing != nullptr ? open_within(*closing, start) - staging : Duration();
  if (closing != nullptr && wall_time > within) {
    gaps.push_back({Constraint::closed, wall_time.microseconds(), within.microseconds(), true});
    gaps.back().closing = closing;
  }
  if (asking.throttle > 0 && asking.live >= asking.throttle)
    gaps.push_back({Constraint::throttle, asking.live + 1, asking.throttle, true});
  if (asking.is_centre_full_of_it(pool))
    gaps.push_back({Constraint::tasks_per_centre, asking.tasks_there(pool) + 1,
                    asking.requirements->tasks_per_centre_max, true});
  if (const auto apart = apart_gap(asking, pool)) gaps.push_back(*apart);
  return gaps;
}

}  // namespace dayan::place
