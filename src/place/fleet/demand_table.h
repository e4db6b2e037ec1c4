#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "place/fleet/node.h"

namespace dayan::place {

/// What is free on a node, as demands are compared with it.
struct FreeOfNode {
  std::uint32_t memory_steps = 0;
  std::uint16_t cores = 0;
  std::uint8_t cards = 0;
  ShapeIndex shape = 0;
  bool idle = false;  ///< nothing of it is taken
};

/// A demand in the units of a fleet.
struct DemandKey {
  std::uint32_t memory_steps = 0;
  std::uint16_t cores = 1;
  std::uint8_t cards = 0;
  bool whole_node = false;
  std::int16_t shape = -1;  ///< -1: any
  friend bool operator==(const DemandKey&, const DemandKey&) = default;

  [[nodiscard]] bool fits(const FreeOfNode& free) const {
    return cores <= free.cores && cards <= free.cards && memory_steps <= free.memory_steps &&
           (!whole_node || free.idle) && (shape < 0 || shape == free.shape);
  }
  /// Whether every node that fits `other` fits this as well.
  [[nodiscard]] bool relaxes(const DemandKey& other) const {
    return cores <= other.cores && cards <= other.cards && memory_steps <= other.memory_steps &&
           (!whole_node || other.whole_node) && (shape < 0 || shape == other.shape);
  }
};

/// The demands for which a fleet keeps an index, up to 256 of them, and which of them a node fits: one bit a demand,
/// found by four table reads for 64 demands at once, whatever the demands are.
class DemandTable {
 public:
  static constexpr int demands_max = 256;
  static constexpr int words_max = demands_max / 64;
  static constexpr int none = -1;
  /// Bit d % 64 of word d / 64: demand d fits.
  using Bits = std::array<std::uint64_t, words_max>;

  /// Where a demand is looked up first, below `slots`. Four slots a demand at least.
  static constexpr std::size_t slots = 1024;
  [[nodiscard]] static std::size_t hash(const DemandKey& demand);

  /// The number of a demand, or `none`.
  [[nodiscard]] int find(const DemandKey& demand) const;
  /// Puts a demand that is not there at number `at`, in place of the one that was there; at ≤ size().
  void put(int at, const DemandKey& demand);

  [[nodiscard]] int size() const { return static_cast<int>(demands_.size()); }
  [[nodiscard]] const DemandKey& demand(int number) const { return demands_[static_cast<std::size_t>(number)]; }
  /// How many words of 64 demands are in use.
  [[nodiscard]] int words() const { return (size() + 63) / 64; }

  /// The fitting ones of demands 64 × word to 64 × word + 63.
  [[nodiscard]] std::uint64_t fitting(const FreeOfNode& free, int word) const {
    const Word& tables = tables_[static_cast<std::size_t>(word)];
    return tables.cores[free.cores] & tables.cards[free.cards] & tables.memory[memory_rank(free.memory_steps)] &
           tables.shapes[free.shape] & (free.idle ? ~std::uint64_t{0} : tables.part_nodes);
  }

  [[nodiscard]] std::int64_t bytes() const;

 private:
  /// For 64 demands, which of them a node with so much of one kind fits.
  struct Word {
    std::array<std::uint64_t, cores_per_node_max + 1> cores{};
    std::array<std::uint64_t, cards_per_node_max + 1> cards{};
    std::array<std::uint64_t, demands_max + 1> memory{};  ///< by the rank of the memory among `memory_levels_`
    std::array<std::uint64_t, shapes_max> shapes{};
    std::uint64_t part_nodes = 0;  ///< those that do not ask for an idle node
  };
  [[nodiscard]] std::size_t memory_rank(std::uint32_t steps) const {
    std::size_t rank = 0;
    std::size_t count = memory_levels_.size();
    while (count > 0) {
      const std::size_t half = (count + 1) / 2;
      rank += memory_levels_[rank + half - 1] <= steps ? half : 0;
      count -= half;
    }
    return rank;
  }
  void rebuild();

  std::vector<DemandKey> demands_;
  std::vector<std::uint32_t> memory_levels_;  ///< the memory that demands ask, each amount once, rising
  std::vector<Word> tables_;
  std::array<std::int16_t, slots> slot_{};  ///< number of the demand + 1; 0: empty
};

}  // namespace dayan::place
