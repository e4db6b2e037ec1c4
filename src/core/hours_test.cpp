#include "core/platform_for_tests.h"
#include "model/meter.h"

/// Prices by hours of the day: what is held, charged and asked for.

namespace dayan::core {
namespace {

class HoursTest : public SmallPlatform {
 protected:
  /// Sixty percent from nine to ten; it is eight.
  PublishOffer offer() const {
    return {OfferId(11), "guian", Cny::yuan(1), Cny(), Cny(), {{DayTime::minutes(540), DayTime::minutes(600), 60}}};
  }
  JobId submit(std::int64_t id) {
    must(as("weather"), SubmitJob{JobId(id), "default", spec(1)});
    return JobId(id);
  }
  LeaseRow lease(JobId job) {
    EXPECT_TRUE(plan({assign(job, 0, 10)}).stale.empty());
    return *state_.leases.find({job, 0, 1});
  }
  /// What the attempt's lines say when it ends after half an hour, at a price for an hour of a core.
  std::pair<Cny, Cny> charged(JobId job, UnixTime at) {
    now_ = at;
    const auto decided = must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(30))));
    for (const Event& event : decided.events) {
      const auto* settled = std::get_if<AttemptSettled>(&event);
      if (settled != nullptr) return {settled->charges.at(0).price_amount, settled->charges.at(0).amount};
    }
    return {};
  }
  const UnixTime nine_{1'800'003'600'000'000};
};

TEST_F(HoursTest, ALeaseKeepsThePriceOfTheHourOfItsGrant) {
  // One leased just before nine and one at nine: held and charged at the full price, and at sixty percent, though both
  // run on into the other's hour.
  must(as("guizhou"), offer());
  const JobId before = submit(100);
  const JobId at_nine = submit(101);
  now_ = nine_ - Duration::seconds(2);
  EXPECT_EQ(lease(before).held, Cny::yuan(1));
  EXPECT_EQ(lease(at_nine).granted_at, nine_);
  EXPECT_EQ(state_.leases.find({at_nine, 0, 1})->held, Cny::micro(600'000));
  const UnixTime end = nine_ + Duration::minutes(90);
  EXPECT_EQ(charged(before, end), std::pair(Cny::yuan(1), Cny::micro(500'000)));
  EXPECT_EQ(charged(at_nine, end + Duration::seconds(1)), std::pair(Cny::micro(600'000), Cny::micro(300'000)));
}

TEST_F(HoursTest, WhatTheCheapestHourPaysForMayBeSubmitted) {
  // The wallet has enough for no hour but the cheapest: whether it will have more until then, nobody knows.
  PublishOffer dear = offer();
  dear.core_hour = Cny::yuan(160);
  must(as("guizhou"), dear);
  submit(100);
  dear.id = OfferId(12);
  dear.hours[0].percent = 63;
  must(as("guizhou"), dear);
  JobSpec made;
  made.name = "shot";
  made.requirements.wall_time = Duration::hours(1);
  made.payload.command = {"true"};
  const auto refused = run(as("weather"), SubmitJob{JobId(101), "default", made});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, RefusalReason::insufficient_funds);
}

TEST_F(HoursTest, HoursAreCheckedAndKept) {
  // Each fault of a list is named with its place in it; what is told is in the rows.
  PublishOffer bad = offer();
  bad.hours.push_back({DayTime::minutes(599), DayTime::minutes(700), 0});
  const auto refused = run(as("guizhou"), bad);
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().faults.size(), 2U);
  EXPECT_EQ(refused.error().faults[0].field, "hours[1].percent");
  EXPECT_EQ(refused.error().faults[1].field, "hours[1].from");
  must(as("guizhou"), offer());
  EXPECT_EQ(state_.offers.find({OfferId(11)})->hours, offer().hours);
  UpdateCentre told;
  told.centre = "guian";
  told.carbon_hours = offer().hours;
  const auto of_what = run(as("guizhou"), told);
  ASSERT_FALSE(of_what);
  EXPECT_EQ(of_what.error().faults.at(0).field, "carbon");
  told.carbon = 400;
  must(as("guizhou"), told);
  EXPECT_EQ(state_.centres.find({CentreId(10)})->carbon_hours, offer().hours);
  EXPECT_TRUE(must(as("guizhou"), told).events.empty()) << "nothing is new";
}

}  // namespace
}  // namespace dayan::core
