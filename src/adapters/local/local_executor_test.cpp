#include "adapters/local/local_executor.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/files.h"
#include "adapters/spawn.h"

namespace dayan::adapters {
namespace {

/// Real processes in a folder of its own, each test with and without the sandbox.
class LocalExecutorTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam() && std::getenv("DAYAN_NO_BWRAP") != nullptr) GTEST_SKIP() << "left out by DAYAN_NO_BWRAP";
    std::string name = testing::TempDir() + "dayan-local-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = name;
    restart();
    // Debian's package list has bubblewrap; a machine without it must not pass these by not trying.
    const bool fenced = executor_->description().find("bubblewrap sandbox") != std::string::npos;
    ASSERT_EQ(fenced, GetParam()) << executor_->description();
  }
  void TearDown() override {
    if (executor_ == nullptr) return;
    const auto jobs = executor_->list();
    for (const EngineJob& job : jobs.value_or(std::vector<EngineJob>())) (void)executor_->stop(job.attempt);
    for (const EngineJob& job : jobs.value_or(std::vector<EngineJob>())) (void)wait_for_end(job.attempt);
    remove_tree(base_);
  }

  /// A new executor object knows nothing but the folder, as an agent that was started again.
  void restart() {
    LocalOptions options;
    options.folder = base_ + "/control";
    options.program = TEST_SUPERVISOR;
    options.cores = Cores(4);
    options.memory = Bytes(2'000'000'000);
    options.processes_max = 200;
    options.sandbox = GetParam();
    options.hidden = {base_};
    auto made = make_local_executor(options);
    ASSERT_TRUE(made.has_value()) << to_text(made.error());
    executor_ = std::move(*made);
  }

  StartOrder order(std::vector<std::string> command, std::int32_t task = 0) {
    StartOrder order;
    order.attempt = {JobId(7), task, 1};
    order.pool = "local";
    order.folder = base_ + "/work-" + std::to_string(task);
    EXPECT_TRUE(make_folder(order.folder, 0755).has_value());
    order.command = std::move(command);
    order.wall_time = Duration::seconds(60);
    order.starts_by = time_of_day() + Duration::seconds(60);
    return order;
  }
  StartOrder shell(const std::string& script, std::int32_t task = 0) { return order({"sh", "-c", script}, task); }

  EngineJob look(const AttemptKey& attempt) {
    const auto jobs = executor_->list();
    EXPECT_TRUE(jobs.has_value());
    for (const EngineJob& job : jobs.value_or(std::vector<EngineJob>())) {
      if (job.attempt == attempt) return job;
    }
    return EngineJob();
  }
  EngineJob wait_for(const AttemptKey& attempt, AttemptState state) {
    EngineJob job;
    for (int i = 0; i < 1000; ++i) {
      job = look(attempt);
      if (job.state == state) return job;
      ::usleep(20'000);
    }
    ADD_FAILURE() << "never came to state " << static_cast<int>(state);
    return job;
  }
  EngineJob wait_for_end(const AttemptKey& attempt) { return wait_for(attempt, AttemptState::ended); }
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
  std::string output(const StartOrder& order) { return text_of(order.folder + "/stdout.log"); }

  /// How many living processes have this word in their command line.
  /// Processes with the word in their command line; with `program`, only those that run it (a shell that is about to
  /// start one has the word in its script too).
  static int count_with(const std::string& word, const std::string& program = "") {
    int count = 0;
    const auto names = names_in("/proc");
    for (const std::string& name : *names) {
      if (name[0] < '0' || name[0] > '9') continue;
      const auto line = read_file("/proc/" + name + "/cmdline");
      const std::string text = line.has_value() ? line->value_or("") : "";
      if (text.find(word) != std::string::npos && text.starts_with(program)) ++count;
    }
    return count;
  }
  static void expect_none_with(const std::string& word) {
    for (int i = 0; i < 100 && count_with(word) > 0; ++i) ::usleep(20'000);
    EXPECT_EQ(count_with(word), 0) << word;
  }

  std::string base_;
  std::unique_ptr<LocalExecutor> executor_;
};

INSTANTIATE_TEST_SUITE_P(All, LocalExecutorTest, testing::Bool(),
                         [](const auto& one) { return one.param ? "Sandboxed" : "Plain"; });

// Shows that a command runs in its folder and ends with its exit code, output and times.
TEST_P(LocalExecutorTest, RunsACommandToItsExitCode) {
  const StartOrder job = shell("pwd; echo bad >&2; sleep 0.2; exit 3");
  const EngineJob ended = run(job);
  EXPECT_EQ(ended.outcome, Outcome::exited);
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(output(job), job.folder + "\n");
  EXPECT_EQ(text_of(job.folder + "/stderr.log"), "bad\n");
  EXPECT_GE(ended.wrapper_run, Duration::milliseconds(200));
  EXPECT_LT(ended.wrapper_run, Duration::seconds(10));
  EXPECT_GE(ended.ended_at, ended.started_at + Duration::milliseconds(200));
  EXPECT_GT(ended.memory_peak.value(), 0);
}

// Shows that a script runs, by its own interpreter where it names one.
TEST_P(LocalExecutorTest, RunsAScript) {
  StartOrder plain = order({}, 1);
  plain.script = "echo plain $0 | sed 's,/.*,,'";
  run(plain);
  EXPECT_EQ(output(plain), "plain \n");
  StartOrder bash = order({}, 2);
  bash.script = "#!/bin/bash\na=(x y)\necho ${a[1]}\n";
  run(bash);
  EXPECT_EQ(output(bash), "y\n");
}

// Shows that no argument, variable or file name is ever read by a shell.
TEST_P(LocalExecutorTest, LeavesWordsAlone) {
  const std::vector<std::string> words{"; rm -rf /", "$(id)", "a\nb",  "it's \"q\" `x`", "--help",
                                       "-n",         "",      "../..", "\xe2\x80\xae"};
  StartOrder job = order({"python3", "-c", "import os,sys;print(sys.argv[1:]);print(ascii(os.environ['V']))"});
  job.command.insert(job.command.end(), words.begin(), words.end());
  job.environment = {{"V", "$(id)\n'\"; x"}};
  const EngineJob ended = run(job);
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(output(job),
            "['; rm -rf /', '$(id)', 'a\\nb', 'it\\'s \"q\" `x`', '--help', '-n', '', '../..', '\\u202e']\n"
            "'$(id)\\n\\'\"; x'\n");
}

// Shows that the job gets its own environment and a PATH, and nothing of the agent's.
TEST_P(LocalExecutorTest, GivesACleanEnvironmentAndNoFiles) {
  ASSERT_EQ(::setenv("DAYAN_SECRET", "canary", 1), 0);
  StartOrder job = shell("env | cut -d= -f1 | sort | tr '\\n' ' '; ls /proc/self/fd | wc -l; ulimit -c");
  job.environment = {{"MINE", "1"}};
  run(job);
  // ls itself has one file open beside the three.
  EXPECT_EQ(output(job), "DAYAN_ENGINE_NAME HOME MINE PATH PWD 4\n0\n");
}

// Shows that a program that is not there is the job's own failure, told as shells tell it.
TEST_P(LocalExecutorTest, SaysThatAProgramIsMissing) {
  const EngineJob ended = run(order({"there-is-no-such-program"}));
  EXPECT_EQ(ended.outcome, Outcome::exited);
  EXPECT_EQ(ended.exit_code, 127);
  EXPECT_NE(ended.failure.find("there is no such program"), std::string::npos) << ended.failure;
}

// Shows that the time limit ends the whole tree, a grandchild that made itself a daemon included.
TEST_P(LocalExecutorTest, EndsTheWholeTreeAtTheTimeLimit) {
  StartOrder job =
      shell("setsid sleep 3601.25 & (setsid sh -c 'sleep 3601.25 & disown 2>/dev/null; exit' &) ; sleep 3601.25");
  // Long enough for three processes to start on a busy machine.
  job.wall_time = Duration::seconds(6);
  ASSERT_TRUE(executor_->start(job).has_value());
  int sleeping = 0;
  for (int i = 0; i < 500 && sleeping < 3; ++i) {
    ::usleep(10'000);
    sleeping = count_with("3601.25", "sleep");
  }
  EXPECT_EQ(sleeping, 3);
  const EngineJob ended = wait_for_end(job.attempt);
  EXPECT_EQ(ended.outcome, Outcome::timed_out);
  EXPECT_GE(ended.wrapper_run, job.wall_time);
  EXPECT_LT(ended.wrapper_run, job.wall_time + Duration::seconds(6));
  expect_none_with("3601.25");
}

// Shows that a job which ignores TERM is killed some seconds later.
TEST_P(LocalExecutorTest, KillsWhatIgnoresTheEnd) {
  StartOrder job = shell("trap '' TERM; while :; do sleep 0.1; done");
  job.wall_time = Duration::milliseconds(300);
  const EngineJob ended = run(job);
  EXPECT_EQ(ended.outcome, Outcome::timed_out);
  EXPECT_LT(ended.wrapper_run, Duration::seconds(9));
}

// Shows that a job may put things in order when it is told to end.
TEST_P(LocalExecutorTest, LetsAJobPutThingsInOrder) {
  const StartOrder job = shell("trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.1; done");
  ASSERT_TRUE(executor_->start(job).has_value());
  for (int i = 0; i < 3000 && output(job).empty(); ++i) ::usleep(10'000);
  ASSERT_TRUE(executor_->stop(job.attempt).has_value());
  wait_for_end(job.attempt);
  EXPECT_EQ(output(job), "ready\nsaved\n");
}

// Shows that processes left behind by a job that ends by itself end too.
TEST_P(LocalExecutorTest, EndsWhatIsLeftBehind) {
  const EngineJob ended = run(shell("setsid sleep 3602.25 & sleep 0.1; exit 4"));
  EXPECT_EQ(ended.outcome, Outcome::exited);
  EXPECT_EQ(ended.exit_code, 4);
  expect_none_with("3602.25");
}

// Shows that a job above its memory is ended, and told so.
TEST_P(LocalExecutorTest, EndsAMemoryHog) {
  StartOrder job =
      order({"python3", "-c", "import time\na=[]\nwhile True:\n a.append(bytearray(10_000_000)); time.sleep(0.05)"});
  job.resources.memory = Bytes(150'000'000);
  const EngineJob ended = run(job);
  EXPECT_EQ(ended.outcome, Outcome::out_of_memory) << ended.failure;
  EXPECT_TRUE(ended.failure.ends_with("B more than it may")) << ended.failure;
  EXPECT_GT(ended.memory_peak, Bytes(150'000'000));
  EXPECT_LT(ended.memory_peak, Bytes(1'000'000'000));
}

// Shows that a family that grows without end is ended whole.
TEST_P(LocalExecutorTest, EndsAFamilyThatGrowsWithoutEnd) {
  StartOrder job = shell("f() { sleep 3603.25 & f2; }; f2() { sleep 0.002; f; }; f");
  const EngineJob ended = run(job);
  EXPECT_EQ(ended.outcome, Outcome::exited);
  EXPECT_NE(ended.failure.find("more than 200 processes"), std::string::npos) << ended.failure;
  expect_none_with("3603.25");
}

// Shows that a repeated order starts nothing twice, whether the job runs or has ended, also after a restart.
TEST_P(LocalExecutorTest, StartsOnce) {
  const StartOrder job = shell("echo once >>count; sleep 0.5");
  const auto first = executor_->start(job);
  const auto second = executor_->start(job);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(*first, *second);
  restart();
  EXPECT_EQ(*executor_->start(job), *first);
  wait_for_end(job.attempt);
  EXPECT_EQ(*executor_->start(job), *first);
  ::usleep(200'000);
  EXPECT_EQ(text_of(job.folder + "/count"), "once\n");
}

// Shows that an agent that is started again finds the running job, and can stop it.
TEST_P(LocalExecutorTest, IsAdoptedAfterARestart) {
  const StartOrder job = shell("sleep 3604.25");
  const auto id = executor_->start(job);
  ASSERT_TRUE(id.has_value());
  wait_for(job.attempt, AttemptState::running);
  restart();
  const EngineJob found = look(job.attempt);
  EXPECT_EQ(found.state, AttemptState::running);
  EXPECT_EQ(found.engine_id, *id);
  ASSERT_TRUE(executor_->stop(job.attempt).has_value());
  const EngineJob ended = wait_for_end(job.attempt);
  EXPECT_EQ(ended.outcome, Outcome::stopped);
  expect_none_with("3604.25");
  EXPECT_TRUE(executor_->stop(job.attempt).has_value());
  EXPECT_TRUE(executor_->stop({JobId(99), 0, 1}).has_value());
}

// Shows that an order whose agent died before the supervisor was there is taken up by the next order, and only once.
TEST_P(LocalExecutorTest, TakesUpAnOrderLeftLying) {
  StartOrder job = shell("echo once >>count");
  ASSERT_TRUE(make_folder(base_ + "/control", 0700).has_value());
  const AttemptFolder folder(base_ + "/control/" + engine_name(job.attempt));
  ASSERT_TRUE(*folder.create({job, {}, 0}));
  EXPECT_EQ(look(job.attempt).state, AttemptState::queued);
  ASSERT_TRUE(executor_->start(job).has_value());
  EXPECT_EQ(wait_for_end(job.attempt).outcome, Outcome::exited);
  EXPECT_EQ(text_of(job.folder + "/count"), "once\n");
}

// Shows that an order left lying is never run after a stop, nor after its time.
TEST_P(LocalExecutorTest, LeavesAnOrderThatWasStoppedOrIsLate) {
  StartOrder stopped = shell("touch ran", 1);
  ASSERT_TRUE(*AttemptFolder(base_ + "/control/" + engine_name(stopped.attempt)).create({stopped, {}, 0}));
  ASSERT_TRUE(executor_->stop(stopped.attempt).has_value());
  ASSERT_TRUE(executor_->start(stopped).has_value());
  EXPECT_EQ(wait_for_end(stopped.attempt).outcome, Outcome::stopped);
  EXPECT_FALSE(exists(stopped.folder + "/ran"));

  StartOrder late = shell("touch ran", 2);
  late.starts_by = time_of_day() - Duration::seconds(1);
  EXPECT_EQ(executor_->start(late).error().code, ErrorCode::denied);
  ASSERT_TRUE(*AttemptFolder(base_ + "/control/" + engine_name(late.attempt)).create({late, {}, 0}));
  ASSERT_TRUE(executor_->start(late).has_value());
  EXPECT_EQ(wait_for_end(late.attempt).outcome, Outcome::expired);
  EXPECT_FALSE(exists(late.folder + "/ran"));
}

// Shows that a notice is SIGTERM to the whole tree, once, and that the job goes on as it likes.
TEST_P(LocalExecutorTest, ANoticeReachesTheTreeAndEndsNothing) {
  const StartOrder job = shell(
      "(trap ': >child' TERM; : >child_ready; while [ ! -e child ]; do sleep 0.05; done) & "
      "trap 'echo told >>told' TERM; : >ready; while [ ! -e go ]; do sleep 0.05; done; wait; exit 7");
  ASSERT_TRUE(executor_->start(job).has_value());
  for (const char* file : {"/ready", "/child_ready"}) {
    for (int i = 0; i < 500 && !exists(job.folder + file); ++i) ::usleep(10'000);
  }
  ASSERT_TRUE(executor_->give_notice(job.attempt).has_value());
  for (const char* file : {"/told", "/child"}) {
    for (int i = 0; i < 500 && !exists(job.folder + file); ++i) ::usleep(10'000);
    EXPECT_TRUE(exists(job.folder + file)) << file;
  }
  ASSERT_TRUE(executor_->give_notice(job.attempt).has_value());
  ::usleep(500'000);
  ASSERT_TRUE(write_file(job.folder + "/go", "").has_value());
  const EngineJob ended = wait_for_end(job.attempt);
  EXPECT_EQ(ended.outcome, Outcome::exited);
  EXPECT_EQ(ended.exit_code, 7);
  EXPECT_EQ(*read_file(job.folder + "/told"), "told\n");
  EXPECT_TRUE(executor_->give_notice({JobId(99), 0, 1}).has_value()) << "fine where there is nothing";
}

// Shows that a job whose supervisor was killed is reported lost, with nothing of it left.
TEST_P(LocalExecutorTest, ReportsALostSupervisor) {
  const StartOrder job = shell("setsid sleep 3605.25 & sleep 3605.25");
  const auto id = executor_->start(job);
  ASSERT_TRUE(id.has_value());
  for (int i = 0; i < 200 && count_with("3605.25") < 2; ++i) ::usleep(10'000);
  ASSERT_EQ(::kill(std::stoi(*id), SIGKILL), 0);
  const EngineJob ended = wait_for_end(job.attempt);
  EXPECT_EQ(ended.outcome, Outcome::lost);
  expect_none_with("3605.25");
}

// Shows that a supervisor that someone else tells to end does not pass for a stop on order.
TEST_P(LocalExecutorTest, TellsAShutdownFromAStop) {
  const StartOrder job = shell("sleep 3606.25");
  const auto id = executor_->start(job);
  ASSERT_TRUE(id.has_value());
  wait_for(job.attempt, AttemptState::running);
  ASSERT_EQ(::kill(std::stoi(*id), SIGTERM), 0);
  EXPECT_EQ(wait_for_end(job.attempt).outcome, Outcome::lost);
  expect_none_with("3606.25");
}

// Shows that no more is started than was offered, and that an ended job makes room.
TEST_P(LocalExecutorTest, RefusesMoreThanWasOffered) {
  StartOrder first = shell("sleep 3607.25", 1);
  first.resources.cores = Cores(3);
  ASSERT_TRUE(executor_->start(first).has_value());
  StartOrder second = shell("true", 2);
  second.resources.cores = Cores(2);
  EXPECT_EQ(executor_->start(second).error().code, ErrorCode::unavailable);
  ASSERT_TRUE(executor_->stop(first.attempt).has_value());
  wait_for_end(first.attempt);
  EXPECT_TRUE(executor_->start(second).has_value());
  StartOrder too_large = shell("true", 3);
  too_large.resources.cores = Cores(5);
  EXPECT_EQ(executor_->start(too_large).error().code, ErrorCode::invalid);
  StartOrder cards = shell("true", 4);
  cards.resources.cards = MilliCards(1000);
  EXPECT_EQ(executor_->start(cards).error().field, "resources.cards");
  StartOrder gang = too_large;
  gang.resources.cores = Cores(1);
  gang.resources.nodes = 2;
  EXPECT_EQ(to_text(executor_->start(gang).error()),
            "resources.nodes: it asks for 2 nodes, this pool is one machine; ask for one node");
  gang.resources.nodes = 0;
  EXPECT_EQ(executor_->start(gang).error().field, "resources.nodes");
}

// Shows that only what has ended is forgotten.
TEST_P(LocalExecutorTest, ForgetsOnlyWhatHasEnded) {
  const StartOrder job = shell("sleep 3608.25");
  ASSERT_TRUE(executor_->start(job).has_value());
  executor_->forget(job.attempt);
  EXPECT_EQ(executor_->list()->size(), 1U);
  ASSERT_TRUE(executor_->stop(job.attempt).has_value());
  wait_for_end(job.attempt);
  executor_->forget(job.attempt);
  EXPECT_EQ(executor_->list()->size(), 0U);
  EXPECT_FALSE(exists(base_ + "/control/" + engine_name(job.attempt)));
}

// Shows what a sandboxed job cannot do: write outside its folder, see another's, read passwords, see or signal the
// processes of the machine.
TEST_P(LocalExecutorTest, FencesAJobIn) {
  if (!GetParam()) {
    EXPECT_NE(executor_->description().find("WITHOUT a sandbox"), std::string::npos);
    return;
  }
  ASSERT_TRUE(make_folder(base_ + "/work-9", 0755).has_value());
  ASSERT_TRUE(write_file(base_ + "/work-9/secret", "canary").has_value());
  StartOrder job = shell("cat " + base_ + "/work-9/secret /etc/shadow; touch /usr/x /etc/x; ls -A " + base_ +
                         "/control | wc -l; kill -9 " + std::to_string(::getpid()) +
                         "; echo mine >mine; echo t >/tmp/t; ls /proc | grep -c '^[0-9]'; mount -t tmpfs x /mnt; "
                         // Only opened: what it would write stands for every job of the machine.
                         "(exec 3>>/proc/sys/kernel/core_pattern) && echo OPENED; grep CapEff /proc/self/status");
  run(job);
  const std::string out = output(job);
  EXPECT_EQ(out.find("canary"), std::string::npos) << out;
  EXPECT_EQ(out.find("root:"), std::string::npos) << out;
  EXPECT_EQ(out.find("OPENED"), std::string::npos) << "a job may change the kernel's settings";
  EXPECT_NE(out.find("CapEff:\t0000000000000000"), std::string::npos) << out;
  EXPECT_EQ(out.substr(0, 2), "0\n") << out;
  EXPECT_FALSE(exists("/usr/x"));
  EXPECT_FALSE(exists("/etc/x"));
  EXPECT_EQ(text_of(job.folder + "/mine"), "mine\n");
}

// Shows that the loader's variables work inside the sandbox only: LD_DEBUG_OUTPUT makes a file wherever a program
// starts with it, and none appears beside the job's folder, where bwrap could write.
TEST_P(LocalExecutorTest, KeepsTheJobsEnvironmentOutOfTheSandboxItself) {
  if (!GetParam()) return;  // without a sandbox there is no inside
  StartOrder job = shell("echo $GREETING; env | grep -c LD_DEBUG");
  const std::string outside = base_ + "/loader";
  job.environment = {{"LD_DEBUG", "libs"}, {"LD_DEBUG_OUTPUT", outside}, {"GREETING", "a b\n$(c)"}};
  run(job);
  EXPECT_EQ(output(job).substr(0, 9), "a b $(c)\n") << output(job);
  for (const auto& entry : std::filesystem::directory_iterator(base_)) {
    EXPECT_EQ(entry.path().filename().string().rfind("loader", 0), std::string::npos) << entry.path();
  }
}

// Shows that the pool is what was declared, or else this machine.
TEST_P(LocalExecutorTest, Probes) {
  std::vector<std::string> notes;
  const auto pools = executor_->probe(notes);
  ASSERT_TRUE(pools.has_value());
  ASSERT_EQ(pools->size(), 1U);
  EXPECT_EQ(pools->front().name, "local");
  EXPECT_EQ(pools->front().cores_per_node, Cores(4));
  LocalOptions options;
  options.folder = base_ + "/control2";
  options.program = TEST_SUPERVISOR;
  auto other = make_local_executor(options);
  ASSERT_TRUE(other.has_value());
  EXPECT_GE((*other)->probe(notes)->front().cores_per_node, Cores(1));
  EXPECT_GT((*other)->probe(notes)->front().memory_per_node, Bytes(100'000'000));
}

}  // namespace
}  // namespace dayan::adapters
