#include "bench/clp_program.h"

#include <ClpSimplex.hpp>
#include <string>

#include "bench/command.h"

namespace dayan::bench {

void ClpProgram::begin_column(double objective) {
  starts_.push_back(static_cast<CoinBigIndex>(rows_.size()));
  objective_.push_back(objective);
}

void ClpProgram::entry(int row, double value) {
  if (value == 0) return;
  rows_.push_back(row);
  entries_.push_back(value);
}

void ClpProgram::add_row(double lower, double upper) {
  row_lower_.push_back(lower);
  row_upper_.push_back(upper);
}

Result<ClpProgram::Optimum> ClpProgram::solve(double direction, double tolerance) {
  std::vector<CoinBigIndex> starts = starts_;
  starts.push_back(static_cast<CoinBigIndex>(rows_.size()));
  ClpSimplex solver;
  solver.setLogLevel(0);
  if (tolerance > 0) {
    solver.setPrimalTolerance(tolerance);
    solver.setDualTolerance(tolerance);
  }
  const std::vector<double> lower(objective_.size(), 0);
  const std::vector<double> upper(objective_.size(), COIN_DBL_MAX);
  solver.loadProblem(static_cast<int>(objective_.size()), static_cast<int>(row_lower_.size()), starts.data(),
                     rows_.data(), entries_.data(), lower.data(), upper.data(), objective_.data(), row_lower_.data(),
                     row_upper_.data());
  solver.setOptimizationDirection(direction);
  const double begin = cpu_seconds();
  solver.initialSolve();
  const double seconds = cpu_seconds() - begin;
  if (!solver.isProvenOptimal())
    return fail(ErrorCode::unavailable, "CLP ended without an optimum, status " + std::to_string(solver.status()));
  return Optimum{solver.objectiveValue(), seconds};
}

}  // namespace dayan::bench
