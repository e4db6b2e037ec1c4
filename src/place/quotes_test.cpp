#include <gtest/gtest.h>

#include <functional>

#include "base/prng.h"
#include "place/evaluation.h"
#include "place/scene_for_tests.h"

namespace dayan::place {
namespace {

/// Expects just this one reason, with its figures and words.
void expect_only(const Quote& quote, Constraint constraint, std::int64_t required, std::int64_t offered, bool passes,
                 const std::string& text) {
  ASSERT_EQ(quote.reasons.size(), 1U) << to_text(constraint);
  const Reason& reason = quote.reasons[0];
  EXPECT_EQ(reason.constraint, constraint);
  EXPECT_EQ(reason.required, required);
  EXPECT_EQ(reason.offered, offered);
  EXPECT_EQ(reason.passes_with_time, passes);
  EXPECT_EQ(reason.text, text);
  EXPECT_EQ(quote.feasible, passes);
  EXPECT_EQ(quote.rank, passes ? 1 : 0);
}

TEST(ConstraintTest, CoresMemoryAndCardsAreOfOneNode) {
  // Each shape constraint tells what is needed, what a node has, and the difference in words.
  Scene scene;
  const CentreId a = scene.site("a", 100, 4);
  Requirements requirements = Scene::small();
  requirements.resources.cores = Cores(64);
  expect_only(scene.quotes(requirements)[0], Constraint::cores, 64, 4, false,
              "needs 64 cores on one node, a node there has 4 cores: 60 cores too many");
  requirements.resources = {Cores(1), Bytes(20'500'000'000), MilliCards()};
  expect_only(scene.quotes(requirements)[0], Constraint::memory, 20'500'000'000, 16'000'000'000, false,
              "needs 20.5GB of memory on one node, a node there has 16GB of memory: 4.5GB of memory too many");
  PoolRow pool = scene.pool(a, 1, 4);
  pool.cards_per_node = MilliCards(1'000);
  scene.put(pool);
  requirements.resources = {Cores(1), Bytes(), MilliCards(1'500)};
  expect_only(scene.quotes(requirements)[0], Constraint::cards, 1'500, 1'000, false,
              "needs 1.5 cards on one node, a node there has 1 card: 0.5 cards too many");
}

TEST(ConstraintTest, ChipSoftwareRegionAndProviderNameWhatIsWantedAndThere) {
  // The constraints without numbers say in words what was wanted and what is there; each is met when that is changed.
  Scene scene;
  PoolRow pool = scene.pool(scene.centre("a").id, 1, 4);
  pool.software = {{"povray", "3.6.1"}, {"python", "3.11"}};
  pool.chip = "a800";
  scene.put(pool);
  Requirements requirements = Scene::small();
  requirements.chips = {"h20", "910b"};
  expect_only(scene.quotes(requirements)[0], Constraint::chip, 0, 0, false,
              "needs a card of model h20 or 910b, the pool has a800");
  requirements.chips.push_back("A800");
  EXPECT_TRUE(scene.quotes(requirements)[0].feasible);
  requirements.software = {{"povray", "3.7"}, {"blender", ""}, {"python", "3.9"}};
  expect_only(scene.quotes(requirements)[0], Constraint::software, 0, 0, false,
              "needs povray at least 3.7, the pool has 3.6.1; needs blender, the pool has none");
  requirements.software = {{"povray", "3.6"}};
  EXPECT_TRUE(scene.quotes(requirements)[0].feasible);
  requirements.regions = {"shanghai", "guangdong"};
  expect_only(scene.quotes(requirements)[0], Constraint::region, 0, 0, false,
              "must run in region shanghai or guangdong, the centre is in guizhou");
  requirements.regions = {"guizhou"};
  requirements.providers = {"south"};
  expect_only(scene.quotes(requirements)[0], Constraint::provider, 0, 0, false,
              "must run at provider south, the centre is of north");
  requirements.providers = {"south", "north"};
  EXPECT_TRUE(scene.quotes(requirements)[0].feasible);
}

TEST(ConstraintTest, WallTime) {
  // The longest lease of the pool bounds the wall time, to the microsecond.
  Scene scene;
  scene.site("a", 1, 4);
  Requirements requirements = Scene::small();
  requirements.wall_time = Duration::hours(36);
  expect_only(scene.quotes(requirements)[0], Constraint::wall_time, Duration::hours(36).microseconds(),
              Duration::hours(24).microseconds(), false,
              "a task may run for 1d12h, the pool takes at most 1d: 12h too long");
}

TEST(ConstraintTest, NoOfferIsAReasonAndNotAPriceOfZero) {
  // Without an offer nothing is quoted; an offer of zero is an offer.
  Scene scene;
  const CentreRow a = scene.centre("a", Cny());
  scene.pool(a.id, 1, 4);
  EXPECT_TRUE(scene.quotes(Scene::small())[0].feasible);
  Scene without;
  CentreRow b = a;
  without.put(b);
  without.pool(b.id, 1, 4);
  without.heard(b.id, scene_now);
  expect_only(without.quotes(Scene::small())[0], Constraint::price, 0, 0, false, "the centre has published no offer");
}

TEST(ConstraintTest, Funds) {
  // The hold of one task for its whole wall time against what is available; it passes with time.
  Scene scene;
  scene.site("a", 1, 4, Cny::yuan(5));
  scene.wallet(scene_customer, Cny::yuan(3));
  expect_only(scene.quotes(Scene::small())[0], Constraint::funds, 5'000'000, 3'000'000, true,
              "one task holds 5 yuan, the wallet has 3 available: 2 short");
  AccountRow wallet;
  wallet.kind = AccountKind::customer_wallet;
  wallet.owner = scene_customer;
  wallet.credits_posted = Cny::yuan(100);
  wallet.debits_pending = Cny::yuan(96);
  scene.put(wallet);
  EXPECT_EQ(find(scene.quotes(Scene::small())[0], Constraint::funds)->offered, 4'000'000);
}

TEST(ConstraintTest, Reachable) {
  // 60 seconds of silence will do, a microsecond more will not; one that never spoke is told as such.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  auto engine = scene.engine();
  const Question question{scene_customer, Scene::small(), 1, 0};
  EXPECT_TRUE(engine->quotes(question, scene_now + reachable_within)[0].reasons.empty());
  expect_only(engine->quotes(question, scene_now + Duration::seconds(95))[0], Constraint::reachable, 60'000'000,
              95'000'000, true, "the centre's agent has been silent for 1m35s, at most 1m will do: 35s too long");
  EXPECT_EQ(engine->quotes(question, scene_now + reachable_within + Duration::microseconds(1))[0].reasons.size(), 1U);
  // An older word does not take back a newer one.
  engine->observe({a, scene_now - Duration::hours(1), {}});
  EXPECT_TRUE(engine->quotes(question, scene_now)[0].reasons.empty());

  Scene silent;
  const CentreRow b = silent.centre("b");
  silent.pool(b.id, 1, 4);
  auto deaf = make_engine();
  for (const RowChange& change : silent.changes()) deaf->apply(change);
  EXPECT_EQ(deaf->quotes(question, scene_now)[0].reasons.at(0).text, 
            "the centre's agent has not been heard since the hub started");
}

TEST(ConstraintTest, Capacity) {
  // A full pool tells what is free of what, what lacks, and when room is expected.
  Scene scene;
  const CentreId a = scene.site("a", 2, 8);
  scene.lease(a, 8, Duration::minutes(20));
  scene.lease(a, 6, Duration::minutes(30));
  Requirements requirements = Scene::small();
  requirements.resources.cores = Cores(4);
  const Quote quote = scene.quotes(requirements)[0];
  expect_only(quote, Constraint::capacity, 4, 2, true,
              "needs 4 cores, 2 cores of 16 cores are free now: 2 cores too few; room is expected in 20m to 30m");
  EXPECT_EQ(quote.wait, Duration::minutes(20));
  EXPECT_EQ(quote.finish, Duration::minutes(80));
}

TEST(ConstraintTest, CapacityOnChoppedUpNodes) {
  // Enough cores in sum, but no node with so many left: the reason tells how many would fit.
  Scene scene;
  const CentreId a = scene.site("a", 3, 4);
  for (int i = 0; i < 3; ++i) scene.lease(a, 3);
  Requirements requirements = Scene::small();
  requirements.resources.cores = Cores(3);
  expect_only(scene.quotes(requirements)[0], Constraint::capacity, 3, 1, true,
              "needs 3 cores, no node has so much left: at most 1 core would fit now; room is expected in 1h to 1h10m");
}

TEST(ConstraintTest, NodesOfAGang) {
  // A gang wider than the pool tells how many nodes there are; changed to that it fits. Its cost is of all nodes.
  Scene scene;
  scene.site("a", 8, 4);
  Requirements requirements = Scene::small();
  requirements.resources.nodes = 16;
  expect_only(scene.quotes(requirements)[0], Constraint::nodes, 16, 8, false,
              "needs 16 nodes, the pool has 8: 8 too many");
  requirements.resources.nodes = 8;
  EXPECT_TRUE(scene.quotes(requirements)[0].reasons.empty());
  EXPECT_EQ(scene.quotes(requirements)[0].task_hold, Cny::yuan(8));
}

TEST(ConstraintTest, CapacityOfAGangIsToldInNodes) {
  // Four nodes, three of which have a lease: a gang of three that needs more than is left there finds one node; where
  // none has enough, the reason tells what each could have; where the leases end, there is room.
  Scene scene;
  const CentreId a = scene.site("a", 4, 8);
  for (int i = 0; i < 3; ++i) scene.lease(a, 6, Duration::minutes(20 + 10 * i));
  Requirements requirements = Scene::small();
  requirements.resources = {Cores(4), Bytes(2'000'000'000), MilliCards(), 3};
  const Quote quote = scene.quotes(requirements)[0];
  expect_only(quote, Constraint::capacity, 3, 1, true,
              "needs 3 nodes with 4 cores and 2GB of memory left on each, 1 has so much now: 2 too few; room is "
              "expected in 30m to 40m");
  EXPECT_EQ(quote.wait, Duration::minutes(30));
  requirements.resources.nodes = 1;
  EXPECT_TRUE(scene.quotes(requirements)[0].reasons.empty());
  scene.lease(a, 6);
  requirements.resources = {Cores(4), Bytes(), MilliCards(), 2};
  expect_only(
      scene.quotes(requirements)[0], Constraint::capacity, 4, 2, true,
      "needs 4 cores on each of 2 nodes, no node has so much left: at most 2 cores on each would fit now; room "
      "is expected in 30m to 40m");
}

TEST(ConstraintTest, CapacityHeldByOthersHasNoKnownEnd) {
  // The provider's own people hold the pool: it is feasible, after a wait that nobody knows.
  Scene scene;
  const CentreId a = scene.site("a", 1, 8);
  scene.heard(a, scene_now, Cores(8));
  const Quote quote = scene.quotes(Scene::small())[0];
  expect_only(quote, Constraint::capacity, 1, 0, true,
              "needs 1 core, 0 cores of 8 cores are free now: 1 core too few; when room comes is not known");
  EXPECT_EQ(quote.wait, wait_unknown);
}

TEST(ConstraintTest, PriceCap) {
  // A cap below the hold of one task can never be met; a job known to cost more than its cap is not begun.
  Scene scene;
  scene.site("a", 1, 8, Cny::yuan(2));
  Requirements requirements = Scene::small();
  requirements.price_cap = Cny::micro(1'500'000);
  expect_only(scene.quotes(requirements)[0], Constraint::price_cap, 1'500'000, 2'000'000, false,
              "the price cap is 1.5 yuan, the job would need 2 yuan: 0.5 too much");
  requirements.run_time = Duration::minutes(30);
  requirements.price_cap = Cny::yuan(9);
  expect_only(scene.quotes(requirements, 10)[0], Constraint::price_cap, 9'000'000, 10'000'000, false,
              "the price cap is 9 yuan, the job would need 10 yuan: 1 too much");
  EXPECT_TRUE(scene.quotes(requirements, 9)[0].feasible);
}

TEST(ConstraintTest, PriceCapOfAJobThatRuns) {
  // What is charged and held counts: held money comes back, so that passes with time; charged money does not.
  Scene scene;
  scene.site("a", 1, 8, Cny::yuan(2));
  Requirements requirements = Scene::small();
  requirements.price_cap = Cny::yuan(5);
  JobRow job = scene.job(10, requirements);
  job.next_task = 2;
  job.live = 1;
  job.charged = Cny::yuan(2);
  job.held = Cny::yuan(2);
  scene.put(job);
  expect_only(scene.engine()->quotes(job.id, scene_now)[0], Constraint::price_cap, 5'000'000, 6'000'000, true,
              "the price cap is 5 yuan, with 4 spent and held the job would need 6 yuan: 1 too much");
  job.charged = Cny::yuan(4);
  scene.put(job);
  EXPECT_FALSE(scene.engine()->quotes(job.id, scene_now)[0].feasible);
}

TEST(ConstraintTest, Throttle) {
  // A job with as many tasks running as it lets run waits for one of its own.
  Scene scene;
  scene.site("a", 1, 8);
  JobRow job = scene.job(10);
  job.throttle = 2;
  job.next_task = 2;
  job.live = 2;
  scene.put(job);
  expect_only(scene.engine()->quotes(job.id, scene_now)[0], Constraint::throttle, 3, 2, true,
              "the job lets 2 tasks run at once, and 2 run: 1 task too many");
}

/// A live lease of a job's task, granted so long ago.
LeaseRow lease_of(const JobRow& job, std::int32_t task, CentreId centre, Duration ago = Duration()) {
  LeaseRow row;
  row.job = job.id;
  row.task = task;
  row.centre = centre;
  row.pool = "cpu";
  row.resources = job.requirements.resources;
  row.wall_time = job.requirements.wall_time;
  row.granted_at = scene_now - ago;
  row.ends_at = row.granted_at + lease_start_allowance + row.wall_time;
  return row;
}

TEST(ConstraintTest, TasksPerCentre) {
  // At a centre where as many of its tasks run as it lets, a job waits for the first of them to end, though there is
  // room. The other pool, which is dearer, stands before it: that is where a plan would go.
  Scene scene;
  const CentreId a = scene.site("a", 1, 8);
  const CentreId b = scene.site("b", 1, 8, Cny::yuan(2));
  Requirements needs = Scene::small();
  needs.objective = Objective::cheapest;
  needs.tasks_per_centre_max = 2;
  JobRow job = scene.job(6, needs);
  job.next_task = 3;
  job.live = 3;
  scene.put(job);
  scene.put(lease_of(job, 0, a));
  scene.put(lease_of(job, 1, a, Duration::minutes(15)));
  scene.put(lease_of(job, 2, b));
  const auto quotes = scene.engine()->quotes(job.id, scene_now);
  EXPECT_EQ(quotes[0].centre, b);
  EXPECT_TRUE(quotes[0].reasons.empty());
  EXPECT_EQ(quotes[1].centre, a);
  ASSERT_EQ(quotes[1].reasons.size(), 1U);
  const std::string text = "the job lets 2 tasks run at one centre, and 2 run at this one: 1 task too many; a place is "
                           "expected in 45m to 55m";
  EXPECT_EQ(quotes[1].reasons[0], (Reason{Constraint::tasks_per_centre, 3, 2, text, true}));
  EXPECT_EQ(quotes[1].wait, Duration::minutes(45));
  scene.put(lease_of(job, 3, b));
  job.next_task = job.live = 4;
  scene.put(job);
  const auto waiting = scene.engine()->waiting(job.id, scene_now);
  EXPECT_FALSE(waiting->hopeless);
  EXPECT_EQ(waiting->nearest, a);
  EXPECT_EQ(waiting->reasons[0].constraint, Constraint::tasks_per_centre);
}

TEST(QuoteTest, FinishCountsTasksPerCentre) {
  // Six tasks of an hour, of which two may run at one centre: three hours, if all ran there. A throttle below that
  // counts.
  Scene scene;
  scene.site("a", 1, 8);
  Requirements needs = Scene::small();
  EXPECT_EQ(scene.quotes(needs, 6)[0].finish, Duration::hours(1));
  needs.tasks_per_centre_max = 2;
  EXPECT_EQ(scene.quotes(needs, 6)[0].finish, Duration::hours(3));
  EXPECT_EQ(scene.engine()->quotes({scene_customer, needs, 6, 1}, scene_now)[0].finish, Duration::hours(6));
  EXPECT_EQ(scene.engine()->quotes({scene_customer, needs, 6, 4}, scene_now)[0].finish, Duration::hours(3));
}

TEST(QuoteTest, FinishCountsTasksPerNode) {
  // Six tasks of an hour in a pool of two nodes for eight each: an hour; one on each node, three. Where other work
  // fills a node for an hour, the other alone takes one, and then both take the rest.
  Scene scene;
  const CentreId a = scene.site("a", 2, 8);
  Requirements needs = Scene::small();
  EXPECT_EQ(scene.quotes(needs, 6)[0].finish, Duration::hours(1));
  needs.tasks_per_node_max = 1;
  EXPECT_EQ(scene.quotes(needs, 6)[0].finish, Duration::hours(3));
  needs.tasks_per_node_max = 2;
  EXPECT_EQ(scene.quotes(needs, 6)[0].finish, Duration::hours(2));
  needs.tasks_per_node_max = 1;
  scene.lease(a, 8, Duration::hours(1));
  EXPECT_EQ(scene.quotes(needs, 6)[0].finish, Duration::hours(4));
}

TEST(ConstraintTest, TasksPerNode) {
  // In a pool each node of which may have its task, a job waits for the first of them to end, though there is room, and
  // stands behind the pool that a plan would go to.
  Scene scene;
  const CentreId a = scene.site("a", 2, 8);
  const CentreId b = scene.site("b", 1, 8, Cny::yuan(2));
  Requirements needs = Scene::small();
  needs.objective = Objective::cheapest;
  needs.tasks_per_node_max = 1;
  JobRow job = scene.job(6, needs);
  job.next_task = 2;
  job.live = 2;
  scene.put(job);
  scene.put(lease_of(job, 0, a));
  scene.put(lease_of(job, 1, a, Duration::minutes(15)));
  const auto quotes = scene.engine()->quotes(job.id, scene_now);
  EXPECT_EQ(quotes[0].centre, b);
  EXPECT_TRUE(quotes[0].reasons.empty());
  ASSERT_EQ(quotes[1].reasons.size(), 1U);
  EXPECT_EQ(quotes[1].reasons[0].constraint, Constraint::tasks_per_node);
  EXPECT_EQ(quotes[1].wait, Duration::minutes(45));
}

TEST(ConstraintTest, OneMoreOnANodeThanItHasIsAlwaysEnough) {
  // Nodes of a pool that others have taken in part. A job that lets so many of its tasks run on one node, and waits,
  // is told the least bound with which a further one starts: never more than one more than
  // run there, since then no node can have as many. With the bound that it names one starts, with one less none does.
  int told = 0;
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng random(seed);
    Scene scene;
    const CentreRow centre = scene.centre("a");
    PoolRow pool = scene.pool(centre.id, static_cast<std::int32_t>(random.between(2, 4)), random.between(4, 9));
    pool.memory_per_node = Bytes(random.between(4, 9));
    scene.put(pool);
    for (auto leases = random.between(1, 6); leases > 0; --leases) {
      LeaseRow lease = scene.lease(centre.id, random.between(1, 4));
      lease.resources.memory = Bytes(random.between(0, 4));
      scene.put(lease);
    }
    Requirements needs = Scene::small();
    needs.resources = {Cores(random.between(1, 3)), Bytes(random.between(0, 3)), MilliCards()};
    needs.tasks_per_node_max = static_cast<std::int32_t>(random.between(1, 2));
    JobRow job = scene.job(8, needs);
    const auto engine = scene.engine();
    const auto pass = [&] {
      const auto plan = engine->plan(scene_now, 10);
      for (const Assignment& each : plan) {
        const LeaseRow lease = granted(each, job, scene_now);
        engine->apply({job, RowFate::live});
        engine->apply({lease, RowFate::live});
      }
      return plan.size();
    };
    while (pass() > 0) {
    }
    const auto waiting = engine->waiting(job.id, scene_now);
    const Reason* reason = waiting ? find(waiting->reasons, Constraint::tasks_per_node) : nullptr;
    if (reason == nullptr || find(waiting->reasons, Constraint::capacity) != nullptr) continue;
    ++told;
    EXPECT_LE(reason->required, job.live + 1) << reason->text;
    for (const std::int64_t short_by : {1, 0}) {
      job.requirements.tasks_per_node_max = static_cast<std::int32_t>(reason->required - short_by);
      engine->apply({job, RowFate::live});
      EXPECT_EQ(engine->plan(scene_now, 10).empty(), short_by == 1) << reason->text;
    }
  }
  EXPECT_GT(told, 100);
}

TEST(ConstraintTest, ACapOfWhatTheQuoteNamesIsEnough) {
  // Costs are rounded down and holds up: with the cap that the quote names the pool is feasible, and for one task a
  // micro-yuan less is not. A job of many tasks, run one after the other, can end with it.
  Prng random(11);
  for (int round = 0; round < 300; ++round) {
    Scene scene;
    const CentreId centre = scene.site("a", 1, 8);
    OfferRow offer = scene.offer(centre, Cny::micro(random.between(1, 3'000'000)), 2);
    offer.gb_hour = Cny::micro(random.between(0, 90'000));
    scene.put(offer);
    Requirements needs = Scene::small();
    needs.resources.memory = Bytes(random.between(0, 4'000'000'000));
    needs.wall_time = Duration::microseconds(random.between(1'000'000, 9'000'000'000));
    if (random.chance(1, 2)) needs.run_time = Duration::microseconds(random.between(1'000'000, 9'000'000'000));
    const auto count = static_cast<std::int32_t>(random.between(1, 4));
    const Quote quote = scene.quotes(needs, count)[0];
    EXPECT_EQ(quote.price_cap_min.micro(), (count - 1) * quote.task_cost.micro() + quote.task_hold.micro());
    needs.price_cap = quote.price_cap_min;
    EXPECT_TRUE(scene.quotes(needs, count)[0].feasible);
    if (count > 1) continue;
    needs.price_cap = quote.price_cap_min - Cny::micro(1);
    EXPECT_FALSE(scene.quotes(needs, count)[0].feasible);
  }
}

TEST(ConstraintTest, AnOlderLease) {
  // All that waits has been tried before: the first of it to be free waits until its older lease has surely ended, which
  // is a reason, and counts as a wait; at that time, and not a microsecond before, it is placed. What was never leased
  // waits for nothing.
  Scene scene;
  const CentreId a = scene.site("a", 1, 8);
  const UnixTime free_at = scene_now + Duration::microseconds(30'000'001);
  JobRow job = scene.tried(2, {{free_at, {}}, {free_at + Duration::seconds(9), {}}});
  const std::string text =
      "the task has been tried before, and its older lease may run until " + to_text(free_at) + ": in 31s";
  const Quote quote = scene.engine()->quotes(job.id, scene_now)[0];
  expect_only(quote, Constraint::not_before, 30'000'001, 0, true, text);
  EXPECT_EQ(quote.wait, Duration::microseconds(30'000'001));
  const auto waiting = scene.engine()->waiting(job.id, scene_now);
  ASSERT_EQ(waiting->reasons.size(), 1U);
  EXPECT_EQ(waiting->reasons[0].text, text);
  EXPECT_FALSE(waiting->hopeless);
  const Duration tick = Duration::microseconds(1);
  EXPECT_TRUE(scene.engine()->plan(free_at - tick, 10).empty());
  EXPECT_EQ(scene.engine()->waiting(job.id, free_at - tick)->reasons.size(), 1U);
  EXPECT_EQ(scene.engine()->plan(free_at, 10).size(), 1U);
  EXPECT_TRUE(scene.engine()->waiting(job.id, free_at)->reasons.empty());
  // A deadline that only an earlier start could meet rules the pool out by what is left from then on.
  job.requirements.run_time = Duration::minutes(10);
  job.requirements.finish_by = scene_now + Duration::seconds(20) + needed_time(Duration::minutes(10));
  scene.put(job);
  EXPECT_FALSE(scene.engine()->quotes(job.id, scene_now)[0].feasible);
  job.requirements.finish_by = {};
  job.count = 3;
  scene.put(job);
  EXPECT_TRUE(scene.engine()->quotes(job.id, scene_now)[0].reasons.empty());
  EXPECT_EQ(scene.engine()->plan(scene_now, 10).at(0).placement.centre, a);
}

TEST(ConstraintTest, FailedHere) {
  // When all that waits failed at one centre, that one is ruled out while another can take it, and only then.
  Scene scene;
  const CentreId a = scene.site("a", 1, 8);
  const JobRow job = scene.tried(1, {{{}, a}});
  EXPECT_TRUE(scene.engine()->quotes(job.id, scene_now)[0].feasible);
  scene.site("b", 1, 8, Cny::yuan(9));
  const auto quotes = scene.engine()->quotes(job.id, scene_now);
  EXPECT_EQ(quotes[0].centre_name, "b");
  EXPECT_EQ(quotes[1].centre_name, "a");
  EXPECT_FALSE(quotes[1].feasible);
  EXPECT_NE(find(quotes[1], Constraint::failed_here), nullptr);
}

/// Sets the numeric requirement of a constraint, and is asked whether the constraint is then met.
struct Numeric {
  Constraint constraint;
  std::function<void(Requirements&, std::int64_t)> set;
};

class ExactReasonTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ExactReasonTest, ChangeByTheDifferenceMeetsItAndOneLessDoesNot) {
  // Random pools, leases and requirements. For each numeric reason of each quote: with `required` changed to
  // `offered` that reason is gone; one unit short of it, the reason is still there.
  Prng random(GetParam());
  Scene scene;
  for (const char* name : {"a", "b", "c"}) {
    const CentreId id = scene.site(name, static_cast<std::int32_t>(random.between(1, 3)), random.between(1, 9),
                                   Cny::micro(random.between(0, 3'000'000)));
    PoolRow pool = scene.pool(id, static_cast<std::int32_t>(random.between(1, 3)), random.between(2, 9), "gpu");
    pool.cards_per_node = MilliCards(random.between(0, 4) * 500);
    pool.memory_per_node = Bytes(random.between(1, 8) * 1'000'000'000);
    pool.wall_time_max = Duration::minutes(random.between(1, 200));
    scene.put(pool);
    for (auto leases = random.below(4); leases > 0; --leases) {
      LeaseRow lease = scene.lease(id, random.between(1, 3), Duration::hours(1), "gpu");
      if (!random.chance(1, 4)) continue;
      lease.resources.nodes = 2;
      scene.put(lease);
    }
  }
  Requirements requirements = Scene::small();
  requirements.resources = {Cores(random.between(1, 12)), Bytes(random.between(0, 9) * 1'000'000'000),
                            MilliCards(random.between(0, 4) * 500)};
  if (random.chance(1, 2)) requirements.resources.nodes = static_cast<std::int32_t>(random.between(2, 5));
  requirements.wall_time = Duration::minutes(random.between(1, 300));
  requirements.price_cap = Cny::micro(random.between(0, 20'000'000));
  const Numeric numerics[] = {
      {Constraint::cores, [](Requirements& r, std::int64_t value) { r.resources.cores = Cores(value); }},
      {Constraint::memory, [](Requirements& r, std::int64_t value) { r.resources.memory = Bytes(value); }},
      {Constraint::cards, [](Requirements& r, std::int64_t value) { r.resources.cards = MilliCards(value); }},
      {Constraint::nodes,
       [](Requirements& r, std::int64_t value) { r.resources.nodes = static_cast<std::int32_t>(value); }},
      {Constraint::wall_time,
       [](Requirements& r, std::int64_t value) { r.wall_time = Duration::microseconds(value); }},
      {Constraint::price_cap, [](Requirements& r, std::int64_t value) { r.price_cap = Cny::micro(value); }},
  };
  const auto engine = scene.engine();
  const auto quote_of_pool = [&](const Requirements& changed, const Quote& like) {
    for (const Quote& quote : engine->quotes({scene_customer, changed, 1, 0}, scene_now)) {
      if (quote.centre == like.centre && quote.pool == like.pool) return quote;
    }
    ADD_FAILURE();
    return Quote{};
  };
  for (const Quote& quote : engine->quotes({scene_customer, requirements, 1, 0}, scene_now)) {
    for (const Numeric& numeric : numerics) {
      const Reason* reason = find(quote, numeric.constraint);
      if (reason == nullptr) continue;
      ASSERT_NE(reason->required, reason->offered);
      const std::int64_t step = reason->required > reason->offered ? 1 : -1;
      Requirements met = requirements;
      numeric.set(met, reason->offered);
      EXPECT_EQ(find(quote_of_pool(met, quote), numeric.constraint), nullptr) << reason->text;
      Requirements short_of_it = requirements;
      numeric.set(short_of_it, reason->offered + step);
      EXPECT_NE(find(quote_of_pool(short_of_it, quote), numeric.constraint), nullptr) << reason->text;
    }
    // Capacity by nodes: so many there are, and not one more.
    const Reason* capacity = find(quote, Constraint::capacity);
    if (capacity != nullptr && capacity->text.find("left on each") != std::string::npos) {
      Requirements met = requirements;
      met.resources.nodes = static_cast<std::int32_t>(capacity->offered);
      EXPECT_EQ(find(quote_of_pool(met, quote), Constraint::capacity), nullptr) << capacity->text;
      met.resources.nodes = static_cast<std::int32_t>(capacity->offered + 1);
      EXPECT_NE(find(quote_of_pool(met, quote), Constraint::capacity), nullptr) << capacity->text;
      continue;
    }
    // Capacity by cores: only where it is the one capacity reason and tells of cores.
    if (capacity == nullptr || capacity->text.find("core") == std::string::npos || capacity->offered < 1) continue;
    if (std::count_if(quote.reasons.begin(), quote.reasons.end(),
                      [](const Reason& reason) { return reason.constraint == Constraint::capacity; }) != 1)
      continue;
    Requirements met = requirements;
    met.resources.cores = Cores(capacity->offered);
    EXPECT_EQ(find(quote_of_pool(met, quote), Constraint::capacity), nullptr) << capacity->text;
    met.resources.cores = Cores(capacity->offered + 1);
    EXPECT_NE(find(quote_of_pool(met, quote), Constraint::capacity), nullptr) << capacity->text;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ExactReasonTest, testing::Range<std::uint64_t>(1, 201));

TEST(QuoteTest, FiguresByHand) {
  // 10 tasks of 30 minutes on the reference, on a pool of 2 cores twice as fast at 4 yuan: each figure worked by
  // hand.
  Scene scene;
  const CentreId a = scene.centre("a", Cny::yuan(4)).id;
  PoolRow pool = scene.pool(a, 1, 2);
  pool.core_capability = Capability(20'000);
  scene.put(pool);
  Requirements requirements = Scene::small();
  requirements.run_time = Duration::minutes(30);
  const Quote quote = scene.quotes(requirements, 10)[0];
  EXPECT_EQ(quote.centre_name, "a");
  EXPECT_EQ(quote.provider_name, "north");
  EXPECT_EQ(quote.run, Duration::minutes(15));
  EXPECT_EQ(quote.task_cost, Cny::yuan(1));
  EXPECT_EQ(quote.task_hold, Cny::yuan(4));
  EXPECT_EQ(quote.job_cost, Cny::yuan(10));
  EXPECT_EQ(quote.wait, Duration());
  EXPECT_EQ(quote.finish, Duration::minutes(75));
}

TEST(QuoteTest, ALiveJobCountsWhatIsSpentAndLearned) {
  // 4 of 10 tasks done in 10 minutes each for 1 yuan in all, one running: 5 are to come at the learned run time.
  Scene scene;
  scene.site("a", 1, 2, Cny::yuan(6));
  JobRow job = scene.job(10);
  job.next_task = 5;
  job.succeeded = 4;
  job.live = 1;
  job.charged = Cny::yuan(4);
  job.run_time_sum = Duration::minutes(40).microseconds();
  scene.put(job);
  const Quote quote = scene.engine()->quotes(job.id, scene_now).at(0);
  EXPECT_EQ(quote.run, Duration::minutes(10));
  EXPECT_EQ(quote.job_cost, Cny::yuan(4 + 6));
  EXPECT_EQ(quote.finish, Duration::minutes(30));
}

class ObjectiveTest : public testing::Test {
 protected:
  /// Runs of half an hour on the reference; cheap is slow.
  ObjectiveTest() {
    site("cheap", Cny::yuan(1), 5'000);
    site("fast", Cny::yuan(40), 40'000);
    site("middle", Cny::yuan(4), 15'000);
  }
  void site(const std::string& name, Cny price, std::int64_t capability) {
    PoolRow pool = scene_.pool(scene_.centre(name, price).id, 1, 4);
    pool.core_capability = Capability(capability);
    scene_.put(pool);
  }
  std::string first(Objective objective) {
    Requirements requirements = Scene::small();
    requirements.run_time = Duration::minutes(30);
    requirements.objective = objective;
    const auto quotes = scene_.quotes(requirements, 4);
    EXPECT_EQ(quotes[0].rank, 1);
    EXPECT_EQ(quotes[2].rank, 3);
    return quotes[0].centre_name;
  }
  Scene scene_;
};

TEST_F(ObjectiveTest, EachHasItsOwnBest) {
  // The cheapest, the fastest, and the one that is neither far dearer than the one nor far slower than the other.
  EXPECT_EQ(first(Objective::cheapest), "cheap");
  EXPECT_EQ(first(Objective::fastest), "fast");
  EXPECT_EQ(first(Objective::balanced), "middle");
}

TEST(OrderTest, TiesGoByNameAndTheSilentStandBehind) {
  // Like pools are ordered by name, whatever their ids; a centre that does not answer is no one's first choice.
  Scene scene;
  scene.site("c", 1, 4);
  scene.site("b", 1, 4);
  const CentreRow a = scene.centre("a", Cny());
  scene.pool(a.id, 1, 4);
  auto engine = scene.engine();
  const Question question{scene_customer, Scene::small(), 1, 0};
  EXPECT_EQ(engine->quotes(question, scene_now)[0].centre_name, "a");
  for (const Quote& quote : engine->quotes(question, scene_now)) {
    if (quote.centre_name != "a") engine->observe({quote.centre, scene_now + Duration::minutes(5), {}});
  }
  const auto quotes = engine->quotes(question, scene_now + Duration::minutes(5));
  EXPECT_EQ(quotes[0].centre_name, "b");
  EXPECT_EQ(quotes[1].centre_name, "c");
  EXPECT_EQ(quotes[2].centre_name, "a");
  EXPECT_TRUE(quotes[2].feasible);
}

TEST(WaitingTest, TellsOfTheBestPoolOrThatNoneWillDo) {
  // A job that waits for room hears it from its best pool; one that is too large for all is hopeless, and hears what
  // lacks at the pool with the fewest such reasons; an unknown job is not answered, and one with nothing to wait for
  // has no reasons.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  scene.site("b", 1, 2);
  scene.lease(a, 4);
  Requirements requirements = Scene::small();
  requirements.resources.cores = Cores(3);
  const JobRow waits = scene.job(5, requirements);
  requirements.resources.cores = Cores(8);
  requirements.regions = {"shanghai"};
  const JobRow never = scene.job(1, requirements);
  JobRow done = scene.job(1);
  done.next_task = 1;
  done.live = 1;
  scene.put(done);
  const auto engine = scene.engine();
  const auto waiting = engine->waiting(waits.id, scene_now);
  ASSERT_TRUE(waiting.has_value());
  EXPECT_EQ(waiting->tasks, 5);
  EXPECT_FALSE(waiting->hopeless);
  EXPECT_EQ(waiting->nearest, a);
  ASSERT_EQ(waiting->reasons.size(), 1U);
  EXPECT_EQ(waiting->reasons[0].constraint, Constraint::capacity);
  const auto hopeless = engine->waiting(never.id, scene_now);
  EXPECT_TRUE(hopeless->hopeless);
  ASSERT_EQ(hopeless->reasons.size(), 2U);
  EXPECT_EQ(hopeless->reasons[0].constraint, Constraint::cores);
  EXPECT_EQ(engine->waiting(done.id, scene_now)->tasks, 0);
  EXPECT_FALSE(engine->waiting(JobId(5), scene_now).has_value());
}

TEST(WaitingTest, TheNearestIsWhereLeastIsMissing) {
  // Two pools are too small, both for one reason: the larger of them is nearer, whatever its name.
  Scene scene;
  scene.site("a", 4, 4);
  scene.site("b", 8, 4);
  Requirements wide = Scene::small();
  wide.resources.nodes = 16;
  const JobRow job = scene.job(1, wide);
  const auto waiting = scene.engine()->waiting(job.id, scene_now);
  ASSERT_TRUE(waiting->hopeless);
  EXPECT_EQ(waiting->reasons.at(0).constraint, Constraint::nodes);
  EXPECT_EQ(waiting->reasons.at(0).offered, 8);
}

TEST(WaitingTest, WithoutAnyPool) {
  // Before any centre has reported, there is still an answer.
  Scene scene;
  const JobRow job = scene.job(1);
  const auto waiting = scene.engine()->waiting(job.id, scene_now);
  EXPECT_TRUE(waiting->hopeless);
  EXPECT_EQ(waiting->reasons.at(0).text, "no centre has reported a pool yet");
}

}  // namespace
}  // namespace dayan::place
