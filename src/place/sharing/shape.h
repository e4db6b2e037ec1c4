#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/units.h"

/// Sharing: nodes whose cards are given out whole or in thousandths, and what is asked of them. The part of the
/// engine that packs such work tightly; it knows nothing of jobs, money or time.

namespace dayan::place::sharing {

/// CPU in thousandths of a core.
using MilliCores = Quantity<struct MilliCoresTag>;

/// Which models of cards are allowed: bit m stands for model m.
using ModelSet = std::uint64_t;
inline constexpr int models_max = 64;
inline constexpr ModelSet any_model = ~ModelSet{0};

inline constexpr int cards_per_node_max = 16;
inline constexpr int whole_card = 1000;  ///< thousandths
inline constexpr MilliCores milli_cores_max = MilliCores(1'000'000'000);

/// A node when nothing runs on it.
struct NodeShape {
  MilliCores cpu;
  Bytes memory;
  int cards = 0;  ///< 0 … cards_per_node_max
  int model = 0;  ///< of its cards, 0 … models_max - 1; a node without cards may say any

  friend auto operator<=>(const NodeShape&, const NodeShape&) = default;
};

/// What one piece of work asks for, on one node.
struct Demand {
  MilliCores cpu;
  Bytes memory;
  int cards = 0;                ///< 0 … cards_per_node_max
  int of_each = whole_card;     ///< thousandths; less than whole_card only when cards is 1
  ModelSet models = any_model;  ///< of which the cards may be; without meaning when cards is 0

  [[nodiscard]] bool is_fraction() const { return cards == 1 && of_each < whole_card; }
  /// Cards in thousandths.
  [[nodiscard]] int milli_cards() const { return cards * of_each; }

  friend auto operator<=>(const Demand&, const Demand&) = default;
};

/// Within the limits above and nothing negative.
[[nodiscard]] bool is_valid(const NodeShape& shape);
[[nodiscard]] bool is_valid(const Demand& demand);

/// Where a demand was placed.
struct Spot {
  std::uint32_t node = 0;   ///< as the nodes were given
  std::uint16_t cards = 0;  ///< bit i: card i of the node

  friend auto operator<=>(const Spot&, const Spot&) = default;
};
static_assert(cards_per_node_max <= 16, "Spot::cards has a bit a card");

/// A node as it is now. Plain integers: this is read some hundred times a placement.
struct Node {
  std::int64_t memory = 0;                              ///< bytes free
  std::int32_t cpu = 0;                                 ///< thousandths of a core free
  std::int32_t milli_cards = 0;                         ///< free on all its cards
  std::array<std::int16_t, cards_per_node_max> free{};  ///< thousandths free on each card
  std::uint8_t cards = 0;
  std::uint8_t whole = 0;  ///< cards of which nothing is taken
  std::uint8_t model = 0;
  bool idle = true;  ///< nothing is taken at all
};

}  // namespace dayan::place::sharing
