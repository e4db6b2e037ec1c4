#include "place/calendar/queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/prng.h"
#include "place/calendar/conservative.h"
#include "place/calendar/due_order.h"
#include "place/calendar/easy.h"
#include "place/calendar/fcfs.h"
#include "place/calendar/host_policies.h"
#include "place/calendar/policies.h"

namespace dayan::place {
namespace {

using Jobs = std::vector<BatchJob>;
using Starts = std::vector<std::int64_t>;

std::int64_t submit_of(const BatchJob& job) { return job.request.submitted.microseconds(); }
std::int64_t limit_of(const BatchJob& job) { return job.request.limit.microseconds(); }

/// The slow, obviously right way: at every moment of time the whole situation is looked at anew, and what is free at
/// a moment is counted job by job.
class Oracle {
 public:
  enum class Rule { fcfs, easy, conservative };

  Oracle(const Jobs& jobs, std::int64_t processors)
      : jobs_(jobs), processors_(processors), starts_(jobs.size(), none), ended_(jobs.size(), false) {}

  Starts play(Rule rule) {
    for (std::int64_t now = 0; std::count(starts_.begin(), starts_.end(), none) > 0; ++now) {
      // Again until nothing starts: a job that runs for no time gives its processors back in the next round.
      for (bool again = true; again;) {
        for (std::size_t i = 0; i < jobs_.size(); ++i)
          ended_[i] = starts_[i] != none && starts_[i] + jobs_[i].run.microseconds() <= now;
        const Starts before = starts_;
        if (rule == Rule::fcfs) fcfs(now);
        if (rule == Rule::easy) easy(now);
        if (rule == Rule::conservative) conservative(now);
        again = before != starts_;
      }
    }
    return starts_;
  }

 private:
  static constexpr std::int64_t none = -1;

  [[nodiscard]] bool waits(std::size_t i, std::int64_t now) const {
    return starts_[i] == none && submit_of(jobs_[i]) <= now;
  }
  /// Free at a moment if running jobs go on to their limits and the jobs in `plan` start as planned.
  [[nodiscard]] std::int64_t free(std::int64_t at, const Starts& plan) const {
    std::int64_t free = processors_;
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      const std::int64_t start = starts_[i] != none && !ended_[i] ? starts_[i] : plan[i];
      if (start != none && start <= at && at < start + limit_of(jobs_[i])) free -= jobs_[i].request.processors;
    }
    return free;
  }
  [[nodiscard]] bool fits(std::size_t i, std::int64_t start, const Starts& plan) const {
    for (std::int64_t at = start; at < start + limit_of(jobs_[i]); ++at) {
      if (free(at, plan) < jobs_[i].request.processors) return false;
    }
    return true;
  }
  [[nodiscard]] std::int64_t earliest(std::size_t i, std::int64_t now, const Starts& plan) const {
    std::int64_t start = now;
    while (!fits(i, start, plan)) ++start;
    return start;
  }
  [[nodiscard]] Starts empty_plan() const { return Starts(jobs_.size(), none); }

  void fcfs(std::int64_t now) {
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (!waits(i, now)) continue;
      if (free(now, empty_plan()) < jobs_[i].request.processors) return;
      starts_[i] = now;
    }
  }
  void easy(std::int64_t now) {
    // The first that cannot start is planned, then whoever fits beside it starts.
    Starts plan = empty_plan();
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (!waits(i, now)) continue;
      if (fits(i, now, plan)) {
        starts_[i] = now;
      } else if (plan == empty_plan()) {
        plan[i] = earliest(i, now, plan);
      }
    }
  }
  void conservative(std::int64_t now) {
    Starts plan = empty_plan();
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (waits(i, now)) plan[i] = earliest(i, now, plan);
    }
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (plan[i] == now) starts_[i] = now;
    }
  }

  const Jobs& jobs_;
  std::int64_t processors_;
  Starts starts_;
  std::vector<bool> ended_;
};

struct Load {
  std::size_t jobs;
  std::int64_t processors;
  std::int64_t gap_max;
  std::int64_t run_max;
  std::int64_t looseness;  ///< a limit is up to so many times the run time
};

Jobs random_jobs(Prng& prng, const Load& load) {
  Jobs jobs;
  std::int64_t now = 0;
  for (std::size_t i = 0; i < load.jobs; ++i) {
    now += prng.chance(1, 3) ? 0 : prng.between(0, load.gap_max);
    const std::int64_t run = prng.chance(1, 10) ? 0 : prng.between(1, load.run_max);
    const std::int64_t least = std::max<std::int64_t>(run, 1);
    const std::int64_t limit = prng.chance(1, 4) ? least : prng.between(least, least * load.looseness);
    const std::int64_t processors = prng.chance(1, 2) ? prng.between(1, 2) : prng.between(1, load.processors);
    jobs.push_back({{UnixTime(now), Duration::microseconds(limit), std::min(processors, load.processors), 0},
                    Duration::microseconds(run)});
  }
  return jobs;
}

Starts numbers(const std::vector<UnixTime>& times) {
  Starts starts;
  for (const UnixTime time : times) starts.push_back(time.microseconds());
  return starts;
}

/// The oracle goes moment by moment; the policies get the same jobs with moments of half a minute.
constexpr std::int64_t stretch = 30'000'000;

Jobs stretched(Jobs jobs) {
  for (BatchJob& one : jobs) {
    one.request.submitted = UnixTime(one.request.submitted.microseconds() * stretch);
    one.request.limit = one.request.limit * stretch;
    one.run = one.run * stretch;
  }
  return jobs;
}

constexpr Load loads[] = {{12, 4, 3, 6, 1}, {25, 8, 3, 12, 3}, {40, 8, 2, 10, 10}, {40, 5, 6, 9, 4}};

template <class Policy>
void compare(Oracle::Rule rule) {
  for (std::uint64_t seed = 1; seed <= 250; ++seed) {
    Prng prng(seed);
    const Load& load = loads[seed % std::size(loads)];
    const Jobs jobs = random_jobs(prng, load);
    Policy policy(load.processors);
    Starts starts = numbers(replay(stretched(jobs), load.processors, policy));
    for (std::int64_t& start : starts) start /= stretch;
    ASSERT_EQ(starts, Oracle(jobs, load.processors).play(rule)) << "seed " << seed;
  }
}

// Shows that nobody overtakes under FCFS, job by job as the oracle says.
TEST(Queue, FcfsEqualsTheOracle) { compare<Fcfs>(Oracle::Rule::fcfs); }
// Shows that EASY with its shortcuts starts every job when the plain definition does.
TEST(Queue, EasyEqualsTheOracle) { compare<Easy>(Oracle::Rule::easy); }
// Shows that the lazy plan starts every job when a plan of the whole queue at every moment does.
TEST(Queue, ConservativeEqualsTheOracle) { compare<Conservative>(Oracle::Rule::conservative); }

BatchJob job(std::int64_t submit, std::int64_t processors, std::int64_t limit, std::int64_t run = -1) {
  const auto of = [](std::int64_t seconds) { return Duration::seconds(seconds); };
  return {{UnixTime(of(submit).microseconds()), of(limit), processors, 0}, of(run < 0 ? limit : run)};
}

Starts start_seconds(const Jobs& jobs, std::int64_t processors, QueuePolicy& policy) {
  Starts starts;
  for (const UnixTime time : replay(jobs, processors, policy)) starts.push_back(time.microseconds() / 1'000'000);
  return starts;
}

// Shows the rules apart on four jobs drawn on paper: FCFS lets nobody by; EASY lets the third by, because it ends
// before the second can start; the fourth pushes the third's plan back, which conservative does not allow.
TEST(Queue, RulesDifferAsOnPaper) {
  const Jobs jobs{job(0, 3, 10), job(1, 4, 10), job(2, 1, 30), job(3, 1, 7)};
  Fcfs fcfs(4);
  Easy easy(4);
  Conservative conservative(4);
  EXPECT_EQ(start_seconds(jobs, 4, fcfs), (Starts{0, 10, 20, 20}));
  EXPECT_EQ(start_seconds(jobs, 4, easy), (Starts{0, 10, 20, 3}));
  EXPECT_EQ(start_seconds(jobs, 4, conservative), (Starts{0, 10, 20, 3}));
  // Of 5 processors one is left over beside the second job: EASY lets the third take it for ever.
  const Jobs wider{job(0, 4, 10), job(1, 4, 10), job(2, 5, 5), job(3, 1, 30)};
  Easy easy_wider(5);
  Conservative conservative_wider(5);
  EXPECT_EQ(start_seconds(wider, 5, easy_wider), (Starts{0, 10, 33, 3}));
  EXPECT_EQ(start_seconds(wider, 5, conservative_wider), (Starts{0, 10, 20, 25}));
}

// Shows the tie rule "lowest hosts": host 0 is free when the last job comes, but promised to the third job from
// second 10 on, with host 1. By counting, host 2 would do for that job too.
TEST(Queue, HostsAreHeldByNumber) {
  const Jobs jobs{job(0, 1, 3), job(0, 2, 10), job(4, 2, 10), job(5, 1, 30)};
  Easy easy(3);
  Conservative conservative(3);
  EXPECT_EQ(start_seconds(jobs, 3, easy), (Starts{0, 0, 10, 5}));
  EXPECT_EQ(start_seconds(jobs, 3, conservative), (Starts{0, 0, 10, 5}));
  HostEasy host_easy(3);
  HostConservative host_conservative(3);
  EXPECT_EQ(start_seconds(jobs, 3, host_easy), (Starts{0, 0, 10, 10}));
  EXPECT_EQ(start_seconds(jobs, 3, host_conservative), (Starts{0, 0, 10, 10}));
}

// Shows that host sets and slices answer as a table of hosts by moments does.
TEST(HostCalendar, EqualsATable) {
  constexpr std::int64_t hosts = 70;  // more than a word
  constexpr std::int64_t length = 60;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Prng prng(seed);
    HostCalendar calendar(hosts);
    std::vector<std::vector<bool>> free(length, std::vector<bool>(hosts, true));
    for (int turn = 0; turn < 60; ++turn) {
      const std::int64_t from = prng.between(0, 20);
      const std::int64_t duration = prng.between(1, 12);
      const std::int64_t wanted = prng.between(1, hosts / 2);
      std::int64_t start = from;
      std::vector<std::size_t> chosen;
      for (;; ++start) {
        chosen.clear();
        for (std::size_t host = 0; host < hosts && std::ssize(chosen) < wanted; ++host) {
          bool all = true;
          for (std::int64_t at = start; at < std::min(start + duration, length); ++at)
            all = all && free[static_cast<std::size_t>(at)][host];
          if (all) chosen.push_back(host);
        }
        if (std::ssize(chosen) == wanted) break;
      }
      const auto fit = calendar.first_fit(UnixTime(from), Duration::microseconds(duration), wanted);
      ASSERT_EQ(fit.start, UnixTime(start)) << "seed " << seed << " turn " << turn;
      if (start + duration >= length) break;
      calendar.take(fit.start, fit.start + Duration::microseconds(duration), fit.hosts);
      for (std::int64_t at = start; at < start + duration; ++at) {
        for (const std::size_t host : chosen) free[static_cast<std::size_t>(at)][host] = false;
        ASSERT_EQ(calendar.free_at(UnixTime(at)), std::ranges::count(free[static_cast<std::size_t>(at)], true));
      }
    }
  }
}

std::unique_ptr<QueuePolicy> policy_of(QueueRule rule, std::int64_t processors) {
  return make_queue_policy(rule, TieRule::counted, processors);
}

// Shows for every rule that a job for the whole machine starts in bounded time although narrow jobs, which always
// leave one half of it busy, never stop coming: it waits no longer when the stream is twice as long.
TEST(Queue, NobodyStarves) {
  for (const QueueRule rule : queue_rules) {
    std::vector<std::int64_t> waits;
    for (const std::int64_t length : {700'000, 1'400'000}) {
      Jobs jobs;
      for (std::int64_t second = 0; second < length; second += 20) {
        jobs.push_back(job(second, 4, 40, 39));
        if (second == 5'000) jobs.push_back(job(second, 8, 7'200));
      }
      const auto policy = policy_of(rule, 8);
      const Starts starts = start_seconds(jobs, 8, *policy);
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (jobs[i].request.processors == 8) waits.push_back(starts[i] - 5'000);
      }
    }
    ASSERT_EQ(waits.size(), 2U);
    EXPECT_EQ(waits[0], waits[1]) << to_text(rule);
    EXPECT_LT(waits[0], 600'000) << to_text(rule);
    RecordProperty(std::string(to_text(rule)), static_cast<int>(waits[0]));
  }
}

/// Seconds, per processor, of all that was there and not ended when `job` came, if everything ran to its limit.
double behind_at(const Jobs& jobs, const Starts& starts, std::size_t job, std::int64_t processors) {
  double work = 0;
  for (std::size_t i = 0; i < job; ++i) {
    const std::int64_t from = std::max(starts[i], submit_of(jobs[job]));
    if (starts[i] + jobs[i].run.microseconds() <= submit_of(jobs[job])) continue;
    work += static_cast<double>(starts[i] + limit_of(jobs[i]) - from) * static_cast<double>(jobs[i].request.processors);
  }
  return work / 1e6 / static_cast<double>(processors);
}

/// Seconds that our own rule lets a job wait at most, as DueOrder says it: the grace, and one longest limit for what
/// is promised already, for its own promise, and for each job that waited when it came.
double longest_wait(const Jobs& jobs, const Starts& starts, std::size_t job, double behind, double usually_behind) {
  double longest = 0;
  double waiting = 0;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (i < job && starts[i] > submit_of(jobs[job])) ++waiting;
    const bool ran_meanwhile =
        i != job && starts[i] < starts[job] && starts[i] + jobs[i].run.microseconds() > submit_of(jobs[job]);
    if (ran_meanwhile) longest = std::max(longest, static_cast<double>(limit_of(jobs[i])) / 1e6);
  }
  const double grace = 3 * std::max(usually_behind, std::min(2 * 86'400.0, 6.5 * behind + 3 * 3600));
  return grace + (waiting + 2) * longest;
}

// Shows the bound that our own rule states, on random streams of narrow short jobs among which wide ones come now and
// then, with limits up to ten days.
TEST(DueOrder, NobodyWaitsLongerThanItSays) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Prng prng(seed);
    Jobs jobs;
    for (std::int64_t second = 0; second < 150'000; second += prng.between(5, 35)) {
      const std::int64_t run = prng.between(60, 300);
      jobs.push_back(job(second, prng.between(1, 2), run * prng.between(1, 3), run));
      jobs.back().request.user = prng.between(-1, 3);
      if (prng.chance(1, 3000)) jobs.push_back(job(second, prng.between(12, 16), prng.between(1, 240) * 3'600, 3'600));
    }
    DueOrder due(16);
    const Starts starts = numbers(replay(jobs, 16, due));
    double usually_behind = 0;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (i % 50 != 0 && jobs[i].request.processors <= 2) continue;
      const double behind = behind_at(jobs, starts, i, 16);
      usually_behind = std::max(usually_behind, behind);
      const double wait = static_cast<double>(starts[i] - submit_of(jobs[i])) / 1e6;
      ASSERT_LE(wait, longest_wait(jobs, starts, i, behind, usually_behind)) << "seed " << seed << " job " << i;
    }
  }
}

// Shows that a job for the whole machine which comes to narrow short ones that never stop coming starts within the
// three hours (thrice) that such a machine has for it, whatever its limit: what it is behind are minutes.
TEST(DueOrder, AWideJobBesideNarrowOnesStartsWhateverItsLimit) {
  for (const std::int64_t limit : {7'200, 72'000, 864'000}) {
    Prng prng(7);
    Jobs jobs;
    for (std::int64_t second = 0; second < 300'000; second += prng.between(1, 9)) {
      const std::int64_t run = prng.between(60, 300);
      jobs.push_back(job(second, prng.between(1, 2), run + prng.between(0, 150), run));
      if (jobs.size() == 200) jobs.push_back(job(second, 64, limit, 7'200));
    }
    DueOrder due(64);
    const Starts starts = start_seconds(jobs, 64, due);
    const std::int64_t wait = starts[200] - submit_of(jobs[200]) / 1'000'000;
    EXPECT_LE(wait, 3 * 3 * 3600) << "limit " << limit;
    EXPECT_LE(wait, longest_wait(jobs, numbers(replay(jobs, 64, *policy_of(QueueRule::dayan, 64))), 200, 450, 0));
    RecordProperty("limit_" + std::to_string(limit), static_cast<int>(wait));
  }
}

// Shows for every rule that it is deterministic, starts every job once and never more than there are processors for
// (replay asserts that), on random logs with users, ties and loose limits.
TEST(Queue, EveryRuleServesEveryJob) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Prng prng(seed);
    Jobs jobs = random_jobs(prng, {200, 16, 3, 20, 10});
    for (BatchJob& one : jobs) one.request.user = prng.between(-1, 3);
    for (const QueueRule rule : queue_rules) {
      const auto first = policy_of(rule, 16);
      const auto second = policy_of(rule, 16);
      ASSERT_EQ(numbers(replay(jobs, 16, *first)), numbers(replay(jobs, 16, *second)));
    }
  }
}

// Shows what our own rule is for: a short job need not wait behind long ones, and what a user's jobs usually take
// counts, not the limit.
TEST(DueOrder, ServesShortJobsSoon) {
  Jobs jobs;
  // The user's jobs end in seconds, whatever the limit says; nobody else's do.
  for (int i = 0; i < 20; ++i) jobs.push_back(job(i * 20, 1, 86'400, 5));
  for (BatchJob& one : jobs) one.request.user = 7;
  jobs.push_back(job(1000, 8, 40'000));
  jobs.push_back(job(1001, 8, 40'000));
  jobs.push_back(job(1002, 8, 86'400, 5));
  jobs.back().request.user = 7;
  DueOrder due(8);
  const Starts starts = start_seconds(jobs, 8, due);
  EXPECT_EQ(starts[20], 1000);
  EXPECT_EQ(starts[22], 41'000);
  EXPECT_EQ(starts[21], 41'005);
  Easy easy(8);
  EXPECT_EQ(start_seconds(jobs, 8, easy)[22], 81'000);
}

// Shows the mean by which jobs are ranked, with the limit as one more run and ten seconds as the shortest.
TEST(RunTimes, WeighsTheLastRuns) {
  RunTimes times;
  const Duration hour = Duration::hours(1);
  EXPECT_EQ(times.expected_seconds(3, hour), 3600);
  times.note(3, Duration::seconds(2));
  // (3600 + 10) / (1/3600 + 1/10) = 36,000: its square root.
  EXPECT_NEAR(times.expected_seconds(3, hour), 189.74, 0.01);
  EXPECT_EQ(times.expected_seconds(-1, hour), 3600);
  EXPECT_EQ(times.expected_seconds(4, hour), 3600);
  for (int i = 0; i < 100; ++i) times.note(3, Duration::hours(2));
  EXPECT_NEAR(times.expected_seconds(3, hour), 3600, 1e-6);
}

// Shows the figures on two jobs: a wait that the floor hides, and one that it does not.
TEST(Queue, FiguresAreThoseDefined) {
  const Jobs jobs{job(0, 4, 100), job(20, 2, 5), job(50, 1, 1)};
  const std::vector<UnixTime> starts{UnixTime(0), UnixTime(100'000'000), UnixTime(101'000'000)};
  const QueueFigures figures = figures_of(jobs, starts, 4, Duration::seconds(10));
  EXPECT_DOUBLE_EQ(figures.mean_bounded_slowdown, (1.0 + 8.5 + 5.2) / 3);
  EXPECT_DOUBLE_EQ(figures.mean_wait, (0.0 + 80 + 51) / 3);
  EXPECT_DOUBLE_EQ(figures.max_wait, 80);
  EXPECT_DOUBLE_EQ(figures.makespan, 105);
  EXPECT_DOUBLE_EQ(figures.utilisation, 1.0);
}

}  // namespace
}  // namespace dayan::place
