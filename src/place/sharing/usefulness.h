#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "place/sharing/prospects.h"
#include "place/sharing/shape.h"

/// How useful the free cards of a node are to the work that is likely to come: the sum of three terms.
///
/// - What of each card will be used in the end (Prospects).
/// - A little of what could be used at once, the complement of the expected fragmentation of Weng et al., "Beware of
///   Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent" (USENIX ATC 2023): of the
///   free thousandths of a node, how many a demand drawn from the mix could use, in the mean. A card of which less is
///   free than the demand asks for is lost to it, and so are all cards of a node without enough CPU, whole cards or
///   the right model. It decides where the prospects of cards are equal.
/// - Less what is stranded: free thousandths for which the node's free CPU would not suffice if they were asked for
/// by
///   the mean demand. Without this term nodes run out of CPU while cards are free.
///
/// Values are in thousandths of a card times `weight_unit`: integers, so that equal inputs give equal orders
/// everywhere.

namespace dayan::place::sharing {

/// What could be used at once counts for 1 part in so many of what will be used in the end. Chosen on lists made for
/// it (docs/performance.md): 200 is as good; with equal weights 0.1 to 0.7 % fewer cards are given out.
inline constexpr std::int64_t at_once_parts = 64;
/// A value is in [-bound, +bound], a difference of two in int32 but for its least number, which stands for "none".
inline constexpr std::int64_t value_bound =
    std::int64_t{cards_per_node_max} * whole_card * weight_unit / at_once_parts * (at_once_parts + 1);
static_assert(2 * value_bound < INT32_MAX);

class Usefulness {
 public:
  /// The value of a node after a demand was placed there in the best way, and which card a fraction takes then.
  struct After {
    std::int32_t value = 0;
    int card = -1;  ///< -1: whole cards or none
  };

  Usefulness() = default;
  Usefulness(std::span<const Counted> mix, int models, const Prospects& prospects);

  [[nodiscard]] std::int32_t of(const Node& node) const;
  /// `demand` fits on `node` (`fits`).
  [[nodiscard]] After after(const Node& node, const Demand& demand) const;

 private:
  struct Row {
    const std::int32_t* fractions;  ///< by step of what is free on a card: weight of the fractions that it can take
    const std::int32_t*
        wholes;  ///< by number of whole cards: weight of the demands for whole cards that they can take
  };

  [[nodiscard]] Row row(int model, std::int32_t cpu) const;
  // These two in 1/at_once_parts of a value, so that sums of them are exact.
  [[nodiscard]] std::int64_t of_partial(const Row& row, int free) const;
  [[nodiscard]] std::int64_t of_whole(const Row& row, int cards) const;
  [[nodiscard]] std::int64_t of_cards(const Node& node, const Row& row, int whole) const;
  [[nodiscard]] std::int64_t best_fraction(const Node& node, const Row& row, int of_each, int& card) const;
  [[nodiscard]] std::int64_t stranded(std::int32_t milli_cards, std::int32_t cpu) const;
  [[nodiscard]] static std::int32_t value(std::int64_t cards, std::int64_t stranded);

  Prospects prospects_;
  int models_ = 0;
  std::vector<std::int32_t> cpu_steps_;                       ///< CPU that demands ask for, rising
  std::array<std::uint8_t, whole_card + 1> fraction_step_{};  ///< of free thousandths: which fractions they can take
  std::size_t fraction_steps_ = 1;
  std::vector<std::int32_t> fractions_;  ///< [model][cpu step][fraction step]
  std::vector<std::int32_t> wholes_;     ///< [model][cpu step][cards]
  std::int64_t fed_per_core_ = 0;        ///< thousandths of a card that 2^32 thousandths of a core suffice for
};

/// Whether a demand fits on a node now.
[[nodiscard]] bool fits(const Node& node, const Demand& demand);

}  // namespace dayan::place::sharing
