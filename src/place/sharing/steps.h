#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

/// Amounts that demands ask for, told apart up to a limit: beyond it an amount counts as the next greater kept one.

namespace dayan::place::sharing {

inline constexpr std::size_t steps_max = 128;

/// Unlike values of `asked`, rising, at most `steps_max`, the greatest among them.
[[nodiscard]] inline std::vector<std::int32_t> steps_of(std::vector<std::int32_t> asked) {
  std::ranges::sort(asked);
  asked.erase(std::ranges::unique(asked).begin(), asked.end());
  if (asked.size() <= steps_max) return asked;
  std::vector<std::int32_t> kept;
  for (std::size_t i = 1; i <= steps_max; ++i) kept.push_back(asked[i * asked.size() / steps_max - 1]);
  return kept;
}

/// Which step, counted from zero, an amount asked for counts as; it is not greater than the last.
[[nodiscard]] inline std::size_t step_reaching(const std::vector<std::int32_t>& steps, std::int32_t asked) {
  return static_cast<std::size_t>(std::ranges::lower_bound(steps, asked) - steps.begin());
}

/// How many steps what is free suffices for.
[[nodiscard]] inline std::size_t steps_within(const std::vector<std::int32_t>& steps, std::int32_t free) {
  return static_cast<std::size_t>(std::ranges::upper_bound(steps, free) - steps.begin());
}

}  // namespace dayan::place::sharing
