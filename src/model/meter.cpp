#include "model/meter.h"

#include <algorithm>
#include <limits>

#include "base/readable.h"
#include "base/saturate.h"

namespace dayan {
namespace {

constexpr std::int64_t milliseconds_per_hour = 3'600'000;
constexpr std::int64_t parts_per_card = 1'000;
constexpr std::int64_t megabytes_per_gigabyte = 1'000;
constexpr std::int64_t bytes_per_megabyte = 1'000'000;
constexpr std::int64_t bytes_per_gigabyte = 1'000'000'000;
constexpr std::int64_t quantity_max = std::numeric_limits<std::int64_t>::max();

/// How much of the thing itself is taken of one node, before time: cores, thousandths of a card, whole MB.
std::int64_t width_of(Meter meter, const Resources& resources) {
  switch (meter) {
    case Meter::core_time: return resources.cores.value();
    case Meter::card_time: return resources.cards.value();
    case Meter::memory_time: {
      const std::int64_t bytes = resources.memory.value();
      return bytes / bytes_per_megabyte + (bytes % bytes_per_megabyte > 0 ? 1 : 0);
    }
    case Meter::transfer: break;
  }
  ASSERT(false);
}

tl::unexpected<Error> too_much(const Resources& resources, Duration run) {
  return fail(ErrorCode::exhausted,
              to_text(run) + " of " + (resources.nodes > 1 ? std::to_string(resources.nodes) + " nodes with " : "") +
                  std::to_string(resources.cores.value()) + " cores and " + readable(resources.memory) +
                  " costs more than the platform can count",
              "ask for less time or smaller resources", "wall_time");
}

}  // namespace

std::int64_t price_part_of(const OfferRow& offer, bool reclaimable) {
  return reclaimable ? offer.reclaimable_part : whole_price;
}

OfferRow part_of(const OfferRow& offer, std::int64_t thousandths) {
  OfferRow part = offer;
  for (Cny* const price : {&part.core_hour, &part.card_hour, &part.gb_hour}) {
    const Result<std::int64_t> scaled = mul_div(price->micro(), thousandths, whole_price, Rounding::down);
    ASSERT(scaled.has_value());  // it is no more than the whole
    *price = Cny::micro(*scaled);
  }
  return part;
}

Price price_of(const OfferRow& offer, Meter meter) {
  switch (meter) {
    case Meter::core_time: return {offer.core_hour, milliseconds_per_hour};
    case Meter::card_time: return {offer.card_hour, parts_per_card * milliseconds_per_hour};
    case Meter::memory_time: return {offer.gb_hour, megabytes_per_gigabyte * milliseconds_per_hour};
    case Meter::transfer: return {offer.transfer_gb, bytes_per_gigabyte};
  }
  ASSERT(false);
}

namespace {

OfferRow with_percent(const OfferRow& offer, std::int32_t percent) {
  OfferRow then = offer;
  then.hours.clear();
  if (percent == 100) return then;
  const auto price = [&](Cny usual) {
    const Result<std::int64_t> scaled = mul_div(usual.micro(), percent, 100, Rounding::up);
    ASSERT(scaled.has_value());  // prices and percentages have their limits
    return Cny::micro(*scaled);
  };
  then.core_hour = price(offer.core_hour);
  then.card_hour = price(offer.card_hour);
  then.gb_hour = price(offer.gb_hour);
  return then;
}

}  // namespace

OfferRow offer_at(const OfferRow& offer, UnixTime at) { return with_percent(offer, percent_at(offer.hours, at)); }

OfferRow cheapest_hour(const OfferRow& offer) { return with_percent(offer, least_percent(offer.hours)); }

Resources over_all_nodes(const Resources& resources) {
  const std::int64_t nodes = resources.nodes;
  return {Cores(times(resources.cores.value(), nodes)), Bytes(times(resources.memory.value(), nodes)),
          MilliCards(times(resources.cards.value(), nodes))};
}

std::int64_t quantity_of(Meter meter, const Resources& resources, Duration run) {
  ASSERT(run >= Duration());
  const std::int64_t width = width_of(meter, resources);
  ASSERT(width >= 0 && resources.nodes > 0);
  return times(times(width, resources.nodes), run.microseconds() / 1'000);
}

/// A lease is a right that money is held for, where the work is given away too.
constexpr Cny least_hold = Cny::micro(1);

Result<Cny> amount_of(const OfferRow& offer, const Resources& resources, Duration run, Rounding rounding) {
  std::int64_t sum = 0;
  for (const Meter meter : meters) {
    const Price price = price_of(offer, meter);
    ASSERT(!price.amount.is_negative());
    // A thing given away costs nothing, however much of it is taken.
    if (price.amount.is_zero()) continue;
    const std::int64_t quantity = quantity_of(meter, resources, run);
    if (quantity == quantity_max) return too_much(resources, run);
    const Result<Cny> part = charge(price, quantity, rounding);
    if (!part.has_value() || __builtin_add_overflow(sum, part->micro(), &sum)) return too_much(resources, run);
  }
  if (rounding == Rounding::up && run > Duration()) sum = std::max(sum, least_hold.micro());
  return Cny::micro(sum);
}

}  // namespace dayan
