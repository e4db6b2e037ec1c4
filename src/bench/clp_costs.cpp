#include "bench/clp_costs.h"

#include <ClpSimplex.hpp>
#include <string>
#include <vector>

#include "bench/command.h"

namespace dayan::bench {
namespace {

double yuan_of(Cny cost) { return static_cast<double>(cost.micro()) / 1e6; }

/// Columns: what part of each job is in each of its pools, or left out. Rows: each job is whole; then what each pool
/// holds.
class Program {
 public:
  Program(std::span<const std::int64_t> capacities, std::span<const place::cost::Job> jobs) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const place::cost::Job& job = jobs[i];
      const auto row = static_cast<int>(i);
      for (const place::cost::Option& option : job.options) {
        begin_column(yuan_of(option.cost), row);
        rows_.push_back(static_cast<int>(jobs.size() + option.pool));
        entries_.push_back(static_cast<double>(job.demand));
      }
      begin_column(yuan_of(job.reject_cost), row);
    }
    starts_.push_back(static_cast<CoinBigIndex>(rows_.size()));
    row_lower_.assign(jobs.size(), 1);
    row_upper_.assign(jobs.size(), 1);
    row_lower_.insert(row_lower_.end(), capacities.size(), -COIN_DBL_MAX);
    for (const std::int64_t capacity : capacities) row_upper_.push_back(static_cast<double>(capacity));
  }

  Result<LinearBound> solve() {
    ClpSimplex solver;
    solver.setLogLevel(0);
    const std::vector<double> lower(costs_.size(), 0);
    const std::vector<double> upper(costs_.size(), COIN_DBL_MAX);
    solver.loadProblem(static_cast<int>(costs_.size()), static_cast<int>(row_lower_.size()), starts_.data(),
                       rows_.data(), entries_.data(), lower.data(), upper.data(), costs_.data(), row_lower_.data(),
                       row_upper_.data());
    const double begin = cpu_seconds();
    solver.initialSolve();
    const double seconds = cpu_seconds() - begin;
    if (!solver.isProvenOptimal())
      return fail(ErrorCode::unavailable, "CLP ended without an optimum, status " + std::to_string(solver.status()));
    return LinearBound{solver.objectiveValue(), seconds};
  }

 private:
  void begin_column(double cost, int job_row) {
    starts_.push_back(static_cast<CoinBigIndex>(rows_.size()));
    costs_.push_back(cost);
    rows_.push_back(job_row);
    entries_.push_back(1);
  }

  std::vector<CoinBigIndex> starts_;
  std::vector<int> rows_;
  std::vector<double> entries_;
  std::vector<double> costs_;
  std::vector<double> row_lower_;
  std::vector<double> row_upper_;
};

}  // namespace

Result<LinearBound> linear_bound(std::span<const std::int64_t> capacities, std::span<const place::cost::Job> jobs) {
  if (jobs.empty()) return LinearBound{};
  return Program(capacities, jobs).solve();
}

}  // namespace dayan::bench
