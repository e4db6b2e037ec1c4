#include "adapters/slurm/slurm_executor.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <functional>

#include "adapters/files.h"
#include "adapters/slurm/access_list.h"

/// The executor against a scripted stand-in for Slurm's commands (slurm_real_test has the real ones): what only rare
/// faults of a real cluster would show.

namespace dayan::adapters {
namespace {

/// A local user that every machine has, and that is not the one these tests run as.
const std::string user = "nobody";

class FakeSlurm : public Processes {
 public:
  Result<ProcessResult> run(const ProcessSpec& spec) override {
    calls.push_back(spec);
    const auto is = [&spec](const char* name) {
      return std::find(spec.argv.begin(), spec.argv.end(), name) != spec.argv.end();
    };
    if (is("sbatch")) return sbatch(spec);
    if (is("squeue") && !is(user.c_str()))
      return ProcessResult{own_queue.has_value() ? 0 : 1, own_queue.value_or(""), ""};
    if (is("squeue"))
      return queue.has_value() ? Result<ProcessResult>(ProcessResult{0, *queue, ""})
                               : Result<ProcessResult>(ProcessResult{1, "", "slurm_load_jobs error"});
    if (is("sacct")) return ProcessResult{0, history, ""};
    if (is(broken_word.c_str())) return ProcessResult{1, "", "slurm_load error"};
    if (is("topology")) return ProcessResult{0, topology, ""};
    if (is("sinfo")) return ProcessResult{0, nodes, ""};
    if (is("scontrol")) return ProcessResult{0, "AccountingStorageType   = " + storage + "\n" + config, ""};
    return ProcessResult{0, "", ""};
  }
  int count(const std::string& name) const {
    return static_cast<int>(std::count_if(calls.begin(), calls.end(), [&name](const ProcessSpec& spec) {
      return std::find(spec.argv.begin(), spec.argv.end(), name) != spec.argv.end();
    }));
  }

  std::function<Result<ProcessResult>(const ProcessSpec&)> sbatch = [](const ProcessSpec&) {
    return ProcessResult{0, "12\n", ""};
  };
  std::optional<std::string> queue = "";      ///< of `user`; none: cannot be asked
  std::optional<std::string> own_queue = "";  ///< of the agent's own user
  std::string history;
  std::string storage = "accounting_storage/none";
  std::string config;  ///< further lines
  std::string topology;
  std::string broken_word;  ///< what is asked with this word fails
  std::string nodes;
  std::vector<ProcessSpec> calls;
};

class SlurmExecutorTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "dayan-slurm-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = name;
    SlurmOptions options;
    options.folder = base_ + "/control";
    options.slurm_conf = "/etc/x.conf";
    options.users = {user, ""};
    auto made = make_slurm_executor(std::move(options), slurm_);
    ASSERT_TRUE(made.has_value());
    executor_ = std::move(*made);
    order_.attempt = {JobId(7), 3, 2};
    order_.pool = "batch";
    order_.account = "proja";
    order_.user = user;
    order_.folder = base_ + "/50%";
    ASSERT_TRUE(make_folder(order_.folder, 0700).has_value());
    order_.command = {"true"};
    order_.resources = {Cores(4), Bytes(1024 * 1024 + 1), MilliCards(2000)};
    order_.chip = "ascend910b";
    order_.wall_time = Duration::seconds(61);
    order_.starts_by = time_of_day() + Duration::seconds(100);
    name_ = engine_name(order_.attempt);
  }
  void TearDown() override { remove_tree(base_); }
  std::string line(const std::string& state, const std::string& exit_status = "0") const {
    return "12|" + state + '|' + exit_status + "|1795308537|1795308540|1795308530|0|None|n1|" + name_ + '\n';
  }
  std::string control() const { return base_ + "/control/" + name_ + control_suffix; }

  FakeSlurm slurm_;
  std::string base_;
  std::string name_;
  std::unique_ptr<SlurmExecutor> executor_;
  StartOrder order_;
};

// Shows the whole command line of a submission, and that it is given nothing of the agent's environment.
TEST_F(SlurmExecutorTest, SubmitsByOneCommandLine) {
  ASSERT_EQ(*executor_->start(order_), "12");
  const ProcessSpec& call = slurm_.calls.back();
  std::vector<std::string> words = call.argv;
  const auto deadline =
      std::find_if(words.begin(), words.end(), [](const auto& w) { return w.starts_with("--deadline="); });
  ASSERT_NE(deadline, words.end());
  EXPECT_TRUE(*deadline == "--deadline=now+220seconds" || *deadline == "--deadline=now+219seconds") << *deadline;
  words.erase(deadline);
  std::vector<std::string> wanted = JobUsers(slurm_).prefix(user);
  ASSERT_FALSE(wanted.empty());
  wanted.emplace_back("/usr/bin/env");
  for (const EnvironmentVariable& variable : call.environment) wanted.push_back(variable.name + '=' + variable.value);
  wanted.insert(wanted.end(), {"timeout", "-k", "2", "20"});
  const std::vector<std::string> rest{"sbatch",
                                      "--parsable",
                                      "--no-requeue",
                                      "--export=ALL",
                                      "--job-name=" + name_,
                                      "--comment=" + name_,
                                      "--partition=batch",
                                      "--nodes=1",
                                      "--ntasks=1",
                                      "--cpus-per-task=4",
                                      "--time=2",
                                      "--chdir=" + base_ + "/50%",
                                      "--output=" + base_ + "/50%%/stdout.log",
                                      "--error=" + base_ + "/50%%/stderr.log",
                                      "--account=proja",
                                      "--mem=2M",
                                      "--gres=gpu:ascend910b:2"};
  wanted.insert(wanted.end(), rest.begin(), rest.end());
  EXPECT_EQ(words, wanted);
  ASSERT_EQ(call.environment.size(), 4U);
  EXPECT_EQ(call.environment[3], (EnvironmentVariable{"SLURM_CONF", "/etc/x.conf"}));
  EXPECT_EQ(executor_->start(order_).value(), "12");
  EXPECT_EQ(slurm_.count("sbatch"), 1);
}

// Shows that a task is kept off nodes by one option, that no name becomes a second option, and that where no node is
// left the order is not refused for good; and on which nodes one that runs is.
TEST_F(SlurmExecutorTest, KeepsOffNodes) {
  order_.nodes_to_avoid = {"n1", "n3"};
  ASSERT_EQ(*executor_->start(order_), "12");
  EXPECT_EQ(slurm_.calls.back().argv.back(), "--exclude=n1,n3");
  slurm_.queue = line("RUNNING");
  const auto jobs = executor_->list();
  ASSERT_TRUE(jobs.has_value() && jobs->size() == 1);
  EXPECT_EQ(jobs->front().nodes, std::vector<std::string>{"n1"});
  order_.attempt.task = 4;
  order_.nodes_to_avoid = {"n1,n2"};
  EXPECT_EQ(executor_->start(order_).error().field, "nodes_to_avoid");
  order_.nodes_to_avoid = {"n1"};
  slurm_.sbatch = [](const ProcessSpec&) {
    return ProcessResult{
        1, "", "sbatch: error: Batch job submission failed: Requested node configuration is not available\n"};
  };
  EXPECT_EQ(executor_->start(order_).error().code, ErrorCode::unavailable);
  order_.nodes_to_avoid = {};
  EXPECT_NE(executor_->start(order_).error().code, ErrorCode::unavailable);
}

// Shows that a gang that must lie in one rack waits for one switch as long as it may wait at all, and is started no
// later than Slurm keeps to that; where Slurm does not know switches, it is refused, and racks are not told.
TEST_F(SlurmExecutorTest, KeepsAGangInOneRack) {
  slurm_.nodes = "batch|n1|8|2000|(null)|infinite|idle\nbatch|n2|8|2000|(null)|infinite|idle\n";
  slurm_.topology = "SwitchName=s Level=0 LinkSpeed=1 Nodes=n[1-2]\n";
  order_.resources.nodes = 2;
  order_.resources.within = Within::rack;
  std::vector<std::string> notes;
  EXPECT_TRUE(executor_->probe(notes)->front().racks.empty());
  const auto refused = executor_->start(order_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::denied);
  EXPECT_EQ(refused.error().field, "resources.within");
  EXPECT_EQ(slurm_.count("sbatch"), 0);
  slurm_.config = "TopologyPlugin = topology/tree\n";
  EXPECT_EQ(executor_->probe(notes)->front().racks, (std::vector<Racks>{{2, 1}}));
  EXPECT_TRUE(notes.empty());
  const auto deadline_of = [&](Duration allowed) {
    ++order_.attempt.task;
    order_.starts_by = time_of_day() + allowed;
    EXPECT_EQ(executor_->start(order_).value_or(""), "12");
    const std::vector<std::string>& words = slurm_.calls.back().argv;
    const auto found =
        std::find_if(words.begin(), words.end(), [](const auto& w) { return w.starts_with("--deadline="); });
    return found == words.end() ? std::string() : *found;
  };
  EXPECT_EQ(deadline_of(Duration::minutes(20)), "--deadline=now+390seconds");  // 270 s, and its time limit
  EXPECT_EQ(slurm_.calls.back().argv.back(), "--switches=1@6");
  EXPECT_NE(slurm_.calls.back().input.find("dayan_starts_by="), std::string::npos);
  slurm_.config += "SchedulerParameters = max_switch_wait=3600\n";
  EXPECT_EQ(deadline_of(Duration::minutes(20)).substr(0, 17), "--deadline=now+13");
  EXPECT_EQ(slurm_.calls.back().argv.back(), "--switches=1@21");
}

// Shows that a cluster that cannot say how its nodes hang together is offered all the same, without racks, and that it
// is said why; and that racks are there again when it can.
TEST_F(SlurmExecutorTest, OffersItsNodesWithoutRacksWhereItCannotTellThem) {
  slurm_.nodes = "batch|n1|8|2000|(null)|infinite|idle\nbatch|n2|8|2000|(null)|infinite|idle\n";
  slurm_.topology = "SwitchName=s Level=0 LinkSpeed=1 Nodes=n[1-2]\n";
  slurm_.config = "TopologyPlugin = topology/tree\n";
  for (const std::string word : {"config", "topology", ""}) {
    SCOPED_TRACE(word);
    slurm_.broken_word = word;
    std::vector<std::string> notes;
    const auto pools = executor_->probe(notes);
    ASSERT_TRUE(pools.has_value()) << to_text(pools.error());
    ASSERT_EQ(pools->size(), 1U);
    EXPECT_EQ(pools->front().nodes, 2);
    EXPECT_EQ(pools->front().racks.empty(), !word.empty());
    ASSERT_EQ(notes.size(), word.empty() ? 0U : 1U);
    if (!word.empty()) {
      EXPECT_EQ(notes[0].substr(0, 21), "no racks are told: sc") << notes[0];
    }
  }
}

// Shows that a submission whose answer was lost is looked for before it is repeated.
TEST_F(SlurmExecutorTest, LooksBeforeItTriesAgain) {
  slurm_.sbatch = [](const ProcessSpec&) { return fail(ErrorCode::unknown_outcome, "too slow"); };
  EXPECT_EQ(executor_->start(order_).error().code, ErrorCode::unknown_outcome);
  EXPECT_TRUE(executor_->list()->empty());
  slurm_.queue = line("PENDING");
  EXPECT_EQ(*executor_->start(order_), "12");
  EXPECT_EQ(slurm_.count("sbatch"), 1);
  EXPECT_EQ(executor_->list()->front().state, AttemptState::queued);
}

// Shows that while the controller is silent nothing is started, listed or concluded.
TEST_F(SlurmExecutorTest, ConcludesNothingFromSilence) {
  ASSERT_TRUE(executor_->start(order_).has_value());
  slurm_.queue.reset();
  slurm_.own_queue.reset();
  EXPECT_EQ(executor_->list().error().code, ErrorCode::unavailable);
  StartOrder other = order_;
  other.attempt.task = 4;
  EXPECT_EQ(executor_->start(other).error().code, ErrorCode::unavailable);
  EXPECT_EQ(slurm_.count("sbatch"), 1);
}

// Shows that an end, once seen, stays after Slurm has forgotten the job, and until we forget it.
TEST_F(SlurmExecutorTest, KeepsAnEnd) {
  ASSERT_TRUE(executor_->start(order_).has_value());
  slurm_.queue = line("FAILED", "768");
  EXPECT_EQ(executor_->list()->front().exit_code, 3);
  slurm_.queue = "";
  const auto jobs = executor_->list();
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().outcome, Outcome::exited);
  EXPECT_EQ(jobs->front().exit_code, 3);
  executor_->forget(order_.attempt);
  EXPECT_TRUE(executor_->list()->empty());
}

// Shows that a control folder without a readable order hides no other job, and that what an interrupted removal left
// is swept at the next start.
TEST_F(SlurmExecutorTest, IsNotBlindedByADamagedFolder) {
  ASSERT_TRUE(executor_->start(order_).has_value());
  slurm_.queue = line("RUNNING");
  const std::string damaged = base_ + "/control/" + engine_name({JobId(8), 0, 1}) + control_suffix;
  ASSERT_TRUE(make_folder(damaged, 0700).has_value());
  const auto jobs = executor_->list();
  ASSERT_TRUE(jobs.has_value()) << to_text(jobs.error());
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().attempt, order_.attempt);
  ASSERT_TRUE(write_file(control() + "/result", "cut sh").has_value());
  ASSERT_TRUE(executor_->list().has_value());
  EXPECT_EQ(executor_->list()->front().state, AttemptState::running);

  const std::string left = control() + ".1" + gone_suffix;
  ASSERT_TRUE(make_folder(left, 0700).has_value());
  EXPECT_EQ(executor_->list()->size(), 1U);
  SlurmOptions options;
  options.folder = base_ + "/control";
  ASSERT_TRUE(make_slurm_executor(std::move(options), slurm_).has_value());
  EXPECT_FALSE(exists(left));
}

// Shows that a removed control folder leaves nothing that a listing would take for one.
TEST_F(SlurmExecutorTest, RemovesByRenaming) {
  ASSERT_TRUE(executor_->start(order_).has_value());
  slurm_.queue = line("COMPLETED");
  ASSERT_EQ(executor_->list()->size(), 1U);
  slurm_.queue = "";
  executor_->forget(order_.attempt);
  EXPECT_TRUE(names_in(base_ + "/control")->empty());
  EXPECT_TRUE(executor_->list()->empty());
}

// Shows that a job is known by the number that Slurm gave for it: one that calls itself otherwise, even by the name of
// another attempt, is no lost one, and is stopped by its number.
TEST_F(SlurmExecutorTest, KnowsAJobThatRenamesItself) {
  ASSERT_TRUE(executor_->start(order_).has_value());
  const std::string head = "12|RUNNING|0|1795308537|1795308540|1795308530|0|None|n1|";
  for (const std::string& name : {std::string("x"), engine_name({JobId(7), 4, 1})}) {
    slurm_.queue = head + name + '\n';
    const auto jobs = executor_->list();
    ASSERT_EQ(jobs->size(), 1U) << name;
    EXPECT_EQ(jobs->front().attempt, order_.attempt);
    EXPECT_EQ(jobs->front().state, AttemptState::running);
  }
  ASSERT_TRUE(executor_->stop(order_.attempt).has_value());
  EXPECT_EQ(slurm_.calls.back().argv.back(), "12");
  EXPECT_EQ(slurm_.count("scancel"), 2) << "by name, and by number";
  slurm_.queue = line("RUNNING");
  ASSERT_TRUE(executor_->stop(order_.attempt).has_value());
  EXPECT_EQ(slurm_.count("scancel"), 3) << "by name alone";
  slurm_.queue = "12|COMPLETED|0|1795308537|1795308540|1795308530|0|None|n1|x\n";
  EXPECT_EQ(executor_->list()->front().outcome, Outcome::exited);
}

// Shows that a number that was given out again is not taken for ours: what came after the order was to start is another
// job, unless it was requeued.
TEST_F(SlurmExecutorTest, TellsANumberGivenOutAgain) {
  ASSERT_TRUE(executor_->start(order_).has_value());
  const std::string late = std::to_string(order_.starts_by.microseconds() / 1'000'000 + 10);
  slurm_.queue = "12|RUNNING|0|" + late + '|' + late + '|' + late + "|1|None|n1|x\n";
  EXPECT_EQ(executor_->list()->front().state, AttemptState::running) << "requeued, and renamed";
  slurm_.queue = "12|RUNNING|0|" + late + '|' + late + '|' + late + "|0|None|n1|somebody-elses\n";
  const auto jobs = executor_->list();
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().outcome, Outcome::lost);
  ++order_.attempt.number;
  ASSERT_TRUE(executor_->start(order_).has_value());
  ASSERT_TRUE(executor_->stop(order_.attempt).has_value());
  EXPECT_EQ(slurm_.count("scancel"), 1) << "by name alone";
}

// Shows that of two jobs with one name the living one counts.
TEST_F(SlurmExecutorTest, PrefersTheLivingOne) {
  ASSERT_TRUE(executor_->start(order_).has_value());
  slurm_.queue = "13|FAILED|19456|1795308537|1795308540|1795308530|0|NonZeroExitCode|n1|" + name_ + '\n' + line("RUNNING");
  EXPECT_EQ(executor_->list()->front().state, AttemptState::running);
}

// Shows that the accounting is asked for what the controller has forgotten, where there is one.
TEST_F(SlurmExecutorTest, AsksTheAccounting) {
  slurm_.storage = "accounting_storage/slurmdbd";
  ASSERT_TRUE(executor_->start(order_).has_value());
  slurm_.history = "12|COMPLETED|0:0|1795308537|1795308547|1795308530||" + name_ +
                   "\n12.batch|COMPLETED|0:0|1795308537|1795308547|1795308530|100K|batch\n";
  const auto jobs = executor_->list();
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().outcome, Outcome::exited);
  EXPECT_EQ(jobs->front().memory_peak, Bytes(102'400));
  EXPECT_EQ(jobs->front().engine_run, Duration::seconds(10));
}

// Shows that work folder and stamps are given to the job's user alone: neither its group nor the world gets in.
TEST_F(SlurmExecutorTest, GivesTheFoldersToTheUser) {
  ASSERT_TRUE(executor_->start(order_).has_value());
  const passwd* entry = ::getpwnam(user.c_str());
  ASSERT_NE(entry, nullptr);
  struct stat info {};
  ASSERT_EQ(::stat(control().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0711U);  // passed through; its files are the agent's
  for (const std::string& folder : {control() + "/stamps", order_.folder}) {
    ASSERT_EQ(::stat(folder.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0007, 0U) << folder;
    if (::geteuid() == 0) {
      EXPECT_EQ(info.st_uid, entry->pw_uid) << folder;
      EXPECT_EQ(info.st_mode & 0777, 0700U) << folder;
    } else {
      std::string list(1024, '\0');
      const ssize_t size = ::getxattr(folder.c_str(), access_attribute, list.data(), list.size());
      ASSERT_GT(size, 0) << folder;
      EXPECT_TRUE(names_user(list.substr(0, static_cast<std::size_t>(size)), entry->pw_uid)) << folder;
    }
  }
  for (const char* file : {"/order", "/engine_id"}) {
    ASSERT_EQ(::stat((control() + file).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U) << file;
  }
}

// Shows that what another user calls by the name of an attempt is not taken for it.
TEST_F(SlurmExecutorTest, GoesByTheUserToo) {
  ASSERT_TRUE(executor_->start(order_).has_value());
  slurm_.queue = "";
  slurm_.own_queue = line("RUNNING");
  auto jobs = executor_->list();
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().outcome, Outcome::lost);
  StartOrder other = order_;
  other.user = "daemon";
  EXPECT_EQ(executor_->start(other).error().field, "user");
}

// Shows that one user who cannot be asked for, whatever he did for it, holds up no other user's attempts, and that
// nothing is concluded about his own.
TEST_F(SlurmExecutorTest, OneSilentUserHoldsUpNoOther) {
  ASSERT_TRUE(executor_->start(order_).has_value());
  StartOrder own = order_;
  own.attempt.task = 4;
  own.user.clear();
  own.folder = base_ + "/own";
  slurm_.sbatch = [](const ProcessSpec&) { return ProcessResult{0, "13\n", ""}; };
  ASSERT_TRUE(executor_->start(own).has_value());
  slurm_.queue.reset();
  slurm_.own_queue =
      "13|FAILED|768|1795308537|1795308540|1795308530|0|NonZeroExitCode|n1|" + engine_name(own.attempt) + '\n';
  const auto jobs = executor_->list();
  ASSERT_TRUE(jobs.has_value()) << to_text(jobs.error());
  ASSERT_EQ(jobs->size(), 2U);
  EXPECT_EQ(jobs->at(0).attempt, order_.attempt);
  EXPECT_EQ(jobs->at(0).state, AttemptState::queued);
  EXPECT_EQ(jobs->at(1).exit_code, 3);
  ASSERT_TRUE(write_file(control() + "/stamps/start", "1795308537000000\n", 0644).has_value());
  EXPECT_EQ(executor_->list()->at(0).state, AttemptState::running);
  EXPECT_EQ(executor_->list()->at(0).outcome, Outcome::none);
}

}  // namespace
}  // namespace dayan::adapters
