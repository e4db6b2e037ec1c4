#include "place/sharing/usefulness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/prng.h"
#include "place/sharing/scarcity.h"

namespace dayan::place::sharing {
namespace {

Node some_node(Prng& prng) {
  Node node;
  node.cards = static_cast<std::uint8_t>(prng.between(0, 8));
  node.model = static_cast<std::uint8_t>(prng.below(3));
  node.cpu = static_cast<std::int32_t>(prng.between(0, 96'000));
  node.memory = 1'000'000'000'000;
  for (std::size_t i = 0; i < node.cards; ++i) {
    const std::uint64_t kind = prng.below(3);
    node.free[i] = static_cast<std::int16_t>(kind == 0 ? 0 : kind == 1 ? 1000 : prng.between(0, 1000));
    node.milli_cards += node.free[i];
    node.whole = static_cast<std::uint8_t>(node.whole + (node.free[i] == 1000 ? 1 : 0));
  }
  return node;
}

std::vector<Counted> some_mix(Prng& prng, int classes) {
  std::vector<Counted> mix;
  for (int i = 0; i < classes; ++i) {
    Demand demand;
    demand.cpu = MilliCores(prng.between(0, 30) * 1000);
    demand.cards = static_cast<int>(prng.between(0, 3));
    if (demand.cards == 1 && prng.chance(2, 3)) demand.of_each = static_cast<int>(prng.between(1, 999));
    if (prng.chance(1, 3)) demand.models = 1 + prng.below(7);
    mix.push_back({demand, prng.between(1, 500)});
  }
  return mix;
}

/// As the definition says it: over the demands one by one.
double by_definition(const std::vector<Counted>& mix, const Prospects& prospects, const Node& node) {
  double at_once = 0;
  double arrivals = 0;
  double cpu = 0;
  double milli_cards = 0;
  for (const auto& [demand, count] : mix) {
    if (demand.cards == 0) continue;
    const auto weight = static_cast<double>(count);
    arrivals += weight;
    cpu += weight * static_cast<double>(demand.cpu.value());
    milli_cards += weight * demand.milli_cards();
    if (!fits(node, demand)) continue;
    for (std::size_t i = 0; i < node.cards; ++i) {
      if (node.free[i] >= demand.of_each) at_once += weight * node.free[i];
    }
  }
  double in_the_end = 0;
  for (std::size_t i = 0; i < node.cards; ++i)
    in_the_end += static_cast<double>(prospects.of(node.free[i])) / weight_unit;
  if (arrivals == 0) return in_the_end;
  const double stranded = cpu == 0 ? 0 : std::max(0.0, node.milli_cards - node.cpu * milli_cards / cpu);
  return in_the_end + at_once / arrivals / at_once_parts - stranded;
}

// Shows that the tables give the sum of what the definition asks for, up to rounding.
TEST(Usefulness, IsWhatItsDefinitionSays) {
  Prng prng(1);
  for (int round = 0; round < 60; ++round) {
    const std::vector<Counted> mix = some_mix(prng, static_cast<int>(prng.between(1, 60)));
    const Prospects prospects(mix, static_cast<int>(prng.between(1, 50)));
    const Usefulness usefulness(mix, 3, prospects);
    for (int i = 0; i < 100; ++i) {
      const Node node = some_node(prng);
      // What is fed is rounded by less than a thousandth, a weight by less than one in 65,536.
      EXPECT_NEAR(static_cast<double>(usefulness.of(node)) / weight_unit, by_definition(mix, prospects, node), 1.1);
    }
  }
}

// Shows that the value after a placement is that of the node as it is afterwards, for the best card by trying all.
TEST(Usefulness, FindsTheBestCard) {
  Prng prng(2);
  int tried = 0;
  for (int round = 0; round < 100; ++round) {
    const std::vector<Counted> mix = some_mix(prng, 40);
    const Usefulness usefulness(mix, 3, Prospects(mix, 10));
    for (int i = 0; i < 100; ++i) {
      const Node node = some_node(prng);
      const Demand& demand = mix[prng.below(mix.size())].demand;
      if (!fits(node, demand)) continue;
      ++tried;
      const Usefulness::After after = usefulness.after(node, demand);
      std::int32_t best = INT32_MIN;
      for (std::size_t card = 0; card < std::max<std::size_t>(node.cards, 1); ++card) {
        Node left = node;
        left.cpu -= static_cast<std::int32_t>(demand.cpu.value());
        left.milli_cards -= demand.milli_cards();
        if (demand.is_fraction()) {
          if (node.free[card] < demand.of_each) continue;
          left.free[card] = static_cast<std::int16_t>(left.free[card] - demand.of_each);
          left.whole = static_cast<std::uint8_t>(left.whole - (node.free[card] == whole_card ? 1 : 0));
        } else {
          left.whole = static_cast<std::uint8_t>(left.whole - demand.cards);
          for (int n = 0; n < demand.cards; ++n) *std::ranges::find(left.free, whole_card) = 0;
        }
        best = std::max(best, usefulness.of(left));
      }
      EXPECT_EQ(after.value, best);
      EXPECT_EQ(after.card >= 0, demand.is_fraction());
      if (after.card >= 0) {
        EXPECT_GE(node.free[static_cast<std::size_t>(after.card)], demand.of_each);
      }
    }
  }
  EXPECT_GT(tried, 1000);
}

// Shows that values stay within their bound, also for the greatest node and the emptiest CPU, and that no mix is no
// fault.
TEST(Usefulness, StaysWithinItsBound) {
  Node node;
  node.cards = cards_per_node_max;
  node.whole = cards_per_node_max;
  node.free.fill(whole_card);
  node.milli_cards = cards_per_node_max * whole_card;
  EXPECT_EQ(Usefulness({}, 1, {}).of(node), cards_per_node_max * whole_card * weight_unit);
  const std::vector<Counted> mix{{{MilliCores(0), Bytes(0), 1, whole_card, any_model}, 9},
                                 {{milli_cores_max, Bytes(0), 1, whole_card, any_model}, 1}};
  const Usefulness usefulness(mix, 1, {});
  EXPECT_GE(usefulness.of(node), -value_bound);
  node.cpu = static_cast<std::int32_t>(milli_cores_max.value());
  EXPECT_LE(usefulness.of(node), value_bound);
  EXPECT_EQ(Usefulness(std::span(mix).first(1), 1, {}).of(node), value_bound);
}

// Shows that amounts beyond the number told apart still count, as the next greater kept one.
TEST(Usefulness, TellsManyAmountsRoughlyApart) {
  std::vector<Counted> mix;
  for (int i = 1; i < 1000; ++i) mix.push_back({{MilliCores(i * 7), Bytes(0), 1, i, any_model}, 1});
  const Usefulness usefulness(mix, 1, {});
  Node node;
  node.cards = 1;
  node.cpu = 1'000'000;
  for (int free = 100; free <= 900; free += 100) {
    node.free[0] = static_cast<std::int16_t>(free);
    node.milli_cards = free;
    const double at_once = free * (free / 1000.0);
    EXPECT_NEAR(static_cast<double>(usefulness.of(node)) / weight_unit, free + at_once / at_once_parts, 0.5);
  }
}

// Shows what makes a model dear: others who can use little else, and little of it free; never one's own demand, nor
// that of those who may go anywhere one may go.
TEST(Scarcity, IsTheLoadFromWhoCanUseLittleElse) {
  const Demand any{MilliCores(0), Bytes(0), 1, whole_card, any_model};
  Demand only_one = any;
  only_one.models = 2;
  const std::vector<Counted> mix{{any, 80}, {only_one, 20}};
  const std::vector<std::int64_t> free_of{900'000, 100'000};
  const Scarcity scarcity(mix, free_of);
  const auto costs = scarcity.costs(any_model);
  ASSERT_EQ(costs.size(), 2U);
  EXPECT_EQ(costs[0], 0);
  EXPECT_EQ(costs[1], std::llround(2.0 * 1.5 * weight_unit)) << "a fifth of the demand on a tenth of the cards";
  EXPECT_EQ(scarcity.costs(2)[1], 0);
  EXPECT_TRUE(scarcity.costs(1).empty()) << "not in the mix";
  EXPECT_TRUE(Scarcity({}, {}).costs(any_model).empty());
  const std::vector<std::int64_t> none_left{900'000, 0};
  EXPECT_GT(Scarcity(mix, none_left).costs(any_model)[1], costs[1]);
}

}  // namespace
}  // namespace dayan::place::sharing
