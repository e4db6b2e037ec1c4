#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "place/sharing/scarcity.h"
#include "place/sharing/score_board.h"
#include "place/sharing/shape.h"
#include "place/sharing/usefulness.h"

/// Nodes whose cards are shared in fractions. Each demand is placed at once where it takes least from the work that
/// is likely to come, or refused when it fits nowhere. What is likely to come is learned from what came: every demand
/// asked for counts, placed or refused, and old ones count less. One fixed setting; nothing is drawn by chance.

namespace dayan::place::sharing {

/// Classes of like demands that are kept with their scores; beyond, the one asked for longest ago is given up.
inline constexpr std::size_t classes_max = 1024;
/// When so many arrivals are counted, each class's count is halved: the mix is that of the last 16,000 to 33,000.
inline constexpr std::int64_t mix_window = 1 << 15;

class SharedFleet {
 public:
  /// Every shape is valid.
  explicit SharedFleet(std::span<const NodeShape> nodes);

  /// Places a valid demand, or refuses it: it fits on no node now.
  [[nodiscard]] std::optional<Spot> place(const Demand& demand);
  /// Gives back what `place` gave for this demand.
  void release(const Demand& demand, const Spot& spot);

  [[nodiscard]] std::size_t node_count() const { return place_of_.size(); }
  /// What is free on a node, which is numbered as it was given.
  [[nodiscard]] const Node& node(std::uint32_t number) const { return floor_.nodes[place_of_[number]]; }
  /// Thousandths of cards free, on all nodes.
  [[nodiscard]] std::int64_t free_milli_cards() const { return free_milli_cards_; }

  /// Counts everything afresh: capacity, sums, usefulness, kept scores. The first thing that is wrong, in words;
  /// nothing when all is well. For tests and checkers: it takes as long as scoring everything.
  [[nodiscard]] std::optional<std::string> broken_invariant() const;

 private:
  friend struct PlantedFault;  // tests break the engine on purpose, to see that broken_invariant tells

  struct DemandClass {
    ScoreBoard board;
    std::uint64_t asked_last = 0;  ///< number of the arrival
  };

  void lay_out(std::span<const NodeShape> nodes);
  [[nodiscard]] std::size_t class_of(const Demand& demand);
  [[nodiscard]] std::size_t room_for_class();
  void learn(std::size_t index);
  [[nodiscard]] std::span<const std::int64_t> model_costs(const Demand& demand);
  [[nodiscard]] Spot take(const Demand& demand, std::uint32_t at);
  void after_change(std::uint32_t at, std::int64_t milli_cards_given_back);
  [[nodiscard]] std::optional<std::string> broken_node(std::uint32_t number) const;

  std::vector<NodeShape> shapes_;         ///< as given
  std::vector<std::uint32_t> place_of_;   ///< node → its place on the floor
  std::vector<std::uint32_t> number_of_;  ///< place on the floor → node
  Floor floor_;
  std::int64_t milli_cards_ = 0;       ///< of all nodes when idle
  std::int64_t free_milli_cards_ = 0;  ///< of all nodes now
  int models_ = 1;

  std::map<Demand, std::size_t> index_of_;
  std::vector<DemandClass> classes_;
  std::vector<Counted> mix_;  ///< parallel to classes_
  std::uint64_t arrivals_ = 0;
  std::int64_t counted_ = 0;       ///< sum of mix_
  std::int64_t learn_at_ = 1;      ///< counted_ at which the usefulness is computed anew
  std::int64_t learned_free_ = 0;  ///< free_milli_cards_ when it was computed
  Scarcity scarcity_;
  std::uint64_t scarcity_from_ = 0;  ///< arrivals_ when it was computed
};

}  // namespace dayan::place::sharing
