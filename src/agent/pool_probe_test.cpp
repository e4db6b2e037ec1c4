#include "agent/pool_probe.h"

#include <algorithm>

#include "adapters/processes/real_processes.h"
#include "agent/test_folder.h"

namespace dayan::agent {
namespace {

/// An engine that has these pools, and is asked for nothing else.
class PoolsAlone : public Executor {
 public:
  explicit PoolsAlone(std::vector<PoolRow> pools) : pools_(std::move(pools)) {}
  Result<std::vector<PoolRow>> probe(std::vector<std::string>& /*notes*/) override { return pools_; }
  Result<std::string> start(const StartOrder&) override { return fail(ErrorCode::unavailable, "not asked for", ""); }
  Result<void> stop(const AttemptKey&) override { return {}; }
  Result<void> give_notice(const AttemptKey&) override { return {}; }
  Result<std::vector<EngineJob>> list() override { return std::vector<EngineJob>(); }
  void forget(const AttemptKey&) override {}

 private:
  std::vector<PoolRow> pools_;
};

PoolRow pool_of(const std::string& name, const std::string& chip) {
  PoolRow pool;
  pool.name = name;
  pool.chip = chip;
  pool.cards_per_node = MilliCards(chip.empty() ? 0 : 8'000);
  return pool;
}

// What the provider tells of a pool's cards counts; else what is printed of their model; else nobody knows. What is told
// of "any other pool" makes no cards where there are none.
TEST(PoolProbe, SaysHowFastCardsAreAsFarAsItIsKnown) {
  const testing::TestFolder place;
  PoolsAlone engine({pool_of("told", "a100"), pool_of("printed", "Ascend910B"), pool_of("own", "own-chip"),
                     pool_of("other", "a100"), pool_of("plain", "")});
  Config config;
  config.pools["told"].card_capability = Capability(9'000);
  config.pools["printed"] = {};
  config.pools["own"] = {};
  config.pools["*"].card_capability = Capability(8'000);
  adapters::RealProcesses processes;
  PoolProbe probe(config, engine, processes, place.file("capability.json"));
  std::vector<std::string> notes;
  const auto pools = probe.probe(UnixTime(1'000'000'000'000'000), notes);
  ASSERT_TRUE(pools.has_value());
  using enum CapabilitySource;
  const std::vector<std::pair<std::int64_t, CapabilitySource>> expected = {
      {9'000, nominal}, {8'974, nominal}, {0, unknown}, {8'000, nominal}, {0, unknown}};
  ASSERT_EQ(pools->size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ((*pools)[i].card_capability, Capability(expected[i].first)) << i;
    EXPECT_EQ((*pools)[i].card_capability_source, expected[i].second) << i;
  }
}

}  // namespace
}  // namespace dayan::agent
