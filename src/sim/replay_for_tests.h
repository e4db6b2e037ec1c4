#pragma once

#include <gtest/gtest.h>

#include <string>

#include "sim/dispatch.h"
#include "sim/figures.h"

/// What tests of replays share.

namespace dayan::sim {

inline constexpr PolicyKind all_policies[] = {PolicyKind::ours,  PolicyKind::engine,       PolicyKind::fcfs,
                                              PolicyKind::easy,  PolicyKind::conservative, PolicyKind::cheapest,
                                              PolicyKind::random};

inline Scenario scenario_of(const std::string& yaml) {
  auto file = jobfile::parse_platform_yaml(yaml);
  EXPECT_TRUE(file.has_value()) << (file ? "" : to_text(file.error().front()));
  return Scenario(*std::move(file));
}

/// A replay in which nothing is wrong, neither as it was played nor by what came of it.
inline Schedule clean(const Scenario& scenario, const Load& load, PolicyKind policy, std::uint64_t seed = 1) {
  Schedule schedule = replay(scenario, load, policy, seed);
  EXPECT_EQ(schedule.violations_found, 0) << to_text(policy) << ": " << schedule.violations.front();
  const auto wrong = check(schedule, scenario, load);
  EXPECT_TRUE(wrong.empty()) << to_text(policy) << ": " << wrong.front();
  return schedule;
}

}  // namespace dayan::sim
