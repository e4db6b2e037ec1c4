#include <gtest/gtest.h>

#include "model/run_time.h"
#include "model/transfer.h"
#include "place/scene_for_tests.h"

/// When: earliest starts, deadlines and reservations, rule by rule. incremental_test holds them together.

namespace dayan::place {
namespace {

constexpr Duration tick = Duration::microseconds(1);
constexpr Duration hour = Duration::hours(1);

/// An engine whose centres answer at every moment that is planned at.
class Platform {
 public:
  explicit Platform(const Scene& scene, std::vector<CentreId> centres)
      : engine_(scene.engine()), centres_(std::move(centres)) {}

  std::vector<Assignment> plan(UnixTime now) { return plan_at(*engine_, centres_, now); }
  /// The centres that a plan of one task each sends the jobs to, in order of the queue.
  std::vector<CentreId> plan_centres(UnixTime now) {
    std::vector<CentreId> found;
    for (const Assignment& each : plan(now)) found.push_back(each.placement.centre);
    return found;
  }
  /// The jobs that a plan places tasks of, in order of the queue.
  std::vector<JobId> plan_jobs(UnixTime now) {
    std::vector<JobId> found;
    for (const Assignment& each : plan(now)) found.push_back(each.job);
    return found;
  }
  Engine& engine() { return *engine_; }

 private:
  std::unique_ptr<Engine> engine_;
  std::vector<CentreId> centres_;
};

Requirements wanting(Objective objective, Duration wall_time, Duration run_time = {}) {
  Requirements requirements = Scene::small();
  requirements.objective = objective;
  requirements.wall_time = wall_time;
  requirements.run_time = run_time;
  return requirements;
}

ReservationRow reservation(CentreId centre, UnixTime from, UnixTime until, std::vector<std::string> names = {}) {
  ReservationRow row;
  row.id = ReservationId(50);
  row.centre = centre;
  row.from = from;
  row.until = until;
  row.organisations = std::move(names);
  return row;
}

TEST(DeadlineTest, ACentreThatIsFullOfTheJobIsNotWaitedFor) {
  // The second replica takes the dearer centre at once, long before its last call, and the third finds none.
  Scene scene;
  const CentreId cheap = scene.site("cheap", 1, 8);
  const CentreId dear = scene.site("dear", 1, 8, Cny::yuan(5));
  Requirements needs = wanting(Objective::cheapest, hour);
  needs.finish_by = scene_now + hour * 24;
  needs.tasks_per_centre_max = 1;
  (void)scene.job(3, needs);
  Platform platform(scene, {cheap, dear});
  EXPECT_EQ(platform.plan_centres(scene_now), (std::vector{cheap, dear}));
}

TEST(NotBeforeTest, ATaskIsPlacedAtItsTimeAndNotAMicrosecondBefore) {
  // Nothing but time changes between the two plans.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  Requirements later = Scene::small();
  later.not_before = scene_now + hour;
  const JobRow job = scene.job(1, later);
  Platform platform(scene, {a});
  EXPECT_TRUE(platform.plan(scene_now).empty());
  const auto waiting = platform.engine().waiting(job.id, scene_now);
  ASSERT_EQ(waiting->reasons.size(), 1U);
  EXPECT_FALSE(waiting->hopeless);
  EXPECT_EQ(waiting->reasons[0].required, hour.microseconds());
  EXPECT_EQ(waiting->reasons[0].text, "the job lets no task start before " + to_text(later.not_before) + ": in 1h");
  EXPECT_EQ(platform.engine().wakes_at(), later.not_before);
  EXPECT_TRUE(platform.plan(later.not_before - tick).empty());
  EXPECT_EQ(platform.plan(later.not_before).size(), 1U);
}

TEST(NotBeforeTest, ItWaitsForRoomOnlyFromThenOn) {
  // Of two jobs for one slot, that goes first which has waited longer for room: a job that was submitted a day before
  // its time has not waited that day.
  Scene scene;
  const CentreId a = scene.site("a", 1, 1);
  Requirements later = Scene::small();
  later.not_before = scene_now;
  JobRow early = scene.job(1, later);
  early.submitted_at = scene_now - hour * 24;
  scene.put(early);
  JobRow plain = scene.job(1);
  plain.submitted_at = scene_now - Duration::seconds(1);
  scene.put(plain);
  Platform platform(scene, {a});
  EXPECT_EQ(platform.plan_jobs(scene_now), std::vector<JobId>{plain.id});
}

TEST(DeadlineTest, ATaskGoesWhereItIsExpectedToEndInTime) {
  // Start allowance and expected run must fit, to the microsecond; on a pool that is twice as fast, the half of it.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  PoolRow fast = scene.pool(scene.centre("fast", Cny::yuan(9)).id, 1, 4);
  fast.core_capability = Capability(20'000);
  scene.put(fast);
  Requirements due = wanting(Objective::cheapest, hour * 3, hour * 2);
  due.finish_by = scene_now + lease_start_allowance + hour * 2;
  scene.job(1, due);
  due.finish_by = due.finish_by - tick;
  scene.job(1, due);
  due.finish_by = scene_now + lease_start_allowance + hour;
  scene.job(1, due);
  due.finish_by = due.finish_by - tick;
  const JobRow late = scene.job(1, due);
  Platform platform(scene, {a, fast.centre});
  EXPECT_EQ(platform.plan_centres(scene_now), (std::vector<CentreId>{a, fast.centre, fast.centre}));
  const auto waiting = platform.engine().waiting(late.id, scene_now);
  EXPECT_TRUE(waiting->hopeless);
  ASSERT_EQ(waiting->nearest, fast.centre);
  const Reason* reason = find(waiting->reasons, Constraint::deadline);
  ASSERT_NE(reason, nullptr);
  EXPECT_EQ(reason->required - reason->offered, 1);
  EXPECT_EQ(reason->text, "a task is expected to run for 1h there and may take 10m to start; the deadline, " +
                              to_text(due.finish_by) + ", is in 1h10m: 1us too late");
}

TEST(DeadlineTest, NoMoreIsHeldThanUntilTheDeadline) {
  // A wallet that pays for two hours and not for ten will do for a task whose lease ends in two hours.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  scene.wallet(scene_customer, Cny::yuan(2));
  Requirements due = wanting(Objective::cheapest, hour * 10, hour);
  scene.job(1, due);
  due.finish_by = scene_now + lease_start_allowance + hour * 2;
  const JobRow job = scene.job(1, due);
  Platform platform(scene, {a});
  EXPECT_EQ(platform.plan_jobs(scene_now), std::vector<JobId>{job.id});
}

TEST(DeadlineTest, LessIsHeldAsItComesNearer) {
  // The wallet has too little for the lease that the deadline allows now; with nothing else changed, the task goes as
  // soon as what is left of the time costs no more than that.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  scene.wallet(scene_customer, Cny::yuan(2));
  Requirements due = wanting(Objective::cheapest, hour * 10, hour);
  due.finish_by = scene_now + lease_start_allowance + hour * 3;
  scene.job(1, due);
  Platform platform(scene, {a});
  EXPECT_TRUE(platform.plan(scene_now).empty());
  EXPECT_TRUE(platform.plan(scene_now + hour - Duration::seconds(1)).empty());
  EXPECT_EQ(platform.plan(scene_now + hour).size(), 1U);
}

/// A cheap centre that is full for so long, and a dear one with room.
struct CheapIsFull {
  explicit CheapIsFull(Duration full_for) {
    cheap = scene.site("cheap", 1, 1, Cny::yuan(1));
    dear = scene.site("dear", 1, 8, Cny::yuan(5));
    scene.lease(cheap, 1, full_for);
  }
  Scene scene;
  CentreId cheap;
  CentreId dear;
};

TEST(DeadlineTest, FromItsLastCallOnAJobTakesTheBestOfWhatHasRoom) {
  // The cheap centre is expected to open in time, so the job waits for it; when there is just time to run twice it
  // waits no more. One without a deadline goes on waiting.
  CheapIsFull at(hour * 5);
  Requirements due = wanting(Objective::cheapest, hour * 2, hour);
  due.finish_by = scene_now + hour * 8;
  const JobRow job = at.scene.job(1, due);
  const JobRow patient = at.scene.job(1, wanting(Objective::cheapest, hour * 2, hour));
  Platform platform(at.scene, {at.cheap, at.dear});
  EXPECT_TRUE(platform.plan(scene_now).empty());
  const UnixTime last_call = due.finish_by - Duration::minutes(22) - hour * 4;
  EXPECT_EQ(platform.engine().wakes_at(), last_call);
  EXPECT_TRUE(platform.plan(last_call - tick).empty());
  const auto plan = platform.plan(last_call);
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].job, job.id);
  EXPECT_EQ(plan[0].placement.centre, at.dear);
  EXPECT_NE(platform.engine().waiting(patient.id, last_call), std::nullopt);
}

TEST(DeadlineTest, WhatIsLeasedAtItsLastCallMayDieAtItsEndAndRunOnceMore) {
  // Plans are as late as they may be, the lease is used to its end, and the centre that is left must fetch the inputs
  // again. How much of the wall time it is expected to run makes no difference.
  for (const Bytes inputs : {Bytes(), Bytes(6'000'000'000)}) {
    for (const Duration run_time : {Duration(), hour, hour * 2 - Duration::minutes(5), hour * 2}) {
      CheapIsFull at(hour * 5);
      const CentreId dearest = at.scene.site("dearest", 1, 8, Cny::yuan(9));
      Requirements due = wanting(Objective::cheapest, hour * 2, run_time);
      due.finish_by = scene_now + hour * 9;
      JobRow job = at.scene.job(1, due);
      job.input_bytes = inputs;
      at.scene.put(job);
      Platform platform(at.scene, {at.cheap, at.dear, dearest});
      EXPECT_TRUE(platform.plan(scene_now).empty());
      const UnixTime first = *platform.engine().wakes_at() + plan_delay_max;
      const auto plan = platform.plan(first);
      ASSERT_EQ(plan.size(), 1U);
      EXPECT_EQ(plan[0].placement.centre, at.dear);

      const UnixTime ends_at = first + needed_time(due.wall_time, staging_allowance(inputs, std::nullopt));
      TaskRow task;
      task.job = job.id;
      task.state = TaskState::waiting;
      task.attempts = 1;
      task.not_before = ends_at + lease_grace + clock_bound;
      job.next_task = 1;
      job.retrying = 1;
      platform.engine().apply({job, RowFate::live});
      platform.engine().apply({task, RowFate::live});
      PoolRow gone = at.scene.pool(at.dear, 1, 8);
      platform.engine().apply({gone, RowFate::retired});
      EXPECT_EQ(platform.plan(task.not_before + plan_delay_max).size(), 1U)
          << to_text(run_time) << ", " << inputs.value() << " bytes";
    }
  }
}

TEST(DeadlineTest, AJobWaitsOnlyForWhatOpensInTime) {
  // The cheap centre opens in five hours: with a deadline in eight the job waits for it, with one in six it does not.
  for (const int until : {8, 6}) {
    CheapIsFull at(hour * 5);
    Requirements due = wanting(Objective::cheapest, Duration::minutes(55), Duration::minutes(55));
    due.finish_by = scene_now + hour * until;
    at.scene.job(1, due);
    Platform platform(at.scene, {at.cheap, at.dear});
    EXPECT_EQ(platform.plan_centres(scene_now),
              until == 8 ? std::vector<CentreId>{} : std::vector<CentreId>{at.dear});
  }
}

TEST(DeadlineTest, QuotesTellWhatOpensTooLateAndPutItLast) {
  // The cheapest pool opens after the deadline less the run: it is quoted behind the dear one, with both figures.
  CheapIsFull at(hour * 5);
  Requirements due = wanting(Objective::cheapest, hour, hour);
  due.finish_by = scene_now + hour * 6;
  const auto quotes = at.scene.quotes(due);
  ASSERT_EQ(quotes.size(), 2U);
  EXPECT_EQ(quotes[0].centre, at.dear);
  EXPECT_TRUE(quotes[0].reasons.empty());
  const Reason* reason = find(quotes[1].reasons, Constraint::deadline);
  ASSERT_NE(reason, nullptr);
  EXPECT_TRUE(reason->passes_with_time);
  EXPECT_EQ(reason->required, (quotes[1].wait + lease_start_allowance + hour).microseconds());
  EXPECT_EQ(reason->offered, (hour * 6).microseconds());
  EXPECT_EQ(reason->text, "a task is expected to run for 1h there and may take 10m to start, and is expected to begin in 5h; "
                          "the deadline, " + to_text(due.finish_by) + ", is in 6h: 10m too late");
}

TEST(ReservationTest, ALeaseEndsBeforeItOrBeginsAfterIt) {
  // The longest task that may start before is told to the microsecond; at the end of it the pool takes anything again,
  // with nothing but time having passed.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  const UnixTime from = scene_now + hour * 2;
  ReservationRow row = reservation(a, from, from + hour);
  row.note = "new switches";
  scene.put(row);
  const Duration longest = hour * 2 - lease_start_allowance;
  const JobRow fits = scene.job(1, wanting(Objective::cheapest, longest));
  const JobRow waits = scene.job(1, wanting(Objective::cheapest, longest + tick));
  Platform platform(scene, {a});
  EXPECT_EQ(platform.plan_jobs(scene_now), std::vector<JobId>{fits.id});
  const auto waiting = platform.engine().waiting(waits.id, scene_now);
  const Reason* reason = find(waiting->reasons, Constraint::closed);
  ASSERT_NE(reason, nullptr);
  EXPECT_EQ(reason->required - reason->offered, 1);
  EXPECT_EQ(reason->text, "the provider closes the pool to all from " + to_text(from) + " until " +
                              to_text(from + hour) + " (new switches); a task that may run for 1h50m1s could begin if "
                              "that was at most 1h50m: 1us too long");
  EXPECT_EQ(platform.engine().wakes_at(), from + hour);
  EXPECT_TRUE(platform.plan(from + hour - tick).empty());
  EXPECT_EQ(platform.plan(from + hour).size(), 2U);  // the first was not taken up, and is planned again
}

TEST(ReservationTest, ThoseThatAreNamedMayUseItAtAllTimes) {
  // The named customer's job goes; that of another, otherwise the same, waits, until the reservation is taken back.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  scene.organisation(OrganisationId(3), "lab");
  scene.wallet(OrganisationId(3), Cny::yuan(1'000));
  const ReservationRow row = reservation(a, scene_now, scene_now + hour * 3, {"lab"});
  scene.put(row);
  const JobRow other = scene.job(1);
  JobRow named = scene.job(1);
  named.organisation = OrganisationId(3);
  scene.put(named);
  Platform platform(scene, {a});
  EXPECT_EQ(platform.plan_jobs(scene_now), std::vector<JobId>{named.id});
  EXPECT_EQ(platform.engine().waiting(other.id, scene_now)->reasons.at(0).text,
            "the provider closes the pool to all but those that it names, from " + to_text(row.from) + " until " +
                to_text(row.until));
  platform.engine().apply({row, RowFate::erased});
  EXPECT_EQ(platform.plan(scene_now + tick).size(), 2U);  // the first was not taken up, and is planned again
}

TEST(ReservationTest, OtherPoolsOfTheCentreStayOpen) {
  // A reservation of one pool leaves the next alone; one of the centre closes both, and a pool that comes later too.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  ReservationRow row = reservation(a, scene_now, scene_now + hour);
  row.pool = "cpu";
  scene.put(row);
  scene.pool(a, 1, 4, "new");
  scene.job(1);
  const auto plan = Platform(scene, {a}).plan(scene_now);
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].placement.pool, "new");
  row.pool.clear();
  scene.put(row);
  scene.pool(a, 1, 4, "newer");
  EXPECT_TRUE(Platform(scene, {a}).plan(scene_now).empty());
}

TEST(ReservationTest, AQuoteWaitsForItsEnd) {
  // What does not fit before it waits until it is over, and what would meet the next one until that is over too.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  scene.put(reservation(a, scene_now + hour, scene_now + hour * 2));
  ReservationRow next = reservation(a, scene_now + hour * 3, scene_now + hour * 4);
  next.id = ReservationId(51);
  scene.put(next);
  EXPECT_EQ(scene.quotes(wanting(Objective::cheapest, Duration::minutes(50)))[0].wait, Duration());
  EXPECT_EQ(scene.quotes(wanting(Objective::cheapest, Duration::minutes(50) + tick))[0].wait, hour * 4);
  Requirements later = wanting(Objective::cheapest, Duration::minutes(30));
  later.not_before = scene_now + Duration::minutes(30);
  EXPECT_EQ(scene.quotes(later)[0].wait, hour * 2);
}

TEST(ReservationTest, NoPromiseStartsInIt) {
  // Room for a wide job comes in an hour, when the pool is about to be closed: it is promised from the end of that on,
  // and meanwhile narrow ones that end before may pass.
  Scene scene;
  const CentreId a = scene.site("a", 1, 4);
  scene.lease(a, 3, hour - lease_start_allowance);
  scene.put(reservation(a, scene_now + hour * 2, scene_now + hour * 3));
  Requirements wide = wanting(Objective::fastest, hour);
  wide.resources.cores = Cores(4);
  JobRow early = scene.job(1, wide);
  early.submitted_at = scene_now - hour;
  scene.put(early);
  JobRow narrow = scene.job(1, wanting(Objective::fastest, Duration::minutes(30)));
  narrow.submitted_at = scene_now;
  scene.put(narrow);
  Platform platform(scene, {a});
  EXPECT_EQ(platform.plan_jobs(scene_now), std::vector<JobId>{narrow.id});
  EXPECT_EQ(platform.engine().waiting(early.id, scene_now)->promised_from, scene_now + hour * 3);
}

TEST(ReservationTest, APatientJobGoesElsewhereWhileItsPoolIsClosed) {
  // The fastest pool is closed for ten hours: who wants it fast takes the slower one. It is closed for a minute: that
  // is worth the wait.
  for (const Duration closed : {hour * 10, Duration::minutes(1)}) {
    Scene scene;
    PoolRow fast = scene.pool(scene.centre("fast").id, 1, 4);
    fast.core_capability = Capability(20'000);
    scene.put(fast);
    const CentreId slow = scene.site("slow", 1, 4);
    scene.put(reservation(fast.centre, scene_now, scene_now + closed));
    scene.job(1, wanting(Objective::fastest, hour * 3, hour * 2));
    EXPECT_EQ(Platform(scene, {fast.centre, slow}).plan_centres(scene_now),
              closed == hour * 10 ? std::vector<CentreId>{slow} : std::vector<CentreId>{});
  }
}

}  // namespace
}  // namespace dayan::place
