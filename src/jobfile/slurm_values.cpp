#include "jobfile/slurm_values.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/scan.h"
#include "jobfile/moment.h"

namespace dayan::jobfile {

std::optional<Bytes> slurm_size(std::string_view text) {
  const std::string_view digits = take_digits(text);
  if (digits.empty()) return std::nullopt;
  auto number = number_of(digits);
  int shift = 20;
  if (!text.empty()) {
    constexpr std::string_view units = "kmgt";
    const auto unit = units.find(lower(text.front()));
    text.remove_prefix(1);
    if (unit == std::string_view::npos || (!text.empty() && text != "B" && text != "b")) return std::nullopt;
    shift = 10 * (static_cast<int>(unit) + 1);
  }
  std::int64_t bytes = 0;
  if (!number.has_value() || __builtin_mul_overflow(*number, std::int64_t{1} << shift, &bytes)) return std::nullopt;
  return Bytes(bytes);
}

std::optional<Duration> slurm_time(std::string_view text) {
  std::int64_t days = 0;
  bool has_days = false;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto number = whole_number(text.substr(0, dash));
    if (!number.has_value() || *number > 100'000) return std::nullopt;
    days = *number;
    has_days = true;
    text.remove_prefix(dash + 1);
  }
  std::array<std::int64_t, 3> parts{};
  std::size_t count = 0;
  while (true) {
    const std::size_t end = std::min(text.find(':'), text.size());
    const auto number = whole_number(text.substr(0, end));
    if (!number.has_value() || *number > 100'000'000 || count == parts.size()) return std::nullopt;
    parts[count++] = *number;
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
  }
  std::int64_t seconds = 0;
  if (has_days)
    seconds = days * 86'400 + parts[0] * 3'600 + parts[1] * 60 + parts[2];
  else if (count == 1)
    seconds = parts[0] * 60;
  else if (count == 2)
    seconds = parts[0] * 60 + parts[1];
  else
    seconds = parts[0] * 3'600 + parts[1] * 60 + parts[2];
  return Duration::seconds(seconds);
}

std::optional<Duration> slurm_moment(std::string_view text) {
  if (!text.starts_with("now")) return std::nullopt;
  text.remove_prefix(3);
  if (text.empty()) return Duration();
  if (!take(text, '+')) return std::nullopt;
  const std::string_view digits = take_digits(text);
  const auto count = digits.empty() ? std::nullopt : number_of(digits);
  if (!count.has_value() || *count > time_ahead_max.microseconds()) return std::nullopt;
  if (text.ends_with('s')) text.remove_suffix(1);
  constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"", 1}, {"second", 1}, {"minute", 60}, {"hour", 3'600}, {"day", 86'400}, {"week", 7 * 86'400}};
  for (const auto& [word, seconds] : units) {
    if (text == word && *count <= time_ahead_max.seconds_up() / seconds) return Duration::seconds(*count * seconds);
  }
  return std::nullopt;
}

}  // namespace dayan::jobfile
