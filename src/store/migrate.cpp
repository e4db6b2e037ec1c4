#include "store/migrate.h"

#include <string>

namespace dayan::store {
namespace {

Result<void> apply(SqliteConnection& connection, const Migration& migration) {
  TRY_VOID(connection.run("BEGIN IMMEDIATE"));
  // Migrations are part of the program; nothing from outside is in this text.
  TRY_VOID(connection.run(std::string(migration.sql).c_str()));
  {
    TRY(auto* const prepared, connection.prepare("INSERT INTO schema_version (number, name) VALUES (?, ?)"));
    SqliteStatement insert(prepared);
    insert.add_integer(migration.number);
    insert.add_text(migration.name);
    TRY_VOID(insert.run());
  }
  return connection.run("COMMIT");
}

/// The number of the last migration that has run; zero for a database that is new.
Result<std::int64_t> schema_version(SqliteConnection& connection) {
  TRY(const std::int64_t tables, connection.number("SELECT count(*) FROM sqlite_schema"));
  TRY(const std::int64_t ours,
      connection.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'"));
  if (ours == 0 && tables > 0) {
    return fail(ErrorCode::conflict, "the file is the database of another program", "a path of its own for Dayan");
  }
  if (ours == 0) {
    TRY_VOID(connection.run("CREATE TABLE schema_version (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT"));
  }
  return connection.number("SELECT coalesce(max(number), 0) FROM schema_version");
}

}  // namespace

Result<void> migrate(SqliteConnection& connection, std::span<const Migration> migrations) {
  TRY(const std::int64_t present, schema_version(connection));
  const auto known = static_cast<std::int64_t>(migrations.size());
  if (present > known) {
    return fail(ErrorCode::conflict,
                "the database has schema " + std::to_string(present) + ", and this program knows " +
                    std::to_string(known) + " at most",
                "the newer program that wrote it, or a backup from before its upgrade");
  }
  for (const Migration& migration : migrations) {
    if (migration.number <= present) continue;
    auto applied = apply(connection, migration);
    if (applied) continue;
    if (connection.in_transaction()) TRY_VOID(connection.run("ROLLBACK"));
    Error error = applied.error();
    error.wrong = "migration " + std::string(migration.name) + ": " + error.wrong;
    return fail(std::move(error));
  }
  return {};
}

}  // namespace dayan::store
