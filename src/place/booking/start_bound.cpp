#include "place/booking/start_bound.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace dayan::place {
namespace {

constexpr int steps_per_octave_bits = 4;
constexpr std::uint64_t steps_per_octave = 1U << steps_per_octave_bits;
// Time is told in steps of 2^16 µs (a fifteenth of a second), and lengths beyond 2^32 of those (nine years) are not
// learnt from.
constexpr int time_unit_bits = 16;
constexpr std::int64_t time_units_max = std::int64_t{1} << 32;

/// The step in which a size lies; steps rise with the size, by one from each to the next up to 31, then by a
/// sixteenth of an octave.
constexpr std::uint32_t step_of(std::int64_t size) {
  const auto value = static_cast<std::uint64_t>(size);
  const int octave = static_cast<int>(std::bit_width(value)) - 1 - steps_per_octave_bits;
  if (octave <= 0) return static_cast<std::uint32_t>(value);
  return static_cast<std::uint32_t>((value >> octave) + static_cast<std::uint64_t>(octave) * steps_per_octave);
}
/// The lowest step all of whose sizes are at least this one.
std::uint32_t step_above(std::int64_t size) { return step_of(size - 1) + 1; }

std::int64_t units_down(Duration wall_time) {
  return std::min(time_units_max, wall_time.microseconds() >> time_unit_bits);
}
std::int64_t units_up(Duration wall_time) {
  return units_down(wall_time + Duration::microseconds((1 << time_unit_bits) - 1));
}

constexpr std::uint32_t columns = step_of(time_units_max) + 2;

}  // namespace

StartBound::StartBound(std::int64_t nodes_max)
    : rows_(step_of(std::max<std::int64_t>(1, nodes_max)) + 3), cells_(std::size_t{rows_} * columns) {}

void StartBound::learn(std::int64_t nodes, Duration wall_time, UnixTime start) {
  ASSERT(nodes >= 1 && wall_time > Duration());
  if (wall_time.microseconds() >> time_unit_bits >= time_units_max) return;
  for (std::uint32_t row = step_above(nodes) + 1; row < rows_; row += row & (~row + 1)) {
    for (std::uint32_t column = step_above(units_up(wall_time)) + 1; column < columns;
         column += column & (~column + 1)) {
      Cell& cell = cells_[std::size_t{row} * columns + column];
      if (cell.age != age_) cell = {INT64_MIN, age_};
      cell.start = std::max(cell.start, start.microseconds());
    }
  }
}

UnixTime StartBound::known(std::int64_t nodes, Duration wall_time) const {
  ASSERT(nodes >= 1 && wall_time > Duration());
  std::int64_t start = 0;
  const std::uint32_t top = std::min(step_of(nodes) + 1, rows_ - 1);
  for (std::uint32_t row = top; row > 0; row &= row - 1) {
    for (std::uint32_t column = step_of(units_down(wall_time)) + 1; column > 0; column &= column - 1) {
      const Cell& cell = cells_[std::size_t{row} * columns + column];
      if (cell.age == age_) start = std::max(start, cell.start);
    }
  }
  return UnixTime(start);
}

}  // namespace dayan::place
