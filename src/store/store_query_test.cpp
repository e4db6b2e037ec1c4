#include "store/store_contract.h"

// What every Store must do: queries and the watch of leases.

namespace dayan::store {
namespace {

class StoreQueries : public StoreContract {};

LeaseRow lease(std::int64_t job_id, std::int64_t centre, std::int64_t sequence) {
  LeaseRow row = sample<LeaseRow>(1);
  row.job = JobId(job_id);
  row.centre = CentreId(centre);
  row.sequence = sequence;
  return row;
}

TEST_P(StoreQueries, QueriesPageInKeyOrderBothWays) {
  // Pages of two, each from the last key of the one before, walk all rows once, up and down.
  commit_all({job(3), job(1), job(5), job(2), job(4)}, RowFate::live);
  EXPECT_EQ(job_ids(query({"job", {}, {}, false, 2})), (Ids{1, 2}));
  EXPECT_EQ(job_ids(query({"job", {}, {2}, false, 2})), (Ids{3, 4}));
  EXPECT_EQ(job_ids(query({"job", {}, {4}, false, 2})), (Ids{5}));
  EXPECT_EQ(job_ids(query({"job", {}, {5}, false, 2})), Ids());
  EXPECT_EQ(job_ids(query({"job", {}, {}, true, 2})), (Ids{5, 4}));
  EXPECT_EQ(job_ids(query({"job", {}, {4}, true, 9})), (Ids{3, 2, 1}));
  EXPECT_EQ(job_ids(query({"job", {}, {1}, true, 9})), Ids());
}

TEST_P(StoreQueries, QueriesByAnIndexedColumnPage) {
  // Jobs of one organisation only, from a cursor, both ways; the cursor need not be one of theirs.
  commit_all({job(1, 7), job(2, 8), job(3, 7), job(4, 8), job(5, 7)}, RowFate::retired);
  const std::vector<ColumnEquals> ours{{"organisation", 7}};
  EXPECT_EQ(job_ids(query({"job", ours, {}, false, 2})), (Ids{1, 3}));
  EXPECT_EQ(job_ids(query({"job", ours, {3}, false, 2})), (Ids{5}));
  EXPECT_EQ(job_ids(query({"job", ours, {2}, false, 2})), (Ids{3, 5}));
  EXPECT_EQ(job_ids(query({"job", ours, {}, true, 2})), (Ids{5, 3}));
  EXPECT_EQ(job_ids(query({"job", ours, {4}, true, 9})), (Ids{3, 1}));
  EXPECT_TRUE(query({"job", {{"organisation", 9}}, {}, false, 9}).empty());
}

TEST_P(StoreQueries, AFilterNarrowsAnIndexedQuery) {
  // Entries of one owner on one kind of account, page by page; a filter without an indexed column would walk a table.
  std::vector<Row> rows;
  for (const std::int64_t id : {1, 2, 3, 4, 5, 6}) {
    EntryRow entry = sample<EntryRow>(1);
    entry.id = EntryId(id);
    entry.debit_owner = OrganisationId(id < 6 ? 7 : 8);
    entry.debit_kind = id % 2 == 1 ? AccountKind::customer_wallet : AccountKind::provider_payable;
    rows.push_back(entry);
  }
  commit_all(rows, RowFate::retired);
  const auto wallet = static_cast<std::int64_t>(AccountKind::customer_wallet);
  const std::vector<ColumnEquals> where{{"debit_owner", 7}, {"debit_kind", wallet}};
  const auto ids = [&](std::vector<ColumnValue> after) {
    Ids found;
    for (const Row& row : query({"entry", where, std::move(after), true, 2}))
      found.push_back(std::get<EntryRow>(row).id.value());
    return found;
  };
  EXPECT_EQ(ids({}), (Ids{5, 3}));
  EXPECT_EQ(ids({3}), (Ids{1}));
  EXPECT_EQ(store().query({"entry", {{"debit_kind", wallet}}, {}, true, 2}).error().field, "where");
}

TEST_P(StoreQueries, QueriesByTheFrontOfAKeyPage) {
  // Tasks of one job by a cursor over the whole key, in numeric and not textual order, other jobs left out.
  std::vector<Row> rows;
  for (const std::int32_t index : {0, 2, 10}) {
    for (const std::int64_t id : {1, 2, 3}) rows.push_back(TaskRow{JobId(id), index, {}, 1, {}, {}});
  }
  commit_all(rows, RowFate::live);
  const auto tasks = [&](std::vector<ColumnValue> after, bool descending) {
    std::vector<std::pair<std::int64_t, std::int32_t>> keys;
    for (const Row& row : query({"task", {{"job", 2}}, std::move(after), descending, 10})) {
      keys.emplace_back(std::get<TaskRow>(row).job.value(), std::get<TaskRow>(row).task);
    }
    return keys;
  };
  using Keys = std::vector<std::pair<std::int64_t, std::int32_t>>;
  EXPECT_EQ(tasks({}, false), (Keys{{2, 0}, {2, 2}, {2, 10}}));
  EXPECT_EQ(tasks({}, true), (Keys{{2, 10}, {2, 2}, {2, 0}}));
  EXPECT_EQ(tasks({2, 2}, false), (Keys{{2, 10}}));
  EXPECT_EQ(tasks({2, 2}, true), (Keys{{2, 0}}));
  EXPECT_EQ(tasks({1, 99}, false), (Keys{{2, 0}, {2, 2}, {2, 10}}));
  EXPECT_EQ(tasks({3, 0}, false), Keys());
  EXPECT_EQ(tasks({3, 0}, true), (Keys{{2, 10}, {2, 2}, {2, 0}}));
}

TEST_P(StoreQueries, QueriesCompareTextAndDigests) {
  // A pool by name and a token by the hexadecimal text of its hash; a cursor of text orders by bytes.
  PoolRow pool = sample<PoolRow>(1);
  std::vector<Row> rows;
  for (const char* name : {"b", "B", "ä", "a"}) {
    pool.name = name;
    rows.push_back(pool);
  }
  const TokenRow token = sample<TokenRow>(4);
  rows.push_back(token);
  commit_all(rows, RowFate::live);
  const auto names = [&](std::vector<ColumnValue> after) {
    std::vector<std::string> found;
    for (const Row& row : query({"pool", {}, std::move(after), false, 9}))
      found.push_back(std::get<PoolRow>(row).name);
    return found;
  };
  EXPECT_EQ(names({}), (std::vector<std::string>{"B", "a", "b", "ä"}));
  EXPECT_EQ(names({pool.centre.value(), "a"}), (std::vector<std::string>{"b", "ä"}));
  EXPECT_EQ(query({"token", {{"hash", to_text(token.hash)}}, {}, false, 9}), std::vector<Row>{Row(token)});
  EXPECT_TRUE(query({"token", {{"hash", to_text(sha256("x"))}}, {}, false, 9}).empty());
  EXPECT_TRUE(query({"token", {}, {to_text(token.hash)}, false, 9}).empty());
}

TEST_P(StoreQueries, AWrongQueryNamesItsFault) {
  // Each fault of a query is `invalid` and names the part that is wrong; none reaches the database as SQL.
  const auto field_of = [&](const RowQuery& asked) {
    const auto refused = store().query(asked);
    EXPECT_FALSE(refused);
    if (refused) return std::string();
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    return refused.error().field;
  };
  EXPECT_EQ(field_of({"job; DROP TABLE job", {}, {}, false, 1}), "table");
  EXPECT_EQ(field_of({"job", {{"name", "x"}}, {}, false, 1}), "where");
  EXPECT_EQ(field_of({"job", {{"id = 1 OR 1", 1}}, {}, false, 1}), "where");
  EXPECT_EQ(field_of({"job", {{"id", "1"}}, {}, false, 1}), "job.id");
  EXPECT_EQ(field_of({"token", {{"hash", "abc"}}, {}, false, 1}), "token.hash");
  EXPECT_EQ(field_of({"task", {}, {1}, false, 1}), "after_key");
  EXPECT_EQ(field_of({"task", {}, {1, "2"}, false, 1}), "task.task");
  EXPECT_EQ(field_of({"job", {}, {}, false, 0}), "limit");
  EXPECT_EQ(field_of({"job", {}, {}, false, query_limit_max + 1}), "limit");
}

TEST_P(StoreQueries, LeasesComeInOrderOfSequence) {
  // Only a centre's own, only later ones, by sequence and not by key; a changed lease moves to its new sequence.
  commit_all({lease(1, 5, 30), lease(2, 5, 10), lease(3, 6, 20), lease(4, 5, 40)}, RowFate::live);
  const auto jobs_after = [&](std::int64_t sequence, std::int32_t limit) {
    Ids ids;
    const auto leases = store().leases_after(CentreId(5), sequence, limit).value();
    for (const LeaseRow& row : leases) ids.push_back(row.job.value());
    return ids;
  };
  EXPECT_EQ(jobs_after(0, 10), (Ids{2, 1, 4}));
  EXPECT_EQ(jobs_after(10, 10), (Ids{1, 4}));
  EXPECT_EQ(jobs_after(0, 2), (Ids{2, 1}));
  EXPECT_EQ(jobs_after(40, 10), Ids());
  commit_all({lease(2, 5, 50)}, RowFate::retired);
  EXPECT_EQ(jobs_after(0, 10), (Ids{1, 4, 2}));
  commit_all({lease(4, 5, 40)}, RowFate::erased);
  EXPECT_EQ(jobs_after(0, 10), (Ids{1, 2}));
  EXPECT_FALSE(store().leases_after(CentreId(5), 0, 0));
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreQueries, backends(), backend_name);

}  // namespace
}  // namespace dayan::store
