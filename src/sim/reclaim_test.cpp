#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/prng.h"
#include "core/platform_for_tests.h"
#include "place/engine.h"
#include "place/reclaiming.h"

/// Taking back through the real core and the real engine, in virtual time: what urgent work waits on a platform full of
/// reclaimable work, what is lost for it, and that the reclaimable work ends too.

namespace dayan::sim {
namespace {

constexpr UnixTime noon{1'800'014'400'000'000};
constexpr Duration step = Duration::seconds(2);

class Platform : core::TestPlatform {
 public:
  Platform() : TestPlatform(noon, Duration::microseconds(1)), engine_(place::make_engine()) {
    must(as("root"), organisation(2, "owner", false, true));
    must(as("root"), organisation(3, "studio", true, false));
    must(as("root"), TopUpWallet{"studio", Cny::yuan(1'000'000), "bank"});
    for (int i = 0; i < 3; ++i) {
      const std::string name = "centre-" + std::to_string(i);
      PublishOffer offer{OfferId(10 + i), name, Cny::micro(1'000), Cny(), Cny()};
      offer.reclaimable_part = 300;
      PoolRow pool = batch(6);
      pool.cores_per_node = Cores(8);
      pool.memory_per_node = Bytes(64'000'000'000);
      pool.wall_time_max = Duration::hours(24 * 7);
      add_centre(CentreId(10 + i), "owner", offer, pool);
      agents_[CentreId(10 + i)] = "agent " + name;
    }
  }

  JobId submit(std::int64_t cores, std::int32_t tasks, Duration run, bool reclaimable) {
    JobSpec job = spec(tasks);
    job.requirements.resources = {Cores(cores), Bytes(1'000'000), MilliCards()};
    job.requirements.wall_time = run * 2;
    job.requirements.run_time = run;
    job.requirements.reclaimable = reclaimable;
    const JobId id(++last_id_);
    runs_[id] = run;
    must(as("studio"), SubmitJob{id, "default", job});
    submitted_[id] = now_;
    return id;
  }

  void live(Duration span) {
    for (const UnixTime until = now_ + span; now_ < until; now_ = now_ + step) {
      end_what_is_over();
      for (const auto& [id, key] : agents_) engine_->observe({id, now_, {}});
      CommitPlan made{engine_->plan(now_, 1'000)};
      made.reclaims = engine_->reclaims();
      for (const Reclaim& each : made.reclaims) EXPECT_TRUE(lease(each.attempt).reclaimable);
      weigh(made.reclaims);
      if (!made.assignments.empty() || !made.reclaims.empty()) must(host_, std::move(made));
    }
  }

  [[nodiscard]] std::size_t live_jobs() const { return state_.jobs.size(); }
  [[nodiscard]] const std::map<JobId, Duration>& waits() const { return waits_; }
  [[nodiscard]] double lost() const { return lost_; }
  [[nodiscard]] double lost_at_random() const { return lost_at_random_; }
  [[nodiscard]] const core::State& state() const { return state_; }
  [[nodiscard]] std::size_t reclaims() const { return reclaims_; }
  [[nodiscard]] std::int32_t most_reclaims() const { return most_reclaims_; }

 private:
  const LeaseRow& lease(const AttemptKey& key) const { return *state_.leases.find({key.job, key.task, key.number}); }

  void look(const core::Decision& decision) override {
    for (const Event& event : decision.events) {
      if (const auto* granted = std::get_if<LeaseGranted>(&event))
        waits_.try_emplace(granted->lease.job, now_ - submitted_.at(granted->lease.job));
      if (const auto* settled = std::get_if<AttemptSettled>(&event)) note(*settled);
    }
    for (const RowChange& change : state_.drain()) engine_->apply(change);
  }
  void note(const AttemptSettled& settled) {
    if (settled.outcome != Outcome::reclaimed) return;
    ++reclaims_;
    most_reclaims_ = std::max(most_reclaims_, ++reclaims_of_[{settled.attempt.job, settled.attempt.task}]);
  }

  /// A task runs for the job's time, or until its notice is over.
  void end_what_is_over() {
    std::vector<std::pair<LeaseRow, bool>> over;
    state_.leases.visit_all([&](const LeaseRow& row) {
      if (row.granted_at + runs_.at(row.job) <= now_) over.emplace_back(row, true);
      else if (!row.reclaimed_at.is_none() && row.reclaimed_at + reclaim_notice <= now_) over.emplace_back(row, false);
    });
    for (const auto& [row, is_done] : over) {
      AttemptReport report;
      report.attempt = row.attempt();
      report.state = AttemptState::ended;
      report.outcome = is_done ? Outcome::exited : Outcome::reclaimed;
      report.started_at = row.granted_at;
      report.engine_run = report.wrapper_run = std::min(now_ - row.granted_at, runs_.at(row.job));
      must(as(agents_.at(row.centre)), ReportAttempts{1, ++sequence_, {report}});
    }
    // What has just begun says so, and since when.
    std::map<CentreId, std::vector<AttemptReport>> begun;
    state_.attempts.visit_all([&](const AttemptRow& row) {
      if (!row.started_at.is_none()) return;
      AttemptReport report;
      report.attempt = row.attempt();
      report.state = AttemptState::running;
      report.started_at = row.granted_at;
      begun[row.centre].push_back(report);
    });
    for (auto& [centre, reports] : begun)
      must(as(agents_.at(centre)), ReportAttempts{1, ++sequence_, std::move(reports)});
  }

  double core_hours(const LeaseRow& row) const {
    return static_cast<double>((now_ - row.granted_at).microseconds()) / 3.6e9 *
           static_cast<double>(row.resources.cores.value());
  }
  /// What is lost by the engine's choice, and by one at random of the same pool that frees as many cores.
  void weigh(const std::vector<Reclaim>& reclaims) {
    std::map<CentreId, std::int64_t> freed;
    for (const Reclaim& each : reclaims) {
      lost_ += core_hours(lease(each.attempt));
      freed[lease(each.attempt).centre] += lease(each.attempt).resources.cores.value();
    }
    constexpr int draws = 10;
    for (const auto& [centre, cores] : freed) {
      for (int draw = 0; draw < draws; ++draw) {
        std::vector<const LeaseRow*> all;
        state_.leases.visit_all([&, at = centre](const LeaseRow& row) {
          if (row.centre == at && row.reclaimable && row.reclaimed_at.is_none()) all.push_back(&row);
        });
        for (std::int64_t left = cores; left > 0 && !all.empty();) {
          const auto chosen = all.begin() + static_cast<std::ptrdiff_t>(random_.below(all.size()));
          left -= (*chosen)->resources.cores.value();
          lost_at_random_ += core_hours(**chosen) / draws;
          all.erase(chosen);
        }
      }
    }
  }

  Prng random_{5};
  std::unique_ptr<place::Engine> engine_;
  std::int64_t last_id_ = 100;
  std::map<CentreId, std::string> agents_;
  std::map<JobId, Duration> runs_;
  std::map<JobId, UnixTime> submitted_;
  std::map<JobId, Duration> waits_;
  std::map<std::pair<JobId, std::int32_t>, std::int32_t> reclaims_of_;
  std::size_t reclaims_ = 0;
  std::int32_t most_reclaims_ = 0;
  double lost_ = 0;
  double lost_at_random_ = 0;
};

TEST(Reclaim, UrgentWorkStartsWithTheNoticeAndLittleIsLost) {
  // 144 cores full of reclaimable tasks of one to four cores that run for hours, and more of them waiting. For two
  // hours a job of one to eight cores comes every five minutes. Each starts when the notice is over and a period and
  // a few steps have passed, what is lost is less than half of what a choice at random would lose, and all ends in
  // the end.
  Prng random(11);
  Platform platform;
  for (int i = 0; i < 120; ++i)
    platform.submit(random.between(1, 4), 1, Duration::minutes(random.between(60, 240)), true);
  std::vector<JobId> urgent;
  platform.live(Duration::minutes(30));
  for (int i = 0; i < 24; ++i) {
    urgent.push_back(platform.submit(random.between(1, 8), 1, Duration::minutes(8), false));
    platform.live(Duration::minutes(5));
  }
  ASSERT_GE(platform.reclaims(), 10U);
  const Duration bound = reclaim_notice + place::reclaim_looked_every + step * 3;
  std::size_t at_once = 0;
  for (const JobId each : urgent) {
    ASSERT_TRUE(platform.waits().contains(each)) << to_text(each);
    const Duration wait = platform.waits().at(each);
    at_once += wait <= bound ? 1 : 0;
    // Room that was expected within three minutes was waited for first.
    EXPECT_LE(wait, bound + reclaim_notice + place::reclaim_gain) << to_text(each);
  }
  EXPECT_GE(at_once, urgent.size() * 3 / 4);
  EXPECT_LT(platform.lost(), platform.lost_at_random() / 2) << platform.lost_at_random();
  for (int hours = 0; hours < 30 && platform.live_jobs() > 0; ++hours) platform.live(Duration::hours(1));
  EXPECT_EQ(platform.live_jobs(), 0U);
  EXPECT_LE(platform.most_reclaims(), reclaims_max);
}

TEST(Reclaim, AnArrayGetsItsRoomAtOnce) {
  // Twelve urgent tasks of two cores on a full platform: they do not come one a notice.
  Platform platform;
  for (int i = 0; i < 150; ++i) platform.submit(1, 1, Duration::hours(5), true);
  platform.live(Duration::minutes(20));
  platform.submit(2, 12, Duration::minutes(10), false);
  platform.live(reclaim_notice + place::reclaim_looked_every + step * 5);
  std::size_t running = 0;
  platform.state().leases.visit_all([&](const LeaseRow& row) { running += row.reclaimable ? 0 : 1; });
  EXPECT_EQ(running, 12U);
}

}  // namespace
}  // namespace dayan::sim
