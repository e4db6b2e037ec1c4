#include "base/money.h"

#include <algorithm>
#include <limits>

#include "base/scan.h"
#include "base/wide.h"

namespace dayan {
namespace {
constexpr std::int64_t micro_per_yuan = 1'000'000;
constexpr std::size_t decimals_max = 6;
constexpr std::int32_t basis_points_max = 10'000;
}  // namespace

std::string to_text(Cny amount) { return decimal_text(amount.micro(), decimals_max); }

namespace {

constexpr const char* money_example = "give yuan as digits without a sign, e.g. 12.5";

/// Reads digits with at most six decimals that come to at most `most` micro-yuan.
Result<std::uint64_t> parse_micro(std::string_view text, std::string_view digits, std::uint64_t most) {
  const auto refuse = [text](std::string_view why, std::string right) {
    return fail(ErrorCode::invalid, quote(text) + ' ' + std::string(why), std::move(right));
  };
  std::string_view rest = digits;
  const std::string_view whole = take_digits(rest);
  if (whole.empty()) return refuse("is not an amount of money", money_example);
  std::string_view decimals;
  if (take(rest, '.')) {
    decimals = take_digits(rest);
    if (decimals.empty()) return refuse("is not an amount of money", money_example);
  }
  if (!rest.empty()) return refuse("is not an amount of money", money_example);
  if (decimals.size() > decimals_max) return refuse("is finer than a micro-yuan", "give at most six decimals");

  const auto yuan = number_of(whole);
  std::uint64_t micro = 0;
  if (!yuan.has_value() ||
      __builtin_mul_overflow(static_cast<std::uint64_t>(*yuan), std::uint64_t{micro_per_yuan}, &micro) ||
      __builtin_add_overflow(micro, static_cast<std::uint64_t>(fraction_of(decimals, decimals_max)), &micro) ||
      micro > most) {
    const auto bound =
        static_cast<std::int64_t>(std::min(most, std::uint64_t{std::numeric_limits<std::int64_t>::max()}));
    return refuse("is too much", "give at most " + to_text(Cny::micro(bound)));
  }
  return micro;
}

}  // namespace

Result<Cny> parse_cny(std::string_view text) {
  TRY(const std::uint64_t micro, parse_micro(text, text, static_cast<std::uint64_t>(amount_max.micro())));
  return Cny::micro(static_cast<std::int64_t>(micro));
}

Result<Cny> parse_balance(std::string_view text) {
  std::string_view digits = text;
  const bool is_negative = take(digits, '-');
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  TRY(const std::uint64_t micro, parse_micro(text, digits, is_negative ? most + 1 : most));
  if (is_negative && micro == 0)
    return fail(ErrorCode::invalid, quote(text) + " is not an amount of money", money_example);
  return Cny::micro(static_cast<std::int64_t>(is_negative ? 0 - micro : micro));
}

Result<std::int64_t> mul_div(std::int64_t a, std::int64_t b, std::int64_t c, Rounding rounding) {
  if (c <= 0)
    return fail(ErrorCode::invalid, std::to_string(c) + " cannot divide a product", "divide by a positive number");
  const Int128 product = Int128{a} * b;  // at most 2^126: cannot overflow
  Int128 quotient = product / c;
  const Int128 remainder = product % c;
  // The language rounds towards zero; down is towards minus infinity, so that differences of sums telescope.
  if (remainder < 0 && rounding == Rounding::down) --quotient;
  if (remainder > 0 && rounding == Rounding::up) ++quotient;
  if (quotient < std::numeric_limits<std::int64_t>::min() || quotient > std::numeric_limits<std::int64_t>::max())
    return fail(ErrorCode::invalid,
                std::to_string(a) + " x " + std::to_string(b) + " / " + std::to_string(c) + " leaves 64 bits",
                "give smaller numbers");
  return static_cast<std::int64_t>(quotient);
}

Result<Cny> charge(Price price, std::int64_t units, Rounding rounding) {
  TRY(const std::int64_t micro, mul_div(price.amount.micro(), units, price.quantity, rounding));
  return Cny::micro(micro);
}

Cny share_of(Cny amount, BasisPoints share) {
  ASSERT(share.value >= 0);
  ASSERT(share.value <= basis_points_max);
  const auto part = mul_div(amount.micro(), share.value, basis_points_max, Rounding::down);
  ASSERT(part.has_value());  // a share of at most the whole fits where the whole does
  return Cny::micro(*part);
}

}  // namespace dayan
