#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/memory_store.h"
#include "store/sample_rows.h"
#include "store/scratch_folder.h"
#include "store/sqlite_store.h"

/// For tests: every backend behind one fixture. A new backend joins the contract by one line at the end.

namespace dayan::store {

/// A backend under test: makes an empty store, and opens what was committed again.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Store& store() = 0;
  /// As after a restart of the program.
  virtual void reopen() = 0;
};

class MemoryBackend final : public Backend {
 public:
  Store& store() override { return store_; }
  void reopen() override {}

 private:
  MemoryStore store_;
};

class SqliteBackend final : public Backend {
 public:
  SqliteBackend() { open(); }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open();
  }

 private:
  void open() {
    auto opened = open_sqlite_store(folder_.file("dayan.db"));
    ASSERT(opened.has_value());
    store_ = std::move(*opened);
  }
  ScratchFolder folder_;
  std::unique_ptr<Store> store_;
};

struct BackendCase {
  const char* name;
  std::function<std::unique_ptr<Backend>()> make;
};

inline void PrintTo(const BackendCase& each, std::ostream* out) { *out << each.name; }

class StoreContract : public testing::TestWithParam<BackendCase> {
 protected:
  StoreContract() : backend_(GetParam().make()), generation_(store().take_over().value()) {}

  Store& store() { return backend_->store(); }
  Result<void> commit(std::vector<RowChange> changes) {
    return store().commit({generation_, std::move(changes), {}, {}});
  }
  void commit_all(const std::vector<Row>& rows, RowFate fate) {
    std::vector<RowChange> changes;
    for (const Row& row : rows) changes.push_back({row, fate});
    const auto done = commit(std::move(changes));
    ASSERT_TRUE(done) << to_text(done.error());
  }
  std::vector<Row> load() {
    std::vector<Row> rows;
    const auto done = store().load([&](Row row) { rows.push_back(std::move(row)); });
    EXPECT_TRUE(done) << to_text(done.error());
    return rows;
  }
  std::vector<Row> query(const RowQuery& asked) {
    auto rows = store().query(asked);
    EXPECT_TRUE(rows) << to_text(rows.error());
    return rows.value_or(std::vector<Row>());
  }

  std::unique_ptr<Backend> backend_;
  std::int64_t generation_;
};

inline JobRow job(std::int64_t id, std::int64_t organisation = 7) {
  JobRow row = sample<JobRow>(1);
  row.id = JobId(id);
  row.organisation = OrganisationId(organisation);
  return row;
}

inline std::vector<std::int64_t> job_ids(const std::vector<Row>& rows) {
  std::vector<std::int64_t> ids;
  for (const Row& row : rows) ids.push_back(std::get<JobRow>(row).id.value());
  return ids;
}

using Ids = std::vector<std::int64_t>;

inline auto backends() {
  return testing::Values(BackendCase{"Memory", [] { return std::make_unique<MemoryBackend>(); }},
                         BackendCase{"Sqlite", [] { return std::make_unique<SqliteBackend>(); }});
}
inline std::string backend_name(const testing::TestParamInfo<BackendCase>& each) { return each.param.name; }

}  // namespace dayan::store
