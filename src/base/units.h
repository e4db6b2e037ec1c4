#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

/// Strong integer quantities. A type per meaning: bytes never meet money, cards never meet cores.

namespace dayan {

/// An integer amount of one thing. Sums are checked by range at the door and by ASSERT inside.
template <class Tag>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(std::int64_t value) : value_(value) {}
  [[nodiscard]] constexpr std::int64_t value() const { return value_; }
  [[nodiscard]] constexpr bool is_zero() const { return value_ == 0; }

  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    std::int64_t sum = 0;
    ASSERT(!__builtin_add_overflow(a.value_, b.value_, &sum));
    return Quantity(sum);
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    std::int64_t difference = 0;
    ASSERT(!__builtin_sub_overflow(a.value_, b.value_, &difference));
    return Quantity(difference);
  }
  friend constexpr Quantity operator*(Quantity a, std::int64_t n) {
    std::int64_t product = 0;
    ASSERT(!__builtin_mul_overflow(a.value_, n, &product));
    return Quantity(product);
  }
  constexpr Quantity& operator+=(Quantity other) { return *this = *this + other; }
  constexpr Quantity& operator-=(Quantity other) { return *this = *this - other; }

 private:
  std::int64_t value_ = 0;
};

using Bytes = Quantity<struct BytesTag>;
/// How many bytes cross a link in a second.
using Bandwidth = Quantity<struct BandwidthTag>;
/// CPU cores, whole.
using Cores = Quantity<struct CoresTag>;
/// Accelerator cards in thousandths of one: a fraction is a card shared.
using MilliCards = Quantity<struct MilliCardsTag>;
/// How fast one core or card is, in 1/10,000 of the reference core (probes/core_benchmark.h) or card (model/chip.h).
using Capability = Quantity<struct CapabilityTag>;

/// Electric power, in thousandths of a watt.
using Milliwatts = Quantity<struct MilliwattsTag>;
using Joules = Quantity<struct JoulesTag>;
/// Of CO₂.
using Milligrams = Quantity<struct MilligramsTag>;

/// SI text of a size: "500MB", "1.5GB" only when exact, else bytes: "1234B".
[[nodiscard]] std::string to_text(Bytes size);
/// Reads "500MB", "4GiB", "1.5TB", "100B". Units are SI (kB, MB, GB, TB, PB) or binary (KiB … PiB); a bare number,
/// a sign or an unknown unit is refused. The result is at most `bytes_max`.
[[nodiscard]] Result<Bytes> parse_bytes(std::string_view text);
inline constexpr Bytes bytes_max = Bytes(1'000'000'000'000'000'000);  // 1 EB

/// "100MB/s".
[[nodiscard]] std::string to_text(Bandwidth bandwidth);
/// Reads "100MB/s" and "100 MB/s": a size a second, 1 B/s to `bandwidth_max`. Bits are refused: eight make a byte.
[[nodiscard]] Result<Bandwidth> parse_bandwidth(std::string_view text);
inline constexpr Bandwidth bandwidth_max = Bandwidth(100'000'000'000'000);  // 100 TB/s

}  // namespace dayan
