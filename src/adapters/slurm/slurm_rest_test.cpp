#include "adapters/slurm/slurm_rest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "adapters/files.h"
#include "adapters/slurm/slurm_door.h"

/// slurmrestd against a scripted stand-in (the agent's slurm_real_test has the real one): what only rare faults show.

namespace dayan::adapters {
namespace {

const std::string user = "nobody";

/// Answers in the order given; the last one over and over.
class FakeHttp : public HttpClient {
 public:
  struct Shared {
    std::vector<HttpRequest> requests;
    std::deque<Result<HttpResponse>> answers;
  };
  explicit FakeHttp(Shared& shared) : shared_(shared) {}
  Result<HttpResponse> send(const HttpRequest& request, Duration /*timeout*/) override {
    shared_.requests.push_back(request);
    Result<HttpResponse> answer = shared_.answers.front();
    if (shared_.answers.size() > 1) shared_.answers.pop_front();
    return answer;
  }

 private:
  Shared& shared_;
};

/// Slurm's commands: tokens are numbered.
class FakeCommands : public Processes {
 public:
  Result<ProcessResult> run(const ProcessSpec& spec) override {
    const auto is = [&spec](const char* word) {
      return std::find(spec.argv.begin(), spec.argv.end(), word) != spec.argv.end();
    };
    if (is("token")) {
      if (!gives_tokens) return ProcessResult{1, "", "scontrol: error: token creation is disabled\n"};
      return ProcessResult{0, "SLURM_JWT=token" + std::to_string(++tokens) + "\n", ""};
    }
    if (is("config")) return ProcessResult{0, "SlurmUser               = " + slurm_user + "(64030)\n", ""};
    if (is("sbatch")) ++submissions;
    if (is("sbatch")) return ProcessResult{0, "77\n", ""};
    if (is("squeue")) ++listings;
    return ProcessResult{0, "", ""};
  }
  bool gives_tokens = true;
  std::string slurm_user = "slurm";
  int tokens = 0;
  int submissions = 0;
  int listings = 0;
};

HttpResponse answer(int status, std::string body) {
  return {status, {{"content-type", "application/json"}}, std::move(body)};
}
HttpResponse error_answer(int code, const std::string& text) {
  return answer(500, R"({"errors":[{"error_code":)" + std::to_string(code) + R"(,"error":")" + text + R"("}]})");
}
const HttpResponse up = answer(200, R"({"errors":[],"pings":[{"hostname":"vm","ping":"UP"}]})");

class SlurmRestTest : public testing::Test {
 protected:
  SlurmRestTest() {
    order_.attempt = {JobId(7), 3, 2};
    order_.pool = "batch";
    order_.account = "proja";
    order_.user = user;
    order_.folder = "/srv/50%";
    order_.resources = {Cores(4), Bytes(1024 * 1024 + 1), MilliCards(2000)};
    order_.wall_time = Duration::seconds(61);
    order_.starts_by = now_ + Duration::seconds(100);
    http_.answers = {up};
  }
  std::unique_ptr<SlurmRest> rest() {
    return std::make_unique<SlurmRest>(std::make_unique<FakeHttp>(http_), "unix:/run/x", commands_, users_);
  }
  Result<std::string> submit(SlurmWay& way) { return way.submit(order_, "ascend910b", "#!/bin/sh\ntrue\n", now_); }

  FakeCommands processes_;
  JobUsers users_{processes_};
  SlurmCommands commands_{"", users_, processes_};
  FakeHttp::Shared http_;
  StartOrder order_;
  UnixTime now_ = time_of_day();
};

// Shows the whole of a submission, with the user's own token, and that nothing of the agent's environment is in it.
TEST_F(SlurmRestTest, SubmitsWithTheUsersToken) {
  http_.answers = {answer(200, R"({"errors":[],"job_id":12,"step_id":"BATCH"})")};
  const auto client = rest();
  ASSERT_EQ(*submit(*client), "12");
  const HttpRequest& request = http_.requests.front();
  EXPECT_EQ(request.method + ' ' + request.target, "POST /slurm/v0.0.38/job/submit");
  EXPECT_EQ(request.header("x-slurm-user-name"), user);
  EXPECT_EQ(request.header("x-slurm-user-token"), "token1");
  const std::string name = engine_name(order_.attempt);
  EXPECT_EQ(request.body,
            R"({"job":{"name":")" + name + R"(","comment":")" + name +
                R"(","partition":"batch","nodes":[1,1],"tasks":1,"cpus_per_task":4,"time_limit":2,)"
                R"("deadline":"now+220seconds","no_requeue":true,"current_working_directory":"/srv/50%",)"
                R"("standard_output":"/srv/50%%/stdout.log","standard_error":"/srv/50%%/stderr.log",)"
                R"("environment":{"PATH":"/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"},)"
                R"("account":"proja","memory_per_node":2,"gres":"gpu:ascend910b:2"},)"
                R"("script":"#!/bin/sh\ntrue\n"})");
  ASSERT_TRUE(submit(*client).has_value());
  EXPECT_EQ(processes_.tokens, 1);
  order_.nodes_to_avoid = {"n1", "n3"};
  ASSERT_TRUE(submit(*client).has_value());
  EXPECT_NE(http_.requests.back().body.find(R"("exclude_nodes":"n1,n3")"), std::string::npos);
}

// Shows that a token of root or of Slurm's own user, which could act for anyone, is never asked for.
TEST_F(SlurmRestTest, AsksForNoTokenThatCouldActForAnyone) {
  order_.user = "root";
  processes_.slurm_user = user;
  const auto client = rest();
  EXPECT_FALSE(submit(*client).has_value());
  order_.user = user;
  EXPECT_FALSE(submit(*client).has_value());
  EXPECT_EQ(processes_.tokens, 0);
  EXPECT_TRUE(http_.requests.empty());
}

// Shows what each kind of answer to a submission means: refused for good, not now, or to be looked for.
TEST_F(SlurmRestTest, TellsRefusalsFromUncertainty) {
  const auto says = [this](const Result<HttpResponse>& given) {
    http_.answers = {given};
    return submit(*rest()).error();
  };
  EXPECT_EQ(says(error_answer(2000, "Invalid partition name specified")).field, "pool");
  EXPECT_EQ(says(error_answer(2014, "Requested node configuration is not available")).code, ErrorCode::invalid);
  EXPECT_EQ(says(error_answer(2045, "Invalid account or account/partition combination specified")).field, "account");
  EXPECT_EQ(says(error_answer(5005, "Zero Bytes were transmitted or received")).code, ErrorCode::unknown_outcome);
  EXPECT_EQ(says(error_answer(-1, "Unspecified error")).code, ErrorCode::unknown_outcome);
  EXPECT_EQ(says(answer(401, "Authentication failure")).code, ErrorCode::unavailable);
  EXPECT_EQ(says(answer(404, "Not found")).code, ErrorCode::unavailable);
  EXPECT_EQ(says(error_answer(9001, "Failure during parsing")).code, ErrorCode::unavailable);
  EXPECT_EQ(says(answer(200, "not json")).code, ErrorCode::unknown_outcome);
  EXPECT_EQ(says(fail(ErrorCode::unknown_outcome, "broke off")).code, ErrorCode::unknown_outcome);
  EXPECT_EQ(says(fail(ErrorCode::unavailable, "refused")).code, ErrorCode::unavailable);
}

// Shows that only that user's jobs are listed, whole, and that an error beside HTTP 200 is no listing.
TEST_F(SlurmRestTest, ListsTheUsersJobs) {
  http_.answers = {answer(200, R"({"errors":[],"jobs":[
    {"job_id":5,"name":"dayan-a","user_name":"nobody","job_state":"FAILED","state_reason":"NonZeroExitCode",
     "exit_code":768,"start_time":1795302199,"end_time":1795302203,"submit_time":1795302190,"restart_cnt":2},
    {"job_id":6,"name":"dayan-a","user_name":"eve","job_state":"RUNNING"},
    {"job_id":7,"name":"dayan-b","user_name":"nobody","job_state":"CANCELLED","exit_code":15,"start_time":0}]})")};
  const auto client = rest();
  const auto jobs = client->jobs(user);
  ASSERT_TRUE(jobs.has_value()) << to_text(jobs.error());
  ASSERT_EQ(jobs->size(), 2U);
  EXPECT_EQ(jobs->at(0), (SlurmJob{"5", "dayan-a", "FAILED", "NonZeroExitCode", 3, UnixTime(1795302199'000'000),
                                   UnixTime(1795302203'000'000), Bytes(), UnixTime(1795302190'000'000), 2}));
  EXPECT_EQ(jobs->at(1).exit_code, 143);
  EXPECT_TRUE(jobs->at(1).started_at.is_none());
  http_.answers = {answer(200, R"({"errors":[{"error_number":7000,"error":"Unable to connect"}],"jobs":[]})")};
  EXPECT_EQ(client->jobs(user).error().code, ErrorCode::unavailable);
}

// Shows that a question that a token may have spoilt is asked once more with a fresh one.
TEST_F(SlurmRestTest, RenewsATokenThatIsNotTaken) {
  http_.answers = {up, error_answer(5005, "Zero Bytes were transmitted or received"), answer(200, R"({"jobs":[]})")};
  const auto client = rest();
  ASSERT_TRUE(client->ping(user).has_value());
  EXPECT_TRUE(client->jobs(user).has_value());
  EXPECT_EQ(http_.requests.back().header("x-slurm-user-token"), "token2");
}

// Shows that a cancellation ends what bears the name and lives, and nothing else, and is fine with what has ended.
TEST_F(SlurmRestTest, CancelsByName) {
  http_.answers = {answer(200, R"({"jobs":[{"job_id":5,"name":"n","user_name":"nobody","job_state":"RUNNING"},
    {"job_id":6,"name":"n","user_name":"nobody","job_state":"COMPLETED"},
    {"job_id":7,"name":"m","user_name":"nobody","job_state":"RUNNING"}]})"),
                   error_answer(2021, "Job/step already completing or completed")};
  EXPECT_TRUE(rest()->cancel("n", user).has_value());
  ASSERT_EQ(http_.requests.size(), 3U);  // a refusal might have been the token's: asked twice
  EXPECT_EQ(http_.requests[1].method + ' ' + http_.requests[1].target, "DELETE /slurm/v0.0.38/job/5");
}

// Shows that without an answer, a token or our version the commands take its place, at once and for a while; but not
// after a submission of which nobody knows whether it arrived.
TEST_F(SlurmRestTest, FallsBackToTheCommands) {
  const auto goes_by_commands = [this](const Result<HttpResponse>& given) {
    http_.answers = {given};
    SlurmDoor door(commands_, rest());
    const auto id = submit(door);
    const std::size_t asked = http_.requests.size();
    EXPECT_TRUE(door.jobs(user).has_value());
    EXPECT_EQ(http_.requests.size(), asked) << "it was asked again at once";
    return id.has_value() && *id == "77";
  };
  EXPECT_TRUE(goes_by_commands(fail(ErrorCode::unavailable, "refused")));
  EXPECT_TRUE(goes_by_commands(answer(404, "Not found")));
  EXPECT_TRUE(goes_by_commands(error_answer(-1, "slurmctld config is unable to load")));
  processes_.gives_tokens = false;
  EXPECT_TRUE(goes_by_commands(up));
  processes_.gives_tokens = true;
  EXPECT_EQ(processes_.submissions, 4);

  http_.answers = {up, fail(ErrorCode::unknown_outcome, "broke off")};
  SlurmDoor door(commands_, rest());
  EXPECT_EQ(submit(door).error().code, ErrorCode::unknown_outcome);
  EXPECT_EQ(processes_.submissions, 4);
}

// Shows that a cluster whose listing is a burden is listed by its command, which asks for one user's jobs only.
TEST_F(SlurmRestTest, ListsACrowdedClusterByCommand) {
  http_.answers = {up, answer(200, R"({"padding":")" + std::string(5'000'000, 'x') + R"(","jobs":[]})")};
  SlurmDoor door(commands_, rest());
  EXPECT_TRUE(door.jobs(user).has_value());
  EXPECT_EQ(processes_.listings, 0);
  EXPECT_TRUE(door.jobs(user).has_value());
  EXPECT_EQ(processes_.listings, 1);
}

}  // namespace
}  // namespace dayan::adapters
