#include "place/openings.h"

namespace dayan::place {

std::optional<Duration> Openings::wait(const PoolState& pool, const Need& need, UnixTime now) {
  if (pool.holdings.empty()) return std::nullopt;
  Known& known = this->known(pool, now);
  const auto in = [&](std::optional<UnixTime> opens_at) {
    return opens_at ? std::optional(*opens_at - now) : std::nullopt;
  };
  for (const auto& [asked, opens_at] : known.opens_at) {
    if (asked == need) return in(opens_at);
  }
  return in(known.opens_at.emplace_back(need, opening(pool, need, now)).second);
}

Openings::Found Openings::find(const PoolState& pool, const Room& room, UnixTime now) {
  Known& known = this->known(pool, now);
  if (known.kept.size() <= room.number) known.kept.resize(room.number + std::size_t{1});
  Kept& kept = known.kept[room.number];
  if (kept.room == room.serial && kept.as_of == known.as_of) return kept.found;
  kept.room = room.serial;
  kept.as_of = known.as_of;
  kept.found = {};
  const bool has_room = room.now.get(pool.index);
  kept.found.slots = has_room ? pool.slots(room.need) : pool.slots_when_empty(room.need);
  if (!has_room && !pool.holdings.empty()) kept.found.opens_at = opening(pool, room.need, now).value_or(UnixTime());
  return kept.found;
}

Openings::Known& Openings::known(const PoolState& pool, UnixTime now) {
  if (known_.size() <= pool.index) known_.resize(pool.index + std::size_t{1});
  Known& known = known_[pool.index];
  const bool holds = known.as_of > 0 && known.version == pool.version && known.from <= now && now < known.until;
  if (holds) return known;
  known.opens_at.clear();
  known.version = pool.version;
  known.from = now;
  ++known.as_of;
  known.until = UnixTime(int64_max);
  if (!pool.holdings.empty()) known.until = pool.ends(now).begin()->at;
  return known;
}

std::optional<UnixTime> Openings::opening(const PoolState& pool, const Need& need, UnixTime now) {
  Amounts room = minus(pool.total, pool.taken());
  const Amounts needed = need.all();
  for (const EndOrder::Order::Block& block : pool.ends(now).blocks()) {
    const Amounts with_all = sum(room, block.sum.room);
    if (!covers(with_all, needed)) {
      room = with_all;
      continue;
    }
    for (const Ending& each : block.entries) {
      room = sum(room, each.of->shape.all());
      if (covers(room, needed)) return each.at;
    }
  }
  return std::nullopt;
}

}  // namespace dayan::place
