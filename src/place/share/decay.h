#pragma once

#include <cstdint>

#include "base/time.h"
#include "base/wide.h"

/// Exponential decay by a half life, in integers. All amounts decay alike, so instead of shrinking what was used,
/// what is used later is made larger by 2^((time − epoch) / half life): sums then keep their order while time passes,
/// and a change touches only what it changes. Equal on every compiler: no floating point.

namespace dayan::place::share {

inline constexpr Duration half_life_min = Duration::seconds(1);
inline constexpr Duration half_life_max = Duration::hours(24 * 3660);

class Decay {
 public:
  /// Factors are in units of 2^-32.
  static constexpr int growth_bits = 32;
  /// So many half lives after the epoch all sums have to be shrunk and the epoch moved on (`advance`).
  static constexpr int halvings_max = 16;
  /// The largest amount that is grown: 2^56.
  static constexpr std::uint64_t amount_max = std::uint64_t{1} << 56;

  Decay(Duration half_life, UnixTime epoch);

  /// An amount of `at` in the units of all sums: amount × 2^(32 + (at − epoch) / half life), rounded down. `at` is
  /// at most halvings_max half lives after the epoch, and may be before it.
  [[nodiscard]] UInt128 grown(std::uint64_t amount, UnixTime at) const;
  /// What a sum is worth at a moment, in units of the amounts, rounded down.
  [[nodiscard]] UInt128 worth(UInt128 grown, UnixTime now) const;

  /// How many half lives the epoch has to move on before an amount of `at` can be grown: by so many bits all sums are
  /// shifted down. 0: none.
  [[nodiscard]] std::int64_t halvings_due(UnixTime at) const;
  void advance(std::int64_t halvings);

  [[nodiscard]] Duration half_life() const { return Duration::microseconds(half_life_); }

 private:
  struct Growth {
    std::uint64_t factor = 0;  ///< from 2^32 to less than 2^33
    std::int64_t halvings = 0;
  };
  [[nodiscard]] Growth growth(UnixTime at) const;

  std::int64_t half_life_;  ///< microseconds
  UnixTime epoch_;
};

}  // namespace dayan::place::share
