#include "store/sqlite_sql.h"

namespace dayan::store {
namespace {

std::string quoted(std::string_view name) { return '"' + std::string(name) + '"'; }

void append(std::string& list, std::string_view separator, std::string_view item) {
  if (!list.empty()) list += separator;
  list += item;
}

/// `text` of each column for which it is not empty, with a separator between.
template <class Text>
std::string join(const TableShape& table, std::string_view separator, Text&& text) {
  std::string list;
  for (const ColumnShape& column : table.columns) {
    const std::string item = text(column);
    if (!item.empty()) append(list, separator, item);
  }
  return list;
}

std::string all_columns(const TableShape& table) {
  return join(table, ", ", [](const ColumnShape& column) { return quoted(column.name); });
}

std::string key_columns(const TableShape& table, std::string_view suffix = {}) {
  return join(table, ", ", [&](const ColumnShape& column) {
    return column.is_key ? quoted(column.name) + std::string(suffix) : std::string();
  });
}

std::string marks(std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) append(list, ", ", "?");
  return list;
}

}  // namespace

std::string upsert_sql(const TableShape& table) {
  const std::string updates = join(table, ", ", [](const ColumnShape& column) {
    return column.is_key ? std::string() : quoted(column.name) + " = excluded." + quoted(column.name);
  });
  return "INSERT INTO " + quoted(table.name) + " (" + all_columns(table) + ", \"is_live\") VALUES (" +
         marks(table.columns.size() + 1) + ") ON CONFLICT (" + key_columns(table) + ") DO UPDATE SET " +
         (updates.empty() ? "" : updates + ", ") + "\"is_live\" = excluded.\"is_live\"";
}

std::string erase_sql(const TableShape& table) {
  return "DELETE FROM " + quoted(table.name) + " WHERE " + join(table, " AND ", [](const ColumnShape& column) {
           return column.is_key ? quoted(column.name) + " = ?" : std::string();
         });
}

std::string load_sql(const TableShape& table) {
  return "SELECT " + all_columns(table) + " FROM " + quoted(table.name) + " WHERE \"is_live\" = 1";
}

std::string query_sql(const TableShape& table, const RowQuery& query) {
  std::string conditions;
  for (const ColumnEquals& equals : query.where) append(conditions, " AND ", quoted(equals.column) + " = ?");
  if (!query.after_key.empty()) {
    append(conditions, " AND ",
           "(" + key_columns(table) + ")" + (query.descending ? " < " : " > ") + "(" + marks(query.after_key.size()) +
               ")");
  }
  return "SELECT " + all_columns(table) + " FROM " + quoted(table.name) +
         (conditions.empty() ? "" : " WHERE " + conditions) + " ORDER BY " +
         key_columns(table, query.descending ? " DESC" : "") + " LIMIT ?";
}

std::string leases_after_sql(const TableShape& lease_table) {
  return "SELECT " + all_columns(lease_table) +
         " FROM \"lease\" WHERE \"centre\" = ? AND \"sequence\" > ? ORDER BY \"sequence\" LIMIT ?";
}

}  // namespace dayan::store
