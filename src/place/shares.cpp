#include "place/shares.h"

#include <algorithm>

namespace dayan::place {
namespace {

constexpr int mib_shift = 20;
/// Units × µs of the weighed time that make one of a UsageRow: core-ms, MiB-s, card-ms (of reference cards).
constexpr std::array<std::int64_t, kinds> row_units = {1'000, 1'000'000, 1'000'000};

std::int64_t clamped(Int128 value) {
  if (value < 0) return 0;
  return value > static_cast<Int128>(int64_max) ? int64_max : static_cast<std::int64_t>(value);
}

UInt128 spent_time(std::int64_t time, UInt128 weights, std::int64_t weight) {
  return static_cast<UInt128>(time) * weights / static_cast<UInt128>(weight);
}

std::int64_t millionths(UInt128 part, UInt128 whole) {
  constexpr UInt128 all = 1'000'000;
  return whole == 0 ? 0 : static_cast<std::int64_t>(part * all / whole);
}

}  // namespace

Duration setback_of(Duration most, UInt128 spent, UInt128 of_all) {
  const auto limit = static_cast<UInt128>(most.microseconds());
  // Beyond this the quotient does not move any more, and no product leaves 128 bits.
  constexpr UInt128 enough = static_cast<UInt128>(1) << 88;
  while (spent > enough || of_all > enough) {
    spent >>= 1;
    of_all >>= 1;
  }
  return Duration::microseconds(static_cast<std::int64_t>(limit * spent / std::max(limit, spent + of_all)));
}

Duration kept_setback(Duration kept, Duration raw) {
  const std::int64_t apart = (raw > kept ? raw - kept : kept - raw).microseconds();
  if (apart < setback_change_min.microseconds()) return kept;
  if (apart < kept.microseconds() / setback_change_part) return kept;
  constexpr std::int64_t second = 1'000'000;
  return Duration::seconds(raw.microseconds() / second);
}

ShareUnits share_units(const Need& need, Capability card) {
  const Amounts all = need.all();
  const std::int64_t bytes = all.of[in_bytes];
  const std::int64_t part = (bytes & ((std::int64_t{1} << mib_shift) - 1)) != 0 ? 1 : 0;
  const MilliCards cards = in_reference_cards(MilliCards(all.of[in_millicards]), card);
  return {all.of[in_cores], (bytes >> mib_shift) + part, cards.value()};
}

OrganisationShare& Shares::of(OrganisationId organisation) {
  OrganisationShare& found = organisations_[organisation];
  found.id = organisation;
  return found;
}

ProjectShare& Shares::of(OrganisationId organisation, ProjectId project) {
  const auto [found, is_new] = projects_.try_emplace({organisation, project});
  if (!is_new) return found->second;
  OrganisationShare& owner = of(organisation);
  found->second.id = project;
  found->second.organisation = &owner;
  found->second.setback = owner.setback;
  owner.projects.push_back(&found->second);
  std::ranges::sort(owner.projects, {}, &ProjectShare::id);
  return found->second;
}

void Shares::put(const UsageRow& row, bool is_live) {
  of(row.organisation, row.project).settled = is_live ? row : UsageRow();
}

void Shares::add(JobRecord& job, ProjectShare& to) {
  job.share = &to;
  job.share_place = static_cast<std::uint32_t>(to.jobs.size());
  to.jobs.push_back(&job);
}

void Shares::remove(JobRecord& job) {
  std::vector<JobRecord*>& jobs = job.share->jobs;
  jobs[job.share_place] = jobs.back();
  jobs[job.share_place]->share_place = job.share_place;
  jobs.pop_back();
  job.share = nullptr;
}

void Shares::count(ProjectShare& project, const ShareUnits& units, UnixTime granted_at, int sign) {
  if (period_.is_none()) period_ = usage_period(std::max(granted_at, UnixTime()));
  const auto since = static_cast<Int128>(weighed_time(granted_at, period_));
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    project.held[kind] += sign * units[kind];
    project.begun[kind] += sign * (static_cast<Int128>(units[kind]) * since);
  }
}

void Shares::count_capacity(const Amounts& total, int sign) {
  for (std::size_t kind = 0; kind < kinds; ++kind) capacity_[kind] += sign * static_cast<Int128>(total.of[kind]);
}

bool Shares::is_due(UnixTime now) const { return now.microseconds() / shares_every.microseconds() != worked_out_; }

bool Shares::begin(UnixTime now) {
  const UnixTime period = usage_period(std::max(now, UnixTime()));
  if (period == period_) return false;
  period_ = period;
  for (auto& [key, project] : projects_) {
    project.held = {};
    project.begun = {};
  }
  return true;
}

bool Shares::is_active(const OrganisationShare& organisation) {
  return std::ranges::any_of(organisation.projects, [](const ProjectShare* each) { return !each->jobs.empty(); });
}

/// The time of every project and organisation.
void Shares::measure(UnixTime now) {
  const auto reached = static_cast<Int128>(weighed_time(now, period_));
  const auto whole = static_cast<UInt128>(weighed_time(period_, period_));
  using Used = std::array<std::int64_t, kinds>;
  const auto add = [](Used& sum, const Used& more) {
    for (std::size_t kind = 0; kind < kinds; ++kind) sum[kind] = plus(sum[kind], more[kind]);
  };
  // Units × µs of a full platform's µs, in the units of capacity_: bytes for memory, thousandths for cards.
  constexpr std::array<UInt128, kinds> scale = {1'000, UInt128{1'000'000} << mib_shift, 1'000'000};
  const auto time_of = [&](const Used& used, Kind& dominant) {
    std::int64_t most = 0;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      if (capacity_[kind] <= 0) continue;
      const UInt128 weighed = static_cast<UInt128>(used[kind]) * scale[kind] / static_cast<UInt128>(capacity_[kind]);
      const std::int64_t time = clamped(static_cast<Int128>(
          static_cast<UInt128>(clamped(static_cast<Int128>(weighed))) * whole / static_cast<UInt128>(reached)));
      if (time <= most) continue;
      most = time;
      dominant = static_cast<Kind>(kind);
    }
    return most;
  };
  for (auto& [id, organisation] : organisations_) {
    Used all{};
    Kind ignored = in_cores;
    for (ProjectShare* project : organisation.projects) {
      UsageRow settled = project->settled;
      if (settled.period < period_) move_to(settled, period_);
      Used used = {settled.core_ms, settled.memory_mib_s, settled.card_ms};
      for (std::size_t kind = 0; kind < kinds; ++kind) {
        const Int128 running = static_cast<Int128>(project->held[kind]) * reached - project->begun[kind];
        used[kind] = plus(used[kind], clamped(running / row_units[kind]));
      }
      project->time = time_of(used, ignored);
      add(all, used);
    }
    organisation.dominant = in_cores;
    organisation.time = time_of(all, organisation.dominant);
  }
}

Shares::Sum Shares::sum() const {
  Sum sum;
  for (const auto& [id, each] : organisations_) {
    if (is_active(each)) sum = with(sum, each.time, each.weight, false);
  }
  return sum;
}

/// With one more, unless it is among them already.
Shares::Sum Shares::with(Sum sum, std::int64_t time, std::int64_t weight, bool is_active) {
  if (is_active) return sum;
  return {sum.time + static_cast<UInt128>(time), sum.weight + static_cast<UInt128>(weight)};
}

std::vector<Shares::Change> Shares::renew(UnixTime now) {
  worked_out_ = now.microseconds() / shares_every.microseconds();
  as_of_ = now;
  measure(now);
  const Sum active = sum();
  std::vector<Change> changed;
  for (auto& [id, organisation] : organisations_) {
    const Sum all = with(active, organisation.time, organisation.weight, is_active(organisation));
    const UInt128 spent = spent_time(organisation.time, all.weight, organisation.weight);
    organisation.setback = kept_setback(organisation.setback, setback_of(organisation_setback_max, spent, all.time));
    renew_projects(organisation, all, changed);
  }
  return changed;
}

void Shares::renew_projects(OrganisationShare& organisation, const Sum& all, std::vector<Change>& changed) {
  Sum active;
  for (const ProjectShare* each : organisation.projects) {
    if (!each->jobs.empty()) active = with(active, each->time, each->weight, false);
  }
  // In time of the organisation's due part, as the organisation's own is.
  const auto own_time = [&](UInt128 time) {
    return spent_time(clamped(static_cast<Int128>(time)), all.weight, organisation.weight);
  };
  const auto raw_of = [&](const ProjectShare& each) {
    const Sum siblings = with(active, each.time, each.weight, !each.jobs.empty());
    const UInt128 spent = spent_time(each.time, siblings.weight, each.weight);
    return setback_of(project_setback_max, own_time(spent), own_time(siblings.time));
  };
  Duration least = project_setback_max;
  for (const ProjectShare* each : organisation.projects) {
    if (each->waiting > 0) least = std::min(least, raw_of(*each));
  }
  for (ProjectShare* each : organisation.projects) {
    const Duration raw = raw_of(*each);
    each->own_setback = kept_setback(each->own_setback, raw - std::min(raw, least));
    const Duration before = each->setback;
    each->setback = organisation.setback + each->own_setback;
    if (each->setback != before) changed.push_back({each, before});
  }
}

ShareStanding Shares::standing_of(const OrganisationShare& organisation, const Sum& active) const {
  const Sum all = with(active, organisation.time, organisation.weight, is_active(organisation));
  constexpr std::array<ShareResource, kinds> resources = {ShareResource::cores, ShareResource::memory,
                                                          ShareResource::cards};
  ShareStanding standing;
  standing.organisation = organisation.id;
  standing.weight = organisation.weight;
  standing.is_active = is_active(organisation);
  standing.resource = resources[organisation.dominant];
  standing.time = Duration::microseconds(organisation.time);
  standing.share = millionths(static_cast<UInt128>(organisation.time), all.time);
  standing.due = millionths(static_cast<UInt128>(organisation.weight), all.weight);
  standing.setback = organisation.setback;
  standing.setback_at_due = setback_of(organisation_setback_max, all.time, all.time);
  for (const ProjectShare* each : organisation.projects) {
    if (each->time == 0 && each->jobs.empty()) continue;
    standing.projects.push_back({each->id, each->weight, Duration::microseconds(each->time), each->own_setback});
  }
  return standing;
}

ShareTable Shares::table() const {
  const Sum active = sum();
  ShareTable table{as_of_, {}};
  for (const auto& [id, each] : organisations_) {
    if (each.time > 0 || is_active(each)) table.organisations.push_back(standing_of(each, active));
  }
  return table;
}

std::optional<SetBack> Shares::set_back(const JobRecord& job) const {
  if (job.share->setback == Duration()) return std::nullopt;
  // Who waits alone stands behind nobody for it.
  const auto others = [&](const auto& each) { return each.first != job.organisation && is_active(each.second); };
  if (job.share->own_setback == Duration() && std::ranges::none_of(organisations_, others)) return std::nullopt;
  const ShareStanding standing = standing_of(*job.share->organisation, sum());
  return SetBack{job.share->setback, job.share->own_setback, standing.setback_at_due,
                 standing.resource,  standing.share,         standing.due};
}

}  // namespace dayan::place
