#include "place/fleet/free_order.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace dayan::place {
namespace {

/// How many of `count` sorted values are at most `key`; without branches that depend on the values.
std::size_t count_up_to(const std::uint64_t* values, std::size_t count, std::uint64_t key) {
  std::size_t base = 0;
  while (count > 1) {
    const std::size_t half = count / 2;
    base += values[base + half - 1] <= key ? half : 0;
    count -= half;
  }
  return base + (count == 1 && values[base] <= key ? 1 : 0);
}

}  // namespace

std::size_t FreeOrder::block_of(std::uint64_t key) const {
  const std::size_t up_to = count_up_to(firsts_.data(), firsts_.size(), key);
  return up_to == 0 ? 0 : up_to - 1;
}

/// How many keys of the block are below `key`: where it is, or would be.
std::uint32_t FreeOrder::place_in(const Block& block, std::uint64_t key) {
  if (key == 0) return 0;
  return static_cast<std::uint32_t>(count_up_to(block.keys.data(), block.count, key - 1));
}

std::unique_ptr<FreeOrder::Block> FreeOrder::new_block() {
  if (spare_.empty()) return std::unique_ptr<Block>(new Block);  // its keys need no zeroes
  std::unique_ptr<Block> block = std::move(spare_.back());
  spare_.pop_back();
  block->count = 0;
  return block;
}

void FreeOrder::insert(std::uint64_t key) {
  ASSERT(key < none);
  ++size_;
  if (blocks_.empty()) {
    blocks_.push_back(new_block());
    firsts_.push_back(key);
  }
  std::size_t at = block_of(key);
  if (blocks_[at]->count == block_keys_max) at = split(at, key);
  Block& block = *blocks_[at];
  const std::uint32_t place = place_in(block, key);
  std::uint64_t* keys = block.keys.data();
  std::copy_backward(keys + place, keys + block.count, keys + block.count + 1);
  keys[place] = key;
  ++block.count;
  if (place == 0) firsts_[at] = key;
}

/// Makes room in a full block; the block where `key` belongs afterwards. A key behind all others begins a block of
/// its own, so that a fleet that is built in order fills its blocks.
std::size_t FreeOrder::split(std::size_t at, std::uint64_t key) {
  Block& block = *blocks_[at];
  const auto position = static_cast<std::ptrdiff_t>(at + 1);
  const bool behind_all = at + 1 == blocks_.size() && key > block.keys[block_keys_max - 1];
  const std::uint32_t keep = behind_all ? block_keys_max : block_keys_max / 2;
  auto upper = new_block();
  upper->count = block_keys_max - keep;
  std::copy(block.keys.begin() + keep, block.keys.end(), upper->keys.begin());
  block.count = keep;
  const std::uint64_t upper_first = behind_all ? key : upper->keys[0];
  blocks_.insert(blocks_.begin() + position, std::move(upper));
  firsts_.insert(firsts_.begin() + position, upper_first);
  return key >= upper_first ? at + 1 : at;
}

void FreeOrder::erase(std::uint64_t key) {
  ASSERT(size_ > 0);
  const std::size_t at = block_of(key);
  Block& block = *blocks_[at];
  const std::uint32_t place = place_in(block, key);
  ASSERT(place < block.count && block.keys[place] == key);
  std::uint64_t* keys = block.keys.data();
  std::copy(keys + place + 1, keys + block.count, keys + place);
  --block.count;
  --size_;
  if (block.count == 0) return drop(at);
  if (place == 0) firsts_[at] = keys[0];
  if (block.count < block_keys_max / 4) merge_around(at);
}

void FreeOrder::replace(std::uint64_t old_key, std::uint64_t new_key) {
  if (old_key == new_key) return;
  ASSERT(size_ > 0 && new_key < none);
  const std::size_t at = block_of(old_key);
  Block& block = *blocks_[at];
  const bool stays = new_key > firsts_[at] && (at + 1 == firsts_.size() || new_key < firsts_[at + 1]);
  if (!stays) {
    erase(old_key);
    insert(new_key);
    return;
  }
  const std::uint32_t from = place_in(block, old_key);
  ASSERT(from < block.count && block.keys[from] == old_key);
  std::uint32_t to = place_in(block, new_key);
  std::uint64_t* keys = block.keys.data();
  if (to > from) {
    --to;  // the old key leaves a gap before it
    std::copy(keys + from + 1, keys + to + 1, keys + from);
  } else {
    std::copy_backward(keys + to, keys + from, keys + from + 1);
  }
  keys[to] = new_key;
  firsts_[at] = keys[0];
}

void FreeOrder::drop(std::size_t at) {
  spare_.push_back(std::move(blocks_[at]));
  blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(at));
  firsts_.erase(firsts_.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Joins a thin block with the one behind it, or before it, when that is thin as well.
void FreeOrder::merge_around(std::size_t at) {
  for (const std::size_t lower : {at, at - 1}) {
    if (lower >= blocks_.size() || lower + 1 == blocks_.size()) continue;  // at - 1 wraps around when at is 0
    Block& into = *blocks_[lower];
    const Block& from = *blocks_[lower + 1];
    if (into.count + from.count > merged_keys_max) continue;
    std::copy(from.keys.begin(), from.keys.begin() + from.count, into.keys.begin() + into.count);
    into.count += from.count;
    return drop(lower + 1);
  }
}

std::uint64_t FreeOrder::next(std::uint64_t from) const {
  if (blocks_.empty()) return none;
  const std::size_t at = block_of(from);
  const Block& block = *blocks_[at];
  const std::uint32_t place = place_in(block, from);
  if (place < block.count) return block.keys[place];
  return at + 1 < firsts_.size() ? firsts_[at + 1] : none;
}

std::int64_t FreeOrder::bytes() const {
  const std::size_t blocks = blocks_.size() + spare_.size();
  return static_cast<std::int64_t>(blocks * sizeof(Block) + firsts_.capacity() * sizeof(std::uint64_t) +
                                   (blocks_.capacity() + spare_.capacity()) * sizeof(std::unique_ptr<Block>));
}

bool FreeOrder::is_sound() const {
  std::size_t keys = 0;
  std::uint64_t before = 0;
  for (std::size_t at = 0; at < blocks_.size(); ++at) {
    const Block& block = *blocks_[at];
    if (block.count == 0 || firsts_[at] != block.keys[0]) return false;
    for (std::uint32_t i = 0; i < block.count; ++i) {
      if (keys > 0 && block.keys[i] <= before) return false;
      before = block.keys[i];
      ++keys;
    }
  }
  return keys == size_ && firsts_.size() == blocks_.size();
}

}  // namespace dayan::place
