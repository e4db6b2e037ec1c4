#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/prng.h"
#include "place/job_record.h"
#include "place/scene_for_tests.h"
#include "place/world.h"

namespace dayan::place {
namespace {

Need cores(std::int64_t n, std::int64_t nodes = 1) { return {{{n, 0, 0}}, nodes}; }

/// The world that a scene's rows make.
struct Seen {
  World world;
  const std::deque<PoolState>& pools = world.pools();
};
std::unique_ptr<Seen> see(Scene& scene) {
  auto seen = std::make_unique<Seen>();
  for (const RowChange& change : scene.changes()) seen->world.apply(change);
  return seen;
}

TEST(SlotsTest, CountsWholeTasksOnNodes) {
  // Three nodes of 4 cores take twelve tasks of one core but three of three: a task does not lie on two nodes.
  Scene scene;
  scene.site("a", 3, 4);
  const auto seen = see(scene);
  const PoolState& view = seen->pools.at(0);
  EXPECT_EQ(view.slots(cores(1)), 12);
  EXPECT_EQ(view.slots(cores(2)), 6);
  EXPECT_EQ(view.slots(cores(3)), 3);
  EXPECT_EQ(view.slots(cores(4)), 3);
  EXPECT_EQ(view.slots(cores(5)), 0);
}

TEST(SlotsTest, LeasesTakeTheirNodes) {
  // With a lease of 3 cores on two of three nodes there is room for one more of 3, though 6 cores are free.
  Scene scene;
  const CentreId a = scene.site("a", 3, 4);
  scene.lease(a, 3);
  scene.lease(a, 3);
  const auto seen = see(scene);
  EXPECT_EQ(seen->pools.at(0).free().of[in_cores], 6);
  EXPECT_EQ(seen->pools.at(0).slots(cores(3)), 1);
  EXPECT_EQ(seen->pools.at(0).slots(cores(1)), 6);
}

TEST(SlotsTest, MemoryAndCardsBindToo) {
  // The scarcest kind decides: 16 GB a node hold two tasks of 8 GB, whatever the cores; no cards hold no card task.
  Scene scene;
  scene.site("a", 1, 64);
  const auto seen = see(scene);
  EXPECT_EQ(seen->pools.at(0).slots({{{1, 8'000'000'000, 0}}}), 2);
  EXPECT_EQ(seen->pools.at(0).slots({{{1, 0, 1}}}), 0);
}

/// Whether tasks of these sizes can lie on nodes with this room, tried out in full; nodes that are alike are tried
/// once.
bool can_lie(const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& nodes) {
  std::set<std::vector<std::int64_t>> reachable{nodes};
  for (const std::int64_t size : sizes) {
    std::set<std::vector<std::int64_t>> next;
    for (const auto& rooms : reachable) {
      for (std::size_t node = 0; node < rooms.size(); ++node) {
        if (rooms[node] < size) continue;
        auto left = rooms;
        left[node] -= size;
        std::sort(left.begin(), left.end());
        next.insert(std::move(left));
      }
    }
    reachable = std::move(next);
  }
  return !reachable.empty();
}

TEST(SlotsTest, NeverPromisesRoomThatThereIsNot) {
  // Random pools with leases that do lie on them, against every way to lay them out, tried in full: slots() never
  // says more than the best of them takes, for leases of the task's own size just as much, and else nearly always as
  // much.
  Prng random(5);
  int exact = 0;
  for (int i = 0; i < 500; ++i) {
    Scene scene;
    const auto nodes = static_cast<std::int32_t>(random.between(1, 3));
    const std::int64_t per_node = random.between(1, 7);
    const bool is_uniform = random.chance(1, 3);
    const std::int64_t need = random.between(1, per_node);
    const CentreId a = scene.site("a", nodes, per_node);
    const std::vector<std::int64_t> empty(static_cast<std::size_t>(nodes), per_node);
    std::vector<std::int64_t> sizes;
    for (int lease = 0; lease < 5; ++lease) {
      sizes.push_back(is_uniform ? need : random.between(1, per_node));
      if (!can_lie(sizes, empty)) {
        sizes.pop_back();
        break;
      }
      scene.lease(a, sizes.back());
    }
    std::int64_t most = 0;
    for (auto more = sizes; more.push_back(need), can_lie(more, empty);) ++most;
    const std::int64_t said = see(scene)->pools.at(0).slots(cores(need));
    ASSERT_LE(said, most) << nodes << " nodes of " << per_node << ", need " << need;
    ASSERT_TRUE(said == most || !is_uniform) << nodes << " nodes of " << per_node << ", need " << need;
    exact += said == most ? 1 : 0;
  }
  EXPECT_GE(exact, 480);
}

TEST(PoolStateTest, ForeignWorkTakesItsShareOfEachPool) {
  // 9 cores used by the provider's own people are shared by cores over pools of 8 and 24: 3 and 7, rounded up.
  Scene scene;
  const CentreId a = scene.centre("a").id;
  scene.pool(a, 1, 8, "one");
  scene.pool(a, 3, 8, "three");
  World world;
  for (const RowChange& change : scene.changes()) world.apply(change);
  world.observe({a, scene_now, Cores(9)});
  const auto& views = world.pools();
  EXPECT_EQ(views.at(0).free().of[in_cores], 8 - 3);
  EXPECT_EQ(views.at(1).free().of[in_cores], 24 - 7);
}

TEST(PoolStateTest, OpeningIsWhenEnoughLeasesHaveEnded) {
  // On a full node of 4 cores with leases of 1 core to 20 minutes and 3 cores to 60: 1 core is free after 20, 2 after
  // 60 minutes, 4 after 60 as well.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  scene.lease(a, 1, Duration::minutes(20));
  scene.lease(a, 3, Duration::minutes(60));
  const auto seen = see(scene);
  EXPECT_EQ(seen->pools.at(0).opening(cores(1), scene_now).wait, Duration::minutes(20));
  EXPECT_EQ(seen->pools.at(0).opening(cores(2), scene_now).wait, Duration::minutes(60));
  EXPECT_EQ(seen->pools.at(0).opening(cores(4), scene_now).wait, Duration::minutes(60));
  EXPECT_EQ(seen->pools.at(0).opening(cores(4), scene_now).slots, 1);
  EXPECT_EQ(seen->pools.at(0).opening(cores(5), scene_now).wait, std::nullopt);
}

TEST(PoolStateTest, OpeningFollowsTheEstimateOfTheLeasesOwnJob) {
  // A lease of a job that says 10 minutes, started 4 minutes ago, ends in 6; past its estimate it is given as long
  // again as it has taken, and never longer than its lease.
  Scene scene;
  const CentreId a = scene.site("a", 1, 1);
  Requirements requirements = Scene::small();
  requirements.run_time = Duration::minutes(10);
  const JobRow job = scene.job(1, requirements);
  LeaseRow lease = scene.lease(a, 1);
  scene.put(lease, RowFate::erased);
  lease.job = job.id;
  AttemptRow attempt;
  attempt.job = job.id;
  attempt.task = lease.task;
  attempt.centre = a;
  attempt.state = AttemptState::running;
  const auto wait_when_started = [&](Duration ago) {
    lease.granted_at = scene_now - ago;
    lease.ends_at = lease.granted_at + Duration::minutes(70);
    attempt.started_at = lease.granted_at;
    scene.put(lease);
    scene.put(attempt);
    return see(scene)->pools.at(0).opening(cores(1), scene_now).wait;
  };
  EXPECT_EQ(wait_when_started(Duration::minutes(4)), Duration::minutes(6));
  EXPECT_EQ(wait_when_started(Duration::minutes(15)), Duration::minutes(15));
  EXPECT_EQ(wait_when_started(Duration::minutes(60)), Duration::minutes(10));
}

TEST(ExpectedRunTest, ComesFromWhatIsKnownBest) {
  // Measured mean before the submitter's estimate before the wall time; the first two scaled by the pool's
  // capability.
  PoolRow pool;
  pool.core_capability = Capability(20'000);
  Requirements requirements = Scene::small();
  EXPECT_EQ(expected_run(requirements, Learned(), pool), Duration::hours(1));
  EXPECT_FALSE(has_estimate(requirements.run_time, Learned()));
  requirements.run_time = Duration::minutes(30);
  EXPECT_EQ(expected_run(requirements, Learned(), pool), Duration::minutes(15));
  Learned job;
  EXPECT_EQ(expected_run(requirements, job, pool), Duration::minutes(15));
  job.succeeded = 2;
  job.run_time_sum = Duration::minutes(20).microseconds();
  EXPECT_EQ(expected_run(requirements, job, pool), Duration::minutes(5));
  pool.core_capability = Capability(5'000);
  EXPECT_EQ(expected_run(requirements, job, pool), Duration::minutes(20));
  pool.core_capability = Capability(0);  // unknown: as the reference
  EXPECT_EQ(expected_run(requirements, job, pool), Duration::minutes(10));
  pool.core_capability = Capability(10);  // its wall time ends it
  EXPECT_EQ(expected_run(requirements, job, pool), Duration::hours(1));
}

TEST(WorldTest, LeasesThatEndedTakeNothing) {
  // A lease that is told again counts once; one that ended, retired or was erased counts no more.
  Scene scene;
  const CentreId a = scene.site("a", 1, 8);
  LeaseRow ended = scene.lease(a, 1);
  const LeaseRow retired = scene.lease(a, 2);
  const LeaseRow erased = scene.lease(a, 2);
  LeaseRow stopping = scene.lease(a, 1);
  stopping.desired = Desired::stop;
  scene.put(stopping);
  EXPECT_EQ(see(scene)->pools.at(0).free().of[in_cores], 2);
  ended.desired = Desired::ended;
  scene.put(ended);
  scene.put(retired, RowFate::retired);
  scene.put(erased, RowFate::erased);
  EXPECT_EQ(see(scene)->pools.at(0).free().of[in_cores], 7);
}

TEST(WorldTest, TheNewestOfferHolds) {
  // While two versions are live the higher one holds, in whichever order they came; a retired one holds no more.
  for (const bool newest_first : {true, false}) {
    Scene scene;
    const CentreId a = scene.site("a", 1, 8, Cny::yuan(1));
    if (newest_first) std::reverse(scene.changes().begin(), scene.changes().end());
    OfferRow newer = scene.offer(a, Cny::yuan(3), 2);
    if (newest_first) std::rotate(scene.changes().begin(), scene.changes().end() - 1, scene.changes().end());
    EXPECT_EQ(see(scene)->pools.at(0).centre->current_offer()->core_hour, Cny::yuan(3));
    scene.put(newer, RowFate::retired);
    EXPECT_EQ(see(scene)->pools.at(0).centre->current_offer()->core_hour, Cny::yuan(1));
  }
}

}  // namespace
}  // namespace dayan::place
