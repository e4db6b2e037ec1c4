#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

/// Bits: a set of pool indices, a bit each.

namespace dayan::place {

class Bits {
 public:
  void resize(std::size_t bits) { words_.resize((bits + 63) / 64, 0); }
  void clear() { words_.assign(words_.size(), 0); }
  [[nodiscard]] bool get(std::size_t bit) const {
    return bit / 64 < words_.size() && (words_[bit / 64] >> (bit % 64) & 1) != 0;
  }
  void set(std::size_t bit, bool value) {
    if (bit / 64 >= words_.size()) words_.resize(bit / 64 + 1, 0);
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    words_[bit / 64] = value ? words_[bit / 64] | mask : words_[bit / 64] & ~mask;
  }
  /// Takes out all that are in another.
  void remove(const Bits& others) {
    for (std::size_t i = 0; i < std::min(words_.size(), others.words_.size()); ++i) words_[i] &= ~others.words_[i];
  }
  [[nodiscard]] std::size_t words() const { return words_.size(); }
  [[nodiscard]] std::uint64_t word(std::size_t index) const { return index < words_.size() ? words_[index] : 0; }
  [[nodiscard]] std::size_t count() const {
    std::size_t sum = 0;
    for (const std::uint64_t word : words_) sum += static_cast<std::size_t>(std::popcount(word));
    return sum;
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// Calls visit(bit) for each bit of a word that begins at `base`, in order.
template <class Visitor>
void for_each_bit(std::uint64_t word, std::size_t base, Visitor&& visit) {
  while (word != 0) {
    visit(base + static_cast<std::size_t>(std::countr_zero(word)));
    word &= word - 1;
  }
}

}  // namespace dayan::place
