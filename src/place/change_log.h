#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// ChangeLog: which pools have changed, in order, so that a cache comes up to date when it is asked and by what it
/// missed alone. It reaches back so far; a cache that is further behind is built anew.

namespace dayan::place {

class ChangeLog {
 public:
  static constexpr std::size_t reach = 1 << 14;

  void add(std::uint32_t pool) {
    if (ring_.empty()) ring_.resize(reach);
    ring_[end_++ % reach] = pool;
  }
  /// Where it ends now: what a cache notes once it is up to date.
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] bool reaches(std::uint64_t cursor) const { return end_ - cursor <= reach; }
  /// Calls visit(pool) for each change since the cursor. The log must reach so far.
  template <class Visitor>
  void for_each_since(std::uint64_t cursor, Visitor&& visit) const {
    for (; cursor < end_; ++cursor) visit(ring_[cursor % reach]);
  }

 private:
  std::vector<std::uint32_t> ring_;
  std::uint64_t end_ = 0;
};

}  // namespace dayan::place
