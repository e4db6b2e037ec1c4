#include "agent/pool_probe.h"

#include <algorithm>

#include "adapters/files.h"
#include "model/chip.h"
#include "model/json.h"
#include "probes/core_benchmark.h"
#include "probes/software.h"

namespace dayan::agent {

namespace {

constexpr Duration benchmark_age_max = Duration::hours(24);

struct Measured {
  UnixTime at;
  Capability core;

  static constexpr auto fields() { return std::tuple{field("at", &Measured::at), field("core", &Measured::core)}; }
};

/// Adds what the provider tells of the pool.
void tell(const Config& config, PoolRow& pool) {
  auto facts = config.pools.find(pool.name);
  if (facts == config.pools.end()) facts = config.pools.find("*");
  if (facts == config.pools.end()) return;
  pool.core_power = facts->second.core_power;
  pool.card_power = facts->second.card_power;
  if (!facts->second.card_capability.is_zero() && !pool.cards_per_node.is_zero()) {
    pool.card_capability = facts->second.card_capability;
    pool.card_capability_source = CapabilitySource::nominal;
  }
  if (facts->second.core_capability.is_zero()) return;
  pool.core_capability = facts->second.core_capability;
  pool.capability_source = CapabilitySource::nominal;
}

}  // namespace

Capability PoolProbe::core_capability(UnixTime now) {
  const Result<std::optional<std::string>> kept = adapters::read_file(capability_file_);
  if (kept && kept->has_value()) {
    const Result<Measured> last = parse_nested<Measured>(**kept);
    if (last && last->at <= now && now - last->at < benchmark_age_max) return last->core;
  }
  const Measured fresh{now, probes::measure_core()};
  // It is measured again next time when it cannot be kept.
  static_cast<void>(adapters::write_file(capability_file_, nested_text(fresh), 0600));
  return fresh.core;
}

Result<std::vector<PoolRow>> PoolProbe::probe(UnixTime now, std::vector<std::string>& notes) {
  TRY(std::vector<PoolRow> pools, executor_.probe(notes));
  std::vector<Software> software;
  for (const SoftwareOffer& offer : config_.software) {
    if (!offer.version.empty()) {
      software.push_back({offer.name, offer.version});
      continue;
    }
    const Result<std::string> version = probes::installed_version(processes_, offer.name);
    if (version)
      software.push_back({offer.name, *version});
    else
      notes.push_back(offer.name + " is not offered: " + to_text(version.error()));
  }
  const Capability core = core_capability(now);
  for (PoolRow& pool : pools) {
    pool.software = software;
    pool.core_capability = core;
    pool.capability_source = core.is_zero() ? CapabilitySource::unknown : CapabilitySource::measured;
    tell(config_, pool);
    fill_card_capability(pool);
  }
  for (const auto& entry : config_.pools) {
    const auto is_named = [&](const PoolRow& pool) { return pool.name == entry.first; };
    if (entry.first != "*" && std::ranges::none_of(pools, is_named))
      notes.push_back("agent.yaml tells of a pool " + entry.first + ", which the engine does not have");
  }
  return pools;
}

}  // namespace dayan::agent
