#include "model/energy.h"

#include <gtest/gtest.h>

#include <limits>

namespace dayan {
namespace {

PoolRow pool(std::optional<std::int64_t> core_power, std::optional<std::int64_t> card_power) {
  PoolRow row;
  if (core_power) row.core_power = Milliwatts(*core_power);
  if (card_power) row.card_power = Milliwatts(*card_power);
  return row;
}

Resources resources(std::int64_t cores, std::int64_t millicards, std::int32_t nodes = 1) {
  return {Cores(cores), Bytes(1'000'000'000), MilliCards(millicards), nodes};
}

TEST(EnergyTest, IsPowerTimesTimeTimesOverhead) {
  // 32 cores of 5 W and half a card of 400 W for an hour at a PUE of 1.25: (160 + 200) W × 1.25 = 450 Wh, and at 410
  // g a kWh 184.5 g; on two nodes twice that.
  const PoolRow row = pool(5'000, 400'000);
  EXPECT_EQ(energy_of(row, 1'250, resources(32, 500), Duration::hours(1)), Joules(450 * 3'600));
  EXPECT_EQ(carbon_of(row, 1'250, 410, resources(32, 500), Duration::hours(1)), Milligrams(184'500));
  EXPECT_EQ(energy_of(row, 1'250, resources(32, 500, 2), Duration::hours(1)), Joules(900 * 3'600));
  EXPECT_EQ(carbon_of(row, 1'250, 410, resources(32, 500, 2), Duration::hours(1)), Milligrams(369'000));
}

TEST(EnergyTest, IsRoundedUpSoThatWhatIsDrawnIsNeverNothing) {
  // A microsecond of a core of 1 mW is a joule, and a milligram unless the grid has no carbon at all.
  const PoolRow row = pool(1, {});
  EXPECT_EQ(energy_of(row, 1'000, resources(1, 0), Duration::microseconds(1)), Joules(1));
  EXPECT_EQ(carbon_of(row, 1'000, 1, resources(1, 0), Duration::microseconds(1)), Milligrams(1));
  EXPECT_EQ(carbon_of(row, 1'000, 0, resources(1, 0), Duration::hours(1)), Milligrams(0));
}

TEST(EnergyTest, UnknownIsNotZero) {
  // Each figure that is needed and not known, or out of range, leaves the sum unknown; a card's only where there are
  // cards.
  const Duration hour = Duration::hours(1);
  EXPECT_FALSE(energy_of(pool({}, 400'000), 1'250, resources(1, 0), hour).has_value());
  EXPECT_FALSE(energy_of(pool(5'000, {}), 1'250, resources(1, 1), hour).has_value());
  EXPECT_TRUE(energy_of(pool(5'000, {}), 1'250, resources(1, 0), hour).has_value());
  EXPECT_FALSE(energy_of(pool(5'000, {}), {}, resources(1, 0), hour).has_value());
  EXPECT_FALSE(energy_of(pool(5'000, {}), 999, resources(1, 0), hour).has_value());
  EXPECT_FALSE(carbon_of(pool(5'000, {}), 1'250, {}, resources(1, 0), hour).has_value());
  EXPECT_FALSE(carbon_of(pool(5'000, {}), 1'250, carbon_intensity_max + 1, resources(1, 0), hour).has_value());
  EXPECT_TRUE(energy_of(pool(5'000, {}), 1'250, resources(1, 0), hour).has_value());
}

TEST(EnergyTest, TheLargestTaskIsCounted) {
  // All ranges at their ends: 1e5 cores of 1 kW and 1e3 cards of 100 kW on 1e3 nodes for 30 days at a PUE of 10 are
  // told to the joule; what passes 64 bits stays at the most that they hold.
  const PoolRow row = pool(core_power_max.value(), card_power_max.value());
  const auto energy_on = [&](std::int32_t nodes) {
    return energy_of(row, pue_max, resources(100'000, 1'000'000, nodes), wall_time_limit_max);
  };
  EXPECT_EQ(energy_on(1'000), Joules(std::int64_t{2'000'000'000'000} * 2'592'000));
  EXPECT_EQ(energy_on(task_nodes_max), Joules(std::numeric_limits<std::int64_t>::max()));
}

}  // namespace
}  // namespace dayan
