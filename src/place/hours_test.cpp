#include <gtest/gtest.h>

#include "place/scene_for_tests.h"

/// Prices and carbon by hours of the day, and jobs that wait for one. incremental_test holds them together.

namespace dayan::place {
namespace {

constexpr Duration tick = Duration::microseconds(1);
constexpr Duration hour = Duration::hours(1);
/// scene_now is eight o'clock.
constexpr UnixTime nine = scene_now + hour;
constexpr UnixTime ten = scene_now + hour * 2;

class HoursTest : public testing::Test {
 protected:
  /// A centre with one pool of so many cores, at so many yuan a core hour; from nine to ten so many percent of it.
  CentreId centre(const std::string& name, std::int32_t yuan, std::int32_t percent, std::int64_t cores = 4) {
    const CentreId id = scene_.centre(name).id;
    OfferRow row = scene_.offer(id, Cny::yuan(yuan), 2);
    row.hours = {{DayTime::minutes(9 * 60), DayTime::minutes(10 * 60), percent}};
    scene_.put(row);
    scene_.pool(id, 1, cores);
    centres_.push_back(id);
    return id;
  }
  /// An hour of one core, to be over by then.
  static Requirements due(UnixTime finish_by, Objective objective = Objective::cheapest) {
    Requirements wanted = Scene::small();
    wanted.objective = objective;
    wanted.finish_by = finish_by;
    return wanted;
  }
  std::vector<Assignment> plan(UnixTime now) {
    if (engine_ == nullptr) engine_ = scene_.engine();
    return plan_at(*engine_, centres_, now);
  }

  Scene scene_;
  std::vector<CentreId> centres_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(HoursTest, PricesAreThoseOfTheHour) {
  // What is quoted, what a placement costs and when the next hour begins, on both sides of nine and of ten.
  centre("guian", 2, 60);
  scene_.job(1);
  ASSERT_EQ(plan(scene_now).size(), 1U);
  struct Case {
    UnixTime now;
    Cny cost;
    NextPrice next;
  };
  const UnixTime tomorrow = nine + Duration::hours(24);
  for (const Case& each : {Case{nine - tick, Cny::yuan(2), {nine, 60, Cny::micro(1'200'000)}},
                           Case{nine, Cny::micro(1'200'000), {ten, 100, Cny::yuan(2)}},
                           Case{ten - tick, Cny::micro(1'200'000), {ten, 100, Cny::yuan(2)}},
                           Case{ten, Cny::yuan(2), {tomorrow, 60, Cny::micro(1'200'000)}}}) {
    const auto plans = plan(each.now);  // nothing has come of the plan before
    ASSERT_EQ(plans.size(), 1U);
    EXPECT_EQ(plans[0].placement.task_cost, each.cost);
    const auto quotes = engine_->quotes({scene_customer, Scene::small(), 1, 0}, each.now);
    ASSERT_EQ(quotes.size(), 1U);
    EXPECT_EQ(quotes[0].task_cost, each.cost);
    EXPECT_EQ(quotes[0].next_price, each.next);
    EXPECT_EQ(engine_->wakes_at(), each.next.from);
  }
}

TEST_F(HoursTest, AJobWithADeadlineWaitsForTheCheaperHour) {
  // Nothing changes but time; it says what it waits for, in money. Without a deadline, or when it is for speed, it starts
  // at once.
  const CentreId guian = centre("guian", 2, 60);
  const JobRow patient = scene_.job(1, due(scene_now + hour * 6));
  scene_.job(1, due(UnixTime()));
  scene_.job(1, due(scene_now + hour * 6, Objective::fastest));
  scene_.job(1, due(scene_now + hour * 6, Objective::balanced));
  EXPECT_EQ(plan(scene_now).size(), 3U);
  const auto waiting = engine_->waiting(patient.id, scene_now);
  ASSERT_EQ(waiting->reasons.size(), 1U);
  EXPECT_EQ(waiting->reasons[0].constraint, Constraint::hour);
  EXPECT_EQ(waiting->reasons[0].required, 1'200'000);
  EXPECT_EQ(waiting->reasons[0].offered, 2'000'000);
  EXPECT_EQ(waiting->reasons[0].text, "waits for the cheaper hour of guian, from " + to_text(nine) +
                                          " on: a task then comes to 1.2 yuan instead of 2");
  EXPECT_EQ(waiting->nearest, guian);
  EXPECT_FALSE(waiting->hopeless);
  for (const Assignment& each : plan(nine - tick)) EXPECT_NE(each.job, patient.id);
  const auto plans = plan(nine);
  ASSERT_EQ(plans.size(), 4U);
  EXPECT_EQ(plans[0].job, patient.id);
  EXPECT_EQ(plans[0].placement.task_cost, Cny::micro(1'200'000));
}

TEST_F(HoursTest, TheLastCallIsNotWaitedPast) {
  // The hour begins at the last call, or a microsecond after: then it would have no reserve, and starts now.
  centre("guian", 2, 60);
  const UnixTime in_time = nine + Duration::minutes(22) + hour * 2;
  scene_.job(1, due(in_time));
  const JobRow hurried = scene_.job(1, due(in_time - tick));
  const auto plans = plan(scene_now);
  ASSERT_EQ(plans.size(), 1U);
  EXPECT_EQ(plans[0].job, hurried.id);
}

TEST_F(HoursTest, WhatIsAboutAsGoodIsNotWaitedFor) {
  // Five parts in a hundred and five: 96 % is as good, 95 % is not.
  centre("guian", 2, 96);
  const JobRow job = scene_.job(1, due(scene_now + hour * 6));
  EXPECT_EQ(plan(scene_now).size(), 1U);
  scene_ = Scene();
  engine_.reset();
  centres_.clear();
  centre("guian", 2, 95);
  scene_.job(1, due(scene_now + hour * 6));
  EXPECT_TRUE(plan(scene_now).empty()) << to_text(job.id);
}

TEST_F(HoursTest, TheHourMayBeOfAnotherCentreThatHasRoomInIt) {
  // The dear centre is the cheaper one at nine. While a lease there lasts until ten, its hour is of no use.
  const CentreId near = centre("near", 3, 100);
  const CentreId far = centre("far", 5, 40, 1);
  const JobRow job = scene_.job(1, due(scene_now + hour * 12));
  EXPECT_TRUE(plan(scene_now).empty());
  EXPECT_EQ(engine_->waiting(job.id, scene_now)->nearest, far);
  LeaseRow lease = scene_.lease(far, 1, Duration::minutes(49));
  lease.granted_at = scene_now;
  engine_->apply({lease, RowFate::live});
  EXPECT_TRUE(plan(scene_now + Duration::seconds(1)).empty()) << "it is expected to be over a minute before nine";
  engine_->apply({lease, RowFate::retired});
  lease = scene_.lease(far, 1, Duration::minutes(125));
  engine_->apply({lease, RowFate::live});
  const auto plans = plan(scene_now + Duration::seconds(3));
  ASSERT_EQ(plans.size(), 1U);
  EXPECT_EQ(plans[0].placement.centre, near);
}

TEST_F(HoursTest, ANewOfferEndsTheWait) {
  // The provider publishes prices without hours: what waited for one starts with the next plan.
  const CentreId guian = centre("guian", 2, 60);
  const JobRow job = scene_.job(1, due(scene_now + hour * 6));
  EXPECT_TRUE(plan(scene_now).empty());
  engine_->apply({scene_.offer(guian, Cny::yuan(2), 3), RowFate::live});
  EXPECT_EQ(plan(scene_now + tick).size(), 1U);
  const UnixTime last_call = job.requirements.finish_by - Duration::minutes(22) - hour * 2;
  EXPECT_EQ(engine_->wakes_at(), last_call) << "nothing else";
}

TEST_F(HoursTest, TheGreenestWaitsForTheGreenerHour) {
  // The grid has half the carbon at nine; the cheapest does not care.
  CentreRow row = scene_.centre("guian");
  row.pue = 1'000;
  row.carbon = 400;
  row.carbon_hours = {{DayTime::minutes(9 * 60), DayTime::minutes(10 * 60), 50}};
  scene_.put(row);
  PoolRow pool = scene_.pool(row.id, 1, 4);
  pool.core_power = Milliwatts(5'000);
  scene_.put(pool);
  centres_.push_back(row.id);
  const JobRow green = scene_.job(1, due(scene_now + hour * 6, Objective::greenest));
  const JobRow cheap = scene_.job(1, due(scene_now + hour * 6));
  auto plans = plan(scene_now);
  ASSERT_EQ(plans.size(), 1U);
  EXPECT_EQ(plans[0].job, cheap.id);
  EXPECT_EQ(plans[0].placement.carbon, Milligrams(2'000));
  const auto waiting = engine_->waiting(green.id, scene_now);
  ASSERT_EQ(waiting->reasons.size(), 1U);
  EXPECT_EQ(waiting->reasons[0].text, "waits for the greener hour of guian, from " + to_text(nine) +
                                          " on: a task then comes to 1000 mg of CO2 instead of 2000");
  plans = plan(nine);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[0].placement.carbon, Milligrams(1'000));
}

TEST_F(HoursTest, MoneyThatDoesForTheHourIsWaitedFor) {
  // The wallet pays for no lease at the usual price; at nine it does, though nothing but time has passed.
  scene_.wallet(scene_customer, Cny::micro(1'500'000));
  centre("guian", 2, 60);
  scene_.job(1, due(UnixTime()));
  EXPECT_TRUE(plan(scene_now).empty());
  EXPECT_EQ(plan(nine).size(), 1U);
}

}  // namespace
}  // namespace dayan::place
