#include "trade/rating.h"

#include <algorithm>

#include "model/transfer.h"

namespace dayan::trade {

Result<Cny> hold_for(const OfferRow& offer, const Resources& resources, Duration wall_time, Bytes transfer) {
  return with_transfer(amount_of(offer, resources, wall_time, Rounding::up), offer, transfer, Rounding::up);
}

Result<Cny> cost_of(const OfferRow& offer, const Resources& resources, Duration run) {
  return amount_of(offer, resources, run, Rounding::down);
}

Duration billable_run(const LeaseRow& lease, const AttemptRow& attempt, UnixTime now) {
  ASSERT(lease.attempt() == attempt.attempt());
  Duration run = std::min(attempt.engine_run, lease.wall_time);
  // A wrapper that gave no figure says nothing; it must not make the run free.
  if (attempt.wrapper_run > Duration()) run = std::min(run, attempt.wrapper_run);
  run = std::min(run, now - lease.granted_at);
  return std::max(run, Duration());
}

std::vector<ChargeRow> rate(const OfferRow& offer, const LeaseRow& lease, Duration billed_run, Bytes moved) {
  ASSERT(billed_run >= Duration());
  ASSERT(billed_run <= lease.wall_time);
  ASSERT(offer.centre == lease.centre);
  ASSERT(moved >= Bytes());
  std::vector<ChargeRow> lines;
  const auto add = [&](Meter meter, std::int64_t quantity) {
    const Price price = price_of(offer, meter);
    if (quantity == 0 || price.amount.is_zero()) return;
    const Result<Cny> amount = charge(price, quantity, Rounding::down);
    ASSERT(amount.has_value());  // it is at most what was held
    ChargeRow line;
    line.job = lease.job;
    line.task = lease.task;
    line.number = lease.number;
    line.meter = meter;
    line.centre = lease.centre;
    line.offer = offer.id;
    line.quantity = quantity;
    line.price_amount = price.amount;
    line.price_quantity = price.quantity;
    line.price_part = meter == Meter::transfer ? whole_price : lease.price_part;
    line.amount = *amount;
    line.fee = share_of(*amount, offer.commission);
    lines.push_back(line);
  };
  for (const Meter meter : meters) add(meter, quantity_of(meter, lease.resources, billed_run));
  add(Meter::transfer, std::min(moved, lease.transfer).value());
  return lines;
}

}  // namespace dayan::trade
