#include "core/platform_for_tests.h"

/// Work that may be taken back: what it pays, who takes it back, and how often.

namespace dayan::core {
namespace {

/// A centre with two cores at 0.36 yuan an hour, of which reclaimable work pays 40 %, full of such work; and another
/// job that waits.
class ReclaimTest : public testing::Test, protected TestPlatform {
 protected:
  ReclaimTest() : TestPlatform(UnixTime(1'000'000'000'000'000)) {
    must(as("root"), organisation(2, "studio", true, false));
    must(as("root"), organisation(3, "guizhou", false, true));
    PublishOffer offer{OfferId(10), "guian", Cny::micro(360'000), Cny(), Cny()};
    offer.reclaimable_part = 400;
    add_centre(CentreId(10), "guizhou", offer, batch(1));
    must(as("root"), TopUpWallet{"studio", Cny::yuan(100), "bank 1"});
    submit(cheap_, 1, true);
    submit(urgent_, 1, false);
    place(cheap_);
  }

  void submit(JobId id, std::int32_t count, bool reclaimable) {
    JobSpec made = spec(count);
    made.requirements.resources.cores = Cores(2);
    made.requirements.reclaimable = reclaimable;
    must(as("studio"), SubmitJob{id, "default", made});
  }
  void place(JobId job) { EXPECT_TRUE(plan({assign(job, 0, 10)}).stale.empty()); }
  std::size_t take_back(const AttemptKey& attempt, JobId by) {
    return must(host_, CommitPlan{{}, {{attempt, by}}}).events.size();
  }
  void end(const AttemptKey& attempt, Outcome outcome, std::int32_t exit_code, Duration ran) {
    AttemptReport made = ended(attempt.job, attempt.task, attempt.number, exit_code, ran);
    made.outcome = outcome;
    must(as("agent guian"), report("guian", made));
  }
  const LeaseRow* lease(const AttemptKey& key) { return state_.leases.find({key.job, key.task, key.number}); }

  const JobId cheap_{100};
  const JobId urgent_{101};
};

TEST_F(ReclaimTest, ALeasePinsItsPartOfThePrice) {
  // 2 cores for an hour at 40 % of 0.36 yuan hold 0.288 yuan; half an hour of it is charged 0.144, whatever was
  // published meanwhile, and the line of the bill says the part.
  const AttemptKey attempt{cheap_, 0, 1};
  ASSERT_TRUE(lease(attempt)->reclaimable);
  EXPECT_EQ(lease(attempt)->held, Cny::micro(288'000));
  must(as("guizhou"), PublishOffer{OfferId(11), "guian", Cny::yuan(9), Cny(), Cny()});
  now_ = now_ + Duration::hours(1);
  const Cny before = wallet_available();
  end(attempt, Outcome::exited, 0, Duration::minutes(30));
  EXPECT_EQ(wallet_available(), before + Cny::micro(144'000));
  PublishOffer wrong{OfferId(12), "guian", Cny::yuan(9), Cny(), Cny()};
  wrong.reclaimable_part = 0;
  EXPECT_EQ(run(as("guizhou"), wrong).error().faults[0].field, "reclaimable_part");
}

TEST_F(ReclaimTest, TheTaskWaitsAgainAndPaysForWhatItHad) {
  // Taken back after ten minutes: charged for them, and the task waits as it stood, with no centre to keep away from.
  // The agent is told by the lease, whose end stays where it was.
  const AttemptKey attempt{cheap_, 0, 1};
  const UnixTime ends_at = lease(attempt)->ends_at;
  const std::int64_t sequence = lease(attempt)->sequence;
  now_ = now_ + Duration::minutes(10);
  EXPECT_EQ(take_back(attempt, urgent_), 1U);
  EXPECT_EQ(lease(attempt)->reclaimed_at, now_);
  EXPECT_EQ(lease(attempt)->ends_at, ends_at);
  EXPECT_EQ(notice_ends(*lease(attempt)), now_ + reclaim_notice);
  EXPECT_GT(lease(attempt)->sequence, sequence);
  EXPECT_EQ(state_.attempts.find({cheap_, 0, 1})->reclaimed_for, urgent_);
  now_ = now_ + reclaim_notice;
  end(attempt, Outcome::reclaimed, 143, Duration::minutes(10));
  const TaskRow* task = state_.tasks.find({cheap_, 0});
  EXPECT_EQ(task->state, TaskState::waiting);
  EXPECT_EQ(task->reclaims, 1);
  EXPECT_TRUE(task->avoid.is_none());
  EXPECT_LE(task->not_before, now_);
  EXPECT_EQ(state_.jobs.find({cheap_})->charged, Cny::micro(48'000));
}

TEST_F(ReclaimTest, SuccessIsSuccess) {
  // A task that ends its work within the notice has done it.
  const AttemptKey attempt{cheap_, 0, 1};
  (void)take_back(attempt, urgent_);
  end(attempt, Outcome::exited, 0, Duration());
  EXPECT_FALSE(state_.jobs.contains({cheap_}));
}

TEST_F(ReclaimTest, OnlyReclaimableWorkIsTakenBackOnceAndForOtherWork) {
  // Neither for reclaimable work, nor for a job that is not there, nor twice, nor when it was cancelled; and no agent
  // may say that something was taken back that was not.
  const AttemptKey attempt{cheap_, 0, 1};
  const JobId other{102};
  submit(other, 1, true);
  EXPECT_EQ(take_back(attempt, other), 0U);
  EXPECT_EQ(take_back(attempt, JobId(999)), 0U);
  AttemptReport lie;
  lie.attempt = attempt;
  lie.state = AttemptState::ended;
  lie.outcome = Outcome::reclaimed;
  EXPECT_EQ(run(as("agent guian"), report("guian", lie)).error().faults[0].field, "reports[0].outcome");
  EXPECT_EQ(take_back(attempt, urgent_), 1U);
  EXPECT_EQ(take_back(attempt, urgent_), 0U);
  end(attempt, Outcome::reclaimed, 0, Duration());

  place(urgent_);
  EXPECT_EQ(take_back({urgent_, 0, 1}, other), 0U);
  end({urgent_, 0, 1}, Outcome::exited, 0, Duration());
  place(cheap_);
  must(as("studio"), CancelJob{cheap_});
  submit(JobId(103), 1, false);
  EXPECT_EQ(take_back({cheap_, 0, 2}, JobId(103)), 0U);
}

TEST_F(ReclaimTest, AfterSomeTimesATaskIsLeftAloneAndHasItsTriesStill) {
  // Taken back as often as may be, its next lease is not reclaimable, at the same price; and then it may fail as often
  // as any other task.
  for (std::int32_t number = 1; number <= reclaims_max; ++number) {
    const AttemptKey attempt{cheap_, 0, number};
    EXPECT_EQ(take_back(attempt, urgent_), 1U) << number;
    end(attempt, Outcome::reclaimed, 0, Duration());
    place(cheap_);
  }
  AttemptKey attempt{cheap_, 0, reclaims_max + 1};
  EXPECT_FALSE(lease(attempt)->reclaimable);
  EXPECT_EQ(lease(attempt)->price_part, 400);
  EXPECT_EQ(take_back(attempt, urgent_), 0U);
  for (std::int32_t tries = 1; tries < attempts_max; ++tries) {
    end(attempt, Outcome::expired, 0, Duration());
    EXPECT_EQ(state_.tasks.find({cheap_, 0})->state, TaskState::waiting) << tries;
    place(cheap_);
    ++attempt.number;
  }
  end(attempt, Outcome::expired, 0, Duration());
  EXPECT_FALSE(state_.jobs.contains({cheap_}));
}

TEST_F(ReclaimTest, AnAgentThatDoesNotAnswerKeepsItsLease) {
  // It may not have heard of it: nothing of the task is placed before the lease and its bounds are over.
  const AttemptKey attempt{cheap_, 0, 1};
  const UnixTime deadline = lease_deadline(*lease(attempt));
  (void)take_back(attempt, urgent_);
  now_ = now_ + reclaim_notice + Duration::minutes(5);
  must(host_, Tick{});
  EXPECT_NE(lease(attempt), nullptr);
  now_ = deadline;
  must(host_, Tick{});
  EXPECT_EQ(lease(attempt), nullptr);
  EXPECT_EQ(state_.tasks.find({cheap_, 0})->reclaims, 1) << "it may have ended it";
}

TEST_F(ReclaimTest, WhatGaveUpWaitingIsLeftAlone) {
  // A task of it could not wait again.
  JobSpec two = spec(2);
  two.wait_max = Duration::minutes(1);
  two.requirements.reclaimable = true;
  end({cheap_, 0, 1}, Outcome::exited, 0, Duration());
  must(as("studio"), SubmitJob{JobId(104), "default", two});
  place(JobId(104));
  now_ = now_ + Duration::minutes(2);
  must(host_, Tick{});
  EXPECT_EQ(state_.jobs.find({JobId(104)})->gave_up, GaveUp::wait_max);
  EXPECT_EQ(take_back({JobId(104), 0, 1}, urgent_), 0U);
}

}  // namespace
}  // namespace dayan::core
