#include <algorithm>
#include <map>
#include <set>

#include "base/prng.h"
#include "execute/reconcile.h"
#include "execute/test_centre.h"

namespace dayan::execute {
namespace {

using Names = std::vector<std::string>;

/// A task of job 1, which lets so many run on one node.
LeaseRow apart_lease(std::int32_t task, std::int32_t on_node) {
  LeaseRow lease = test_lease(1, task + 1);
  lease.task = task;
  lease.tasks_per_node_max = on_node;
  return lease;
}

EngineJob running_on(const AttemptKey& attempt, const Names& nodes) {
  EngineJob job = test_job(attempt, AttemptState::running);
  job.nodes = nodes;
  return job;
}

void be_staged(TestAgent& agent) {
  for (LeaseRecord& each : agent.state.leases) {
    if (each.phase == Phase::staging) on_staged(agent.state, each.attempt(), {}, agent.now);
  }
}

// Of tasks of which one may run on a node, one is given to the engine at a time: the next when that has shown where it
// runs, with the order to keep off. Jobs without a bound do not wait.
TEST(Apart, TheNextKeepsOffTheNodesOfThoseThatRun) {
  TestAgent agent;
  agent.pass(6);
  const LeaseRow a = apart_lease(0, 1);
  const LeaseRow b = apart_lease(1, 1);
  const LeaseRow free = test_lease(2, 9);
  agent.step({a, b, free});
  be_staged(agent);
  const auto first = only<StartAttempt>(agent.step());
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].attempt, a.attempt());
  EXPECT_EQ(first[1].attempt, free.attempt());
  on_started(agent.state, a.attempt(), std::string("68"), agent.now);
  agent.jobs = {test_job(a.attempt(), AttemptState::queued)};
  EXPECT_TRUE(only<StartAttempt>(agent.step()).empty());  // it waits in the engine's queue
  agent.jobs = {test_job(a.attempt(), AttemptState::running)};
  EXPECT_TRUE(only<StartAttempt>(agent.step()).empty());  // it runs, and nobody knows where
  agent.jobs = {running_on(a.attempt(), {"n2"})};
  const auto second = only<StartAttempt>(agent.step());
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].attempt, b.attempt());
  EXPECT_EQ(second[0].nodes_to_avoid, Names{"n2"});
}

// A crash forgets where tasks run, and what was ordered just before may still be on its way: the next is not given to
// the engine before that has shown both. One that is on the engine and of no known lease may be anywhere.
TEST(Apart, WhatIsNotKnownMayBeAnywhere) {
  TestAgent agent;
  const LeaseRow a = apart_lease(0, 1);
  const LeaseRow b = apart_lease(1, 1);
  agent.pass(6);
  agent.run(a);
  agent.jobs = {running_on(a.attempt(), {"n1"})};
  agent.step({b});
  be_staged(agent);
  agent.state = after_crash(agent.state);
  EXPECT_TRUE(only<StartAttempt>(agent.pass(4)).empty());
  const EngineJob orphan = running_on({JobId(1), 7, 1}, {"n2"});
  agent.jobs.push_back(orphan);
  EXPECT_TRUE(only<StartAttempt>(agent.pass(9)).empty());
  agent.jobs.pop_back();
  EXPECT_EQ(only<StartAttempt>(agent.step()).size(), 1U);
}

/// An engine that starts what it has when it likes, on whichever nodes are not forbidden, and answers when it likes.
class Wilful {
 public:
  Wilful(std::uint64_t seed, std::int64_t nodes) : random_(seed), nodes_(nodes) {}

  /// As Slurm refuses what too few nodes are left for.
  Result<std::string> take(const StartAttempt& order, std::int64_t task_nodes) {
    if (nodes_ - std::ssize(order.nodes_to_avoid) < task_nodes) return fail(ErrorCode::unavailable, "too few nodes");
    queued_.push_back({order, task_nodes});
    return std::string("68");
  }
  /// Starts, ends and shows some; the most tasks on one node ever since.
  void live() {
    std::erase_if(queued_, [&](const Queued& each) {
      if (random_.chance(1, 2)) return false;
      Names free;
      for (std::int64_t node = 0; node < nodes_; ++node) {
        const std::string name = "n" + std::to_string(node);
        const Names& avoided = each.order.nodes_to_avoid;
        if (std::find(avoided.begin(), avoided.end(), name) == avoided.end()) free.push_back(name);
      }
      if (std::ssize(free) < each.task_nodes) return false;
      while (std::ssize(free) > each.task_nodes)
        free.erase(free.begin() + static_cast<std::ptrdiff_t>(random_.below(free.size())));
      running_[each.order.attempt] = free;
      ++begun_;
      return true;
    });
    std::erase_if(running_, [&](const auto& each) {
      if (!random_.chance(1, 6)) return false;
      ended_.insert(each.first);
      return true;
    });
    std::map<std::string, std::int64_t> tasks;
    for (const auto& [attempt, nodes] : running_) {
      for (const std::string& node : nodes) most_ = std::max(most_, ++tasks[node]);
    }
  }
  [[nodiscard]] std::vector<EngineJob> shown() const {
    std::vector<EngineJob> jobs;
    for (const Queued& each : queued_) jobs.push_back(test_job(each.order.attempt, AttemptState::queued));
    for (const auto& [attempt, nodes] : running_) jobs.push_back(running_on(attempt, nodes));
    for (const AttemptKey& each : ended_) jobs.push_back(test_job(each, AttemptState::ended));
    return jobs;
  }
  [[nodiscard]] std::int64_t most() const { return most_; }
  [[nodiscard]] int begun() const { return begun_; }
  [[nodiscard]] std::size_t ended() const { return ended_.size(); }

 private:
  struct Queued {
    StartAttempt order;
    std::int64_t task_nodes = 1;
  };
  Prng random_;
  std::int64_t nodes_;
  std::vector<Queued> queued_;
  std::map<AttemptKey, Names> running_;
  std::set<AttemptKey> ended_;
  std::int64_t most_ = 0;
  int begun_ = 0;
};

// Whatever an engine does with what it is given, when it starts it and where, when it answers and when the agent dies:
// no node ever has more tasks of the job than may run on one, all of them get their turn, and as many as may do run
// together.
TEST(Apart, NoEngineCanPutTooManyOnANode) {
  int filled = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng random(seed);
    const auto on_node = static_cast<std::int32_t>(random.between(1, 3));
    const std::int64_t task_nodes = random.between(1, 2);
    Wilful engine(seed, random.between(task_nodes, 4));
    TestAgent agent;
    agent.engine_is_silent = true;
    std::vector<LeaseRow> leases;
    for (std::int32_t task = 0; task < 12; ++task) {
      leases.push_back(apart_lease(task, on_node));
      leases.back().resources.nodes = static_cast<std::int32_t>(task_nodes);
      leases.back().starts_by = test_start + Duration::hours(9);
      leases.back().ends_at = test_start + Duration::hours(10);
    }
    for (int step = 0; step < 4'000 && engine.ended() < leases.size(); ++step) {
      agent.engine_is_silent = random.chance(1, 3);
      if (random.chance(1, 2)) agent.jobs = engine.shown();
      if (random.chance(1, 40)) {
        agent.state = after_crash(agent.state);
        on_caught_up(agent.state);
        agent.engine_is_silent = true;
        agent.jobs = engine.shown();
      }
      const auto actions = agent.step(step == 0 ? leases : std::vector<LeaseRow>());
      for (const StartAttempt& each : only<StartAttempt>(actions)) {
        on_started(agent.state, each.attempt, engine.take(each, task_nodes), agent.now);
      }
      for (const CollectOutputs& each : only<CollectOutputs>(actions))
        on_collected(agent.state, each.attempt, Collected{}, agent.now);
      be_staged(agent);
      engine.live();
      ASSERT_LE(engine.most(), on_node) << "step " << step;
    }
    EXPECT_EQ(engine.ended(), leases.size());
    filled += engine.most() == on_node ? 1 : 0;
  }
  EXPECT_GT(filled, 120);
}

}  // namespace
}  // namespace dayan::execute
