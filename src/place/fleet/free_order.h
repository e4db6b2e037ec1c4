#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace dayan::place {

/// A sorted set of 64-bit keys, in blocks of up to 128 under a directory of each block's least key. With a million
/// keys a search reads some 14 entries of the directory and 7 of a block; an insertion or removal moves half a block.
/// 8 to 16 bytes a key, no pointer a key.
class FreeOrder {
 public:
  static constexpr std::uint64_t none = UINT64_MAX;  ///< no key is this large

  void insert(std::uint64_t key);  ///< it was not there
  void erase(std::uint64_t key);   ///< it was there
  void replace(std::uint64_t old_key, std::uint64_t new_key);
  /// The least key ≥ `from`, or `none`.
  [[nodiscard]] std::uint64_t next(std::uint64_t from) const;
  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::int64_t bytes() const;
  /// Whether every key stands in order, and the directory and the size are true.
  [[nodiscard]] bool is_sound() const;

 private:
  static constexpr std::uint32_t block_keys_max = 128;
  // Two neighbours that fill less than this together become one, so that blocks are on average half full at least.
  static constexpr std::uint32_t merged_keys_max = 96;

  struct Block {
    std::uint32_t count = 0;
    std::array<std::uint64_t, block_keys_max> keys;
  };

  [[nodiscard]] std::size_t block_of(std::uint64_t key) const;
  static std::uint32_t place_in(const Block& block, std::uint64_t key);
  std::size_t split(std::size_t at, std::uint64_t key);
  void drop(std::size_t at);
  void merge_around(std::size_t at);
  std::unique_ptr<Block> new_block();

  std::vector<std::uint64_t> firsts_;  ///< of each block, its least key
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<std::unique_ptr<Block>> spare_;
  std::size_t size_ = 0;
};

}  // namespace dayan::place
