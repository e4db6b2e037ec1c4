#include "base/readable.h"

#include <array>

#include "base/scan.h"

namespace dayan {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};
/// From the largest to the smallest.
constexpr std::array<Unit, 5> units = {{{"PB", 1'000'000'000'000'000},
                                        {"TB", 1'000'000'000'000},
                                        {"GB", 1'000'000'000},
                                        {"MB", 1'000'000},
                                        {"kB", 1'000}}};

std::string in_units(Bytes size, bool cut_off) {
  const std::uint64_t value = magnitude(size.value());
  const std::string sign = size < Bytes() ? "-" : "";
  for (const Unit& unit : units) {
    // What rounds to a thousand of the next smaller unit is one of this.
    const std::uint64_t carried = cut_off ? 0 : unit.bytes / 20'000;
    if (value + carried < unit.bytes) continue;
    const std::uint64_t tenth = unit.bytes / 10;
    const std::uint64_t tenths = value / tenth + (!cut_off && value % tenth >= tenth / 2 ? 1 : 0);
    const std::string decimal = tenths % 10 == 0 ? std::string() : '.' + std::to_string(tenths % 10);
    return sign + std::to_string(tenths / 10) + decimal + std::string(unit.name);
  }
  return sign + std::to_string(value) + 'B';
}

}  // namespace

std::string readable(Bytes size) { return in_units(size, false); }

std::string readable_down(Bytes size) { return in_units(size, true); }

std::string readable(Bandwidth bandwidth) { return readable(Bytes(bandwidth.value())) + "/s"; }

}  // namespace dayan
