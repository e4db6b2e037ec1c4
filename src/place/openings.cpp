#include "place/openings.h"

namespace dayan::place {

std::optional<Duration> Openings::wait(const PoolState& pool, const Need& need, UnixTime now) {
  if (pool.holdings.empty()) return std::nullopt;
  if (known_.size() <= pool.index) known_.resize(pool.index + 1);
  Known& known = known_[pool.index];
  const auto in = [&](std::optional<UnixTime> opens_at) {
    return opens_at ? std::optional(*opens_at - now) : std::nullopt;
  };
  if (known.version == pool.version && known.from <= now && now < known.until) {
    for (const auto& [asked, opens_at] : known.opens_at) {
      if (asked == need) return in(opens_at);
    }
  } else {
    known.opens_at.clear();
    known.version = pool.version;
    known.from = now;
  }
  const EndOrder::Order& ends = pool.ends(now);
  known.until = (*ends.begin())->expected_end;
  Amounts room = minus(pool.total, pool.taken());
  const Amounts needed = need.all();
  std::optional<UnixTime> opens_at;
  for (const Holding* each : ends) {
    const Amounts freed = each->shape.all();
    for (std::size_t kind = 0; kind < kinds; ++kind) room.of[kind] += freed.of[kind];
    if (!covers(room, needed)) continue;
    opens_at = each->expected_end;
    break;
  }
  known.opens_at.emplace_back(need, opens_at);
  return in(opens_at);
}

}  // namespace dayan::place
