#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "place/change_log.h"
#include "place/preference.h"
#include "place/world.h"

/// Ranking: all pools as one class of jobs sees them, for good: which can never run it and why, and the others best
/// first. What passes with time (room, reachability, money) is no part of it, so it changes only with the rows of
/// pools, centres and offers, and then by the pools that changed.

namespace dayan::place {

/// What like jobs are asked by: a Common, whether their run time is known, and how much data they bring.
struct ClassKey {
  std::uint64_t common = 0;  ///< its serial
  bool is_estimated = false;
  DataSteps data = {};
  friend constexpr auto operator<=>(const ClassKey&, const ClassKey&) = default;
};

/// What a class cannot change about a pool, a bit each. Whether its centre accepts the customer is no part of it:
/// customers of one class differ in it (acceptance.h).
enum Verdict : std::uint16_t {
  too_few_cores = 1 << 0,
  too_little_memory = 1 << 1,
  too_few_cards = 1 << 2,
  wrong_chip = 1 << 3,
  lacks_software = 1 << 4,
  wrong_region = 1 << 5,
  wrong_provider = 1 << 6,
  has_no_offer = 1 << 7,
  too_few_nodes = 1 << 8,
  too_slow = 1 << 9,
  too_far = 1 << 10,
  has_slow_cards = 1 << 11,
  has_small_racks = 1 << 12,
  is_unknown = 1 << 15,
};
inline constexpr std::array<Constraint, 13> verdict_constraints{
    Constraint::cores,  Constraint::memory,   Constraint::cards, Constraint::chip,  Constraint::software,  Constraint::region,
    Constraint::provider, Constraint::price, Constraint::nodes, Constraint::capability, Constraint::latency,
    Constraint::card_capability, Constraint::rack};

/// Which names of a pool rule it out for a class: a cache line, so that a hundred classes are passed over without a look
/// at their rankings. Says yes to names that it does not know.
class NameSieve {
 public:
  [[nodiscard]] bool passes(const PoolState& pool) const {
    return chips_.passes(pool.chip) && software_.passes(pool.software) && regions_.passes(pool.region) &&
           providers_.passes(pool.provider);
  }
  /// Verdicts by number of the name.
  using Verdicts = std::vector<std::uint16_t>;
  void set(const Verdicts& chips, const Verdicts& software, const Verdicts& regions, const Verdicts& providers) {
    chips_.set(chips);
    software_.set(software);
    regions_.set(regions);
    providers_.set(providers);
  }

 private:
  template <std::size_t words>
  struct Sieve {
    std::array<std::uint64_t, words> ruled_out{};
    [[nodiscard]] bool passes(std::uint32_t number) const {
      return number >= words * 64 || (ruled_out[number / 64] >> (number % 64) & 1) == 0;
    }
    void set(const Verdicts& verdicts) {
      for (std::size_t i = 0; i < std::min(verdicts.size(), words * 64); ++i)
        ruled_out[i / 64] |= std::uint64_t{verdicts[i] != 0} << (i % 64);
    }
  };
  Sieve<1> chips_;
  Sieve<4> software_;
  Sieve<1> regions_;
  Sieve<2> providers_;
};

struct RankedPool {
  float score = 0;  ///< by the objective; less is better. Where it hangs on what is not known: behind all others
  PoolIndex pool = 0;
};

class Ranking {
 public:
  Ranking(const ClassKey& key, const Requirements& requirements);

  /// Brings it up to date with what has changed since; builds it at first.
  void refresh(const World& world, const ChangeLog& replaced);
  /// True when refresh() has nothing to do.
  [[nodiscard]] bool is_fresh(const ChangeLog& replaced) const { return is_built_ && cursor_ == replaced.end(); }
  [[nodiscard]] bool is_built() const { return is_built_; }

  [[nodiscard]] const std::vector<RankedPool>& best_first() const { return order_; }
  [[nodiscard]] const Bits& feasible() const { return feasible_; }
  [[nodiscard]] std::uint16_t verdict(PoolIndex pool) const { return verdicts_[pool]; }
  [[nodiscard]] float score(const PoolFigures& figures) const;
  /// How many pools each verdict rules out, and the best margin.
  [[nodiscard]] std::vector<RuledOut> ruled_out(const World& world) const;

  /// Micro-yuan an hour of one task there.
  [[nodiscard]] double rate(const PoolFigures& figures) const {
    if (requirements_.reclaimable) return reclaimable_rate(figures);
    return cores_ * figures.core_hour + cards_ * figures.card_hour + gigabytes_ * figures.gb_hour;
  }
  /// Run time there as a multiple of that on the reference; 1 when only the wall time is known.
  [[nodiscard]] double slowness(const PoolFigures& figures) const {
    if (!key_.is_estimated) return 1;
    return cards_ > 0 ? figures.card_slowness : figures.core_slowness;
  }
  /// What moving the inputs there takes, as a multiple of the run time on the reference; zero where the link is not
  /// known: who has told nothing and has had nothing to fetch yet is ranked as if data were there at once, since else
  /// nobody would ever find out.
  [[nodiscard]] double lag(const PoolFigures& figures) const {
    return figures.bandwidth > 0 ? data_of_task_ / figures.bandwidth : 0;
  }
  /// From the lease of a task to its end: its run, and its inputs before.
  [[nodiscard]] double delay(const PoolFigures& figures) const { return slowness(figures) + lag(figures); }
  /// Micro-yuan for what the reference runs in an hour, with the part of the inputs that is for it.
  [[nodiscard]] double cost(const PoolFigures& figures) const {
    return rate(figures) * slowness(figures) + data_of_job_ * figures.transfer_gb;
  }
  /// mg of CO₂ an hour of one task there; negative when it is not known.
  [[nodiscard]] double carbon_rate(const PoolFigures& figures) const {
    if (figures.core_carbon < 0 || (cards_ > 0 && figures.card_carbon < 0)) return -1;
    return cores_ * figures.core_carbon + (cards_ > 0 ? cards_ * figures.card_carbon : 0);
  }
  void tell(NameSieve& sieve) const { sieve.set(chips_, software_, regions_, providers_); }
  /// Bounds of rate() over the feasible pools.
  [[nodiscard]] double rate_max() const { return rate_max_; }
  [[nodiscard]] double rate_min() const { return rate_min_; }
  /// A bound of what a GB moved there costs, over the feasible pools.
  [[nodiscard]] double transfer_max() const { return transfer_max_; }
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Count {
    std::int64_t pools = 0;
    std::int64_t margin = 0;
    bool is_stale = false;  ///< the margin may belong to a pool that has changed
  };

  [[nodiscard]] double reclaimable_rate(const PoolFigures& figures) const;
  void judge_names(const Attributes& attributes);
  [[nodiscard]] std::uint16_t judge(const PoolState& pool) const;
  [[nodiscard]] std::int64_t margin(std::size_t verdict, const PoolState& pool) const;
  void build(const World& world);
  void update(const World& world, PoolIndex pool);
  void count(const PoolState& pool, std::uint16_t verdict, std::int64_t by);
  [[nodiscard]] bool find_least(const World& world);
  void insert(const World& world, const PoolState& pool);
  void remove(PoolIndex pool);

  ClassKey key_;
  Requirements requirements_;
  Preference preference_;
  Need need_;
  double cores_ = 0;
  double cards_ = 0;
  double data_of_task_ = 0;  ///< bytes for each µs of its run on the reference
  double data_of_job_ = 0;   ///< GB for each hour of all runs
  double gigabytes_ = 0;                                               ///< in whole MB, rounded up
  std::vector<std::uint16_t> chips_, software_, regions_, providers_;  ///< verdicts by number of the name

  bool is_built_ = false;
  std::uint64_t cursor_ = 0;
  std::vector<std::uint16_t> verdicts_;
  std::vector<RankedPool> order_;
  Bits feasible_;
  mutable std::array<Count, verdict_constraints.size()> counts_;  ///< stale margins are worked out when asked for
  double least_cost_ = 0;  ///< what costs, run times and carbon are relative to, where they are
  double least_slowness_ = 0;
  double least_carbon_ = 0;
  double rate_min_ = 0;
  double rate_max_ = 0;
  double transfer_max_ = 0;
};

}  // namespace dayan::place
