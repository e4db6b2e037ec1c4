#include "core/platform_for_tests.h"

/// Rounds of periodic work, submitted by the tick alone.

namespace dayan::core {
namespace {

constexpr Duration day = Duration::hours(24);

class SeriesTest : public SmallPlatform {
 protected:
  /// Due an hour after its start, which lies an hour ahead; every day, thirty times.
  JobSpec forecast() const {
    JobSpec made;
    made.name = "forecast";
    made.every = day;
    made.times = 30;
    made.requirements.resources = {Cores(1), Bytes(500'000'000), MilliCards(0)};
    made.requirements.wall_time = Duration::minutes(30);
    made.requirements.not_before = start_;
    made.requirements.finish_by = start_ + Duration::hours(1);
    made.payload.command = {"true"};
    return made;
  }
  SeriesRow submit(const JobSpec& spec, std::int64_t id = 100) {
    must(as("weather"), SubmitJob{JobId(id), "default", spec});
    return *state_.series.find({JobId(id)});
  }
  const JobRow& newest(std::int64_t series = 100) const {
    return *state_.jobs.find({state_.series.find({JobId(series)})->newest});
  }
  std::vector<RowChange> retired_series() {
    std::vector<RowChange> changes = state_.drain();
    std::erase_if(changes, [](const RowChange& each) {
      return each.fate != RowFate::retired || !std::holds_alternative<SeriesRow>(each.row);
    });
    return changes;
  }

  UnixTime start_ = now_ + Duration::hours(1);
};

TEST_F(SeriesTest, EachRoundIsAJobThatMuchLater) {
  // A forecast a day for thirty days: each round comes at its time, due an hour later; after the last there is none.
  submit(forecast());
  const JobRow first = newest();
  EXPECT_EQ(first.round, 1);
  EXPECT_EQ(first.rounds, 30);
  EXPECT_EQ(first.series, first.id);
  tick_at(start_);
  complete(first.id);
  JobId before = first.id;
  for (std::int32_t round = 2; round <= 30; ++round) {
    const UnixTime due = start_ + day * (round - 1);
    EXPECT_EQ(state_.series.find({first.id})->next_at, due);
    tick_at(due - Duration::seconds(1));
    EXPECT_EQ(state_.series.find({first.id})->round, round - 1);
    const Decision decided = next_tick();
    EXPECT_EQ(now_, due);
    const auto submitted = std::find_if(decided.events.begin(), decided.events.end(), [](const Event& each) {
      return std::holds_alternative<RoundSubmitted>(each);
    });
    ASSERT_NE(submitted, decided.events.end());
    const JobRow job = std::get<RoundSubmitted>(*submitted).job;
    EXPECT_GT(job.id, before);
    before = job.id;
    EXPECT_EQ(job.round, round);
    EXPECT_EQ(job.organisation, first.organisation);
    EXPECT_EQ(job.project, first.project);
    EXPECT_EQ(job.submitted_at, due);
    EXPECT_EQ(job.requirements.not_before, due);
    EXPECT_EQ(job.requirements.finish_by, due + Duration::hours(1));
    EXPECT_EQ(job.waits_until, due + wait_limit_max);
    EXPECT_EQ(payload_of(job), first.id);
    complete(job.id);
    EXPECT_FALSE(state_.jobs.contains({job.id}));
  }
  EXPECT_FALSE(state_.series.contains({first.id}));
  const auto retired = retired_series();
  ASSERT_EQ(retired.size(), 1U);
  const auto& row = std::get<SeriesRow>(retired[0].row);
  EXPECT_EQ(row.end, SeriesEnd::complete);
  EXPECT_EQ(row.round, 30);
  EXPECT_EQ(row.skipped, 0);
  EXPECT_EQ(next_wakeup(state_), std::nullopt);
}

TEST_F(SeriesTest, WithoutAStartItCountsFromItsSubmission) {
  // Every five minutes from when it was submitted, to the microsecond, however late a tick comes.
  JobSpec spec = forecast();
  spec.every = every_min;
  spec.times = 3;
  spec.requirements.not_before = UnixTime();
  spec.requirements.finish_by = UnixTime();
  const SeriesRow series = submit(spec);
  EXPECT_EQ(series.first_at, now_);
  tick_at(series.first_at + every_min + Duration::minutes(1));
  EXPECT_EQ(newest().round, 2);
  EXPECT_TRUE(newest().requirements.not_before.is_none());
  EXPECT_EQ(newest().waits_until, now_ + wait_limit_max);
  EXPECT_EQ(state_.series.find({series.id})->next_at, series.first_at + every_min * 2);
}

TEST_F(SeriesTest, RoundsThatNobodyToldTheTimeOfAreSkipped) {
  // The platform stands still for five days: the newest round alone is submitted, and the others are counted.
  submit(forecast());
  tick_at(start_ + day * 5 + Duration::minutes(10));
  const SeriesRow& series = *state_.series.find({JobId(100)});
  EXPECT_EQ(series.round, 6);
  EXPECT_EQ(series.skipped, 4);
  EXPECT_EQ(newest().requirements.finish_by, start_ + day * 5 + Duration::hours(1));
  EXPECT_EQ(series.next_at, start_ + day * 6);
}

TEST_F(SeriesTest, ARoundThatComesTooLateFailsForAllToSee) {
  // The tick comes when the deadline of the second round is over: it is submitted, and fails by its deadline at once.
  submit(forecast());
  tick_at(start_ + day + Duration::hours(2));
  const JobId second = state_.series.find({JobId(100)})->newest;
  EXPECT_FALSE(state_.jobs.contains({second}));
  bool is_told = false;
  for (const RowChange& each : state_.drain()) {
    const auto* job = std::get_if<JobRow>(&each.row);
    is_told = is_told || (job != nullptr && job->id == second && job->gave_up == GaveUp::deadline);
  }
  EXPECT_TRUE(is_told);
}

TEST_F(SeriesTest, OverlappingRoundsRunBothOrAreLeftOut) {
  // The first round still waits when the second is due: with `both` there are two, with `skip` the second is left out,
  // and the third comes again when the first has ended.
  JobSpec spec = forecast();
  spec.requirements.finish_by = UnixTime();
  submit(spec, 100);
  spec.overlap = Overlap::skip;
  submit(spec, 200);
  tick_at(start_ + day);
  EXPECT_EQ(newest(100).round, 2);
  EXPECT_TRUE(state_.jobs.contains({JobId(100)}));
  EXPECT_EQ(newest(200).round, 1);
  EXPECT_EQ(state_.series.find({JobId(200)})->round, 2);
  EXPECT_EQ(state_.series.find({JobId(200)})->skipped, 1);
  complete(JobId(200));
  tick_at(start_ + day * 2);
  EXPECT_EQ(newest(200).round, 3);
  EXPECT_EQ(state_.series.find({JobId(200)})->skipped, 1);
}

TEST_F(SeriesTest, CancellingARoundLeavesTheOthers) {
  // The customer cancels the second round: the third comes at its time.
  submit(forecast());
  tick_at(start_);
  complete(JobId(100));
  tick_at(start_ + day);
  const JobId second = newest().id;
  must(as("weather"), CancelJob{second});
  EXPECT_FALSE(state_.jobs.contains({second}));
  tick_at(start_ + day * 2);
  EXPECT_EQ(newest().round, 3);
}

TEST_F(SeriesTest, CancellingTheSeriesEndsAllOfIt) {
  // By its first round, which has ended long ago: what of it lives is cancelled, and no round comes any more.
  JobSpec spec = forecast();
  spec.requirements.finish_by = UnixTime();
  submit(spec);
  JobRow first = newest();
  tick_at(start_);
  complete(first.id);
  first.state = JobState::succeeded;
  tick_at(start_ + day * 2);
  const JobId third = newest().id;
  EXPECT_EQ(needs(state_, {as("weather"), CancelJob{first.id, true}}).jobs, std::vector<JobId>{first.id});
  EXPECT_EQ(must(as("weather"), CancelJob{first.id, true}, {{first}, {}, {}}).job, first.id);
  EXPECT_FALSE(state_.jobs.contains({third}));
  EXPECT_FALSE(state_.series.contains({first.id}));
  EXPECT_EQ(next_wakeup(state_), std::nullopt);
  // It can be ended once, by its own customer alone, and only where there is one.
  const auto again = run(as("weather"), CancelJob{first.id, true}, {{first}, {}, {}});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().reason, RefusalReason::wrong_state);
  JobSpec once = forecast();
  once.every = Duration();
  once.times = 0;
  once.requirements.not_before = once.requirements.finish_by = UnixTime();
  must(as("weather"), SubmitJob{JobId(300), "default", once});
  EXPECT_EQ(run(as("weather"), CancelJob{JobId(300), true}).error().faults[0].field, "series");
}

TEST_F(SeriesTest, AnEmptyWalletMakesTheRoundWait) {
  // The money goes between two rounds: the second is there and waits for it, and the series goes on.
  JobSpec spec = forecast();
  spec.requirements.finish_by = UnixTime();
  spec.requirements.wall_time = Duration::hours(24);
  spec.every = Duration::hours(2);
  submit(spec);
  JobSpec greedy = spec;
  greedy.every = Duration();
  greedy.times = 0;
  greedy.requirements.not_before = UnixTime();
  for (std::int64_t id = 500; id < 504; ++id) {
    must(as("weather"), SubmitJob{JobId(id), "default", greedy});
    Assignment made{JobId(id), 0, {}};
    made.placement.centre = CentreId(10);
    made.placement.pool = "batch";
    must(host_, CommitPlan{{made}});
  }
  ASSERT_LT(state_.accounts.find({AccountKind::customer_wallet, OrganisationId(2)})->available(), Cny::yuan(5));
  tick_at(start_ + spec.every);
  for (const bool has_money : {false, true}) {
    if (has_money) must(as("root"), TopUpWallet{"weather", Cny::yuan(100), "bank 2"});
    EXPECT_EQ(newest().round, 2);
    Assignment made{newest().id, 0, {}};
    made.placement.centre = CentreId(10);
    made.placement.pool = "batch";
    const Decision decided = must(host_, CommitPlan{{made}});
    EXPECT_EQ(decided.stale.empty(), has_money);
    if (!has_money) {
      EXPECT_EQ(decided.stale[0].reason.constraint, Constraint::funds);
    }
  }
  EXPECT_TRUE(state_.series.contains({JobId(100)}));
}

TEST_F(SeriesTest, WhatCannotBeASeriesIsNotTaken) {
  // One fault for each mistake, which names the field; nothing is submitted.
  const auto fault_of = [&](auto&& spoil) {
    JobSpec spec = forecast();
    spoil(spec);
    const auto refusal = run(as("weather"), SubmitJob{JobId(900), "default", spec});
    EXPECT_FALSE(refusal);
    if (refusal) return std::string();
    EXPECT_EQ(refusal.error().faults.size(), 1U);
    return refusal.error().faults[0].field;
  };
  EXPECT_EQ(fault_of([](JobSpec& spec) { spec.every = Duration::minutes(4); }), "every");
  EXPECT_EQ(fault_of([](JobSpec& spec) { spec.every = every_max + Duration::seconds(1); }), "every");
  EXPECT_EQ(fault_of([](JobSpec& spec) { spec.every = Duration::seconds(-1); }), "every");
  EXPECT_EQ(fault_of([](JobSpec& spec) { spec.times = 0; }), "times");
  EXPECT_EQ(fault_of([](JobSpec& spec) { spec.times = 1; }), "times");
  EXPECT_EQ(fault_of([](JobSpec& spec) { spec.times = times_max + 1; }), "times");
  EXPECT_EQ(fault_of([](JobSpec& spec) { spec.times = 368; }), "times");
  EXPECT_EQ(fault_of([](JobSpec& spec) { spec.every = Duration(); }), "times");
  EXPECT_EQ(fault_of([](JobSpec& spec) {
              spec.every = Duration();
              spec.times = 0;
              spec.overlap = Overlap::skip;
            }),
            "overlap");
  EXPECT_EQ(fault_of([&](JobSpec& spec) {
              spec.requirements.not_before = now_ - day;
              spec.requirements.finish_by = UnixTime();
            }),
            "requirements.not_before");
  JobSpec longest = forecast();
  longest.times = 367;
  must(as("weather"), SubmitJob{JobId(901), "default", longest});
}

TEST_F(SeriesTest, TheRowsTellAllThatATickNeeds) {
  // A hub that starts again from the rows submits the same round, to the bit, as one that has run on.
  submit(forecast());
  tick_at(start_);
  complete(JobId(100));
  State loaded;
  for (const RowChange& each : state_.drain()) {
    if (each.fate == RowFate::live) loaded.load(each.row);
  }
  ASSERT_EQ(loaded.hash(), state_.hash());
  ASSERT_EQ(next_wakeup(loaded), next_wakeup(state_));
  const UnixTime due = *next_wakeup(state_);
  for (State* each : {&state_, &loaded}) {
    const auto decision = decide(*each, {host_, Tick{}}, due);
    ASSERT_TRUE(decision);
    for (const Event& event : decision->events) apply(*each, event, due);
  }
  EXPECT_EQ(loaded.hash(), state_.hash());
}

}  // namespace
}  // namespace dayan::core
