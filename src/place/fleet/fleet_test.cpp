#include "place/fleet/fleet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/prng.h"

namespace dayan::place {

/// Breaks a fleet as a bug in it would.
class FleetSaboteur {
 public:
  static void forget_core(Fleet& fleet, NodeIndex node) { fleet.free_cores_[fleet.nodes_[node].cores_at] ^= 1; }
  static void miscount_cores(Fleet& fleet, NodeIndex node) { ++fleet.nodes_[node].free_cores; }
  static void lose_memory(Fleet& fleet, NodeIndex node) { --fleet.nodes_[node].free_memory; }
  static void lose_card(Fleet& fleet, NodeIndex node) { fleet.nodes_[node].free_card_bits ^= 1; }
  static void stale_set(Fleet& fleet, NodeIndex node) {
    NodeSet& set = fleet.indexes_[0].fitting;
    if (set.contains(node)) {
      set.erase(node);
    } else {
      set.insert(node);
    }
  }
  static void stale_order(Fleet& fleet, NodeIndex node) {
    fleet.shapes_[fleet.shape_of(node)].order.erase(Fleet::order_key(fleet.free_of(node), node));
  }
  static bool stale_rack(Fleet& fleet, NodeIndex node) {
    for (auto& index : fleet.indexes_) {
      if (!index.counts_racks) continue;
      index.racks.remove(fleet.rack_of(node));
      return true;
    }
    return false;
  }
  static std::size_t demands(const Fleet& fleet) { return fleet.indexes_.size(); }
};

namespace {

constexpr Bytes gib = Bytes(std::int64_t{1} << 30);

/// A fleet as anybody would write it: what is free of each node, and a loop over all of them.
struct PlainNode {
  std::set<int> cores;
  std::set<int> cards;
  std::int64_t memory = 0;  // steps
  bool available = true;
};

struct Plain {
  std::vector<PlainNode> nodes;

  [[nodiscard]] bool fits(const Fleet& fleet, NodeIndex i, const NodeDemand& demand) const {
    const PlainNode& node = nodes[i];
    const NodeShape& shape = fleet.shape(fleet.shape_of(i));
    const std::int64_t steps = (demand.memory.value() + (1 << 20) - 1) / (1 << 20);
    if (!node.available || (demand.shape && *demand.shape != fleet.shape_of(i))) return false;
    if (demand.whole_node &&
        (std::ssize(node.cores) != shape.cores.value() || std::ssize(node.cards) != shape.cards ||
         node.memory != shape.memory.value() / (1 << 20))) {
      return false;
    }
    return std::ssize(node.cores) >= demand.cores.value() && std::ssize(node.cards) >= demand.cards &&
           node.memory >= steps;
  }
  [[nodiscard]] std::vector<NodeIndex> fitting(const Fleet& fleet, const NodeDemand& demand) const {
    std::vector<NodeIndex> found;
    for (NodeIndex i = 0; i < nodes.size(); ++i) {
      if (fits(fleet, i, demand)) found.push_back(i);
    }
    return found;
  }
  [[nodiscard]] auto left(NodeIndex i) const {
    return std::tuple(nodes[i].cards.size(), nodes[i].cores.size(), nodes[i].memory, i);
  }

  /// The nodes that a gang should get; empty when it does not fit.
  [[nodiscard]] std::vector<NodeIndex> expected(const Fleet& fleet, const NodeDemand& demand, std::size_t members,
                                                GangScope scope, FitPolicy policy) const {
    std::vector<NodeIndex> all = fitting(fleet, demand);
    if (scope == GangScope::rack) {
      std::map<RackIndex, std::vector<NodeIndex>> racks;
      for (const NodeIndex node : all) racks[fleet.rack_of(node)].push_back(node);
      all.clear();
      for (const auto& [rack, inside] : racks) {
        if (inside.size() < members) continue;
        if (all.empty() || (policy == FitPolicy::best && inside.size() < all.size())) all = inside;
      }
    }
    if (all.size() < members) return {};
    if (policy == FitPolicy::best) std::ranges::sort(all, {}, [&](NodeIndex i) { return left(i); });
    all.resize(members);
    return all;
  }

  /// Takes a slot and says whether all of it was free and as much as asked.
  [[nodiscard]] bool take(const NodeSlot& slot, const NodeDemand& demand) {
    PlainNode& node = nodes[slot.node];
    std::int64_t cores = 0;
    std::int64_t cards = 0;
    for (int core = 0; core < cores_per_node_max; ++core) {
      if ((slot.cores[static_cast<std::size_t>(core) / 64] >> (core % 64) & 1) == 0) continue;
      if (node.cores.erase(core) == 0) return false;
      ++cores;
    }
    for (int card = 0; card < 32; ++card) {
      if ((slot.cards >> card & 1) == 0) continue;
      if (node.cards.erase(card) == 0) return false;
      ++cards;
    }
    node.memory -= slot.memory_steps;
    if (demand.whole_node) return node.memory == 0 && node.cores.empty() && node.cards.empty();
    return node.memory >= 0 && cores == demand.cores.value() && cards == demand.cards &&
           slot.memory() >= demand.memory && slot.memory() < demand.memory + memory_step;
  }
  void release(const NodeSlot& slot) {
    PlainNode& node = nodes[slot.node];
    for (int core = 0; core < cores_per_node_max; ++core) {
      if ((slot.cores[static_cast<std::size_t>(core) / 64] >> (core % 64) & 1) != 0) node.cores.insert(core);
    }
    for (int card = 0; card < 32; ++card) {
      if ((slot.cards >> card & 1) != 0) node.cards.insert(card);
    }
    node.memory += slot.memory_steps;
  }
};

struct Trial {
  Fleet fleet;
  Plain plain;
  std::vector<Grant> held;

  void add_rack(ShapeIndex shape, int nodes) {
    ASSERT_TRUE(fleet.add_rack(shape, nodes).has_value());
    const NodeShape& of = fleet.shape(shape);
    for (int i = 0; i < nodes; ++i) {
      PlainNode node;
      for (int core = 0; core < of.cores.value(); ++core) node.cores.insert(core);
      for (int card = 0; card < of.cards; ++card) node.cards.insert(card);
      node.memory = of.memory.value() / (1 << 20);
      plain.nodes.push_back(node);
    }
  }
  void release(std::size_t at) {
    for (const NodeSlot& slot : held[at]) {
      fleet.release(slot);
      plain.release(slot);
    }
    held[at] = std::move(held.back());
    held.pop_back();
  }
  [[nodiscard]] Grant all_held() const {
    Grant all;
    for (const Grant& grant : held) all.insert(all.end(), grant.begin(), grant.end());
    return all;
  }
};

void add_shapes(Fleet& fleet) {
  ASSERT_TRUE(fleet.add_shape({Cores(4), 0, gib * 16}).has_value());
  ASSERT_TRUE(fleet.add_shape({Cores(70), 4, gib * 64}).has_value());
  ASSERT_TRUE(fleet.add_shape({Cores(8), 16, gib * 8 + Bytes(5)}).has_value());
  ASSERT_TRUE(fleet.add_shape({Cores(6), 0, gib * 8}).has_value());
}

NodeDemand draw_demand(Prng& prng, int kinds) {
  // From a bounded or an almost unbounded number of kinds, so that sets of demands are kept, or come and go.
  Prng kind(static_cast<std::uint64_t>(prng.below(static_cast<std::uint64_t>(kinds))));
  NodeDemand demand;
  demand.cores = Cores(kind.chance(1, 2) ? kind.between(1, 4) : kind.between(1, 72));
  demand.cards = kind.chance(1, 2) ? 0 : static_cast<int>(kind.between(0, 8));
  demand.memory = Bytes(kind.chance(1, 2) ? 0 : kind.between(0, 20 * gib.value()));
  demand.whole_node = kind.chance(1, 5);
  if (kind.chance(1, 4)) demand.shape = static_cast<ShapeIndex>(kind.below(4));
  return demand;
}

TEST(FleetTest, AnswersAsAPlainLoopDoes) {
  // Random matches, gangs, releases, nodes and racks that come, go and return: each answer names the nodes that a
  // loop over all nodes would, nothing is handed out twice, and a recount agrees.
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    Prng prng(seed);
    Trial trial;
    add_shapes(trial.fleet);
    const int kinds = seed % 3 == 0 ? 5 : seed % 3 == 1 ? 60 : 100'000;
    trial.add_rack(static_cast<ShapeIndex>(prng.below(4)), static_cast<int>(prng.between(1, 9)));
    int fitted = 0;
    for (int step = 0; step < 1500; ++step) {
      const auto what = prng.below(100);
      const auto node = static_cast<NodeIndex>(prng.below(trial.fleet.size()));
      if (what < 2 && trial.fleet.size() < 90) {
        trial.add_rack(static_cast<ShapeIndex>(prng.below(4)), static_cast<int>(prng.between(1, 12)));
      } else if (what < 8) {
        const bool available = prng.chance(2, 3);
        trial.fleet.set_available(node, available);
        trial.plain.nodes[node].available = available;
      } else if (what < 50 && !trial.held.empty()) {
        trial.release(prng.below(trial.held.size()));
      } else {
        const NodeDemand demand = draw_demand(prng, kinds);
        const FitPolicy policy = prng.chance(1, 2) ? FitPolicy::first : FitPolicy::best;
        const bool single = prng.chance(1, 2);
        const int members = single ? 1 : static_cast<int>(prng.between(1, 6));
        const GangScope scope = !single && prng.chance(1, 2) ? GangScope::rack : GangScope::fleet;
        ASSERT_TRUE(trial.fleet.check(demand).has_value());
        const auto expected =
            trial.plain.expected(trial.fleet, demand, static_cast<std::size_t>(members), scope, policy);
        if (prng.chance(1, 5)) {
          ASSERT_EQ(trial.fleet.count_fitting(demand), trial.plain.fitting(trial.fleet, demand).size());
        }
        Grant grant(1);
        const bool fits = single ? trial.fleet.match(demand, policy, grant[0])
                                 : trial.fleet.match_gang(demand, members, scope, policy, grant);
        ASSERT_EQ(fits, !expected.empty()) << "seed " << seed << " step " << step;
        if (!fits) continue;
        ++fitted;
        ASSERT_EQ(grant.size(), expected.size());
        for (std::size_t i = 0; i < grant.size(); ++i) {
          ASSERT_EQ(grant[i].node, expected[i]) << "seed " << seed << " step " << step;
          ASSERT_TRUE(trial.plain.take(grant[i], demand)) << "seed " << seed << " step " << step;
        }
        trial.held.push_back(grant);
      }
      if (step % 100 == 0) {
        ASSERT_EQ(trial.fleet.broken_invariant(trial.all_held()), std::nullopt);
      }
    }
    EXPECT_EQ(trial.fleet.broken_invariant(trial.all_held()), std::nullopt) << "seed " << seed;
    EXPECT_GT(fitted, 50) << "the trial asks nothing";
    while (!trial.held.empty()) trial.release(0);
    EXPECT_EQ(trial.fleet.broken_invariant({}), std::nullopt) << "seed " << seed;
  }
}

TEST(FleetTest, GivesASetToADemandThatIsSearchedLong) {
  // Two thousand nodes with little memory left: the demand for much memory looks at many of them once, then has a
  // set, and three hundred such demands share 256 sets without a wrong answer.
  Fleet fleet;
  ASSERT_TRUE(fleet.add_shape({Cores(4), 0, gib * 16}).has_value());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(fleet.add_rack(0, 100).has_value());
  NodeSlot slot;
  Grant held;
  for (int i = 0; i < 2000; ++i) {
    const std::int64_t mebibytes = 15 * 1024 - i % 400;
    ASSERT_TRUE(fleet.match({.memory = memory_step * mebibytes}, FitPolicy::first, slot));
    ASSERT_EQ(slot.node, static_cast<NodeIndex>(i));
    held.push_back(slot);
  }
  for (int i = 399; i >= 100; --i) {
    // The least memory held on a node is 15 GiB less i MiB from node i on.
    ASSERT_TRUE(fleet.match({.memory = memory_step * (1024 + i)}, FitPolicy::first, slot));
    ASSERT_EQ(slot.node, static_cast<NodeIndex>(i));
    fleet.release(slot);
  }
  EXPECT_EQ(FleetSaboteur::demands(fleet), 256U);
  // A gang whose first members are found before its search is given up gets each node once all the same.
  for (const NodeIndex node : {0U, 1999U}) fleet.release(held[node]);
  Grant gang;
  const NodeDemand roomy{.memory = gib * 9};
  EXPECT_FALSE(fleet.match_gang(roomy, 3, GangScope::fleet, FitPolicy::first, gang));
  ASSERT_TRUE(fleet.match_gang({.memory = gib * 10}, 2, GangScope::fleet, FitPolicy::first, gang));
  EXPECT_EQ(gang[0].node, 0U);
  EXPECT_EQ(gang[1].node, 1999U);
  held[0] = gang[0];
  held[1999] = gang[1];
  EXPECT_EQ(fleet.broken_invariant(held), std::nullopt);
}

TEST(FleetTest, ManyShortSearchesEarnASetAsOneLongOneDoes) {
  // Sixty nodes without cards before the one that has some: each search looks at sixty in vain, the fifth is the
  // last.
  Fleet fleet;
  add_shapes(fleet);
  ASSERT_TRUE(fleet.add_rack(0, 60).has_value());
  ASSERT_TRUE(fleet.add_rack(1, 1).has_value());
  NodeSlot slot;
  for (int search = 1; search <= 10; ++search) {
    ASSERT_TRUE(fleet.match({.cards = 4}, FitPolicy::first, slot));
    ASSERT_EQ(slot.node, 60U);
    fleet.release(slot);
    EXPECT_EQ(FleetSaboteur::demands(fleet), search < 5 ? 1U : 2U);
  }
}

TEST(FleetTest, AGangThatDoesNotFitLeavesNoTrace) {
  // Three idle nodes of four: a gang of four takes nothing, in the fleet and in the rack, under both policies.
  Fleet fleet;
  add_shapes(fleet);
  ASSERT_TRUE(fleet.add_rack(0, 4).has_value());
  NodeSlot slot;
  ASSERT_TRUE(fleet.match({.memory = Bytes(1)}, FitPolicy::first, slot));
  for (const GangScope scope : {GangScope::fleet, GangScope::rack}) {
    for (const FitPolicy policy : {FitPolicy::first, FitPolicy::best}) {
      Grant grant;
      const NodeDemand whole{.whole_node = true};
      EXPECT_FALSE(fleet.match_gang(whole, 4, scope, policy, grant));
      EXPECT_TRUE(grant.empty());
      EXPECT_EQ(fleet.broken_invariant({slot}), std::nullopt);
      ASSERT_TRUE(fleet.match_gang(whole, 3, scope, policy, grant));
      EXPECT_EQ(grant.size(), 3U);
      EXPECT_EQ(to_text(grant[0].cores), "0-3");
      for (const NodeSlot& member : grant) fleet.release(member);
    }
  }
}

TEST(FleetTest, ReasonsAreTrue) {
  // Random fleets and demands that do not fit: changed by just the reported amount they fit, by one less they do not;
  // what is not reported no change of that kind alone could do. Every node is counted once.
  int changes = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Prng prng(seed);
    Fleet fleet;
    add_shapes(fleet);
    for (int i = 0; i < 3; ++i) {
      const auto shape = static_cast<ShapeIndex>(prng.below(4));
      ASSERT_TRUE(fleet.add_rack(shape, static_cast<int>(prng.between(1, 9))).has_value());
    }
    NodeSlot slot;
    for (int i = 0; i < 40; ++i) (void)fleet.match(draw_demand(prng, 100'000), FitPolicy::first, slot);
    if (prng.chance(1, 2)) fleet.set_available(static_cast<NodeIndex>(prng.below(fleet.size())), false);
    const int members = static_cast<int>(prng.between(1, 5));
    const NodeDemand demand = draw_demand(prng, 100'000);
    const auto fits = [&](const NodeDemand& changed) {
      return fleet.count_fitting(changed) >= static_cast<std::uint32_t>(members);
    };
    const Shortfall why = fleet.shortfall(demand, members);
    ASSERT_EQ(why.fitting, fleet.count_fitting(demand));
    ASSERT_EQ(why.fitting + why.unavailable + why.other_shape + why.not_idle + why.few_cores + why.few_cards +
                  why.little_memory + why.several,
              fleet.size());
    if (fits(demand)) {
      ASSERT_FALSE(why.fewer_cores || why.fewer_cards || why.less_memory);
      continue;
    }
    NodeDemand changed = demand;
    const auto check = [&](bool reported, auto set_to, std::int64_t least, std::int64_t amount) {
      set_to(reported ? amount : least);
      ASSERT_EQ(fits(changed), reported) << "seed " << seed;
      if (!reported) return;
      ++changes;
      set_to(amount + 1);
      ASSERT_FALSE(fits(changed)) << "seed " << seed;
    };
    check(
        why.fewer_cores.has_value(), [&](std::int64_t n) { changed.cores = Cores(n); }, 1,
        demand.cores.value() - why.fewer_cores.value_or(Cores(0)).value());
    changed = demand;
    check(
        why.fewer_cards.has_value(), [&](std::int64_t n) { changed.cards = static_cast<int>(n); }, 0,
        demand.cards - why.fewer_cards.value_or(0));
    changed = demand;
    check(
        why.less_memory.has_value(), [&](std::int64_t n) { changed.memory = Bytes(n); }, 0,
        demand.memory.value() - why.less_memory.value_or(Bytes(0)).value());
  }
  EXPECT_GT(changes, 30);
}

TEST(FleetTest, IsBuiltAgainFromWhatIsHeld) {
  // The slots of a fleet, occupied in a new one in any order, give the same answers; what overlaps is refused.
  Prng prng(3);
  Trial first;
  add_shapes(first.fleet);
  Fleet second;
  add_shapes(second);
  for (int i = 0; i < 4; ++i) {
    first.add_rack(static_cast<ShapeIndex>(i % 4), 10);
    ASSERT_TRUE(second.add_rack(static_cast<ShapeIndex>(i % 4), 10).has_value());
  }
  Grant held;
  for (int i = 0; i < 200; ++i) {
    NodeSlot slot;
    if (first.fleet.match(draw_demand(prng, 1000), FitPolicy::best, slot)) held.push_back(slot);
  }
  for (std::size_t i = held.size(); i-- > 0;) {
    ASSERT_TRUE(second.occupy(held[i]).has_value());
    ASSERT_FALSE(second.occupy(held[i]).has_value());
  }
  EXPECT_EQ(second.broken_invariant(held), std::nullopt);
  for (int i = 0; i < 100; ++i) {
    const NodeDemand demand = draw_demand(prng, 1000);
    NodeSlot a;
    NodeSlot b;
    ASSERT_EQ(first.fleet.match(demand, FitPolicy::first, a), second.match(demand, FitPolicy::first, b));
    ASSERT_EQ(a, b);
  }
  NodeSlot strange;
  strange.node = 0;
  strange.cores[1] = 1;  // shape 0 has four cores
  EXPECT_FALSE(second.occupy(strange).has_value());
  strange.node = 4000;
  EXPECT_FALSE(second.occupy(strange).has_value());
}

TEST(FleetTest, BestFitKeepsCardsAndWholeNodesFree) {
  // Small work goes to the node without cards that has least left, not to an idle one and not to one with cards.
  Fleet fleet;
  add_shapes(fleet);
  ASSERT_TRUE(fleet.add_rack(1, 1).has_value());  // node 0: 70 cores, 4 cards
  ASSERT_TRUE(fleet.add_rack(0, 3).has_value());  // nodes 1 to 3: 4 cores
  NodeSlot slot;
  ASSERT_TRUE(fleet.match({.cores = Cores(2), .memory = gib}, FitPolicy::best, slot));
  EXPECT_EQ(slot.node, 1U);
  ASSERT_TRUE(fleet.match({.cores = Cores(1), .memory = gib}, FitPolicy::best, slot));
  EXPECT_EQ(slot.node, 1U);
  ASSERT_TRUE(fleet.match({.cores = Cores(2), .memory = gib}, FitPolicy::best, slot));
  EXPECT_EQ(slot.node, 2U);
  ASSERT_TRUE(fleet.match({.cores = Cores(1), .memory = gib}, FitPolicy::first, slot));
  EXPECT_EQ(slot.node, 0U);
}

TEST(FleetTest, RefusesWhatNoNodeCanBe) {
  // One error a fault, naming the field; a demand that is only too large is no fault, it fits nowhere.
  Fleet fleet;
  EXPECT_EQ(fleet.add_shape({Cores(0), 0, gib}).error().field, "cores");
  EXPECT_EQ(fleet.add_shape({Cores(513), 0, gib}).error().field, "cores");
  EXPECT_EQ(fleet.add_shape({Cores(1), 17, gib}).error().field, "cards");
  EXPECT_EQ(fleet.add_shape({Cores(1), -1, gib}).error().field, "cards");
  EXPECT_EQ(fleet.add_shape({Cores(1), 0, gib * 16384}).error().field, "memory");
  EXPECT_EQ(fleet.add_rack(0, 1).error().field, "shape");
  ASSERT_TRUE(fleet.add_shape({Cores(512), 16, memory_per_node_max}).has_value());
  EXPECT_EQ(fleet.add_rack(0, 0).error().field, "nodes");
  EXPECT_EQ(fleet.add_rack(0, 257).error().field, "nodes");
  NodeSlot slot;
  EXPECT_FALSE(fleet.match({.memory = gib}, FitPolicy::first, slot)) << "a fleet without nodes";
  ASSERT_TRUE(fleet.add_rack(0, 2).has_value());
  EXPECT_EQ(fleet.check({.cores = Cores(0)}).error().field, "cores");
  EXPECT_EQ(fleet.check({.cards = -1}).error().field, "cards");
  EXPECT_EQ(fleet.check({.memory = Bytes(-1)}).error().field, "memory");
  EXPECT_EQ(fleet.check({.shape = ShapeIndex{1}}).error().field, "shape");
  for (const FitPolicy policy : {FitPolicy::first, FitPolicy::best}) {
    EXPECT_FALSE(fleet.match({.cores = Cores(1'000'000)}, policy, slot));
    EXPECT_FALSE(fleet.match({.cards = 1'000'000}, policy, slot));
    EXPECT_FALSE(fleet.match({.memory = bytes_max}, policy, slot));
    EXPECT_TRUE(fleet.match({.cores = Cores(512), .cards = 16, .memory = memory_per_node_max}, policy, slot));
    EXPECT_EQ(to_text(slot.cores), "0-511");
    EXPECT_EQ(slot.cards, 0xffffU);
  }
}

TEST(FleetTest, TheRecountFindsPlantedCorruption) {
  // Each way in which a bug could make the index lie is planted by hand, and named by the checker.
  const auto broken = [](auto plant) {
    Fleet fleet;
    add_shapes(fleet);
    EXPECT_TRUE(fleet.add_rack(1, 6).has_value());
    Grant gang;
    EXPECT_TRUE(fleet.match_gang({.cores = Cores(3), .cards = 1}, 3, GangScope::rack, FitPolicy::first, gang));
    EXPECT_EQ(fleet.broken_invariant(gang), std::nullopt);
    plant(fleet, gang);
    return fleet.broken_invariant(gang).value_or("");
  };
  using F = Fleet;
  using G = Grant;
  using S = FleetSaboteur;
  EXPECT_NE(broken([](F& f, G&) { S::forget_core(f, 1); }), "");
  EXPECT_NE(broken([](F& f, G&) { S::forget_core(f, 5); }), "");
  EXPECT_NE(broken([](F& f, G&) { S::miscount_cores(f, 5); }), "");
  EXPECT_NE(broken([](F& f, G&) { S::lose_memory(f, 5); }), "");
  EXPECT_NE(broken([](F& f, G&) { S::lose_card(f, 5); }), "");
  EXPECT_NE(broken([](F& f, G&) { S::stale_set(f, 2); }), "");
  EXPECT_NE(broken([](F& f, G&) { S::stale_order(f, 2); }), "");
  EXPECT_NE(broken([](F& f, G&) { EXPECT_TRUE(S::stale_rack(f, 2)); }), "");
  EXPECT_NE(broken([](F&, G& gang) { gang.pop_back(); }), "") << "a gang half placed: a member too many is taken";
  EXPECT_NE(broken([](F& f, G& gang) { f.release(gang[1]); }), "") << "a gang half placed: a member is not taken";
  EXPECT_NE(broken([](F&, G& gang) { gang[2] = gang[1]; }), "") << "two members on one node";
}

}  // namespace
}  // namespace dayan::place
