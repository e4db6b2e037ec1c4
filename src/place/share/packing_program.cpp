#include "place/share/packing_program.h"

#include <algorithm>

#include "base/assert.h"

namespace dayan::place::share {
namespace {

/// Reduced costs and pivots below this, relative to entries scaled to at most 1, are rounding.
constexpr double rounding = 1e-13;
/// After this many pivots the first candidate is taken instead of the best (Bland's rule): no cycle survives it.
constexpr int pivots_before_bland = 200;

/// Rows are the capacities, divided by themselves; columns first, then one slack a row, then the right side. The last
/// row holds what a unit more of each column would gain.
class Table {
 public:
  Table(std::span<const double> capacities, std::span<const double> columns)
      : rows_(capacities.size()),
        count_(columns.size() / capacities.size()),
        width_(count_ + rows_ + 1),
        cells_((rows_ + 1) * width_),
        basis_(rows_),
        sizes_(count_) {
    for (std::size_t k = 0; k < count_; ++k) {
      double size = 0;
      for (std::size_t i = 0; i < rows_; ++i) size = std::max(size, columns[k * rows_ + i] / capacities[i]);
      ASSERT(size > 0);
      sizes_[k] = size;
      for (std::size_t i = 0; i < rows_; ++i) at(i, k) = columns[k * rows_ + i] / capacities[i] / size;
    }
    smallest_ = *std::ranges::min_element(sizes_);
    // In columns of size 1 the gain of one is 1 / size; the smallest size sets the unit of the gains.
    for (std::size_t k = 0; k < count_; ++k) at(rows_, k) = smallest_ / sizes_[k];
    for (std::size_t i = 0; i < rows_; ++i) {
      at(i, count_ + i) = 1;
      at(i, width_ - 1) = 1;
      basis_[i] = count_ + i;
    }
  }

  void solve() {
    for (int pivots = 0; pivots < pivots_max; ++pivots) {
      const std::size_t column = entering(pivots >= pivots_before_bland);
      if (column == width_) return;
      const std::size_t row = leaving(column);
      if (row == rows_) return;
      pivot(row, column);
    }
  }

  [[nodiscard]] Mix mix(std::span<const double> capacities) const {
    Mix mix{0, std::vector<double>(count_), std::vector<double>(rows_)};
    for (std::size_t i = 0; i < rows_; ++i)
      if (basis_[i] < count_) mix.amounts[basis_[i]] = std::max(0.0, at(i, width_ - 1)) / sizes_[basis_[i]];
    for (std::size_t i = 0; i < rows_; ++i)
      mix.prices[i] = std::max(0.0, -at(rows_, count_ + i)) / smallest_ / capacities[i];
    for (const double amount : mix.amounts) mix.total += amount;
    return mix;
  }

 private:
  [[nodiscard]] double& at(std::size_t row, std::size_t column) { return cells_[row * width_ + column]; }
  [[nodiscard]] double at(std::size_t row, std::size_t column) const { return cells_[row * width_ + column]; }

  [[nodiscard]] std::size_t entering(bool first) const {
    std::size_t best = width_;
    double gain = rounding;
    for (std::size_t k = 0; k + 1 < width_; ++k) {
      if (at(rows_, k) <= gain) continue;
      best = k;
      if (first) return best;
      gain = at(rows_, k);
    }
    return best;
  }
  [[nodiscard]] std::size_t leaving(std::size_t column) const {
    std::size_t best = rows_;
    double least = 0;
    for (std::size_t i = 0; i < rows_; ++i) {
      if (at(i, column) <= rounding) continue;
      const double ratio = at(i, width_ - 1) / at(i, column);
      if (best != rows_ && (ratio > least || (ratio == least && basis_[i] > basis_[best]))) continue;
      best = i;
      least = ratio;
    }
    return best;
  }
  void pivot(std::size_t row, std::size_t column) {
    const double by = at(row, column);
    for (std::size_t k = 0; k < width_; ++k) at(row, k) /= by;
    for (std::size_t i = 0; i <= rows_; ++i) {
      const double times = at(i, column);
      if (i == row || times == 0) continue;
      for (std::size_t k = 0; k < width_; ++k) at(i, k) -= times * at(row, k);
    }
    basis_[row] = column;
  }

  std::size_t rows_;
  std::size_t count_;
  std::size_t width_;
  std::vector<double> cells_;
  std::vector<std::size_t> basis_;
  std::vector<double> sizes_;  ///< each column's greatest entry: columns are held in units of it
  double smallest_ = 1;
};

}  // namespace

Mix best_mix(std::span<const double> capacities, std::span<const double> columns) {
  Table table(capacities, columns);
  table.solve();
  return table.mix(capacities);
}

}  // namespace dayan::place::share
