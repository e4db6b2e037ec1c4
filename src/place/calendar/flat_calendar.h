#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "base/time.h"
#include "place/calendar/calendar.h"

namespace dayan::place {

/// What Calendar is, in two plain arrays: several times faster up to some hundred steps, linear in their number
/// beyond. For plans that change all the time, from now on.
class FlatCalendar {
 public:
  FlatCalendar(const FlatCalendar&) = delete;
  FlatCalendar& operator=(const FlatCalendar&) = delete;
  explicit FlatCalendar(std::int64_t capacity)
      : times_{INT64_MIN, INT64_MAX}, levels_{static_cast<std::int32_t>(capacity), 0}, count_(1) {}

  /// The first moment from `now` on, which is not before the last forget_before, at which `amount` is free for all of
  /// `duration`. `amount` must be free for ever at some moment.
  [[nodiscard]] UnixTime earliest_start(UnixTime now, Duration duration, std::int32_t amount) const {
    return UnixTime(find(now, duration, amount).start);
  }
  /// Takes it there.
  UnixTime take_earliest(UnixTime now, Duration duration, std::int32_t amount) {
    const Place place = find(now, duration, amount);
    add(place, -amount);
    return UnixTime(place.start);
  }
  /// Until when `amount` stays free from `now` on; `never` when always.
  [[nodiscard]] UnixTime free_until(UnixTime now, std::int32_t amount) const {
    std::size_t i = step_at(now);
    if (levels_[i] < amount) return now;
    while (i < count_ && levels_[i] >= amount) ++i;
    return UnixTime(times_[i]);
  }
  /// The most that is free within [from, until).
  [[nodiscard]] std::int32_t most_free(UnixTime from, UnixTime until) const {
    std::size_t i = step_at(from);
    std::int32_t most = levels_[i];
    while (times_[++i] < until.microseconds()) most = std::max(most, levels_[i]);
    return most;
  }
  /// The longest time for which `amount` stays free from some moment within [from, until) on.
  [[nodiscard]] Duration longest_from(UnixTime from, UnixTime until, std::int32_t amount) const {
    std::int64_t longest = 0;
    std::int64_t start = from.microseconds();
    for (std::size_t i = step_at(from); i < count_ && start < until.microseconds(); ++i) {
      start += (times_[i + 1] - start) & too_low(levels_[i], amount);
      longest = std::max(longest, times_[i + 1] - start);
    }
    return Duration::microseconds(longest);
  }

  void take(UnixTime start, UnixTime end, std::int32_t amount) {
    add(place_of(start.microseconds(), end.microseconds()), -amount);
  }
  void release(UnixTime start, UnixTime end, std::int32_t amount) {
    add(place_of(start.microseconds(), end.microseconds()), amount);
  }

  void forget_before(UnixTime now) {
    if (times_[1] > now.microseconds()) return;
    close(0, step_at(now));
    times_.front() = INT64_MIN;
  }
  /// Becomes what `other` is before `end`, with more free from there on than anybody asks for.
  void copy_until(UnixTime end, const FlatCalendar& other) {
    const std::size_t count = other.index_of(end.microseconds() - 1) + 1;
    reserve(count + 1);
    std::copy(other.times_.data(), other.times_.data() + count, times_.data());
    std::copy(other.levels_.data(), other.levels_.data() + count, levels_.data());
    times_[count] = end.microseconds();
    times_[count + 1] = INT64_MAX;
    levels_[count] = INT32_MAX;
    count_ = count + 1;
  }
  /// Becomes what `other` is.
  void copy(const FlatCalendar& other) {
    count_ = other.count_;
    reserve(count_);
    std::copy(other.times_.data(), other.times_.data() + count_ + 1, times_.data());
    std::copy(other.levels_.data(), other.levels_.data() + count_, levels_.data());
  }

  [[nodiscard]] std::size_t steps() const { return count_; }

 private:
  /// A time and the steps that hold its first and its last moment.
  struct Place {
    std::int64_t start;
    std::int64_t end;
    std::size_t first;
    std::size_t last;
  };

  [[nodiscard]] Place find(UnixTime now, Duration duration, std::int32_t amount) const {
    ASSERT(duration > Duration{} && levels_[count_ - 1] >= amount);
    const std::int64_t* const times = times_.data();
    const std::int32_t* const levels = levels_.data();
    // Where a step is too low the time to take begins anew behind it.
    std::int64_t start = now.microseconds();
    std::size_t last = step_at(now);
    for (;; ++last) {
      const std::int64_t next = times[last + 1];
      start += (next - start) & too_low(levels[last], amount);
      if (next - start >= duration.microseconds()) break;
    }
    std::size_t first = last;
    while (times[first] > start) --first;
    return {start, start + duration.microseconds(), first, last};
  }
  /// All bits or none: compilers make a branch of a choice, which here nobody guesses.
  [[nodiscard]] static std::int64_t too_low(std::int32_t level, std::int32_t amount) {
    return (std::int64_t{level} - amount) >> 63;
  }
  [[nodiscard]] Place place_of(std::int64_t start, std::int64_t end) const {
    ASSERT(start < end);
    return {start, end, index_of(start), index_of(end - 1)};
  }
  /// For a moment near the beginning.
  [[nodiscard]] std::size_t step_at(UnixTime time) const {
    std::size_t i = 0;
    while (times_[i + 1] <= time.microseconds()) ++i;
    return i;
  }
  [[nodiscard]] std::size_t index_of(std::int64_t time) const {
    const std::int64_t* first = times_.data();
    for (std::size_t size = count_; size > 1;) {
      const std::size_t half = size / 2;
      first = first[half] <= time ? first + half : first;
      size -= half;
    }
    return static_cast<std::size_t>(first - times_.data());
  }

  void add(const Place& place, std::int32_t amount) {
    const bool new_start = times_[place.first] != place.start;
    const bool new_end = times_[place.last + 1] != place.end;
    std::size_t first = place.first;
    std::size_t last = place.last;
    if (new_start || new_end) open(place, new_start, new_end);
    if (new_start) ++first, ++last;
    add_to_levels(levels_.data() + first, last + 1 - first, amount);
    if (!new_end) join(last + 1);
    if (!new_start) join(first);
  }
  /// Makes steps begin at the start and at the end, where none does, without a change of level.
  void open(const Place& place, bool new_start, bool new_end) {
    const std::size_t count = count_;
    const std::size_t opened = static_cast<std::size_t>(new_start) + static_cast<std::size_t>(new_end);
    count_ += opened;
    reserve(count_);
    std::int64_t* const times = times_.data();
    std::int32_t* const levels = levels_.data();
    const std::size_t after = place.last + 1;
    std::copy_backward(times + after, times + count + 1, times + count + 1 + opened);
    std::copy_backward(levels + after, levels + count, levels + count + opened);
    if (new_end) {
      times[place.last + opened] = place.end;
      levels[place.last + opened] = levels[place.last];
    }
    if (new_start) {
      std::copy_backward(times + place.first + 1, times + after, times + after + 1);
      std::copy_backward(levels + place.first, levels + after, levels + after + 1);
      times[place.first + 1] = place.start;
    }
  }
  void join(std::size_t i) {
    if (i > 0 && i < count_ && levels_[i] == levels_[i - 1]) close(i, i + 1);
  }
  /// Takes out steps [first, last).
  void close(std::size_t first, std::size_t last) {
    std::copy(times_.data() + last, times_.data() + count_ + 1, times_.data() + first);
    std::copy(levels_.data() + last, levels_.data() + count_, levels_.data() + first);
    count_ -= last - first;
  }
  void reserve(std::size_t count) {
    if (count < times_.size()) return;
    times_.resize(2 * count);
    levels_.resize(2 * count);
  }
  static void add_to_levels(std::int32_t* levels, std::size_t count, std::int32_t amount) {
    // In blocks of a known size, which become wide instructions.
    constexpr std::size_t block = 8;
    for (; count >= block; count -= block, levels += block) {
      for (std::size_t i = 0; i < block; ++i) levels[i] += amount;
    }
    for (std::size_t i = 0; i < count; ++i) levels[i] += amount;
  }

  // Longer than what counts: steps come and go too often for vectors that know their length.
  std::vector<std::int64_t> times_;   ///< when each step begins, and the end of time
  std::vector<std::int32_t> levels_;  ///< of each step
  std::size_t count_;                 ///< of the steps
};

}  // namespace dayan::place
