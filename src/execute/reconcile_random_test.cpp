#include <algorithm>
#include <map>

#include "base/prng.h"
#include "execute/test_centre.h"
#include "model/json.h"

namespace dayan::execute {
namespace {

/// An engine that is late, forgetful in its answers, and sometimes silent. An order finds the job that bears its
/// name, but for one that lands late: it looked for the name when it set out.
class ScriptedEngine {
 public:
  explicit ScriptedEngine(Prng prng) : prng_(prng) {}

  Result<std::string> start(const AttemptKey& attempt, UnixTime now) {
    if (prng_.chance(1, 10)) return fail(ErrorCode::unavailable, "busy");
    if (prng_.chance(1, 20)) return fail(ErrorCode::invalid, "no such partition");
    if (prng_.chance(1, 5)) {
      // The order is on its way, and lands within the patience of the agent, or never.
      if (prng_.chance(1, 2)) late_.push_back({attempt, now + Duration::seconds(3)});
      return fail(ErrorCode::unknown_outcome, "timed out");
    }
    if (!jobs_.contains(attempt)) {
      ++starts_[attempt];
      jobs_[attempt] = queued(attempt);
    }
    if (prng_.chance(1, 5)) return fail(ErrorCode::unknown_outcome, "the answer was lost");
    return std::string("engine-") + engine_name(attempt);
  }
  void stop(const AttemptKey& attempt, UnixTime now) {
    const auto found = jobs_.find(attempt);
    if (found == jobs_.end() || found->second.state == AttemptState::ended || prng_.chance(1, 3)) return;
    end(found->second, Outcome::stopped, now);
  }
  void forget(const AttemptKey& attempt) { jobs_.erase(attempt); }
  void pass(UnixTime now) {
    for (std::size_t i = 0; i < late_.size();) {
      if (late_[i].second > now) {
        ++i;
        continue;
      }
      ++starts_[late_[i].first];
      jobs_[late_[i].first] = queued(late_[i].first);
      late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (auto& [attempt, job] : jobs_) {
      if (job.state == AttemptState::ended) continue;
      if (job.state == AttemptState::queued && prng_.chance(1, 3)) {
        job.state = AttemptState::running;
        job.started_at = now;
      } else if (job.state == AttemptState::running) {
        job.engine_run = now - job.started_at;
        if (prng_.chance(1, 10)) end(job, Outcome::exited, now);
      }
    }
  }
  std::optional<Observation> look(UnixTime now) {
    if (prng_.chance(1, 4)) return std::nullopt;
    Observation seen{now, {}};
    for (const auto& [attempt, job] : jobs_) seen.jobs.push_back(job);
    return seen;
  }
  [[nodiscard]] int starts(const AttemptKey& attempt) const {
    const auto found = starts_.find(attempt);
    return found == starts_.end() ? 0 : found->second;
  }
  [[nodiscard]] std::size_t living() const {
    std::size_t count = 0;
    for (const auto& [attempt, job] : jobs_) count += job.state == AttemptState::ended ? 0 : 1;
    return count;
  }
  /// Living attempts of one task, which must never be two.
  [[nodiscard]] std::size_t living_of(JobId job_id) const {
    std::size_t count = 0;
    for (const auto& [attempt, job] : jobs_) {
      if (attempt.job == job_id && job.state != AttemptState::ended) ++count;
    }
    return count;
  }

 private:
  static EngineJob queued(const AttemptKey& attempt) {
    EngineJob job;
    job.attempt = attempt;
    job.engine_id = "engine-" + engine_name(attempt);
    return job;
  }
  static void end(EngineJob& job, Outcome outcome, UnixTime now) {
    job.state = AttemptState::ended;
    job.outcome = outcome;
    job.ended_at = now;
  }

  Prng prng_;
  std::map<AttemptKey, EngineJob> jobs_;
  std::map<AttemptKey, int> starts_;
  std::vector<std::pair<AttemptKey, UnixTime>> late_;
};

/// A hub that grants, stops and closes leases, and takes reports; a lossy line to the agent; an agent that crashes.
class World {
 public:
  explicit World(std::uint64_t seed) : prng_(seed), engine_(prng_.split()) {}

  void run() {
    for (int second = 0; second < 900; ++second) {
      if (second < 300) disturb();
      step();
      if (::testing::Test::HasFatalFailure()) return;
    }
    finish();
  }

 private:
  void disturb() {
    if (leases_.size() < 12 && prng_.chance(1, 8)) {
      LeaseRow lease = test_lease(next_job_++, ++sequence_);
      place(lease);
    }
    for (auto& [attempt, lease] : leases_) {
      if (lease.desired == Desired::run && prng_.chance(1, 150)) change(lease, Desired::stop);
      if (lease.desired == Desired::run && lease.reclaimed_at.is_none() && prng_.chance(1, 150)) {
        lease.reclaimed_at = now_;
        change(lease, Desired::run);
      }
    }
  }
  void place(LeaseRow lease) {
    lease.granted_at = now_;
    lease.starts_by = now_ + Duration::seconds(120);
    lease.ends_at = lease.starts_by + Duration::seconds(60);
    leases_[lease.attempt()] = lease;
  }
  void change(LeaseRow& lease, Desired desired) {
    lease.desired = desired;
    lease.sequence = ++sequence_;
  }

  void step() {
    engine_.pass(now_);
    if (prng_.chance(1, 25)) crash();
    std::vector<LeaseRow> changes;
    if (!prng_.chance(1, 4)) changes = watch();
    const std::vector<Action> actions = reconcile(state_, changes, engine_.look(now_), now_);
    if (changes.empty()) on_caught_up(state_);
    journal_ = nested_text(state_);
    for (const Action& action : actions) {
      if (prng_.chance(1, 60)) {
        crash();  // the actions that follow are never done
        break;
      }
      std::visit([&](const auto& each) { act(each); }, action);
    }
    deliver_results();
    for (const auto& [attempt, lease] : leases_) {
      ASSERT_LE(engine_.starts(attempt), 1) << engine_name(attempt);
      ASSERT_LE(engine_.living_of(attempt.job), 1U);
    }
    now_ = now_ + Duration::seconds(1);
  }
  [[nodiscard]] std::vector<LeaseRow> watch() {
    std::vector<LeaseRow> changes;
    const std::int64_t after = prng_.chance(1, 10) ? 0 : state_.lease_sequence;  // an answer that comes twice
    for (const auto& [attempt, lease] : leases_) {
      if (lease.sequence > after) changes.push_back(lease);
    }
    std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
    return changes;
  }
  void crash() {
    if (journal_.empty()) return;
    Result<AgentState> read = parse_nested<AgentState>(journal_);
    ASSERT_TRUE(read.has_value()) << to_text(read.error());
    state_ = *read;
    results_.clear();
  }

  void act(const StageInputs& stage) { results_.push_back(stage); }
  void act(const StartAttempt& start) { results_.push_back(start); }
  void act(const CollectOutputs& collect) { results_.push_back(collect); }
  void act(const GiveNotice& notice) { results_.push_back(notice); }
  void act(const StopAttempt& stop) { engine_.stop(stop.attempt, now_); }
  void act(const Forget& forget) { engine_.forget(forget.attempt); }
  void act(const SendReport& send) {
    ASSERT_GT(send.report.sequence, last_sequence_sent_);
    last_sequence_sent_ = send.report.sequence;
    if (!prng_.chance(1, 5)) take(send.report);
    if (prng_.chance(1, 4)) {
      on_report_failed(state_, send.report.sequence, now_);
    } else if (taken_ == send.report.sequence) {
      on_report_acknowledged(state_, send.report.sequence);
    } else {
      on_report_failed(state_, send.report.sequence, now_);
    }
  }
  void take(const ReportAttempts& report) {
    taken_ = report.sequence;
    for (const AttemptReport& said : report.reports) {
      AttemptReport& known = known_[said.attempt];
      ASSERT_GE(said.engine_run, known.engine_run);
      ASSERT_GE(said.state, known.state);
      if (known.state == AttemptState::ended) {
        ASSERT_EQ(said.outcome, known.outcome);
      }
      known = said;
      LeaseRow& lease = leases_.at(said.attempt);
      if (said.state == AttemptState::ended && lease.desired != Desired::ended) {
        change(lease, Desired::ended);
        if (may_retry(said.outcome) && said.attempt.number < attempts_max) {
          place(test_lease(said.attempt.job.value(), ++sequence_, said.attempt.number + 1));
        }
      }
    }
  }
  /// Results come back late, in any order; each action is really done when its result comes.
  void deliver_results() {
    while (!results_.empty() && prng_.chance(2, 3)) {
      const std::size_t place = prng_.below(results_.size());
      const Action action = results_[place];
      results_.erase(results_.begin() + static_cast<std::ptrdiff_t>(place));
      if (const auto* stage = std::get_if<StageInputs>(&action)) {
        Result<void> result;
        if (prng_.chance(1, 5)) result = fail(ErrorCode::unavailable, "no route");
        on_staged(state_, stage->attempt, result, now_);
      } else if (const auto* start = std::get_if<StartAttempt>(&action)) {
        const Result<std::string> result = engine_.start(start->attempt, now_);
        if (prng_.chance(1, 15)) return crash();  // started, and nobody heard
        on_started(state_, start->attempt, result, now_);
      } else if (const auto* collect = std::get_if<CollectOutputs>(&action)) {
        Result<Collected> result = Collected{};
        if (prng_.chance(1, 5)) result = fail(ErrorCode::unknown_outcome, "cut off");
        on_collected(state_, collect->attempt, result, now_);
      } else if (const auto* notice = std::get_if<GiveNotice>(&action)) {
        Result<void> result;
        if (prng_.chance(1, 5)) result = fail(ErrorCode::unavailable, "the engine does not answer");
        on_notice_given(state_, notice->attempt, result, now_);
      }
      if (prng_.chance(1, 2)) journal_ = nested_text(state_);  // a result may be lost with a crash, too
    }
  }
  void finish() {
    ASSERT_FALSE(leases_.empty());
    for (const auto& [attempt, lease] : leases_) {
      ASSERT_EQ(lease.desired, Desired::ended) << engine_name(attempt) << " never ended";
      ASSERT_EQ(known_[attempt].state, AttemptState::ended);
    }
    ASSERT_TRUE(state_.leases.empty()) << engine_name(state_.leases[0].attempt()) << " was not forgotten";
    ASSERT_EQ(engine_.living(), 0U);
  }

  Prng prng_;
  ScriptedEngine engine_;
  AgentState state_;
  std::string journal_;
  UnixTime now_ = test_start;
  std::map<AttemptKey, LeaseRow> leases_;
  std::map<AttemptKey, AttemptReport> known_;
  std::vector<Action> results_;
  std::int64_t sequence_ = 0;
  std::int64_t next_job_ = 1;
  std::int64_t last_sequence_sent_ = 0;
  std::int64_t taken_ = 0;
};

// Over many seeds of crashes between any two steps, lost, late and repeated messages and a lying engine: each lease
// starts at most once on the engine, no task runs twice at a time, every lease ends reported and is forgotten.
TEST(ReconcileRandom, StartsOnceAndEndsReported) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.run();
    if (HasFatalFailure()) return;
  }
}

// What the journal holds is all that survives a crash: its text and after_crash() agree.
TEST(ReconcileRandom, JournalHoldsWhatACrashLeaves) {
  TestAgent agent;
  agent.run(test_lease(1, 1));
  agent.order(test_lease(2, 2));
  const Result<AgentState> read = parse_nested<AgentState>(nested_text(agent.state));
  ASSERT_TRUE(read.has_value()) << to_text(read.error());
  EXPECT_EQ(nested_text(*read), nested_text(agent.state));
  EXPECT_EQ(nested_text(after_crash(agent.state)), nested_text(agent.state));
  EXPECT_FALSE(read->looked);
  EXPECT_FALSE(after_crash(agent.state).looked);
  EXPECT_FALSE(read->leases[1].under_way);
}

}  // namespace
}  // namespace dayan::execute
