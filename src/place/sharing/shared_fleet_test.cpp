#include "place/sharing/shared_fleet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "base/prng.h"

namespace dayan::place::sharing {

/// Breaks the engine on purpose.
struct PlantedFault {
  /// What a change that nobody notes would leave behind: kept scores of the node are not computed again.
  static void forget_change(SharedFleet& fleet, std::uint32_t number) {
    fleet.floor_.changed_at[fleet.place_of_[number]] = 0;
    for (std::uint32_t& at : fleet.floor_.changes) {
      if (at == fleet.place_of_[number]) at = fleet.place_of_[number == 0 ? 1 : 0];
    }
  }
  static void give_cpu(SharedFleet& fleet, std::uint32_t number) {
    ++fleet.floor_.nodes[fleet.place_of_[number]].cpu;
  }
  static void lose_card(SharedFleet& fleet, std::uint32_t number) {
    fleet.floor_.nodes[fleet.place_of_[number]].free[0] = 0;
  }
};

namespace {

NodeShape node_of(std::int64_t cores, std::int64_t gigabytes, int cards, int model = 0) {
  return {MilliCores(cores * 1000), Bytes(gigabytes * 1'000'000'000), cards, model};
}
Demand demand_of(std::int64_t milli_cores, int cards, int of_each = whole_card, ModelSet models = any_model) {
  return {MilliCores(milli_cores), Bytes(1'000'000'000), cards, of_each, models};
}

struct Lease {
  Demand demand;
  Spot spot;
};

/// A second, naive book of what is free.
class Book {
 public:
  explicit Book(const std::vector<NodeShape>& nodes) : nodes_(nodes) {
    for (const NodeShape& shape : nodes) cards_.emplace_back(static_cast<std::size_t>(shape.cards), whole_card);
  }

  [[nodiscard]] bool fits(std::size_t at, const Demand& demand) const {
    const NodeShape& node = nodes_[at];
    if (node.cpu < demand.cpu || node.memory < demand.memory) return false;
    if (demand.cards == 0) return true;
    if ((demand.models >> node.model & 1U) == 0) return false;
    return std::ranges::count_if(cards_[at], [&](int free) { return free >= demand.of_each; }) >= demand.cards;
  }
  [[nodiscard]] bool fits_anywhere(const Demand& demand) const {
    for (std::size_t at = 0; at < nodes_.size(); ++at) {
      if (fits(at, demand)) return true;
    }
    return false;
  }
  void take(const Lease& lease, int sign) {
    NodeShape& node = nodes_[lease.spot.node];
    node.cpu = node.cpu - lease.demand.cpu * sign;
    node.memory = node.memory - lease.demand.memory * sign;
    EXPECT_GE(node.cpu, MilliCores(0));
    EXPECT_GE(node.memory, Bytes(0));
    EXPECT_EQ(std::popcount(lease.spot.cards), lease.demand.cards);
    for (std::size_t i = 0; i < 16; ++i) {
      if ((lease.spot.cards >> i & 1U) == 0) continue;
      ASSERT_LT(i, cards_[lease.spot.node].size());
      cards_[lease.spot.node][i] -= sign * lease.demand.of_each;
      EXPECT_GE(cards_[lease.spot.node][i], 0);
      EXPECT_LE(cards_[lease.spot.node][i], whole_card);
    }
  }
  void expect_equal(const SharedFleet& fleet) const {
    for (std::uint32_t at = 0; at < nodes_.size(); ++at) {
      EXPECT_EQ(fleet.node(at).cpu, nodes_[at].cpu.value());
      EXPECT_EQ(fleet.node(at).memory, nodes_[at].memory.value());
      for (std::size_t i = 0; i < cards_[at].size(); ++i) EXPECT_EQ(fleet.node(at).free[i], cards_[at][i]);
    }
  }

 private:
  std::vector<NodeShape> nodes_;
  std::vector<std::vector<int>> cards_;
};

std::vector<NodeShape> some_nodes(Prng& prng, std::size_t count) {
  const std::vector<NodeShape> shapes{node_of(96, 400, 8, 0), node_of(104, 500, 2, 1), node_of(16, 120, 2, 2),
                                      node_of(8, 32, 1, 3),   node_of(64, 300, 0, 0),  node_of(200, 900, 16, 4)};
  std::vector<NodeShape> nodes;
  for (std::size_t i = 0; i < count; ++i) nodes.push_back(shapes[prng.below(shapes.size())]);
  return nodes;
}

Demand some_demand(Prng& prng) {
  const std::uint64_t kind = prng.below(10);
  Demand demand = demand_of(prng.between(0, 24) * 500, 1);
  demand.memory = Bytes(prng.between(0, 40) * 1'000'000'000);
  if (kind < 2) demand.cards = 0;
  if (kind >= 2 && kind < 6) demand.of_each = static_cast<int>(prng.between(1, 20)) * 50;
  if (kind == 9) demand.cards = static_cast<int>(prng.between(2, 9));
  if (prng.chance(1, 4)) demand.models = 1 + prng.below(31);
  return demand;
}

// Shows by random arrivals and ends, beside a naive book, that nothing exceeds its capacity, that the models allowed
// are kept to, that a demand is refused only when it fits nowhere, and that every sum and kept score is what a fresh
// computation gives.
TEST(SharedFleet, EqualsANaiveBook) {
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Prng prng(seed);
    const std::vector<NodeShape> nodes = some_nodes(prng, 5 + prng.below(200));
    SharedFleet fleet(nodes);
    Book book(nodes);
    std::vector<Lease> leases;
    for (int step = 0; step < 3000; ++step) {
      const bool ends = !leases.empty() && prng.chance(static_cast<std::uint64_t>(step) / 500 % 2 == 0 ? 1 : 6, 10);
      if (ends) {
        std::swap(leases[prng.below(leases.size())], leases.back());
        fleet.release(leases.back().demand, leases.back().spot);
        book.take(leases.back(), -1);
        leases.pop_back();
      } else {
        const Demand demand = some_demand(prng);
        const auto spot = fleet.place(demand);
        ASSERT_EQ(spot.has_value(), book.fits_anywhere(demand)) << "seed " << seed << " step " << step;
        if (!spot) {
          ++refused;
          continue;
        }
        ASSERT_TRUE(book.fits(spot->node, demand)) << "seed " << seed << " step " << step;
        leases.push_back({demand, *spot});
        book.take(leases.back(), 1);
      }
      if (step % 100 == 0) {
        ASSERT_EQ(fleet.broken_invariant(), std::nullopt) << "seed " << seed << " step " << step;
      }
    }
    book.expect_equal(fleet);
    for (const Lease& lease : leases) fleet.release(lease.demand, lease.spot);
    EXPECT_EQ(Book(nodes).fits_anywhere(demand_of(0, 0)), true);
    Book(nodes).expect_equal(fleet);
    ASSERT_EQ(fleet.broken_invariant(), std::nullopt);
  }
  EXPECT_GT(refused, 500) << "the fleets were never full";
}

// Shows that two engines given the same calls give the same answers, whatever lies between the calls of one class.
TEST(SharedFleet, IsDeterministic) {
  Prng nodes_of(7);
  const std::vector<NodeShape> nodes = some_nodes(nodes_of, 100);
  SharedFleet one(nodes);
  SharedFleet two(nodes);
  Prng prng(8);
  for (int i = 0; i < 5000; ++i) {
    const Demand demand = some_demand(prng);
    const auto spot = one.place(demand);
    ASSERT_EQ(spot, two.place(demand));
    if (i % 50 == 0) {
      ASSERT_EQ(two.broken_invariant(), std::nullopt);  // looking changes nothing
    }
    if (spot && prng.chance(1, 2)) {
      one.release(demand, *spot);
      two.release(demand, *spot);
    }
  }
}

// Shows that more classes than are kept give up the oldest and go on placing right.
TEST(SharedFleet, GivesUpTheOldestClasses) {
  SharedFleet fleet(std::vector<NodeShape>(20, node_of(96, 400, 8)));
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < static_cast<int>(classes_max) + 300; ++i) {
      const Demand demand = demand_of(1 + i, 1, 500);
      const auto spot = fleet.place(demand);
      ASSERT_TRUE(spot.has_value());
      fleet.release(demand, *spot);
    }
    ASSERT_EQ(fleet.broken_invariant(), std::nullopt);
  }
}

// Shows that the checker tells each planted fault: a score kept though its node changed, CPU and cards out of
// nothing.
TEST(SharedFleet, CheckerTellsPlantedFaults) {
  const std::vector<NodeShape> nodes(100, node_of(96, 400, 8));
  const auto used = [&] {
    SharedFleet fleet(nodes);
    for (int i = 0; i < 100; ++i) (void)fleet.place(demand_of(8000, 1, 470));
    EXPECT_EQ(fleet.broken_invariant(), std::nullopt);
    return fleet;
  };
  SharedFleet stale = used();
  const auto spot = stale.place(demand_of(90'000, 1));  // afterwards the others do not fit there
  ASSERT_TRUE(spot.has_value());
  PlantedFault::forget_change(stale, spot->node);
  ASSERT_TRUE(stale.broken_invariant().has_value());
  EXPECT_NE(stale.broken_invariant()->find("stale score"), std::string::npos);
  SharedFleet generous = used();
  PlantedFault::give_cpu(generous, 99);
  EXPECT_EQ(generous.broken_invariant(), "node 99: CPU beyond its capacity");
  SharedFleet lost = used();
  PlantedFault::lose_card(lost, 99);
  EXPECT_EQ(lost.broken_invariant(), "node 99: its sums are not those of its cards");
}

/// Cards given out when each demand takes the node and card that it leaves the least free on.
std::int64_t placed_by_best_fit(const std::vector<NodeShape>& nodes, const std::vector<Demand>& demands) {
  std::vector<NodeShape> left = nodes;
  std::vector<std::vector<int>> cards;
  for (const NodeShape& node : nodes) cards.emplace_back(static_cast<std::size_t>(node.cards), whole_card);
  std::int64_t placed = 0;
  for (const Demand& demand : demands) {
    std::int64_t least = INT64_MAX;
    std::size_t best = 0;
    for (std::size_t at = 0; at < left.size(); ++at) {
      if (left[at].cpu < demand.cpu) continue;
      if (std::ranges::count_if(cards[at], [&](int free) { return free >= demand.of_each; }) < demand.cards) continue;
      std::int64_t free = left[at].cpu.value() / 10;
      for (const int card : cards[at]) free += card;
      if (free >= least) continue;
      least = free;
      best = at;
    }
    if (least == INT64_MAX) continue;
    placed += demand.milli_cards();
    left[best].cpu -= demand.cpu;
    for (int n = 0; n < demand.cards; ++n) {
      int* tightest = nullptr;
      for (int& card : cards[best]) {
        if (card >= demand.of_each && (tightest == nullptr || card < *tightest)) tightest = &card;
      }
      *tightest -= demand.of_each;
    }
  }
  return placed;
}

// Shows that on a stream of fractions and CPU-hungry whole cards more is given out than by the tightest fit: cards
// are not left where the CPU is gone, nor in pieces that nobody asks for.
TEST(SharedFleet, GivesOutMoreThanBestFit) {
  std::vector<NodeShape> nodes(60, node_of(96, 400, 8, 0));
  nodes.insert(nodes.end(), 40, node_of(104, 400, 2, 1));
  const std::vector<Demand> kinds{demand_of(11'900, 1),     demand_of(16'000, 1),     demand_of(4'000, 1),
                                  demand_of(4'000, 1, 320), demand_of(8'000, 1, 470), demand_of(11'900, 1, 650),
                                  demand_of(3'000, 1, 350), demand_of(16'000, 0)};
  std::int64_t ours = 0;
  std::int64_t theirs = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Prng prng(seed);
    std::vector<Demand> demands;
    for (int i = 0; i < 1200; ++i) demands.push_back(kinds[prng.below(kinds.size())]);
    SharedFleet fleet(nodes);
    for (const Demand& demand : demands) ours += fleet.place(demand) ? demand.milli_cards() : 0;
    theirs += placed_by_best_fit(nodes, demands);
  }
  EXPECT_GT(ours, theirs + theirs / 100);
}

// Shows that work that may run on any model leaves a scarce one to those who can use no other: all of theirs is
// placed.
TEST(SharedFleet, LeavesScarceModelsToWhoNeedsThem) {
  std::vector<NodeShape> nodes(40, node_of(1000, 4000, 8, 0));
  nodes.insert(nodes.end(), 10, node_of(1000, 4000, 8, 1));
  SharedFleet fleet(nodes);
  Prng prng(3);
  int needy = 0;
  int needy_placed = 0;
  for (int i = 0; i < 380; ++i) {
    const bool needs = prng.chance(1, 6);
    const bool placed = fleet.place(demand_of(4000, 1, whole_card, needs ? ModelSet{2} : any_model)).has_value();
    needy += needs ? 1 : 0;
    needy_placed += needs && placed ? 1 : 0;
  }
  EXPECT_GT(needy, 55);
  EXPECT_LT(needy, 80);
  EXPECT_EQ(needy_placed, needy);
}

}  // namespace
}  // namespace dayan::place::sharing
