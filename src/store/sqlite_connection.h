#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

/// SQLite as values and Results: a connection, and prepared statements that bind and read columns in order.
/// One thread at a time uses a connection; its owner holds a mutex.

namespace dayan::store {

/// What SQLite said, as an Error: full disk and failing hardware are `unavailable`, a damaged file `corrupt`, a
/// broken rule of the schema `invalid`. `doing` begins the sentence: "commit".
[[nodiscard]] Error sqlite_error(sqlite3* handle, int code, std::string_view doing);

/// A prepared statement in use: binds from the first parameter on, steps, reads. A Sink and a Source (columns.h).
/// When it goes, the statement is reset and free for its next use. A bind that fails is told by the next step.
class SqliteStatement {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  ~SqliteStatement();
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  /// Text that is not handed over is not copied: it must live until the statement has run.
  void add_integer(std::int64_t value);
  void add_text(std::string_view value);
  void add_text(std::string&& value);
  void add_blob(const Digest& value);
  void add_null();

  /// True when there is a row to read, false at the end.
  [[nodiscard]] Result<bool> step();
  /// Steps once; for statements that return no rows. The parameters may then be bound again.
  [[nodiscard]] Result<void> run();

  [[nodiscard]] bool is_null(int position) const;
  [[nodiscard]] std::int64_t integer(int position) const;
  [[nodiscard]] std::string_view text(int position) const;
  [[nodiscard]] std::string_view blob(int position) const;

 private:
  void bound(int code);
  void rewind();

  sqlite3_stmt* statement_;
  int parameter_ = 0;
  int bind_error_ = SQLITE_OK;
};

class SqliteConnection {
 public:
  enum class Mode { writer, reader };

  /// The writer makes the database when it is not there, sets WAL and full durability; a reader only reads.
  [[nodiscard]] static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Mode mode);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  /// A statement for this SQL text, prepared once and kept. One use of it at a time.
  [[nodiscard]] Result<sqlite3_stmt*> prepare(const std::string& sql);
  /// Runs SQL text without parameters, one statement or many.
  [[nodiscard]] Result<void> run(const char* sql);
  /// The first column of the first row.
  [[nodiscard]] Result<std::int64_t> number(const std::string& sql);

  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  [[nodiscard]] std::int64_t changed_rows() const { return sqlite3_changes64(handle_); }

 private:
  explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}

  sqlite3* handle_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

}  // namespace dayan::store
