#include "base/id.h"

#include "base/scan.h"

namespace dayan {
namespace {
constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr int digit_count = 13;  // 13 x 5 bits hold a 64-bit number
}  // namespace

std::string id_digits(std::int64_t value) {
  auto rest = static_cast<std::uint64_t>(value);
  std::string text(digit_count, '0');
  for (int i = digit_count - 1; i >= 0; --i) {
    text[static_cast<std::size_t>(i)] = digits[rest % 32];
    rest /= 32;
  }
  return text;
}

Result<std::int64_t> parse_id(std::string_view text, std::string_view prefix) {
  const auto refuse = [&] {
    return fail(ErrorCode::invalid, quote(text) + " is not an id of this kind",
                "give one like " + std::string(prefix) + "_" + id_digits(1));
  };
  if (text.size() != prefix.size() + 1 + digit_count) return refuse();
  if (text.substr(0, prefix.size()) != prefix || text[prefix.size()] != '_') return refuse();
  std::uint64_t value = 0;
  for (const char c : text.substr(prefix.size() + 1)) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) return refuse();
    if (value > (UINT64_MAX >> 5)) return refuse();
    value = value * 32 + digit;
  }
  if (value == 0 || value > static_cast<std::uint64_t>(INT64_MAX)) return refuse();
  return static_cast<std::int64_t>(value);
}

}  // namespace dayan
