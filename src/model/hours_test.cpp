#include "model/hours.h"

#include <gtest/gtest.h>

#include "base/prng.h"
#include "model/meter.h"

namespace dayan {
namespace {

DayTime at(const char* text) { return parse_day_time(text).value(); }
UnixTime moment(const char* text) { return parse_time(text).value(); }

TEST(Hours, APercentageHoldsFromAndUntil) {
  // A night past midnight and an hour at noon: each holds from its first microsecond to the last before its end.
  const std::vector<DayHours> hours{{at("23:00"), at("07:00"), 60}, {at("12:00"), at("13:00"), 150}};
  EXPECT_EQ(percent_at(hours, moment("2026-11-22T22:59:59.999999Z")), 100);
  EXPECT_EQ(percent_at(hours, moment("2026-11-22T23:00:00Z")), 60);
  EXPECT_EQ(percent_at(hours, moment("2026-11-23T00:00:00Z")), 60);
  EXPECT_EQ(percent_at(hours, moment("2026-11-23T06:59:59.999999Z")), 60);
  EXPECT_EQ(percent_at(hours, moment("2026-11-23T07:00:00Z")), 100);
  EXPECT_EQ(percent_at(hours, moment("2026-11-23T12:30:00Z")), 150);
  EXPECT_EQ(least_percent(hours), 60);
  EXPECT_EQ(least_percent({{at("12:00"), at("13:00"), 150}}), 100);
  EXPECT_EQ(least_percent({{at("12:00"), at("13:00"), 150}, {at("13:00"), at("12:00"), 120}}), 120);
  EXPECT_EQ(least_percent({}), 100);
  EXPECT_EQ(percent_at({}, moment("2026-11-23T12:30:00Z")), 100);
}

TEST(Hours, TheNextChangeIsTheFirstMinuteWithAnotherPercentage) {
  // Against a walk along the minutes, over random windows that lie apart.
  Prng prng(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<DayHours> hours;
    std::int32_t from = static_cast<std::int32_t>(prng.below(200));
    const std::int32_t first = from;
    while (hours.size() < 5) {
      const auto until = from + 1 + static_cast<std::int32_t>(prng.below(400));
      if (until > first + DayTime::day) break;
      hours.push_back({DayTime::minutes(from % DayTime::day), DayTime::minutes(until % DayTime::day),
                       100 - 20 * static_cast<std::int32_t>(prng.below(4))});
      from = until + static_cast<std::int32_t>(prng.below(2) * prng.below(300));
    }
    Faults faults;
    check_hours("hours", hours, faults);
    ASSERT_TRUE(faults.empty()) << to_text(faults.front());
    const UnixTime now =
        moment("2026-11-22T00:00:00Z") + Duration::seconds(static_cast<std::int64_t>(prng.below(86'400)));
    std::optional<UnixTime> wanted;
    const std::int64_t minute = 60'000'000;
    for (std::int64_t i = 1; i <= DayTime::day && !wanted; ++i) {
      const UnixTime then(now.microseconds() - now.microseconds() % minute + i * minute);
      if (percent_at(hours, then) != percent_at(hours, now)) wanted = then;
    }
    EXPECT_EQ(next_percent_change(hours, now), wanted);
  }
}

TEST(Hours, OneFaultForEachMistake) {
  // A percentage out of range, a window without a length, one over another, too many: the field names which.
  const auto faults_of = [](const std::vector<DayHours>& hours) {
    Faults faults;
    check_hours("hours", hours, faults);
    return faults;
  };
  const auto only = [&](const std::vector<DayHours>& hours) {
    const Faults faults = faults_of(hours);
    return faults.size() == 1 ? faults.front().field : std::to_string(faults.size()) + " faults";
  };
  EXPECT_EQ(only({{at("23:00"), at("07:00"), 0}}), "hours[0].percent");
  EXPECT_EQ(only({{at("23:00"), at("07:00"), 1'001}}), "hours[0].percent");
  EXPECT_EQ(only({{at("23:00"), at("23:00"), 50}}), "hours[0].until");
  EXPECT_EQ(only({{at("23:00"), at("07:00"), 60}, {at("06:59"), at("08:00"), 50}}), "hours[1].from");
  EXPECT_EQ(only({{at("01:00"), at("02:00"), 60}, {at("00:00"), at("03:00"), 50}}), "hours[1].from");
  EXPECT_EQ(only(std::vector<DayHours>(25, DayHours{at("01:00"), at("02:00"), 60})), "hours");
  EXPECT_TRUE(faults_of({{at("23:00"), at("07:00"), 60}, {at("07:00"), at("23:00"), 50}}).empty());
}

TEST(Hours, AnOfferAtAnHourCostsItsPart) {
  // 60 % of each price, rounded up, so that what has a price is never free; the offer stays the same one.
  OfferRow offer;
  offer.id = OfferId(7);
  offer.core_hour = Cny::micro(1);
  offer.card_hour = Cny::yuan(10);
  offer.hours = {{at("23:00"), at("07:00"), 60}};
  const OfferRow night = offer_at(offer, moment("2026-11-22T23:30:00Z"));
  EXPECT_EQ(night.id, offer.id);
  EXPECT_EQ(night.card_hour, Cny::yuan(6));
  EXPECT_EQ(night.core_hour, Cny::micro(1));
  EXPECT_TRUE(night.gb_hour.is_zero());
  EXPECT_EQ(offer_at(offer, moment("2026-11-22T12:00:00Z")).card_hour, Cny::yuan(10));
}

}  // namespace
}  // namespace dayan
