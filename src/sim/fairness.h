#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/json.h"
#include "sim/load.h"

namespace dayan::sim {

/// How the customers of a load fared beside each other. What a customer waited, and its slowdown, are the means of its
/// tasks that ran to their end; of customers each counts once, however much it asked for.
struct Fairness {
  std::int64_t customers = 0;  ///< of whom some task ran to its end
  std::string largest;         ///< who submitted most jobs
  std::int64_t largest_jobs = 0;
  Duration largest_wait;
  Duration median_wait;  ///< half of the customers waited longer
  Duration p95_wait;     ///< one in twenty did
  std::string worst;     ///< who waited longest
  Duration worst_wait;
  /// Jain's index (Jain, Chiu and Hawe, 1984) of the customers' mean bounded slowdowns x: (Σx)² ÷ (n Σx²). 1: all were
  /// slowed down alike; 1/n: one alone was.
  double index = 1;
};

[[nodiscard]] JsonObject json_of(const Fairness& fairness);

/// Sums up tasks that ran to their end, by customer.
class FairnessSum {
 public:
  explicit FairnessSum(const Load& load);

  /// A task of a job, with its wait in seconds (from waits_from() on, figures.h) and its bounded slowdown.
  void add(const LoadJob& job, double wait, double slowdown);
  [[nodiscard]] Fairness result() const;

 private:
  struct Sum {
    std::int64_t jobs = 0;  ///< that were submitted
    std::int64_t tasks = 0;
    double wait = 0;
    double slowdown = 0;
  };

  const Load& load_;
  std::vector<Sum> sums_;  ///< by customer
};

}  // namespace dayan::sim
