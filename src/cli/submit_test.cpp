#include "cli/submit.h"

#include "base/digest.h"
#include "cli/fake_hub.h"
#include "place/evaluation.h"
#include "wire/job.h"

namespace dayan::cli::testing {
namespace {

const std::string job_file =
    "name: shot\ncommand: [bash, render.sh]\nwall_time: 2m\nresources: {cpus: 1, memory: 500MB}\ninputs: "
    "[render.sh]\n";

Quote quote_of(const std::string& centre, bool feasible) {
  Quote quote;
  quote.centre = CentreId(5);
  quote.centre_name = centre;
  quote.provider_name = "power";
  quote.pool = "main";
  quote.feasible = feasible;
  if (!feasible) {
    quote.reasons = {
        {Constraint::cores, 64, 4, "needs 64 cores on one node, a node there has 4 cores: 60 cores too many", false}};
    return quote;
  }
  quote.rank = 1;
  quote.task_cost = Cny::micro(250'000);
  quote.job_cost = Cny::micro(500'000);
  quote.price_cap_min = Cny::micro(500'002);
  quote.run = Duration::milliseconds(1'500);
  quote.finish = Duration::seconds(90);
  return quote;
}

/// Takes uploads in pieces and answers a submission.
struct Submit : ::testing::Test {
  Submit() {
    job.id = JobId(77);
    job.name = "shot";
    hub.on_any([this](const HttpRequest& request) { return answer(request); });
    folder.write("shot.yaml", job_file);
    folder.write("render.sh", content);
  }

  HttpResponse answer(const HttpRequest& request) {
    if (request.target.starts_with("/v1/blobs/")) {
      if (request.method == "PUT") {
        if (lose_next_answer) {
          lose_next_answer = false;
          return problem(503, "unknown_outcome", "", "it may have happened", "");
        }
        received += request.body.size();
      }
      const bool complete = received == content.size();
      if (received == 0) return problem(404, "not_found", "digest", "there is no such content, or it is not yours", "");
      return json(json_text(to_json(wire::BlobProgress{Bytes(static_cast<std::int64_t>(received)), complete})));
    }
    if (request.target == "/v1/jobs/" + to_text(job.id)) return json(json_text(to_json(wire::JobView{job, {}})));
    const std::vector<Quote> quotes{quote_of("guian", true), quote_of("small", false)};
    if (request.target == "/v1/quotes") return json(json_text(to_json(wire::QuotesReply{UnixTime(1), quotes, {}})));
    return json(json_text(to_json(wire::SubmitReply{job, quotes, {}})), 201);
  }

  FakeHub hub;
  Folder folder;
  Person person{hub};
  JobRow job;
  std::string content = "echo rendering\n";
  std::size_t received = 0;
  bool lose_next_answer = false;
};

TEST_F(Submit, UploadsWhatIsMissingThenSubmits) {
  // The hub has six bytes already: only the rest is sent, and the job names the content.
  received = 6;
  ASSERT_EQ(person.runs("submit " + folder.file("shot.yaml") + " --project p1 --array 3"), 0) << person.complained();
  EXPECT_EQ(person.said().substr(0, person.said().find('\n')), to_text(job.id));
  const auto puts = hub.heard("PUT", "/v1/blobs/" + to_text(sha256(content)));
  ASSERT_EQ(puts.size(), 1U);
  EXPECT_TRUE(puts[0].target.ends_with("?size=15&offset=6")) << puts[0].target;
  EXPECT_EQ(puts[0].body, content.substr(6));
  const auto posts = hub.heard("POST", "/v1/jobs");
  ASSERT_EQ(posts.size(), 1U);
  wire::SubmitRequest sent;
  Faults faults;
  ASSERT_TRUE(from_json(*parse_json(posts[0].body), "", sent, faults));
  EXPECT_EQ(sent.project, "p1");
  EXPECT_EQ(sent.spec.count, 3);
  ASSERT_EQ(sent.spec.payload.inputs.size(), 1U);
  EXPECT_EQ(sent.spec.payload.inputs[0], (InputFile{"render.sh", sha256(content), Bytes(15), false}));
}

TEST_F(Submit, LooksBeforeItSendsAgain) {
  // The answer to the first chunk is lost: the next request asks how far it came.
  lose_next_answer = true;
  ASSERT_EQ(person.runs("submit " + folder.file("shot.yaml")), 0) << person.complained();
  const auto about = [&](std::size_t i) { return hub.heard()[i].method + hub.heard()[i].target.substr(0, 9); };
  EXPECT_EQ(about(0), "GET/v1/blobs");
  EXPECT_EQ(about(1), "PUT/v1/blobs");
  EXPECT_EQ(about(2), "GET/v1/blobs");
  EXPECT_EQ(about(3), "PUT/v1/blobs");
}

TEST_F(Submit, QuotesWithReasons) {
  // A golden text of the table, with what rules a pool out below it; nothing is uploaded.
  ASSERT_EQ(person.runs("quote " + folder.file("shot.yaml")), 0) << person.complained();
  EXPECT_EQ(person.said(),
            "shot: 1 task, balanced first, as of 1970-01-01 00:00:00 UTC\n"
            "RANK  CENTRE  POOL  PROVIDER  TASK YUAN  JOB YUAN  LEAST CAP  WAIT   RUN  FINISH  VERDICT\n"
            "   1  guian   main  power          0.25       0.5   0.500002    0s  1.5s   1m30s  now\n"
            "   -  small   main  power             -         -          -     -     -       -  no: cores\n"
            "small/main cannot\n"
            "  cores: needs 64 cores on one node, a node there has 4 cores: 60 cores too many\n");
  EXPECT_TRUE(hub.heard("PUT", "/").empty());
  ASSERT_EQ(person.runs("submit " + folder.file("shot.yaml") + " --dry-run --json"), 0);
  EXPECT_TRUE(hub.heard("POST", "/v1/jobs").empty());
}

TEST_F(Submit, AWaitIsARangeAndUnknownIsNotZero) {
  // As everything is expected to end, and if it takes as long as it may; one that is behind more than were looked at;
  // one of which nobody knows.
  Quote range = quote_of("range", true);
  range.wait = Duration::minutes(10);
  range.wait_longest = Duration::hours(2);
  Quote least = range;
  least.centre_name = "least";
  least.is_wait_least = true;
  Quote unknown = quote_of("unknown", true);
  unknown.wait = place::wait_unknown;
  unknown.carbon_unknown = "carbon unknown: the centre tells no PUE";
  hub.on_any([&](const HttpRequest&) {
    return testing::json(json_text(to_json(wire::QuotesReply{UnixTime(1), {range, least, unknown}, {}})));
  });
  ASSERT_EQ(person.runs("quote " + folder.file("shot.yaml")), 0) << person.complained();
  for (const char* const said : {"  10m to 2h  1.5s ", "  10m to 2h or more  1.5s ", "  unknown  1.5s  unknown  now",
                                 "unknown/main carbon unknown: the centre tells no PUE; it stands behind"})
    EXPECT_NE(person.said().find(said), std::string::npos) << said << '\n' << person.said();
}

TEST_F(Submit, WhatNoPoolCouldEndInTimeIsNotSaidToWait) {
  // Its latest start is over as it is submitted: it fails at once. Another that nobody can run waits for its wait_max.
  job.submitted_at = UnixTime(1'800'000'000'000'000);
  job.waits_until = job.submitted_at + Duration::hours(24);
  hub.on_any([&](const HttpRequest& request) {
    if (request.target.starts_with("/v1/blobs/")) return answer(request);
    return testing::json(json_text(to_json(wire::SubmitReply{job, {quote_of("small", false)}, {}})), 201);
  });
  received = content.size();
  ASSERT_EQ(person.runs("submit " + folder.file("shot.yaml")), 0) << person.complained();
  EXPECT_NE(person.complained().find("it waits for one until 2027-01-16 08:00:00 UTC, and is given up then"),
            std::string::npos)
      << person.complained();
  job.requirements.finish_by = job.submitted_at + Duration::minutes(5);
  job.latest_start = job.submitted_at - Duration::minutes(5);
  ASSERT_EQ(person.runs("submit " + folder.file("shot.yaml")), 0) << person.complained();
  EXPECT_NE(person.complained().find("no pool could end a task of it by its deadline, 2027-01-15 08:05:00 UTC: it "
                                     "fails at once"),
            std::string::npos)
      << person.complained();
}

TEST_F(Submit, AWaitThatIsLongerThanItsWaitMaxIsAnnounced) {
  // Room comes in two hours: whoever waits for one at most is told as it is submitted, whoever waits for three is not.
  Quote later = quote_of("later", true);
  later.wait = Duration::hours(2);
  hub.on_any([&](const HttpRequest& request) {
    if (request.target.starts_with("/v1/blobs/")) return answer(request);
    return testing::json(json_text(to_json(wire::SubmitReply{job, {later}, {}})), 201);
  });
  received = content.size();
  for (const bool is_short : {true, false}) {
    folder.write("wait.yaml", std::string("name: shot\ncommand: [true]\nwall_time: 2m\nwait_max: ") + (is_short ? "1h" : "3h"));
    ASSERT_EQ(person.runs("submit " + folder.file("wait.yaml")), 0) << person.complained();
    EXPECT_EQ(person.complained().find("room is expected in 2h, and its wait_max is 1h: what still waits then is given up") !=
                  std::string::npos,
              is_short)
        << person.complained();
  }
}

TEST_F(Submit, WhyAJobEndedStandsInItsExplanation) {
  // It was never placed: the explanation says why it failed, and not only that nothing was kept.
  job.state = JobState::failed;
  job.gave_up = GaveUp::deadline;
  job.requirements.finish_by = UnixTime(1'800'000'000'000'000);
  job.ended_at = UnixTime(1'800'000'000'000'000);
  hub.on_any([&](const HttpRequest& request) {
    if (request.target.find("/explanation") != std::string::npos) {
      wire::ExplanationView view;
      view.ended_at = job.ended_at;
      return testing::json(json_text(to_json(view)));
    }
    if (request.target.find("/tasks") != std::string::npos) return testing::json("{\"items\":[],\"next\":null}");
    return testing::json(json_text(to_json(wire::JobView{job, {}})));
  });
  ASSERT_EQ(person.runs("job explain " + to_text(job.id)), 0) << person.complained();
  EXPECT_NE((person.said() + person.complained()).find("no pool could have ended a task of it by its deadline"),
            std::string::npos)
      << person.said() << person.complained();
}

TEST_F(Submit, WaitsAndTellsHowItEnded) {
  // The job has failed when it is first looked at: exit code 4, one document on standard output.
  job.state = JobState::failed;
  job.failed = 1;
  EXPECT_EQ(person.runs("--json submit " + folder.file("shot.yaml") + " --wait"), 4);
  EXPECT_EQ(person.said(), json_text(to_json(wire::JobView{job, {}})) + "\n");
  job.state = JobState::succeeded;
  EXPECT_EQ(person.runs("job watch " + to_text(job.id)), 0);
}

TEST_F(Submit, AWatchIntoAFileTellsNews) {
  // What counts down is told once; another reason is told again.
  job.state = JobState::waiting;
  job.count = 1;
  const auto waiting_for = [&](Constraint constraint, const std::string& text) {
    place::Waiting waiting;
    waiting.tasks = 1;
    waiting.reasons.push_back({constraint, 1, 0, text, true});
    return json_text(to_json(wire::JobView{job, waiting}));
  };
  const std::vector<std::string> told = {waiting_for(Constraint::capacity, "room in 1m57s"),
                                         waiting_for(Constraint::capacity, "room in 1m56s"),
                                         waiting_for(Constraint::funds, "1 yuan is missing")};
  job.state = JobState::succeeded;
  const std::string last = json_text(to_json(wire::JobView{job, {}}));
  std::size_t asked = 0;
  hub.on_any([&](const HttpRequest&) {
    ++asked;
    return testing::json(asked <= told.size() ? told[asked - 1] : last);
  });
  EXPECT_EQ(person.runs("job watch " + to_text(job.id)), 0) << person.complained();
  EXPECT_NE(person.complained().find("room in 1m57s"), std::string::npos) << person.complained();
  EXPECT_EQ(person.complained().find("room in 1m56s"), std::string::npos) << person.complained();
  EXPECT_NE(person.complained().find("1 yuan is missing"), std::string::npos) << person.complained();
}

TEST_F(Submit, AWatchOutlivesARestartOfTheHub) {
  // Ten answers are lost after the first, more than any other command puts up with: the watch says so and goes on.
  job.state = JobState::running;
  const std::string first = json_text(to_json(wire::JobView{job, {}}));
  job.state = JobState::succeeded;
  const std::string last = json_text(to_json(wire::JobView{job, {}}));
  int asked = 0;
  hub.on_any([&](const HttpRequest&) {
    ++asked;
    if (asked > 1 && asked <= 11) return problem(503, "unavailable", "", "it starts", "try again");
    return testing::json(asked == 1 ? first : last);
  });
  EXPECT_EQ(person.runs("job watch " + to_text(job.id)), 0) << person.complained();
  EXPECT_NE(person.complained().find("trying again"), std::string::npos) << person.complained();
  EXPECT_EQ(asked, 12);
}

TEST_F(Submit, FaultsAreADocumentToo) {
  // With --json a script reads on standard error which field was wrong, and what would be right.
  hub.on_any([&](const HttpRequest&) { return problem(404, "not_found", "job", "there is none", "look at the list"); });
  EXPECT_EQ(person.runs("--json job show " + to_text(job.id)), 1);
  EXPECT_EQ(person.complained(),
            R"({"faults":[{"code":"not_found","field":"job","wrong":"there is none","right":"look at the list"}]})"
            "\n");
  EXPECT_EQ(person.said(), "");
}

TEST_F(Submit, BadFilesEndBeforeTheHubIsAsked) {
  // Faults of the file, of its inputs, and one that is not there: exit code 2 each, with the file's name.
  folder.write("bad.yaml", "name: shot\nwall_time: soon\ncommand: [a]\nno_such_key: 1\n");
  EXPECT_EQ(person.runs("submit " + folder.file("bad.yaml")), 2);
  EXPECT_NE(person.complained().find("bad.yaml: wall_time"), std::string::npos) << person.complained();
  EXPECT_NE(person.complained().find("no_such_key"), std::string::npos);
  folder.write("gone.yaml", job_file + "outputs: [a]\n");
  std::filesystem::remove(folder.file("render.sh"));
  EXPECT_EQ(person.runs("submit " + folder.file("gone.yaml")), 2);
  EXPECT_EQ(person.runs("submit " + folder.file("not-there.yaml")), 2);
  EXPECT_TRUE(hub.heard().empty());
}

TEST_F(Submit, TakesABatchScript) {
  // Any other ending is a script with #SBATCH lines; its text is what runs.
  folder.write("train.sh",
               "#!/bin/bash\n#SBATCH --job-name=train\n#SBATCH --time=10\n#SBATCH --cpus-per-task=2\necho hi\n");
  ASSERT_EQ(person.runs("submit " + folder.file("train.sh")), 0) << person.complained();
  const auto posts = hub.heard("POST", "/v1/jobs");
  ASSERT_EQ(posts.size(), 1U);
  EXPECT_NE(posts[0].body.find(R"("name":"train")"), std::string::npos) << posts[0].body;
}

}  // namespace
}  // namespace dayan::cli::testing
