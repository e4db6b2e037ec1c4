#include "cli/display.h"

#include <algorithm>
#include <initializer_list>

#include <cstdint>

#include "base/scan.h"

namespace dayan::cli {
namespace {

/// Takes one UTF-8 character off the front; a byte that begins none counts as one.
char32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  std::size_t length = 1;
  char32_t character = first;
  if (first >= 0xF0) {
    length = 4;
    character = first & 0x07U;
  } else if (first >= 0xE0) {
    length = 3;
    character = first & 0x0FU;
  } else if (first >= 0xC0) {
    length = 2;
    character = first & 0x1FU;
  }
  if (length > text.size()) length = 1;
  for (std::size_t i = 1; i < length; ++i) character = (character << 6) | (byte(i) & 0x3FU);
  text.remove_prefix(length);
  return character;
}

bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE4F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0x20000 && c <= 0x3FFFD);
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) width += is_wide(take_character(text)) ? 2 : 1;
  return width;
}

std::string harmless(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = take_character(text);
    const std::string_view bytes = before.substr(0, before.size() - text.size());
    // C1 controls steer some terminals as escape sequences do.
    const bool is_control = c < 0x20 || (c >= 0x7F && c < 0xA0) || (c == 0x2028) || (c == 0x2029);
    if (is_control)
      clean += c == '\n' || c == '\t' ? ' ' : '?';
    else
      clean += bytes;
  }
  return clean;
}

std::string readable(Duration duration) {
  const std::uint64_t micro = magnitude(duration.microseconds());
  const std::string sign = duration < Duration() ? "-" : "";
  constexpr std::uint64_t second = 1'000'000;
  if (micro < 10 * second) return sign + decimal_text(static_cast<std::int64_t>((micro + 5'000) / 10'000), 2) + 's';
  if (micro < 60 * second) return sign + decimal_text(static_cast<std::int64_t>((micro + 50'000) / 100'000), 1) + 's';
  return sign + to_text(Duration::seconds(static_cast<std::int64_t>((micro + second / 2) / second)));
}

std::string readable(UnixTime time) {
  if (time.is_none()) return "-";
  std::string text = to_text(time).substr(0, 19);  // to the second: 2026-11-22T08:30:00
  text[10] = ' ';
  return text;
}

std::string time_of_day(UnixTime time) {
  if (time.is_none()) return "-";
  const std::int64_t tenths = time.microseconds() / 100'000 % 10;
  return to_text(time).substr(11, 8) + '.' + std::to_string(tenths);
}

std::string day_of(UnixTime time) { return time.is_none() ? "-" : to_text(time).substr(0, 10); }

std::string difference(UnixTime real, UnixTime quoted) {
  if (real.is_none() || quoted.is_none()) return "-";
  const Duration late = real - quoted;
  return (late < Duration() ? "" : "+") + readable(late);
}

std::string readable(MilliCards cards) { return decimal_text(cards.value(), 3); }

std::string part_text(std::int64_t thousandths) { return decimal_text(thousandths, 1) + '%'; }

std::string gang_text(const Resources& resources) {
  if (resources.nodes <= 1) return {};
  const char* nodes = resources.is_in_rack() ? " nodes of one rack x " : " nodes x ";
  std::string text = std::to_string(resources.nodes) + nodes +
                     counted(static_cast<std::size_t>(resources.cores.value()), "core");
  if (!resources.cards.is_zero())
    text += " + " + readable(resources.cards) + (resources.cards == MilliCards(1'000) ? " card" : " cards");
  return text;
}

std::string counted(std::size_t count, std::string_view thing) {
  return std::to_string(count) + ' ' + std::string(thing) + (count == 1 ? "" : "s");
}

namespace {

struct Unit {
  std::int64_t size;
  const char* name;
};

/// In the largest unit that it reaches, rounded up to a tenth of it.
std::string in_units(std::int64_t value, std::initializer_list<Unit> units) {
  const Unit* unit = units.begin();
  for (const Unit& each : units) {
    if (value >= each.size) unit = &each;
  }
  const std::int64_t tenth = std::max<std::int64_t>(unit->size / 10, 1);
  const std::int64_t tenths = value / tenth + (value % tenth > 0 ? 1 : 0);
  if (unit->size < 10) return std::to_string(value) + ' ' + unit->name;
  return std::to_string(tenths / 10) + (tenths % 10 > 0 ? '.' + std::to_string(tenths % 10) : "") + ' ' + unit->name;
}

}  // namespace

std::string readable(Joules energy) {
  return in_units(energy.value(), {{1, "J"}, {3'600, "Wh"}, {3'600'000, "kWh"}, {3'600'000'000, "MWh"}});
}

std::string readable(Milligrams mass) {
  return in_units(mass.value(), {{1, "mg"}, {1'000, "g"}, {1'000'000, "kg"}, {1'000'000'000, "t"}});
}

std::string transfer_text(const Transfer& transfer) {
  if (transfer.bytes.is_zero() && transfer.cost.is_zero()) return {};
  const std::string cost = ", " + to_text(transfer.cost) + " yuan";
  if (transfer.bytes.is_zero()) return "inputs are there" + cost;
  std::string text = "inputs " + readable(transfer.bytes);
  if (!transfer.time || !transfer.bandwidth) return text + ": transfer time unknown" + cost;
  return text + " at " + readable(*transfer.bandwidth) + ": " + readable(*transfer.time) + cost;
}

}  // namespace dayan::cli
