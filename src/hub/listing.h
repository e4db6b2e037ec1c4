#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hub/answer.h"
#include "hub/route.h"
#include "store/columns.h"

/// Lists page by cursor: {"items":[…],"next_cursor":…}. A cursor is the key of the last item, in a form that clients
/// hand back and do not read. It selects a place in a list, never whose list it is: a forged one shows nothing more.

namespace dayan::hub {

inline constexpr std::int32_t page_default = 100;
inline constexpr std::int32_t page_max = 1'000;

[[nodiscard]] std::string to_cursor(const std::vector<ColumnValue>& key);
/// `invalid` unless it is a cursor of values of the same kinds as `like`.
[[nodiscard]] Result<std::vector<ColumnValue>> parse_cursor(std::string_view cursor,
                                                            const std::vector<ColumnValue>& like);

/// A whole number of the query: 0-9 only. `otherwise` when it is not given.
[[nodiscard]] Result<std::int64_t> query_number(const Call& call, std::string_view name, std::int64_t otherwise,
                                                std::int64_t least, std::int64_t most);

/// The part of a list that a request asks for.
struct Page {
  std::vector<ColumnValue> after;
  std::int32_t limit = page_default;
};
[[nodiscard]] Result<Page> page_of(const Call& call, const std::vector<ColumnValue>& like);

template <class RowType>
[[nodiscard]] std::vector<ColumnValue> cursor_key(const RowType& row) {
  return std::apply([](const auto&... each) { return std::vector<ColumnValue>{store::column_value(each)...}; },
                    row.key());
}

[[nodiscard]] HttpResponse list_answer(JsonArray items, const std::vector<ColumnValue>* last_key);

/// Rows of one kind as `query` selects them; one more than the page tells whether there is a next one.
template <class RowType>
[[nodiscard]] Result<std::vector<RowType>> query_rows(Store& store, const RowQuery& query) {
  TRY(std::vector<Row> found, store.query(query));
  std::vector<RowType> rows;
  rows.reserve(found.size());
  for (Row& row : found) {
    if (auto* fitting = std::get_if<RowType>(&row)) rows.push_back(std::move(*fitting));
  }
  return rows;
}

/// The first row that `where` selects.
template <class RowType>
[[nodiscard]] Result<std::optional<RowType>> query_row(Store& store, std::vector<ColumnEquals> where,
                                                       bool descending = false) {
  TRY(auto rows, query_rows<RowType>(store, {std::string(RowType::table), std::move(where), {}, descending, 1}));
  return rows.empty() ? std::optional<RowType>() : std::optional<RowType>(std::move(rows.front()));
}

/// What a job runs: of a round, its series' first round has it.
[[nodiscard]] inline Result<std::optional<PayloadRow>> query_payload(Store& store, JobId id) {
  TRY(const auto job, query_row<JobRow>(store, {{"id", id.value()}}));
  if (!job) return std::nullopt;
  return query_row<PayloadRow>(store, {{"job", payload_of(*job).value()}});
}

template <class RowType>
[[nodiscard]] Handled list_rows(const Call& call, std::vector<ColumnEquals> where, bool descending = false) {
  TRY(Page page, page_of(call, cursor_key(RowType())));
  TRY(auto rows, query_rows<RowType>(call.hub.store, {std::string(RowType::table), std::move(where),
                                                      std::move(page.after), descending, page.limit + 1}));
  const bool has_more = rows.size() > static_cast<std::size_t>(page.limit);
  if (has_more) rows.pop_back();
  JsonArray items;
  items.reserve(rows.size());
  for (const RowType& row : rows) items.push_back(to_json(row));
  if (!has_more) return list_answer(std::move(items), nullptr);
  const auto last = cursor_key(rows.back());
  return list_answer(std::move(items), &last);
}

/// The same for items that are in memory, in the order of their keys. `like`: a key, for its kinds.
template <class Items, class Key, class Write>
[[nodiscard]] Handled list_items_by(const Call& call, const Items& items, const std::vector<ColumnValue>& like,
                                    Key&& key_of_item, Write&& write) {
  TRY(const Page page, page_of(call, like));
  JsonArray shown;
  std::vector<ColumnValue> last;
  for (const auto& item : items) {
    const std::vector<ColumnValue> key = key_of_item(item);
    if (!page.after.empty() && key <= page.after) continue;
    if (shown.size() == static_cast<std::size_t>(page.limit)) return list_answer(std::move(shown), &last);
    shown.push_back(write(item));
    last = key;
  }
  return list_answer(std::move(shown), nullptr);
}
/// Their key is a number: an id.
template <class Items, class Key, class Write>
[[nodiscard]] Handled list_items(const Call& call, const Items& items, Key&& key_of_item, Write&& write) {
  return list_items_by(
      call, items, {ColumnValue(std::int64_t{0})},
      [&](const auto& item) { return std::vector<ColumnValue>{ColumnValue(std::int64_t{key_of_item(item)})}; },
      std::forward<Write>(write));
}

}  // namespace dayan::hub
