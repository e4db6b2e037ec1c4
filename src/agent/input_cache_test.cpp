#include "agent/input_cache.h"

#include <array>
#include <atomic>
#include <thread>

#include "adapters/files.h"
#include "agent/test_folder.h"
#include "agent/work_folder.h"
#include "ports/depot.h"

namespace dayan::agent {
namespace {

using testing::TestFolder;

/// Gives the bytes of one content, and counts what it is asked for.
class OneContent : public ContentSource {
 public:
  explicit OneContent(std::string content) : content_(std::move(content)) {}
  Result<std::string> read(const AttemptKey&, const Digest&, Bytes offset, Bytes length) override {
    ++asked;
    first_offset = asked == 1 ? offset : first_offset;
    if (asked == breaks_at) return fail(ErrorCode::unavailable, "cut off");
    return content_.substr(static_cast<std::size_t>(offset.value()), static_cast<std::size_t>(length.value()));
  }
  std::atomic<int> asked = 0;
  int breaks_at = 0;
  Bytes first_offset;

 private:
  std::string content_;
};

const AttemptKey attempt{JobId(7), 0, 1};

Bytes size_of(const std::string& text) { return Bytes(static_cast<std::int64_t>(text.size())); }

// Content is fetched once, however often and from however many threads it is wanted, and one of them says so.
TEST(InputCache, FetchesOnce) {
  const TestFolder folder;
  const std::string content = "scene";
  OneContent source(content);
  InputCache cache(folder.file("cache"), source);
  std::vector<std::thread> threads;
  std::array<execute::Fetched, 4> said;
  for (execute::Fetched& fetched : said) {
    threads.emplace_back(
        [&] { EXPECT_TRUE(cache.fetch(attempt, sha256(content), size_of(content), fetched).has_value()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(said[0].bytes + said[1].bytes + said[2].bytes + said[3].bytes, size_of(content));
  EXPECT_EQ(source.asked, 1);
  EXPECT_EQ(folder.read("cache/" + to_text(sha256(content))), content);
}

// A download that was cut off goes on where it stopped, in chunks of at most 8 MB; what crossed before counts.
TEST(InputCache, GoesOnWhereItStopped) {
  const TestFolder folder;
  const std::string content(20'000'000, 'x');
  OneContent broken(content);
  broken.breaks_at = 2;
  execute::Fetched fetched;
  InputCache before(folder.file("cache"), broken);
  EXPECT_EQ(before.fetch(attempt, sha256(content), size_of(content), fetched).error().code, ErrorCode::unavailable);
  EXPECT_EQ(fetched.bytes, depot_chunk_max);
  OneContent whole(content);
  InputCache cache(folder.file("cache"), whole);
  ASSERT_TRUE(cache.fetch(attempt, sha256(content), size_of(content), fetched).has_value());
  EXPECT_EQ(whole.first_offset, depot_chunk_max);
  EXPECT_EQ(whole.asked, 2);
  EXPECT_EQ(fetched.bytes, size_of(content));
}

// Other bytes than the hash says are refused and not kept; so are other lengths. An empty file is fine.
TEST(InputCache, RefusesWrongContent) {
  const TestFolder folder;
  OneContent source("forged");
  InputCache cache(folder.file("cache"), source);
  execute::Fetched fetched;
  EXPECT_EQ(cache.fetch(attempt, sha256("wanted"), Bytes(6), fetched).error().code, ErrorCode::corrupt);
  EXPECT_EQ(cache.fetch(attempt, sha256("forged"), Bytes(9), fetched).error().code, ErrorCode::corrupt);
  EXPECT_TRUE(adapters::names_in(folder.file("cache"))->empty());
  EXPECT_TRUE(cache.fetch(attempt, sha256(""), Bytes(0), fetched).has_value());
}

// The work folder holds copies: what the attempt does to them does not reach the cache. A path that leads out, which
// the hub should never send, is denied.
TEST(WorkFolder, HoldsCopies) {
  const TestFolder folder;
  const std::string content = "#!/bin/sh\n";
  OneContent source(content);
  InputCache cache(folder.file("cache"), source);
  execute::Fetched fetched;
  Payload payload;
  payload.inputs = {{"bin/run.sh", sha256(content), size_of(content), true}};
  folder.write("work/left-over", "of an interrupted staging");
  ASSERT_TRUE(prepare_work_folder(folder.file("work"), attempt, payload, cache, fetched).has_value());
  EXPECT_EQ(folder.read("work/bin/run.sh"), content);
  EXPECT_FALSE(adapters::exists(folder.file("work/left-over")));
  EXPECT_NE(
      std::filesystem::status(folder.file("work/bin/run.sh")).permissions() & std::filesystem::perms::owner_exec,
      std::filesystem::perms::none);
  folder.write("work/bin/run.sh", "changed");
  EXPECT_EQ(folder.read("cache/" + to_text(sha256(content))), content);
  payload.inputs[0].path = "../outside";
  EXPECT_EQ(prepare_work_folder(folder.file("work"), attempt, payload, cache, fetched).error().code, ErrorCode::denied);
}

// What Dayan says of the attempt cannot be overridden by the job; what a script written for sbatch looks for can.
TEST(WorkFolder, AddsToTheEnvironment) {
  Payload payload;
  payload.environment = {{"QUALITY", "9"}, {"DAYAN_CPUS", "64"}, {"SLURM_NTASKS", "4"}};
  LeaseRow lease;
  lease.job = JobId(7);
  lease.task = 3;
  lease.task_count = 12;
  lease.number = 2;
  lease.resources.cores = Cores(4);
  lease.resources.nodes = 3;
  const std::vector<EnvironmentVariable> expected = {{"QUALITY", "9"},
                                                     {"SLURM_NTASKS", "4"},
                                                     {"DAYAN_JOB", to_text(JobId(7))},
                                                     {"DAYAN_TASK_INDEX", "3"},
                                                     {"DAYAN_TASK_COUNT", "12"},
                                                     {"DAYAN_ATTEMPT", "2"},
                                                     {"DAYAN_CPUS", "4"},
                                                     {"DAYAN_NODES", "3"},
                                                     {"SLURM_SUBMIT_DIR", "/work/a"},
                                                     {"SLURM_ARRAY_TASK_ID", "3"},
                                                     {"SLURM_ARRAY_TASK_COUNT", "12"},
                                                     {"SLURM_ARRAY_TASK_MIN", "0"},
                                                     {"SLURM_ARRAY_TASK_MAX", "11"},
                                                     {"SLURM_ARRAY_TASK_STEP", "1"},
                                                     {"SLURM_CPUS_PER_TASK", "4"},
                                                     {"SRUN_CPUS_PER_TASK", "4"},
                                                     {"SLURM_NNODES", "3"},
                                                     {"SLURM_JOB_NUM_NODES", "3"}};
  EXPECT_EQ(environment_of(payload, lease, "/work/a"), expected);
}

// A job that says where its array begins and how it steps has its tasks numbered so; nonsense counts as nothing.
TEST(WorkFolder, NumbersTasksAsTheirArrayDoes) {
  LeaseRow lease;
  lease.task = 2;
  lease.task_count = 5;
  const auto value = [&lease](const std::vector<EnvironmentVariable>& own, const std::string& name) {
    Payload payload;
    payload.environment = own;
    for (const EnvironmentVariable& each : environment_of(payload, lease, "/w")) {
      if (each.name == name) return each.value;
    }
    return std::string("none");
  };
  const std::vector<EnvironmentVariable> stepped = {{"SLURM_ARRAY_TASK_MIN", "1"}, {"SLURM_ARRAY_TASK_STEP", "4"}};
  EXPECT_EQ(value(stepped, "SLURM_ARRAY_TASK_ID"), "9");
  EXPECT_EQ(value(stepped, "SLURM_ARRAY_TASK_MAX"), "17");
  EXPECT_EQ(value({{"SLURM_ARRAY_TASK_MIN", "-1"}, {"SLURM_ARRAY_TASK_STEP", "99999999999"}}, "SLURM_ARRAY_TASK_ID"),
            "2");
}

}  // namespace
}  // namespace dayan::agent
