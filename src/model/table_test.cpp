#include "model/table.h"

#include <gtest/gtest.h>

#include <map>

#include "base/prng.h"

namespace dayan {
namespace {

ProjectRow project(std::int64_t id, std::int64_t organisation) {
  return {ProjectId(id), OrganisationId(organisation), "p" + std::to_string(id)};
}

std::vector<ProjectRow> rows_from(const Table<ProjectRow>& table, std::int64_t id) {
  std::vector<ProjectRow> rows;
  table.visit_from(std::tuple{ProjectId(id)}, [&](const ProjectRow& row) {
    rows.push_back(row);
    return true;
  });
  return rows;
}

/// A naive model of what a table is to do: the live rows, and the last fate of each key since the last drain.
struct Model {
  std::map<std::int64_t, ProjectRow> live;
  std::map<std::int64_t, RowFate> touched;
  std::vector<ProjectRow> retired;

  void put(const ProjectRow& row) {
    live[row.id.value()] = row;
    touched[row.id.value()] = RowFate::live;
  }
  void retire(const ProjectRow& row) {
    live.erase(row.id.value());
    touched.erase(row.id.value());
    retired.push_back(row);
  }
  void erase(std::int64_t id) {
    live.erase(id);
    touched[id] = RowFate::erased;
  }
  [[nodiscard]] std::vector<ProjectRow> from(std::int64_t id) const {
    std::vector<ProjectRow> rows;
    for (auto at = live.lower_bound(id); at != live.end(); ++at) rows.push_back(at->second);
    return rows;
  }
};

void expect_same_drain(Table<ProjectRow>& table, Model& model) {
  std::vector<RowChange> changes;
  table.drain(changes);
  ASSERT_EQ(changes.size(), model.touched.size() + model.retired.size());
  std::size_t at = 0;
  for (const auto& [id, fate] : model.touched) {
    const auto& row = std::get<ProjectRow>(changes[at].row);
    EXPECT_EQ(row.id.value(), id);
    EXPECT_EQ(changes[at].fate, fate);
    if (fate == RowFate::live) {
      EXPECT_EQ(row, model.live.at(id));
    }
    ++at;
  }
  for (const ProjectRow& row : model.retired) {
    EXPECT_EQ(std::get<ProjectRow>(changes[at].row), row);
    EXPECT_EQ(changes[at].fate, RowFate::retired);
    ++at;
  }
  model.touched.clear();
  model.retired.clear();
}

/// One random operation on both; erase and retire only name live rows, as the core does.
void step(Table<ProjectRow>& table, Model& model, Prng& prng) {
  const std::int64_t id = prng.between(1, 12);
  const ProjectRow row = project(id, prng.between(1, 1'000'000));
  switch (prng.below(4)) {
    case 0:
    case 1:
      table.put(row);
      model.put(row);
      break;
    case 2:
      if (!model.live.contains(id)) break;
      table.retire(row);
      model.retire(row);
      break;
    default:
      if (!model.live.contains(id)) break;
      table.erase(std::tuple{ProjectId(id)});
      model.erase(id);
  }
}

// Shows that a table does what a naive model does, over thousands of random operations: find, size, visits from any
// key, and the changes that a drain gives.
TEST(Table, AgreesWithANaiveModel) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Prng prng(seed);
    Table<ProjectRow> table;
    Model model;
    for (int i = 0; i < 200; ++i) {
      step(table, model, prng);
      ASSERT_EQ(table.size(), model.live.size());
      const std::int64_t id = prng.between(0, 13);
      ASSERT_EQ(rows_from(table, id), model.from(id));
      const ProjectRow* found = table.find(std::tuple{ProjectId(id)});
      ASSERT_EQ(found != nullptr, model.live.contains(id));
      if (found != nullptr) {
        ASSERT_EQ(*found, model.live.at(id));
      }
      if (prng.chance(1, 10)) expect_same_drain(table, model);
    }
  }
}

// Shows that a table over another reads through it, hides what it changed or removed, and leaves the base as it was,
// by comparing both with naive models after every random operation.
TEST(Table, OverAnotherItSeesBothAndChangesOnlyItself) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Prng prng(seed);
    Table<ProjectRow> base;
    Model below;
    for (int i = 0; i < 20; ++i) step(base, below, prng);
    expect_same_drain(base, below);
    Table<ProjectRow> top = Table<ProjectRow>::over(base);
    Model model{below.live, {}, {}};
    for (int i = 0; i < 100; ++i) {
      step(top, model, prng);
      const std::int64_t id = prng.between(0, 13);
      ASSERT_EQ(rows_from(top, id), model.from(id));
      std::vector<ProjectRow> all;
      top.visit_all([&](const ProjectRow& row) { all.push_back(row); });
      ASSERT_EQ(all, model.from(0));
      ASSERT_EQ(top.contains(std::tuple{ProjectId(id)}), model.live.contains(id));
      ASSERT_EQ(rows_from(base, 0), below.from(0));
      if (prng.chance(1, 10)) expect_same_drain(top, model);
    }
    std::vector<RowChange> none;
    base.drain(none);
    EXPECT_TRUE(none.empty());
  }
}

// Shows that a visit ends when its visitor says so, over a base too: the caller's bound on work is kept.
TEST(Table, VisitStopsWhenTold) {
  Table<ProjectRow> base;
  for (std::int64_t id = 1; id <= 5; ++id) base.put(project(id, 1));
  Table<ProjectRow> top = Table<ProjectRow>::over(base);
  top.put(project(3, 2));
  int seen = 0;
  top.visit_from(std::tuple{ProjectId(2)}, [&](const ProjectRow&) { return ++seen < 2; });
  EXPECT_EQ(seen, 2);
}

// Shows that a row loaded at start is live and not touched: a start writes nothing.
TEST(Table, LoadedRowsAreNotTouched) {
  Table<ProjectRow> table;
  table.load(project(1, 1));
  EXPECT_TRUE(table.contains(std::tuple{ProjectId(1)}));
  std::vector<RowChange> changes;
  table.drain(changes);
  EXPECT_TRUE(changes.empty());
}

}  // namespace
}  // namespace dayan
