#include "place/openings.h"

#include <algorithm>
#include <tuple>

#include "place/job_record.h"

namespace dayan::place {
namespace {

/// `from` and a length, doubled until it is later than `now`.
UnixTime doubled(UnixTime from, Duration length, UnixTime now) {
  length = std::max(length, Duration::seconds(1));
  while (from + length <= now) length = length + length;
  return from + length;
}

}  // namespace

UnixTime stepwise_end(const Holding& holding, const PoolRow& pool, UnixTime now) {
  const UnixTime start = expected_start(holding);
  const Duration run = holding.job != nullptr ? expected_run(*holding.job, pool) : holding.wall_time;
  const UnixTime end = std::min(doubled(start, run, now), holding.ends_at);
  // A lease that is still there takes its room still, even past its end.
  return end > now ? end : doubled(holding.ends_at, Duration(), now);
}

std::optional<Duration> Openings::wait(const PoolState& pool, const Need& need, UnixTime now) {
  if (pool.holdings.empty()) return std::nullopt;
  if (known_.size() <= pool.index) known_.resize(pool.index + 1);
  Known& known = known_[pool.index];
  const bool holds = known.version == pool.version && !known.releases.empty() && known.from <= now &&
                     now < known.releases.front().at;
  if (!holds) {
    known.releases.clear();
    for (const Holding* each : pool.holdings)
      known.releases.push_back({stepwise_end(*each, pool.row, now), each->attempt, each->shape});
    std::sort(known.releases.begin(), known.releases.end(), [](const Release& a, const Release& b) {
      return std::tie(a.at, a.attempt) < std::tie(b.at, b.attempt);
    });
    known.version = pool.version;
    known.from = now;
  }
  Amounts room = minus(pool.total, pool.taken());
  const Amounts needed = need.all();
  for (const Release& release : known.releases) {
    const Amounts freed = release.shape.all();
    for (std::size_t kind = 0; kind < kinds; ++kind) room.of[kind] += freed.of[kind];
    if (covers(room, needed)) return release.at - now;
  }
  return std::nullopt;
}

}  // namespace dayan::place
