#include "base/units.h"

#include <array>

#include "base/scan.h"
#include "base/wide.h"

namespace dayan {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t bytes;
};
/// From the largest to the smallest.
constexpr std::array<Unit, 6> decimal_units = {{{"PB", 1'000'000'000'000'000},
                                                {"TB", 1'000'000'000'000},
                                                {"GB", 1'000'000'000},
                                                {"MB", 1'000'000},
                                                {"kB", 1'000},
                                                {"B", 1}}};
constexpr std::array<Unit, 5> binary_units = {{{"PiB", std::int64_t{1} << 50},
                                               {"TiB", std::int64_t{1} << 40},
                                               {"GiB", std::int64_t{1} << 30},
                                               {"MiB", std::int64_t{1} << 20},
                                               {"KiB", std::int64_t{1} << 10}}};
/// Enough for one byte in a petabyte.
constexpr std::size_t decimals_max = 15;
constexpr std::int64_t decimal_scale = 1'000'000'000'000'000;

/// Bytes in one unit of that name, 0 when there is none.
std::int64_t bytes_of(std::string_view name) {
  for (const Unit& unit : decimal_units)
    if (unit.name == name) return unit.bytes;
  for (const Unit& unit : binary_units)
    if (unit.name == name) return unit.bytes;
  return 0;
}

}  // namespace

std::string to_text(Bytes size) {
  const std::uint64_t value = magnitude(size.value());
  std::string text = size.value() < 0 ? "-" : "";
  for (const Unit& unit : decimal_units) {
    const auto bytes = static_cast<std::uint64_t>(unit.bytes);
    // One decimal at most: with more, every size would be exact in some large unit and hard to read.
    const std::uint64_t tenth = bytes >= 10 ? bytes / 10 : 1;
    if (bytes > 1 && (value < bytes || value % tenth != 0)) continue;
    text += std::to_string(value / bytes);
    if (value % bytes != 0) text += '.' + std::to_string(value % bytes / tenth);
    text += unit.name;
    return text;
  }
  ASSERT(false);  // the last unit is one byte
}

Result<Bytes> parse_bytes(std::string_view text) {
  const auto refuse = [text](std::string_view why, std::string right) {
    return fail(ErrorCode::invalid, quote(text) + ' ' + std::string(why), std::move(right));
  };
  constexpr const char* example = "give a number and a unit, e.g. 500MB";

  std::string_view rest = text;
  const std::string_view whole = take_digits(rest);
  if (whole.empty()) return refuse("is not a size", example);
  std::string_view decimals;
  if (take(rest, '.')) {
    decimals = take_digits(rest);
    if (decimals.empty()) return refuse("is not a size", example);
  }
  if (rest.empty()) return refuse("is a size without a unit", example);
  const std::int64_t unit = bytes_of(rest);
  if (unit == 0) return refuse("has an unknown unit", "use B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB or PiB");
  while (!decimals.empty() && decimals.back() == '0') decimals.remove_suffix(1);

  constexpr const char* whole_bytes = "give a size that is a whole number of bytes";
  if (decimals.size() > decimals_max) return refuse("is not whole bytes", whole_bytes);
  const Int128 scaled = Int128{fraction_of(decimals, decimals_max)} * unit;  // below 2^100: cannot overflow
  if (scaled % decimal_scale != 0) return refuse("is not whole bytes", whole_bytes);

  const auto count = number_of(whole);
  std::int64_t bytes = 0;
  if (!count.has_value() || __builtin_mul_overflow(*count, unit, &bytes) ||
      __builtin_add_overflow(bytes, static_cast<std::int64_t>(scaled / decimal_scale), &bytes) ||
      Bytes(bytes) > bytes_max)
    return refuse("is too large", "give at most " + to_text(bytes_max));
  return Bytes(bytes);
}

std::string to_text(Bandwidth bandwidth) { return to_text(Bytes(bandwidth.value())) + "/s"; }

Result<Bandwidth> parse_bandwidth(std::string_view text) {
  const auto refuse = [text](std::string_view why, std::string right) {
    return fail(ErrorCode::invalid, quote(text) + ' ' + std::string(why), std::move(right));
  };
  constexpr const char* example = "give a size a second, e.g. 100MB/s";
  constexpr std::string_view a_second = "/s";
  if (!text.ends_with(a_second)) return refuse("is not a bandwidth", example);
  std::string size(text.substr(0, text.size() - a_second.size()));
  if (const std::size_t space = size.find(' '); space != std::string::npos && space > 0) size.erase(space, 1);
  const Result<Bytes> bytes = parse_bytes(size);
  if (!bytes)
    return refuse(size.ends_with("bit") || size.ends_with('b') ? "counts bits" : "is not a bandwidth", example);
  if (bytes->is_zero() || bytes->value() > bandwidth_max.value())
    return refuse("is out of range", "1B/s to " + to_text(bandwidth_max));
  return Bandwidth(bytes->value());
}

}  // namespace dayan
