#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "ports/store.h"
#include "store/sqlite_connection.h"

/// Rows in and out of SQLite.

namespace dayan::store {

/// Writes, retires or erases one row. Inside a transaction.
[[nodiscard]] Result<void> write_change(SqliteConnection& connection, const RowChange& change);

/// Calls sink(row) for every row that the statement returns, as rows of the table with that index in Row.
[[nodiscard]] Result<void> read_rows(SqliteStatement& statement, std::size_t table,
                                     const std::function<void(Row)>& sink);

/// Every live row, table by table.
[[nodiscard]] Result<void> read_live_rows(SqliteConnection& connection, const std::function<void(Row)>& sink);

[[nodiscard]] Result<std::vector<Row>> query_rows(SqliteConnection& connection, const RowQuery& query);

[[nodiscard]] Result<std::vector<LeaseRow>> query_leases_after(SqliteConnection& connection, CentreId centre,
                                                               std::int64_t sequence, std::int32_t limit);

}  // namespace dayan::store
