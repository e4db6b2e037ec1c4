#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "base/assert.h"

namespace dayan::place {

/// A set of small integers (nodes, racks): 64 to a word, and above each level a level that says which words below are
/// not empty. Insert, erase and "the next member from here" touch at most one word a level: four levels for sixteen
/// million. One bit a possible member, and 1/63 of that for the levels.
class NodeSet {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// Members are below `limit`; it can only grow.
  void grow(std::uint32_t limit);

  [[nodiscard]] std::uint32_t limit() const { return limit_; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] bool contains(std::uint32_t member) const {
    return (levels_[0][member / 64] >> (member % 64) & 1) != 0;
  }

  /// `member` was not in the set.
  void insert(std::uint32_t member) {
    ASSERT(member < limit_ && !contains(member));
    ++size_;
    std::uint32_t at = member;
    for (int level = 0; level < height_; ++level, at /= 64) {
      std::uint64_t& word = levels_[static_cast<std::size_t>(level)][at / 64];
      const bool was_empty = word == 0;
      word |= std::uint64_t{1} << (at % 64);
      if (!was_empty) return;
    }
  }

  /// `member` was in the set.
  void erase(std::uint32_t member) {
    ASSERT(member < limit_ && contains(member));
    --size_;
    std::uint32_t at = member;
    for (int level = 0; level < height_; ++level, at /= 64) {
      std::uint64_t& word = levels_[static_cast<std::size_t>(level)][at / 64];
      word &= ~(std::uint64_t{1} << (at % 64));
      if (word != 0) return;
    }
  }

  /// The lowest member ≥ `from`, or `none`.
  [[nodiscard]] std::uint32_t next(std::uint32_t from) const {
    if (from >= limit_) return none;
    std::uint32_t at = from;
    for (int level = 0; level < height_; ++level) {
      const std::vector<std::uint64_t>& words = levels_[static_cast<std::size_t>(level)];
      const std::uint32_t word = at / 64;
      if (word >= words.size()) return none;
      const std::uint64_t rest = words[word] >> (at % 64);
      if (rest != 0) return descend(at + static_cast<std::uint32_t>(std::countr_zero(rest)), level);
      at = word + 1;
    }
    return none;
  }
  [[nodiscard]] std::uint32_t first() const { return next(0); }

  /// Empties the set and fills it with the members for which `is_member(index)`; faster than one by one.
  template <class Predicate>
  void assign(Predicate is_member);

  /// Bytes held outside of this object.
  [[nodiscard]] std::int64_t bytes() const;
  /// Whether every level says of the one below what is true, and the size is the number of members.
  [[nodiscard]] bool is_sound() const;

 private:
  static constexpr int height_max = 6;  // 64^6 exceeds 32 bits

  [[nodiscard]] std::uint32_t descend(std::uint32_t at, int level) const {
    while (level > 0) {
      --level;
      at = at * 64 + static_cast<std::uint32_t>(std::countr_zero(levels_[static_cast<std::size_t>(level)][at]));
    }
    return at;
  }
  void summarise();

  std::array<std::vector<std::uint64_t>, height_max> levels_;
  int height_ = 0;
  std::uint32_t limit_ = 0;
  std::uint32_t size_ = 0;
};

template <class Predicate>
void NodeSet::assign(Predicate is_member) {
  size_ = 0;
  std::uint32_t index = 0;
  for (std::uint64_t& word : levels_[0]) {
    std::uint64_t bits = 0;
    for (std::uint32_t bit = 0; bit < 64 && index < limit_; ++bit, ++index) {
      if (is_member(index)) {
        bits |= std::uint64_t{1} << bit;
        ++size_;
      }
    }
    word = bits;
  }
  summarise();
}

}  // namespace dayan::place
