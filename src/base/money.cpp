#include "base/money.h"

#include <limits>

#include "base/scan.h"
#include "base/wide.h"

namespace dayan {
namespace {
constexpr std::int64_t micro_per_yuan = 1'000'000;
constexpr std::size_t decimals_max = 6;
constexpr std::int32_t basis_points_max = 10'000;
}  // namespace

std::string to_text(Cny amount) {
  const std::uint64_t micro = magnitude(amount.micro());
  std::string text = amount.is_negative() ? "-" : "";
  text += std::to_string(micro / micro_per_yuan);
  const std::uint64_t fraction = micro % micro_per_yuan;
  if (fraction != 0) {
    std::string decimals = padded(fraction, decimals_max);
    decimals.erase(decimals.find_last_not_of('0') + 1);
    text += '.' + decimals;
  }
  return text;
}

Result<Cny> parse_cny(std::string_view text) {
  const auto refuse = [text](std::string_view why, std::string right) {
    return fail(ErrorCode::invalid, quote(text) + ' ' + std::string(why), std::move(right));
  };
  constexpr const char* example = "give yuan as digits without a sign, e.g. 12.5";

  std::string_view rest = text;
  const std::string_view whole = take_digits(rest);
  if (whole.empty()) return refuse("is not an amount of money", example);
  std::string_view decimals;
  if (take(rest, '.')) {
    decimals = take_digits(rest);
    if (decimals.empty()) return refuse("is not an amount of money", example);
  }
  if (!rest.empty()) return refuse("is not an amount of money", example);
  if (decimals.size() > decimals_max) return refuse("is finer than a micro-yuan", "give at most six decimals");

  const auto yuan = number_of(whole);
  std::int64_t micro = 0;
  if (!yuan.has_value() || __builtin_mul_overflow(*yuan, micro_per_yuan, &micro) ||
      __builtin_add_overflow(micro, fraction_of(decimals, decimals_max), &micro) || Cny::micro(micro) > amount_max)
    return refuse("is too much", "give at most " + to_text(amount_max));
  return Cny::micro(micro);
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
