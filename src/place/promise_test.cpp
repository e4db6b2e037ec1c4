#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "place/scene_for_tests.h"
#include "place/turn.h"

namespace dayan::place {
namespace {

constexpr Duration hour = Duration::hours(1);
constexpr Duration moment = Duration::microseconds(1);

Requirements cores_for(std::int64_t cores, Duration wall_time) {
  Requirements requirements = Scene::small();
  requirements.resources.cores = Cores(cores);
  requirements.wall_time = wall_time;
  return requirements;
}

/// A pool of one node on which a lease of three cores may last 70 minutes from now; behind it waits a job that wants
/// four cores, and behind that come others.
struct Queue {
  explicit Queue(std::int64_t cores, Duration waited = Duration::seconds(60)) {
    centre = scene.site("a", 1, cores);
    lease = scene.lease(centre, 3);
    wide = scene.job(1, cores_for(4, hour));
    wide.submitted_at = scene_now - waited;
    scene.put(wide);
  }
  JobRow narrow(std::int64_t of_cores, Duration wall_time) {
    JobRow row = scene.job(1, cores_for(of_cores, wall_time));
    row.submitted_at = scene_now;
    scene.put(row);
    return row;
  }

  Scene scene;
  CentreId centre;
  LeaseRow lease;
  JobRow wide;
};

std::vector<JobId> jobs_of(const std::vector<Assignment>& plan) {
  std::vector<JobId> ids;
  for (const Assignment& each : plan) ids.push_back(each.job);
  return ids;
}

TEST(PromiseTest, ALaterJobMustEndBeforeThePromisedStart) {
  // The wide job is promised the pool in 70 minutes, of which a start may take ten: a wall time of an hour passes, a
  // microsecond more does not. The reason says by how much, and by that much shorter it is placed.
  Queue fits(4);
  const JobRow placed = fits.narrow(1, hour);
  EXPECT_EQ(jobs_of(fits.scene.plan()), std::vector{placed.id});

  Queue queue(4);
  const JobRow kept_out = queue.narrow(1, hour + moment);
  const auto engine = queue.scene.engine();
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  const auto quotes = engine->quotes(kept_out.id, scene_now);
  ASSERT_EQ(quotes.size(), 1U);
  ASSERT_EQ(quotes[0].reasons.size(), 1U);
  const Reason& reason = quotes[0].reasons[0];
  EXPECT_EQ(reason.constraint, Constraint::reserved);
  EXPECT_EQ(reason.required, (hour + moment).microseconds());
  EXPECT_EQ(reason.offered, hour.microseconds());
  EXPECT_TRUE(reason.passes_with_time);
  EXPECT_EQ(reason.text, "what is free is kept from " + to_text(scene_now + Duration::minutes(70)) +
                             " on for a job that has waited longer; a task that may run for 1h1s could begin if that "
                             "was at most 1h: 1us too long");
  EXPECT_EQ(quotes[0].wait, Duration::minutes(70) + hour);  // until the promised task is over
  // The same is told of what is not submitted.
  const auto asked = engine->quotes(Question{scene_customer, cores_for(1, hour + moment), 1, 0}, scene_now);
  EXPECT_EQ(asked[0].reasons, quotes[0].reasons);
}

TEST(PromiseTest, TheWaitingJobIsToldFromWhen) {
  // Its reasons and what it waits for name the pool and the time.
  Queue queue(4);
  (void)queue.narrow(1, hour * 2);
  const auto engine = queue.scene.engine();
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  const auto waiting = engine->waiting(queue.wide.id, scene_now);
  ASSERT_TRUE(waiting.has_value());
  EXPECT_EQ(waiting->promised_from, scene_now + Duration::minutes(70));
  EXPECT_EQ(waiting->promised_centre, queue.centre);
  EXPECT_EQ(waiting->promised_pool, "cpu");
  ASSERT_EQ(waiting->reasons.size(), 1U);
  EXPECT_NE(waiting->reasons[0].text.find("the room is kept for this job from 2027-01-15T09:10:00Z on at the latest"),
            std::string::npos)
      << waiting->reasons[0].text;
}

TEST(PromiseTest, WhoHasHardlyWaitedIsOvertaken) {
  // A microsecond before its minute is over nothing is kept for it.
  Queue queue(4, promised_after - moment);
  const JobRow narrow = queue.narrow(1, hour * 20);
  EXPECT_EQ(jobs_of(queue.scene.plan()), std::vector{narrow.id});
}

/// Jobs of one core for most of a day that come each ten seconds, of which some stand before all others.
struct Stream {
  explicit Stream(Queue& queue) : centre(queue.centre), engine(queue.scene.engine()) {}

  /// What of them the engine starts at that time.
  std::vector<JobId> start(std::vector<JobRow> jobs, UnixTime now) {
    for (const JobRow& each : jobs) engine->apply({each, RowFate::live});
    engine->observe({centre, now, {}});
    std::vector<JobId> started;
    for (const Assignment& each : engine->plan(now, 10)) {
      JobRow& job = *std::ranges::find(jobs, each.job, &JobRow::id);
      const LeaseRow lease = granted(each, job, now);
      engine->apply({job, RowFate::live});
      engine->apply({lease, RowFate::live});
      started.push_back(each.job);
    }
    return started;
  }

  CentreId centre;
  std::unique_ptr<Engine> engine;
};

TEST(PromiseTest, WhoComesFirstIsNoExcuseForThoseBehind) {
  // Each ten seconds a job that stands before the wide one takes room and overtakes nobody, and so does one behind it in
  // the same plan: the first is looked at at first, the second the next time.
  Queue queue(20, hour);
  queue.wide.requirements.resources.cores = Cores(20);
  queue.scene.put(queue.wide);
  Stream stream(queue);
  std::vector<std::vector<JobId>> started;
  std::vector<std::vector<JobId>> came;
  for (int i = 0; i < 3; ++i) {
    const UnixTime now = scene_now + overtaken_looked_every * i;
    JobRow early = queue.scene.job(1, cores_for(1, hour * 20));
    early.submitted_at = scene_now - hour * 2;
    JobRow late = queue.narrow(1, hour * 21);
    late.submitted_at = now;
    came.push_back({early.id, late.id});
    started.push_back(stream.start({early, late}, now));
  }
  EXPECT_EQ(started[0], came[0]);
  EXPECT_EQ(started[1], std::vector{came[1][0]});
  EXPECT_FALSE(stream.engine->waiting(queue.wide.id, scene_now)->promised_from.is_none());
}

TEST(PromiseTest, WhoStandsBehindManyThatAreNoCandidatesIsFound) {
  // Seventy jobs like the wide one, which the pool cannot end in time, stand before it: more than one search looks at.
  Queue queue(20, hour);
  for (int i = 0; i < 70; ++i) {
    JobRow row = queue.scene.job(1, cores_for(18, hour));
    row.requirements.finish_by = scene_now + hour * 2;
    row.submitted_at = scene_now - hour * 2;
    queue.scene.put(row);
  }
  queue.wide.requirements.resources.cores = Cores(18);
  queue.scene.put(queue.wide);
  Stream stream(queue);
  std::vector<JobId> started;
  for (int i = 0; i < 6; ++i) {
    const UnixTime now = scene_now + overtaken_looked_every * i;
    JobRow late = queue.narrow(1, hour * 20);
    late.submitted_at = now;
    for (const JobId each : stream.start({late}, now)) started.push_back(each);
  }
  // Two searches go over the seventy; the third finds it.
  EXPECT_EQ(started.size(), 2U);
  EXPECT_FALSE(stream.engine->waiting(queue.wide.id, scene_now)->promised_from.is_none());
}

TEST(PromiseTest, WhoWaitsBehindItIsToldOfItsInputs) {
  // Two jobs that take all of the pool: the second waits at most until the promised one is over, which has time for its
  // inputs beside its wall time.
  const auto longest_with = [](Bytes inputs) {
    Queue queue(4);
    CentreRow centre = queue.scene.centre("b");  // its id is not used: a row to be filled
    queue.scene.put(centre, RowFate::erased);
    centre.id = queue.centre;
    centre.name = "a";
    centre.bandwidth = Bandwidth(100'000'000);
    queue.scene.put(centre);
    queue.wide.input_bytes = inputs;
    queue.scene.put(queue.wide);
    const JobRow next = queue.narrow(4, hour);
    (void)queue.narrow(1, hour * 20);  // would overtake them
    const auto engine = queue.scene.engine();
    EXPECT_TRUE(engine->plan(scene_now, 10).empty());
    return engine->waiting(next.id, scene_now)->wait_longest.value_or(Duration());
  };
  const Bytes inputs(600'000'000'000);
  const Duration staging = staging_allowance(inputs, Bandwidth(100'000'000));
  EXPECT_GT(staging, hour);
  EXPECT_EQ(longest_with(inputs), longest_with(Bytes()) + staging);
}

TEST(PromiseTest, WhatFitsBesideItMayStay) {
  // Of six cores two are left beside the four that are promised: a long task takes them, and no second one.
  Queue queue(6);
  const JobRow first = queue.narrow(1, hour * 20);
  const JobRow second = queue.narrow(1, hour * 20);
  (void)queue.narrow(1, hour * 20);
  EXPECT_EQ(jobs_of(queue.scene.plan()), (std::vector{first.id, second.id}));
}

TEST(PromiseTest, AShorterOnePassesBehindALongerOne) {
  // Of two jobs of one kind the first is kept out and does not speak for the second, whose wall time is shorter.
  Queue queue(4);
  (void)queue.narrow(1, hour + Duration::minutes(1));
  const JobRow shorter = queue.narrow(1, hour);
  EXPECT_EQ(jobs_of(queue.scene.plan()), std::vector{shorter.id});
}

TEST(PromiseTest, TheRoomGoesToWhomItWasPromised) {
  // The lease ends: the wide job takes all of the pool, though a job before it in the queue came meanwhile.
  Queue queue(4);
  (void)queue.narrow(1, hour * 20);
  const auto engine = queue.scene.engine();
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  JobRow early = queue.scene.job(4, cores_for(1, hour * 20));
  early.submitted_at = scene_now - hour;
  engine->apply({early, RowFate::live});
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  engine->apply({queue.lease, RowFate::retired});
  EXPECT_EQ(jobs_of(engine->plan(scene_now, 10)), std::vector{queue.wide.id});
}

TEST(PromiseTest, ItEndsWithTheJobWithMoneyAndWithSilence) {
  // When the job is cancelled, cannot pay any more, or the centre falls silent, others have what there is.
  const auto placed_after = [](const std::function<void(Engine&, Queue&)>& change, Duration later) {
    Queue queue(4);
    const JobRow narrow = queue.narrow(1, hour * 20);
    const auto engine = queue.scene.engine();
    EXPECT_TRUE(engine->plan(scene_now, 10).empty());
    change(*engine, queue);
    const auto plan = engine->plan(scene_now + later, 10);
    EXPECT_FALSE(engine->broken_invariant().has_value());
    return plan.size() == 1 && plan[0].job == narrow.id;
  };
  EXPECT_FALSE(placed_after([](Engine&, Queue&) {}, Duration()));
  EXPECT_TRUE(placed_after(
      [](Engine& engine, Queue& queue) {
        queue.wide.state = JobState::cancelling;
        engine.apply({queue.wide, RowFate::live});
      },
      Duration()));
  EXPECT_FALSE(placed_after([](Engine&, Queue&) {}, Duration::seconds(61)));  // silent to both
  EXPECT_TRUE(placed_after(
      [](Engine& engine, Queue& queue) {
        // The wide job belongs to another organisation whose wallet is empty.
        queue.wide.organisation = scene_provider;
        engine.apply({queue.wide, RowFate::live});
      },
      Duration()));
}

TEST(PromiseTest, AnEarlyEndBringsItNearer) {
  // Of two leases the longer ends early: the promised start is then the end of the other.
  Scene scene;
  const CentreId centre = scene.site("a", 1, 5);
  const LeaseRow longer = scene.lease(centre, 2, hour * 10);
  (void)scene.lease(centre, 2, hour);
  JobRow wide = scene.job(1, cores_for(5, hour));
  wide.submitted_at = scene_now - hour;
  scene.put(wide);
  JobRow narrow = scene.job(1, cores_for(1, hour * 20));
  narrow.submitted_at = scene_now;
  scene.put(narrow);
  const auto engine = scene.engine();
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  EXPECT_EQ(engine->waiting(wide.id, scene_now)->promised_from, scene_now + hour * 10 + lease_start_allowance);
  engine->apply({longer, RowFate::retired});
  EXPECT_TRUE(engine->plan(scene_now, 10).empty());
  EXPECT_EQ(engine->waiting(wide.id, scene_now)->promised_from, scene_now + hour + lease_start_allowance);
}

/// How long a job of all eight cores waits beside a stream that keeps the pool full: each two minutes comes a task of
/// one core that may run for an hour and runs for twenty minutes. At most two days.
Duration wait_of_wide(PlantedBug bug) {
  const auto engine = make_engine(bug);
  Scene scene;
  scene.wallet(scene_customer, Cny::yuan(1'000'000));
  const CentreId centre = scene.site("a", 1, 8);
  for (const RowChange& change : scene.changes()) engine->apply(change);
  JobRow wide = Scene().job(1, cores_for(8, hour));
  std::map<JobId, JobRow> jobs;
  std::map<UnixTime, LeaseRow> ends;
  for (int minute = 0; minute < 2 * 24 * 60; ++minute) {
    const UnixTime now = scene_now + Duration::minutes(minute);
    engine->observe({centre, now, {}});
    while (!ends.empty() && ends.begin()->first <= now) {
      engine->apply({ends.begin()->second, RowFate::retired});
      ends.erase(ends.begin());
    }
    JobRow job = minute == 30 ? wide : Scene().job(1, cores_for(1, hour));
    job.id = JobId(1'000 + minute);
    job.submitted_at = now;
    if (minute == 30) wide = job;
    if (minute == 30 || minute % 2 == 0) {
      jobs[job.id] = job;
      engine->apply({job, RowFate::live});
    }
    for (const Assignment& each : engine->plan(now, 100)) {
      if (each.job == wide.id && minute >= 30) return now - wide.submitted_at;
      JobRow& placed = jobs.at(each.job);
      LeaseRow lease;
      lease.job = each.job;
      lease.task = 0;
      lease.number = 1;
      lease.centre = centre;
      lease.pool = "cpu";
      lease.resources = placed.requirements.resources;
      lease.wall_time = placed.requirements.wall_time;
      lease.granted_at = now;
      lease.ends_at = now + lease_start_allowance + lease.wall_time;
      placed.next_task = 1;
      placed.live = 1;
      engine->apply({placed, RowFate::live});
      engine->apply({lease, RowFate::live});
      // Spread apart, so that no two end at one moment.
      ends[now + Duration::minutes(20) + Duration::microseconds(each.job.value())] = lease;
    }
  }
  return hour * 48;
}

TEST(PromiseTest, AWideJobDoesNotStarve) {
  // Without promises it waits for ever beside such a stream; with them until those that run have ended: twenty minutes
  // and a minute or two to be passed by.
  EXPECT_EQ(wait_of_wide(PlantedBug::forgotten_promise), hour * 48);
  EXPECT_LE(wait_of_wide(PlantedBug::none), Duration::minutes(24));
}

}  // namespace
}  // namespace dayan::place
