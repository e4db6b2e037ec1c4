#include "store/sqlite_connection.h"

#include <utility>

#include "base/assert.h"

namespace dayan::store {
namespace {

ErrorCode error_code(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // a statement of ours does not fit the schema that is there
    case SQLITE_MISMATCH: return ErrorCode::corrupt;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG: return ErrorCode::invalid;
    default: return ErrorCode::unavailable;
  }
}

/// Frees nothing: the caller keeps the text until the statement is done with it.
constexpr sqlite3_destructor_type kept_by_caller = nullptr;

// WAL with one fsync for each commit: what a commit acknowledged is on the disk. The automatic checkpoint runs on the
// writer, the only connection that may (SQLite 3.40.1 can lose data when two connections checkpoint).
constexpr const char* writer_settings =
    "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536;"
    "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;";
constexpr const char* reader_settings =
    "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384;"
    "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;";

}  // namespace

Error sqlite_error(sqlite3* handle, int code, std::string_view doing) {
  std::string wrong(doing);
  wrong += ": ";
  wrong += handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  const char* right = "";
  if ((code & 0xff) == SQLITE_FULL) right = "free space on the disk of the database";
  if ((code & 0xff) == SQLITE_IOERR) right = "a disk that takes and gives back what is written; see the system's log";
  if ((code & 0xff) == SQLITE_NOTADB) right = "a database of Dayan, or a path where there is no file yet";
  return Error{error_code(code), {}, std::move(wrong), right};
}

SqliteStatement::~SqliteStatement() { rewind(); }

void SqliteStatement::rewind() {
  sqlite3_reset(statement_);
  parameter_ = 0;
  bind_error_ = SQLITE_OK;
}

void SqliteStatement::bound(int code) {
  if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
}

void SqliteStatement::add_integer(std::int64_t value) { bound(sqlite3_bind_int64(statement_, ++parameter_, value)); }

void SqliteStatement::add_text(std::string_view value) {
  // A null pointer would bind NULL; an empty text is not that.
  const char* data = value.data() != nullptr ? value.data() : "";
  bound(sqlite3_bind_text64(statement_, ++parameter_, data, value.size(), kept_by_caller, SQLITE_UTF8));
}

void SqliteStatement::add_text(std::string&& value) {
  bound(sqlite3_bind_text64(statement_, ++parameter_, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void SqliteStatement::add_blob(const Digest& value) {
  bound(sqlite3_bind_blob(statement_, ++parameter_, value.bytes().data(), static_cast<int>(value.bytes().size()),
                          SQLITE_TRANSIENT));
}

void SqliteStatement::add_null() { bound(sqlite3_bind_null(statement_, ++parameter_)); }

Result<bool> SqliteStatement::step() {
  if (bind_error_ != SQLITE_OK) return fail(sqlite_error(sqlite3_db_handle(statement_), bind_error_, "bind"));
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(sqlite_error(sqlite3_db_handle(statement_), code, "database"));
}

Result<void> SqliteStatement::run() {
  TRY(const bool has_row, step());
  ASSERT(!has_row);
  rewind();
  return {};
}

bool SqliteStatement::is_null(int position) const { return sqlite3_column_type(statement_, position) == SQLITE_NULL; }

std::int64_t SqliteStatement::integer(int position) const { return sqlite3_column_int64(statement_, position); }

std::string_view SqliteStatement::text(int position) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, position));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, position))};
}

std::string_view SqliteStatement::blob(int position) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, position));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, position))};
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Mode mode) {
  sqlite3* handle = nullptr;
  const int flags = (mode == Mode::writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle));
  if (code != SQLITE_OK) return fail(sqlite_error(handle, code, "open " + path));
  sqlite3_busy_timeout(handle, 5'000);
  if (mode == Mode::writer) {
    TRY(auto* const statement, connection->prepare("PRAGMA journal_mode = WAL"));
    SqliteStatement journal(statement);
    TRY(const bool has_row, journal.step());
    if (!has_row || journal.text(0) != "wal") {
      return fail(ErrorCode::unavailable, "the file system of " + path + " cannot hold a write-ahead log",
                  "a local file system");
    }
  }
  TRY_VOID(connection->run(mode == Mode::writer ? writer_settings : reader_settings));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

Result<sqlite3_stmt*> SqliteConnection::prepare(const std::string& sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.c_str(), static_cast<int>(sql.size()) + 1,
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return fail(sqlite_error(handle_, code, "prepare"));
  statements_.emplace(sql, statement);
  return statement;
}

Result<void> SqliteConnection::run(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(sqlite_error(handle_, code, "database"));
  return {};
}

Result<std::int64_t> SqliteConnection::number(const std::string& sql) {
  TRY(auto* const prepared, prepare(sql));
  SqliteStatement statement(prepared);
  TRY(const bool has_row, statement.step());
  if (!has_row) return fail(ErrorCode::corrupt, "the database lacks a row that must be there");
  return statement.integer(0);
}

}  // namespace dayan::store
