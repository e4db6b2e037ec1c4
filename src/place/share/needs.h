#pragma once

#include <cstdint>
#include <vector>

/// The jobs of one kind, by the rate that each needs for a unit of the common level. Sums over a stretch of them
/// answer in O(log n) what all of them ask of the cards at a level, whatever their weights and scale factors.

namespace dayan::place::share {

class Needs {
 public:
  struct Need {
    double rate = 0;   ///< the job needs level × rate
    double scale = 0;  ///< cards that it takes at a time
    std::uint32_t job = 0;
  };

  /// O(n): one stretch is moved and summed again, always from the left, so that the same jobs give the same sums.
  void add(const Need& need);
  /// Takes many at once: O((n + m) log (n + m)).
  void add_all(std::vector<Need> needs);
  void remove(double rate, std::uint32_t job);

  [[nodiscard]] bool empty() const { return needs_.empty(); }
  [[nodiscard]] std::size_t size() const { return needs_.size(); }
  [[nodiscard]] double rate_max() const { return needs_.back().rate; }
  [[nodiscard]] const std::vector<Need>& all() const { return needs_; }

  /// How many jobs need at most `rate`, searched from `from` on.
  [[nodiscard]] std::size_t up_to(double rate, std::size_t from) const;
  /// Sum of the scale factors, and of scale × rate, of the first `count` jobs.
  [[nodiscard]] double scale_sum(std::size_t count) const { return sums_[count].scale; }
  [[nodiscard]] double need_sum(std::size_t count) const { return sums_[count].need; }

 private:
  struct Sums {
    double scale = 0;
    double need = 0;
  };
  void sum_from(std::size_t index);

  std::vector<Need> needs_;    ///< by rate, then job
  std::vector<double> rates_;  ///< the rates alone: what is searched
  std::vector<Sums> sums_{Sums{}};
};

}  // namespace dayan::place::share
