#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "base/assert.h"

/// BlockOrder: entries in order, each once. They lie side by side, in blocks of a bounded size so that one more or less
/// moves few of them: walks pass over hundreds or thousands to find one. What a block's entries come to together
/// (`Sum`) is kept, so that a walk that looks for a sum passes over whole blocks.

namespace dayan::place {

/// Of entries that come to nothing together.
template <class Entry>
struct NoSum {
  void add(const Entry&) {}
  void remove(const Entry&) {}
};

template <class Entry, class Sum = NoSum<Entry>, std::size_t block_max = 512>
class BlockOrder {
 public:
  struct Block {
    std::vector<Entry> entries;  ///< not empty
    Sum sum;
  };
  using Blocks = std::vector<Block>;

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    using pointer = const Entry*;
    using reference = const Entry&;

    Iterator() = default;
    Iterator(const Blocks& blocks, std::size_t block, std::size_t at) : blocks_(&blocks), block_(block), at_(at) {}
    [[nodiscard]] const Entry& operator*() const { return (*blocks_)[block_].entries[at_]; }
    [[nodiscard]] const Entry* operator->() const { return &**this; }
    Iterator& operator++() {
      if (++at_ < (*blocks_)[block_].entries.size()) return *this;
      ++block_;
      at_ = 0;
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    /// The block that it is at the beginning of; nullptr within one.
    [[nodiscard]] const Block* block() const { return at_ == 0 ? &(*blocks_)[block_] : nullptr; }
    void pass_block() {
      ++block_;
      at_ = 0;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.block_ == b.block_ && a.at_ == b.at_; }

   private:
    const Blocks* blocks_ = nullptr;
    std::size_t block_ = 0;
    std::size_t at_ = 0;
  };

  [[nodiscard]] Iterator begin() const { return {blocks_, 0, 0}; }
  [[nodiscard]] Iterator end() const { return {blocks_, blocks_.size(), 0}; }
  [[nodiscard]] bool empty() const { return blocks_.empty(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const Blocks& blocks() const { return blocks_; }
  /// The first that does not stand before this.
  [[nodiscard]] Iterator lower_bound(const Entry& from) const {
    const std::size_t block = block_of(from);
    if (block == blocks_.size()) return end();
    const std::vector<Entry>& in = blocks_[block].entries;
    return {blocks_, block, static_cast<std::size_t>(std::lower_bound(in.begin(), in.end(), from) - in.begin())};
  }
  /// It is not there yet.
  void insert(const Entry& entry) {
    ++size_;
    if (blocks_.empty()) blocks_.emplace_back();
    const std::size_t block = std::min(block_of(entry), blocks_.size() - 1);
    std::vector<Entry>& in = blocks_[block].entries;
    const auto behind = std::lower_bound(in.begin(), in.end(), entry);
    ASSERT(behind == in.end() || entry < *behind);
    in.insert(behind, entry);
    blocks_[block].sum.add(entry);
    if (in.size() >= block_max) split(block);
  }
  /// It is there.
  void erase(const Entry& entry) {
    --size_;
    const std::size_t block = block_of(entry);
    ASSERT(block < blocks_.size());
    std::vector<Entry>& in = blocks_[block].entries;
    const auto found = std::lower_bound(in.begin(), in.end(), entry);
    ASSERT(!(entry < *found));
    in.erase(found);
    blocks_[block].sum.remove(entry);
    if (in.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(block));
  }
  void clear() {
    blocks_.clear();
    size_ = 0;
  }

 private:
  /// The first of which not all stand before this.
  [[nodiscard]] std::size_t block_of(const Entry& entry) const {
    const auto found = std::lower_bound(
        blocks_.begin(), blocks_.end(), entry,
        [](const Block& block, const Entry& wanted) {
          return !block.entries.empty() && block.entries.back() < wanted;
        });
    return static_cast<std::size_t>(found - blocks_.begin());
  }

  void split(std::size_t at) {
    Block second;
    std::vector<Entry>& in = blocks_[at].entries;
    const auto middle = in.begin() + static_cast<std::ptrdiff_t>(in.size() / 2);
    second.entries.assign(middle, in.end());
    in.erase(middle, in.end());
    for (const Entry& each : second.entries) {
      second.sum.add(each);
      blocks_[at].sum.remove(each);
    }
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(second));
  }

  Blocks blocks_;
  std::size_t size_ = 0;
};

}  // namespace dayan::place
