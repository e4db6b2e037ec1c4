#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <type_traits>
#include <utility>
#include <vector>

#include "ports/store.h"
#include "store/columns.h"

/// One table of MemoryStore: rows in key order, live or retired, and queries over them.

namespace dayan::store {

/// A place between keys: before, or after, all keys that begin with these values.
struct KeyBound {
  const std::vector<ColumnValue>& values;
  bool after = false;
};

/// The order of a key's front against `values`: negative, zero or positive.
template <class Key>
[[nodiscard]] int compare_front(const Key& key, const std::vector<ColumnValue>& values) {
  int order = 0;
  std::size_t position = 0;
  const auto compare_part = [&](const auto& part) {
    if (order != 0 || position >= values.size()) return;
    const ColumnValue own = column_value(part);
    const ColumnValue& other = values[position++];
    order = own < other ? -1 : (other < own ? 1 : 0);
  };
  std::apply([&](const auto&... part) { (compare_part(part), ...); }, key);
  return order;
}

struct KeyOrder {
  using is_transparent = void;
  template <class Key>
  bool operator()(const Key& a, const Key& b) const {
    return a < b;
  }
  template <class Key>
  bool operator()(const Key& key, const KeyBound& bound) const {
    const int order = compare_front(key, bound.values);
    return order < 0 || (order == 0 && bound.after);
  }
};

template <class RowType>
class MemoryTable {
 public:
  using Key = decltype(std::declval<RowType>().key());

  [[nodiscard]] const RowType* find(const Key& key) const {
    const auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : &found->second.row;
  }
  void put(const RowType& row, bool live) { rows_.insert_or_assign(row.key(), Stored{row, live}); }
  void erase(const Key& key) { rows_.erase(key); }

  void load(const std::function<void(Row)>& sink) const {
    for (const auto& [key, stored] : rows_) {
      if (stored.live) sink(Row(stored.row));
    }
  }

  /// `query` has been checked.
  [[nodiscard]] std::vector<Row> query(const RowQuery& query) const {
    const std::vector<ColumnValue> prefix = key_prefix(query);
    auto begin = rows_.lower_bound(KeyBound{prefix, false});
    auto end = rows_.lower_bound(KeyBound{prefix, true});
    if (!query.after_key.empty()) {
      // The cursor cuts the range of the prefix, unless it lies outside: then it leaves all of it or nothing.
      const std::vector<ColumnValue> front(query.after_key.begin(),
                                           query.after_key.begin() + static_cast<std::ptrdiff_t>(prefix.size()));
      const bool leaves_nothing = query.descending ? front < prefix : prefix < front;
      if (leaves_nothing) return {};
      if (front == prefix)
        (query.descending ? end : begin) = rows_.lower_bound(KeyBound{query.after_key, !query.descending});
    }
    return query.descending ? take(std::reverse_iterator(end), std::reverse_iterator(begin), query)
                            : take(begin, end, query);
  }

 private:
  struct Stored {
    RowType row;
    bool live = true;
  };

  template <class Iterator>
  [[nodiscard]] static std::vector<Row> take(Iterator at, const Iterator& end, const RowQuery& query) {
    std::vector<Row> found;
    for (; at != end && found.size() < static_cast<std::size_t>(query.limit); ++at) {
      if (matches(at->second.row, query.where)) found.push_back(Row(at->second.row));
    }
    return found;
  }

  /// The values of the first key columns, as far as the query fixes them: only those rows need be looked at.
  [[nodiscard]] static std::vector<ColumnValue> key_prefix(const RowQuery& query) {
    std::vector<ColumnValue> prefix;
    bool is_fixed = true;
    for_each_field<RowType>([&](const auto& field) {
      if (!field.is_key || !is_fixed) return;
      const auto equals = std::find_if(query.where.begin(), query.where.end(),
                                       [&](const ColumnEquals& each) { return each.column == field.name; });
      is_fixed = equals != query.where.end();
      if (is_fixed) prefix.push_back(equals->value);
    });
    return prefix;
  }

  [[nodiscard]] static bool matches(const RowType& row, const std::vector<ColumnEquals>& where) {
    return std::all_of(where.begin(), where.end(), [&](const ColumnEquals& equals) {
      bool is_equal = false;
      for_each_field<RowType>([&](const auto& field) {
        using T = std::remove_cvref_t<decltype(row.*(field.member))>;
        if constexpr (IntegerColumn<T> || std::same_as<T, Digest> || std::same_as<T, std::string>) {
          if (field.name == equals.column) is_equal = column_value(row.*(field.member)) == equals.value;
        }
      });
      return is_equal;
    });
  }

  std::map<Key, Stored, KeyOrder> rows_;
};

}  // namespace dayan::store
