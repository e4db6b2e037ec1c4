#include "store/sqlite_store.h"

#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "store/migrate.h"
#include "store/sqlite_batch.h"
#include "store/sqlite_connection.h"
#include "store/sqlite_files.h"
#include "store/sqlite_rows.h"

namespace dayan::store {
namespace {

/// Two connections: the writer's, for the commits and for all that must see the last of them, and one that only
/// reads, so that long queries do not hold up commits. Each has its mutex; who needs both takes the writer's first.
class SqliteStore final : public Store {
 public:
  SqliteStore(std::string path, DatabaseLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  [[nodiscard]] Result<void> open() {
    const std::lock_guard lock(writer_mutex_);
    return ensure_settled();
  }

  [[nodiscard]] Result<std::int64_t> take_over() override {
    const std::lock_guard lock(writer_mutex_);
    return transact([](SqliteConnection& writer) { return raise_generation(writer); });
  }

  [[nodiscard]] Result<void> commit(const Batch& batch) override {
    const std::lock_guard lock(writer_mutex_);
    TRY(chain_head_, transact([&](SqliteConnection& writer) { return write_batch(writer, chain_head_, batch); }));
    return {};
  }

  [[nodiscard]] Result<void> load(const std::function<void(Row)>& sink) override {
    const std::lock_guard lock(writer_mutex_);
    TRY_VOID(ensure_settled());
    return read_live_rows(*writer_, sink);
  }

  [[nodiscard]] Result<std::optional<KeptReply>> find_reply(OrganisationId organisation,
                                                            const std::string& key) override {
    const std::lock_guard lock(writer_mutex_);
    TRY_VOID(ensure_settled());
    return read_reply(*writer_, organisation, key);
  }

  [[nodiscard]] Result<std::optional<KeptReply>> kept_reply(OrganisationId organisation,
                                                            const std::string& key) override {
    return read([&](SqliteConnection& reader) { return read_reply(reader, organisation, key); });
  }

  [[nodiscard]] Result<std::vector<Row>> query(const RowQuery& query) override {
    return read([&](SqliteConnection& reader) { return query_rows(reader, query); });
  }

  [[nodiscard]] Result<std::vector<LeaseRow>> leases_after(CentreId centre, std::int64_t sequence,
                                                           std::int32_t limit) override {
    return read([&](SqliteConnection& reader) { return query_leases_after(reader, centre, sequence, limit); });
  }

  [[nodiscard]] Result<std::vector<EventRecord>> events_after(std::int64_t sequence, std::int32_t limit) override {
    return read([&](SqliteConnection& reader) { return read_events_after(reader, sequence, limit); });
  }

 private:
  /// Runs `work` as one durable transaction. An Error of `work` leaves nothing; a COMMIT that fails is
  /// `unknown_outcome`. The writer's mutex is held.
  template <class Work>
  [[nodiscard]] auto transact(Work&& work) -> decltype(work(std::declval<SqliteConnection&>())) {
    TRY_VOID(ensure_settled());
    TRY_VOID(writer_->run("BEGIN IMMEDIATE"));
    auto done = work(*writer_);
    if (!done) {
      // A failing disk may have rolled back already; when it cannot, opening the files anew does.
      if (writer_->in_transaction() && !writer_->run("ROLLBACK")) is_settled_ = false;
      return done;
    }
    auto committed = writer_->run("COMMIT");
    if (!committed) {
      is_settled_ = false;
      Error error = std::move(committed).error();
      error.code = ErrorCode::unknown_outcome;
      return fail(std::move(error));
    }
    return done;
  }

  template <class Work>
  [[nodiscard]] auto read(Work&& work) -> decltype(work(std::declval<SqliteConnection&>())) {
    const std::lock_guard lock(reader_mutex_);
    if (!reader_) return fail(ErrorCode::unavailable, "the database could not be opened anew after a failed commit");
    return work(*reader_);
  }

  /// Opens both connections unless they are open and the outcome of every commit is known. Closing the last
  /// connection and opening the files anew settles a COMMIT that failed half-way: SQLite then reads its log from the
  /// disk.
  [[nodiscard]] Result<void> ensure_settled() {
    if (is_settled_) return {};
    const std::lock_guard reader_lock(reader_mutex_);
    reader_.reset();
    writer_.reset();
    TRY_VOID(prepare_database_file(path_));
    TRY(writer_, SqliteConnection::open(path_, SqliteConnection::Mode::writer));
    TRY_VOID(migrate(*writer_, sqlite_migrations()));
    TRY(chain_head_, read_chain_head(*writer_));
    TRY(reader_, SqliteConnection::open(path_, SqliteConnection::Mode::reader));
    is_settled_ = true;
    return {};
  }

  const std::string path_;
  const DatabaseLock lock_;
  std::mutex writer_mutex_;
  std::mutex reader_mutex_;
  bool is_settled_ = false;
  ChainHead chain_head_;  ///< of what is committed
  // In this order, so that the writer's connection closes last and does the last checkpoint.
  std::unique_ptr<SqliteConnection> writer_;
  std::unique_ptr<SqliteConnection> reader_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path) {
  // An absolute path: SQLite gives some relative ones, such as ":memory:", a meaning of their own.
  std::error_code error;
  const std::string full_path = std::filesystem::absolute(path, error).string();
  if (path.empty() || error) {
    return fail(ErrorCode::invalid, "the database needs a path", "a file in a folder that is there", "path");
  }
  TRY(DatabaseLock lock, DatabaseLock::take(full_path));
  auto store = std::make_unique<SqliteStore>(full_path, std::move(lock));
  TRY_VOID(store->open());
  return store;
}

}  // namespace dayan::store
