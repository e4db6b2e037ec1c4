#include "agent/agent.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "adapters/files.h"
#include "adapters/local/supervise.h"
#include "adapters/processes/real_processes.h"
#include "agent/engines.h"
#include "agent/run.h"
#include "agent/test_folder.h"
#include "agent/test_hub.h"
#include "edge/http_client.h"
#include "edge/shifted_clock_for_tests.h"

namespace dayan::agent {
namespace {

using testing::TestFolder;
using testing::TestHub;

bool wait_until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

/// An agent process's insides, in this process: it can be stopped and started again over the same folder.
class LiveAgent {
 public:
  LiveAgent(const TestFolder& place, const Config& config)
      : config_(config), folder_(*AgentFolder::open(place.file("agent"))) {
    const Identity identity = *folder_.identity();
    key_.emplace(*edge::SigningKey::load_or_create(folder_.key_file()));
    hub_.emplace(*edge::make_http_client(identity.hub_url), identity.token);
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    engine_ = *make_engine(config_, folder_, folder_.file("work"), program, processes_);
    agent_.emplace(Agent::Parts{config_, folder_, *hub_, *key_, *engine_.executor, processes_, clock_,
                                folder_.file("work"), identity},
                   *folder_.load_state(identity));
    thread_ = std::thread([this] { result_ = agent_->run(); });
  }
  ~LiveAgent() {
    agent_->stop();
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] Result<void> wait() {
    thread_.join();
    return result_;
  }
  void shift_clock(Duration by) { clock_.shift(by); }

 private:
  Config config_;
  AgentFolder folder_;
  std::optional<edge::SigningKey> key_;
  std::optional<HubApi> hub_;
  adapters::RealProcesses processes_;
  edge::ShiftedClock clock_;
  MadeEngine engine_;
  std::optional<Agent> agent_;
  Result<void> result_;
  std::thread thread_;
};

/// A hub, and an agent that has joined it.
class AgentLoop : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto centre = agent_join({hub_.url(), "dayan_join_x", place_.file("agent")});
    ASSERT_TRUE(centre.has_value()) << to_text(centre.error().faults.front());
    EXPECT_EQ(*centre, "guian");
    config_.local.cores = Cores(2);
    config_.local.memory = Bytes(4'000'000'000);
    config_.local.sandbox = false;
    config_.organisations["film-studio"] = {};
  }
  static LeaseRow lease_of(std::int64_t job) {
    LeaseRow lease;
    lease.job = JobId(job);
    lease.pool = "local";
    lease.organisation = "film-studio";
    lease.resources.memory = Bytes(100'000'000);
    lease.wall_time = Duration::minutes(2);
    lease.granted_at = edge::RealClock().now();
    lease.starts_by = lease.granted_at + lease_start_allowance;
    lease.ends_at = lease.starts_by + lease.wall_time;
    return lease;
  }
  static Payload script_of(std::string script) {
    Payload payload;
    payload.script = std::move(script);
    return payload;
  }
  bool wait_for_end(const AttemptKey& attempt) {
    return wait_until([&] { return hub_.told(attempt).state == AttemptState::ended; });
  }

  TestHub hub_;
  TestFolder place_;
  Config config_;
};

// A leased attempt is staged, run, and its outputs, logs and end arrive at the hub; when the hub closes the lease,
// nothing of it is left.
TEST_F(AgentLoop, RunsAnAttemptToItsEnd) {
  hub_.put_blob("forty-two");
  Payload payload = script_of("#!/bin/sh\necho hello $DAYAN_TASK_INDEX\nmkdir out\ncat in.txt > out/result.txt\n");
  payload.inputs = {{"in.txt", sha256("forty-two"), Bytes(9), false}};
  payload.outputs = {"out/*.txt", "out/*.png"};
  const LeaseRow lease = lease_of(1);
  hub_.grant(lease, payload);
  const LiveAgent agent(place_, config_);
  ASSERT_TRUE(wait_for_end(lease.attempt())) << hub_.fault();
  const AttemptReport told = hub_.told(lease.attempt());
  EXPECT_EQ(told.outcome, Outcome::exited);
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.failure, "no file matches the output pattern 'out/*.png'");
  ASSERT_EQ(told.outputs.size(), 3U);
  EXPECT_EQ(told.outputs[0].path, "out/result.txt");
  EXPECT_EQ(hub_.blob(told.outputs[0].digest), "forty-two");
  EXPECT_EQ(told.outputs[1].path, "stdout");
  EXPECT_EQ(hub_.blob(told.outputs[1].digest), "hello 0\n");
  EXPECT_EQ(hub_.log(engine_name(lease.attempt()) + "/stdout"), "hello 0\n");
  hub_.desire(lease.attempt(), Desired::ended);
  const std::string work = place_.file("agent/work/" + engine_name(lease.attempt()));
  EXPECT_TRUE(wait_until([&] { return !adapters::exists(work); }));
  EXPECT_EQ(hub_.ends_told(lease.attempt()), 1);
  EXPECT_EQ(hub_.fault(), "");
}

// When the customer's quota takes no more, the attempt still ends, once: with the log, which went first, and with every
// output named that is not kept, and why. The hub is asked once, not for ever.
TEST_F(AgentLoop, EndsWithoutTheOutputsThatTheQuotaRefuses) {
  hub_.limit_blobs(10);
  Payload payload = script_of("#!/bin/sh\necho begun\nfor f in a b c; do echo 'some pixels' > $f.png; done\n");
  payload.outputs = {"*.png", "*.txt"};
  const LeaseRow lease = lease_of(1);
  hub_.grant(lease, payload);
  const LiveAgent agent(place_, config_);
  ASSERT_TRUE(wait_for_end(lease.attempt())) << hub_.fault();
  const AttemptReport told = hub_.told(lease.attempt());
  EXPECT_EQ(told.outcome, Outcome::exited);
  EXPECT_EQ(told.failure,
            "3 outputs are not kept: the depot quota of studio is full; at most 0B: a.png, b.png, c.png; "
            "no file matches the output pattern '*.txt'");
  ASSERT_FALSE(told.outputs.empty());
  EXPECT_EQ(told.outputs[0].path, "stdout");
  EXPECT_EQ(hub_.blob(told.outputs[0].digest), "begun\n");
  EXPECT_EQ(hub_.blobs_refused(), 1);
  EXPECT_EQ(hub_.fault(), "");
}

// A live log for which the customer has no room is cut there and the hub left alone: it is not sent the same bytes each
// second, and when there is room again it goes on. The attempt runs on meanwhile, and its whole log comes at its end.
TEST_F(AgentLoop, ALiveLogWithoutRoomIsCut) {
  hub_.limit_logs(3);
  const LeaseRow lease = lease_of(1);
  hub_.grant(lease, script_of("#!/bin/sh\necho begun\nsleep 5\necho done\n"));
  const LiveAgent agent(place_, config_);
  ASSERT_TRUE(wait_for_end(lease.attempt())) << hub_.fault();
  EXPECT_EQ(hub_.logs_refused(), 1);
  EXPECT_EQ(hub_.log(engine_name(lease.attempt()) + "/stdout"), "");
  EXPECT_EQ(hub_.told(lease.attempt()).outcome, Outcome::exited);
  EXPECT_EQ(hub_.told(lease.attempt()).failure, "");
  ASSERT_FALSE(hub_.told(lease.attempt()).outputs.empty());
  EXPECT_EQ(hub_.blob(hub_.told(lease.attempt()).outputs[0].digest), "begun\ndone\n");

  TestFolder place;
  place.write("stdout.log", "begun\n");
  HubApi hub(*edge::make_http_client(hub_.url()), "dayan_agent");
  LogTail tail(hub);
  const AttemptKey attempt{JobId(2), 0, 1};
  tail.send_news(attempt, place.file(""));
  hub_.limit_logs(100);
  for (int call = 0; call < LogTail::calls_after_refusal; ++call) tail.send_news(attempt, place.file(""));
  EXPECT_EQ(hub_.log(engine_name(attempt) + "/stdout"), "");
  tail.send_news(attempt, place.file(""));
  EXPECT_EQ(hub_.log(engine_name(attempt) + "/stdout"), "begun\n");
  EXPECT_EQ(hub_.logs_refused(), 2);
}

// An agent that runs for months does not fill its disk: what nothing has asked for in a week goes at its start, and
// again each day.
TEST_F(AgentLoop, ClearsItsCacheEachDay) {
  const auto put_old = [&](const std::string& name) {
    place_.write("agent/cache/" + name, "an input");
    const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * 8);
    std::filesystem::last_write_time(place_.file("agent/cache/" + name), old);
  };
  const auto is_there = [&](const std::string& name) { return adapters::exists(place_.file("agent/cache/" + name)); };
  put_old("first");
  place_.write("agent/cache/young", "an input");
  LiveAgent agent(place_, config_);
  EXPECT_TRUE(wait_until([&] { return !is_there("first"); }));
  put_old("second");
  agent.shift_clock(InputCache::cleared_every - Duration::minutes(10));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_TRUE(is_there("second"));
  agent.shift_clock(Duration::minutes(20));
  EXPECT_TRUE(wait_until([&] { return !is_there("second"); }));
  EXPECT_TRUE(is_there("young"));
}

// The pools of the engine arrive with the measured speed of a core, and with whom the agent maps.
TEST_F(AgentLoop, PublishesItsPools) {
  const LiveAgent agent(place_, config_);
  ASSERT_TRUE(wait_until([&] { return !hub_.pools().empty(); })) << hub_.fault();
  const PoolRow pool = hub_.pools()[0];
  EXPECT_EQ(pool.name, "local");
  EXPECT_EQ(pool.cores_per_node, Cores(2));
  EXPECT_EQ(pool.capability_source, CapabilitySource::measured);
  EXPECT_GT(pool.core_capability, Capability(0));
  EXPECT_EQ(hub_.maps(), std::vector<std::string>{"film-studio"});
}

// An organisation that agent.yaml does not name is refused with the remedy, and nothing is started.
TEST_F(AgentLoop, RefusesAnUnmappedOrganisation) {
  LeaseRow lease = lease_of(1);
  lease.organisation = "weather-office";
  hub_.grant(lease, script_of("#!/bin/sh\ntrue\n"));
  const LiveAgent agent(place_, config_);
  ASSERT_TRUE(wait_for_end(lease.attempt()));
  EXPECT_EQ(hub_.told(lease.attempt()).outcome, Outcome::start_refused);
  EXPECT_EQ(hub_.told(lease.attempt()).failure,
            "organisation weather-office is not mapped at this centre: add it under organisations: in agent.yaml");
}

// An attempt outlives its agent: the next agent over the same folder adopts it, does not start it again, and reports
// its end.
TEST_F(AgentLoop, AdoptsWhatRunsAfterARestart) {
  const std::string starts = place_.file("starts");
  const std::string go = place_.file("go");
  const LeaseRow lease = lease_of(1);
  hub_.grant(lease, script_of("#!/bin/sh\necho x >> " + starts + "\nuntil [ -e " + go + " ]; do sleep 0.1; done\n"));
  {
    const LiveAgent first(place_, config_);
    ASSERT_TRUE(wait_until([&] { return hub_.told(lease.attempt()).state == AttemptState::running; }))
        << hub_.fault();
  }
  const LiveAgent second(place_, config_);
  place_.write("go", "");
  ASSERT_TRUE(wait_for_end(lease.attempt()));
  EXPECT_EQ(hub_.told(lease.attempt()).outcome, Outcome::exited);
  EXPECT_EQ(place_.read("starts"), "x\n");
}

// The hub's wish to stop ends a running attempt, and its output so far is kept.
TEST_F(AgentLoop, StopsOnTheHubsWish) {
  const LeaseRow lease = lease_of(1);
  hub_.grant(lease, script_of("#!/bin/sh\necho begun\nexec sleep 100\n"));
  const LiveAgent agent(place_, config_);
  ASSERT_TRUE(wait_until([&] { return !hub_.log(engine_name(lease.attempt()) + "/stdout").empty(); }))
      << hub_.fault();
  hub_.desire(lease.attempt(), Desired::stop);
  ASSERT_TRUE(wait_for_end(lease.attempt()));
  EXPECT_EQ(hub_.told(lease.attempt()).outcome, Outcome::stopped);
  ASSERT_FALSE(hub_.told(lease.attempt()).outputs.empty());
  EXPECT_EQ(hub_.blob(hub_.told(lease.attempt()).outputs[0].digest), "begun\n");
}

// A hub that does not know the token any more ends the agent with a word on what to do.
TEST_F(AgentLoop, EndsWhenCastOut) {
  LiveAgent agent(place_, config_);
  ASSERT_TRUE(wait_until([&] { return !hub_.pools().empty(); }));
  hub_.cast_out();
  const Result<void> result = agent.wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::denied);
  EXPECT_NE(result.error().right.find("join"), std::string::npos);
}

// Joining with a token that the hub does not take says so, and leaves no identity behind. So does a hub that is not
// there, and an address that is none: whose fault it is decides the exit code.
TEST(AgentJoin, TellsWhoseFaultItIs) {
  using Of = AgentFailure::Of;
  const TestFolder place;
  std::string gone;
  {
    const TestHub hub;
    gone = hub.url();
    const auto refused = agent_join({hub.url(), "dayan_join_old", place.file("agent")});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().of, Of::hub);
    EXPECT_EQ(refused.error().faults.front().code, ErrorCode::denied);
  }
  const auto unreachable = agent_join({gone, "dayan_join_x", place.file("agent")});
  ASSERT_FALSE(unreachable.has_value());
  EXPECT_EQ(unreachable.error().of, Of::hub);
  EXPECT_EQ(unreachable.error().faults.front().code, ErrorCode::unavailable);
  EXPECT_EQ(agent_join({"not a url", "dayan_join_x", place.file("agent")}).error().of, Of::configuration);
  place.write("file", "");
  EXPECT_EQ(agent_join({gone, "dayan_join_x", place.file("file/agent")}).error().of, Of::machine);
  EXPECT_FALSE(adapters::exists(place.file("agent/identity.json")));
}

// An agent that never joined, a file that is not there and one with faults end at once, each as what it is: all faults
// of agent.yaml together.
TEST_F(AgentLoop, ABadFileIsTheConfigurationsFault) {
  using Of = AgentFailure::Of;
  EXPECT_EQ(agent_run({place_.file("never-joined"), ""}).error().of, Of::configuration);
  EXPECT_EQ(agent_run({place_.file("agent"), place_.file("no.yaml")}).error().of, Of::configuration);
  place_.write("agent/agent.yaml", "executor: abacus\nnonsense: 1\n");
  const auto bad = agent_run({place_.file("agent"), ""});
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().of, Of::configuration);
  EXPECT_GE(bad.error().faults.size(), 2U) << to_text(bad.error().faults.front());
}

}  // namespace
}  // namespace dayan::agent

// The local executor starts its supervisor from this very program.
int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "supervise") return dayan::adapters::supervise_main(argv[2]);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
