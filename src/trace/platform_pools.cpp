#include "trace/platform_pools.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "trace/draw.h"

namespace dayan::trace {
namespace {

// Assumptions. A provider has 1 to 3 centres; two fifths of them stand in the home region. Sizes are log-normal with
// the deviation below: a few providers hold most of the cards. A centre has 1 to 3 pools of cards and, mostly, one
// without.
constexpr double home_part = 0.4;
constexpr double size_sigma = 1.0;
constexpr std::array<double, 3> centre_parts = {0.6, 0.3, 0.1};
constexpr std::array<double, 3> pool_parts = {0.5, 0.35, 0.15};
constexpr double plain_pool_part = 0.8;
/// Cores in nodes without cards for each card in the others, and the price of a core hour in micro-yuan (0.15 yuan is
/// a list price of 2025; the spread is an assumption).
constexpr double plain_cores_per_card = 8;
constexpr double core_price_low = 80'000;
constexpr double core_price_high = 200'000;
/// 1.12 in the best hall to 1.5, the national mean that was planned for 2025.
constexpr std::int64_t pue_low = 112;
constexpr std::int64_t pue_high = 150;
/// Of a centre, 1 to 80 Gbit/s: with these the centres of 33 providers have the 860 Gbit/s that are told of the platform.
/// The price of a GB moved in is an assumption.
constexpr double link_low = 125e6;
constexpr double link_high = 10e9;
constexpr double transfer_price_low = 5'000;
constexpr Bytes gigabyte(1'000'000'000);

PlatformPool card_pool(Draw& draw, PlatformPool where, double cards) {
  std::array<double, platform_chips.size()> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = platform_chips[i].part;
  const std::size_t index = draw.index(parts);
  const PlatformChip& chip = platform_chips[index];
  where.chip = static_cast<int>(index);
  where.cards_per_node = chip.cards_per_node;
  where.nodes = std::max(1, static_cast<int>(std::lround(cards / chip.cards_per_node)));
  where.cores_per_node = Cores(draw.chance(0.5) ? 128 : 192);
  where.memory_per_node = gigabyte * (draw.chance(0.5) ? 1024 : 2048);
  where.price = Cny::micro(std::llround(
      draw.uniform(static_cast<double>(chip.price_low.micro()), static_cast<double>(chip.price_high.micro()))));
  return where;
}

PlatformPool plain_pool(Draw& draw, PlatformPool where, double cards) {
  constexpr int cores = 64;
  where.cores_per_node = Cores(cores);
  where.memory_per_node = gigabyte * 256;
  where.nodes = std::max(1, static_cast<int>(std::lround(cards * plain_cores_per_card / cores)));
  where.price = Cny::micro(std::llround(draw.uniform(core_price_low, core_price_high)));
  return where;
}

}  // namespace

Result<std::vector<PlatformPool>> platform_pools(const PlatformSupply& supply) {
  if (supply.providers < 1 || supply.providers > platform_providers_max)
    return fail(ErrorCode::invalid, std::to_string(supply.providers) + " providers",
                "1 to " + std::to_string(platform_providers_max), "providers");
  if (supply.cards_mean < 1 || supply.cards_mean > platform_cards_mean_max)
    return fail(ErrorCode::invalid, std::to_string(supply.cards_mean) + " cards on average",
                "1 to " + std::to_string(platform_cards_mean_max), "cards_mean");
  Draw draw(supply.seed);
  Draw links(~supply.seed);  // of their own: pools are as they were before there were links
  std::vector<PlatformPool> pools;
  int centres = 0;
  // A log-normal with this median has the mean asked for.
  const double median = supply.cards_mean / std::exp(size_sigma * size_sigma / 2);
  for (int provider = 0; provider < supply.providers; ++provider) {
    const double cards = draw.log_normal(median, size_sigma);
    const std::size_t centre_count = 1 + draw.index(centre_parts);
    for (std::size_t c = 0; c < centre_count; ++c) {
      PlatformPool where;
      where.provider = provider;
      where.centre = centres++;
      where.region = draw.chance(home_part) ? 0 : static_cast<int>(draw.between(1, platform_region_count - 1));
      where.pue_percent = static_cast<int>(draw.between(pue_low, pue_high));
      where.link = Bandwidth(std::llround(links.log_uniform(link_low, link_high)));
      where.transfer_gb = Cny::micro(std::llround(
          links.log_uniform(transfer_price_low, static_cast<double>(platform_transfer_high.micro()))));
      const double here = cards / static_cast<double>(centre_count);
      const std::size_t pool_count = 1 + draw.index(pool_parts);
      for (std::size_t p = 0; p < pool_count; ++p)
        pools.push_back(card_pool(draw, where, here / static_cast<double>(pool_count)));
      if (draw.chance(plain_pool_part)) pools.push_back(plain_pool(draw, where, here));
    }
  }
  return pools;
}

}  // namespace dayan::trace
