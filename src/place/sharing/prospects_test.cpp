#include "place/sharing/prospects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace dayan::place::sharing {
namespace {

Counted counted(int of_each, std::int64_t arrivals, int cards = 1) {
  return {{MilliCores(1000), Bytes(0), cards, of_each, any_model}, arrivals};
}

double of(const Prospects& prospects, int free) { return static_cast<double>(prospects.of(free)) / weight_unit; }

// Shows that with two draws the table is the mean over all pairs of pieces, each taken as its definition says.
TEST(Prospects, AreTheMeanOfTheBestOfAllDraws) {
  const std::vector<Counted> mix{counted(810, 5), counted(470, 4), counted(320, 3), counted(160, 2),
                                 counted(1000, 3, 2)};
  const std::vector<std::pair<int, double>> pieces{{810, 0.25}, {470, 0.2}, {320, 0.15}, {160, 0.1}, {1000, 0.3}};
  std::vector<double> use(1001, 0);
  for (int free = 0; free <= 1000; ++free) {
    const auto taken = [&](int piece) {
      return piece > free ? 0.0 : piece + use[static_cast<std::size_t>(free - piece)];
    };
    for (const auto& [one, one_share] : pieces) {
      for (const auto& [other, other_share] : pieces) {
        use[static_cast<std::size_t>(free)] += one_share * other_share * std::max(taken(one), taken(other));
      }
    }
  }
  const Prospects prospects(mix, 2);
  for (int free = 0; free <= 1000; ++free)
    EXPECT_NEAR(of(prospects, free), use[static_cast<std::size_t>(free)], 0.001);
}

// Shows that prospects never fall with what is free nor exceed it, and that with many draws the best filling is met.
TEST(Prospects, GrowWithWhatIsFreeAndWithDraws) {
  const std::vector<Counted> mix{counted(650, 30), counted(350, 3), counted(470, 30), counted(110, 1)};
  for (const int draws : {1, 3, 20, 100}) {
    const Prospects prospects(mix, draws);
    for (int free = 1; free <= 1000; ++free) {
      EXPECT_GE(prospects.of(free), prospects.of(free - 1));
      EXPECT_LE(of(prospects, free), free);
    }
  }
  EXPECT_LT(of(Prospects(mix, 3), 1000), 960);
  EXPECT_NEAR(of(Prospects(mix, 10'000), 1000), 1000, 0.001) << "650 with 350";
  EXPECT_EQ(of(Prospects(mix, 100), 109), 0) << "nobody can use it";
  EXPECT_EQ(of(Prospects(), 109), 109) << "nothing is known";
  EXPECT_EQ(of(Prospects({}, 5), 1000), 0) << "nothing comes";
}

// Shows when the fleet can be choosy: while whole cards are left for what will come; the less, the more cards are
// partly taken that the pieces could use.
TEST(Prospects, DrawsFallAsTheFleetFills) {
  const std::vector<Counted> mix{counted(500, 1), counted(300, 1)};
  Node node;
  node.cards = 4;
  node.whole = 4;
  std::fill_n(node.free.begin(), 4, std::int16_t{1000});
  std::vector<Node> nodes(50, node);
  const int empty = draws_for(mix, nodes);
  for (std::size_t i = 0; i < 25; ++i) {
    nodes[i].whole = 3;
    nodes[i].free[0] = 200;  // nobody can use it
  }
  EXPECT_EQ(draws_for(mix, nodes), empty);
  for (std::size_t i = 0; i < 25; ++i) nodes[i].free[0] = 700;
  const int filling = draws_for(mix, nodes);
  EXPECT_LT(filling, empty);
  // 175 whole cards for pieces of 400 on average: 437 pieces for 25 cards and one, of which half count.
  EXPECT_EQ(filling, 8);
  for (Node& each : nodes) {
    each.whole = 0;
    each.free.fill(300);
  }
  EXPECT_LT(draws_for(mix, nodes), filling);
  EXPECT_EQ(draws_for({}, nodes), draws_for(mix, nodes));
}

}  // namespace
}  // namespace dayan::place::sharing
