#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "adapters/files.h"
#include "adapters/processes/real_processes.h"
#include "adapters/slurm/slurm_executor.h"
#include "adapters/spawn.h"

/// A real Slurm cluster of two nodes, driven as a provider's agent drives its own.

namespace dayan::adapters {
namespace {

const std::string lab_folder = "/var/tmp/dayan-adapters-test";
const std::string cluster = "adapt";

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
    if (std::getenv("DAYAN_NO_SLURM") != nullptr) return;
    (void)lab({"stop", lab_folder});
    remove_tree(lab_folder + '/' + cluster + "/work/control");
    const ProcessResult started = lab({"start", lab_folder, cluster + ":2:4:2000:2"});
    ASSERT_EQ(started.exit_code, 0) << "no Slurm, no proof: " << started.out << started.err
                                    << "\nSet DAYAN_NO_SLURM=1 to leave these tests out.";
  }
  void TearDown() override {
    if (std::getenv("DAYAN_NO_SLURM") == nullptr) (void)lab({"stop", lab_folder});
  }
};
const testing::Environment* const registered = testing::AddGlobalTestEnvironment(new Lab);

class SlurmRealTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("DAYAN_NO_SLURM") != nullptr) GTEST_SKIP() << "left out by DAYAN_NO_SLURM";
    ASSERT_EQ(::geteuid(), 0U) << "the agent of this test is root, which may run commands as the lab's user";
    user_ = "dayan-" + cluster;
    work_ = lab_folder + '/' + cluster + "/work";
    restart();
  }
  void TearDown() override {
    if (executor_ == nullptr) return;
    for (const StartOrder& order : orders_) (void)executor_->stop(order.attempt);
  }
  void restart() {
    SlurmOptions options;
    options.folder = work_ + "/control";
    options.slurm_conf = conf();
    options.run_as_prefix = {"runuser", "-u", user_, "--"};
    auto made = make_slurm_executor(options, processes_);
    ASSERT_TRUE(made.has_value()) << to_text(made.error());
    executor_ = std::move(*made);
  }
  static std::string conf() { return lab_folder + '/' + cluster + "/etc/slurm.conf"; }

  StartOrder order(std::vector<std::string> command) {
    static std::int32_t task = 0;
    StartOrder order;
    order.attempt = {JobId(time_of_day().microseconds()), ++task, 1};
    order.pool = "batch";
    order.folder = work_ + '/' + engine_name(order.attempt);
    const passwd* user = ::getpwnam(user_.c_str());
    EXPECT_NE(user, nullptr);
    EXPECT_TRUE(make_folder(order.folder, 0755).has_value());
    EXPECT_EQ(::chown(order.folder.c_str(), user->pw_uid, user->pw_gid), 0);
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
  std::string user_;
  std::string work_;
  std::unique_ptr<SlurmExecutor> executor_;
  std::vector<StartOrder> orders_;
};

// Shows that the cluster's partition becomes a pool with what the lab declared.
TEST_F(SlurmRealTest, Probes) {
  const auto pools = executor_->probe();
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
TEST_F(SlurmRealTest, RunsOnceToItsExitCode) {
  const StartOrder job = shell("echo once >>count; id -un; pwd; echo bad >&2; sleep 3; exit 3");
  const UnixTime before = time_of_day();
  const auto id = executor_->start(job);
  ASSERT_TRUE(id.has_value()) << to_text(id.error());
  EXPECT_EQ(*executor_->start(job), *id);
  const EngineJob running = wait_for(job.attempt, AttemptState::running);
  EXPECT_EQ(running.engine_id, *id);
  EXPECT_EQ(running.outcome, Outcome::none);
  wait_for_output(job);
  restart();
  EXPECT_EQ(*executor_->start(job), *id);
  // An agent that lost its control folder still finds the job by its name.
  ASSERT_EQ(std::rename((work_ + "/control").c_str(), (work_ + "/control-away").c_str()), 0);
  restart();
  EXPECT_EQ(*executor_->start(job), *id);
  remove_tree(work_ + "/control");
  ASSERT_EQ(std::rename((work_ + "/control-away").c_str(), (work_ + "/control").c_str()), 0);
  restart();

  const EngineJob ended = wait_for_end(job.attempt);
  EXPECT_EQ(ended.outcome, Outcome::exited);
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(text_of(job.folder + "/count"), "once\n");
  EXPECT_EQ(output(job), user_ + '\n' + job.folder + '\n');
  EXPECT_EQ(text_of(job.folder + "/stderr.log"), "bad\n");
  // Slurm's times are whole seconds: a zone gone wrong would show as hours.
  EXPECT_GE(ended.started_at, before - Duration::seconds(1));
  EXPECT_LE(ended.ended_at, time_of_day());
  EXPECT_GE(ended.wrapper_run, Duration::seconds(3));
  EXPECT_LT(ended.wrapper_run, Duration::seconds(6));
  EXPECT_GE(ended.engine_run, Duration::seconds(2));
  EXPECT_LT(ended.engine_run, Duration::seconds(8));
  EXPECT_EQ(*executor_->start(job), *id);
  executor_->forget(job.attempt);
  EXPECT_FALSE(exists(work_ + "/control/" + engine_name(job.attempt) + control_suffix));
}

// Shows that the exact wall time holds, although Slurm's own limit is whole minutes.
TEST_F(SlurmRealTest, EndsAtTheExactWallTime) {
  StartOrder job = shell("sleep 40");
  job.wall_time = Duration::seconds(2);
  const EngineJob ended = run(job);
  EXPECT_EQ(ended.outcome, Outcome::timed_out) << ended.failure << ' ' << ended.exit_code;
  EXPECT_GE(ended.wrapper_run, Duration::seconds(2));
  EXPECT_LT(ended.wrapper_run, Duration::seconds(8));
}

// Shows that a stop ends what runs and what waits, and is fine where there is nothing.
TEST_F(SlurmRealTest, Stops) {
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
TEST_F(SlurmRealTest, TellsACancellationAtTheCentre) {
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

// Shows that a job above its memory is ended and told so, on a cluster without control groups.
TEST_F(SlurmRealTest, EndsAMemoryHog) {
  StartOrder job =
      order({"python3", "-c",
             "import time\na=bytearray(400_000_000)\nfor i in range(0,len(a),4096): a[i]=1\ntime.sleep(30)"});
  job.resources.memory = Bytes(100'000'000);
  const EngineJob ended = run(job);
  EXPECT_EQ(ended.outcome, Outcome::out_of_memory)
      << ended.failure << ' ' << ended.exit_code << text_of(job.folder + "/stderr.log");
}

// Shows that no argument or variable is ever read by a shell, though a shell script carries them.
TEST_F(SlurmRealTest, LeavesWordsAlone) {
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
TEST_F(SlurmRealTest, RunsAScriptWithCards) {
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
TEST_F(SlurmRealTest, ReportsARefusal) {
  StartOrder nowhere = shell("true");
  nowhere.pool = "nowhere";
  const auto refused = executor_->start(nowhere);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid) << to_text(refused.error());
  EXPECT_EQ(refused.error().field, "pool");
  EXPECT_FALSE(exists(work_ + "/control/" + engine_name(nowhere.attempt) + control_suffix));
  StartOrder late = shell("true");
  late.starts_by = time_of_day() - Duration::seconds(1);
  EXPECT_EQ(executor_->start(late).error().code, ErrorCode::denied);
}

// Shows that Slurm itself drops a job that cannot start in time.
TEST_F(SlurmRealTest, ExpiresWhatCannotStartInTime) {
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
  job.starts_by = time_of_day() + Duration::seconds(5);
  ASSERT_TRUE(executor_->start(job).has_value());
  const EngineJob ended = wait_for_end(job.attempt, 120);
  EXPECT_EQ(ended.outcome, Outcome::expired) << ended.failure;
  EXPECT_EQ(ended.engine_run, Duration());
  EXPECT_FALSE(exists(job.folder + "/ran"));
}

// Shows that nothing is concluded while the controller is down, and that its job is found again afterwards.
TEST_F(SlurmRealTest, ConcludesNothingFromSilence) {
  const StartOrder job = shell("sleep 25; exit 5");
  ASSERT_TRUE(executor_->start(job).has_value());
  wait_for(job.attempt, AttemptState::running);
  ::sleep(6);  // the controller saves its state every few seconds
  const std::string pid = text_of(lab_folder + '/' + cluster + "/run/slurmctld.pid");
  ASSERT_EQ(::kill(std::stoi(pid), SIGTERM), 0);
  for (int i = 0; i < 100 && ::kill(std::stoi(pid), 0) == 0; ++i) ::usleep(100'000);
  const auto silent = executor_->list();
  ASSERT_FALSE(silent.has_value());
  EXPECT_EQ(silent.error().code, ErrorCode::unavailable);
  const StartOrder other = shell("true");
  EXPECT_EQ(executor_->start(other).error().code, ErrorCode::unavailable);
  ASSERT_EQ(slurm({"slurmctld", "-f", conf()}).exit_code, 0);
  for (int i = 0; i < 50 && !executor_->stop(job.attempt).has_value(); ++i) ::usleep(200'000);
  EXPECT_EQ(wait_for_end(job.attempt).outcome, Outcome::stopped);
}

}  // namespace
}  // namespace dayan::adapters
