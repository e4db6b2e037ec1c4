#include "model/chip.h"

#include <gtest/gtest.h>

#include "model/run_time.h"

namespace dayan {
namespace {

PoolRow pool_of(std::string chip, std::int64_t cards = 8'000) {
  PoolRow pool;
  pool.chip = std::move(chip);
  pool.cards_per_node = MilliCards(cards);
  return pool;
}

// A model is found however it is written, and its figure is beside that of the reference card.
TEST(Chip, IsKnownByItsName) {
  EXPECT_EQ(nominal_capability("a100"), Capability(10'000));
  EXPECT_EQ(nominal_capability("Ascend-910B"), Capability(280 * 10'000 / 312));
  EXPECT_EQ(nominal_capability("RTX 4090"), nominal_capability("rtx_4090"));
  EXPECT_EQ(nominal_capability("nvidia_geforce_rtx_4090"), nominal_capability("rtx4090"));
  EXPECT_EQ(nominal_capability("910b"), nominal_capability("ascend910b"));
  EXPECT_EQ(nominal_capability("h100"), Capability(24'230));
  EXPECT_EQ(nominal_capability("a10"), std::nullopt);  // another card than the a100
  EXPECT_EQ(nominal_capability(""), std::nullopt);
}

// The table fills in what is not known, and marks it; what is told or measured stays, and so does what nobody knows.
TEST(Chip, TheTableCountsOnlyWhereNothingElseDoes) {
  PoolRow known = pool_of("t4");
  fill_card_capability(known);
  EXPECT_EQ(known.card_capability, Capability(2'083));
  EXPECT_EQ(known.card_capability_source, CapabilitySource::nominal);
  PoolRow measured = pool_of("t4");
  measured.card_capability = Capability(1'900);
  measured.card_capability_source = CapabilitySource::measured;
  const PoolRow as_it_was = measured;
  fill_card_capability(measured);
  EXPECT_EQ(measured, as_it_was);
  for (PoolRow unknown : {pool_of("own-chip"), pool_of("t4", 0)}) {
    fill_card_capability(unknown);
    EXPECT_EQ(unknown.card_capability, Capability());
    EXPECT_EQ(unknown.card_capability_source, CapabilitySource::unknown);
  }
}

// Work with cards is as fast as the cards, other work as the cores; what is not known is as the reference.
TEST(RunTime, IsThatOfTheCardsWhereThereAreSome) {
  PoolRow pool = pool_of("h100");
  pool.core_capability = Capability(20'000);
  pool.card_capability = Capability(40'000);
  Requirements needs;
  needs.wall_time = Duration::hours(4);
  needs.run_time = Duration::hours(2);
  EXPECT_EQ(expected_run(needs, {}, pool), Duration::hours(1));
  needs.resources.cards = MilliCards(500);  // half a card is as fast as its card
  EXPECT_EQ(expected_run(needs, {}, pool), Duration::minutes(30));
  EXPECT_EQ(expected_run(needs, {1, Duration::hours(1).microseconds()}, pool), Duration::minutes(15));
  EXPECT_EQ(reference_run(Duration::minutes(15), speed_on(pool, needs.resources)), Duration::hours(1).microseconds());
  pool.card_capability = Capability();
  EXPECT_EQ(expected_run(needs, {}, pool), Duration::hours(2));
  pool.card_capability = Capability(1);  // never longer than what ends it
  EXPECT_EQ(expected_run(needs, {}, pool), Duration::hours(4));
}

}  // namespace
}  // namespace dayan
