#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "place/sharing/usefulness.h"

/// How scarce each model of card is to those who can use little else.
///
/// Work that may run on any card is kept off the models that others depend on, for as long as there is another place.
/// Every set of allowed models that came is thought to spread over its models in proportion to what is free of them;
/// the scarcity of a model, to a demand that allows the set O, is the load on it from all sets that do not include O
/// (those that do are as free to go elsewhere), relative to a cluster on which demand and what is free are even.

namespace dayan::place::sharing {

class Scarcity {
 public:
  Scarcity() = default;
  /// `free_of` is what is free of each model, in thousandths of a card.
  Scarcity(std::span<const Counted> mix, std::span<const std::int64_t> free_of);

  /// What taking a thousandth of a card costs on each model, in the unit of Usefulness; one per model. Empty when
  /// demands with this set of models are not in the mix it was made of. The models beyond those of the cluster in
  /// `allowed` do not matter.
  [[nodiscard]] std::span<const std::int64_t> costs(ModelSet allowed) const;

 private:
  struct Load {
    ModelSet allowed = 0;
    double share = 0;       ///< of the thousandths asked for
    double share_free = 0;  ///< of the free thousandths that its models have
  };
  [[nodiscard]] static std::vector<Load> loads(std::span<const Counted> mix, std::span<const std::int64_t> free_of);

  ModelSet known_ = 0;  ///< the cluster's models
  std::size_t models_ = 0;
  std::vector<ModelSet> sets_;       ///< rising
  std::vector<std::int64_t> costs_;  ///< [set][model]
};

}  // namespace dayan::place::sharing
