#pragma once

#include <cstdint>

#include "base/money.h"
#include "base/time.h"
#include "model/account.h"
#include "model/centre.h"
#include "model/job.h"

/// Meters: how much `run` of some resources measures, at what price, and what that comes to. The one arithmetic that
/// a quote, a hold and a bill share, so that they cannot differ: placement quotes with it, trading bills with it.

namespace dayan {

/// The meters of run time. Meter::transfer is apart: what crosses to a centre is no matter of how long work runs there.
inline constexpr Meter meters[] = {Meter::core_time, Meter::card_time, Meter::memory_time};

/// The offer as reclaimable or other work has it: with that part of its prices, each rounded down to the micro-yuan.
[[nodiscard]] std::int64_t price_part_of(const OfferRow& offer, bool reclaimable);
[[nodiscard]] OfferRow part_of(const OfferRow& offer, std::int64_t thousandths);

/// The price of one unit block of a meter: an hour of a core, of a card, of a GB, or a GB moved, in the meter's own
/// unit.
[[nodiscard]] Price price_of(const OfferRow& offer, Meter meter);

/// What a task takes of all its nodes together, as one node as large as they are. What passes 64 bits stays at their
/// maximum.
[[nodiscard]] Resources over_all_nodes(const Resources& resources);

/// What `run` (≥ 0) of these resources measures on a meter of run time, in its unit, over all their nodes. Run time
/// counts in whole milliseconds, rounded down; memory in whole MB of a node, rounded up. What passes 64 bits stays at
/// their maximum, which amount_of refuses.
[[nodiscard]] std::int64_t quantity_of(Meter meter, const Resources& resources, Duration run);

/// What `run` of these resources comes to: each meter rounded as named, then added. Rounded up, as a hold is, it is
/// never nothing for a run of any length: what is given away is held for with the least there is, whatever its nodes.
/// `exhausted` when a quantity or
/// the amount leaves its range.
[[nodiscard]] Result<Cny> amount_of(const OfferRow& offer, const Resources& resources, Duration run,
                                    Rounding rounding);

}  // namespace dayan
