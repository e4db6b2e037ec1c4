#pragma once

#include <string>

#include "store/table_shape.h"

/// The SQL texts for the tables. Names come from the fields() lists and are quoted; values are always parameters.

namespace dayan::store {

/// Inserts a row, or replaces the one with its key. Parameters: every column, then is_live.
[[nodiscard]] std::string upsert_sql(const TableShape& table);
/// Deletes a row. Parameters: its key columns.
[[nodiscard]] std::string erase_sql(const TableShape& table);
/// Every column of each live row.
[[nodiscard]] std::string load_sql(const TableShape& table);
/// Every column of the rows of a checked query. Parameters: the values of `where`, of `after_key`, then the limit.
[[nodiscard]] std::string query_sql(const TableShape& table, const RowQuery& query);
/// Every column of a centre's leases. Parameters: centre, sequence, limit.
[[nodiscard]] std::string leases_after_sql(const TableShape& lease_table);

}  // namespace dayan::store
