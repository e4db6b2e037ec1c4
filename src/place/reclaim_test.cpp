#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/prng.h"
#include "place/reclaiming.h"
#include "place/scene_for_tests.h"

namespace dayan::place {
namespace {

constexpr Duration minute = Duration::minutes(1);
constexpr UnixTime room_at = scene_now + reclaim_notice + reclaim_settles;

Requirements cores_for(std::int64_t cores, bool reclaimable = false) {
  Requirements requirements = Scene::small();
  requirements.resources.cores = Cores(cores);
  requirements.reclaimable = reclaimable;
  return requirements;
}

/// A centre with one pool, leases in it, and jobs that wait.
struct Full {
  explicit Full(std::int64_t cores, std::int32_t nodes = 1) { centre = scene.site("a", nodes, cores); }

  /// A lease that began so long ago, and takes a day at most.
  LeaseRow lease(std::int64_t cores, Duration ago, bool reclaimable = true, std::int32_t nodes = 1) {
    LeaseRow row = scene.lease(centre, cores, Duration::hours(24));
    scene.put(row, RowFate::erased);
    row.resources.nodes = nodes;
    row.reclaimable = reclaimable;
    row.granted_at = scene_now - ago;
    scene.put(row);
    AttemptRow attempt;
    attempt.job = row.job;
    attempt.state = AttemptState::running;
    attempt.started_at = row.granted_at;
    scene.put(attempt);
    return row;
  }
  JobRow job(const Requirements& requirements, std::int32_t count = 1, Duration waited = Duration()) {
    JobRow row = scene.job(count, requirements);
    row.submitted_at = scene_now - waited;
    scene.put(row);
    return row;
  }
  /// What the engine would take back, in order of attempts.
  std::vector<AttemptKey> taken_back(UnixTime now = scene_now) {
    engine = scene.engine();
    (void)engine->plan(now, 100);
    std::vector<AttemptKey> attempts;
    for (const Reclaim& each : engine->reclaims()) attempts.push_back(each.attempt);
    return attempts;
  }

  Scene scene;
  CentreId centre;
  std::unique_ptr<Engine> engine;
};

TEST(Reclaim, TakesTheLeaseOfWhichLeastIsLost) {
  // Two cores are needed. The lease of an hour on two cores loses less than that of three hours, and than that of half
  // an hour on six; the pool keeps the room from the end of the notice on, and the job can be told so.
  Full pool(10);
  pool.lease(2, minute * 180);
  const LeaseRow least = pool.lease(2, minute * 60);
  pool.lease(6, minute * 30);
  const JobRow job = pool.job(cores_for(2));
  EXPECT_EQ(pool.taken_back(), std::vector{least.attempt()});
  EXPECT_EQ(pool.engine->reclaims().front().by, job.id);
  const auto waiting = pool.engine->waiting(job.id, scene_now);
  EXPECT_EQ(waiting->promised_from, room_at);
  EXPECT_EQ(waiting->promised_centre, pool.centre);
}

TEST(Reclaim, OnlyReclaimableWorkGoesAndOnlyForWorkThatIsNot) {
  // A pool full of other work keeps it; work that may itself be taken back gets nothing; nor does what fits as it is.
  Full firm(2);
  firm.lease(2, minute * 60, false);
  firm.job(cores_for(2));
  EXPECT_TRUE(firm.taken_back().empty());

  Full reclaimable(2);
  reclaimable.lease(2, minute * 60);
  reclaimable.job(cores_for(2, true));
  EXPECT_TRUE(reclaimable.taken_back().empty());

  Full free(4);
  free.lease(2, minute * 60);
  free.job(cores_for(2));
  EXPECT_TRUE(free.taken_back().empty());
}

TEST(Reclaim, ALeaseIsAskedOnceAndEndsWithItsNotice) {
  // Once the row says that it was taken back, nothing more is, and a later job is not let into that room.
  Full pool(2);
  LeaseRow lease = pool.lease(2, minute * 60);
  const JobRow job = pool.job(cores_for(2));
  EXPECT_EQ(pool.taken_back().size(), 1U);
  lease.reclaimed_at = scene_now;
  pool.engine->apply({lease, RowFate::live});
  const JobRow later = pool.scene.job(1, cores_for(2, true));
  pool.engine->apply({later, RowFate::live});
  EXPECT_TRUE(pool.engine->plan(scene_now + Duration::seconds(20), 100).empty());
  EXPECT_TRUE(pool.engine->reclaims().empty());
  EXPECT_EQ(pool.engine->waiting(job.id, scene_now)->taken_back, 1);
  EXPECT_EQ(pool.engine->waiting(job.id, scene_now)->promised_from, scene_now + reclaim_notice);

  pool.engine->apply({lease, RowFate::retired});
  pool.engine->observe({pool.centre, scene_now + reclaim_notice, {}});
  const auto plan = pool.engine->plan(scene_now + reclaim_notice + Duration::seconds(1), 100);
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan.front().job, job.id);
  EXPECT_EQ(pool.engine->broken_invariant(), std::nullopt);
}

TEST(Reclaim, WhatOpensSoonIsWaitedForAndBelievedForAWhile) {
  // The lease is expected to end in three minutes, which is what notice and gain take: nothing is lost for that. A
  // microsecond later it is worth it; and so it is for whoever has waited as long in vain.
  const auto with = [](Duration run, Duration waited) {
    Full pool(2);
    LeaseRow lease = pool.lease(2, minute * 60);
    JobRow running = pool.scene.job(1, cores_for(2, true));
    running.requirements.wall_time = Duration::hours(24);
    running.requirements.run_time = run;
    running.next_task = 1;
    running.live = 1;
    pool.scene.put(running);
    pool.scene.put(lease, RowFate::erased);
    lease.job = running.id;
    pool.scene.put(lease);
    AttemptRow attempt;
    attempt.job = running.id;
    attempt.state = AttemptState::running;
    attempt.started_at = lease.granted_at;
    pool.scene.put(attempt);
    pool.job(cores_for(2), 1, waited);
    return pool.taken_back().size();
  };
  EXPECT_EQ(with(minute * 63, Duration()), 0U);
  EXPECT_EQ(with(minute * 63 + Duration::microseconds(1), Duration()), 1U);
  EXPECT_EQ(with(minute * 63, minute * 3 - Duration::microseconds(1)), 0U);
  EXPECT_EQ(with(minute * 63, minute * 3), 1U);
}

TEST(Reclaim, WhatHasJustBegunIsLeftAloneWhereOlderLeasesMakeTheRoom) {
  // Of a lease of a minute hardly anything is lost, but it would begin again and again; alone, it goes.
  Full both(4);
  const LeaseRow old = both.lease(2, minute * 60);
  both.lease(2, minute);
  both.job(cores_for(2));
  EXPECT_EQ(both.taken_back(), std::vector{old.attempt()});

  Full alone(4);
  alone.lease(2, minute * 60, false);
  const LeaseRow young = alone.lease(2, minute);
  alone.job(cores_for(2));
  EXPECT_EQ(alone.taken_back(), std::vector{young.attempt()});
}

TEST(Reclaim, RoomIsMadeForAllTasksOfAJobThatItCouldStart) {
  // Three tasks, of which two may run at once, get the room of two. Both are placed in the plan that finds it.
  Full pool(4);
  std::vector<LeaseRow> leases;
  for (int i = 0; i < 4; ++i) leases.push_back(pool.lease(1, minute * (60 + i)));
  JobRow job = pool.job(cores_for(1), 3);
  job.throttle = 2;
  pool.scene.put(job);
  EXPECT_EQ(pool.taken_back(), (std::vector{leases[0].attempt(), leases[1].attempt()}));
  for (std::size_t i = 0; i < 2; ++i) {
    leases[i].reclaimed_at = scene_now;
    pool.engine->apply({leases[i], RowFate::live});
  }
  (void)pool.engine->plan(scene_now + Duration::seconds(1), 100);
  for (std::size_t i = 0; i < 2; ++i) pool.engine->apply({leases[i], RowFate::retired});
  EXPECT_EQ(pool.engine->plan(scene_now + Duration::seconds(2), 100).size(), 2U);
  EXPECT_EQ(pool.engine->broken_invariant(), std::nullopt);
}

TEST(Reclaim, RoomIsMadeForAsManyTasksAsMayRunAtTheCentre) {
  // Three tasks, of which one may run at one centre, get the room of one; with one there already, of none.
  Full pool(4);
  std::vector<LeaseRow> leases;
  for (int i = 0; i < 4; ++i) leases.push_back(pool.lease(1, minute * (60 + i)));
  Requirements needs = cores_for(1);
  needs.tasks_per_centre_max = 1;
  const JobRow job = pool.job(needs, 3);
  EXPECT_EQ(pool.taken_back(), std::vector{leases[0].attempt()});
  pool.scene.put(leases[0], RowFate::erased);
  leases[0].job = job.id;
  leases[0].reclaimable = false;
  pool.scene.put(leases[0]);
  EXPECT_TRUE(pool.taken_back().empty());
}

TEST(Reclaim, WhatTheCoreDoesNotTakeBackIsNotProposedAgain) {
  // The rows do not come: the promise that hung on them is gone, and another lease is asked.
  Full pool(4);
  const LeaseRow first = pool.lease(2, minute * 60);
  const LeaseRow second = pool.lease(2, minute * 90);
  pool.job(cores_for(2));
  EXPECT_EQ(pool.taken_back(), std::vector{first.attempt()});
  (void)pool.engine->plan(scene_now + Duration::seconds(10), 100);
  ASSERT_EQ(pool.engine->reclaims().size(), 1U);
  EXPECT_EQ(pool.engine->reclaims().front().attempt, second.attempt());
  EXPECT_EQ(pool.engine->broken_invariant(), std::nullopt);
}

TEST(Reclaim, WorkThatMayBeTakenBackKeepsNoRoomFromOtherWork) {
  // A wide reclaimable job was promised the pool; work that is not so gets it, by taking back.
  Full pool(4);
  LeaseRow lease = pool.lease(3, minute * 60);
  pool.scene.put(lease, RowFate::erased);
  lease.ends_at = scene_now + Duration::hours(5);
  pool.scene.put(lease);
  JobRow wide = pool.job(cores_for(4, true), 1, minute * 2);
  JobRow narrow = pool.job(cores_for(1, true));
  narrow.requirements.wall_time = Duration::hours(20);
  pool.scene.put(narrow);
  EXPECT_TRUE(pool.taken_back().empty());
  EXPECT_FALSE(pool.engine->waiting(wide.id, scene_now)->promised_from.is_none());
  const JobRow urgent = pool.scene.job(1, cores_for(2));
  pool.engine->apply({urgent, RowFate::live});
  (void)pool.engine->plan(scene_now + Duration::seconds(10), 100);
  ASSERT_EQ(pool.engine->reclaims().size(), 1U);
  EXPECT_EQ(pool.engine->reclaims().front().attempt, lease.attempt());
  EXPECT_TRUE(pool.engine->waiting(wide.id, scene_now)->promised_from.is_none());
  EXPECT_EQ(pool.engine->broken_invariant(), std::nullopt);
}

TEST(Reclaim, ReclaimableWorkIsQuotedItsPartOfThePrice) {
  // At 35 % of one yuan an hour: quotes, holds and the choice of the cheapest pool.
  Scene scene;
  const CentreId dear = scene.site("dear", 1, 4, Cny::yuan(1));
  scene.site("cheap", 1, 4, Cny::micro(500'000));
  OfferRow offer = scene.offer(dear, Cny::yuan(1), 2);
  offer.reclaimable_part = 350;
  scene.put(offer);
  Requirements requirements = cores_for(1, true);
  requirements.objective = Objective::cheapest;
  const auto quotes = scene.quotes(requirements);
  EXPECT_EQ(quotes.front().centre, dear);
  EXPECT_EQ(quotes.front().task_cost, Cny::micro(350'000));
  EXPECT_EQ(quotes.front().price_part, 350);
  scene.job(1, requirements);
  EXPECT_EQ(scene.plan().front().placement.centre, dear);
  requirements.reclaimable = false;
  EXPECT_NE(scene.quotes(requirements).front().centre, dear);
}

/// A pool of some nodes with random leases, as a World keeps it.
struct RandomPool {
  explicit RandomPool(Prng& random) : full(random.between(2, 6), static_cast<std::int32_t>(random.between(1, 4))) {
    Packing packing;
    for (auto leases = random.between(1, 11); leases > 0; --leases) {
      World so_far = fed();
      const PoolState& now = so_far.pools().front();
      const std::int64_t cores = random.between(1, 4);
      const auto nodes = static_cast<std::int32_t>(random.chance(1, 4) ? 2 : 1);
      if (!now.has_room(Need{{{cores, 0, 0}}, nodes})) continue;
      full.lease(cores, Duration::seconds(random.between(1, 1'200)), random.chance(4, 5), nodes);
    }
  }
  [[nodiscard]] World fed() {
    World world;
    for (const RowChange& change : full.scene.changes()) world.apply(change);
    return world;
  }
  Full full;
};

/// What is lost with a set of leases, and how many they are; nothing when they do not make room.
std::optional<std::pair<std::int64_t, int>> tried(const PoolState& pool, const Need& need, std::int64_t tasks,
                                                  const std::vector<const Holding*>& set) {
  PoolState left = pool;
  std::pair<std::int64_t, int> cost;
  for (const Holding* each : set) {
    cost.first += waste_of(*each, pool, scene_now);
    ++cost.second;
    left.let_go(*each);
  }
  return left.slots(need) >= tasks ? std::optional(cost) : std::nullopt;
}

TEST(Reclaim, NoSetLosesLess) {
  // Against every subset of the leases that may be taken back, on random pools with gangs: none that makes the room
  // loses less, or as much with fewer leases. Young leases are in it only where the old ones do not make the room.
  Prng random(7);
  int found = 0;
  for (int round = 0; round < 400; ++round) {
    RandomPool made(random);
    const World world = made.fed();
    const PoolState& pool = world.pools().front();
    const Need need{{{random.between(1, 5), 0, 0}}, random.chance(1, 4) ? 2 : 1};
    const std::int64_t tasks = random.between(1, 3);
    std::vector<const Holding*> candidates;
    for (const Holding* each : pool.holdings) {
      if (each->is_reclaimable) candidates.push_back(each);
    }
    std::optional<std::pair<std::int64_t, int>> best;
    for (const Duration age_min : {reclaim_age_min, Duration()}) {
      for (std::uint32_t bits = 0; bits < (1U << candidates.size()) && !(best && best->second == 0); ++bits) {
        std::vector<const Holding*> set;
        bool is_old = true;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
          if ((bits >> i & 1U) == 0) continue;
          set.push_back(candidates[i]);
          is_old = is_old && scene_now - candidates[i]->granted_at >= age_min;
        }
        const auto cost = is_old ? tried(pool, need, tasks, set) : std::nullopt;
        if (cost && (!best || *cost < *best)) best = cost;
      }
      if (best) break;
    }
    const auto chosen = leases_to_take_back(pool, need, tasks, scene_now);
    ASSERT_EQ(chosen.has_value(), best.has_value() && best->second > 0) << round;
    if (!chosen) continue;
    ++found;
    EXPECT_EQ(tried(pool, need, tasks, *chosen), best) << round;
  }
  EXPECT_GT(found, 100);
}

TEST(Reclaim, ManySetsAreNotAllWeighed) {
  // Forty leases of as many shapes: more sets than are weighed. What is taken makes the room still, and none of it could
  // have stayed.
  Full full(900);
  Prng random(3);
  for (std::int64_t cores = 2; cores < 42; ++cores) full.lease(cores, Duration::seconds(random.between(400, 4'000)));
  World world;
  for (const RowChange& change : full.scene.changes()) world.apply(change);
  const PoolState& pool = world.pools().front();
  const Need need{{{500, 0, 0}}, 1};
  const auto chosen = leases_to_take_back(pool, need, 1, scene_now);
  ASSERT_TRUE(chosen);
  EXPECT_TRUE(tried(pool, need, 1, *chosen));
  for (std::size_t without = 0; without < chosen->size(); ++without) {
    auto fewer = *chosen;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(without));
    EXPECT_FALSE(tried(pool, need, 1, fewer));
  }
}

TEST(Reclaim, ManyShapesTakeABoundedMemory) {
  // 1,500 leases of as many shapes: to keep every set of two of them would take gigabytes.
  Full full(1'200'000);
  for (std::int64_t cores = 1; cores <= 1'500; ++cores) full.lease(cores, Duration::seconds(600 + cores));
  World world;
  for (const RowChange& change : full.scene.changes()) world.apply(change);
  const PoolState& pool = world.pools().front();
  const Need need{{{1'000'000, 0, 0}}, 1};
  EXPECT_TRUE(can_make_room(pool, need, 1, scene_now));
  const auto chosen = leases_to_take_back(pool, need, 1, scene_now);
  ASSERT_TRUE(chosen);
  EXPECT_TRUE(tried(pool, need, 1, *chosen));
}

}  // namespace
}  // namespace dayan::place
