#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "place/job_record.h"

/// HeadOrder: classes in order of the first of their waiting jobs. A walk passes over hundreds to find one, so they
/// lie side by side, in blocks of a bounded size so that one more or less moves few of them.

namespace dayan::place {

using ClassIndex = std::uint32_t;

class HeadOrder {
 public:
  using Entry = std::pair<QueueKey, ClassIndex>;
  using Blocks = std::vector<std::vector<Entry>>;

  class Iterator {
   public:
    Iterator(const Blocks& blocks, std::size_t block, std::size_t at) : blocks_(&blocks), block_(block), at_(at) {}
    [[nodiscard]] const Entry& operator*() const { return (*blocks_)[block_][at_]; }
    [[nodiscard]] const Entry* operator->() const { return &**this; }
    Iterator& operator++() {
      if (++at_ < (*blocks_)[block_].size()) return *this;
      ++block_;
      at_ = 0;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.block_ == b.block_ && a.at_ == b.at_; }

   private:
    const Blocks* blocks_;
    std::size_t block_;
    std::size_t at_;
  };

  [[nodiscard]] Iterator begin() const { return {blocks_, 0, 0}; }
  [[nodiscard]] Iterator end() const { return {blocks_, blocks_.size(), 0}; }
  /// The first that does not stand before this.
  [[nodiscard]] Iterator lower_bound(const Entry& from) const {
    const std::size_t block = block_of(from);
    if (block == blocks_.size()) return end();
    const std::vector<Entry>& in = blocks_[block];
    return {blocks_, block, static_cast<std::size_t>(std::lower_bound(in.begin(), in.end(), from) - in.begin())};
  }
  /// It is not there yet.
  void insert(const Entry& entry) {
    if (blocks_.empty()) return blocks_.push_back({entry});
    const std::size_t block = std::min(block_of(entry), blocks_.size() - 1);
    std::vector<Entry>& in = blocks_[block];
    in.insert(std::lower_bound(in.begin(), in.end(), entry), entry);
    if (in.size() < block_max) return;
    const auto middle = in.begin() + static_cast<std::ptrdiff_t>(block_max / 2);
    std::vector<Entry> second(middle, in.end());
    in.erase(middle, in.end());
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(block) + 1, std::move(second));
  }
  /// It is there.
  void erase(const Entry& entry) {
    const std::size_t block = block_of(entry);
    std::vector<Entry>& in = blocks_[block];
    in.erase(std::lower_bound(in.begin(), in.end(), entry));
    if (in.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(block));
  }

 private:
  static constexpr std::size_t block_max = 512;

  /// The first of which not all stand before this.
  [[nodiscard]] std::size_t block_of(const Entry& entry) const {
    const auto found = std::lower_bound(blocks_.begin(), blocks_.end(), entry,
                                        [](const auto& block, const Entry& wanted) { return block.back() < wanted; });
    return static_cast<std::size_t>(found - blocks_.begin());
  }

  Blocks blocks_;  ///< none of them empty
};

}  // namespace dayan::place
