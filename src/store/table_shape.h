#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ports/store.h"
#include "store/columns.h"

/// The tables as the fields() lists of the rows say they are, for the backends and for the test that compares them
/// with the migrations.

namespace dayan::store {

struct ColumnShape {
  std::string_view name;
  ColumnType type = ColumnType::integer;
  bool is_key = false;
  bool is_nullable = false;
  bool is_indexed = false;  ///< stands in `indexed_columns`
  bool is_filter = false;   ///< stands in `filtered_columns`
};

struct TableShape {
  std::string_view name;
  std::vector<ColumnShape> columns;

  [[nodiscard]] const ColumnShape* find(std::string_view column) const;
  [[nodiscard]] std::size_t key_size() const;
};

/// One shape for each alternative of Row, by its index.
[[nodiscard]] std::span<const TableShape> table_shapes();

/// The index in Row of the table that a query names. `invalid` names the table, column, cursor or limit that is
/// wrong.
[[nodiscard]] Result<std::size_t> check_query(const RowQuery& query);
/// `invalid` unless 1 ≤ limit ≤ query_limit_max.
[[nodiscard]] Result<void> check_limit(std::int32_t limit);

/// The errors of a commit that every backend words alike.
[[nodiscard]] tl::unexpected<Error> generation_conflict(std::int64_t generation);
[[nodiscard]] tl::unexpected<Error> reply_is_kept(const std::string& key);

}  // namespace dayan::store
