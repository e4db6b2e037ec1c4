#include "core/platform_for_tests.h"

/// Jobs: submitted, cancelled, given up.

namespace dayan::core {
namespace {

using JobTest = TwoCentres;

TEST_F(JobTest, SubmitTellsEveryFaultAndWantsFunds) {
  // Three faults, three errors; and an empty wallet is told by how much.
  JobSpec bad = spec(0);
  bad.name = "";
  bad.requirements.wall_time = Duration();
  EXPECT_GE(refused(as("film-studio"), SubmitJob{JobId(7), "default", bad}).faults.size(), 3U);
  must(as("root"), organisation(5, "poor", true, false));
  const auto refusal = refused(as("poor"), SubmitJob{JobId(8), "default", spec(1)});
  EXPECT_EQ(refusal.reason, RefusalReason::insufficient_funds);
  EXPECT_NE(refusal.faults[0].right.find("0.36"), std::string::npos);
}

TEST_F(JobTest, JobsOfOthersAreNotFound) {
  // Another customer cannot cancel the job, nor learn that it exists.
  const JobId job = submit(1);
  must(as("root"), organisation(5, "rival", true, false));
  EXPECT_EQ(refused(as("rival"), CancelJob{job}).reason, RefusalReason::not_found);
}

TEST_F(JobTest, CancelStopsWhatRunsAndEndsWhenItHasStopped) {
  // Two tasks run, two wait: the waiting ones are cancelled at once, the job ends with the last report.
  const JobId job = submit(4);
  plan({assign(job, 0, 10), assign(job, 1, 10)});
  must(as("film-studio"), CancelJob{job});
  EXPECT_EQ(state_.leases.find({job, 0, 1})->desired, Desired::stop);
  EXPECT_EQ(state_.jobs.find({job})->cancelled, 2);
  for (const std::int32_t task : {0, 1}) {
    AttemptReport stopped = ended(job, task, 1, 0, Duration::seconds(10));
    stopped.outcome = Outcome::stopped;
    must(as("agent guian"), report("guian", stopped));
  }
  EXPECT_FALSE(state_.jobs.contains({job}));
}

TEST_F(JobTest, WhatWaitsTooLongIsGivenUp) {
  // One task runs, one waits for another attempt, one never began: at the end of wait_max the latter two have failed,
  // the first goes on, and the job ends with it.
  JobSpec patient = spec(3);
  patient.wait_max = Duration::hours(2);
  must(as("film-studio"), SubmitJob{JobId(300), "default", patient});
  const JobId job(300);
  const UnixTime limit = state_.jobs.find({job})->waits_until;
  EXPECT_EQ(limit, now_ + Duration::hours(2));
  EXPECT_EQ(*next_wakeup(state_), limit);
  now_ = limit - Duration::minutes(5);
  plan({assign(job, 0, 11), assign(job, 1, 10)});
  AttemptReport expired = ended(job, 1, 1, 0, Duration());
  expired.outcome = Outcome::expired;
  must(as("agent guian"), report("guian", expired));
  EXPECT_EQ(state_.jobs.find({job})->retrying, 1);
  now_ = limit - Duration::seconds(2);
  must(host_, Tick{});
  EXPECT_EQ(state_.jobs.find({job})->gave_up, GaveUp::no);
  must(host_, Tick{});
  const JobRow* row = state_.jobs.find({job});
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->gave_up, GaveUp::wait_max);
  EXPECT_EQ(row->failed, 2);
  EXPECT_EQ(row->live, 1);
  EXPECT_EQ(plan({assign(job, 2, 10)}).stale.size(), 1U);
  // Even a failure that another attempt could mend is final now.
  AttemptReport refused_start = ended(job, 0, 1, 0, Duration());
  refused_start.outcome = Outcome::start_refused;
  must(as("agent shanghai"), report("shanghai", refused_start));
  EXPECT_FALSE(state_.jobs.contains({job}));
  EXPECT_EQ(next_wakeup(state_), std::nullopt);
  EXPECT_EQ(wallet_available(), Cny::yuan(100));
}

TEST_F(JobTest, AJobThatNothingTakesEndsWithItsPatience) {
  // Nothing of it ever ran: the timer alone ends it, and a cancelled or finished job leaves no timer behind.
  JobSpec hopeless = spec(2);
  hopeless.wait_max = Duration::minutes(1);
  must(as("film-studio"), SubmitJob{JobId(300), "default", hopeless});
  const JobId cancelled = submit(1, 301);
  must(as("film-studio"), CancelJob{cancelled});
  now_ = now_ + Duration::minutes(2);
  must(host_, Tick{});
  EXPECT_FALSE(state_.jobs.contains({JobId(300)}));
  EXPECT_EQ(next_wakeup(state_), std::nullopt);
}

TEST_F(JobTest, DeadlinesThatCannotBeKeptAreNotTaken) {
  // One fault for each cause, which names the field and what would be right.
  const auto fault_of = [&](UnixTime not_before, UnixTime finish_by) {
    JobSpec asked = spec(1);
    asked.requirements.not_before = not_before;
    asked.requirements.finish_by = finish_by;
    const Refusal refusal = refused(as("film-studio"), SubmitJob{JobId(100), "default", asked});
    EXPECT_EQ(refusal.faults.size(), 1U);
    return refusal.faults.empty() ? std::string() : refusal.faults[0].field + ": " + refusal.faults[0].wrong;
  };
  // The clock goes on with each command: what is expected is worked out before, on every compiler.
  const UnixTime start = now_ + Duration::hours(1);
  const UnixTime far = now_ + Duration::hours(721);
  const UnixTime over = now_;
  EXPECT_EQ(fault_of({}, over), "requirements.finish_by: " + to_text(over) + " is over");
  EXPECT_EQ(fault_of(start, start), "requirements.finish_by: " + to_text(start) +
                                        " does not lie after the earliest start, " + to_text(start));
  EXPECT_EQ(fault_of(start, start + Duration::minutes(10)),
            "requirements.finish_by: leaves 10m, and a centre may take 10m to start a task");
  EXPECT_EQ(fault_of(far, {}), "requirements.not_before: " + to_text(far) + " lies more than 30d ahead");
}

TEST_F(JobTest, WhatCanMeetItsDeadlineNowhereIsGivenUp) {
  // The timer is at the latest start that the fastest pool leaves, a microsecond after which nothing waits any more;
  // a pool that has come meanwhile and is faster moves it.
  JobSpec due = spec(2);
  due.requirements.finish_by = now_ + Duration::hours(3);
  due.requirements.run_time = Duration::hours(1);
  must(as("film-studio"), SubmitJob{JobId(100), "default", due});
  const UnixTime latest = due.requirements.finish_by - lease_start_allowance - Duration::hours(1);
  EXPECT_EQ(state_.jobs.find({JobId(100)})->latest_start, latest);
  PoolRow fast = *state_.pools.find({CentreId(10), "batch"});
  fast.core_capability = Capability(20'000);
  must(as("agent guian"), ReportPools{{fast}});
  EXPECT_EQ(next_wakeup(state_), latest + Duration::microseconds(1));
  now_ = latest - Duration::seconds(1) + Duration::microseconds(1);
  must(host_, Tick{});
  EXPECT_EQ(state_.jobs.find({JobId(100)})->latest_start, latest + Duration::minutes(30));
  EXPECT_TRUE(plan({assign(JobId(100), 0, 10)}).stale.empty());
  now_ = latest + Duration::minutes(30) - Duration::seconds(1) + Duration::microseconds(1);
  must(host_, Tick{});
  EXPECT_EQ(state_.jobs.find({JobId(100)})->gave_up, GaveUp::deadline);
  EXPECT_EQ(state_.jobs.find({JobId(100)})->failed, 1);
  must(as("agent guian"), report("guian", ended(JobId(100), 0, 1, 0, Duration::minutes(20))));
  EXPECT_EQ(state_.jobs.find({JobId(100)}), nullptr);
}

TEST_F(JobTest, WhatRanIsLearnedByTheCardsWhereItHasSome) {
  // Twenty minutes on cards of half the reference are ten on the reference, however fast the cores beside them are;
  // what has no cards is learned by the cores.
  PoolRow pool = *state_.pools.find({CentreId(10), "batch"});
  pool.cards_per_node = MilliCards(1'000);
  pool.core_capability = Capability(40'000);
  pool.card_capability = Capability(5'000);
  must(as("agent guian"), ReportPools{{pool}});
  JobSpec on_cards = spec(2);
  on_cards.requirements.resources.cards = MilliCards(1'000);
  const auto plain = std::tuple{JobId(401), spec(2), Duration::minutes(80)};
  for (const auto& [id, asked, learned] : {std::tuple{JobId(400), on_cards, Duration::minutes(10)}, plain}) {
    must(as("film-studio"), SubmitJob{id, "default", asked});
    EXPECT_TRUE(plan({assign(id, 0, 10)}).stale.empty());
    now_ = now_ + Duration::minutes(20);
    must(as("agent guian"), report("guian", ended(id, 0, 1, 0, Duration::minutes(20))));
    EXPECT_EQ(state_.jobs.find({id})->run_time_sum, learned.microseconds());
    if (id != JobId(400)) continue;
    // What it has had of the platform is half a card.
    UsageRow used{ProjectId(2), OrganisationId(2), usage_period(now_)};
    add_use(used, asked.requirements.resources, Capability(5'000), now_ - Duration::minutes(20), now_);
    EXPECT_EQ(*state_.usage.find({ProjectId(2)}), used);
  }
}

TEST_F(JobTest, APriceCapThatPaysForNoTaskIsRefused) {
  // An hour of a core is held for 0.36 yuan at the cheapest: a cap of a micro-yuan less is refused when it is
  // submitted, by its field and with what would do; at 0.36 the job is taken. With a deadline less is held the nearer
  // it comes: it waits.
  JobSpec capped = spec(2);
  capped.requirements.price_cap = Cny::micro(359'999);
  const Refusal refusal = refused(as("film-studio"), SubmitJob{JobId(300), "default", capped});
  EXPECT_EQ(refusal.faults.front().field, "requirements.price_cap");
  EXPECT_EQ(refusal.faults.front().wrong,
            "0.359999 yuan pay for no task; one holds at least 0.36 yuan, wherever it runs");
  EXPECT_EQ(refusal.faults.front().right, "give at least 0.36, or ask for less wall time");
  capped.requirements.finish_by = now_ + Duration::hours(3);
  must(as("film-studio"), SubmitJob{JobId(300), "default", capped});
  capped.requirements.finish_by = {};
  capped.requirements.price_cap = Cny::micro(360'000);
  must(as("film-studio"), SubmitJob{JobId(301), "default", capped});
  EXPECT_TRUE(plan({assign(JobId(301), 0, 10)}).stale.empty());
}

TEST_F(JobTest, WhatThePriceCapNoLongerPaysIsGivenUp) {
  // The cap pays for the hold of one task at the cheapest centre. Its charge leaves too little for another, so the
  // rest fails when nothing runs any more; while something runs, its unused hold may still come back.
  JobSpec capped = spec(3);
  capped.requirements.price_cap = Cny::micro(400'000);
  must(as("film-studio"), SubmitJob{JobId(300), "default", capped});
  const JobId job(300);
  plan({assign(job, 0, 10)});
  now_ = now_ + Duration::minutes(10);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(6))));  // 0.036 yuan: 0.364 are left
  ASSERT_TRUE(state_.jobs.contains({job})) << "the hold of another, 0.36, still fits";
  plan({assign(job, 1, 10)});
  now_ = now_ + Duration::minutes(10);
  must(as("agent guian"), report("guian", ended(job, 1, 1, 0, Duration::minutes(6))));
  EXPECT_FALSE(state_.jobs.contains({job}));
}

}  // namespace
}  // namespace dayan::core
