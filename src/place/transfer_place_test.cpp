#include <gtest/gtest.h>

#include <algorithm>

#include "base/prng.h"
#include "place/scene_for_tests.h"

/// Data in placement: what a transfer takes and costs, which pools it makes better, and what is told of it.

namespace dayan::place {
namespace {

constexpr std::int64_t gigabyte = 1'000'000'000;

/// Two like centres at one price an hour; what differs is the link and the price of a GB.
class TransferScene : public Scene {
 public:
  CentreId linked(const std::string& name, std::optional<Bandwidth> bandwidth, Cny transfer_gb = Cny(),
                  Cny core_hour = Cny::yuan(1)) {
    CentreRow row = centre(name, core_hour);
    row.bandwidth = bandwidth;
    put(row);
    OfferRow priced = offer(row.id, core_hour, 2);
    priced.transfer_gb = transfer_gb;
    put(priced);
    pool(row.id, 4, 8);
    return row.id;
  }
  JobRow job_with(std::int64_t bytes, Objective objective, std::int32_t count = 1) {
    Requirements needs = small();
    needs.run_time = Duration::hours(1);
    needs.objective = objective;
    JobRow row = job(count, needs);
    row.input_bytes = Bytes(bytes);
    put(row);
    return row;
  }
  [[nodiscard]] std::vector<Quote> asked(std::int64_t bytes, Objective objective, std::int32_t count = 1) const {
    Requirements needs = small();
    needs.run_time = Duration::hours(1);
    needs.objective = objective;
    Question question{scene_customer, needs, count, 0};
    question.input_bytes = Bytes(bytes);
    return engine()->quotes(question, scene_now);
  }
};

std::string best(const std::vector<Quote>& quotes) { return quotes.front().centre_name; }

TEST(TransferPlaceTest, AQuoteTellsTimeAndPriceOfTheInputsOnce) {
  // 12 GB at 100 MB/s and 0.05 yuan a GB: two minutes and 0.60 yuan for the job of three tasks, in its wait, its end, its
  // cost and its first hold, to the unit; the cost of a task is its run alone.
  TransferScene scene;
  scene.linked("north", Bandwidth(100'000'000), Cny::micro(50'000));
  const Quote quote = scene.asked(12 * gigabyte, Objective::balanced, 3).front();
  EXPECT_EQ(quote.transfer.bytes, Bytes(12 * gigabyte));
  EXPECT_EQ(quote.transfer.bandwidth, Bandwidth(100'000'000));
  EXPECT_EQ(quote.transfer.time, Duration::minutes(2));
  EXPECT_EQ(quote.transfer.cost, Cny::micro(600'000));
  EXPECT_EQ(quote.wait, Duration::minutes(2));
  EXPECT_EQ(quote.finish, Duration::minutes(62));
  EXPECT_EQ(quote.task_cost, Cny::yuan(1));
  EXPECT_EQ(quote.task_hold, Cny::micro(1'600'000));
  EXPECT_EQ(quote.job_cost, Cny::micro(3'600'000));
}

TEST(TransferPlaceTest, AnUnknownLinkIsUnknownAndRanksAsNone) {
  // Nothing is made up where nobody knows: no time is told or added, and it stands beside a link that takes none.
  TransferScene scene;
  scene.linked("known", Bandwidth(100'000'000));
  scene.linked("unknown", std::nullopt);
  const auto quotes = scene.asked(12 * gigabyte, Objective::fastest);
  EXPECT_EQ(best(quotes), "unknown");
  EXPECT_EQ(quotes[0].transfer.bytes, Bytes(12 * gigabyte));
  EXPECT_FALSE(quotes[0].transfer.time);
  EXPECT_EQ(quotes[0].finish, Duration::hours(1));
}

TEST(TransferPlaceTest, WithoutInputsNothingIsToldAndNothingChanges) {
  // Links and prices of data are no matter to a job that brings none.
  TransferScene scene;
  scene.linked("a-slow-and-dear", Bandwidth(1), Cny::yuan(100));
  scene.linked("b", Bandwidth(100'000'000'000));
  for (const Objective objective : {Objective::cheapest, Objective::fastest, Objective::balanced}) {
    const auto quotes = scene.asked(0, objective);
    EXPECT_EQ(best(quotes), "a-slow-and-dear") << "ties go by name";
    EXPECT_EQ(quotes[0].transfer, Transfer{});
    EXPECT_EQ(quotes[0].job_cost, quotes[1].job_cost);
    EXPECT_EQ(quotes[0].finish, quotes[1].finish);
  }
}

/// Where the plan puts a job, by the names that the quotes give.
std::string placed(TransferScene& scene, const JobRow& job) {
  auto engine = scene.engine();
  const std::vector<Assignment> plan = engine->plan(scene_now, 100);
  const auto mine = std::find_if(plan.begin(), plan.end(), [&](const Assignment& each) { return each.job == job.id; });
  if (mine == plan.end()) return "";
  for (const Quote& quote : engine->quotes(job.id, scene_now)) {
    if (quote.centre == mine->placement.centre) return quote.centre_name;
  }
  return "?";
}

TEST(TransferPlaceTest, PlansGoWhereTheSumIsBest) {
  // An hour's work at 1 yuan beside 100 GB that take 1,000 s or a day to cross, or cost 0 or 50 yuan: the fastest goes
  // where data cross soonest although an hour costs more there, the cheapest where run and data cost least together, and
  // the balanced to neither extreme. Without inputs each goes to the cheap core that is as fast.
  const auto scene_of = [] {
    TransferScene scene;
    scene.linked("far", Bandwidth(1'200'000), Cny(), Cny::yuan(1));
    scene.linked("dear-data", Bandwidth(10'000'000'000), Cny::micro(500'000), Cny::yuan(1));
    scene.linked("near", Bandwidth(100'000'000), Cny::micro(10'000), Cny::yuan(3));
    return scene;
  };
  for (const std::int64_t bytes : {std::int64_t{0}, 100 * gigabyte}) {
    const auto place_of = [&](Objective objective) {
      TransferScene scene = scene_of();
      const JobRow job = scene.job_with(bytes, objective);
      return placed(scene, job);
    };
    const bool has_data = bytes > 0;
    EXPECT_EQ(place_of(Objective::fastest), "dear-data");
    EXPECT_EQ(place_of(Objective::cheapest), has_data ? "far" : "dear-data");
    EXPECT_EQ(place_of(Objective::balanced), has_data ? "near" : "dear-data");
  }
  EXPECT_EQ(best(scene_of().asked(100 * gigabyte, Objective::balanced)), "near");
}

TEST(TransferPlaceTest, ALargeArrayPaysForItsInputsOnce) {
  // 10 yuan of data make a pool of cheap cores dear for one task of an hour, and not for a hundred.
  const auto place_of = [](std::int32_t count) {
    TransferScene scene;
    scene.linked("cheap-cores", std::nullopt, Cny::micro(100'000), Cny::yuan(1));
    scene.linked("free-data", std::nullopt, Cny(), Cny::yuan(2));
    const JobRow job = scene.job_with(100 * gigabyte, Objective::cheapest, count);
    return placed(scene, job);
  };
  EXPECT_EQ(place_of(1), "free-data");
  EXPECT_EQ(place_of(100), "cheap-cores");
}

TEST(TransferPlaceTest, TheFirstTaskOfAPlanHoldsForAll) {
  // A wallet of 13 yuan pays 10 for the inputs and three hours of a core: three tasks of one plan, not one, and not four.
  TransferScene scene;
  scene.wallet(scene_customer, Cny::yuan(13));
  scene.linked("only", Bandwidth(100'000'000), Cny::micro(100'000));
  (void)scene.job_with(100 * gigabyte, Objective::cheapest, 20);
  const auto plan = scene.plan();
  ASSERT_EQ(plan.size(), 3U);
  EXPECT_EQ(plan[0].placement.transfer.cost, Cny::yuan(10));
  EXPECT_EQ(plan[0].placement.expected_start, scene_now + Duration::seconds(1'000));
  EXPECT_EQ(plan[1].placement.transfer.cost, Cny());
  EXPECT_EQ(plan[1].placement.transfer.time, Duration::seconds(1'000));
}

TEST(TransferPlaceTest, WhatIsThereCrossesNoMoreAndIsHeldForNoMore) {
  // Once an attempt of the job has had them all and they are paid: no time, no cost, no hold; elsewhere all of it.
  TransferScene scene;
  const CentreId there = scene.linked("there", Bandwidth(1'000'000), Cny::micro(100'000));
  scene.linked("elsewhere", Bandwidth(1'000'000), Cny::micro(100'000));
  const JobRow job = scene.job_with(100 * gigabyte, Objective::fastest, 2);
  scene.put(TransferRow{job.id, there, Bytes(100 * gigabyte), true, false, true});
  for (const Quote& quote : scene.engine()->quotes(job.id, scene_now)) {
    const bool is_there = quote.centre_name == "there";
    EXPECT_EQ(quote.rank, is_there ? 1 : 2);
    EXPECT_EQ(quote.transfer.bytes, Bytes(is_there ? 0 : 100 * gigabyte));
    EXPECT_EQ(quote.transfer.time, Duration::seconds(is_there ? 0 : 100'000));
    EXPECT_EQ(quote.transfer.cost, Cny::yuan(is_there ? 0 : 10));
    EXPECT_EQ(quote.task_hold, Cny::yuan(is_there ? 1 : 11));
  }
}

TEST(TransferPlaceTest, InputsMustCrossBeforeTheDeadline) {
  // 200 s of staging, ten minutes to start and an hour's run: a deadline a microsecond sooner rules the pool out, and says
  // by how much; the quote and the plan agree.
  TransferScene scene;
  scene.linked("only", Bandwidth(100'000'000));
  JobRow job = scene.job_with(20 * gigabyte, Objective::fastest);
  job.requirements.finish_by = scene_now + Duration::seconds(200 + 600 + 3'600);
  scene.put(job);
  EXPECT_EQ(scene.plan().size(), 1U);
  job.requirements.finish_by = job.requirements.finish_by - Duration::microseconds(1);
  scene.put(job);
  EXPECT_TRUE(scene.plan().empty());
  const Quote quote = scene.engine()->quotes(job.id, scene_now).front();
  ASSERT_FALSE(quote.feasible);
  const auto late = std::find_if(quote.reasons.begin(), quote.reasons.end(),
                                 [](const Reason& each) { return each.constraint == Constraint::deadline; });
  ASSERT_NE(late, quote.reasons.end());
  EXPECT_EQ(late->required - late->offered, 1);
  EXPECT_NE(late->text.find("its inputs 3m20s to cross"), std::string::npos) << late->text;
}

TEST(TransferPlaceTest, AClosingPoolIsToldByTheWallTimeThatWouldFit) {
  // What a lease is given for its inputs counts before the closing: the reason names the wall time that would do.
  TransferScene scene;
  const CentreId only = scene.linked("only", Bandwidth(100'000'000));
  ReservationRow closing;
  closing.id = ReservationId(1);
  closing.centre = only;
  closing.from = scene_now + Duration::seconds(200 + 600) + Duration::minutes(59);
  closing.until = closing.from + Duration::hours(1);
  scene.put(closing);
  JobRow job = scene.job_with(20 * gigabyte, Objective::fastest);
  EXPECT_TRUE(scene.plan().empty());
  const Quote quote = scene.engine()->quotes(job.id, scene_now).front();
  ASSERT_EQ(quote.reasons.size(), 1U);
  EXPECT_EQ(quote.reasons[0].constraint, Constraint::closed);
  job.requirements.wall_time = Duration::microseconds(quote.reasons[0].offered);
  job.requirements.run_time = Duration::minutes(1);
  scene.put(job);
  EXPECT_EQ(scene.plan().size(), 1U);
  job.requirements.wall_time = job.requirements.wall_time + Duration::microseconds(1);
  scene.put(job);
  EXPECT_TRUE(scene.plan().empty());
}

TEST(TransferPlaceTest, ThePriceCapCountsTheInputsOnce) {
  // 10 yuan of data and two hours of a core: a cap of 12 lets it begin, one of a micro-yuan less does not.
  TransferScene scene;
  scene.linked("only", Bandwidth(100'000'000), Cny::micro(100'000));
  JobRow job = scene.job_with(100 * gigabyte, Objective::cheapest, 2);
  job.requirements.price_cap = Cny::yuan(12);
  scene.put(job);
  EXPECT_EQ(scene.plan().size(), 2U);
  job.requirements.price_cap = Cny::yuan(12) - Cny::micro(1);
  scene.put(job);
  EXPECT_TRUE(scene.plan().empty());
}

TEST(TransferPlaceTest, AGigabyteCostsTheSameAtAllHoursAndForReclaimableWork) {
  // Half price at this hour, and of that a quarter for work that may be taken back: 0.125 yuan for an hour of a core and
  // the whole 10 yuan for its inputs, in the quote and in what the plan holds, to the micro-yuan.
  TransferScene scene;
  const CentreId only = scene.linked("only", Bandwidth(100'000'000));
  OfferRow offer = scene.offer(only, Cny::yuan(1), 3);
  offer.transfer_gb = Cny::micro(100'000);
  offer.hours = {{day_time_of(scene_now), DayTime::minutes(day_time_of(scene_now).minutes() + 60), 50}};
  offer.reclaimable_part = 250;
  scene.put(offer);
  JobRow job = scene.job_with(100 * gigabyte, Objective::cheapest, 3);
  job.requirements.reclaimable = true;
  scene.put(job);
  const Quote quote = scene.engine()->quotes(job.id, scene_now).front();
  EXPECT_EQ(quote.task_cost, Cny::micro(125'000));
  EXPECT_EQ(quote.transfer.cost, Cny::yuan(10));
  EXPECT_EQ(quote.task_hold, Cny::micro(10'125'000));
  EXPECT_EQ(quote.job_cost, Cny::micro(10'375'000));
  EXPECT_EQ(quote.price_cap_min, Cny::micro(10'375'000));
  scene.wallet(scene_customer, Cny::micro(10'250'000));
  EXPECT_EQ(scene.plan().size(), 2U);
  scene.wallet(scene_customer, Cny::micro(10'124'999));
  EXPECT_TRUE(scene.plan().empty());
}

TEST(TransferPlaceTest, TheLeastPriceCapIsThatOfTheQuote) {
  // Random prices and inputs: with the cap that the quote names it could run there, and one task with no less.
  Prng random(15);
  for (int round = 0; round < 300; ++round) {
    TransferScene scene;
    scene.linked("only", Bandwidth(100'000'000), Cny::micro(random.between(0, 300'000)),
                 Cny::micro(random.between(1, 3'000'000)));
    Requirements needs = Scene::small();
    needs.wall_time = Duration::microseconds(random.between(1'000'000, 9'000'000'000));
    if (random.chance(1, 2)) needs.run_time = Duration::microseconds(random.between(1'000'000, 9'000'000'000));
    Question question{scene_customer, needs, static_cast<std::int32_t>(random.between(1, 4)), 0};
    question.input_bytes = Bytes(random.between(0, 50 * gigabyte));
    const Quote quote = scene.engine()->quotes(question, scene_now)[0];
    EXPECT_GE(quote.price_cap_min, quote.job_cost);
    EXPECT_GE(quote.price_cap_min, quote.task_hold);
    question.requirements.price_cap = quote.price_cap_min;
    EXPECT_TRUE(scene.engine()->quotes(question, scene_now)[0].feasible);
    if (question.count > 1) continue;
    question.requirements.price_cap = quote.price_cap_min - Cny::micro(1);
    EXPECT_FALSE(scene.engine()->quotes(question, scene_now)[0].feasible);
  }
}

TEST(TransferPlaceTest, RunnersUpTellTheirTransferToo) {
  // What is kept of a placement says for the chosen centre and the next ones what data would have taken.
  TransferScene scene;
  scene.linked("near", Bandwidth(1'000'000'000), Cny::micro(10'000));
  scene.linked("far", Bandwidth(10'000'000), Cny::micro(20'000));
  (void)scene.job_with(100 * gigabyte, Objective::fastest);
  const auto plan = scene.plan();
  ASSERT_EQ(plan.size(), 1U);
  const PlacementRow& row = plan[0].placement;
  EXPECT_EQ(row.transfer.time, Duration::seconds(100));
  ASSERT_EQ(row.runners_up.size(), 1U);
  EXPECT_EQ(row.runners_up[0].transfer.time, Duration::seconds(10'000));
  EXPECT_EQ(row.runners_up[0].transfer.cost, Cny::yuan(2));
  EXPECT_EQ(row.runners_up[0].finish, Duration::seconds(10'000) + Duration::hours(1));
}

TEST(TransferPlaceTest, LikeJobsOfLikeDataAreOneClass) {
  // A measured link reaches the ranking of jobs that wait: those with data move, those without stay.
  TransferScene scene;
  const CentreRow fast = scene.centre("b-fast");
  scene.pool(fast.id, 1, 1);
  const CentreRow other = scene.centre("a-other");
  scene.pool(other.id, 1, 1);
  auto engine = scene.engine();
  CentreRow measured = other;
  measured.bandwidth = Bandwidth(10'000'000'000);
  measured.bandwidth_measured = Bandwidth(1'000'000);
  engine->apply({measured, RowFate::live});
  Requirements needs = Scene::small();
  needs.run_time = Duration::minutes(1);
  needs.objective = Objective::fastest;
  Question question{scene_customer, needs, 1, 0};
  question.input_bytes = Bytes(10 * gigabyte);
  EXPECT_EQ(best(engine->quotes(question, scene_now)), "b-fast");
  question.input_bytes = Bytes();
  EXPECT_EQ(best(engine->quotes(question, scene_now)), "a-other");
  EXPECT_EQ(engine->broken_invariant(), std::nullopt);
}

}  // namespace
}  // namespace dayan::place
