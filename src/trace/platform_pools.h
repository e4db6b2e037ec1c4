#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/units.h"

/// The supply side of a made-up platform: providers, their centres and pools of like nodes. Sizes follow the public
/// figures of the platform that Dayan follows: 33 providers with 4.5 EFLOPS, about 14,000 cards of the Ascend 910B
/// class (press, 2023 to 2025). How they are spread is an assumption, stated at each constant.

namespace dayan::trace {

/// Hub regions of the national network: a latency and residency are told by them.
inline constexpr std::array<std::string_view, 8> platform_regions = {
    "guizhou", "beijing", "shanghai", "guangdong", "chongqing", "inner-mongolia", "gansu", "ningxia"};
inline constexpr std::size_t platform_region_count = platform_regions.size();
/// One way, in tenths of a millisecond: great circle × 1.7 × 4.9 µs/km. Rows and columns as in platform_regions.
inline constexpr std::array<std::array<int, platform_region_count>, platform_region_count> platform_latency = {{
    {0, 148, 106, 61, 29, 135, 86, 103},
    {148, 0, 92, 149, 122, 22, 71, 76},
    {106, 92, 0, 72, 96, 97, 93, 116},
    {61, 149, 72, 0, 73, 145, 112, 135},
    {29, 122, 96, 73, 0, 108, 58, 74},
    {135, 22, 97, 145, 108, 0, 53, 55},
    {86, 71, 93, 112, 58, 53, 0, 25},
    {103, 76, 116, 135, 74, 55, 25, 0},
}};

/// A model of card. Capability is dense FP16 in TFLOPS by the vendor; prices are what was asked per card and hour.
struct PlatformChip {
  std::string_view name;
  int fp16_tflops;
  int memory_gb;
  int cards_per_node;
  Cny price_low;
  Cny price_high;
  double part;  ///< of the pools with cards (assumption)
};
inline constexpr std::array<PlatformChip, 6> platform_chips = {{
    {"ascend-910b", 320, 64, 8, Cny::micro(2'400'000), Cny::micro(6'000'000), 0.40},
    {"a800", 312, 80, 8, Cny::micro(8'000'000), Cny::micro(12'000'000), 0.15},
    {"h800", 989, 80, 8, Cny::micro(12'200'000), Cny::micro(25'000'000), 0.08},
    {"h20", 148, 96, 8, Cny::micro(5'000'000), Cny::micro(9'000'000), 0.07},
    {"rtx-4090", 165, 24, 8, Cny::micro(1'680'000), Cny::micro(5'000'000), 0.20},
    {"mlu370-x8", 96, 48, 4, Cny::micro(2'000'000), Cny::micro(4'000'000), 0.10},
}};

/// The most that is asked for a GB moved in.
inline constexpr Cny platform_transfer_high = Cny::micro(50'000);

struct PlatformPool {
  int provider = 0;
  int centre = 0;  ///< counted over all providers
  int region = 0;
  int chip = -1;  ///< in platform_chips; −1: nodes without cards
  int nodes = 0;
  int cards_per_node = 0;
  Cores cores_per_node;
  Bytes memory_per_node;
  Cny price;  ///< per card and hour; without cards per core and hour
  int pue_percent = 0;
  Bandwidth link;    ///< of the centre, to where customers' data lies
  Cny transfer_gb;   ///< of a GB moved in, asked by the centre

  friend bool operator==(const PlatformPool&, const PlatformPool&) = default;
};

struct PlatformSupply {
  int providers = 33;
  /// Cards on average of a provider: 14,000 / 33.
  int cards_mean = 424;
  std::uint64_t seed = 1;
};
inline constexpr int platform_providers_max = 100'000;
inline constexpr int platform_cards_mean_max = 1'000'000;

/// The same pools for the same arguments, in the order of providers and centres. Error: invalid.
[[nodiscard]] Result<std::vector<PlatformPool>> platform_pools(const PlatformSupply& supply);

}  // namespace dayan::trace
