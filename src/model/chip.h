#pragma once

#include <optional>
#include <string_view>

#include "base/units.h"
#include "model/centre.h"

/// How fast cards of known models are, by what is printed of them: what counts where nobody tells or measures better.

namespace dayan {

/// Dense FP16 or BF16 operations a second, in 10^12, that the reference card does (Capability 10,000): the NVIDIA A100 of
/// 40 or 80 GB (NVIDIA A100 Tensor Core GPU datasheet: 312, 624 with sparsity).
inline constexpr int reference_card_tflops = 312;

/// The nominal capability of a card of this model, in whatever case, with or without hyphens, spaces and its maker's
/// name ("Ascend 910B", "nvidia_a100"); nothing of a model that is not in the table.
[[nodiscard]] std::optional<Capability> nominal_capability(std::string_view chip);

/// Gives a pool with cards, of which nobody has told or measured how fast they are, what is printed of their model.
void fill_card_capability(PoolRow& pool);

}  // namespace dayan
