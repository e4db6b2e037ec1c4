#include "hub/directory.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

namespace dayan::hub {

namespace {

/// The kinds of rows that are kept here. Those that grow with the work are not copied.
template <class RowType>
constexpr bool is_kept =
    std::is_same_v<RowType, MetaRow> || std::is_same_v<RowType, OrganisationRow> ||
    std::is_same_v<RowType, ProjectRow> || std::is_same_v<RowType, UserRow> || std::is_same_v<RowType, TokenRow> ||
    std::is_same_v<RowType, CentreRow> || std::is_same_v<RowType, PoolRow> || std::is_same_v<RowType, OfferRow>;

template <class RowType>
void forget(core::State& state, const RowType& row) {
  core::State::for_each_table(state, [&](auto& table) {
    if constexpr (std::is_same_v<std::decay_t<decltype(table)>, Table<RowType>>) {
      if (table.contains(row.key())) table.erase(row.key());
    }
  });
}

void take(core::State& state, const RowChange& change) {
  std::visit(
      [&]<class RowType>(const RowType& row) {
        if constexpr (is_kept<RowType>) {
          if (change.fate == RowFate::live) {
            state.load(row);
          } else {
            forget(state, row);
          }
        }
      },
      change.row);
}

}  // namespace

void Directory::reset(const core::State& state) {
  core::State fresh;
  core::State::for_each_table(state, [&](const auto& table) {
    table.visit_all([&](const auto& row) { take(fresh, {row, RowFate::live}); });
  });
  static_cast<void>(fresh.drain());
  const std::unique_lock lock(mutex_);
  state_ = std::move(fresh);
}

void Directory::apply(const std::vector<RowChange>& changes) {
  const std::unique_lock lock(mutex_);
  for (const RowChange& change : changes) take(state_, change);
  // Tables remember what was erased until they are drained, and nobody else drains these.
  static_cast<void>(state_.drain());
}

Decided<Actor> Directory::authenticate(const Digest& token_hash, UnixTime clock_now) const {
  const std::shared_lock lock(mutex_);
  return core::authenticate(state_, token_hash, std::max(clock_now, state_.counters().last_now));
}

}  // namespace dayan::hub
