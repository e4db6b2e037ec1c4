#include "model/chip.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/scan.h"

namespace dayan {
namespace {

struct Chip {
  std::string_view name;  ///< in lower case, letters and digits alone, without the maker's
  int tflops;             ///< dense FP16 or BF16
};

/// Where sources or variants of a model differ, the least of them: nobody is promised more than the card has. Models of
/// which nothing better than hearsay was found are not here: their providers can tell.
constexpr std::array<Chip, 11> chips = {{
    {"a100", reference_card_tflops},
    {"a800", 312},     // as the A100, with a slower NVLink
    {"910b", 280},     // Ascend; Gitee AI's documentation; others 320, and its bins differ
    {"910c", 780},     // Ascend; SemiAnalysis on CloudMatrix 384, 2025: BF16, others 800
    {"h100", 756},     // NVIDIA H100 datasheet: 756 for PCIe, 989 for SXM
    {"h20", 148},      // Tom's Hardware on the export variant, 2023
    {"h800", 756},     // as the H100, with a slower NVLink and little FP64
    {"mlu370x8", 96},  // tables of resellers
    {"rtx4090", 165},  // with FP32 accumulation (the Ada whitepaper); 330 without
    {"t4", 65},        // NVIDIA T4 datasheet, mixed precision
    {"v100", 112},     // NVIDIA V100 datasheet: 112 for PCIe, 125 for SXM2
}};
/// What engines put before the name of a model.
constexpr std::array<std::string_view, 5> makers = {"nvidia", "tesla", "geforce", "huawei", "ascend"};

}  // namespace

std::optional<Capability> nominal_capability(std::string_view chip) {
  std::string name;
  for (const char c : chip) {
    if (c != '-' && c != '_' && c != ' ') name += lower(c);
  }
  std::string_view model = name;
  for (const std::string_view maker : makers) {
    if (model.starts_with(maker)) model.remove_prefix(maker.size());
  }
  const auto* const known = std::ranges::find(chips, model, &Chip::name);
  if (known == chips.end()) return std::nullopt;
  return Capability(known->tflops * reference_capability / reference_card_tflops);
}

void fill_card_capability(PoolRow& pool) {
  if (pool.cards_per_node.is_zero() || pool.card_capability_source != CapabilitySource::unknown) return;
  const auto nominal = nominal_capability(pool.chip);
  if (!nominal) return;
  pool.card_capability = *nominal;
  pool.card_capability_source = CapabilitySource::nominal;
}

}  // namespace dayan
