#include "place/queue_ahead.h"

#include <gtest/gtest.h>

#include <set>

#include "base/prng.h"
#include "place/scene_for_tests.h"

namespace dayan::place {
namespace {

constexpr Duration hour = Duration::hours(1);

Requirements cores_for(std::int64_t cores, Duration wall_time, Duration run_time = {}) {
  Requirements needs = Scene::small();
  needs.resources.cores = Cores(cores);
  needs.wall_time = wall_time;
  needs.run_time = run_time;
  return needs;
}

/// A platform whose leases end when they are told to, and which is planned whenever that happens.
class Played {
 public:
  explicit Played(const Scene& scene) : engine_(scene.engine()) {}

  void submit(const JobRow& job) {
    jobs_[job.id] = job;
    engine_->apply({job, RowFate::live});
  }
  void plan() {
    for (const Assignment& each : engine_->plan(now_, 1'000)) {
      JobRow& job = jobs_.at(each.job);
      const LeaseRow lease = granted(each, job, now_);
      starts_.try_emplace(each.job, now_);
      live_.push_back(lease);
      engine_->apply({job, RowFate::live});
      engine_->apply({lease, RowFate::live});
    }
  }
  /// Passes to when the next lease ends, as expected or as late as it may, and plans.
  [[nodiscard]] bool pass(bool at_the_latest) {
    const auto end = [&](const LeaseRow& lease) {
      return at_the_latest ? lease.ends_at : lease.granted_at + jobs_.at(lease.job).requirements.run_time;
    };
    if (live_.empty()) return false;
    const auto is_earlier = [&](const LeaseRow& a, const LeaseRow& b) { return end(a) < end(b); };
    now_ = end(*std::min_element(live_.begin(), live_.end(), is_earlier));
    for (const LeaseRow& lease : live_) {
      if (end(lease) > now_) continue;
      ends_[lease.job] = now_;
      JobRow& job = jobs_.at(lease.job);
      --job.live;
      ++job.succeeded;
      job.run_time_sum += job.requirements.run_time.microseconds();
      engine_->apply({lease, RowFate::retired});
      engine_->apply({job, RowFate::live});
    }
    std::erase_if(live_, [&](const LeaseRow& lease) { return end(lease) <= now_; });
    std::set<CentreId> heard;
    for (const Quote& each : engine_->quotes({scene_customer, Scene::small()}, now_)) heard.insert(each.centre);
    for (const CentreId centre : heard) engine_->observe({centre, now_, {}});
    plan();
    return true;
  }
  [[nodiscard]] const Engine& engine() const { return *engine_; }
  [[nodiscard]] const std::map<JobId, UnixTime>& starts() const { return starts_; }
  /// Of the last task that has ended.
  [[nodiscard]] const std::map<JobId, UnixTime>& ends() const { return ends_; }

 private:
  std::unique_ptr<Engine> engine_;
  UnixTime now_ = scene_now;
  std::map<JobId, JobRow> jobs_;
  std::vector<LeaseRow> live_;
  std::map<JobId, UnixTime> starts_;
  std::map<JobId, UnixTime> ends_;
};

TEST(QueueAheadTest, EachIsToldOfThoseBeforeIt) {
  // Five jobs of a whole pool, ten hours each: the first runs, the others begin after 10, 20, 30 and 40 hours, and a
  // question after 50. Each lease may take ten minutes more.
  Scene scene;
  scene.site("a", 1, 10);
  Played played(scene);
  std::vector<JobRow> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back(scene.job(1, cores_for(10, hour * 10)));
  for (const JobRow& job : jobs) played.submit(job);
  played.plan();
  for (std::int32_t i = 1; i < 5; ++i) {
    const auto waiting = played.engine().waiting(jobs[static_cast<std::size_t>(i)].id, scene_now);
    EXPECT_EQ(waiting->wait, hour * (10 * i));
    EXPECT_EQ(waiting->wait_longest, (hour * 10 + lease_start_allowance) * i);
    EXPECT_EQ(waiting->jobs_before, i - 1);
    EXPECT_FALSE(waiting->is_wait_least);
  }
  const Quote asked = played.engine().quotes({scene_customer, cores_for(10, hour)}, scene_now).at(0);
  EXPECT_EQ(asked.wait, hour * 50);
  EXPECT_EQ(asked.wait_longest, (hour * 10 + lease_start_allowance) * 5);
  EXPECT_EQ(asked.jobs_before, 4);
  EXPECT_EQ(asked.finish, hour * 51);
  EXPECT_EQ(asked.reasons.at(0).text,
            "needs 10 cores, 0 cores of 10 cores are free now: 10 cores too few; room is expected in 2d2h to 2d2h50m, "
            "behind 4 jobs that stand before it");
}

TEST(QueueAheadTest, AnArrayTakesItsRounds) {
  // A hundred tasks ten at a time: who stands behind them waits for ten rounds, and is given up before where its
  // wait_max says so.
  Scene scene;
  scene.site("a", 1, 10);
  Played played(scene);
  played.submit(scene.job(100, cores_for(1, hour * 10)));
  JobRow one = scene.job(1, cores_for(1, hour));
  for (const Duration wait_max : {hour * 100, hour * 2}) {
    one.waits_until = scene_now + wait_max;
    played.submit(one);
    played.plan();
    const auto waiting = *played.engine().waiting(one.id, scene_now);
    EXPECT_EQ(waiting.wait, hour * 100);
    EXPECT_EQ(waiting.gives_up_at, wait_max < waiting.wait ? one.waits_until : UnixTime());
  }
}

TEST(QueueAheadTest, AWaitingArrayIsDoneAsRoomComes) {
  // A pool of ten cores has no room until the tasks there end, one after the other each minute. An array of 1,440 tasks
  // of two minutes is done when all of it has run through all of them, not when it would have one after the other; and
  // with a throttle of five, half as fast.
  Scene scene;
  const CentreId a = scene.site("a", 1, 10);
  for (int i = 1; i <= 10; ++i) scene.lease(a, 1, Duration::minutes(i));
  const auto engine = scene.engine();
  for (const std::int32_t throttle : {0, 5}) {
    const Question question{scene_customer, cores_for(1, Duration::minutes(2)), 1'440, throttle};
    const Quote quote = engine->quotes(question, scene_now).at(0);
    EXPECT_EQ(quote.wait, Duration::minutes(1));
    // A core that comes free after i minutes begins a task each two minutes from then on: the 1,440th begins at minute
    // 292. Five at once: on the five cores that are free first, the last at minute 578.
    EXPECT_EQ(quote.finish, Duration::minutes(throttle == 0 ? 294 : 580));
  }
}

TEST(QueueAheadTest, WhoIsGivenUpStandsBeforeOthersUntilThen) {
  // The pool is full for two hours. Who waits for it for an hour at most, or must be done within that, is gone by then:
  // it stands before nobody. Who waits for longer does.
  for (const bool has_deadline : {false, true}) {
    for (const bool is_patient : {false, true}) {
      Scene scene;
      scene.lease(scene.site("a", 1, 10), 10, hour * 2);
      JobRow gone = scene.job(1, cores_for(10, hour * 24, hour));
      gone.waits_until = scene_now + hour * (is_patient || has_deadline ? 30 : 1);
      if (has_deadline) gone.requirements.finish_by = scene_now + hour * (is_patient ? 30 : 2);
      scene.put(gone);
      const JobRow third = scene.job(1, cores_for(10, hour));
      const auto engine = scene.engine();
      EXPECT_TRUE(engine->plan(scene_now, 10).empty());
      const auto waiting = engine->waiting(third.id, scene_now);
      EXPECT_EQ(waiting->wait, hour * (is_patient ? 3 : 2));
      EXPECT_EQ(waiting->jobs_before, is_patient ? 1 : 0);
    }
  }
}

TEST(QueueAheadTest, WhatIsPromisedToOneThatIsGivenUpIsFreeThen) {
  // Five cores of ten are free, and all ten were promised to a job from two hours on; it waits for one hour more. What
  // would run for longer than what is kept lets it begins when that is over, not when the job would have had its turn.
  Scene scene;
  const CentreId a = scene.site("a", 1, 10);
  scene.lease(a, 5, hour * 2);
  JobRow wide = scene.job(1, cores_for(10, hour * 24));
  wide.submitted_at = scene_now - Duration::minutes(5);
  wide.waits_until = scene_now + hour;
  scene.put(wide);
  JobRow narrow = scene.job(1, cores_for(5, hour * 10));
  narrow.submitted_at = scene_now;
  scene.put(narrow);
  const auto engine = scene.engine();
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  ASSERT_FALSE(engine->waiting(wide.id, scene_now)->promised_from.is_none());
  const auto waiting = engine->waiting(narrow.id, scene_now);
  EXPECT_NE(find(waiting->reasons, Constraint::reserved), nullptr);
  EXPECT_EQ(waiting->wait, hour);
  EXPECT_EQ(waiting->wait_longest, hour);
}

TEST(QueueAheadTest, WhatIsPromisedElsewhereSendsOthersHere) {
  // Who asks may go to `a` alone, which is full for five hours. One that stands before it may go to `b` as well, which
  // is its best one and has no room for it for an hour only, but is promised for a day then, to a job that has no
  // business in `a`. So it is `a` that it goes to, and who asks stands behind it.
  Scene scene;
  const CentreId a = scene.site("a", 1, 6);
  CentreRow other = scene.centre("b", Cny::micro(500'000));
  other.region = "shanghai";
  scene.put(other);
  scene.pool(other.id, 1, 8);
  scene.lease(a, 6, hour * 5);
  scene.lease(other.id, 4, hour);
  JobRow wide = scene.job(1, cores_for(8, hour * 24));
  wide.submitted_at = scene_now - Duration::minutes(10);
  scene.put(wide);
  Requirements there = cores_for(1, hour * 2);
  there.regions = {"shanghai"};
  JobRow small = scene.job(1, there);
  small.submitted_at = scene_now;
  scene.put(small);
  Requirements anywhere = cores_for(6, hour * 2);
  anywhere.objective = Objective::fastest;
  JobRow before = scene.job(1, anywhere);
  before.submitted_at = scene_now;
  scene.put(before);
  Requirements here = cores_for(6, hour);
  here.regions = {"guizhou"};
  JobRow asks = scene.job(1, here);
  asks.submitted_at = scene_now;
  scene.put(asks);
  const auto engine = scene.engine();
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  ASSERT_EQ(engine->waiting(wide.id, scene_now)->promised_centre, other.id);
  const auto waiting = engine->waiting(asks.id, scene_now);
  EXPECT_EQ(waiting->wait, hour * 7);
  EXPECT_EQ(waiting->jobs_before, 1);
}

TEST(QueueAheadTest, OnlyThoseCountThatWouldTakeTheRoom) {
  // Who must have cards, who may go elsewhere only, who waits for a cheaper pool, and who stands behind take nothing of
  // this pool; one that is promised it does, wherever it stands.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  const CentreId cheap = scene.site("cheap", 1, 4, Cny::micro(500'000));
  scene.lease(a, 4, hour);
  scene.lease(cheap, 4, hour * 5);
  Requirements cards = cores_for(4, hour);
  cards.resources.cards = MilliCards(1'000);
  (void)scene.job(1, cards);
  Requirements elsewhere = cores_for(4, hour);
  elsewhere.regions = {"shanghai"};
  (void)scene.job(1, elsewhere);
  Requirements cheapest = cores_for(4, hour);
  cheapest.objective = Objective::cheapest;
  (void)scene.job(3, cheapest);
  Requirements late = cores_for(4, hour);
  late.priority = -1;
  JobRow behind = scene.job(1, late);
  behind.submitted_at = scene_now;
  scene.put(behind);
  const auto engine = scene.engine();
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  Requirements asked = cores_for(4, hour);
  asked.objective = Objective::fastest;
  const Question question{scene_customer, asked};
  for (const Quote& quote : engine->quotes(question, scene_now)) {
    EXPECT_EQ(quote.jobs_before, quote.centre == a ? 0 : 1);
    EXPECT_EQ(quote.wait, quote.centre == a ? hour : hour * 8);
  }
}

TEST(QueueAheadTest, WhereMoreStandBeforeThanAreLookedAtItIsTheLeast) {
  // A thousand jobs of an hour stand before it: 256 are counted, and it says so.
  Scene scene;
  scene.site("a", 1, 1);
  Played played(scene);
  for (int i = 0; i < 1'000; ++i) played.submit(scene.job(1, cores_for(1, hour)));
  played.plan();
  const Quote asked = played.engine().quotes({scene_customer, cores_for(1, hour)}, scene_now).at(0);
  EXPECT_TRUE(asked.is_wait_least);
  EXPECT_EQ(asked.jobs_before, 256);
  EXPECT_EQ(asked.wait, hour * 257);
  EXPECT_NE(asked.reasons.at(0).text.find("room is expected in at least 10d17h"), std::string::npos);
}

TEST(QueueAheadTest, WhatIsToldComesTrue) {
  // Random arrays of one shape on one or two pools that are alike, played to the end: each job begins when it was told
  // at the beginning, and is done with all its tasks when it was told in the one pool, where everything ends as
  // expected; and where everything takes as long as it may, it begins not later than it was told that would be.
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    for (const bool at_the_latest : {false, true}) {
      SCOPED_TRACE("seed " + std::to_string(seed) + (at_the_latest ? " at the latest" : ""));
      Prng random(seed);
      Scene scene;
      const auto pools = random.between(1, 2);
      const auto slots = random.between(1, 4);
      for (std::int64_t i = 0; i < pools; ++i) scene.site(i == 0 ? "a" : "b", 1, slots * 2);
      Played played(scene);
      std::vector<JobId> ids;
      for (auto count = random.between(2, 12); count > 0; --count) {
        const Duration wall = Duration::minutes(random.between(20, 200));
        const Duration run = Duration::microseconds(random.between(60'000'000, wall.microseconds()));
        Requirements needs = cores_for(2, wall, run);
        needs.objective = Objective::fastest;
        const JobRow job = scene.job(pools == 1 ? static_cast<std::int32_t>(random.between(1, 30)) : 1, needs);
        ids.push_back(job.id);
        played.submit(job);
      }
      played.plan();
      std::map<JobId, Waiting> told;
      std::map<JobId, Duration> finish;
      for (const JobId id : ids) {
        told[id] = *played.engine().waiting(id, scene_now);
        if (told[id].tasks > 0) finish[id] = played.engine().quotes(id, scene_now).at(0).finish;
      }
      while (played.pass(at_the_latest)) {
      }
      for (const JobId id : ids) {
        const UnixTime start = played.starts().at(id);
        if (!at_the_latest && pools == 1 && told[id].tasks > 0) {
          EXPECT_EQ(to_text(played.ends().at(id) - scene_now), to_text(finish[id])) << to_text(id);
        }
        if (start == scene_now) continue;
        ASSERT_TRUE(told[id].wait && told[id].wait_longest);
        if (!at_the_latest) {
          EXPECT_EQ(to_text(start - scene_now), to_text(*told[id].wait)) << to_text(id);
        }
        EXPECT_LE(start - scene_now, *told[id].wait_longest) << to_text(id);
      }
    }
  }
}

TEST(InsteadTest, TheCheapestIsToldWhatHasRoomAndWhatWouldStartItNow) {
  // The cheap centre is full for an hour, the dear one is free: the job is told that it waits by its objective, what
  // the other would cost, and that `balanced` starts it there. It does.
  Scene scene;
  const CentreId cheap = scene.site("cheap", 1, 4);
  const CentreId dear = scene.site("dear", 1, 4, Cny::micro(1'500'000));
  scene.lease(cheap, 4, hour);
  Requirements needs = cores_for(2, hour);
  needs.objective = Objective::cheapest;
  JobRow job = scene.job(1, needs);
  const auto engine = scene.engine();
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  const auto waiting = engine->waiting(job.id, scene_now);
  EXPECT_EQ(waiting->nearest, cheap);
  EXPECT_EQ(waiting->nearest_name, "cheap");
  ASSERT_EQ(waiting->reasons.size(), 2U);
  EXPECT_EQ(waiting->reasons[0],
            (Reason{Constraint::preference, 2'000'000, 3'000'000,
                    "waits for cheap/cpu by its objective, cheapest: a task there comes to 2 yuan, all of it done in "
                    "2h; dear/cpu has room now: 3 yuan (1 more), all of it done in 1h; with the objective balanced a task "
                    "starts now",
                    true}));
  EXPECT_EQ(waiting->reasons[1].constraint, Constraint::capacity);
  ASSERT_TRUE(waiting->instead);
  EXPECT_EQ(waiting->instead->centre, dear);
  EXPECT_EQ(waiting->instead->task_cost, Cny::yuan(3));
  EXPECT_EQ(waiting->instead->objective, Objective::balanced);
  job.requirements.objective = Objective::balanced;
  engine->apply({job, RowFate::live});
  const auto plan = engine->plan(scene_now, 10);
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].placement.centre, dear);
}

TEST(InsteadTest, WhereNothingHasRoomItIsCapacity) {
  // Both are full: it waits for room and for nothing else.
  Scene scene;
  const CentreId cheap = scene.site("cheap", 1, 4);
  const CentreId dear = scene.site("dear", 1, 4, Cny::yuan(2));
  scene.lease(cheap, 4, hour);
  scene.lease(dear, 4, hour);
  Requirements needs = cores_for(2, hour);
  needs.objective = Objective::cheapest;
  const JobRow job = scene.job(1, needs);
  const auto engine = scene.engine();
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  const auto waiting = engine->waiting(job.id, scene_now);
  EXPECT_FALSE(waiting->instead);
  ASSERT_EQ(waiting->reasons.size(), 1U);
  EXPECT_EQ(waiting->reasons[0].constraint, Constraint::capacity);
}

/// Some centres, partly full, and some jobs, of which some have waited for long.
Scene random_scene(Prng& random, std::vector<JobRow>& jobs) {
  Scene scene;
  scene.wallet(scene_customer, Cny::micro(random.between(5'000'000, 400'000'000)));
  for (int i = 0; i < static_cast<int>(2 + random.below(4)); ++i) {
    const CentreRow centre = scene.centre("c" + std::to_string(i), Cny::micro(random.between(1, 12) * 250'000));
    PoolRow pool = scene.pool(centre.id, static_cast<std::int32_t>(random.between(1, 3)), random.between(2, 8));
    pool.core_capability = Capability(random.between(1, 6) * 5'000);
    scene.put(pool);
    for (auto leases = random.below(5); leases > 0; --leases)
      scene.lease(centre.id, random.between(1, 4), Duration::minutes(random.between(5, 600)));
  }
  for (auto count = random.between(1, 6); count > 0; --count) {
    Requirements needs = cores_for(random.between(1, 8), Duration::minutes(random.between(5, 600)));
    if (random.chance(2, 3)) needs.run_time = Duration::microseconds(random.between(1, needs.wall_time.microseconds()));
    if (random.chance(1, 5)) needs.finish_by = scene_now + Duration::minutes(random.between(30, 2'000));
    if (random.chance(1, 5)) needs.price_cap = Cny::micro(random.between(1'000'000, 90'000'000));
    needs.objective = static_cast<Objective>(random.below(4));
    JobRow job = scene.job(static_cast<std::int32_t>(random.between(1, 4)), needs);
    job.submitted_at = scene_now - Duration::seconds(random.between(0, 120));
    scene.put(job);
    jobs.push_back(job);
  }
  return scene;
}

TEST(InsteadTest, WithTheObjectiveThatItNamesATaskStartsNow) {
  // Random platforms: whoever waits and is named an objective is leased by the next plan with just that changed, and
  // without it is not.
  int named = 0;
  int unnamed = 0;
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::vector<JobRow> jobs;
    Prng random(seed);
    const Scene scene = random_scene(random, jobs);
    const auto engine = scene.engine();
    const auto commit = [&](const Assignment& each) {
      JobRow& job = *std::find_if(jobs.begin(), jobs.end(), [&](const JobRow& row) { return row.id == each.job; });
      const LeaseRow lease = granted(each, job, scene_now);
      engine->apply({job, RowFate::live});
      engine->apply({lease, RowFate::live});
    };
    for (auto plan = engine->plan(scene_now, 100); !plan.empty(); plan = engine->plan(scene_now, 100)) {
      for (const Assignment& each : plan) commit(each);
    }
    for (JobRow job : jobs) {
      const auto waiting = engine->waiting(job.id, scene_now);
      if (!waiting || !waiting->instead) continue;
      if (!waiting->instead->objective) {
        ++unnamed;
        continue;
      }
      ++named;
      const Objective was = job.requirements.objective;
      job.requirements.objective = *waiting->instead->objective;
      engine->apply({job, RowFate::live});
      const auto plan = engine->plan(scene_now, 100);
      EXPECT_TRUE(std::any_of(plan.begin(), plan.end(), [&](const Assignment& each) { return each.job == job.id; }))
          << to_text(job.id) << ": " << waiting->reasons[0].text;
      job.requirements.objective = was;  // as it was; what the plan proposed has not come back
      engine->apply({job, RowFate::live});
      (void)engine->plan(scene_now, 100);
    }
  }
  EXPECT_GT(named, 300);
  EXPECT_LT(unnamed, named);
}

}  // namespace
}  // namespace dayan::place
