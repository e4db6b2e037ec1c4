#include <algorithm>

#include "model/meter.h"
#include "model/run_time.h"
#include "place/world.h"

/// Hours of the day: prices and carbon as they stand at a moment, and when they change.

namespace dayan::place {

std::optional<std::int64_t> CentreState::carbon_at(UnixTime at) const {
  if (!carbon) return std::nullopt;
  const auto grams = mul_div(*carbon, percent_at(carbon_hours, at), 100, Rounding::up);
  ASSERT(grams.has_value());  // both have their limits
  return *grams;
}

std::optional<UnixTime> CentreState::next_hour(UnixTime at) const {
  std::optional<UnixTime> next = next_percent_change(carbon_hours, at);
  const auto price = offer ? next_percent_change(offers[*offer].hours, at) : std::nullopt;
  if (price && (!next || *price < *next)) next = price;
  return next;
}

PoolFigures World::figures_at(const PoolState& pool, UnixTime at) const {
  PoolFigures figures;
  const CentreState& centre = *pool.centre;
  const bool is_now = at == hour_at_;
  if (const auto offer = is_now && centre.offer ? std::optional(centre.offer_now) : centre.offer_at(at)) {
    figures.core_hour = static_cast<double>(offer->core_hour.micro());
    figures.card_hour = static_cast<double>(offer->card_hour.micro());
    figures.gb_hour = static_cast<double>(offer->gb_hour.micro());
    figures.reclaimable_part = static_cast<double>(offer->reclaimable_part);
    figures.transfer_gb = static_cast<double>(offer->transfer_gb.micro());
  }
  if (centre.link) figures.bandwidth = static_cast<double>(centre.link->value()) / 1'000'000;
  const auto slowness = [](Capability known) {
    return static_cast<double>(reference_capability) / static_cast<double>(or_reference(known).value());
  };
  figures.core_slowness = slowness(pool.row.core_capability);
  figures.card_slowness = slowness(pool.row.card_capability);
  const auto grams = is_now ? centre.carbon_now : centre.carbon_at(at);
  const auto carbon = [&](std::optional<Milliwatts> power) {
    if (!power || !centre.pue || !grams) return -1.0;
    constexpr double parts = 1'000'000;  // mW in a kW, over mg in a g and thousandths in one
    return static_cast<double>(power->value()) * static_cast<double>(*centre.pue) * static_cast<double>(*grams) / parts;
  };
  figures.core_carbon = carbon(pool.row.core_power);
  figures.card_carbon = carbon(pool.row.card_power);
  figures.wall_time_max = pool.row.wall_time_max;
  return figures;
}

void World::set_hour(CentreState& centre) {
  if (!centre.hour_ends.is_none()) hours_due_.erase({centre.hour_ends, centre.id});
  if (const auto offer = centre.offer_at(hour_at_)) {
    centre.offer_now = *offer;
    centre.reclaimable_offer = part_of(*offer, offer->reclaimable_part);
  }
  centre.carbon_now = centre.carbon_at(hour_at_);
  const bool had_hours = centre.has_hours();
  centre.hour_ends = centre.next_hour(hour_at_).value_or(UnixTime());
  if (centre.has_hours()) hours_due_.insert({centre.hour_ends, centre.id});
  if (had_hours || centre.has_hours()) hours_drop_.reset();
}

float World::find_drop() const {
  float least = 1;
  for (const auto& [ends, id] : hours_due_) {
    const CentreState& centre = centres_.at(id);
    const auto drop = [&](const std::vector<DayHours>& hours) {
      const auto now = static_cast<float>(percent_at(hours, hour_at_));
      least = std::min(least, static_cast<float>(least_percent(hours)) / now);
    };
    drop(centre.carbon_hours);
    if (centre.offer) drop(centre.published_offer()->hours);
  }
  return least;
}

void World::pass_hours(UnixTime now) {
  const bool is_backwards = now < hour_at_;
  hour_at_ = now;
  while (!hours_due_.empty() && (is_backwards || hours_due_.begin()->first <= now)) {
    std::vector<CentreId> due;
    for (const auto& [ends, id] : hours_due_) {
      if (!is_backwards && ends > now) break;
      due.push_back(id);
    }
    for (const CentreId id : due) {
      CentreState& centre = centres_.at(id);
      set_hour(centre);
      renew(centre);
    }
    if (is_backwards) break;
  }
}

}  // namespace dayan::place
