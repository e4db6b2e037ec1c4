#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "place/sharing/usefulness.h"

/// The kept scores of one class of like demands: how much usefulness each node would lose by it. Only nodes that
/// changed since the class was last asked for are scored again; the best of every block of nodes is kept, so that a
/// choice looks at blocks, not at nodes.

namespace dayan::place::sharing {

/// Nodes of one block have cards of one model.
inline constexpr std::size_t block_nodes = 64;

/// The nodes as the score boards see them: in an order of their own, like ones side by side, blocks filled up with
/// nodes on which nothing fits.
struct Floor {
  std::vector<Node> nodes;
  std::vector<std::int64_t> free_of;      ///< thousandths of cards free, per model
  std::vector<std::int32_t> values;       ///< usefulness of each
  std::vector<std::uint32_t> shape_of;    ///< like nodes have equal numbers
  std::vector<std::uint64_t> changed_at;  ///< number of the last change of each node, from 1; 0 for never
  std::vector<std::uint32_t> changes;     ///< ring: change number n touched node changes[n % size]
  std::uint64_t change_count = 0;
  Usefulness usefulness;
  std::uint64_t usefulness_version = 0;  ///< scores of another version are worth nothing

  [[nodiscard]] std::size_t block_count() const { return nodes.size() / block_nodes; }
  [[nodiscard]] int model_of_block(std::size_t block) const { return nodes[block * block_nodes].model; }
  /// After a node was changed.
  void note_change(std::uint32_t at);
  /// Values every node by another measure.
  void use(Usefulness measure);
};

class ScoreBoard {
 public:
  /// Brings the scores of `demand` up to date with the floor.
  void update(const Floor& floor, const Demand& demand);

  /// The node where `demand` costs least: usefulness lost plus, per thousandth of a card, `model_costs` (one a model,
  /// or empty for none). Of equals, one with cards of the model of which most is free, so that
  /// the rare is kept for whom nobody knows yet; of those the first. Nothing when it fits nowhere. Only right after
  /// `update`.
  [[nodiscard]] std::optional<std::uint32_t> best(const Floor& floor, const Demand& demand,
                                                  std::span<const std::int64_t> model_costs) const;

  /// Whether the scores that the board holds for current are those of a fresh computation.
  [[nodiscard]] bool equals_fresh(const Floor& floor, const Demand& demand) const;

 private:
  static constexpr std::int32_t does_not_fit = INT32_MIN;
  struct Best {
    std::int32_t score = does_not_fit;
    std::uint32_t at = 0;
    bool stale = false;  ///< its node's score has fallen: another may be better
  };

  [[nodiscard]] static std::int32_t score(const Floor& floor, const Demand& demand, std::uint32_t at);
  void score_all(const Floor& floor, const Demand& demand);
  void score_again(const Floor& floor, const Demand& demand, std::uint32_t at);
  /// The best of one block, the first of equals.
  [[nodiscard]] Best best_of(std::size_t block) const;

  std::vector<std::int32_t> scores_;  ///< value after - value before, per node
  std::vector<Best> bests_;           ///< per block
  std::uint64_t seen_ = 0;            ///< changes that are in the scores
  std::uint64_t version_ = 0;         ///< of the usefulness; 0: never scored
};

}  // namespace dayan::place::sharing
