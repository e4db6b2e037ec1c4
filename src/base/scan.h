#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What every parser of base needs: strict ASCII, no locale, no silent overflow.

namespace dayan {

/// How much of a refused value an error shows.
inline constexpr std::size_t quoted_bytes_max = 64;

/// 'text' for an error: at most quoted_bytes_max bytes of it, never half a UTF-8 character, no control characters.
[[nodiscard]] std::string quote(std::string_view text);

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
[[nodiscard]] constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Takes the leading digits 0-9 off `text`; empty when there are none.
[[nodiscard]] std::string_view take_digits(std::string_view& text);

/// Takes `wanted` off the front of `text` when it stands there.
[[nodiscard]] bool take(std::string_view& text, char wanted);

/// The number that digits write; nothing when it is beyond int64. `digits` holds only digits, at least one.
[[nodiscard]] std::optional<std::int64_t> number_of(std::string_view digits);

/// A text that is a number and nothing else: "17".
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view text);

/// The number that digits after a decimal point write in units of 10^-scale: "5" at scale 6 is 500,000.
/// `digits` holds only digits, at most `scale` of them; scale ≤ 18.
[[nodiscard]] std::int64_t fraction_of(std::string_view digits, std::size_t scale);

/// `value` in at least `width` digits, with zeros in front.
[[nodiscard]] std::string padded(std::uint64_t value, std::size_t width);

/// A number in units of 10^-scale as people write it, without zeros at its end: 1,500 at scale 3 is "1.5"; scale ≤ 18.
[[nodiscard]] std::string decimal_text(std::int64_t value, std::size_t scale);

/// |value| without the overflow of -INT64_MIN.
[[nodiscard]] constexpr std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

}  // namespace dayan
