#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/dispatch.h"

/// Which pools a job may go to, for policies that do not ask the engine: those with a node that could run it, at a
/// price within its cap at the moment when it is first looked at.

namespace dayan::sim {

class Options {
 public:
  explicit Options(const Stage& stage);

  /// Sites, in order.
  [[nodiscard]] const std::vector<std::uint32_t>& of(std::uint32_t job) { return sets_[set_of(job)]; }
  /// Of the same pools, by number: jobs of one set and one kind are alike to a policy.
  [[nodiscard]] std::uint32_t set_of(std::uint32_t job);
  [[nodiscard]] const std::vector<std::uint32_t>& set(std::uint32_t number) const { return sets_[number]; }
  /// What a task would cost there if it ran to its limit, at the prices of now, its inputs apart.
  [[nodiscard]] Cny cost(std::uint32_t job, std::size_t site) const;

 private:
  static constexpr std::uint32_t unknown = UINT32_MAX;

  /// Of all its tasks, with its inputs, in micro-yuan; what passes 64 bits stays at their maximum.
  [[nodiscard]] std::int64_t cost_of_all(std::uint32_t job, std::size_t site) const;

  const Stage& stage_;
  std::vector<std::vector<std::uint32_t>> of_kind_;  ///< wall time and price apart
  std::vector<std::uint32_t> set_of_job_;
  std::vector<std::vector<std::uint32_t>> sets_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> numbers_;  ///< of sets
};

}  // namespace dayan::sim
