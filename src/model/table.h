#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "model/rows.h"

/// Table<Row>: the live rows of one kind in key order, which remembers what was touched since the last drain.
/// A table can lie over another (`over`): it then reads through and keeps its own changes to itself. That is how
/// `decide` sees the effect of its own first event while it decides the next one, without changing the State.

namespace dayan {

template <class RowType>
class Table {
 public:
  using Key = decltype(std::declval<RowType>().key());

  Table() = default;
  /// A table over `base`, which must outlive it and must not change meanwhile.
  [[nodiscard]] static Table over(const Table& base) {
    ASSERT(base.base_ == nullptr);
    Table table;
    table.base_ = &base;
    return table;
  }

  [[nodiscard]] const RowType* find(const Key& key) const {
    const auto found = own_.find(key);
    if (found != own_.end()) return found->second ? &*found->second : nullptr;
    return base_ != nullptr ? base_->find(key) : nullptr;
  }
  [[nodiscard]] bool contains(const Key& key) const { return find(key) != nullptr; }

  /// Inserts or replaces.
  void put(RowType row) {
    Key key = row.key();
    touched_.insert_or_assign(key, RowFate::live);
    own_.insert_or_assign(std::move(key), std::move(row));
  }
  /// The final form of a row: it leaves the live rows and stays in the store.
  void retire(RowType row) {
    const Key key = row.key();
    if (contains(key)) remove(key);  // an appended row was never live
    retired_.push_back(std::move(row));
    touched_.erase(key);
  }
  /// Removes a live row from State and store.
  void erase(const Key& key) {
    remove(key);
    touched_.insert_or_assign(key, RowFate::erased);
  }

  /// Calls visit(row) for each live row with key ≥ `from`, in key order, until visit returns false.
  template <class Visitor>
  void visit_from(const Key& from, Visitor&& visit) const {
    if (base_ == nullptr) {
      merge(own_.lower_bound(from), own_.end(), own_.end(), visit);
    } else {
      merge(own_.lower_bound(from), base_->own_.lower_bound(from), base_->own_.end(), visit);
    }
  }
  /// Calls visit(row) for each live row in key order.
  template <class Visitor>
  void visit_all(Visitor&& visit) const {
    const auto always = [&](const RowType& row) {
      visit(row);
      return true;
    };
    if (base_ == nullptr) {
      merge(own_.begin(), own_.end(), own_.end(), always);
    } else {
      merge(own_.begin(), base_->own_.begin(), base_->own_.end(), always);
    }
  }

  /// Live rows; only of a table that lies over none.
  [[nodiscard]] std::size_t size() const {
    ASSERT(base_ == nullptr);
    return own_.size();
  }

  /// Appends what was touched since the last drain, in key order, then the retired rows in order of retirement.
  void drain(std::vector<RowChange>& changes) {
    for (const auto& [key, fate] : touched_) {
      if (fate == RowFate::live) {
        const RowType* row = find(key);
        ASSERT(row != nullptr);
        changes.push_back({*row, RowFate::live});
      } else {
        changes.push_back({erased_.at(key), RowFate::erased});
      }
    }
    for (RowType& row : retired_) changes.push_back({std::move(row), RowFate::retired});
    settle();
  }

  /// Forgets what was touched without telling: of a table that is derived, and never stored.
  void settle() {
    touched_.clear();
    retired_.clear();
    erased_.clear();
  }

  /// A row read from the store at start: live, and not touched.
  void load(RowType row) {
    Key key = row.key();
    own_.insert_or_assign(std::move(key), std::move(row));
  }

 private:
  void remove(const Key& key) {
    const RowType* row = find(key);
    ASSERT(row != nullptr);  // only what is live can be erased
    erased_.insert_or_assign(key, *row);
    if (base_ != nullptr) {
      own_.insert_or_assign(key, std::nullopt);
    } else {
      own_.erase(key);
    }
  }

  using Rows = std::map<Key, std::optional<RowType>>;

  /// Own rows and those below, as one sequence in key order; an own row, or a removal, hides the one below.
  template <class Visitor>
  void merge(typename Rows::const_iterator mine, typename Rows::const_iterator below,
             typename Rows::const_iterator below_end, Visitor&& visit) const {
    while (mine != own_.end() || below != below_end) {
      const bool take_mine = below == below_end || (mine != own_.end() && mine->first <= below->first);
      if (take_mine && below != below_end && !(mine->first < below->first)) ++below;
      const auto& row = take_mine ? (mine++)->second : (below++)->second;
      if (row && !visit(*row)) return;
    }
  }

  const Table* base_ = nullptr;
  Rows own_;  ///< nullopt: removed here, though the base has it
  std::map<Key, RowFate> touched_;
  std::map<Key, RowType> erased_;
  std::vector<RowType> retired_;
};

}  // namespace dayan
