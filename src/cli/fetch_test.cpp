#include "cli/fetch.h"

#include <sys/stat.h>

#include <filesystem>

#include "base/digest.h"
#include "cli/fake_hub.h"
#include "model/job.h"
#include "model/lease.h"

namespace dayan::cli::testing {
namespace {

const JobId job_id(77);
const std::string id = to_text(job_id);

/// Outputs, their contents, and the job they are of.
struct Fetch : ::testing::Test {
  Fetch() {
    job.id = job_id;
    job.count = 2;
    job.state = JobState::running;
    hub.on_any([this](const HttpRequest& request) { return answer(request); });
  }

  void add_output(std::int32_t task, std::int32_t number, const std::string& path, const std::string& content) {
    outputs.push_back(to_json(
        OutputRow{job_id, task, number, path, sha256(content), Bytes(static_cast<std::int64_t>(content.size()))}));
    contents[to_text(sha256(content))] = content;
  }

  HttpResponse answer(const HttpRequest& request) {
    if (request.target == "/v1/jobs/" + id) {
      JsonObject seen{{"job", to_json(job)}, {"waiting", nullptr}};
      if (on_look) on_look();
      return json(json_text(seen));
    }
    if (request.target.starts_with("/v1/jobs/" + id + "/outputs")) {
      return json(json_text(JsonObject{{"items", outputs}, {"next_cursor", nullptr}}));
    }
    const std::string digest = request.target.substr(10, 64);
    if (!request.target.starts_with("/v1/blobs/") || !contents.contains(digest)) {
      return problem(404, "not_found", "", "no such content", "");
    }
    const auto offset = std::stoul(request.target.substr(request.target.find("offset=") + 7));
    return {200, {}, contents[digest].substr(offset, piece)};
  }

  FakeHub hub;
  Folder folder;
  Person person{hub};
  JobRow job;
  JsonArray outputs;
  std::map<std::string, std::string> contents;
  std::size_t piece = 4;
  std::function<void()> on_look;
};

TEST_F(Fetch, LaysOutputsOutByTaskAndSkipsWhatIsRight) {
  // Two tasks, one of them tried twice; a second fetch asks for no content.
  add_output(0, 1, "frames/a.png", "0123456789");
  add_output(1, 1, "frames/a.png", "of an older attempt");
  add_output(1, 2, "frames/a.png", "abc");
  ASSERT_EQ(person.runs("job fetch " + id + " --to " + folder.file("to")), 0) << person.complained();
  EXPECT_EQ(folder.read("to/0/frames/a.png"), "0123456789");
  EXPECT_EQ(folder.read("to/1/frames/a.png"), "abc");
  EXPECT_EQ(hub.heard("GET", "/v1/blobs/").size(), 4U);
  ASSERT_EQ(person.runs("job fetch " + id + " --to " + folder.file("to") + " --json"), 0);
  EXPECT_EQ(person.said(), R"({"job":")" + id + R"(","folder":")" + folder.file("to") +
                               R"(","fetched":0,"fetched_bytes":0,"were_there":2})" + "\n");
  EXPECT_EQ(hub.heard("GET", "/v1/blobs/").size(), 4U);
}

TEST_F(Fetch, GoesOnWhereItWasInterrupted) {
  // Half of the content lies in the part file: only the rest is asked for. A part file that was harmed is begun anew.
  add_output(0, 1, "a", "0123456789");
  const std::string part = "to/0/.dayan-part-" + to_text(sha256("0123456789")).substr(0, 32);
  folder.write(part, "012345");
  ASSERT_EQ(person.runs("job fetch " + id + " --to " + folder.file("to")), 0) << person.complained();
  EXPECT_EQ(folder.read("to/0/a"), "0123456789");
  ASSERT_EQ(hub.heard("GET", "/v1/blobs/").size(), 1U);
  EXPECT_TRUE(hub.heard("GET", "/v1/blobs/")[0].target.ends_with("?offset=6"));
  std::filesystem::remove(folder.file("to/0/a"));
  folder.write(part, "xxxxxx");
  ASSERT_EQ(person.runs("job fetch " + id + " --to " + folder.file("to")), 0) << person.complained();
  EXPECT_EQ(folder.read("to/0/a"), "0123456789");
}

TEST_F(Fetch, NamesNoFileWhoseContentIsWrong) {
  // The hub gives other bytes than the digest names.
  add_output(0, 1, "a", "0123456789");
  contents[to_text(sha256("0123456789"))] = "012345678X";
  EXPECT_EQ(person.runs("job fetch " + id + " --to " + folder.file("to")), 1);
  EXPECT_FALSE(std::filesystem::exists(folder.file("to/0/a")));
}

TEST_F(Fetch, RefusesAPathThatLeadsOut) {
  // A centre's word for a path, with "..".
  add_output(0, 1, "../../evil", "x");
  EXPECT_EQ(person.runs("job fetch " + id + " --to " + folder.file("to")), 1);
  EXPECT_FALSE(std::filesystem::exists(folder.file("evil")));
}

TEST_F(Fetch, LeavesWhatIsNoFile) {
  // A link and a pipe stand where outputs belong: neither is replaced, and nothing goes through them.
  add_output(0, 1, "a", "0123456789");
  folder.write("kept", "mine");
  folder.write("to/0/b", "");
  std::filesystem::create_symlink("../../kept", folder.file("to/0/a"));
  EXPECT_EQ(person.runs("job fetch " + id + " --to " + folder.file("to")), 1);
  EXPECT_NE(person.complained().find("something stands there that is not a file"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("to/0/a")));
  EXPECT_EQ(folder.read("kept"), "mine");
  std::filesystem::remove(folder.file("to/0/a"));
  ASSERT_EQ(::mkfifo(folder.file("to/0/a").c_str(), 0600), 0);
  EXPECT_EQ(person.runs("job fetch " + id + " --to " + folder.file("to")), 1);
  EXPECT_TRUE(std::filesystem::is_fifo(folder.file("to/0/a")));
}

TEST_F(Fetch, FollowsUntilTheJobHasEnded) {
  // The second output appears with the job's third look, its content one later; the job then fails: exit code 4.
  add_output(0, 1, "a", "first");
  int looks = 0;
  on_look = [&] {
    ++looks;
    if (looks == 2) {
      add_output(1, 1, "b", "second");
      contents.erase(to_text(sha256("second")));
      job.state = JobState::failed;
      job.failed = 1;
      job.succeeded = 1;
    }
    if (looks == 3) contents[to_text(sha256("second"))] = "second";
  };
  EXPECT_EQ(person.runs("job fetch " + id + " --follow --to " + folder.file("to")), 4) << person.complained();
  EXPECT_EQ(folder.read("to/0/a"), "first");
  EXPECT_EQ(folder.read("to/1/b"), "second");
}

}  // namespace
}  // namespace dayan::cli::testing
