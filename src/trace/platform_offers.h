#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>

#include "base/money.h"
#include "trace/platform_pools.h"

/// What the pools of a made-up platform offer, by region and chip: so that a job is only asked for what some pool
/// has.

namespace dayan::trace {

struct PlatformOffer {
  int nodes = 0;                                                     ///< of the largest pool; 0: there is none
  Cny price = Cny::micro(std::numeric_limits<std::int64_t>::max());  ///< the lowest

  void add(const PlatformOffer& other) {
    nodes = std::max(nodes, other.nodes);
    price = std::min(price, other.price);
  }
};

class PlatformOffers {
 public:
  explicit PlatformOffers(std::span<const PlatformPool> pools) {
    for (const PlatformPool& pool : pools) {
      const PlatformOffer offer{pool.nodes, pool.price};
      if (pool.chip < 0) {
        plain_.add(offer);
        continue;
      }
      by_region_[static_cast<std::size_t>(pool.region)][static_cast<std::size_t>(pool.chip)].add(offer);
      chips_ |= 1U << pool.chip;
    }
  }

  /// Of pools with one of these chips, in regions that `reaches` accepts.
  template <class Reaches>
  [[nodiscard]] PlatformOffer of(std::uint32_t chips, const Reaches& reaches) const {
    PlatformOffer best;
    for (std::size_t region = 0; region < platform_region_count; ++region) {
      if (!reaches(region)) continue;
      for (std::size_t chip = 0; chip < platform_chips.size(); ++chip)
        if (((chips >> chip) & 1U) != 0) best.add(by_region_[region][chip]);
    }
    return best;
  }
  /// Of pools without cards.
  [[nodiscard]] const PlatformOffer& plain() const { return plain_; }
  /// Bits of the chips that there are.
  [[nodiscard]] std::uint32_t chips() const { return chips_; }

 private:
  std::array<std::array<PlatformOffer, platform_chips.size()>, platform_region_count> by_region_{};
  PlatformOffer plain_;
  std::uint32_t chips_ = 0;
};

}  // namespace dayan::trace
