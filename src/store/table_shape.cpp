#include "store/table_shape.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/scan.h"

namespace dayan::store {
namespace {

template <class RowType>
TableShape shape_of() {
  TableShape shape{RowType::table, {}};
  for_each_field<RowType>([&](const auto& field) {
    using T = std::remove_cvref_t<decltype(std::declval<RowType>().*(field.member))>;
    const std::string full_name = std::string(RowType::table) + '.' + std::string(field.name);
    const bool is_indexed = std::ranges::find(indexed_columns, full_name) != std::end(indexed_columns);
    const bool is_filter = std::ranges::find(filtered_columns, full_name) != std::end(filtered_columns);
    shape.columns.push_back({field.name, column_type<T>(), field.is_key, is_optional<T>, is_indexed, is_filter});
  });
  return shape;
}

template <std::size_t... Index>
std::vector<TableShape> all_shapes(std::index_sequence<Index...>) {
  return {shape_of<std::variant_alternative_t<Index, Row>>()...};
}

/// The fault of a value that a query compares with a column; nothing when it fits.
Result<void> check_value(const TableShape& table, const ColumnShape& column, const ColumnValue& value) {
  const std::string name = std::string(table.name) + '.' + std::string(column.name);
  const bool is_number = std::holds_alternative<std::int64_t>(value);
  if (is_number != (column.type == ColumnType::integer)) {
    return fail(ErrorCode::invalid,
                is_number ? "a number where the column holds text" : "text where the column holds numbers",
                "a value of the column's kind", name);
  }
  if (column.type == ColumnType::blob && !parse_digest(std::get<std::string>(value))) {
    return fail(ErrorCode::invalid, "not a digest", "64 lower-case hexadecimal digits", name);
  }
  return {};
}

Result<void> check_cursor(const TableShape& table, const std::vector<ColumnValue>& after_key) {
  if (after_key.empty()) return {};
  if (after_key.size() != table.key_size()) {
    return fail(ErrorCode::invalid, "the cursor has " + std::to_string(after_key.size()) + " values",
                std::to_string(table.key_size()) + ", one for each key column of " + std::string(table.name),
                "after_key");
  }
  std::size_t position = 0;
  for (const ColumnShape& column : table.columns) {
    if (column.is_key) TRY_VOID(check_value(table, column, after_key[position++]));
  }
  return {};
}

}  // namespace

const ColumnShape* TableShape::find(std::string_view column) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const auto& each) { return each.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

std::size_t TableShape::key_size() const {
  return static_cast<std::size_t>(
      std::count_if(columns.begin(), columns.end(), [](const auto& each) { return each.is_key; }));
}

std::span<const TableShape> table_shapes() {
  static const std::vector<TableShape> shapes = all_shapes(std::make_index_sequence<std::variant_size_v<Row>>());
  return shapes;
}

Result<std::size_t> check_query(const RowQuery& query) {
  const auto shapes = table_shapes();
  const auto found =
      std::find_if(shapes.begin(), shapes.end(), [&](const auto& each) { return each.name == query.table; });
  if (found == shapes.end()) {
    return fail(ErrorCode::invalid, "there is no table '" + query.table + "'", "the table of a row", "table");
  }
  const auto is_served = [&](const ColumnEquals& equals) {
    const ColumnShape* column = found->find(equals.column);
    return column != nullptr && (column->is_key || column->is_indexed);
  };
  const bool has_index = std::ranges::any_of(query.where, is_served);
  for (const ColumnEquals& equals : query.where) {
    const ColumnShape* column = found->find(equals.column);
    if (column == nullptr || !(is_served(equals) || (column->is_filter && has_index))) {
      return fail(ErrorCode::invalid, "a query of " + query.table + " cannot compare '" + equals.column + "'",
                  "a column of the key or one of indexed_columns", "where");
    }
    TRY_VOID(check_value(*found, *column, equals.value));
  }
  TRY_VOID(check_cursor(*found, query.after_key));
  TRY_VOID(check_limit(query.limit));
  return static_cast<std::size_t>(found - shapes.begin());
}

Result<void> check_limit(std::int32_t limit) {
  if (limit >= 1 && limit <= query_limit_max) return {};
  return fail(ErrorCode::invalid, std::to_string(limit) + " is out of range",
              "1 to " + std::to_string(query_limit_max), "limit");
}

tl::unexpected<Error> generation_conflict(std::int64_t generation) {
  return fail(ErrorCode::conflict, "another hub has taken over from generation " + std::to_string(generation),
              "stop: this hub no longer writes");
}

tl::unexpected<Error> reply_is_kept(const std::string& key) {
  return fail(ErrorCode::invalid, "a reply is already kept under " + quote(key), "a key that is new", "replies");
}

}  // namespace dayan::store
