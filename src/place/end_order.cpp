#include "place/end_order.h"

#include <algorithm>
#include <vector>

#include "place/job_record.h"

namespace dayan::place {
namespace {

Duration run_of(const Holding& holding, const PoolRow& pool) {
  return holding.job != nullptr ? kept_run(*holding.job, pool) : holding.wall_time;
}

/// The first that it is expected to end at, whatever the time is now.
UnixTime first_end(const Holding& holding, const PoolRow& pool) {
  return std::min(expected_start(holding) + std::max(run_of(holding, pool), Duration::seconds(1)), holding.ends_at);
}

/// `from` and a length, doubled until it is later than `now`.
UnixTime doubled(UnixTime from, Duration length, UnixTime now) {
  length = std::max(length, Duration::seconds(1));
  while (from + length <= now) length = length + length;
  return from + length;
}

}  // namespace

UnixTime stepwise_end(const Holding& holding, const PoolRow& pool, UnixTime now) {
  const UnixTime end = std::min(doubled(expected_start(holding), run_of(holding, pool), now), holding.ends_at);
  // A lease that is still there takes its room still, even past its end.
  return end > now ? end : doubled(holding.ends_at, Duration(), now);
}

void EndOrder::add(const Holding& holding, const PoolRow& pool) {
  holding.expected_end = first_end(holding, pool);
  order_.insert({holding.expected_end, holding});
}

void EndOrder::remove(const Holding& holding) { order_.erase({holding.expected_end, holding}); }

void EndOrder::renew(const Holding& holding, const PoolRow& pool) {
  remove(holding);
  add(holding, pool);
}

void EndOrder::renew_all(const PoolRow& pool) {
  const std::vector<const Holding*> all(order_.begin(), order_.end());
  order_.clear();
  for (const Holding* each : all) add(*each, pool);
}

const EndOrder::Order& EndOrder::from(UnixTime now, const PoolRow& pool) {
  if (now < as_of_) renew_all(pool);
  as_of_ = now;
  while (!order_.empty() && order_.begin()->at <= now) {
    const Holding& late = *order_.begin()->of;
    remove(late);
    late.expected_end = stepwise_end(late, pool, now);
    order_.insert({late.expected_end, late});
  }
  return order_;
}

}  // namespace dayan::place
