#include "place/reclaim_choice.h"

#include <algorithm>
#include <map>
#include <queue>
#include <tuple>

namespace dayan::place {
namespace {

constexpr Duration any_age = Duration::microseconds(-int64_max);

struct Candidate {
  std::int64_t waste = 0;
  const Holding* lease = nullptr;
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return std::tie(a.waste, a.lease->attempt) < std::tie(b.waste, b.lease->attempt);
  }
};

/// Leases of one shape are alike to a packing: of them those go first of which least is lost.
struct Kindred {
  Need shape;
  std::vector<Candidate> leases;
};

class Choice {
 public:
  Choice(const PoolState& pool, const Need& need, std::int64_t tasks, UnixTime now, Duration age_min)
      : pool_(pool), need_(need), tasks_(tasks), held_(pool.held_at(now + reclaim_notice)) {
    std::map<Need, std::vector<Candidate>> by_shape;
    for (const Holding* each : pool.reclaimable) {
      const bool goes_by_itself = each->ends_at <= now + reclaim_notice;
      if (goes_by_itself || now - each->granted_at < age_min) continue;
      by_shape[each->shape].push_back({waste_of(*each, pool, now), each});
    }
    for (auto& [shape, leases] : by_shape) {
      std::sort(leases.begin(), leases.end());
      kin_.push_back({shape, std::move(leases)});
    }
  }

  using Counts = std::vector<std::int32_t>;  ///< how many of each kindred go

  [[nodiscard]] Counts none() const { return Counts(kin_.size(), 0); }
  [[nodiscard]] Counts all() const {
    Counts counts;
    for (const Kindred& each : kin_) counts.push_back(static_cast<std::int32_t>(each.leases.size()));
    return counts;
  }
  [[nodiscard]] std::int64_t slots(const Counts& counts) const {
    PoolState::Held left = held_;
    for (std::size_t i = 0; i < kin_.size(); ++i) {
      if (counts[i] == 0) continue;
      remove_shape(left.shapes, kin_[i].shape, counts[i]);
      for (std::int32_t n = 0; n < counts[i]; ++n) left.amounts = minus(left.amounts, kin_[i].shape.all());
    }
    return pool_.slots_beside(left.shapes, left.amounts, need_);
  }
  [[nodiscard]] bool makes_room(const Counts& counts) const { return slots(counts) >= tasks_; }

  /// There is a set: the best one.
  [[nodiscard]] Counts best() const {
    std::priority_queue<Set, std::vector<Set>, std::greater<>> sets;
    sets.push({0, 0, none(), 0});
    std::size_t packed = 0;
    const std::size_t sets_max = reclaim_counts_kept_max / kin_.size();
    for (std::size_t weighed = 0; weighed < reclaim_sets_weighed_max && packed < reclaim_sets_packed_max &&
                                  sets.size() < sets_max;
         ++weighed) {
      const Set next = sets.top();
      sets.pop();
      if (is_large_enough(next.counts)) {
        ++packed;
        if (makes_room(next.counts)) return next.counts;
      }
      // Each set is made once: of the one that lacks the last lease of its last kindred.
      for (std::size_t i = next.last; i < kin_.size(); ++i) {
        const auto taken = static_cast<std::size_t>(next.counts[i]);
        if (taken == kin_[i].leases.size()) continue;
        Set more = next;
        ++more.counts[i];
        ++more.leases;
        more.waste = plus(more.waste, kin_[i].leases[taken].waste);
        more.last = i;
        sets.push(std::move(more));
      }
      if (sets.empty()) break;
    }
    return cheapest_first();
  }

  [[nodiscard]] std::vector<const Holding*> leases(const Counts& counts) const {
    std::vector<const Holding*> chosen;
    for (std::size_t i = 0; i < kin_.size(); ++i) {
      for (std::size_t n = 0; n < static_cast<std::size_t>(counts[i]); ++n) chosen.push_back(kin_[i].leases[n].lease);
    }
    std::sort(chosen.begin(), chosen.end(),
              [](const Holding* a, const Holding* b) { return a->attempt < b->attempt; });
    return chosen;
  }

 private:
  struct Set {
    std::int64_t waste = 0;
    std::int32_t leases = 0;
    Counts counts;
    std::size_t last = 0;
    friend bool operator>(const Set& a, const Set& b) {
      return std::tie(a.waste, a.leases, a.counts) > std::tie(b.waste, b.leases, b.counts);
    }
  };

  /// By sums, which nothing that makes room can lack.
  [[nodiscard]] bool is_large_enough(const Counts& counts) const {
    Amounts free = minus(minus(pool_.total, held_.amounts), pool_.foreign);
    for (std::size_t i = 0; i < kin_.size(); ++i) {
      const Amounts each = kin_[i].shape.all();
      for (std::size_t kind = 0; kind < kinds; ++kind)
        free.of[kind] = plus(free.of[kind], times(each.of[kind], counts[i]));
    }
    return fit_count(free, need_.all()) >= tasks_;
  }

  /// Lease by lease, those first of which least is lost, until there is room; then back without each that was not
  /// needed, the dearest first.
  [[nodiscard]] Counts cheapest_first() const {
    std::vector<std::pair<Candidate, std::size_t>> order;
    for (std::size_t i = 0; i < kin_.size(); ++i) {
      for (const Candidate& each : kin_[i].leases) order.emplace_back(each, i);
    }
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    const auto first = [&](std::size_t wanted) {
      Counts counts = none();
      for (std::size_t n = 0; n < wanted; ++n) ++counts[order[n].second];
      return counts;
    };
    std::size_t too_few = 0;
    std::size_t enough = order.size();
    while (enough - too_few > 1) {
      const std::size_t middle = too_few + (enough - too_few) / 2;
      (makes_room(first(middle)) ? enough : too_few) = middle;
    }
    Counts counts = first(enough);
    for (std::size_t n = enough; n-- > 0;) {
      Counts fewer = counts;
      if (--fewer[order[n].second] < 0) continue;
      if (makes_room(fewer)) counts = std::move(fewer);
    }
    return counts;
  }

  const PoolState& pool_;
  Need need_;
  std::int64_t tasks_;
  PoolState::Held held_;  ///< what is still there then
  std::vector<Kindred> kin_;
};

}  // namespace

std::int64_t waste_of(const Holding& lease, const PoolState& pool, UnixTime now) {
  if (lease.started_at.is_none() || lease.started_at >= now) return 0;
  constexpr std::int64_t whole = 1'000'000;
  const Amounts all = lease.shape.all();
  std::int64_t part = 0;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (pool.total.of[kind] <= 0) continue;
    const auto here = mul_div(all.of[kind], whole, pool.total.of[kind], Rounding::up);
    part = std::max(part, here.has_value() ? *here : int64_max);
  }
  return times((now - lease.started_at).microseconds() / 1'000, part);
}

std::optional<std::vector<const Holding*>> leases_to_take_back(const PoolState& pool, const Need& need,
                                                               std::int64_t tasks, UnixTime now) {
  for (const Duration age_min : {reclaim_age_min, any_age}) {
    const Choice choice(pool, need, tasks, now, age_min);
    if (choice.makes_room(choice.none())) return std::nullopt;
    if (choice.makes_room(choice.all())) return choice.leases(choice.best());
  }
  return std::nullopt;
}

bool can_make_room(const PoolState& pool, const Need& need, std::int64_t tasks, UnixTime now) {
  const Choice choice(pool, need, tasks, now, any_age);
  return !choice.makes_room(choice.none()) && choice.makes_room(choice.all());
}

std::int64_t slots_with_all_taken_back(const PoolState& pool, const Need& need, UnixTime now) {
  const Choice choice(pool, need, 1, now, any_age);
  return choice.slots(choice.all());
}

}  // namespace dayan::place
