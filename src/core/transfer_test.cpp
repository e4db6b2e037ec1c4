#include "core/platform_for_tests.h"
#include "model/run_time.h"
#include "model/transfer.h"

/// Inputs: what is held and charged for them, and the time that they take.

namespace dayan::core {
namespace {

constexpr std::int64_t gigabyte = 1'000'000'000;

/// A customer whose job has 20 GB of inputs, and two centres: one at 100 MB/s that asks 0.10 yuan a GB moved in, one of
/// which nothing is known and that gives data away.
class TransferTest : public testing::Test, protected TestPlatform {
 protected:
  TransferTest() : TestPlatform(UnixTime(1'000'000'000'000'000)) {
    must(as("root"), organisation(2, "studio", true, false));
    must(as("root"), organisation(3, "guizhou", false, true));
    PublishOffer offer{OfferId(10), "guian", Cny::yuan(1), Cny(), Cny()};
    offer.transfer_gb = Cny::micro(100'000);
    add_centre(CentreId(10), "guizhou", offer, batch(4));
    add_centre(CentreId(11), "guizhou", {OfferId(11), "shanghai", Cny::yuan(1), Cny(), Cny()}, batch(4));
    UpdateCentre told;
    told.centre = "guian";
    told.bandwidth = Bandwidth(100'000'000);
    must(as("guizhou"), told);
    must(as("root"), TopUpWallet{"studio", Cny::yuan(20), "bank 1"});
  }

  static JobSpec spec(std::int32_t count) {
    JobSpec made = TestPlatform::spec(count);
    made.payload.inputs = {{"scene", sha256("scene"), Bytes(15 * gigabyte)},
                           {"textures", sha256("t"), Bytes(5 * gigabyte)},
                           {"again", sha256("scene"), Bytes(15 * gigabyte)}};
    return made;
  }
  void submit(const JobSpec& spec, std::int64_t id = 100) {
    must(as("studio"), SubmitJob{JobId(id), "default", spec});
  }
  Decision place(std::int32_t task, std::int64_t centre, std::int64_t job = 100) {
    return plan({assign(JobId(job), task, centre)});
  }
  const LeaseRow& lease(std::int32_t task, std::int32_t number = 1) const {
    return *state_.leases.find({JobId(100), task, number});
  }
  const TransferRow& transfer(std::int64_t centre) const {
    return *state_.transfers.find({JobId(100), CentreId(centre)});
  }
  AttemptReport said(std::int32_t task, AttemptState state, std::int64_t fetched, std::int32_t number = 1) const {
    AttemptReport made;
    made.attempt = {JobId(100), task, number};
    made.state = state;
    made.fetched = Bytes(fetched);
    made.fetch_time = Duration::seconds(fetched / 50'000'000);
    if (state != AttemptState::ended) return made;
    made.outcome = Outcome::exited;
    made.engine_run = Duration::minutes(6);
    return made;
  }
  Decision report(AttemptReport one, const std::string& centre = "guian") {
    return must(as("agent " + centre), TestPlatform::report(centre, std::move(one)));
  }
  static Cny charged(const Decision& decided, Meter meter) {
    Cny sum;
    for (const Event& event : decided.events) {
      if (const auto* settled = std::get_if<AttemptSettled>(&event)) {
        for (const ChargeRow& line : settled->charges) sum += line.meter == meter ? line.amount : Cny();
      }
    }
    return sum;
  }
};

TEST_F(TransferTest, TheFirstLeaseAtACentreHoldsForTheInputsAndTheOthersDoNot) {
  // 20 GB at 0.10 yuan are 2 yuan, beside an hour of a core; the second task there, and those where data are free, hold
  // for the core alone.
  submit(spec(3));
  place(0, 10);
  place(1, 10);
  place(2, 11);
  EXPECT_EQ(lease(0).held, Cny::yuan(3));
  EXPECT_EQ(lease(0).transfer, Bytes(20 * gigabyte));
  EXPECT_EQ(lease(1).held, Cny::yuan(1));
  EXPECT_EQ(lease(1).transfer, Bytes());
  EXPECT_EQ(lease(2).held, Cny::yuan(1));
  EXPECT_TRUE(transfer(10).is_held);
}

TEST_F(TransferTest, WhatCrossedIsChargedOnceForTheJob) {
  // Two tasks stage at once, and each fetches a part: the lease that covers the inputs is charged for both parts, 0.10
  // yuan a GB, and the other for its run alone; a third task later is not held for them again.
  submit(spec(3));
  place(0, 10);
  place(1, 10);
  report(said(0, AttemptState::running, 12 * gigabyte));
  report(said(1, AttemptState::running, 7 * gigabyte));
  now_ = now_ + Duration::minutes(6);
  const Decision first = report(said(0, AttemptState::ended, 12 * gigabyte));
  EXPECT_EQ(charged(first, Meter::transfer), Cny::micro(1'900'000));
  EXPECT_EQ(charged(first, Meter::core_time), Cny::micro(100'000));
  EXPECT_EQ(charged(report(said(1, AttemptState::ended, 7 * gigabyte)), Meter::transfer), Cny());
  place(2, 10);
  EXPECT_EQ(lease(2).held, Cny::yuan(1));
  EXPECT_TRUE(transfer(10).is_settled);
}

TEST_F(TransferTest, WhatWasTakenBackBeforeItBeganHasNotHadThem) {
  // 5 of 20 GB have crossed when the room is taken back: the next attempt there is given time for the other 15. One that
  // had begun had them all.
  JobSpec willing = spec(2);
  willing.requirements.reclaimable = true;
  submit(willing);
  submit(TestPlatform::spec(1), 101);
  place(0, 10);
  place(1, 11);
  CommitPlan taking;
  taking.reclaims = {{{JobId(100), 0, 1}, JobId(101)}, {{JobId(100), 1, 1}, JobId(101)}};
  must(host_, taking);
  AttemptReport ended = said(0, AttemptState::ended, 5 * gigabyte);
  ended.outcome = Outcome::reclaimed;
  ended.engine_run = Duration();
  report(ended);
  EXPECT_FALSE(transfer(10).is_there);
  EXPECT_EQ(bytes_to_move(Bytes(20 * gigabyte), &transfer(10)), Bytes(15 * gigabyte));
  EXPECT_FALSE(transfer(10).is_settled);
  ended = said(1, AttemptState::ended, 20 * gigabyte);
  ended.outcome = Outcome::reclaimed;
  ended.started_at = now_;
  report(ended, "shanghai");
  EXPECT_TRUE(transfer(11).is_there);
}

TEST_F(TransferTest, WhatCrossedForOneThatWasTakenBackIsPaidByTheNextThere) {
  // 5 of 20 GB have crossed when the room is taken back: that lease pays nothing for them, the next is held for all and
  // charged for all, at 0.10 yuan a GB. When it had them all, it pays as it is taken back.
  JobSpec willing = spec(1);
  willing.requirements.reclaimable = true;
  submit(willing);
  submit(TestPlatform::spec(1), 101);
  place(0, 10);
  CommitPlan taking;
  taking.reclaims = {{{JobId(100), 0, 1}, JobId(101)}};
  must(host_, taking);
  AttemptReport ended = said(0, AttemptState::ended, 5 * gigabyte);
  ended.outcome = Outcome::reclaimed;
  ended.engine_run = Duration();
  EXPECT_EQ(charged(report(ended), Meter::transfer), Cny());
  place(0, 10);
  EXPECT_EQ(lease(0, 2).transfer, Bytes(20 * gigabyte));
  taking.reclaims = {{{JobId(100), 0, 2}, JobId(101)}};
  must(host_, taking);
  ended = said(0, AttemptState::ended, 15 * gigabyte, 2);
  ended.outcome = Outcome::reclaimed;
  ended.started_at = now_;
  EXPECT_EQ(charged(report(ended), Meter::transfer), Cny::yuan(2));
  EXPECT_TRUE(transfer(10).is_settled);
}

TEST_F(TransferTest, ALyingAgentIsPaidForTheInputsAtMost) {
  // It says that it fetched a hundred times as much: the hold is for what the job has.
  submit(spec(1));
  place(0, 10);
  now_ = now_ + Duration::minutes(6);
  const Decision decided = report(said(0, AttemptState::ended, 2'000 * gigabyte));
  EXPECT_EQ(charged(decided, Meter::transfer), Cny::yuan(2));
  EXPECT_EQ(wallet_available(), Cny::yuan(20) - Cny::micro(2'100'000));
}

TEST_F(TransferTest, WhatTheCentreLosesTheNextLeaseThereCovers) {
  // An attempt that could not be started is charged nothing; the next one there is held for the inputs, and charged for
  // what crossed for the first.
  submit(spec(1));
  place(0, 10);
  AttemptReport refused = said(0, AttemptState::ended, 20 * gigabyte);
  refused.outcome = Outcome::start_refused;
  refused.engine_run = Duration();
  EXPECT_EQ(charged(report(refused), Meter::transfer), Cny());
  EXPECT_FALSE(transfer(10).is_held);
  place(0, 10);
  EXPECT_EQ(lease(0, 2).transfer, Bytes(20 * gigabyte));
  EXPECT_EQ(charged(report(said(0, AttemptState::ended, 0, 2)), Meter::transfer), Cny::yuan(2));
}

TEST_F(TransferTest, ALeaseIsGivenTheTimeThatItsInputsTake) {
  // 200 s by the link, 2,000 s where nobody knows it; none once an attempt has had them all.
  submit(spec(3));
  place(0, 10);
  EXPECT_EQ(lease(0).starts_by - lease(0).granted_at, lease_start_allowance + Duration::seconds(200));
  EXPECT_EQ(lease(0).ends_at, lease(0).starts_by + Duration::hours(1));
  place(1, 11);
  EXPECT_EQ(lease(1).starts_by - lease(1).granted_at, lease_start_allowance + Duration::seconds(2'000));
  report(said(0, AttemptState::running, 0));
  place(2, 10);
  EXPECT_EQ(lease(2).starts_by - lease(2).granted_at, lease_start_allowance);
}

TEST_F(TransferTest, InputsMustCrossBeforeTheDeadline) {
  // A deadline that leaves a second less than start, staging and run is not met there, and is where all are there.
  JobSpec made = spec(2);
  made.requirements.run_time = Duration::minutes(10);
  made.requirements.finish_by = now_ + Duration::hours(2);
  submit(made);
  const Duration needed = needed_time(Duration::minutes(10), Duration::seconds(200));
  now_ = made.requirements.finish_by - needed;  // the next command is a second later
  ASSERT_EQ(place(0, 10).stale.size(), 1U);
  now_ = now_ - Duration::seconds(2);
  EXPECT_TRUE(place(0, 10).stale.empty());
  EXPECT_EQ(lease(0).ends_at, made.requirements.finish_by);
  report(said(0, AttemptState::running, 20 * gigabyte));
  now_ = now_ + Duration::seconds(190);
  EXPECT_TRUE(place(1, 10).stale.empty());
}

TEST_F(TransferTest, WhatCannotCrossInTimeAnywhereIsTakenAndEndsAsLate) {
  // 20 GB take 200 s to guian and are given 2,000 s to the other: with a deadline in 12 minutes no lease there has a
  // length. The job is taken, since links change, and fails when its time has come.
  JobSpec due = spec(1);
  due.requirements.finish_by = now_ + Duration::minutes(12);
  submit(due);
  ASSERT_TRUE(state_.jobs.contains({JobId(100)}));
  now_ = now_ + Duration::minutes(12);
  must(host_, Tick{});
  EXPECT_FALSE(state_.jobs.contains({JobId(100)}));
}

TEST_F(TransferTest, ThePriceCapCountsTheInputs) {
  // A cap of 2.99 yuan pays an hour of a core, and not the inputs with it; where data are free it does.
  JobSpec made = spec(1);
  made.requirements.price_cap = Cny::micro(2'990'000);
  submit(made);
  const Decision dropped = place(0, 10);
  ASSERT_EQ(dropped.stale.size(), 1U);
  EXPECT_EQ(dropped.stale[0].reason.constraint, Constraint::price_cap);
  EXPECT_TRUE(place(0, 11).stale.empty());
}

TEST_F(TransferTest, TheLinkIsMeasuredByWhatCrosses) {
  // 12 GB in 240 s are 50 MB/s, whatever the provider told; the same again changes nothing.
  submit(spec(2));
  place(0, 10);
  place(1, 10);
  report(said(0, AttemptState::running, 12 * gigabyte));
  EXPECT_EQ(state_.centres.find({CentreId(10)})->link(), Bandwidth(50'000'000));
  EXPECT_EQ(state_.centres.find({CentreId(10)})->bandwidth, Bandwidth(100'000'000));
  for (const Event& event : report(said(1, AttemptState::running, 8 * gigabyte)).events)
    EXPECT_FALSE(std::holds_alternative<LinkMeasured>(event));
}

TEST_F(TransferTest, NothingOfItIsLeftWhenTheJobHasEnded) {
  // Its transfers retire with the job; a job without inputs has none.
  submit(spec(1));
  place(0, 10);
  report(said(0, AttemptState::ended, gigabyte));
  EXPECT_FALSE(state_.transfers.contains({JobId(100), CentreId(10)}));
  JobSpec none = spec(1);
  none.payload.inputs.clear();
  submit(none, 101);
  place(0, 10, 101);
  EXPECT_FALSE(state_.transfers.contains({JobId(101), CentreId(10)}));
}

TEST_F(TransferTest, AnAgentThatHasForgottenWhatItFetchedIsHeardAllTheSame) {
  // Installed anew it says that nothing was fetched: the end of the attempt counts, and what was fetched stays.
  submit(spec(1));
  place(0, 10);
  report(said(0, AttemptState::running, 2 * gigabyte));
  report(said(0, AttemptState::running, 0));
  const AttemptRow* attempt = state_.attempts.find({JobId(100), 0, 1});
  ASSERT_NE(attempt, nullptr);
  EXPECT_EQ(attempt->fetched, Bytes(2 * gigabyte));
}

TEST_F(TransferTest, CountersAndFiguresOutOfRangeAreRefused) {
  // Each fault names its field.
  submit(spec(1));
  place(0, 10);
  AttemptReport wrong = said(0, AttemptState::running, -1);
  wrong.fetch_time = Duration::microseconds(-1);
  const auto back = run(as("agent guian"), TestPlatform::report("guian", wrong));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().faults.front().field, "reports[0].fetch_time");
  EXPECT_EQ(back.error().faults.back().field, "reports[0].fetched");
  UpdateCentre told;
  told.centre = "guian";
  told.bandwidth = Bandwidth(0);
  EXPECT_EQ(run(as("guizhou"), told).error().faults.front().field, "bandwidth");
  PublishOffer offer{OfferId(20), "guian", Cny::yuan(1), Cny(), Cny()};
  offer.transfer_gb = Cny::yuan(101);
  EXPECT_EQ(run(as("guizhou"), offer).error().faults.front().field, "transfer_gb");
}

}  // namespace
}  // namespace dayan::core
