#include "store/sqlite_store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "store/sample_rows.h"
#include "store/scratch_folder.h"
#include "store/sqlite_connection.h"

namespace dayan::store {
namespace {

class SqliteStoreTest : public testing::Test {
 protected:
  std::string path() const { return folder_.file("dayan.db"); }
  std::unique_ptr<Store> open() {
    auto store = open_sqlite_store(path());
    EXPECT_TRUE(store) << to_text(store.error());
    return store ? std::move(*store) : nullptr;
  }
  Error open_error() {
    const auto store = open_sqlite_store(path());
    EXPECT_FALSE(store);
    return store ? Error() : store.error();
  }
  /// Changes the closed database behind the store's back.
  void tamper(const char* sql) {
    const auto connection = SqliteConnection::open(path(), SqliteConnection::Mode::writer).value();
    const auto done = connection->run(sql);
    ASSERT_TRUE(done) << to_text(done.error());
  }
  /// A database with six events.
  void make_events() {
    const auto store = open();
    const std::int64_t generation = store->take_over().value();
    ASSERT_TRUE(store->commit({generation, {}, sample_events(1), {}}));
    ASSERT_TRUE(store->commit({generation, {}, sample_events(4), {}}));
  }
  Error event_error(std::int64_t after = 0) {
    const auto events = open()->events_after(after, 100);
    EXPECT_FALSE(events);
    return events ? Error() : events.error();
  }

  ScratchFolder folder_;
};

TEST_F(SqliteStoreTest, TheWriterForcesEachCommitToTheDisk) {
  // What "acknowledged" rests on: a write-ahead log, and an fsync of it at every commit (2 is FULL). A reader does not
  // write at all.
  open();
  const auto writer = SqliteConnection::open(path(), SqliteConnection::Mode::writer).value();
  EXPECT_EQ(writer->number("PRAGMA synchronous").value(), 2);
  SqliteStatement journal(writer->prepare("PRAGMA journal_mode").value());
  ASSERT_TRUE(journal.step().value());
  EXPECT_EQ(journal.text(0), "wal");
  const auto reader = SqliteConnection::open(path(), SqliteConnection::Mode::reader).value();
  EXPECT_EQ(reader->number("PRAGMA query_only").value(), 1);
}

TEST_F(SqliteStoreTest, AChangedEventIsFound) {
  // One digit of one event's detail changed in the file: reading names that event, and no other.
  make_events();
  tamper("UPDATE event SET detail = replace(detail, '\"task\":2', '\"task\":3') WHERE sequence = 2");
  EXPECT_EQ(event_error().code, ErrorCode::corrupt);
  EXPECT_EQ(event_error().field, "event.2");
  EXPECT_TRUE(open()->events_after(0, 1));
}

TEST_F(SqliteStoreTest, AChangedTimeNameOrHashIsFound) {
  // Every part of an event is bound: its time, its name and its hash.
  make_events();
  tamper("UPDATE event SET at = at + 1 WHERE sequence = 3");
  EXPECT_EQ(event_error().field, "event.3");
  tamper("UPDATE event SET at = at - 1 WHERE sequence = 3; UPDATE event SET name = 'job_ended' WHERE sequence = 5");
  EXPECT_EQ(event_error().field, "event.5");
  tamper(
      "UPDATE event SET name = 'lease_stop_requested' WHERE sequence = 5;"
      "UPDATE event SET hash = zeroblob(32) WHERE sequence = 1");
  EXPECT_EQ(event_error().field, "event.1");
  EXPECT_EQ(event_error(1).field, "event.2");
}

TEST_F(SqliteStoreTest, AMissingEventIsFound) {
  // An event cut out of the middle is missed, also by a reader that starts right after it.
  make_events();
  tamper("DELETE FROM event WHERE sequence = 4");
  EXPECT_EQ(event_error().field, "event.4");
  EXPECT_EQ(event_error(4).field, "event.4");
}

TEST_F(SqliteStoreTest, ASecondOpenerIsRefused) {
  // While one store has the file, another is told so; when the first goes, the second may.
  auto first = open();
  const Error refused = open_error();
  EXPECT_EQ(refused.code, ErrorCode::unavailable);
  EXPECT_NE(refused.wrong.find("another process uses the database"), std::string::npos) << refused.wrong;
  first.reset();
  EXPECT_NE(open(), nullptr);
}

TEST_F(SqliteStoreTest, ANewerSchemaIsRefused) {
  // A database that a newer program has migrated is left alone, with both numbers in the message.
  open();
  tamper("INSERT INTO schema_version (number, name) VALUES (99, '0099_future')");
  const Error refused = open_error();
  EXPECT_EQ(refused.code, ErrorCode::conflict);
  EXPECT_NE(refused.wrong.find("schema 99"), std::string::npos) << refused.wrong;
}

TEST_F(SqliteStoreTest, AnotherProgramsFileIsRefused) {
  // Neither another program's database nor a file that is none is written to.
  tamper("CREATE TABLE theirs (id INTEGER)");
  EXPECT_EQ(open_error().code, ErrorCode::conflict);
  std::filesystem::remove(path());
  std::ofstream(path()) << std::string(5000, 'x');
  EXPECT_EQ(open_error().code, ErrorCode::corrupt);
}

TEST_F(SqliteStoreTest, AStoredValueWithoutMeaningIsCorrupt) {
  // An enumeration's number beyond its words, and JSON that does not parse, are told with table and column.
  {
    const auto store = open();
    const std::int64_t generation = store->take_over().value();
    ASSERT_TRUE(store->commit({generation, {{sample<JobRow>(1), RowFate::live}}, {}, {}}));
  }
  const auto load_error = [&] { return open()->load([](const Row&) {}).error(); };
  tamper("UPDATE job SET state = 77");
  EXPECT_EQ(load_error().code, ErrorCode::corrupt);
  EXPECT_EQ(load_error().field, "job.state");
  tamper("UPDATE job SET state = 0, requirements = '{\"resources\":'");
  EXPECT_EQ(load_error().field, "job.requirements");
}

TEST_F(SqliteStoreTest, TheFilesAreTheOwnersOnly) {
  // Database, log and lock have mode 0600 whatever the umask, also when the file was there with a wider one.
  std::ofstream(path()).close();
  std::filesystem::permissions(path(), std::filesystem::perms(0644));
  const auto store = open();
  ASSERT_TRUE(store->take_over());
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(SqliteStoreTest, AnUnusablePathIsOneClearError) {
  // No folder, and no path at all.
  EXPECT_EQ(open_sqlite_store(folder_.file("none/dayan.db")).error().code, ErrorCode::unavailable);
  EXPECT_EQ(open_sqlite_store("").error().code, ErrorCode::invalid);
}

/// Lets no file of this process grow beyond a size, as a full disk would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limited{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST_F(SqliteStoreTest, AFullDiskLeavesWhatWasCommitted) {
  // A batch that does not fit is an error and leaves nothing; with room again the same batch is taken.
  const auto store = open();
  const std::int64_t generation = store->take_over().value();
  ASSERT_TRUE(store->commit({generation, {{sample<JobRow>(1), RowFate::live}}, sample_events(1), {}}));
  Batch batch{generation, {}, sample_events(4), {}};
  for (int i = 2; i < 2000; ++i) batch.changes.push_back({sample<JobRow>(i), RowFate::live});
  const auto live_rows = [&] {
    std::size_t count = 0;
    const auto done = store->load([&](const Row&) { ++count; });
    EXPECT_TRUE(done) << to_text(done.error());
    return count;
  };
  {
    const FileSizeLimit limit(1'000'000);
    const auto refused = store->commit(batch);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().code == ErrorCode::unavailable || refused.error().code == ErrorCode::unknown_outcome)
        << to_text(refused.error());
  }
  EXPECT_EQ(live_rows(), 1U);
  EXPECT_EQ(store->events_after(0, 100).value().size(), 3U);
  const auto taken = store->commit(batch);
  ASSERT_TRUE(taken) << to_text(taken.error());
  EXPECT_EQ(live_rows(), 1999U);
  EXPECT_EQ(store->events_after(0, 100).value().size(), 6U);
}

TEST_F(SqliteStoreTest, ReadersBesideTheWriterSeeWholeBatchesOnly) {
  // While one thread commits pairs of rows, two others never read an odd number of them.
  const auto store = open();
  const std::int64_t generation = store->take_over().value();
  std::atomic<bool> is_done = false;
  const auto read = [&] {
    while (!is_done) {
      const auto rows = store->query({"job", {}, {}, false, query_limit_max});
      EXPECT_TRUE(rows);
      if (rows) {
        EXPECT_EQ(rows->size() % 2, 0U);
      }
    }
  };
  std::thread first(read);
  std::thread second(read);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(store->commit(
        {generation, {{sample<JobRow>(2 * i), RowFate::live}, {sample<JobRow>(2 * i + 1), RowFate::live}}, {}, {}}));
  }
  is_done = true;
  first.join();
  second.join();
}

}  // namespace
}  // namespace dayan::store
