#include "place/booking/bookings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "base/prng.h"

namespace dayan::place {

/// Breaks bookings as a bug in them would.
class BookingsSaboteur {
 public:
  /// The calendar forgets a reservation.
  static void forget_reservation(Bookings& bookings, const Booking& booking) {
    bookings.calendars_[booking.shape].release(booking.start, booking.end, booking.nodes);
  }
  /// A gang starts with a node too few.
  static void half_place(Bookings& bookings, BookingId id) {
    bookings.entries_[bookings.slot_of_.at(static_cast<std::uint64_t>(id))].nodes.pop_back();
  }
  static void forget_start(Bookings& bookings) { bookings.starts_.erase(bookings.starts_.begin()); }
  static void forget_end(Bookings& bookings) { bookings.ends_.erase(bookings.ends_.begin()); }
  /// A node that runs something is given away again.
  static void free_node(Bookings& bookings, NodeIndex node) { bookings.fleet_.release(bookings.fleet_.whole(node)); }
  static void forget_loss(Bookings& bookings) { bookings.lost_.clear(); }
};

namespace {

constexpr Bytes gib = Bytes(std::int64_t{1} << 30);

Fleet fleet_of(int small, int large) {
  Fleet fleet;
  EXPECT_TRUE(fleet.add_shape({Cores(8), 0, gib * 32}).has_value());
  EXPECT_TRUE(fleet.add_shape({Cores(64), 8, gib * 512}).has_value());
  EXPECT_TRUE(fleet.add_rack(0, small).has_value());
  EXPECT_TRUE(fleet.add_rack(1, large).has_value());
  return fleet;
}

UnixTime at(std::int64_t seconds) { return UnixTime(seconds * 1'000'000); }

/// What was promised, as a list; what is free at a moment is a sum over the list.
struct Plain {
  std::map<std::uint64_t, Booking> booked;
  std::map<NodeIndex, UnixTime> lost;
  std::vector<int> capacity;
  const Fleet* fleet = nullptr;

  [[nodiscard]] int free(ShapeIndex shape, UnixTime time) const {
    int free = capacity[shape];
    for (const auto& [id, booking] : booked) {
      if (booking.shape == shape && booking.start <= time && time < booking.end) free -= booking.nodes;
    }
    for (const auto& [node, from] : lost) {
      if (fleet->shape_of(node) == shape && from <= time) --free;
    }
    return free;
  }
  [[nodiscard]] bool fits(ShapeIndex shape, UnixTime start, const NodeRequest& request) const {
    const UnixTime end = start + request.wall_time;
    if (free(shape, start) < request.nodes) return false;
    for (const auto& [id, booking] : booked) {
      for (const UnixTime time : {booking.start, booking.end}) {
        if (start < time && time < end && free(shape, time) < request.nodes) return false;
      }
    }
    for (const auto& [node, from] : lost) {
      if (start < from && from < end && free(shape, from) < request.nodes) return false;
    }
    return true;
  }
  /// It can only become possible when something ends: those moments are tried in turn.
  [[nodiscard]] UnixTime earliest(ShapeIndex shape, UnixTime now, const NodeRequest& request) const {
    std::set<UnixTime> moments{now};
    for (const auto& [id, booking] : booked) {
      if (booking.end > now) moments.insert(booking.end);
    }
    for (const UnixTime moment : moments) {
      if (fits(shape, moment, request)) return moment;
    }
    return never;
  }
};

TEST(BookingsTest, StartsAtTheEarliestMomentThatDelaysNobody) {
  // Random requests, early ends, cancellations, passing time, nodes lost, drained and restored: every start is the
  // one that a list of all promises allows at the earliest, promises are kept, and a recount agrees.
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Prng prng(seed);
    Bookings bookings(fleet_of(7, 12), at(1000));
    Plain plain;
    plain.capacity = {7, 12};
    plain.fleet = &bookings.fleet();
    int reserved = 0;
    for (int step = 0; step < 400; ++step) {
      const auto what = prng.below(100);
      const UnixTime now = bookings.now();
      if (what < 50) {
        NodeRequest request{static_cast<int>(prng.between(1, 13)), Duration::seconds(prng.between(1, 60))};
        if (prng.chance(1, 2)) request.shape = static_cast<ShapeIndex>(prng.below(2));
        UnixTime expected = never;
        ShapeIndex shape = 0;
        for (const ShapeIndex i : {ShapeIndex{0}, ShapeIndex{1}}) {
          if (request.shape && *request.shape != i) continue;
          const UnixTime earliest = plain.earliest(i, now, request);
          if (earliest < expected) {
            expected = earliest;
            shape = i;
          }
        }
        const auto booking = bookings.book(request);
        ASSERT_EQ(booking.has_value(), expected != never) << "seed " << seed << " step " << step;
        if (!booking) continue;
        ASSERT_EQ(booking->start, expected) << "seed " << seed << " step " << step;
        ASSERT_EQ(booking->shape, shape);
        ASSERT_EQ(booking->end, expected + request.wall_time);
        ASSERT_EQ(booking->runs, expected == now);
        if (!booking->runs) ++reserved;
        plain.booked[static_cast<std::uint64_t>(booking->id)] = *booking;
      } else if (what < 60 && !plain.booked.empty()) {
        auto some = plain.booked.begin();
        std::advance(some, static_cast<std::ptrdiff_t>(prng.below(plain.booked.size())));
        for (const NodeIndex node : bookings.nodes_of(some->second.id)) {
          if (plain.lost.contains(node)) plain.lost[node] = std::min(plain.lost[node], now);
        }
        ASSERT_TRUE(bookings.end(some->second.id));
        ASSERT_FALSE(bookings.end(some->second.id));
        plain.booked.erase(some);
      } else if (what < 90) {
        const UnixTime then = now + Duration::seconds(prng.between(0, 30));
        bookings.advance(then);
        std::erase_if(plain.booked, [&](const auto& each) { return each.second.end <= then; });
      } else {
        const auto node = static_cast<NodeIndex>(prng.below(19));
        if (plain.lost.contains(node) && prng.chance(2, 3)) {
          bookings.restore(node);
          plain.lost.erase(node);
        } else {
          const bool drains = prng.chance(1, 2);
          const bool was_lost = plain.lost.contains(node);
          UnixTime until = now;  // when what runs there ends
          std::vector<NodeIndex> freed;
          for (const auto& [id, booking] : plain.booked) {
            const auto& nodes = bookings.nodes_of(booking.id);
            if (std::ranges::find(nodes, node) == nodes.end()) continue;
            until = booking.end;
            freed = nodes;
          }
          const Disruption disruption = drains ? bookings.drain(node) : bookings.lose(node);
          ASSERT_EQ(disruption.stopped.has_value(), !drains && until > now);
          if (disruption.stopped) {
            plain.booked.erase(static_cast<std::uint64_t>(*disruption.stopped));
            for (const NodeIndex other : freed) {
              if (plain.lost.contains(other)) plain.lost[other] = std::min(plain.lost[other], now);
            }
          }
          if (!was_lost) plain.lost[node] = drains ? until : now;
          for (const BookingId dropped : disruption.dropped) plain.booked.erase(static_cast<std::uint64_t>(dropped));
          for (const Booking& moved : disruption.moved) plain.booked[static_cast<std::uint64_t>(moved.id)] = moved;
        }
      }
      std::set<NodeIndex> busy;
      for (auto& [id, booking] : plain.booked) {
        const auto seen = bookings.find(booking.id);
        ASSERT_TRUE(seen.has_value());
        ASSERT_EQ(seen->start, booking.start) << "a promise was not kept";
        ASSERT_EQ(seen->runs, booking.start <= bookings.now());
        for (const NodeIndex node : bookings.nodes_of(booking.id)) ASSERT_TRUE(busy.insert(node).second);
        ASSERT_GE(plain.free(booking.shape, std::max(booking.start, bookings.now())), 0);
      }
      ASSERT_EQ(bookings.broken_invariant(), std::nullopt) << "seed " << seed << " step " << step;
    }
    EXPECT_GT(reserved, 20) << "nothing ever waits";
  }
}

TEST(StartBoundTest, NeverClaimsMoreThanItLearnt) {
  // Against a list of all that was learnt: what is known is at most the latest start of a smaller or equal request,
  // mostly just that, and nothing after `forget`.
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Prng prng(seed);
    const std::int64_t nodes_max = prng.between(1, seed % 2 == 0 ? 40 : 100'000);
    StartBound bound(nodes_max);
    std::vector<std::tuple<std::int64_t, Duration, UnixTime>> learnt;
    const auto draw_time = [&] {
      return Duration::microseconds(prng.between(1, std::int64_t{1} << prng.between(1, 52)));
    };
    int told = 0;
    for (int step = 0; step < 2000; ++step) {
      const std::int64_t nodes = prng.between(1, nodes_max + 3);
      const Duration wall_time = draw_time();
      UnixTime true_bound;
      for (const auto& [fewer, shorter, start] : learnt) {
        if (fewer <= nodes && shorter <= wall_time) true_bound = std::max(true_bound, start);
      }
      ASSERT_LE(bound.known(nodes, wall_time), true_bound) << "seed " << seed;
      if (bound.known(nodes, wall_time) == true_bound && !true_bound.is_none()) ++told;
      const UnixTime start = prng.chance(1, 50) ? never : at(prng.between(1, 1000));
      bound.learn(nodes, wall_time, start);
      learnt.emplace_back(nodes, wall_time, start);
      if (prng.chance(1, 100)) {
        bound.forget();
        learnt.clear();
      }
    }
    EXPECT_GT(told, 200) << "it tells too little to be of use";
  }
}

TEST(BookingsTest, MovesTheYoungestReservationsWhenNodesAreLost) {
  // Four nodes, two reservations of two for the same time: with three nodes left the older one keeps its start.
  Bookings bookings(fleet_of(4, 1), at(0));
  const auto runs = bookings.book({4, Duration::seconds(10), ShapeIndex{0}});
  const auto older = bookings.book({2, Duration::seconds(10), ShapeIndex{0}});
  const auto younger = bookings.book({2, Duration::seconds(10), ShapeIndex{0}});
  const auto all = bookings.book({4, Duration::seconds(10), ShapeIndex{0}});
  ASSERT_EQ(younger->start, at(10));
  ASSERT_EQ(all->start, at(20));
  const Disruption lost = bookings.drain(3);
  EXPECT_FALSE(lost.stopped.has_value());
  EXPECT_EQ(bookings.find(older->id)->start, at(10));
  ASSERT_EQ(lost.moved.size(), 1U);
  EXPECT_EQ(lost.moved[0].id, younger->id);
  EXPECT_EQ(lost.moved[0].start, at(20));
  ASSERT_EQ(lost.dropped.size(), 1U) << "four nodes there will never be";
  EXPECT_EQ(lost.dropped[0], all->id);
  EXPECT_TRUE(bookings.find(runs->id)->runs);
  EXPECT_EQ(bookings.broken_invariant(), std::nullopt);
}

TEST(BookingsTest, MovedReservationsKeepTheirOrder) {
  // Two reservations of two nodes each lose their time together: the older one is reserved first again.
  Bookings bookings(fleet_of(3, 1), at(0));
  EXPECT_TRUE(bookings.book({3, Duration::seconds(10), ShapeIndex{0}})->runs);
  const auto older = bookings.book({3, Duration::seconds(10), ShapeIndex{0}});
  const auto younger = bookings.book({2, Duration::seconds(20), ShapeIndex{0}});
  const auto youngest = bookings.book({2, Duration::seconds(5), ShapeIndex{0}});
  ASSERT_EQ(older->start, at(10));
  ASSERT_EQ(younger->start, at(20));
  ASSERT_EQ(youngest->start, at(40));
  EXPECT_TRUE(bookings.end(older->id));
  const Disruption drained = bookings.drain(0);
  EXPECT_TRUE(drained.moved.empty()) << "two nodes are enough for either";
  const Disruption lost = bookings.drain(1);
  EXPECT_TRUE(lost.moved.empty());
  EXPECT_EQ(lost.dropped, (std::vector<BookingId>{younger->id, youngest->id})) << "the oldest first";
}

TEST(BookingsTest, RefusesWhatIsNoRequest) {
  // One error a fault, naming the field; more nodes than there are is no fault, it will never fit.
  Bookings bookings(fleet_of(4, 1), at(0));
  EXPECT_EQ(bookings.check({0, Duration::seconds(1)}).error().field, "nodes");
  EXPECT_EQ(bookings.check({1, Duration()}).error().field, "wall_time");
  EXPECT_EQ(bookings.check({1, Duration::hours(9'000'000)}).error().field, "wall_time");
  EXPECT_EQ(bookings.check({1, Duration::seconds(1), ShapeIndex{2}}).error().field, "shape");
  EXPECT_FALSE(bookings.book({5, Duration::seconds(1)}).has_value());
  EXPECT_TRUE(bookings.book({4, Duration::seconds(1)}).has_value());
}

TEST(BookingsTest, TheRecountFindsPlantedCorruption) {
  // Each way in which a bug could break a promise is planted by hand, and named by the checker.
  const auto broken = [](auto plant) {
    Bookings bookings(fleet_of(4, 6), at(0));
    EXPECT_TRUE(bookings.lose(9).dropped.empty());
    const auto runs = bookings.book({3, Duration::seconds(10), ShapeIndex{0}});
    const auto waits = bookings.book({4, Duration::seconds(10), ShapeIndex{0}});
    EXPECT_TRUE(runs->runs && !waits->runs);
    EXPECT_EQ(bookings.broken_invariant(), std::nullopt);
    plant(bookings, *runs, *waits);
    return bookings.broken_invariant().value_or("");
  };
  using B = Bookings;
  using K = const Booking;
  using S = BookingsSaboteur;
  EXPECT_NE(broken([](B& b, K&, K& waits) { S::forget_reservation(b, waits); }), "");
  EXPECT_NE(broken([](B& b, K& runs, K&) { S::forget_reservation(b, runs); }), "");
  EXPECT_NE(broken([](B& b, K& runs, K&) { S::half_place(b, runs.id); }), "");
  EXPECT_NE(broken([](B& b, K&, K&) { S::forget_start(b); }), "");
  EXPECT_NE(broken([](B& b, K&, K&) { S::forget_end(b); }), "");
  EXPECT_NE(broken([](B& b, K&, K&) { S::free_node(b, 0); }), "");
  EXPECT_NE(broken([](B& b, K&, K&) { S::forget_loss(b); }), "");
}

}  // namespace
}  // namespace dayan::place
