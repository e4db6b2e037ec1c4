#include "place/packing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/prng.h"
#include "model/rack.h"

namespace dayan::place {
namespace {

Need cores(std::int64_t n, std::int64_t nodes = 1) { return {{{n, 0, 0}}, nodes}; }

using Rooms = std::vector<std::int64_t>;  ///< cores left on each node, in order

/// All ways to take `size` off so many nodes, each another one, those that come before `from` apart.
void take_each_way(const Rooms& rooms, const Need& task, std::int64_t missing, std::size_t from,
                   std::set<Rooms>& to) {
  if (missing == 0) {
    Rooms sorted = rooms;
    std::sort(sorted.begin(), sorted.end());
    to.insert(std::move(sorted));
    return;
  }
  for (std::size_t node = from; node < rooms.size(); ++node) {
    if (rooms[node] < task.each.of[in_cores]) continue;
    Rooms left = rooms;
    left[node] -= task.each.of[in_cores];
    take_each_way(left, task, missing - 1, node + 1, to);
  }
}

/// Whether all these tasks can lie on the nodes at once, no two parts of one on the same node: tried out in full.
bool can_lie(const std::vector<Need>& tasks, const Rooms& nodes) {
  std::set<Rooms> reachable{nodes};
  for (const Need& task : tasks) {
    std::set<Rooms> next;
    for (const Rooms& rooms : reachable) take_each_way(rooms, task, task.nodes, 0, next);
    reachable = std::move(next);
  }
  return !reachable.empty();
}

std::int64_t most_that_lie(std::vector<Need> leases, const Need& need, const Rooms& nodes) {
  std::int64_t most = 0;
  for (leases.push_back(need); can_lie(leases, nodes); leases.push_back(need)) ++most;
  return most;
}

/// How many of `task` can lie on the nodes beside these leases, no more than `most` of them on one: by the best way to
/// lay the others, tried out in full.
std::int64_t most_apart(const std::vector<Need>& others, const Need& task, std::int64_t most, const Rooms& nodes) {
  std::set<Rooms> reachable{nodes};
  for (const Need& other : others) {
    std::set<Rooms> next;
    for (const Rooms& rooms : reachable) take_each_way(rooms, other, other.nodes, 0, next);
    reachable = std::move(next);
  }
  std::int64_t best = 0;
  for (const Rooms& rooms : reachable) {
    Rooms left;  // so many of them each node may have
    for (const std::int64_t room : rooms) left.push_back(std::min(most, room / task.each.of[in_cores]));
    const Need one{{{1, 0, 0}}, task.nodes};
    best = std::max(best, most_that_lie({}, one, left));
  }
  return best;
}

Packing packed(std::int64_t nodes, std::int64_t per_node, const std::vector<Need>& leases) {
  Shapes shapes;
  for (const Need& lease : leases) add_shape(shapes, lease, 1);
  Packing packing;
  packing.pack(nodes, {{per_node, 0, 0}}, shapes);
  return packing;
}

TEST(GangSlotsTest, NeverTwoPartsOnANode) {
  // Three nodes of 4 cores: six pairs of 1 core, three of 2 (one pair on each two nodes), one of 3, which leaves a
  // node alone; three parts each get all three nodes; four find no fourth.
  const Packing empty = packed(3, 4, {});
  EXPECT_EQ(empty.slots(cores(1, 2)), 6);
  EXPECT_EQ(empty.slots(cores(2, 2)), 3);
  EXPECT_EQ(empty.slots(cores(3, 2)), 1);
  EXPECT_EQ(empty.slots(cores(1, 3)), 4);
  EXPECT_EQ(empty.slots(cores(1, 4)), 0);
  EXPECT_EQ(empty.widest(cores(4, 2)), 3);
  EXPECT_EQ(empty.widest(cores(5, 2)), 0);
  // One node has room for eight, the other for one: a pair takes one of each, and the rest helps no second pair.
  EXPECT_EQ(packed(2, 8, {cores(7)}).slots(cores(1, 2)), 1);
}

TEST(GangSlotsTest, LeasedGangsTakeANodeForEachPart) {
  // A gang of three parts of 3 cores on four nodes of 4 leaves 1 core on three and 4 on one: room for one task of 4,
  // and for a gang of four parts of 1, not for two.
  const Packing packing = packed(4, 4, {cores(3, 3)});
  EXPECT_EQ(packing.slots(cores(4)), 1);
  EXPECT_EQ(packing.slots(cores(1, 4)), 1);
  EXPECT_EQ(packing.slots(cores(2, 2)), 0);
  EXPECT_EQ(packing.widest(cores(1, 2)), 4);
  EXPECT_EQ(packing.largest(cores(9, 1), in_cores), 4);
  EXPECT_EQ(packing.largest(cores(9, 2), in_cores), 1);
  EXPECT_EQ(packing.largest(cores(9, 5), in_cores), -1);
}

TEST(GangSlotsTest, IsExactWhereLeasesCannotMove) {
  // Leases of more than half a node lie one on each, so what is left of each node is certain: slots() of gangs is
  // then what trying every way finds, for every width and size.
  Prng random(11);
  for (int i = 0; i < 400; ++i) {
    const auto nodes = random.between(1, 5);
    const std::int64_t per_node = random.between(2, 8);
    std::vector<Need> leases;
    for (auto taken = random.between(0, nodes); taken > 0; --taken)
      leases.push_back(cores(random.between(per_node / 2 + 1, per_node)));
    const Need need = cores(random.between(1, per_node), random.between(1, 4));
    const Packing packing = packed(nodes, per_node, leases);
    const auto most = most_that_lie(leases, need, Rooms(static_cast<std::size_t>(nodes), per_node));
    ASSERT_EQ(packing.slots(need), most)
        << nodes << " nodes of " << per_node << ", need " << need.each.of[in_cores] << " on " << need.nodes;
  }
}

TEST(GangSlotsTest, NeverPromisesRoomThatThereIsNot) {
  // Random leases, gangs among them, that do lie on the nodes, against every way to lay them out: slots() of gangs
  // and single tasks never says more than the best of them takes, and nearly always as much. Whether one has room,
  // and how wide the widest is, agrees with it.
  Prng random(12);
  int exact = 0;
  int clouded = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto nodes = random.between(1, 4);
    const std::int64_t per_node = random.between(1, 7);
    const Rooms empty(static_cast<std::size_t>(nodes), per_node);
    std::vector<Need> leases;
    for (int lease = 0; lease < 4; ++lease) {
      leases.push_back(cores(random.between(1, per_node), random.between(1, 3)));
      if (!can_lie(leases, empty)) leases.pop_back();
    }
    const Need need = cores(random.between(1, per_node), random.between(1, 3));
    const Packing packing = packed(nodes, per_node, leases);
    const std::int64_t most = most_that_lie(leases, need, empty);
    const std::int64_t said = packing.slots(need);
    ASSERT_LE(said, most) << nodes << " nodes of " << per_node << ", need " << need.each.of[in_cores] << " on "
                          << need.nodes;
    ASSERT_EQ(packing.has_room(need), said > 0);
    if (need.is_gang()) {
      const std::int64_t widest = packing.widest(need);
      for (std::int64_t n = 2; n <= nodes + 1; ++n) ASSERT_EQ(packing.slots({need.each, n}) > 0, n <= widest);
      ASSERT_EQ(packing.slots({need.each, 1}) > 0, widest > 0);
    }
    exact += said == most ? 1 : 0;
    clouded += packing.is_clouded() ? 1 : 0;
  }
  EXPECT_GE(exact, 2'900);
  EXPECT_GE(clouded, 20);
}

TEST(GangSlotsTest, ManyLikeGangsAreCountedNotListed) {
  // A hundred thousand gangs of three on four hundred thousand nodes of two parts each: the packing is told by a few
  // kinds of nodes, and is what the sum says.
  Shapes shapes;
  add_shape(shapes, cores(2, 3), 100'000);
  Packing packing;
  packing.pack(400'000, {{4, 0, 0}}, shapes);
  EXPECT_EQ(packing.slots(cores(2)), 800'000 - 300'000);
  EXPECT_EQ(packing.slots(cores(4)), 400'000 - 150'000);
}

/// Cores left on each node of each rack; the first stands for nodes in no rack.
using RackRooms = std::vector<Rooms>;

/// Each way to lay a task there: one of one node or of a gang anywhere, or in one rack, where it must.
void lay_in_racks(const RackRooms& at, const Need& task, std::int64_t missing, std::size_t rack,
                  std::set<RackRooms>& to) {
  if (missing == 0) {
    to.insert(at);
    return;
  }
  for (; rack < at.size(); ++rack) {
    for (std::int64_t here = task.is_in_rack ? missing : 1; here <= missing && (!task.is_in_rack || rack > 0); ++here) {
      std::set<Rooms> ways;
      take_each_way(at[rack], task, here, 0, ways);
      for (const Rooms& way : ways) {
        RackRooms next = at;
        next[rack] = way;
        lay_in_racks(next, task, missing - here, rack + 1, to);
      }
    }
  }
}
std::int64_t most_in_racks(std::vector<Need> leases, const Need& need, const RackRooms& empty) {
  std::set<RackRooms> reachable{empty};
  const auto lay = [&](const Need& task) {
    std::set<RackRooms> next;
    for (const RackRooms& rooms : reachable) lay_in_racks(rooms, task, task.nodes, 0, next);
    reachable = std::move(next);
  };
  for (const Need& lease : leases) lay(lease);
  if (reachable.empty()) return -1;
  std::int64_t most = 0;
  for (lay(need); !reachable.empty(); lay(need)) ++most;
  return most;
}

Need in_rack(Need gang) {
  gang.is_in_rack = gang.is_gang();
  return gang;
}
PoolRow with_racks(std::int32_t nodes, std::vector<std::int32_t> sizes) {
  PoolRow pool;
  pool.nodes = nodes;
  pool.racks = racks_of(std::move(sizes));
  return pool;
}
Packing packed(const PoolRow& pool, std::int64_t per_node, const std::vector<Need>& leases) {
  Shapes shapes;
  for (const Need& lease : leases) add_shape(shapes, lease, 1);
  Packing packing;
  packing.pack(pool, {{per_node, 0, 0}}, shapes);
  return packing;
}

TEST(RackSlotsTest, AllNodesOfAGangLieInOne) {
  // Racks of four, four and two nodes, and one node that stands in none. Two gangs of four find a rack each, and none
  // of five does, though eleven nodes are empty. One that has a rack, and others' work, leave the other racks whole as
  // long as they can: that fills the node without a rack, then the small rack.
  const PoolRow pool = with_racks(11, {4, 2, 4});
  const auto gang = [](std::int64_t nodes) { return in_rack(cores(8, nodes)); };
  EXPECT_EQ(packed(pool, 8, {}).slots(gang(4)), 2);
  EXPECT_EQ(packed(pool, 8, {}).slots(gang(2)), 5);
  EXPECT_EQ(packed(pool, 8, {}).slots(gang(5)), 0);
  EXPECT_EQ(packed(pool, 8, {}).widest(gang(5)), 4);
  EXPECT_EQ(packed(pool, 8, {}).largest(in_rack(cores(9, 4)), in_cores), 8);
  EXPECT_EQ(packed(pool, 8, {}).largest(in_rack(cores(9, 5)), in_cores), -1);
  EXPECT_EQ(packed(pool, 8, {gang(4), cores(8), cores(8), cores(1)}).slots(gang(4)), 1);
  EXPECT_EQ(packed(pool, 8, {gang(4), cores(8), cores(8), cores(1), cores(8)}).widest(gang(4)), 3);
  EXPECT_EQ(packed(pool, 8, {gang(4), cores(1), cores(8, 3)}).largest(gang(4), in_cores), 7);
  // Three gangs of three take a rack each of three such; nine nodes were enough for four of two.
  EXPECT_EQ(packed(with_racks(12, {4, 4, 4}), 8, {gang(3), gang(3), gang(3)}).slots(gang(2)), 0);
  EXPECT_EQ(packed(with_racks(12, {4, 4, 4}), 8, {gang(3), gang(3), gang(3)}).slots(cores(8, 3)), 1);
  // Nobody knows the racks of a pool.
  EXPECT_FALSE(packed(with_racks(12, {}), 8, {}).has_room(gang(2)));
}

TEST(RackSlotsTest, NeverPromisesRoomThatThereIsNot) {
  // Random racks and leases, gangs in racks and across them among these, against every way to lay them out: never more
  // than the best of them takes, and nearly always as much. Whether there is room, and how wide a rack's is, agrees.
  Prng random(21);
  int exact = 0;
  int tried = 0;
  int narrower = 0;
  for (int i = 0; i < 1'500; ++i) {
    const std::int64_t per_node = random.between(1, 4);
    std::vector<std::int32_t> sizes;
    for (auto racks = random.between(1, 3); racks > 0; --racks)
      sizes.push_back(static_cast<std::int32_t>(random.between(1, 3)));
    const auto outside = static_cast<std::int32_t>(random.between(0, 1));
    RackRooms empty{Rooms(static_cast<std::size_t>(outside), per_node)};
    std::int32_t nodes = outside;
    for (const std::int32_t size : sizes) {
      empty.emplace_back(static_cast<std::size_t>(size), per_node);
      nodes += size;
    }
    std::vector<Need> leases;
    for (int lease = 0; lease < 4; ++lease) {
      const Need drawn = cores(random.between(1, per_node), random.between(1, 3));
      leases.push_back(random.chance(1, 2) ? in_rack(drawn) : drawn);
      if (most_in_racks(leases, cores(99), empty) < 0) leases.pop_back();
    }
    const Need need = in_rack(cores(random.between(1, per_node), random.between(2, 3)));
    const Packing packing = packed(with_racks(nodes, sizes), per_node, leases);
    const std::int64_t most = most_in_racks(leases, need, empty);
    const std::int64_t said = packing.slots(need);
    ASSERT_LE(said, most) << i;
    ASSERT_EQ(packing.has_room(need), said > 0) << i;
    ASSERT_EQ(packing.widest(need) >= need.nodes, said > 0) << i;
    ASSERT_LE(packing.slots_apart(need, 1), said) << i;
    if (!packing.is_clouded()) {
      ASSERT_EQ(packing.largest(need, in_cores) >= need.each.of[in_cores], said > 0) << i;
    }
    exact += said == most ? 1 : 0;
    narrower += said < packing.slots({need.each, need.nodes}) ? 1 : 0;
    ++tried;
  }
  EXPECT_GE(exact, tried * 9 / 10);
  EXPECT_GE(narrower, tried / 15);
}

TEST(ApartTest, NoMoreOnOneNodeThanMay) {
  // Beside leases that lie as tightly as they can, so many find nodes as whoever tries all ways finds that leave the
  // others so; and never more than any way of laying them allows.
  Prng random(5);
  int fewer = 0;
  for (int round = 0; round < 400; ++round) {
    const std::int64_t nodes = random.between(1, 4);
    const std::int64_t per_node = random.between(2, 6);
    std::vector<Need> others;
    for (auto more = random.below(4); more > 0; --more)
      others.push_back(cores(random.between(1, per_node), random.chance(1, 4) ? random.between(1, nodes) : 1));
    const Rooms empty(static_cast<std::size_t>(nodes), per_node);
    if (!can_lie(others, empty)) continue;
    const Need task = cores(random.between(1, 2), random.chance(1, 3) ? random.between(1, nodes) : 1);
    const std::int64_t most = random.between(1, 3);
    const Packing packing = packed(nodes, per_node, others);
    const std::int64_t slots = packing.slots_apart(task, most);
    if (!packing.is_clouded()) {
      EXPECT_LE(slots, most_apart(others, task, most, empty)) << round;
      EXPECT_LE(slots, packing.slots(task)) << round;
      EXPECT_EQ(slots > 0, packing.has_room(task)) << round;
      EXPECT_EQ(packing.slots_apart(task, 100), packing.slots(task)) << round;
      fewer += slots < packing.slots(task) ? 1 : 0;
    }
    if (others.empty()) {
      EXPECT_EQ(slots, most_apart(others, task, most, empty)) << round;
    }
  }
  EXPECT_GT(fewer, 50);
}

}  // namespace
}  // namespace dayan::place
