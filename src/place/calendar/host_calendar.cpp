#include "place/calendar/host_calendar.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace dayan::place {
namespace {

constexpr std::int64_t word_bits = 64;

}  // namespace

HostSet::HostSet(std::int64_t count) : words_(static_cast<std::size_t>((count + word_bits - 1) / word_bits), 0) {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const std::int64_t here = count - static_cast<std::int64_t>(i) * word_bits;
    words_[i] = here >= word_bits ? ~0ULL : (1ULL << here) - 1;
  }
}

std::int64_t HostSet::count() const {
  std::int64_t count = 0;
  for (const std::uint64_t word : words_) count += std::popcount(word);
  return count;
}

HostSet HostSet::lowest(std::int64_t wanted) const {
  HostSet chosen;
  chosen.words_.assign(words_.size(), 0);
  for (std::size_t i = 0; i < words_.size() && wanted > 0; ++i) {
    for (std::uint64_t left = words_[i]; left != 0 && wanted > 0; left &= left - 1, --wanted)
      chosen.words_[i] |= left & (~left + 1);
  }
  ASSERT(wanted == 0);
  return chosen;
}

void HostSet::keep(const HostSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
}
void HostSet::add(const HostSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
}
void HostSet::remove(const HostSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
}

HostCalendar::Fit HostCalendar::first_fit(UnixTime from, Duration duration, std::int64_t wanted) const {
  for (std::size_t first = slice_at(from);; ++first) {
    ASSERT(first < slices_.size());
    const UnixTime start = std::max(from, slices_[first].start);
    HostSet common = slices_[first].free;
    for (std::size_t next = first + 1; common.count() >= wanted; ++next) {
      if (next == slices_.size() || slices_[next].start >= start + duration) return {start, common.lowest(wanted)};
      common.keep(slices_[next].free);
    }
  }
}

void HostCalendar::take(UnixTime start, UnixTime end, const HostSet& hosts) {
  if (start >= end) return;
  const std::size_t first = cut(start);
  const std::size_t last = cut(end);
  for (std::size_t i = first; i < last; ++i) slices_[i].free.remove(hosts);
}

void HostCalendar::release(UnixTime start, UnixTime end, const HostSet& hosts) {
  if (start >= end) return;
  const std::size_t first = cut(start);
  const std::size_t last = cut(end);
  for (std::size_t i = first; i < last; ++i) slices_[i].free.add(hosts);
  const auto same = [](const Slice& a, const Slice& b) { return a.free == b.free; };
  slices_.erase(std::unique(slices_.begin(), slices_.end(), same), slices_.end());
}

void HostCalendar::forget_before(UnixTime now) {
  const std::size_t current = slice_at(now);
  slices_.erase(slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(current));
  slices_.front().start = UnixTime(INT64_MIN);
}

std::size_t HostCalendar::slice_at(UnixTime at) const {
  const auto after = std::upper_bound(slices_.begin(), slices_.end(), at,
                                      [](UnixTime time, const Slice& slice) { return time < slice.start; });
  return static_cast<std::size_t>(after - slices_.begin()) - 1;
}

std::size_t HostCalendar::cut(UnixTime at) {
  const std::size_t i = slice_at(at);
  if (slices_[i].start == at) return i;
  slices_.insert(slices_.begin() + static_cast<std::ptrdiff_t>(i + 1), {at, slices_[i].free});
  return i + 1;
}

}  // namespace dayan::place
