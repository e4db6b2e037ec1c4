#include "place/fleet/node_set.h"

namespace dayan::place {

void NodeSet::grow(std::uint32_t limit) {
  ASSERT(limit >= limit_ && limit < none);
  limit_ = limit;
  std::uint32_t words = limit;
  height_ = 0;
  do {
    words = (words + 63) / 64;
    levels_[static_cast<std::size_t>(height_)].resize(words);
    ++height_;
  } while (words > 1);
  summarise();
}

void NodeSet::summarise() {
  for (int level = 1; level < height_; ++level) {
    const std::vector<std::uint64_t>& below = levels_[static_cast<std::size_t>(level - 1)];
    std::vector<std::uint64_t>& words = levels_[static_cast<std::size_t>(level)];
    for (std::uint64_t& word : words) word = 0;
    for (std::size_t i = 0; i < below.size(); ++i) {
      if (below[i] != 0) words[i / 64] |= std::uint64_t{1} << (i % 64);
    }
  }
}

std::int64_t NodeSet::bytes() const {
  std::size_t words = 0;
  for (const std::vector<std::uint64_t>& level : levels_) words += level.capacity();
  return static_cast<std::int64_t>(words * sizeof(std::uint64_t));
}

bool NodeSet::is_sound() const {
  std::uint32_t members = 0;
  for (int level = 0; level < height_; ++level) {
    const std::vector<std::uint64_t>& words = levels_[static_cast<std::size_t>(level)];
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (level == 0) members += static_cast<std::uint32_t>(std::popcount(words[i]));
      if (level + 1 == height_) continue;
      const bool told = (levels_[static_cast<std::size_t>(level + 1)][i / 64] >> (i % 64) & 1) != 0;
      if (told != (words[i] != 0)) return false;
    }
  }
  return members == size_;
}

}  // namespace dayan::place
