#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/time.h"

namespace dayan::place {

/// What a search for a start already knows from others in the same plan, while that only fills up: who asks for at
/// least as much for at least as long does not start earlier. Requests are kept by powers of two of the processors
/// and by quarters of a power of two of the duration; rounding is always to the side on which the statement stays
/// true.
class StartFloor {
 public:
  StartFloor() { clear(); }
  /// For a plan in which something became free.
  void clear() {
    while (used_ != 0) {
      floors_[static_cast<std::size_t>(std::countr_zero(used_))].fill(INT64_MIN);
      used_ &= used_ - 1;
    }
  }
  /// Such a request was found to start at `start` and not before.
  void note(std::int32_t processors, Duration duration, UnixTime start) {
    const auto size = static_cast<std::uint32_t>(processors);
    const auto row = static_cast<std::size_t>(std::bit_width(size) - ((size & (size - 1)) == 0 ? 1 : 0));
    used_ |= 1ULL << row;
    // Each row ascends, so that the first entry that knows as much ends the work.
    for (std::size_t i = length_class(duration.microseconds() - 1) + 1;
         i < lengths && floors_[row][i] < start.microseconds(); ++i)
      floors_[row][i] = start.microseconds();
  }
  /// No request of this size starts before.
  [[nodiscard]] UnixTime of(std::int32_t processors, Duration duration) const {
    const std::size_t length = length_class(duration.microseconds());
    std::int64_t floor = INT64_MIN;
    const auto rows = static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint32_t>(processors)));
    for (std::uint64_t left = used_ & ((1ULL << rows) - 1); left != 0; left &= left - 1)
      floor = std::max(floor, floors_[static_cast<std::size_t>(std::countr_zero(left))][length]);
    return UnixTime(floor);
  }

 private:
  /// From 2^24 microseconds, a quarter of a minute, to 2^44, half a year.
  static constexpr std::size_t lengths = 80;
  static constexpr int shortest_bits = 24;

  /// Grows with the duration; below the shortest 0, beyond the longest the last.
  [[nodiscard]] static std::size_t length_class(std::int64_t microseconds) {
    const auto value = static_cast<std::uint64_t>(microseconds < 0 ? 0 : microseconds);
    const int bits = static_cast<int>(std::bit_width(value)) - 1;
    if (bits < shortest_bits) return 0;
    const std::uint64_t quarter = (value >> (bits - 2)) & 3;
    const auto index = static_cast<std::size_t>(bits - shortest_bits) * 4 + quarter + 1;
    return index < lengths ? index : lengths - 1;
  }

  std::uint64_t used_ = ~0ULL >> 32;  ///< rows that hold anything
  std::array<std::array<std::int64_t, lengths>, 32> floors_;
};

}  // namespace dayan::place
