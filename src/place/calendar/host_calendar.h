#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"

namespace dayan::place {

/// A set of hosts, by number from 0.
class HostSet {
 public:
  HostSet() = default;
  /// The hosts 0 to count - 1.
  explicit HostSet(std::int64_t count);

  [[nodiscard]] std::int64_t count() const;
  /// Its `wanted` lowest numbers; wanted ≤ count().
  [[nodiscard]] HostSet lowest(std::int64_t wanted) const;
  void keep(const HostSet& other);
  void add(const HostSet& other);
  void remove(const HostSet& other);

  friend bool operator==(const HostSet&, const HostSet&) = default;

 private:
  std::vector<std::uint64_t> words_;
};

/// Which hosts are free, over time: as Calendar, but a job keeps the same hosts from start to end. Stepping from one
/// slice of time to the next costs O(slices) a job: it is for pools of some hundred hosts.
class HostCalendar {
 public:
  struct Fit {
    UnixTime start;
    HostSet hosts;
  };

  explicit HostCalendar(std::int64_t hosts) : slices_{{UnixTime(INT64_MIN), HostSet(hosts)}} {}

  /// The earliest start from `from` on at which the same `wanted` hosts are free for all of `duration`, and the
  /// lowest numbers of those. `wanted` ≤ the hosts there are.
  [[nodiscard]] Fit first_fit(UnixTime from, Duration duration, std::int64_t wanted) const;
  void take(UnixTime start, UnixTime end, const HostSet& hosts);
  void release(UnixTime start, UnixTime end, const HostSet& hosts);
  void forget_before(UnixTime now);
  [[nodiscard]] std::int64_t free_at(UnixTime at) const { return slices_[slice_at(at)].free.count(); }

 private:
  /// `free` from `start` to the next slice.
  struct Slice {
    UnixTime start;
    HostSet free;
  };

  [[nodiscard]] std::size_t slice_at(UnixTime at) const;
  /// Makes a slice begin at `at`, and says which.
  std::size_t cut(UnixTime at);

  std::vector<Slice> slices_;
};

}  // namespace dayan::place
