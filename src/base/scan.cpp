#include "base/scan.h"

#include "base/assert.h"

namespace dayan {

std::string quote(std::string_view text) {
  if (text.size() > quoted_bytes_max) {
    // A byte 10xxxxxx continues a character: cutting before one would leave half of it.
    std::size_t end = quoted_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    text = text.substr(0, end);
  }
  std::string shown = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    shown += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  shown += '\'';
  return shown;
}

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> number_of(std::string_view digits) {
  ASSERT(!digits.empty());
  std::int64_t value = 0;
  for (const char c : digits) {
    ASSERT(is_digit(c));
    if (__builtin_mul_overflow(value, 10, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, c - '0', &value)) return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  const std::string_view digits = take_digits(text);
  if (digits.empty() || !text.empty()) return std::nullopt;
  return number_of(digits);
}

std::int64_t fraction_of(std::string_view digits, std::size_t scale) {
  ASSERT(scale <= 18);
  ASSERT(digits.size() <= scale);
  std::int64_t value = 0;
  for (std::size_t i = 0; i < scale; ++i) {
    value *= 10;
    if (i < digits.size()) {
      ASSERT(is_digit(digits[i]));
      value += digits[i] - '0';
    }
  }
  return value;
}

std::string padded(std::uint64_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

std::string decimal_text(std::int64_t value, std::size_t scale) {
  ASSERT(scale <= 18);
  std::string text = padded(magnitude(value), scale + 1);
  text.insert(text.size() - scale, 1, '.');
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return value < 0 ? "-" + text : text;
}

}  // namespace dayan
