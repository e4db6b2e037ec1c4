#pragma once

#include <cstdint>
#include <vector>

#include "base/money.h"
#include "model/account.h"
#include "model/centre.h"
#include "model/lease.h"
#include "model/meter.h"

/// From measured run time to money. One rounding, named: charges down, holds up.
/// Whoever calls has an offer: work on a pool without one is never leased, so a missing offer is the caller's error.

namespace dayan::trade {

using dayan::price_of;
using dayan::quantity_of;

/// The most that `wall_time` of these resources can cost, with `transfer` moved to the centre: each meter rounded up.
/// `exhausted` when it leaves the range of Cny.
[[nodiscard]] Result<Cny> hold_for(const OfferRow& offer, const Resources& resources, Duration wall_time,
                                   Bytes transfer = Bytes());

/// What `run` of these resources costs, meters added: each rounded down. Never more than hold_for a longer or equal
/// time.
[[nodiscard]] Result<Cny> cost_of(const OfferRow& offer, const Resources& resources, Duration run);

/// min(engine, wrapper, the hub's bound): the engine's figure, the wrapper's where it gave one, and never longer than
/// from the grant of the lease to `now`, nor than its wall time. Queue time is not in any of them. Never negative.
[[nodiscard]] Duration billable_run(const LeaseRow& lease, const AttemptRow& attempt, UnixTime now);

/// `offer` is the one that the lease was granted at, with the lease's part of its prices (meter.h).
/// The bill of an attempt, a line per meter with a quantity and a price; entry, customer, provider and time are the
/// caller's to fill in. The fee of each line is share_of(amount, offer.commission). `billed_run` is at most the
/// lease's wall time, so that the lines never add up to more than was held.
/// `moved` is what of its job's inputs crossed to the centre, and is billed as far as the lease covers it.
[[nodiscard]] std::vector<ChargeRow> rate(const OfferRow& offer, const LeaseRow& lease, Duration billed_run,
                                          Bytes moved = Bytes());

}  // namespace dayan::trade
