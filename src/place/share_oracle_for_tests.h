#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/wide.h"
#include "model/meter.h"
#include "place/shares.h"

/// The rules of shares.h, worked out plainly: from the rows alone, nothing kept but the setbacks themselves.

namespace dayan::place {

/// Setbacks, worked out from the rows alone; of what was before only the setbacks themselves are kept.
struct KeptShares {
  using Member = std::pair<OrganisationId, ProjectId>;
  std::map<OrganisationId, Duration> organisations;
  std::map<Member, Duration> projects;  ///< their own
  std::map<Member, Duration> known;     ///< of projects that have come to be known, in all
  std::int64_t minute = -1;

  struct Rows {
    std::map<OrganisationId, std::int64_t> weights;
    std::map<Member, std::int64_t> project_weights;
    std::map<Member, UsageRow> usage;
    const std::map<JobId, JobRow>* jobs = nullptr;
    const std::map<AttemptKey, LeaseRow>* leases = nullptr;
    std::vector<PoolRow> pools;
  };
  using Wide = Int128;

  /// Thousandths of reference cards.
  static std::int64_t cards(const PoolRow& pool, MilliCards all) {
    const std::int64_t of_one = pool.card_capability.value() == 0 ? 10'000 : pool.card_capability.value();
    return (all.value() * of_one + 9'999) / 10'000;
  }

  void renew(const Rows& rows, UnixTime now) {
    if (now.microseconds() / 60'000'000 == minute) return;
    minute = now.microseconds() / 60'000'000;
    std::map<Member, std::array<std::int64_t, 3>> used;
    std::set<Member> active;
    std::set<Member> waiting;
    const UnixTime period = usage_period(now);
    for (const auto& [member, weight] : rows.project_weights) used[member] = {};
    for (auto [member, usage] : rows.usage) {
      move_to(usage, period);
      used[member] = {usage.core_ms, usage.memory_mib_s, usage.card_ms};
    }
    std::map<Member, std::array<Wide, 3>> running;
    for (const auto& [id, job] : *rows.jobs) {
      active.insert({job.organisation, job.project});
      if (job.state != JobState::cancelling && job.count - job.next_task + job.retrying > 0)
        waiting.insert({job.organisation, job.project});
    }
    for (const auto& [id, lease] : *rows.leases) {
      const JobRow& job = rows.jobs->at(lease.job);
      const Resources all = over_all_nodes(lease.resources);
      const auto pool = std::find_if(rows.pools.begin(), rows.pools.end(), [&](const PoolRow& each) {
        return each.centre == lease.centre && each.name == lease.pool;
      });
      const std::int64_t all_cards = pool != rows.pools.end() ? cards(*pool, all.cards) : all.cards.value();
      const std::array<std::int64_t, 3> units = {all.cores.value(), (all.memory.value() + 1'048'575) / 1'048'576,
                                                 all_cards};
      const std::int64_t ran = weighed_time(now, period) - weighed_time(lease.granted_at, period);
      for (std::size_t i = 0; i < 3; ++i)
        running[{job.organisation, job.project}][i] += static_cast<Wide>(units[i]) * ran;
    }
    std::array<Wide, 3> whole{};
    for (const PoolRow& pool : rows.pools) {
      whole[0] += pool.cores_per_node.value() * pool.nodes;
      whole[1] += static_cast<Wide>(pool.memory_per_node.value()) * pool.nodes;
      whole[2] += cards(pool, pool.cards_per_node * pool.nodes);
    }
    const auto time_of = [&](const std::array<std::int64_t, 3>& sums) {
      const std::array<std::int64_t, 3> scale = {1'000, 1'048'576'000'000, 1'000'000};
      std::int64_t most = 0;
      for (std::size_t i = 0; i < 3; ++i) {
        if (whole[i] == 0) continue;
        const Wide weighed = static_cast<Wide>(sums[i]) * scale[i] / whole[i];
        most = std::max(most, static_cast<std::int64_t>(weighed * weighed_time(period, period) / weighed_time(now, period)));
      }
      return most;
    };
    std::map<OrganisationId, std::array<std::int64_t, 3>> of_all;
    std::map<OrganisationId, std::vector<Member>> members;
    for (auto& [member, sums] : used) {
      const std::array<Wide, 3> ran = running[member];
      sums[0] += static_cast<std::int64_t>(std::max<Wide>(ran[0] / 1'000, 0));
      sums[1] += static_cast<std::int64_t>(std::max<Wide>(ran[1] / 1'000'000, 0));
      sums[2] += static_cast<std::int64_t>(std::max<Wide>(ran[2] / 1'000'000, 0));
      for (std::size_t i = 0; i < 3; ++i) of_all[member.first][i] += sums[i];
      members[member.first].push_back(member);
    }
    const auto is_active = [&](OrganisationId id) {
      return std::any_of(members[id].begin(), members[id].end(), [&](const Member& m) { return active.contains(m); });
    };
    const auto back = [](std::int64_t most, Wide spent, Wide all) {
      return Duration::microseconds(static_cast<std::int64_t>(most * spent / std::max<Wide>(most, spent + all)));
    };
    for (const auto& [id, weight] : rows.weights) {
      Wide all_time = time_of(of_all[id]);
      Wide all_weight = weight;
      for (const auto& [other, its] : rows.weights) {
        if (other == id || !is_active(other)) continue;
        all_time += time_of(of_all[other]);
        all_weight += its;
      }
      const Wide spent = Wide{time_of(of_all[id])} * all_weight / weight;
      organisations[id] = kept_setback(organisations[id], back(18 * 3'600'000'000, spent, all_time));
      std::map<Member, Duration> raw;
      Duration least = Duration::hours(6);
      for (const Member& each : members[id]) {
        const std::int64_t its = rows.project_weights.at(each);
        Wide time = time_of(used[each]);
        Wide weights = its;
        for (const Member& sibling : members[id]) {
          if (sibling == each || !active.contains(sibling)) continue;
          time += time_of(used[sibling]);
          weights += rows.project_weights.at(sibling);
        }
        const Wide own = Wide{time_of(used[each])} * weights / its;
        raw[each] = back(6 * 3'600'000'000, own * all_weight / weight, time * all_weight / weight);
        if (waiting.contains(each)) least = std::min(least, raw[each]);
      }
      for (const Member& each : members[id]) {
        projects[each] = kept_setback(projects[each], raw[each] - std::min(raw[each], least));
        known[each] = organisations[id] + projects[each];
      }
    }
  }
};

}  // namespace dayan::place
