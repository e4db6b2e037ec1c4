#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "place/share/demand.h"
#include "place/share/needs.h"
#include "place/share/way.h"
#include "place/share/work.h"

/// Max-min fair shares of a cluster with several types of cards: what part of its time each job spends on each type,
/// so that the job that is worst off is as well off as possible. The policy is Gavel's max_min_fairness_perf
/// (Narayanan et al., "Heterogeneity-Aware Cluster Scheduling Policies for Deep Learning Workloads", OSDI 2020),
/// exactly:
///
///   maximise  min over jobs j of  scale_j / (weight_j × mean_j) × Σ_g rate_jg × x_jg
///   with      x ≥ 0;  Σ_g x_jg ≤ 1 for each job;  Σ_j scale_j × x_jg ≤ count_g for each type
///   and       mean_j = Σ_g count_g × rate_jg / Σ_g count_g, the rate of j under equal shares.
///
/// A job of greater weight is thus brought further, since its own term is divided by it. How it is solved, and why
/// the answer carries its own proof: docs of `solve`. It is max-min only: what the worst off cannot use stays free.

namespace dayan::place::share {

/// The answer and its proof. At the prices, all jobs together cannot afford more than `bound`, if the whole cluster
/// has a budget of 1; the shares give every job exactly `level`.
struct Level {
  double level = 0;
  double bound = 0;
  std::vector<double> prices;  ///< of a card of each type; Σ price × count = 1
  int evaluations = 0;         ///< how often demand was computed: the work done
};

class MaxMinShares {
 public:
  /// `level` is at least (1 − this) × `bound` unless `evaluations_max` was met.
  static constexpr double gap_max = 1e-10;
  static constexpr int evaluations_max = 2000;
  static constexpr std::size_t jobs_max = 100'000'000;

  /// Errors (invalid): no types or too many, a count or a rate that is negative, not finite or out of range, no
  /// cards.
  [[nodiscard]] static Result<MaxMinShares> make(Cluster cluster);

  /// Takes a job and says by which number it goes; numbers of removed jobs are used again. Errors (invalid): an
  /// unknown kind, a kind that runs on no card of the cluster, a weight or scale out of range; exhausted: jobs_max.
  [[nodiscard]] Result<std::uint32_t> add(const Work& work);
  /// Takes many, numbered on from the first number never used, whole or not at all.
  [[nodiscard]] Result<std::uint32_t> add_all(std::span<const Work> works);
  void remove(std::uint32_t job);

  /// Solves by column generation on prices. At given prices each kind's jobs buy their rates along one convex curve
  /// (rate_curve.h), so the demand of all jobs at a level costs O(kinds × types × log jobs), and the level at which
  /// it costs the whole budget bounds the optimum from above. Every demand is also a column, an allocation in which
  /// all are equal; the best mix of the columns (packing_program.h) bounds the optimum from below, and its dual gives
  /// the next prices. It ends when the bounds meet. The prices of the last solution are where the next one starts.
  const Level& solve();

  /// The share of one job in the last solution, one entry a type: for every type the part of its time. O(types²).
  void share_of(std::uint32_t job, std::span<double> share) const;
  /// All shares of the last solution: entry job × types + type. Numbers without a job have zeros. O(jobs × types).
  void shares(std::vector<double>& shares) const;

  [[nodiscard]] std::size_t jobs() const { return count_; }
  /// One more than the greatest number given so far.
  [[nodiscard]] std::uint32_t number_end() const { return static_cast<std::uint32_t>(slots_.size()); }
  [[nodiscard]] const Cluster& cluster() const { return whole_; }

 private:
  struct Slot {
    int kind = -1;  ///< −1: free
    double need = 0;
  };
  /// An allocation in which every job has `level`, found at `prices`.
  struct Column {
    std::vector<double> prices;
    double level = 0;
    std::vector<double> demand;  ///< cards of each type per unit of level
    double amount = 0;           ///< level that it brings to the mix
  };

  MaxMinShares() = default;
  [[nodiscard]] Result<double> need_of(const Work& work) const;
  [[nodiscard]] Column column_of(std::vector<double> prices, double level, const Demand& demand) const;
  /// The ways in which the jobs of a kind divide their time in the last solution: mostly one.
  [[nodiscard]] std::vector<Way> ways_of(int kind) const;
  void start(DemandCurves& curves);
  void look_at(DemandCurves& curves, std::vector<double> prices);
  void mix();
  void forget();

  Cluster whole_;           ///< as given
  Cluster cluster_;         ///< only the types that have cards
  std::vector<int> types_;  ///< of cluster_, in whole_
  std::vector<double> means_;
  std::vector<Needs> needs_;  ///< by kind
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t count_ = 0;
  std::vector<Column> columns_;
  std::vector<double> next_prices_;
  std::vector<double> best_prices_;
  Level answer_;
};

}  // namespace dayan::place::share
