#pragma once

#include <cstdint>
#include <limits>

namespace dayan {

/// Product and sum of what is not negative, that stop at the largest number instead of wrapping round.
[[nodiscard]] constexpr std::int64_t times(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::int64_t>::max() : product;
}
[[nodiscard]] constexpr std::int64_t plus(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

}  // namespace dayan
