#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

/// Money: integer micro-yuan (1 fen = 10,000), ±9.2e12 yuan. Never a float, never a hidden rounding.

namespace dayan {

class Cny {
 public:
  constexpr Cny() = default;
  [[nodiscard]] static constexpr Cny micro(std::int64_t micro_yuan) { return Cny(micro_yuan); }
  [[nodiscard]] static constexpr Cny yuan(std::int32_t n) { return Cny(std::int64_t{n} * 1'000'000); }

  [[nodiscard]] constexpr std::int64_t micro() const { return micro_; }
  [[nodiscard]] constexpr bool is_negative() const { return micro_ < 0; }
  [[nodiscard]] constexpr bool is_zero() const { return micro_ == 0; }

  friend constexpr auto operator<=>(Cny, Cny) = default;
  /// Sum and difference stop the process on overflow: amounts are bounded when they enter (amount_max).
  friend Cny operator+(Cny a, Cny b) {
    std::int64_t sum = 0;
    ASSERT(!__builtin_add_overflow(a.micro_, b.micro_, &sum));
    return Cny(sum);
  }
  friend Cny operator-(Cny a, Cny b) {
    std::int64_t difference = 0;
    ASSERT(!__builtin_sub_overflow(a.micro_, b.micro_, &difference));
    return Cny(difference);
  }
  Cny& operator+=(Cny other) { return *this = *this + other; }
  Cny& operator-=(Cny other) { return *this = *this - other; }

 private:
  constexpr explicit Cny(std::int64_t micro_yuan) : micro_(micro_yuan) {}
  std::int64_t micro_ = 0;
};

/// The largest single amount that may enter the platform: 10^11 yuan, so that sums of 90 of them still fit.
inline constexpr Cny amount_max = Cny::micro(100'000'000'000'000'000);

/// "12.5", at most six decimals, no exponent; a leading '-' only where the amount is negative.
[[nodiscard]] std::string to_text(Cny amount);
/// Reads an unsigned decimal string in yuan: ASCII digits, at most six decimals, no sign, no exponent, ≤ amount_max.
[[nodiscard]] Result<Cny> parse_cny(std::string_view text);
/// Reads every text that to_text writes: a balance is a sum and may pass amount_max; one that went wrong may be
/// negative. What enters the platform by it is bounded where it is checked.
[[nodiscard]] Result<Cny> parse_balance(std::string_view text);

enum class Rounding {
  down,  ///< charges: in the customer's favour
  up,    ///< holds: never too little
};

/// a × b / c in 128 bits, rounded as named; nullopt-like error when the result does not fit or c is not positive.
[[nodiscard]] Result<std::int64_t> mul_div(std::int64_t a, std::int64_t b, std::int64_t c, Rounding rounding);

/// A rational price: `amount` for every `quantity` units of a meter. The unit itself is named by the meter.
struct Price {
  Cny amount;                 ///< for `quantity` units
  std::int64_t quantity = 1;  ///< > 0

  friend bool operator==(const Price&, const Price&) = default;
};

/// A part of a price is told in thousandths: so many are all of it.
inline constexpr std::int64_t whole_price = 1'000;

/// What `units` cost at this price: amount × units / quantity. Fails when the product leaves the range of Cny.
[[nodiscard]] Result<Cny> charge(Price price, std::int64_t units, Rounding rounding);

/// Basis points: 1/10,000. Used for commission.
struct BasisPoints {
  std::int32_t value = 0;  ///< 0 … 10,000
  friend constexpr auto operator<=>(BasisPoints, BasisPoints) = default;
};

/// floor(amount × bps / 10,000): the remainder stays with the other party, so parts always sum to the whole.
[[nodiscard]] Cny share_of(Cny amount, BasisPoints share);

}  // namespace dayan
