#include "model/energy.h"

#include <algorithm>
#include <limits>

#include "base/wide.h"

namespace dayan {
namespace {

constexpr std::int64_t parts_per_card = 1'000;
/// mW × µs × thousandths in a joule.
constexpr std::int64_t parts_per_joule = 1'000'000'000'000;
/// Joules in a kWh over milligrams in a gram.
constexpr std::int64_t joules_per_kwh_milligram = 3'600;

bool is_in(std::optional<Milliwatts> power, Milliwatts most) {
  return power.has_value() && *power >= Milliwatts(0) && *power <= most;
}

/// What the task draws from the grid, in mW × µs × thousandths of PUE. Within its ranges it is below 2^110, and
/// times the carbon intensity below 2^122.
std::optional<Int128> drawn(const PoolRow& pool, std::optional<std::int64_t> pue, const Resources& resources,
                            Duration run) {
  const bool has_cards = !resources.cards.is_zero();
  if (!is_in(pool.core_power, core_power_max) || (has_cards && !is_in(pool.card_power, card_power_max)))
    return std::nullopt;
  if (!pue.has_value() || *pue < pue_min || *pue > pue_max) return std::nullopt;
  Int128 power = Int128{resources.cores.value()} * pool.core_power->value() * parts_per_card;
  if (has_cards) power += Int128{resources.cards.value()} * pool.card_power->value();
  const std::int64_t length = std::clamp(run, Duration(), wall_time_limit_max).microseconds();
  return power * std::max(resources.nodes, 1) * length / parts_per_card * *pue;
}

std::int64_t divided_up(Int128 number, std::int64_t by) {
  const Int128 quotient = (number + by - 1) / by;
  return static_cast<std::int64_t>(std::min<Int128>(quotient, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace

std::optional<Joules> energy_of(const PoolRow& pool, std::optional<std::int64_t> pue, const Resources& resources,
                                Duration run) {
  const auto sum = drawn(pool, pue, resources, run);
  if (!sum) return std::nullopt;
  return Joules(divided_up(*sum, parts_per_joule));
}

std::optional<Milligrams> carbon_of(const PoolRow& pool, std::optional<std::int64_t> pue,
                                    std::optional<std::int64_t> carbon, const Resources& resources, Duration run) {
  const auto sum = drawn(pool, pue, resources, run);
  if (!sum || !carbon.has_value() || *carbon < 0 || *carbon > carbon_intensity_max) return std::nullopt;
  return Milligrams(divided_up(*sum * *carbon, parts_per_joule * joules_per_kwh_milligram));
}

}  // namespace dayan
