#include "place/outlook.h"

#include "place/explain.h"

namespace dayan::place {

std::string Outlook::told(UnixTime at) const {
  if (times_ == Times::dates) return to_text(at);
  return (at < now_ ? "" : "+") + rounded(at - now_);
}

Outlook::Found& Outlook::found(const PoolState& pool, const Need& need) {
  std::vector<Found>& all = found_[need];
  if (all.empty()) all.resize(world_.pools().size());
  return all[pool.index];
}

const Opening& Outlook::opening(const PoolState& pool, const Need& need) {
  std::optional<Opening>& known = found(pool, need).opening;
  if (!known) known = pool.opening(need, now_);
  return *known;
}

std::optional<UnixTime> Outlook::surely_opens(const PoolState& pool, const Need& need) {
  auto& known = found(pool, need).sure;
  if (!known) known.emplace(pool.surely_opens(need, now_));
  return *known;
}

const CapacityGaps& Outlook::lacks(const PoolState& pool, const Need& need) {
  std::unique_ptr<CapacityGaps>& known = found(pool, need).lacks;
  if (!known) known = std::make_unique<CapacityGaps>(capacity_gaps(pool, need));
  return *known;
}

const RoomAhead& Outlook::room(const PoolState& pool, Ends ends) {
  Rooms& rooms = rooms_[pool.index];
  std::unique_ptr<RoomAhead>& known = ends == Ends::expected ? rooms.expected : rooms.longest;
  if (known) return *known;
  std::vector<std::pair<UnixTime, Amounts>> released;
  released.reserve(pool.holdings.size());
  for (const Holding* each : pool.holdings) {
    const UnixTime end = ends == Ends::expected ? stepwise_end(*each, pool.row, now_) : sure_end(*each, now_);
    released.emplace_back(end, each->shape.all());
  }
  known = std::make_unique<RoomAhead>(now_, minus(pool.total, pool.taken()), std::move(released));
  return *known;
}

}  // namespace dayan::place
