#include "bench/clp_shares.h"

#include <ClpSimplex.hpp>
#include <vector>

#include "bench/command.h"

namespace dayan::bench {
namespace {

constexpr double solver_tolerance = 1e-9;

/// Variables: the level, then the time of each job on each type. Rows: what each job reaches less the level, its
/// time, then the cards of each type.
class Program {
 public:
  Program(const place::share::Cluster& cluster, std::span<const place::share::Work> works)
      : jobs_(static_cast<int>(works.size())), types_(cluster.types()) {
    begin_column(1);
    for (int job = 0; job < jobs_; ++job) entry(job, -1);
    double cards = 0;
    for (const double count : cluster.card_counts) cards += count;
    for (int job = 0; job < jobs_; ++job) {
      const place::share::Work& work = works[static_cast<std::size_t>(job)];
      const auto rates = cluster.rates_of(work.kind);
      double mean = 0;
      for (std::size_t g = 0; g < rates.size(); ++g) mean += rates[g] * cluster.card_counts[g] / cards;
      for (int g = 0; g < types_; ++g) {
        begin_column(0);
        entry(job, rates[static_cast<std::size_t>(g)] * work.scale / work.weight / mean);
        entry(jobs_ + job, 1);
        entry(2 * jobs_ + g, work.scale);
      }
    }
    starts_.push_back(static_cast<CoinBigIndex>(rows_.size()));
    const auto jobs = works.size();
    row_lower_.assign(jobs, 0);
    row_upper_.assign(jobs, COIN_DBL_MAX);
    row_lower_.insert(row_lower_.end(), jobs + cluster.card_counts.size(), -COIN_DBL_MAX);
    row_upper_.insert(row_upper_.end(), jobs, 1);
    row_upper_.insert(row_upper_.end(), cluster.card_counts.begin(), cluster.card_counts.end());
  }

  Result<SolverLevel> solve() {
    ClpSimplex solver;
    solver.setLogLevel(0);
    // As it comes CLP may break each row by 1e-7: summed over the jobs, that shows in the level.
    solver.setPrimalTolerance(solver_tolerance);
    solver.setDualTolerance(solver_tolerance);
    const auto columns = gains_.size();
    const std::vector<double> lower(columns, 0);
    const std::vector<double> upper(columns, COIN_DBL_MAX);
    solver.loadProblem(static_cast<int>(columns), static_cast<int>(row_lower_.size()), starts_.data(), rows_.data(),
                       entries_.data(), lower.data(), upper.data(), gains_.data(), row_lower_.data(),
                       row_upper_.data());
    solver.setOptimizationDirection(-1);
    const double begin = cpu_seconds();
    solver.initialSolve();
    const double seconds = cpu_seconds() - begin;
    if (!solver.isProvenOptimal())
      return fail(ErrorCode::unavailable, "CLP ended without an optimum, status " + std::to_string(solver.status()));
    return SolverLevel{solver.objectiveValue(), seconds};
  }

 private:
  void begin_column(double gain) {
    starts_.push_back(static_cast<CoinBigIndex>(rows_.size()));
    gains_.push_back(gain);
  }
  void entry(int row, double value) {
    if (value == 0) return;
    rows_.push_back(row);
    entries_.push_back(value);
  }

  int jobs_;
  int types_;
  std::vector<CoinBigIndex> starts_;
  std::vector<int> rows_;
  std::vector<double> entries_;
  std::vector<double> gains_;
  std::vector<double> row_lower_;
  std::vector<double> row_upper_;
};

}  // namespace

Result<SolverLevel> solve_by_clp(const place::share::Cluster& cluster, std::span<const place::share::Work> works) {
  return Program(cluster, works).solve();
}

}  // namespace dayan::bench
