#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <tuple>
#include <utility>

#include "adapters/files.h"
#include "adapters/processes/real_processes.h"
#include "adapters/slurm/slurm_executor.h"
#include "adapters/spawn.h"
#include "agent/engines.h"
#include "agent/output_files.h"
#include "edge/http_client.h"
#include "execute/reconcile.h"

/// A real Slurm cluster of two nodes, driven as a provider's agent drives its own: by Slurm's commands and through
/// slurmrestd, for several local users, as root and as an ordinary user with a rule of sudo. Needs root, and becomes
/// it by sudo.

namespace dayan::agent {
namespace {

using namespace adapters;

const std::string lab_folder = "/var/tmp/dayan-adapters-test";
const std::string cluster = "adapt";
/// The agent of the tests that are not root's; and two users whom jobs run as.
const std::string agent_user = "dayan-" + cluster;
const std::string tenant_a = agent_user + "-1";
const std::string tenant_b = agent_user + "-2";

bool is_left_out() { return std::getenv("DAYAN_NO_SLURM") != nullptr; }

ProcessResult lab(const std::vector<std::string>& words) {
  RealProcesses processes;
  ProcessSpec spec;
  spec.argv = {SLURM_LAB};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.environment = {{"PATH", default_path}};
  spec.timeout = Duration::seconds(120);
  return processes.run(spec).value_or(ProcessResult{-1, "", "slurm-lab could not be run"});
}

/// One lab for all tests of this file.
class Lab : public testing::Environment {
 public:
  void SetUp() override {
    if (is_left_out()) return;
    (void)lab({"stop", lab_folder});
    remove_tree(lab_folder + '/' + cluster);
    const ProcessResult started =
        lab({"start", "--rest", "--accounting", "--tenants", "2", lab_folder, cluster + ":2:4:2000:2"});
    ASSERT_EQ(started.exit_code, 0) << "no Slurm, no proof: " << started.out << started.err
                                    << "\nSet DAYAN_NO_SLURM=1 to leave these tests out.";
  }
  void TearDown() override {
    if (!is_left_out()) (void)lab({"stop", lab_folder});
  }
};
const testing::Environment* const registered = testing::AddGlobalTestEnvironment(new Lab);

enum class Way { commands, slurmrestd };

class SlurmReal : public testing::Test {
 protected:
  void SetUp() override {
    if (is_left_out()) GTEST_SKIP() << "left out by DAYAN_NO_SLURM";
    ASSERT_EQ(::geteuid(), 0U);
    work_ = home_ + "/root-agent";
    ASSERT_TRUE(make_folder(work_, 0711).has_value());
    restart();
  }
  void TearDown() override {
    if (executor_ == nullptr) return;
    for (const StartOrder& order : orders_) (void)executor_->stop(order.attempt);
  }
  void restart() {
    SlurmOptions options;
    options.folder = work_ + "/control";
    options.slurm_conf = conf_;
    options.users = users_;
    if (way_ == Way::slurmrestd) {
      options.rest_address = "unix:" + home_ + "/rest/slurmrestd.socket";
      options.rest = *edge::make_http_client(options.rest_address);
    }
    auto made = make_slurm_executor(std::move(options), processes_);
    ASSERT_TRUE(made.has_value()) << to_text(made.error());
    executor_ = std::move(*made);
  }
  static std::string conf() { return lab_folder + '/' + cluster + "/etc/slurm.conf"; }

  StartOrder order(std::vector<std::string> command) {
    static std::int32_t task = 0;
    StartOrder order;
    order.attempt = {JobId(time_of_day().microseconds()), ++task, 1};
    order.pool = "batch";
    order.user = users_.front();
    order.folder = work_ + '/' + engine_name(order.attempt);
    EXPECT_TRUE(make_folder(order.folder, 0700).has_value());
    order.command = std::move(command);
    order.resources.memory = Bytes(200'000'000);
    order.wall_time = Duration::seconds(50);
    order.starts_by = time_of_day() + Duration::seconds(120);
    orders_.push_back(order);
    return order;
  }
  StartOrder shell(const std::string& script) { return order({"sh", "-c", script}); }

  EngineJob look(const AttemptKey& attempt) {
    const auto jobs = executor_->list();
    EXPECT_TRUE(jobs.has_value()) << to_text(jobs.error());
    for (const EngineJob& job : jobs.value_or(std::vector<EngineJob>())) {
      if (job.attempt == attempt) return job;
    }
    return EngineJob();
  }
  EngineJob wait_for(const AttemptKey& attempt, AttemptState state, int seconds_max = 60) {
    EngineJob job;
    for (int i = 0; i < seconds_max * 5; ++i) {
      job = look(attempt);
      if (job.state == state) return job;
      ::usleep(200'000);
    }
    ADD_FAILURE() << "never came to state " << static_cast<int>(state) << "; " << job.failure;
    return job;
  }
  EngineJob wait_for_end(const AttemptKey& attempt, int seconds_max = 60) {
    return wait_for(attempt, AttemptState::ended, seconds_max);
  }
  EngineJob run(const StartOrder& order) {
    const auto started = executor_->start(order);
    EXPECT_TRUE(started.has_value()) << to_text(started.error());
    return wait_for_end(order.attempt);
  }
  static std::string text_of(const std::string& path) {
    std::ifstream stream(path);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
  }
  static std::string output(const StartOrder& order) { return text_of(order.folder + "/stdout.log"); }
  /// Slurm says "running" a moment before the wrapper has stamped its start: who ends a job then ends one that never
  /// ran. The first output tells that it has.
  static void wait_for_output(const StartOrder& order) {
    for (int i = 0; i < 600 && output(order).empty(); ++i) ::usleep(50'000);
    EXPECT_FALSE(output(order).empty()) << "it never began";
  }
  ProcessResult slurm(const std::vector<std::string>& words) {
    ProcessSpec spec;
    spec.argv = words;
    spec.environment = {{"PATH", default_path}, {"SLURM_CONF", conf()}};
    return processes_.run(spec).value_or(ProcessResult{-1, "", "not run"});
  }

  RealProcesses processes_;
  std::string home_ = lab_folder + '/' + cluster;  ///< of the cluster
  Way way_ = Way::commands;
  std::string conf_ = conf();
  std::vector<std::string> users_ = {tenant_a, tenant_b};
  std::string work_;
  std::unique_ptr<SlurmExecutor> executor_;
  std::vector<StartOrder> orders_;
};

/// What holds whichever way Slurm is asked.
class SlurmBothWays : public SlurmReal, public testing::WithParamInterface<Way> {
 protected:
  void SetUp() override {
    way_ = GetParam();
    SlurmReal::SetUp();
    if (executor_ == nullptr) return;
    const auto description = executor_->probe_engine_description();
    ASSERT_TRUE(description.has_value());
    const bool through_rest = description->find("through slurmrestd") != std::string::npos;
    ASSERT_EQ(through_rest, way_ == Way::slurmrestd) << *description;
  }
};
INSTANTIATE_TEST_SUITE_P(SlurmReal, SlurmBothWays, testing::Values(Way::commands, Way::slurmrestd),
                         [](const auto& way) { return way.param == Way::commands ? "Commands" : "Slurmrestd"; });

// Shows that the cluster's partition becomes a pool with what the lab declared.
TEST_F(SlurmReal, Probes) {
  std::vector<std::string> notes;
  const auto pools = executor_->probe(notes);
  ASSERT_TRUE(pools.has_value()) << to_text(pools.error());
  ASSERT_EQ(pools->size(), 1U);
  const PoolRow& pool = pools->front();
  EXPECT_EQ(pool.name, "batch");
  EXPECT_EQ(pool.nodes, 2);
  EXPECT_EQ(pool.cores_per_node, Cores(4));
  EXPECT_EQ(pool.memory_per_node, Bytes(2000LL * 1024 * 1024));
  EXPECT_EQ(pool.cards_per_node, MilliCards(2000));
  EXPECT_EQ(pool.chip, "ascend910b");
  EXPECT_EQ(pool.wall_time_max, Duration::hours(24));
  const auto description = executor_->probe_engine_description();
  ASSERT_TRUE(description.has_value());
  EXPECT_EQ(description->substr(0, 6), "Slurm ");
  std::cout << *description << '\n';
}

// Shows the life of a job: running, ended with its exit code, times that agree; ordered four times, run once.
TEST_P(SlurmBothWays, RunsOnceToItsExitCode) {
  const StartOrder job =
      shell("echo once >>count; id -un; pwd; echo bad >&2; until [ -e go ]; do sleep 0.1; done; sleep 1; exit 3");
  const UnixTime before = time_of_day();
  const auto id = executor_->start(job);
  ASSERT_TRUE(id.has_value()) << to_text(id.error());
  EXPECT_EQ(*executor_->start(job), *id);
  const EngineJob running = wait_for(job.attempt, AttemptState::running);
  EXPECT_EQ(running.engine_id, *id);
  EXPECT_EQ(running.outcome, Outcome::none);
  wait_for_output(job);
  const UnixTime begun_by = time_of_day();
  restart();
  EXPECT_EQ(*executor_->start(job), *id);
  // An agent that lost its control folder still finds the job by its name.
  ASSERT_EQ(std::rename((work_ + "/control").c_str(), (work_ + "/control-away").c_str()), 0);
  restart();
  EXPECT_EQ(*executor_->start(job), *id);
  remove_tree(work_ + "/control");
  ASSERT_EQ(std::rename((work_ + "/control-away").c_str(), (work_ + "/control").c_str()), 0);
  restart();

  const UnixTime let_go = time_of_day();
  ASSERT_TRUE(write_file(job.folder + "/go", "", 0644).has_value());
  const EngineJob ended = wait_for_end(job.attempt);
  EXPECT_EQ(ended.outcome, Outcome::exited);
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(text_of(job.folder + "/count"), "once\n");
  EXPECT_EQ(output(job), tenant_a + '\n' + job.folder + '\n');
  EXPECT_EQ(text_of(job.folder + "/stderr.log"), "bad\n");
  // Slurm's times are whole seconds: a zone gone wrong would show as hours.
  EXPECT_GE(ended.started_at, before - Duration::seconds(1));
  EXPECT_LE(ended.ended_at, time_of_day());
  EXPECT_GE(ended.wrapper_run, let_go - begun_by + Duration::seconds(1));
  EXPECT_LE(ended.wrapper_run, time_of_day() - before);
  EXPECT_GE(ended.engine_run, ended.wrapper_run - Duration::seconds(1));
  EXPECT_LE(ended.engine_run, time_of_day() - before + Duration::seconds(1));
  EXPECT_EQ(*executor_->start(job), *id);
  executor_->forget(job.attempt);
  EXPECT_FALSE(exists(work_ + "/control/" + engine_name(job.attempt) + control_suffix));
}

// Shows that a task of two nodes gets two, each another one and with so much on each: its command runs on the first,
// and srun there reaches both; and that a node that is full keeps it waiting as a whole.
TEST_P(SlurmBothWays, AGangGetsItsNodes) {
  StartOrder gang = shell(
      "echo $SLURM_JOB_NUM_NODES $SLURM_CPUS_ON_NODE; hostlist=$(scontrol show hostnames $SLURM_JOB_NODELIST); "
      "echo $hostlist | cut -d' ' -f1; echo $SLURMD_NODENAME; srun sh -c 'echo $SLURMD_NODENAME' | sort");
  gang.resources.nodes = 2;
  gang.resources.cores = Cores(3);
  gang.resources.cards = MilliCards(1000);
  gang.environment = {{"SLURM_NTASKS", "2"}};
  const EngineJob ended = run(gang);
  EXPECT_EQ(ended.exit_code, 0) << ended.failure << text_of(gang.folder + "/stderr.log");
  EXPECT_EQ(output(gang), "2 3\nad1\nad1\nad1\nad2\n") << text_of(gang.folder + "/stderr.log");
  EXPECT_GT(ended.wrapper_run, Duration());  // by time, as of one node; the bill counts the nodes

  const StartOrder half = [&] {
    auto o = shell("echo begun; until [ -e go ]; do sleep 0.1; done");
    o.resources.cores = Cores(2);
    return o;
  }();
  ASSERT_TRUE(executor_->start(half).has_value());
  wait_for_output(half);
  StartOrder again = shell("srun sh -c 'echo $SLURMD_NODENAME' | sort");
  again.resources = gang.resources;
  ASSERT_TRUE(executor_->start(again).has_value());
  ::sleep(2);
  EXPECT_EQ(look(again.attempt).state, AttemptState::queued);
  ASSERT_TRUE(write_file(half.folder + "/go", "", 0644).has_value());
  EXPECT_EQ(wait_for_end(again.attempt).exit_code, 0) << text_of(again.folder + "/stderr.log");
  EXPECT_EQ(output(again), "ad1\nad2\n");
}

// Shows that of tasks of one job of which one may run on a node none ever shares one, though each node has room for four:
// by the agent's own decisions, on a real engine of two nodes. A third, leased when the first has ended, runs where that
// was and not beside the second.
TEST_P(SlurmBothWays, TasksAreKeptApart) {
  execute::AgentState state;
  execute::on_caught_up(state);
  std::vector<StartOrder> tasks;
  std::vector<LeaseRow> news;
  const auto lease_one = [&] {
    StartOrder& of = tasks.emplace_back(shell("echo $SLURMD_NODENAME; until [ -e go ]; do sleep 0.1; done"));
    of.attempt.job = tasks.front().attempt.job;
    orders_.back() = of;
    LeaseRow lease;
    std::tie(lease.job, lease.task, lease.number) = std::tie(of.attempt.job, of.attempt.task, of.attempt.number);
    lease.pool = of.pool;
    lease.resources = of.resources;
    lease.wall_time = of.wall_time;
    lease.starts_by = of.starts_by;
    lease.ends_at = of.starts_by + of.wall_time;
    lease.sequence = std::ssize(tasks);
    lease.tasks_per_node_max = 1;
    news.push_back(lease);
  };
  const auto act = [&](const execute::Action& action, UnixTime now) {
    if (const auto* stage = std::get_if<execute::StageInputs>(&action)) on_staged(state, stage->attempt, {}, now);
    if (const auto* start = std::get_if<execute::StartAttempt>(&action)) {
      const auto of = std::ranges::find(tasks, start->attempt, &StartOrder::attempt);
      of->nodes_to_avoid = start->nodes_to_avoid;
      on_started(state, start->attempt, executor_->start(*of), now);
    }
    if (const auto* collect = std::get_if<execute::CollectOutputs>(&action))
      on_collected(state, collect->attempt, execute::Collected{}, now);
  };
  const auto begun = [&] {
    return std::ranges::count_if(tasks, [](const StartOrder& each) { return !output(each).empty(); });
  };
  const auto live_until_begun = [&](std::ptrdiff_t wanted) {
    const UnixTime until = time_of_day() + Duration::seconds(60);
    for (; begun() < wanted && time_of_day() < until; ::usleep(200'000)) {
      const UnixTime asked_at = time_of_day();
      auto listed = executor_->list();
      std::optional<execute::Observation> observed;
      if (listed.has_value()) {
        std::erase_if(*listed, [&](const EngineJob& each) { return each.attempt.job != tasks[0].attempt.job; });
        observed = execute::Observation{asked_at, std::move(*listed)};
      }
      const UnixTime now = time_of_day();
      for (const execute::Action& action : execute::reconcile(state, std::exchange(news, {}), observed, now))
        act(action, now);
    }
    EXPECT_EQ(begun(), wanted);
  };
  lease_one();
  lease_one();
  live_until_begun(2);
  EXPECT_NE(output(tasks[0]), output(tasks[1]));
  ASSERT_TRUE(write_file(tasks[0].folder + "/go", "", 0644).has_value());
  (void)wait_for_end(tasks[0].attempt);
  lease_one();
  live_until_begun(3);
  EXPECT_EQ(output(tasks[2]), output(tasks[0]));
  EXPECT_EQ(look(tasks[1].attempt).state, AttemptState::running);
}

/// A second cluster: four nodes in two racks.
class SlurmRacks : public SlurmReal, public testing::WithParamInterface<Way> {
 protected:
  static void SetUpTestSuite() {
    if (is_left_out()) return;
    (void)lab({"stop", rack_folder});
    const ProcessResult started = lab({"start", "--rest", "--racks", "2", rack_folder, "racks:4:4:2000"});
    ASSERT_EQ(started.exit_code, 0) << started.out << started.err;
  }
  static void TearDownTestSuite() {
    if (!is_left_out()) (void)lab({"stop", rack_folder});
  }
  void SetUp() override {
    home_ = rack_folder + "/racks";
    conf_ = home_ + "/etc/slurm.conf";
    users_ = {"dayan-racks"};
    way_ = GetParam();
    SlurmReal::SetUp();
  }
  /// A task that fills a node until it may go.
  StartOrder fill(const std::vector<std::string>& but) {
    StartOrder one = shell("echo $SLURMD_NODENAME; until [ -e go ]; do sleep 0.1; done");
    one.resources.cores = Cores(4);
    one.nodes_to_avoid = but;
    EXPECT_TRUE(executor_->start(one).has_value());
    wait_for_output(one);
    return one;
  }
  static const inline std::string rack_folder = "/var/tmp/dayan-racks-test";
};
INSTANTIATE_TEST_SUITE_P(SlurmReal, SlurmRacks, testing::Values(Way::commands, Way::slurmrestd),
                         [](const auto& way) { return way.param == Way::commands ? "Commands" : "Slurmrestd"; });

// Shows that leaf switches are told as racks; and that a gang that must lie in one waits while two nodes are free, one
// of each rack, on which one that may lie anywhere has run, and gets both nodes of a rack when that has them.
TEST_P(SlurmRacks, AGangLiesInOne) {
  std::vector<std::string> notes;
  const auto pools = executor_->probe(notes);
  ASSERT_TRUE(pools.has_value()) << to_text(pools.error());
  EXPECT_EQ(pools->front().racks, (std::vector<Racks>{{2, 2}}));
  const StartOrder first = fill({"ra3", "ra4"});
  const StartOrder second = fill({"ra1", "ra2"});
  const auto gang = [&](Within within) {
    StartOrder of = shell("scontrol show hostnames $SLURM_JOB_NODELIST; echo $SLURM_TOPOLOGY_ADDR");
    of.resources.nodes = 2;
    of.resources.cores = Cores(4);
    of.resources.within = within;
    return of;
  };
  EXPECT_EQ(run(gang(Within::pool)).exit_code, 0);
  const StartOrder in_rack = gang(Within::rack);
  ASSERT_TRUE(executor_->start(in_rack).has_value());
  ::sleep(4);
  EXPECT_EQ(look(in_rack.attempt).state, AttemptState::queued);
  ASSERT_TRUE(write_file(second.folder + "/go", "", 0644).has_value());
  EXPECT_EQ(wait_for_end(in_rack.attempt).exit_code, 0) << text_of(in_rack.folder + "/stderr.log");
  EXPECT_EQ(output(in_rack), "ra3\nra4\ntop.rack2.ra3\n");
  ASSERT_TRUE(write_file(first.folder + "/go", "", 0644).has_value());
}

// Shows that the example does what it says.
TEST_P(SlurmBothWays, TheExampleOfAGangRuns) {
  StartOrder gang = order({"bash", "pi.sh"});
  ASSERT_TRUE(write_file(gang.folder + "/pi.sh", text_of(EXAMPLES "/gang/pi.sh"), 0644).has_value());
  gang.resources.nodes = 2;
  gang.resources.cores = Cores(4);
  gang.environment = {{"DAYAN_NODES", "2"}, {"DAYAN_CPUS", "4"}, {"SLURM_NTASKS", "2"}, {"STEPS", "100000"}};
  EXPECT_EQ(run(gang).exit_code, 0) << text_of(gang.folder + "/stderr.log");
  EXPECT_EQ(text_of(gang.folder + "/pi.txt"), "3.141592654 from 2 nodes\n") << text_of(gang.folder + "/stderr.log");
}

// Shows that a batch script's own tasks are started as its head says: two on each of two nodes, with two cores each.
TEST_P(SlurmBothWays, SrunStartsTheTasksOfABatchScript) {
  StartOrder gang = shell("srun sh -c 'echo $SLURMD_NODENAME $SLURM_NTASKS' | sort");
  gang.resources.nodes = 2;
  gang.resources.cores = Cores(4);
  gang.environment = {
      {"SLURM_NTASKS", "4"}, {"SLURM_NTASKS_PER_NODE", "2"}, {"SLURM_CPUS_PER_TASK", "2"}, {"SLURM_NNODES", "2"}};
  EXPECT_EQ(run(gang).exit_code, 0) << text_of(gang.folder + "/stderr.log");
  EXPECT_EQ(output(gang), "ad1 4\nad1 4\nad2 4\nad2 4\n");
}

// Shows that the exact wall time holds, although Slurm's own limit is whole minutes.
TEST_P(SlurmBothWays, EndsAtTheExactWallTime) {
  StartOrder job = shell("sleep 40");
  job.wall_time = Duration::seconds(2);
  const EngineJob ended = run(job);
  EXPECT_EQ(ended.outcome, Outcome::timed_out) << ended.failure << ' ' << ended.exit_code;
  EXPECT_GE(ended.wrapper_run, Duration::seconds(2));
  EXPECT_LT(ended.wrapper_run, Duration::seconds(8));
}

// Shows that a stop ends what runs and what waits, and is fine where there is nothing.
TEST_P(SlurmBothWays, Stops) {
  const StartOrder running = shell("sleep 40");
  ASSERT_TRUE(executor_->start(running).has_value());
  wait_for(running.attempt, AttemptState::running);
  ASSERT_TRUE(executor_->stop(running.attempt).has_value());
  const EngineJob ended = wait_for_end(running.attempt);
  EXPECT_EQ(ended.outcome, Outcome::stopped) << ended.failure;

  StartOrder waiting = shell("touch ran");
  waiting.resources.cards = MilliCards(2000);
  waiting.resources.cores = Cores(1);
  const StartOrder blocker_a = [&] {
    auto o = shell("sleep 40");
    o.resources.cores = Cores(4);
    return o;
  }();
  const StartOrder blocker_b = [&] {
    auto o = shell("sleep 40");
    o.resources.cores = Cores(4);
    return o;
  }();
  ASSERT_TRUE(executor_->start(blocker_a).has_value());
  ASSERT_TRUE(executor_->start(blocker_b).has_value());
  wait_for(blocker_a.attempt, AttemptState::running);
  wait_for(blocker_b.attempt, AttemptState::running);
  ASSERT_TRUE(executor_->start(waiting).has_value());
  EXPECT_EQ(look(waiting.attempt).state, AttemptState::queued);
  ASSERT_TRUE(executor_->stop(waiting.attempt).has_value());
  const EngineJob never = wait_for_end(waiting.attempt);
  EXPECT_EQ(never.outcome, Outcome::stopped) << never.failure;
  EXPECT_EQ(never.engine_run, Duration());
  EXPECT_FALSE(exists(waiting.folder + "/ran"));
  EXPECT_TRUE(executor_->stop(waiting.attempt).has_value());
  EXPECT_TRUE(executor_->stop({JobId(1), 0, 1}).has_value());
}

// Shows that a cancellation of a running job that we did not order, as it could do itself, leaves its usage charged.
TEST_P(SlurmBothWays, TellsACancellationAtTheCentre) {
  const StartOrder job = shell("echo begun; sleep 40");
  const auto id = executor_->start(job);
  ASSERT_TRUE(id.has_value());
  wait_for(job.attempt, AttemptState::running);
  wait_for_output(job);
  ASSERT_EQ(slurm({"scancel", *id}).exit_code, 0);
  const EngineJob ended = wait_for_end(job.attempt);
  EXPECT_EQ(ended.outcome, Outcome::stopped) << ended.failure;
  EXPECT_NE(ended.failure.find("not by order"), std::string::npos) << ended.failure;
}

// Shows that a job that gives itself another name in Slurm is still ours: it is measured to its end, and can be
// stopped.
TEST_P(SlurmBothWays, KnowsAJobThatRenamesItself) {
  const std::string rename = "echo begun; export SLURM_CONF=" + conf() +
                             "; scontrol update jobid=$SLURM_JOB_ID name=x && echo renamed; ";
  const StartOrder paying = shell(rename + "sleep 3");
  const EngineJob ended = run(paying);
  EXPECT_NE(output(paying).find("renamed"), std::string::npos) << text_of(paying.folder + "/stderr.log");
  EXPECT_EQ(ended.outcome, Outcome::exited) << ended.failure;
  EXPECT_GE(ended.engine_run, Duration::seconds(2));
  const StartOrder hiding = shell(rename + "sleep 45");
  ASSERT_TRUE(executor_->start(hiding).has_value());
  wait_for_output(hiding);
  for (int i = 0; i < 100 && output(hiding).find("renamed") == std::string::npos; ++i) ::usleep(100'000);
  ASSERT_TRUE(executor_->stop(hiding.attempt).has_value());
  EXPECT_EQ(wait_for_end(hiding.attempt, 30).outcome, Outcome::stopped);
}

// Shows that a job that has itself requeued is not free: its second start is refused, and what ran before was seen.
TEST_F(SlurmReal, ChargesWhatRequeuesItself) {
  const StartOrder job = shell("echo begun; sleep 4; export SLURM_CONF=" + conf() +
                               "; scontrol update jobid=$SLURM_JOB_ID requeue=1 && scontrol requeue $SLURM_JOB_ID && "
                               "echo requeued; sleep 20");
  ASSERT_TRUE(executor_->start(job).has_value());
  wait_for_output(job);
  EngineJob ended;
  Duration seen;
  for (int i = 0; i < 900 && ended.state != AttemptState::ended; ++i, ::usleep(200'000)) {
    ended = look(job.attempt);
    seen = std::max(seen, ended.engine_run);
  }
  ASSERT_EQ(ended.state, AttemptState::ended) << text_of(job.folder + "/stderr.log");
  EXPECT_FALSE(may_retry(ended.outcome)) << to_text(ended.outcome) << ": " << ended.failure;
  EXPECT_GE(seen, Duration::seconds(3));
}

// Shows that what the centre's own people run is counted apart from what runs for us, by whatever name.
TEST_F(SlurmReal, CountsOthersCores) {
  StartOrder ours = shell("scontrol update jobid=$SLURM_JOB_ID name=mine && echo begun; sleep 45");
  ours.resources.cores = Cores(2);
  ASSERT_TRUE(executor_->start(ours).has_value());
  wait_for_output(ours);
  EXPECT_EQ(**executor_->foreign_cores_busy(), Cores());
  const std::vector<std::string> submit = {"sbatch", "-n1",         "-c3",    "-t1",
                                           "-D/tmp", "-o/dev/null", "--wrap", "sleep 45"};
  ASSERT_EQ(slurm(JobUsers(processes_).command(agent_user, submit)).exit_code, 0);
  Cores busy;
  for (int i = 0; i < 300 && busy.is_zero(); ++i) {
    busy = **executor_->foreign_cores_busy();
    ::usleep(100'000);
  }
  EXPECT_EQ(busy, Cores(3));
  ASSERT_EQ(slurm({"scancel", "--user=" + agent_user}).exit_code, 0);
}

// Shows that a job above its memory is ended and told so, on a cluster without control groups.
TEST_F(SlurmReal, EndsAMemoryHog) {
  StartOrder job =
      order({"python3", "-c",
             "import time\na=bytearray(400_000_000)\nfor i in range(0,len(a),4096): a[i]=1\ntime.sleep(30)"});
  job.resources.memory = Bytes(100'000'000);
  const EngineJob ended = run(job);
  EXPECT_EQ(ended.outcome, Outcome::out_of_memory)
      << ended.failure << ' ' << ended.exit_code << text_of(job.folder + "/stderr.log");
}

// Shows that no argument or variable is ever read by a shell, though a shell script carries them.
TEST_P(SlurmBothWays, LeavesWordsAlone) {
  StartOrder job = order({"python3", "-c", "import os,sys;print(sys.argv[1:]);print(ascii(os.environ['V']))"});
  const std::vector<std::string> words{"; rm -rf /", "$(id)", "a\nb", "it's \"q\" `x`", "--wrap=id", "-n",
                                       "",           "../..", "\\",   "$HOME",          "%j",        "\xe2\x80\xae"};
  job.command.insert(job.command.end(), words.begin(), words.end());
  job.environment = {{"V", "$(id)\n'\"; x"}};
  const EngineJob ended = run(job);
  EXPECT_EQ(ended.exit_code, 0) << text_of(job.folder + "/stderr.log");
  EXPECT_EQ(output(job),
            "['; rm -rf /', '$(id)', 'a\\nb', 'it\\'s \"q\" `x`', '--wrap=id', '-n', '', '../..', '\\\\', '$HOME', "
            "'%j', '\\u202e']\n'$(id)\\n\\'\"; x'\n");
  StartOrder bad = shell("true");
  bad.pool = "batch --wrap=id";
  EXPECT_EQ(executor_->start(bad).error().field, "pool");
  bad.pool = "batch";
  bad.account = "a,b";
  EXPECT_EQ(executor_->start(bad).error().field, "account");
}

// Shows that a script with its interpreter runs, with the cards it was given in its environment and nothing of ours.
TEST_P(SlurmBothWays, RunsAScriptWithCards) {
  ASSERT_EQ(::setenv("DAYAN_SECRET", "canary", 1), 0);
  ASSERT_EQ(::setenv("SBATCH_JOB_NAME", "other", 1), 0);
  StartOrder job = order({});
  job.script =
      "#!/bin/bash\na=(x \"$MINE\")\necho ${a[1]} $ASCEND_RT_VISIBLE_DEVICES $SLURM_CPUS_ON_NODE\nenv | grep -c "
      "canary\nexit 0\n";
  job.environment = {{"MINE", "m"}};
  job.resources.cores = Cores(2);
  job.resources.cards = MilliCards(2000);
  job.chip = "ascend910b";
  EXPECT_EQ(run(job).exit_code, 0) << text_of(job.folder + "/stderr.log");
  EXPECT_EQ(output(job), "m 0,1 2\n0\n");
  job.attempt.number = 2;
  job.resources.cards = MilliCards(500);
  EXPECT_EQ(executor_->start(job).error().field, "resources.cards");
}

// Shows what Slurm will never take, and that no trace is left of it.
TEST_P(SlurmBothWays, ReportsARefusal) {
  StartOrder nowhere = shell("true");
  nowhere.pool = "nowhere";
  const auto refused = executor_->start(nowhere);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid) << to_text(refused.error());
  EXPECT_EQ(refused.error().field, "pool");
  EXPECT_FALSE(exists(work_ + "/control/" + engine_name(nowhere.attempt) + control_suffix));
  StartOrder foreign = shell("true");
  foreign.account = "nobodys";
  EXPECT_EQ(executor_->start(foreign).error().field, "account") << to_text(executor_->start(foreign).error());
  StartOrder late = shell("true");
  late.starts_by = time_of_day() - Duration::seconds(1);
  EXPECT_EQ(executor_->start(late).error().code, ErrorCode::denied);
}

// Shows that Slurm itself drops a job that cannot start in time.
TEST_F(SlurmReal, ExpiresWhatCannotStartInTime) {
  std::vector<StartOrder> blockers;
  for (int i = 0; i < 2; ++i) {
    StartOrder blocker = shell("sleep 150");
    blocker.wall_time = Duration::seconds(160);
    blocker.resources.cores = Cores(4);
    ASSERT_TRUE(executor_->start(blocker).has_value());
    blockers.push_back(blocker);
  }
  for (const StartOrder& blocker : blockers) wait_for(blocker.attempt, AttemptState::running);
  StartOrder job = shell("touch ran");
  job.starts_by = time_of_day() + Duration::seconds(10);
  ASSERT_TRUE(executor_->start(job).has_value());
  const EngineJob ended = wait_for_end(job.attempt, 120);
  EXPECT_EQ(ended.outcome, Outcome::expired) << ended.failure;
  EXPECT_EQ(ended.engine_run, Duration());
  EXPECT_FALSE(exists(job.folder + "/ran"));
}

// Shows that nothing is concluded while the controller is down, and that its job is found again afterwards.
TEST_F(SlurmReal, ConcludesNothingFromSilence) {
  const StartOrder job = shell("sleep 45; exit 5");
  ASSERT_TRUE(executor_->start(job).has_value());
  wait_for(job.attempt, AttemptState::running);
  // Told to end, the controller saves its state first.
  const int pid = std::stoi(text_of(lab_folder + '/' + cluster + "/run/slurmctld.pid"));
  ASSERT_EQ(::kill(pid, SIGTERM), 0);
  for (int i = 0; i < 600 && ::kill(pid, 0) == 0; ++i) ::usleep(50'000);
  // Slurm's commands try for nine seconds; when told so, for two.
  conf_ = work_ + "/impatient.conf";
  ASSERT_TRUE(write_file(conf_, text_of(conf()) + "MessageTimeout=3\n", 0644).has_value());
  restart();
  const auto silent = executor_->list();
  ASSERT_FALSE(silent.has_value());
  EXPECT_EQ(silent.error().code, ErrorCode::unavailable);
  const StartOrder other = shell("true");
  EXPECT_EQ(executor_->start(other).error().code, ErrorCode::unavailable);
  conf_ = conf();
  restart();
  ASSERT_EQ(slurm({"slurmctld", "-f", conf()}).exit_code, 0);
  for (int i = 0; i < 300 && !executor_->stop(job.attempt).has_value(); ++i) ::usleep(200'000);
  EXPECT_EQ(wait_for_end(job.attempt).outcome, Outcome::stopped);
}

// Shows that the accounting tells how a job ended that the controller has forgotten, and how much memory it used,
// which nobody else knows; and that its account was the order's.
TEST_F(SlurmReal, AsksTheAccountingForWhatIsForgotten) {
  StartOrder job = order({"python3", "-c",
                          "import sys,time\na=bytearray(60_000_000)\nfor i in range(0,len(a),4096): a[i]=1\n"
                          "time.sleep(6)\nsys.exit(5)"});
  job.account = "film";
  const auto id = executor_->start(job);
  ASSERT_TRUE(id.has_value()) << to_text(id.error());
  std::string row;
  for (int i = 0; i < 600 && row.find("FAILED|5:0") == std::string::npos; ++i) {
    ::usleep(100'000);
    row = slurm({"sacct", "-nPX", "-j", *id, "-o", "State,ExitCode,Account"}).out;
  }
  ASSERT_EQ(row, "FAILED|5:0|film\n");
  // The controller loses its memory, and counts on from elsewhere: its nodes remember the old numbers.
  const int pid = std::stoi(text_of(lab_folder + '/' + cluster + "/run/slurmctld.pid"));
  ASSERT_EQ(::kill(pid, SIGTERM), 0);
  for (int i = 0; i < 600 && ::kill(pid, 0) == 0; ++i) ::usleep(50'000);
  std::ofstream(conf(), std::ios::app) << "FirstJobId=20000\n";
  ASSERT_EQ(slurm({"slurmctld", "-c", "-f", conf()}).exit_code, 0);
  for (int i = 0; i < 300 && slurm({"squeue"}).exit_code != 0; ++i) ::usleep(100'000);
  ASSERT_EQ(slurm({"squeue", "--noheader", "--states=all"}).out, "");

  const EngineJob ended = look(job.attempt);
  EXPECT_EQ(ended.state, AttemptState::ended);
  EXPECT_EQ(ended.outcome, Outcome::exited) << ended.failure;
  EXPECT_EQ(ended.exit_code, 5);
  EXPECT_GE(ended.engine_run, Duration::seconds(5));
  EXPECT_GT(ended.memory_peak, Bytes(60'000'000));
  EXPECT_LT(ended.memory_peak, Bytes(200'000'000));
}

// Shows that slurmrestd is used while it answers and done without while it does not: the same attempt is known by
// both ways.
TEST_F(SlurmReal, DoesWithoutSlurmrestdWhenItGoes) {
  way_ = Way::slurmrestd;
  restart();
  const StartOrder job = shell("echo begun; sleep 45");
  const auto id = executor_->start(job);
  ASSERT_TRUE(id.has_value()) << to_text(id.error());
  const std::string socket = lab_folder + '/' + cluster + "/rest/slurmrestd.socket";
  ASSERT_EQ(std::rename(socket.c_str(), (socket + ".away").c_str()), 0);
  restart();  // a connection that is open already would still be served
  EXPECT_EQ(*executor_->start(job), *id);
  wait_for(job.attempt, AttemptState::running);
  EXPECT_EQ(look(job.attempt).engine_id, *id);
  const auto description = executor_->probe_engine_description();
  EXPECT_NE(description->find("by its commands, since slurmrestd"), std::string::npos) << *description;
  ASSERT_TRUE(executor_->stop(job.attempt).has_value());
  EXPECT_EQ(wait_for_end(job.attempt).outcome, Outcome::stopped);
  ASSERT_EQ(std::rename((socket + ".away").c_str(), socket.c_str()), 0);
}

/// Two organisations at one centre, each with a user of its own. The body runs as the agent; it is the same for an
/// agent that is root and for one that is not.
class SlurmTenants : public SlurmReal {
 protected:
  void check_tenants() {
    EXPECT_TRUE(executor_->check_tenant(tenant_a, "").has_value())
        << to_text(executor_->check_tenant(tenant_a, "").error());
    EXPECT_TRUE(executor_->check_tenant(tenant_b, "").has_value());
    EXPECT_TRUE(executor_->check_tenant(tenant_a, "film").has_value());
    const auto not_his = executor_->check_tenant(tenant_b, "film");
    EXPECT_EQ(not_his.error().field, "account");
    EXPECT_NE(not_his.error().right.find("sacctmgr add user"), std::string::npos) << to_text(not_his.error());
    EXPECT_EQ(executor_->check_tenant(tenant_b, "nobodys").error().field, "account");
    EXPECT_EQ(executor_->check_tenant("dayan-nobody-at-all", "").error().field, "user");
    EXPECT_EQ(executor_->check_tenant("slurm", "").error().field, "user");
    EXPECT_EQ(executor_->check_tenant("root", "").error().field, "user");
  }
  /// A's job leaves files of every mode and waits; B's looks for them, under names that it is told.
  void run_tenants() {
    StartOrder a = shell(
        "echo secret >plain; umask 077; mkdir closed; echo secret >closed/hidden; id -un; touch ready; "
        "until [ -e go ]; do sleep 0.1; done; echo end >late");
    ASSERT_TRUE(write_file(a.folder + "/input.txt", "from the agent", 0644).has_value());
    const auto started = executor_->start(a);
    ASSERT_TRUE(started.has_value()) << to_text(started.error());
    for (int i = 0; i < 600 && !exists(a.folder + "/ready"); ++i) ::usleep(50'000);
    ASSERT_TRUE(exists(a.folder + "/ready")) << text_of(a.folder + "/stderr.log");
    const std::string stamps = work_ + "/control/" + engine_name(a.attempt) + control_suffix + "/stamps";
    ASSERT_TRUE(exists(stamps + "/start"));

    StartOrder b = shell("id -un; for p in " + a.folder + ' ' + a.folder + "/plain " + a.folder + "/stdout.log " +
                         stamps + ' ' + stamps + "/start " + work_ + "/control " + work_ +
                         "; do if ls -d $p/. >/dev/null 2>&1 && ls $p >/dev/null 2>&1; then echo lists $p; fi; "
                         "if cat $p 2>/dev/null; then echo reads $p; fi; "
                         "if (echo x >>$p) 2>/dev/null; then echo writes $p; fi; done; "
                         "if (echo x >" +
                         stamps +
                         "/end) 2>/dev/null; then echo stamps; fi; "
                         "if (echo x >" +
                         a.folder + "/go) 2>/dev/null; then echo goes; fi; true");
    b.user = tenant_b;
    const auto ended_b = run(b);
    EXPECT_EQ(ended_b.exit_code, 0) << text_of(b.folder + "/stderr.log");
    EXPECT_EQ(output(b), tenant_b + '\n');

    // The job's copy of an input is its own, to change and to remove.
    EXPECT_EQ(slurm(JobUsers(processes_)
                        .command(tenant_a,
                                 {"sh", "-c", "echo changed >" + a.folder + "/input.txt; touch " + a.folder + "/go"}))
                  .exit_code,
              0);
    const EngineJob ended_a = wait_for_end(a.attempt);
    EXPECT_EQ(ended_a.outcome, Outcome::exited) << ended_a.failure;
    EXPECT_GT(ended_a.wrapper_run, Duration());
    EXPECT_EQ(output(a), tenant_a + '\n');
    EXPECT_EQ(text_of(a.folder + "/input.txt"), "changed\n");
    const auto found = find_outputs(a.folder, {"plain", "closed/*", "late"});
    ASSERT_TRUE(found.has_value()) << to_text(found.error());
    EXPECT_EQ(found->paths, (std::vector<std::string>{"closed/hidden", "late", "plain"})) << found->missing;
    for (const std::string& path : found->paths) EXPECT_TRUE(open_inside(a.folder, path).has_value()) << path;

    for (const StartOrder& each : {a, b}) {
      executor_->forget(each.attempt);
      remove_tree(each.folder);
      EXPECT_FALSE(exists(each.folder));
      const auto names = names_in(work_ + "/control");
      for (const std::string& name : *names) EXPECT_FALSE(name.starts_with(engine_name(each.attempt))) << name;
    }
  }
  /// A job that closes what it leaves to everybody but itself cannot keep its folder for ever.
  void run_hider() {
    const StartOrder job = shell("mkdir -p a/b; touch a/b/c; chmod 0 a; trap '' TERM; kill -9 $PPID; sleep 1");
    const EngineJob ended = run(job);
    EXPECT_EQ(ended.state, AttemptState::ended);
    executor_->forget(job.attempt);
    remove_tree(job.folder);
    EXPECT_FALSE(exists(job.folder));
  }
  /// Runs the body in a process of its own that is an ordinary user's.
  void as_agent_user(const std::function<void()>& body) {
    const passwd* user = ::getpwnam(agent_user.c_str());
    ASSERT_NE(user, nullptr);
    const auto child = [&] {
      if (::initgroups(agent_user.c_str(), user->pw_gid) != 0 || ::setgid(user->pw_gid) != 0 ||
          ::setuid(user->pw_uid) != 0)
        std::_Exit(9);
      work_ = lab_folder + '/' + cluster + "/work/agent";
      EXPECT_TRUE(make_folder(work_, 0711).has_value());
      restart();
      body();
      for (const StartOrder& order : orders_) (void)executor_->stop(order.attempt);
      std::cerr.flush();
      std::_Exit(HasFailure() ? 1 : 0);
    };
    EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
  }
};

// Shows that an agent that is root runs each organisation's attempts as its user, out of reach of the other.
TEST_F(SlurmTenants, AreKeptApartByRoot) {
  check_tenants();
  run_tenants();
  run_hider();
}

// Shows the same of an ordinary user with a rule of sudo and the file system's access lists.
TEST_F(SlurmTenants, AreKeptApartByAnOrdinaryUser) {
  as_agent_user([this] {
    check_tenants();
    const auto without_rule = executor_->check_tenant("nobody", "");
    EXPECT_EQ(without_rule.error().field, "user");
    EXPECT_NE(without_rule.error().right.find("sudoers.d"), std::string::npos) << to_text(without_rule.error());
    run_tenants();
    run_hider();
  });
}

// Shows that a work folder that jobs' users cannot reach is told at the start, with the remedy.
TEST_F(SlurmTenants, TellAWorkFolderOutOfReach) {
  as_agent_user([this] {
    const std::string closed = work_ + "/closed";
    ASSERT_TRUE(make_folder(closed, 0700).has_value());
    Config config;
    config.engine = Engine::slurm;
    config.slurm.conf = conf();
    config.organisations["film-studio"] = {"", tenant_a};
    config.organisations["ai-lab"] = {"", "dayan-nobody-at-all"};
    std::vector<std::string> notes;
    Faults faults = check_mappings(config, closed + "/work", processes_, notes);
    ASSERT_EQ(faults.size(), 2U);
    EXPECT_EQ(faults[0].field, "organisations.ai-lab.user");
    EXPECT_EQ(faults[1].field, "work_folder");
    EXPECT_TRUE(notes.empty());
    config.organisations.erase("ai-lab");
    EXPECT_TRUE(check_mappings(config, work_, processes_, notes).empty());
    EXPECT_TRUE(notes.empty()) << notes.front();
  });
}

}  // namespace
}  // namespace dayan::agent

int main(int argc, char** argv) {
  // The lab's daemons need root, and one of the agents is it.
  if (!dayan::agent::is_left_out() && ::geteuid() != 0) {
    std::vector<char*> words = {const_cast<char*>("sudo"), const_cast<char*>("-n"), const_cast<char*>("--")};
    words.insert(words.end(), argv, argv + argc + 1);
    ::execvp("sudo", words.data());
    std::cerr << "these tests need root, and there is no sudo; set DAYAN_NO_SLURM=1 to leave them out\n";
    return 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
