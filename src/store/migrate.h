#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "store/sqlite_connection.h"

/// The schema, as numbered migrations that are part of the program (migrations/*.sql). Each runs once, whole or not
/// at all; the table schema_version tells which have.

namespace dayan::store {

struct Migration {
  int number = 0;  ///< from one, without gaps
  std::string_view name;
  std::string_view sql;
};

/// All that this program knows, in order.
[[nodiscard]] std::span<const Migration> sqlite_migrations();

/// Brings the database up to the last of `migrations`. `conflict` when it is of a newer program, or of another one.
[[nodiscard]] Result<void> migrate(SqliteConnection& connection, std::span<const Migration> migrations);

}  // namespace dayan::store
