#include <gtest/gtest.h>

#include <map>
#include <queue>
#include <vector>

#include "base/prng.h"
#include "core/platform_for_tests.h"
#include "place/engine.h"

/// Fair share through the real core and the real engine, in virtual time: who waits how long for whom.

namespace dayan::sim {
namespace {

constexpr UnixTime noon{1'800'014'400'000'000};  // 2027-01-15T12:00:00Z

/// One pool of single cores, and customers that submit tasks of one core.
class Market : core::TestPlatform {
 public:
  explicit Market(std::int32_t cores, std::uint64_t seed = 1)
      : TestPlatform(noon, Duration::microseconds(1)), random_(seed), engine_(place::make_engine()) {
    must(as("root"), organisation(2, "owner", false, true));
    PoolRow pool = batch(cores);
    pool.cores_per_node = Cores(1);
    add_centre(centre, "owner", {OfferId(4), "guian", Cny::micro(1), Cny(), Cny()}, pool);
    agent_ = as("agent guian");
  }

  OrganisationId customer(const std::string& name, std::int64_t weight = share_weight_usual) {
    const std::int64_t id = ++last_id_;
    must(as("root"), organisation(id, name, true, false));
    must(as("root"), TopUpWallet{name, Cny::yuan(1'000'000), "of " + name});
    if (weight != share_weight_usual) must(as("root"), WeighOrganisation{name, weight});
    customers_[OrganisationId(id)] = as(name);
    return OrganisationId(id);
  }

  /// A job of so many tasks that run for about so long, a fifth more or less.
  JobId submit(OrganisationId by, std::int32_t tasks, Duration run) {
    JobSpec job = spec(tasks);
    job.requirements.resources.memory = Bytes(1'000'000);
    job.requirements.wall_time = run * 2;
    job.requirements.run_time = run;
    const JobId id(++last_id_);
    must(customers_.at(by), SubmitJob{id, "default", job});
    jobs_[id] = {by, now_, run, UnixTime()};
    return id;
  }

  /// Lives on until then: what runs ends, and what waits is placed.
  void live_until(UnixTime until) {
    for (;;) {
      place();
      if (ends_.empty() || ends_.top().first > until) break;
      now_ = std::max(now_, ends_.top().first);
      while (!ends_.empty() && ends_.top().first <= now_) {
        end(ends_.top().second);
        ends_.pop();
      }
    }
    now_ = std::max(now_, until);
  }

  /// Of the tasks that have started so far.
  [[nodiscard]] double mean_wait_minutes(OrganisationId of) const {
    const Waits& waits = waits_.at(of);
    return static_cast<double>(waits.sum.microseconds()) / 6e7 / static_cast<double>(waits.started);
  }
  [[nodiscard]] std::int64_t started(OrganisationId of) const { return waits_.at(of).started; }
  [[nodiscard]] double work_hours(OrganisationId of) const { return work_.at(of) / 3.6e9; }
  [[nodiscard]] UnixTime first_start(JobId job) const { return jobs_.at(job).started; }
  [[nodiscard]] UnixTime submitted(JobId job) const { return jobs_.at(job).submitted; }
  [[nodiscard]] UnixTime now() const { return now_; }
  [[nodiscard]] const core::State& state() const { return state_; }
  [[nodiscard]] place::Engine& engine() { return *engine_; }

 private:
  struct Job {
    OrganisationId by;
    UnixTime submitted;
    Duration run;
    UnixTime started;
  };
  struct Waits {
    Duration sum;
    std::int64_t started = 0;
  };
  static constexpr CentreId centre{3};

  void look(const core::Decision& decision) override {
    for (const Event& event : decision.events)
      if (const auto* granted = std::get_if<LeaseGranted>(&event)) note(granted->lease);
    for (const RowChange& change : state_.drain()) engine_->apply(change);
  }

  void place() {
    engine_->observe({centre, now_, {}});
    for (;;) {
      auto assignments = engine_->plan(now_, 1'000);
      if (assignments.empty()) return;
      plan(std::move(assignments));
    }
  }

  void note(const LeaseRow& lease) {
    Job& job = jobs_.at(lease.job);
    if (job.started.is_none()) job.started = now_;
    Waits& waits = waits_[job.by];
    waits.sum = waits.sum + (now_ - job.submitted);
    ++waits.started;
    const Duration run = Duration::microseconds(job.run.microseconds() / 10 * random_.between(8, 12));
    runs_[lease.attempt()] = run;
    ends_.push({now_ + run, lease.attempt()});
  }

  void end(const AttemptKey& attempt) {
    AttemptReport made = ended(attempt.job, attempt.task, attempt.number, 0, runs_.at(attempt));
    made.wrapper_run = made.engine_run;
    work_[jobs_.at(attempt.job).by] += static_cast<double>(made.engine_run.microseconds());
    must(agent_, ReportAttempts{1, ++sequence_, {made}});
  }

  Prng random_;
  std::unique_ptr<place::Engine> engine_;
  Actor agent_;
  std::int64_t last_id_ = 100;
  std::map<OrganisationId, Actor> customers_;
  std::map<JobId, Job> jobs_;
  std::map<OrganisationId, Waits> waits_;
  std::map<OrganisationId, double> work_;  ///< core-µs of what has ended
  std::map<AttemptKey, Duration> runs_;
  using End = std::pair<UnixTime, AttemptKey>;
  std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
};

/// One asks for 10,000 tasks at noon, and somebody for 100 more at 12:05: how long these wait in the mean.
double wait_of_the_late(bool is_another) {
  Market market(100);
  const OrganisationId first = market.customer("first");
  const OrganisationId late = is_another ? market.customer("late") : first;
  for (int i = 0; i < 100; ++i) market.submit(first, 100, Duration::minutes(10));
  market.live_until(noon + Duration::minutes(5));
  const JobId job = market.submit(late, 100, Duration::minutes(10));
  if (is_another) {
    market.live_until(noon + Duration::hours(2));
    EXPECT_EQ(market.started(late), 100);
    return market.mean_wait_minutes(late);
  }
  market.live_until(noon + Duration::hours(20));
  return static_cast<double>((market.first_start(job) - market.submitted(job)).microseconds()) / 6e7;
}

TEST(FairShare, AFewTasksDoNotWaitForThousandsOfAnother) {
  // Of one organisation the later job waits for all before it: most of a day. Of two, the second has its turn as soon
  // as cores are freed, in less than a fiftieth of that.
  const double without = wait_of_the_late(false);
  const double with = wait_of_the_late(true);
  RecordProperty("minutes_without", static_cast<int>(without));
  RecordProperty("minutes_with", static_cast<int>(with));
  EXPECT_GT(without, 900);
  EXPECT_LT(with, without / 50);
}

TEST(FairShare, WorkIsDividedByWeights) {
  // Two that always wait, weights 1 and 3: of what ends in two days one has a quarter, within a twentieth.
  Market market(50);
  const OrganisationId one = market.customer("one");
  const OrganisationId three = market.customer("three", 3'000);
  for (int i = 0; i < 80; ++i) {
    market.submit(one, 200, Duration::minutes(20));
    market.submit(three, 200, Duration::minutes(20));
  }
  market.live_until(noon + Duration::hours(48));
  const double part = market.work_hours(one) / (market.work_hours(one) + market.work_hours(three));
  EXPECT_NEAR(part, 0.25, 0.0125);
}

TEST(FairShare, NobodyIsOvertakenByWhatComesADayLater) {
  // One has had all for two days. Then two others ask for half as much again as there is, without end: what the first
  // asks for stands back, but nothing starts before it that was submitted more than a day after it.
  Market market(40);
  const OrganisationId hog = market.customer("hog");
  const OrganisationId others[] = {market.customer("others"), market.customer("more")};
  for (int i = 0; i < 2 * 24; ++i) {
    market.submit(hog, 40, Duration::hours(1));
    market.live_until(market.now() + Duration::hours(1));
  }
  const UnixTime begun = market.now();
  std::vector<JobId> later;
  for (int i = 0; i < 4; ++i) later.push_back(market.submit(others[i % 2], 200, Duration::hours(1)));
  const JobId last = market.submit(hog, 1, Duration::hours(1));
  while (market.first_start(last).is_none() && market.now() < begun + Duration::hours(120)) {
    for (const OrganisationId each : others) later.push_back(market.submit(each, 30, Duration::hours(1)));
    market.live_until(market.now() + Duration::hours(1));
  }
  const UnixTime started = market.first_start(last);
  ASSERT_FALSE(started.is_none());
  std::int64_t overtook = 0;
  for (const JobId each : later) {
    const bool is_before = !market.first_start(each).is_none() && market.first_start(each) < started;
    if (!is_before) continue;
    if (market.submitted(each) > market.submitted(last)) ++overtook;
    EXPECT_LE(market.submitted(each) - market.submitted(last), Duration::hours(24));
  }
  EXPECT_GT(overtook, 10);
}

TEST(FairShare, ARestartForgetsNothing) {
  // An engine that is fed the rows as they stand knows who has had what: the same times, to the second.
  Market market(20);
  const OrganisationId one = market.customer("one");
  const OrganisationId other = market.customer("other", 2'000);
  market.submit(one, 200, Duration::hours(1));
  market.live_until(noon + Duration::hours(7));
  market.submit(other, 100, Duration::hours(1));
  market.live_until(noon + Duration::hours(9));
  const UnixTime later = market.now() + Duration::minutes(1);
  const auto again = place::make_engine();
  core::State::for_each_table(market.state(), [&](const auto& table) {
    table.visit_all([&](const auto& row) { again->apply({row, RowFate::live}); });
  });
  for (place::Engine* engine : {again.get(), &market.engine()}) {
    engine->observe({CentreId(3), later, {}});
    (void)engine->plan(later, 0);
  }
  const auto before = market.engine().shares().organisations;
  const auto after = again->shares().organisations;
  ASSERT_EQ(before.size(), 2U);
  ASSERT_EQ(after.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_GT(before[i].time, Duration::hours(1));
    EXPECT_NEAR(static_cast<double>(before[i].time.microseconds()), static_cast<double>(after[i].time.microseconds()),
                1e6);
    EXPECT_EQ(before[i].due, after[i].due);
    EXPECT_EQ(before[i].weight, after[i].weight);
  }
}

}  // namespace
}  // namespace dayan::sim
