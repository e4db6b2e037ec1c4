#include "store/sqlite_rows.h"

#include <array>
#include <string>
#include <utility>

#include "store/columns.h"
#include "store/sqlite_sql.h"
#include "store/table_shape.h"

namespace dayan::store {
namespace {

/// The texts that every commit needs, made once.
struct ChangeTexts {
  std::vector<std::string> upsert;
  std::vector<std::string> erase;
};

const ChangeTexts& change_texts() {
  static const ChangeTexts texts = [] {
    ChangeTexts made;
    for (const TableShape& table : table_shapes()) {
      made.upsert.push_back(upsert_sql(table));
      made.erase.push_back(erase_sql(table));
    }
    return made;
  }();
  return texts;
}

using ReadRow = Result<Row> (*)(SqliteStatement&);

template <class RowType>
Result<Row> read_row(SqliteStatement& statement) {
  TRY(RowType row, take_row<RowType>(statement));
  return Row(std::move(row));
}

/// One reader for each alternative of Row, by its index.
template <std::size_t... Index>
constexpr std::array<ReadRow, sizeof...(Index)> row_readers(std::index_sequence<Index...>) {
  return {read_row<std::variant_alternative_t<Index, Row>>...};
}

Result<void> bind_value(SqliteStatement& statement, const ColumnShape& column, const ColumnValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    statement.add_integer(*number);
  } else if (column.type == ColumnType::blob) {
    TRY(const Digest digest, parse_digest(std::get<std::string>(value)));
    statement.add_blob(digest);
  } else {
    statement.add_text(std::string_view(std::get<std::string>(value)));
  }
  return {};
}

}  // namespace

Result<void> write_change(SqliteConnection& connection, const RowChange& change) {
  const std::size_t table = change.row.index();
  const bool is_erased = change.fate == RowFate::erased;
  TRY(auto* const prepared,
      connection.prepare(is_erased ? change_texts().erase[table] : change_texts().upsert[table]));
  SqliteStatement statement(prepared);
  if (is_erased) {
    std::visit([&](const auto& row) { put_key(statement, row); }, change.row);
  } else {
    std::visit([&](const auto& row) { put_row(statement, row); }, change.row);
    statement.add_integer(change.fate == RowFate::live ? 1 : 0);
  }
  return statement.run();
}

Result<void> read_rows(SqliteStatement& statement, std::size_t table, const std::function<void(Row)>& sink) {
  static constexpr auto readers = row_readers(std::make_index_sequence<std::variant_size_v<Row>>());
  while (true) {
    TRY(const bool has_row, statement.step());
    if (!has_row) return {};
    TRY(Row row, readers[table](statement));
    sink(std::move(row));
  }
}

Result<void> read_live_rows(SqliteConnection& connection, const std::function<void(Row)>& sink) {
  for (std::size_t table = 0; table < table_shapes().size(); ++table) {
    TRY(auto* const prepared, connection.prepare(load_sql(table_shapes()[table])));
    SqliteStatement statement(prepared);
    TRY_VOID(read_rows(statement, table, sink));
  }
  return {};
}

Result<std::vector<Row>> query_rows(SqliteConnection& connection, const RowQuery& query) {
  TRY(const std::size_t index, check_query(query));
  const TableShape& table = table_shapes()[index];
  TRY(auto* const prepared, connection.prepare(query_sql(table, query)));
  SqliteStatement statement(prepared);
  for (const ColumnEquals& equals : query.where) {
    const ColumnShape* column = table.find(equals.column);
    ASSERT(column != nullptr);
    TRY_VOID(bind_value(statement, *column, equals.value));
  }
  std::size_t position = 0;
  for (const ColumnShape& column : table.columns) {
    if (column.is_key && position < query.after_key.size()) {
      TRY_VOID(bind_value(statement, column, query.after_key[position++]));
    }
  }
  statement.add_integer(query.limit);
  std::vector<Row> rows;
  TRY_VOID(read_rows(statement, index, [&](Row row) { rows.push_back(std::move(row)); }));
  return rows;
}

Result<std::vector<LeaseRow>> query_leases_after(SqliteConnection& connection, CentreId centre, std::int64_t sequence,
                                                 std::int32_t limit) {
  TRY_VOID(check_limit(limit));
  static const std::size_t index = Row(LeaseRow()).index();
  TRY(auto* const prepared, connection.prepare(leases_after_sql(table_shapes()[index])));
  SqliteStatement statement(prepared);
  statement.add_integer(centre.value());
  statement.add_integer(sequence);
  statement.add_integer(limit);
  std::vector<LeaseRow> leases;
  TRY_VOID(read_rows(statement, index, [&](Row row) { leases.push_back(std::get<LeaseRow>(std::move(row))); }));
  return leases;
}

}  // namespace dayan::store
