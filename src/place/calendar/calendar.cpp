#include "place/calendar/calendar.h"

#include <algorithm>

#include "base/assert.h"

namespace dayan::place {
Calendar::Calendar(std::int64_t capacity) {
  ASSERT(capacity >= 0);
  root_ = new_leaf();
  Leaf& leaf = leaves_[root_];
  leaf.count = 1;
  leaf.time[0] = ever;
  leaf.level[0] = capacity;
}

std::int64_t Calendar::free_at(UnixTime at) const {
  std::uint32_t node = root_;
  std::int64_t added = 0;
  for (std::uint32_t height = height_; height > 0; --height) {
    const Branch& branch = branches_[node];
    const std::uint32_t i = index_of(branch.time, branch.count, at.microseconds());
    added += branch.added[i];
    node = branch.child[i];
  }
  const Leaf& leaf = leaves_[node];
  return added + leaf.level[index_of(leaf.time, leaf.count, at.microseconds())];
}

std::int64_t Calendar::least_free(UnixTime start, UnixTime end) const {
  ASSERT(start < end);
  return levels_within(root_, height_, {ever, INT64_MAX}, {start.microseconds(), end.microseconds()}).low;
}

std::int64_t Calendar::most_free(UnixTime start, UnixTime end) const {
  ASSERT(start < end);
  return levels_within(root_, height_, {ever, INT64_MAX}, {start.microseconds(), end.microseconds()}).high;
}

UnixTime Calendar::free_until(UnixTime from, std::int64_t amount) const {
  return UnixTime(std::max(from.microseconds(), first_below(root_, height_, from.microseconds(), amount)));
}

/// The beginning of the first step after `from`, or over it, whose level is below `amount`.
std::int64_t Calendar::first_below(std::uint32_t node, std::uint32_t height, std::int64_t from,
                                   std::int64_t amount) const {
  if (height == 0) {
    const Leaf& leaf = leaves_[node];
    for (std::uint32_t i = index_of(leaf.time, leaf.count, from); i < leaf.count; ++i) {
      if (leaf.level[i] < amount) return leaf.time[i];
    }
    return INT64_MAX;
  }
  const Branch& branch = branches_[node];
  for (std::uint32_t i = index_of(branch.time, branch.count, from); i < branch.count; ++i) {
    if (branch.low[i] >= amount) continue;
    const std::int64_t time = first_below(branch.child[i], height - 1, from, amount - branch.added[i]);
    if (time != INT64_MAX) return time;
  }
  return INT64_MAX;
}

/// One pass from left to right: either inside a run of moments with enough free, or between two.
struct Calendar::Search {
  std::int64_t from;
  std::int64_t latest;
  std::int64_t duration;
  std::int64_t amount;
  std::int64_t start = 0;  ///< of the run
  bool in_run = false;

  [[nodiscard]] bool long_enough(std::int64_t until) const {
    std::int64_t end = 0;
    if (__builtin_add_overflow(start, duration, &end)) end = INT64_MAX;
    return until == INT64_MAX || until >= end;
  }
  /// Sees the step that begins at `time`; true when the search is over.
  [[nodiscard]] bool see(std::int64_t time, std::int64_t level) {
    if (in_run) {
      if (time > start && long_enough(time)) return true;
      in_run = level >= amount;
    } else if (level >= amount) {
      start = std::max(time, from);
      in_run = true;
    }
    return !in_run && time > latest;
  }
};

UnixTime Calendar::earliest_start(UnixTime from, Duration duration, std::int64_t amount, UnixTime latest) const {
  ASSERT(duration >= Duration{});
  Search search{from.microseconds(), latest.microseconds(), duration.microseconds(), amount};
  (void)walk(root_, height_, 0, true, search);
  return search.in_run && search.start <= search.latest ? UnixTime(search.start) : never;
}

bool Calendar::walk(std::uint32_t node, std::uint32_t height, std::int64_t added, bool at_from,
                    Search& search) const {
  if (height == 0) {
    const Leaf& leaf = leaves_[node];
    for (std::uint32_t i = at_from ? index_of(leaf.time, leaf.count, search.from) : 0; i < leaf.count; ++i) {
      if (search.see(leaf.time[i], leaf.level[i] + added)) return true;
    }
    return false;
  }
  const Branch& branch = branches_[node];
  for (std::uint32_t i = at_from ? index_of(branch.time, branch.count, search.from) : 0; i < branch.count; ++i) {
    const bool changes =
        search.in_run ? branch.low[i] + added < search.amount : branch.high[i] + added >= search.amount;
    if (changes) {
      if (walk(branch.child[i], height - 1, added + branch.added[i], at_from, search)) return true;
    } else if (search.in_run ? branch.time[i] > search.start && search.long_enough(branch.time[i])
                             : branch.time[i] > search.latest) {
      return true;
    }
    at_from = false;
  }
  return false;
}

void Calendar::add(UnixTime start, UnixTime end, std::int64_t amount) {
  if (start >= end || amount == 0) return;
  const Range range{start.microseconds(), end.microseconds()};
  // A step that is new here parts two levels that differ by `amount`; only one that was there can become idle.
  const bool new_start = insert_step(range.start);
  const bool new_end = end == never || insert_step(range.end);
  add_below(root_, height_, {ever, INT64_MAX}, range, amount);
  if (!new_end) drop_idle_step(range.end);
  if (!new_start) drop_idle_step(range.start);
}

void Calendar::add_below(std::uint32_t node, std::uint32_t height, Range span, Range range, std::int64_t amount) {
  if (height == 0) {
    Leaf& leaf = leaves_[node];
    for (std::uint32_t i = 0; i < leaf.count; ++i) {
      if (leaf.time[i] >= range.start && leaf.time[i] < range.end) leaf.level[i] += amount;
    }
    return;
  }
  Branch& branch = branches_[node];
  for (std::uint32_t i = index_of(branch.time, branch.count, range.start); i < branch.count; ++i) {
    const Range below{branch.time[i], i + 1 < branch.count ? branch.time[i + 1] : span.end};
    if (below.start >= range.end) break;
    if (below.start >= range.start && below.end <= range.end) {
      branch.added[i] += amount;
      branch.low[i] += amount;
      branch.high[i] += amount;
    } else {
      add_below(branch.child[i], height - 1, below, range, amount);
      note_child(branch, i, height);
    }
  }
}

Calendar::Levels Calendar::levels_of(std::uint32_t node, std::uint32_t height) const {
  const std::int64_t* low = height == 0 ? leaves_[node].level : branches_[node].low;
  const std::int64_t* high = height == 0 ? leaves_[node].level : branches_[node].high;
  Levels levels{low[0], high[0]};
  for (std::uint32_t i = 1, count = count_of(node, height); i < count; ++i) {
    levels.low = std::min(levels.low, low[i]);
    levels.high = std::max(levels.high, high[i]);
  }
  return levels;
}

Calendar::Levels Calendar::levels_within(std::uint32_t node, std::uint32_t height, Range span, Range range) const {
  Levels levels{INT64_MAX, INT64_MIN};
  const auto see = [&levels](Levels seen, std::int64_t added) {
    levels.low = std::min(levels.low, seen.low + added);
    levels.high = std::max(levels.high, seen.high + added);
  };
  if (height == 0) {
    const Leaf& leaf = leaves_[node];
    for (std::uint32_t i = index_of(leaf.time, leaf.count, range.start); i < leaf.count; ++i) {
      if (leaf.time[i] >= range.end) break;
      see({leaf.level[i], leaf.level[i]}, 0);
    }
    return levels;
  }
  const Branch& branch = branches_[node];
  for (std::uint32_t i = index_of(branch.time, branch.count, range.start); i < branch.count; ++i) {
    const Range below{branch.time[i], i + 1 < branch.count ? branch.time[i + 1] : span.end};
    if (below.start >= range.end) break;
    if (below.start >= range.start && below.end <= range.end) {
      see({branch.low[i], branch.high[i]}, 0);
    } else {
      see(levels_within(branch.child[i], height - 1, below, range), branch.added[i]);
    }
  }
  return levels;
}

void Calendar::forget_before(UnixTime now) {
  for (;;) {
    // The second step, or none.
    std::uint32_t node = root_;
    std::int64_t next = INT64_MAX;
    for (std::uint32_t height = height_; height > 0; --height) {
      const Branch& branch = branches_[node];
      if (branch.count > 1) next = branch.time[1];
      node = branch.child[0];
    }
    if (leaves_[node].count > 1) next = leaves_[node].time[1];
    if (next == INT64_MAX || next > now.microseconds()) return;
    erase_step(root_, height_, ever);
    --steps_;
    shrink_root();
    node = root_;
    for (std::uint32_t height = height_; height > 0; --height) {
      branches_[node].time[0] = ever;
      node = branches_[node].child[0];
    }
    leaves_[node].time[0] = ever;
  }
}

}  // namespace dayan::place
