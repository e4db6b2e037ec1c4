#include "store/store_contract.h"

// What every Store must do: commits, generations, replies and events. Queries: store_query_test.cpp.

namespace dayan::store {
namespace {

TEST_P(StoreContract, EveryKindOfRowComesBackAsItWasCommitted) {
  // Every field of every kind of row survives load and query: each has a value of its own, none its default.
  const std::vector<Row> rows = sample_rows(1);
  commit_all(rows, RowFate::live);
  EXPECT_EQ(load(), rows);
  for (const Row& row : rows) EXPECT_EQ(query(query_by_key(row)), std::vector<Row>{row}) << row.index();
}

TEST_P(StoreContract, DefaultsComeBackToo) {
  // Zero, empty text, an empty list and an absent optional are values as well; the key alone tells the rows.
  commit_all({Row(JobRow()), Row(PayloadRow()), Row(PoolRow()), Row(TokenRow())}, RowFate::live);
  EXPECT_EQ(query({"job", {}, {}, false, 10}), std::vector<Row>{Row(JobRow())});
  EXPECT_EQ(query({"payload", {}, {}, false, 10}), std::vector<Row>{Row(PayloadRow())});
  EXPECT_EQ(query({"pool", {}, {}, false, 10}), std::vector<Row>{Row(PoolRow())});
  EXPECT_EQ(query({"token", {}, {}, false, 10}), std::vector<Row>{Row(TokenRow())});
}

TEST_P(StoreContract, ExtremeNumbersComeBack) {
  // The ends of the 64-bit range are stored exactly, negative ones included.
  EntryRow entry = sample<EntryRow>(1);
  entry.amount = Cny::micro(std::numeric_limits<std::int64_t>::min());
  entry.hold = EntryId(std::numeric_limits<std::int64_t>::max());
  commit_all({Row(entry)}, RowFate::live);
  EXPECT_EQ(load(), std::vector<Row>{Row(entry)});
}

TEST_P(StoreContract, ACommitReplacesTheRowOfThatKey) {
  // The second commit of a key leaves one row, the later one, in load and in query.
  commit_all({Row(job(1))}, RowFate::live);
  JobRow later = job(1);
  later.state = JobState::running;
  later.name = "later";
  commit_all({Row(later)}, RowFate::live);
  EXPECT_EQ(load(), std::vector<Row>{Row(later)});
  EXPECT_EQ(query({"job", {}, {}, false, 10}), std::vector<Row>{Row(later)});
}

TEST_P(StoreContract, RetiredRowsLeaveLoadAndStayInQueries) {
  // Every kind of row can retire: it is no longer loaded, and a query by its key still finds its last form.
  commit_all(sample_rows(1), RowFate::live);
  commit_all(sample_rows(1), RowFate::retired);
  EXPECT_EQ(load(), std::vector<Row>());
  for (const Row& row : sample_rows(1)) EXPECT_EQ(query(query_by_key(row)), std::vector<Row>{row}) << row.index();
}

TEST_P(StoreContract, ErasedRowsAreGone) {
  // Every kind of row can be erased, by its key alone, and erasing what is not there is fine; others stay.
  commit_all(sample_rows(1), RowFate::live);
  commit_all(sample_rows(2), RowFate::live);
  commit_all(sample_rows(1), RowFate::erased);
  commit_all(sample_rows(1), RowFate::erased);
  EXPECT_EQ(load(), sample_rows(2));
  for (const Row& row : sample_rows(1)) EXPECT_TRUE(query(query_by_key(row)).empty()) << row.index();
}

TEST_P(StoreContract, TheLastChangeOfABatchWins) {
  // Changes of one batch apply in their order: a row written and then erased in it is not there.
  ASSERT_TRUE(commit(
      {{job(1), RowFate::live}, {job(1), RowFate::erased}, {job(2), RowFate::live}, {job(2), RowFate::retired}}));
  EXPECT_TRUE(load().empty());
  EXPECT_EQ(job_ids(query({"job", {}, {}, false, 10})), Ids{2});
}

TEST_P(StoreContract, AnOlderGenerationIsFencedOff) {
  // After another hub takes over, a commit of the first is a conflict and leaves nothing: no row, event or reply.
  const std::int64_t newer = store().take_over().value();
  EXPECT_GT(newer, generation_);
  const KeptReply reply{OrganisationId(7), "key", sha256("request"), 201, "{}"};
  const auto refused = store().commit({generation_, {{job(1), RowFate::live}}, sample_events(1), {reply}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_TRUE(load().empty());
  EXPECT_TRUE(store().events_after(0, 10).value().empty());
  EXPECT_FALSE(store().find_reply(OrganisationId(7), "key").value().has_value());
  EXPECT_TRUE(store().commit({newer, {{job(1), RowFate::live}}, sample_events(1), {reply}}));
}

TEST_P(StoreContract, ABatchThatFailsAtItsEndLeavesNothing) {
  // Rows and replies of a batch go when its events do not follow on, and the next good batch is taken.
  const KeptReply reply{OrganisationId(7), "key", sha256("request"), 201, "{}"};
  const auto refused = store().commit({generation_, {{job(1), RowFate::live}}, sample_events(5), {reply}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_TRUE(load().empty());
  EXPECT_FALSE(store().find_reply(OrganisationId(7), "key").value().has_value());
  EXPECT_TRUE(store().commit({generation_, {{job(1), RowFate::live}}, sample_events(1), {reply}}));
}

TEST_P(StoreContract, RepliesAreKeptUnderOrganisationAndKey) {
  // A reply is found by both, comes back whole, and a second one under the same key is refused with its batch.
  const KeptReply reply{OrganisationId(7), "钥匙 1", sha256("request"), 201, R"({"id":"job_1"})"};
  ASSERT_TRUE(store().commit({generation_, {}, {}, {reply}}));
  const auto found = store().find_reply(OrganisationId(7), "钥匙 1").value();
  ASSERT_TRUE(found);
  const auto beside = store().kept_reply(OrganisationId(7), "钥匙 1").value();  // not the writer's way: the same
  ASSERT_TRUE(beside);
  EXPECT_EQ(beside->request, found->request);
  EXPECT_EQ(beside->body, found->body);
  EXPECT_FALSE(store().kept_reply(OrganisationId(8), "钥匙 1").value());
  EXPECT_EQ(found->organisation, reply.organisation);
  EXPECT_EQ(found->key, reply.key);
  EXPECT_EQ(found->request, reply.request);
  EXPECT_EQ(found->status, 201);
  EXPECT_EQ(found->body, reply.body);
  EXPECT_FALSE(store().find_reply(OrganisationId(8), "钥匙 1").value());
  EXPECT_FALSE(store().find_reply(OrganisationId(7), "another").value());
  const auto again = store().commit({generation_, {{job(1), RowFate::live}}, {}, {reply}});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::invalid);
  EXPECT_TRUE(load().empty());
}

TEST_P(StoreContract, EventsComeBackInOrder) {
  // Events of two batches are one chain, read from any point; times and details are as written.
  ASSERT_TRUE(store().commit({generation_, {}, sample_events(1), {}}));
  ASSERT_TRUE(store().commit({generation_, {}, sample_events(4), {}}));
  const auto events = store().events_after(0, 100).value();
  ASSERT_EQ(events.size(), 6U);
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].sequence, static_cast<std::int64_t>(i) + 1);
  EXPECT_EQ(events[3].at, sample_events(4)[0].at);
  EXPECT_EQ(std::get<OrganisationCreated>(events[3].event).organisation, sample<OrganisationRow>(4));
  EXPECT_EQ(std::get<LeaseStopRequested>(events[4].event).attempt, (AttemptKey{JobId(4), 2, 3}));
  EXPECT_EQ(std::get<EntryPosted>(events[5].event).entry, sample<EntryRow>(6));
  EXPECT_EQ(store().events_after(4, 100).value().front().sequence, 5);
  EXPECT_EQ(store().events_after(0, 2).value().size(), 2U);
  EXPECT_TRUE(store().events_after(6, 100).value().empty());
  EXPECT_TRUE(store().events_after(99, 100).value().empty());
}

TEST_P(StoreContract, EventsMustFollowOn) {
  // A repeated sequence or a gap is refused, so the chain has neither.
  ASSERT_TRUE(store().commit({generation_, {}, sample_events(1), {}}));
  EXPECT_FALSE(store().commit({generation_, {}, sample_events(1), {}}));
  EXPECT_FALSE(store().commit({generation_, {}, sample_events(5), {}}));
  EXPECT_TRUE(store().commit({generation_, {}, sample_events(4), {}}));
}

TEST_P(StoreContract, WhatIsCommittedIsThereAfterARestart) {
  // Rows, events, replies and the generation outlive the object; the chain goes on where it ended.
  const KeptReply reply{OrganisationId(7), "key", sha256("request"), 201, "{}"};
  std::vector<RowChange> changes;
  for (const Row& row : sample_rows(1)) changes.push_back({row, RowFate::live});
  ASSERT_TRUE(store().commit({generation_, changes, sample_events(1), {reply}}));
  backend_->reopen();
  EXPECT_EQ(load(), sample_rows(1));
  EXPECT_TRUE(store().find_reply(OrganisationId(7), "key").value().has_value());
  EXPECT_TRUE(store().commit({generation_, {}, sample_events(4), {}}));
  EXPECT_EQ(store().events_after(0, 100).value().size(), 6U);
  EXPECT_EQ(store().take_over().value(), generation_ + 1);
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreContract, backends(), backend_name);

}  // namespace
}  // namespace dayan::store
