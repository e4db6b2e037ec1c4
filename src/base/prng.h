#pragma once

#include <cstdint>

#include "base/assert.h"
#include "base/wide.h"

/// Seeded random numbers, the same on every compiler: splitmix64. std distributions differ between libraries and
/// are not used. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.

namespace dayan {

class Prng {
 public:
  explicit constexpr Prng(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, bound) without modulo bias beyond 2^-64 × bound. bound > 0.
  constexpr std::uint64_t below(std::uint64_t bound) {
    ASSERT(bound > 0);
    return static_cast<std::uint64_t>((static_cast<UInt128>(next()) * bound) >> 64);
  }
  /// Uniform in [low, high], both included.
  constexpr std::int64_t between(std::int64_t low, std::int64_t high) {
    ASSERT(low <= high);
    const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    if (width == UINT64_MAX) return static_cast<std::int64_t>(next());
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(width + 1));
  }
  /// True `numerator` times in `denominator`.
  constexpr bool chance(std::uint64_t numerator, std::uint64_t denominator) { return below(denominator) < numerator; }
  /// An independent generator, so that one consumer's draws do not shift another's.
  constexpr Prng split() { return Prng(next()); }

 private:
  std::uint64_t state_;
};

}  // namespace dayan
