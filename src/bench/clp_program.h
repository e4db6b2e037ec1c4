#pragma once

#include <CoinTypes.hpp>
#include <vector>

#include "base/result.h"

namespace dayan::bench {

/// A linear program, column by column, for CLP (COIN-OR), the solver that Debian ships. Its variables are not negative.
class ClpProgram {
 public:
  struct Optimum {
    double value = 0;
    double seconds = 0;  ///< CPU, of the solver alone
  };

  /// The variable that the next entries are of, with what one of it counts in the objective.
  void begin_column(double objective);
  /// Zeros are left out.
  void entry(int row, double value);
  /// The rows come in order, each with its bounds.
  void add_row(double lower, double upper);

  /// `tolerance`: by how much a row may be broken; zero takes CLP's own. Errors: unavailable when CLP ends without an
  /// optimum.
  [[nodiscard]] Result<Optimum> minimise() { return solve(1, 0); }
  [[nodiscard]] Result<Optimum> maximise(double tolerance) { return solve(-1, tolerance); }

 private:
  Result<Optimum> solve(double direction, double tolerance);

  std::vector<CoinBigIndex> starts_;
  std::vector<int> rows_;
  std::vector<double> entries_;
  std::vector<double> objective_;
  std::vector<double> row_lower_;
  std::vector<double> row_upper_;
};

}  // namespace dayan::bench
