#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

/// What is free of one resource over time: the processors of a queue, the cards of a pool, its memory.

namespace dayan::place {

/// Later than everything: the end of what has no end, and the answer when there is no answer.
inline constexpr UnixTime never{INT64_MAX};

/// A step function of time: how much is free from each moment on. Running work, reservations and maintenance are all
/// `take`n from it; what is taken for ever (`end` = never) is capacity lost. Kept as a B+ tree of its steps with the
/// least and the greatest level under every branch and additions that wait at the branch, so that `take`, `release`
/// and the questions touch O(log n) nodes of n steps; `earliest_start` walks, besides, over the gaps that are wide
/// enough but too short. Copying it copies the whole future: that is how a plan is tried.
class Calendar {
 public:
  /// `capacity` is free at all times. ≥ 0.
  explicit Calendar(std::int64_t capacity);

  /// The level at a moment. Below zero when more was taken than there is.
  [[nodiscard]] std::int64_t free_at(UnixTime at) const;
  /// The lowest and the highest level within [start, end); start < end.
  [[nodiscard]] std::int64_t least_free(UnixTime start, UnixTime end) const;
  [[nodiscard]] std::int64_t most_free(UnixTime start, UnixTime end) const;
  /// How long `amount` stays free from `from` on: until the first moment with less, `from` itself when there is less
  /// now, `never` when it always stays.
  [[nodiscard]] UnixTime free_until(UnixTime from, std::int64_t amount) const;
  /// The first moment in [from, latest] from which on `amount` is free for all of `duration`; `never` when there is
  /// none. duration ≥ 0; one of length zero needs its amount at its moment.
  [[nodiscard]] UnixTime earliest_start(UnixTime from, Duration duration, std::int64_t amount,
                                        UnixTime latest = never) const;

  /// Lowers or raises the level within [start, end) by `amount`; nothing happens when start ≥ end. Does not ask
  /// whether it fits (`least_free` does): work may run on in capacity that was just lost.
  void take(UnixTime start, UnixTime end, std::int64_t amount) { add(start, end, -amount); }
  void release(UnixTime start, UnixTime end, std::int64_t amount) { add(start, end, amount); }

  /// Forgets what was before `now`: the level of that moment counts for all time before it. Keeps the tree small.
  void forget_before(UnixTime now);

  /// How many times the level changes, and one (there is a level before the first change).
  [[nodiscard]] std::size_t steps() const { return steps_; }

 private:
  // 32 steps fill eight cache lines of a leaf; wider ones spend more on the search than they save on the height.
  static constexpr std::uint32_t width = 32;
  /// When the first step begins.
  static constexpr std::int64_t ever = INT64_MIN;

  /// Steps: `level[i]` holds from `time[i]` to the next step; all relative to the additions of the branches above.
  struct Leaf {
    std::uint32_t count = 0;
    std::int64_t time[width];
    std::int64_t level[width];
  };
  /// Children: `added[i]` counts for everything below child i, and is contained in `low[i]` and `high[i]`.
  struct Branch {
    std::uint32_t count = 0;
    std::uint32_t child[width];
    std::int64_t time[width];
    std::int64_t low[width];
    std::int64_t high[width];
    std::int64_t added[width];
  };
  struct Search;
  struct Range {
    std::int64_t start;
    std::int64_t end;
  };
  struct Levels {
    std::int64_t low;
    std::int64_t high;
  };

  void add(UnixTime start, UnixTime end, std::int64_t amount);
  void add_below(std::uint32_t node, std::uint32_t height, Range span, Range range, std::int64_t amount);
  /// False when a step begins there already.
  [[nodiscard]] bool insert_step(std::int64_t time);
  /// Takes a step out when the level before it is the same.
  void drop_idle_step(std::int64_t time);
  void erase_step(std::uint32_t node, std::uint32_t height, std::int64_t time);
  void split_child(Branch& parent, std::uint32_t index, std::uint32_t height);
  void merge_children(Branch& parent, std::uint32_t index, std::uint32_t height);
  void grow_root();
  void shrink_root();
  void note_child(Branch& parent, std::uint32_t index, std::uint32_t height) const;
  [[nodiscard]] Levels levels_of(std::uint32_t node, std::uint32_t height) const;
  [[nodiscard]] Levels levels_within(std::uint32_t node, std::uint32_t height, Range span, Range range) const;
  [[nodiscard]] std::int64_t first_below(std::uint32_t node, std::uint32_t height, std::int64_t from,
                                         std::int64_t amount) const;
  [[nodiscard]] bool walk(std::uint32_t node, std::uint32_t height, std::int64_t added, bool at_from,
                          Search& search) const;
  /// The index of the entry whose span holds `time`: the last that begins at or before it.
  [[nodiscard]] static std::uint32_t index_of(const std::int64_t* times, std::uint32_t count, std::int64_t time);
  [[nodiscard]] std::uint32_t count_of(std::uint32_t node, std::uint32_t height) const;
  [[nodiscard]] std::uint32_t new_leaf();
  [[nodiscard]] std::uint32_t new_branch();

  std::vector<Leaf> leaves_;
  std::vector<Branch> branches_;
  std::vector<std::uint32_t> spare_leaves_;
  std::vector<std::uint32_t> spare_branches_;
  std::uint32_t root_ = 0;
  std::uint32_t height_ = 0;  ///< 0: the root is a leaf
  std::size_t steps_ = 1;
};

}  // namespace dayan::place
