#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/prng.h"
#include "store/sample_rows.h"
#include "store/scratch_folder.h"
#include "store/sqlite_store.h"

namespace dayan::store {
namespace {

constexpr std::int64_t rows_in_batch = 20;

/// Batch number n: its rows are all of n, so that a torn batch would show.
Batch numbered_batch(std::int64_t generation, std::int64_t number) {
  Batch batch{generation, {}, {}, {}};
  for (std::int64_t i = 0; i < rows_in_batch; ++i) {
    JobRow job = sample<JobRow>(1);
    job.id = JobId(number * rows_in_batch + i);
    batch.changes.push_back({job, RowFate::live});
  }
  const UnixTime at(number);
  batch.events.push_back({number, at, JobCancelRequested{JobId(number)}});
  return batch;
}

/// The child: commits batches for ever, and writes each number to the pipe once its commit has returned.
[[noreturn]] void commit_until_killed(const std::string& path, int acknowledged) {
  auto store = open_sqlite_store(path);
  if (!store) _exit(1);
  const auto generation = (*store)->take_over();
  const auto events = (*store)->events_after(0, query_limit_max);
  if (!generation || !events) _exit(2);
  for (std::int64_t number = static_cast<std::int64_t>(events->size()) + 1;; ++number) {
    if (!(*store)->commit(numbered_batch(*generation, number))) _exit(3);
    if (::write(acknowledged, &number, sizeof number) != sizeof number) _exit(4);
  }
}

/// Runs the child, kills it some time after its first acknowledgement, and returns the last number it acknowledged.
std::int64_t kill_in_mid_commit(const std::string& path, std::uint64_t microseconds) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    commit_until_killed(path, ends[1]);
  }
  ::close(ends[1]);
  std::int64_t last = 0;
  EXPECT_EQ(::read(ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
  ::usleep(static_cast<useconds_t>(microseconds));
  ::kill(child, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  for (std::int64_t number = 0; ::read(ends[0], &number, sizeof number) == sizeof number;) last = number;
  ::close(ends[0]);
  return last;
}

TEST(SqliteCrash, EveryAcknowledgedBatchSurvivesKill) {
  // A process is killed again and again while it commits to the same file. Whatever it had acknowledged is there, at
  // most one batch more, every batch is whole, and the chain of events holds.
  const ScratchFolder folder;
  const std::string path = folder.file("dayan.db");
  Prng prng(1);
  for (int round = 0; round < 8; ++round) {
    const std::int64_t acknowledged = kill_in_mid_commit(path, prng.below(30'000));
    const auto store = open_sqlite_store(path);
    ASSERT_TRUE(store) << to_text(store.error());
    std::int64_t rows = 0;
    std::int64_t highest = 0;
    ASSERT_TRUE((*store)->load([&](const Row& row) {
      ++rows;
      highest = std::max(highest, std::get<JobRow>(row).id.value() / rows_in_batch);
    }));
    EXPECT_GE(highest, acknowledged);
    EXPECT_LE(highest, acknowledged + 1);
    EXPECT_EQ(rows, highest * rows_in_batch);
    const auto events = (*store)->events_after(0, query_limit_max);
    ASSERT_TRUE(events) << to_text(events.error());
    EXPECT_EQ(std::ssize(*events), highest);
  }
}

}  // namespace
}  // namespace dayan::store
