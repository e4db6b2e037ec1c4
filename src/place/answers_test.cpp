#include <gtest/gtest.h>

#include <algorithm>

#include "base/prng.h"
#include "model/json.h"
#include "place/scene_for_tests.h"

namespace dayan::place {
namespace {

/// A crowded platform on which a plan was carried out: jobs of several shapes and priorities wait, some of them promised.
class Crowd {
 public:
  explicit Crowd(Prng& random) {
    scene_.wallet(scene_customer, Cny::yuan(1'000'000));
    std::vector<CentreId> centres;
    for (auto count = random.between(1, 5); count > 0; --count) {
      const CentreRow centre = scene_.centre("c" + std::to_string(count), Cny::micro(random.between(1, 12) * 250'000));
      PoolRow pool = scene_.pool(centre.id, static_cast<std::int32_t>(random.between(1, 3)), random.between(2, 8));
      pool.core_capability = Capability(random.between(1, 6) * 5'000);
      scene_.put(pool);
      for (auto leases = random.below(5); leases > 0; --leases)
        scene_.lease(centre.id, random.between(1, 4), Duration::minutes(random.between(5, 600)));
    }
    for (auto count = random.chance(1, 8) ? 400 : random.between(1, 30); count > 0; --count) jobs_.push_back(job(random));
    engine_ = scene_.engine();
    for (auto plan = engine_->plan(scene_now, 100); !plan.empty(); plan = engine_->plan(scene_now, 100)) {
      for (const Assignment& each : plan) commit(each);
    }
  }
  [[nodiscard]] const Engine& engine() const { return *engine_; }
  [[nodiscard]] const std::vector<JobRow>& jobs() const { return jobs_; }

 private:
  JobRow job(Prng& random) {
    Requirements needs = Scene::small();
    needs.resources.cores = Cores(random.between(1, 8));
    needs.wall_time = Duration::minutes(random.between(5, 600));
    if (random.chance(2, 3)) needs.run_time = Duration::microseconds(random.between(1, needs.wall_time.microseconds()));
    if (random.chance(1, 8)) needs.finish_by = scene_now + Duration::minutes(random.between(30, 2'000));
    if (random.chance(1, 8)) needs.tasks_per_node_max = 1;
    needs.priority = static_cast<std::int32_t>(random.between(-2, 2));
    needs.objective = static_cast<Objective>(random.below(4));
    JobRow row = scene_.job(static_cast<std::int32_t>(random.between(1, 6)), needs);
    row.submitted_at = scene_now - Duration::seconds(random.between(0, 300));
    if (random.chance(1, 4)) row.throttle = static_cast<std::int32_t>(random.between(1, 3));
    scene_.put(row);
    return row;
  }
  void commit(const Assignment& each) {
    JobRow& row = *std::find_if(jobs_.begin(), jobs_.end(), [&](const JobRow& known) { return known.id == each.job; });
    const LeaseRow lease = granted(each, row, scene_now);
    engine_->apply({row, RowFate::live});
    engine_->apply({lease, RowFate::live});
  }

  Scene scene_;
  std::vector<JobRow> jobs_;
  std::unique_ptr<Engine> engine_;
};

TEST(AnswersTest, SeveralAreAnsweredAsEachAlone) {
  // Random crowds: all jobs, and as much again of each, are asked of together, in the order of the queue or in none;
  // every answer is that to a single question.
  std::int64_t waited = 0;
  std::int64_t behind = 0;
  std::int64_t promised = 0;
  std::int64_t cut = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng random(seed);
    const Crowd crowd(random);
    std::vector<JobRow> jobs = crowd.jobs();
    if (random.chance(1, 2)) std::reverse(jobs.begin(), jobs.end());
    const auto together = crowd.engine().answers(scene_now);
    for (const JobRow& job : jobs) {
      const auto waiting = together->waiting(job.id);
      const auto alone = crowd.engine().waiting(job.id, scene_now);
      ASSERT_EQ(waiting.has_value(), alone.has_value());
      ASSERT_EQ(json_text(to_json(*waiting)), json_text(to_json(*alone)));
      ASSERT_EQ(together->quotes(job.id), crowd.engine().quotes(job.id, scene_now));
      const Question again{job.organisation, job.requirements, job.count, job.throttle};
      ASSERT_EQ(together->quotes(again), crowd.engine().quotes(again, scene_now));
      waited += waiting->tasks > 0 ? 1 : 0;
      behind += waiting->jobs_before > 0 ? 1 : 0;
      promised += waiting->promised_from.is_none() ? 0 : 1;
      cut += waiting->is_wait_least ? 1 : 0;
    }
  }
  EXPECT_GT(waited, 500);
  EXPECT_GT(behind, 200);
  EXPECT_GT(promised, 10);
  EXPECT_GT(cut, 100);
}

}  // namespace
}  // namespace dayan::place
