#include "depot/depot_fixture.h"

namespace dayan::depot {
namespace {

using DepotLogTest = DepotTest;

TEST_F(DepotLogTest, ALogGrowsByOffset) {
  // Repeated and overlapping appends add what is new; a gap is refused with where to go on; streams are separate.
  const AttemptKey attempt{JobId(5), 2, 1};
  EXPECT_EQ(depot_->append_log(lab, attempt, "stdout", Bytes(0), "hello ").value(), Bytes(6));
  EXPECT_EQ(depot_->append_log(lab, attempt, "stdout", Bytes(0), "hello ").value(), Bytes(6));
  EXPECT_EQ(depot_->append_log(lab, attempt, "stdout", Bytes(3), "lo world").value(), Bytes(11));
  EXPECT_EQ(depot_->append_log(lab, attempt, "stdout", Bytes(20), "x").error().right, "go on at byte 11");
  EXPECT_EQ(depot_->append_log(lab, attempt, "stderr", Bytes(0), "oops").value(), Bytes(4));
  open(roomy);
  EXPECT_EQ(depot_->append_log(lab, attempt, "stdout", Bytes(11), "!").value(), Bytes(12));
  EXPECT_EQ(depot_->read_log(attempt, "stdout", Bytes(0), Bytes(100)).value(), "hello world!");
  EXPECT_EQ(depot_->read_log(attempt, "stdout", Bytes(6), Bytes(5)).value(), "world");
  EXPECT_EQ(depot_->read_log(attempt, "stderr", Bytes(0), Bytes(100)).value(), "oops");
}

TEST_F(DepotLogTest, ALogThatHasNotBegunIsEmpty) {
  // Another attempt of the same task has a log of its own.
  ASSERT_TRUE(depot_->append_log(lab, {JobId(5), 2, 1}, "stdout", Bytes(0), "first"));
  EXPECT_EQ(depot_->read_log({JobId(5), 2, 2}, "stdout", Bytes(0), Bytes(100)).value(), "");
}

TEST_F(DepotLogTest, ALogStopsGrowingAtItsCap) {
  // The bytes up to the cap are kept, later ones are skipped without an error, also beyond a gap.
  open({Bytes(100'000'000), Bytes(100'000'000)});
  const AttemptKey attempt{JobId(5), 0, 1};
  const std::string half(10'000'000, 'x');
  EXPECT_EQ(depot_->append_log(lab, attempt, "stdout", Bytes(0), half).value(), Bytes(10'000'000));
  EXPECT_EQ(depot_->append_log(lab, attempt, "stdout", Bytes(10'000'000), half).value(), log_bytes_max);
  EXPECT_EQ(depot_->append_log(lab, attempt, "stdout", Bytes(20'000'000), "more").value(), log_bytes_max);
  EXPECT_EQ(depot_->read_log(attempt, "stdout", Bytes(15'999'999), Bytes(10)).value(), "x");
}

TEST_F(DepotLogTest, ALogIsItsCustomers) {
  // A log is charged to the organisation whose job writes it, also after a restart, and meets that one's quota, not
  // another's. What is dropped is free at once.
  const DepotQuota quota{Bytes(1'000), Bytes(10)};
  open(quota);
  const AttemptKey attempt{JobId(5), 0, 1};
  const AttemptKey others{JobId(6), 0, 1};
  EXPECT_EQ(depot_->append_log(lab, attempt, "stdout", Bytes(0), "123456").value(), Bytes(6));
  EXPECT_EQ(depot_->append_log(lab, attempt, "stderr", Bytes(0), "789").value(), Bytes(3));
  EXPECT_EQ(depot_->append_log(studio, others, "stdout", Bytes(0), "1234567").value(), Bytes(7));
  for (int start = 0; start < 2; ++start) {
    EXPECT_EQ(depot_->use_of(lab).used, Bytes(9));
    EXPECT_EQ(depot_->use_of(studio).used, Bytes(7));
    EXPECT_EQ(depot_->total_use().used, Bytes(16));
    const auto refused = depot_->append_log(lab, attempt, "stdout", Bytes(6), "78");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
    EXPECT_EQ(refused.error().wrong,
              "your organisation's depot quota is full: 2B more are wanted, 9B of 10B are used");
    EXPECT_EQ(depot_->read_log(attempt, "stdout", Bytes(0), Bytes(10)).value(), "123456");
    open(quota);
  }
  ASSERT_TRUE(depot_->drop_log(attempt, "stdout"));
  ASSERT_TRUE(depot_->drop_log(attempt, "stdout")) << "again: it may be gone";
  EXPECT_EQ(depot_->use_of(lab).used, Bytes(3));
  EXPECT_EQ(depot_->read_log(attempt, "stdout", Bytes(0), Bytes(10)).value(), "");
  EXPECT_EQ(depot_->read_log(attempt, "stderr", Bytes(0), Bytes(10)).value(), "789");
  ASSERT_TRUE(depot_->drop_logs(attempt));
  EXPECT_EQ(depot_->use_of(lab).used, Bytes(0));
  EXPECT_EQ(depot_->total_use().used, Bytes(7));
}

TEST_F(DepotLogTest, ALogOfBeforeGetsItsOwnerWithTheNextAppend) {
  // A folder without an owner in its name is read and counted in the total; from the next append on its owner is
  // charged for all of it, also after a restart.
  const AttemptKey attempt{JobId(5), 0, 1};
  ASSERT_TRUE(depot_->append_log(lab, attempt, "stdout", Bytes(0), "before "));
  const std::filesystem::path logs = root_ / "depot" / "logs";
  depot_.reset();
  const auto owned = std::filesystem::directory_iterator(logs)->path();
  std::filesystem::rename(owned, logs / engine_name(attempt));
  open(roomy);
  EXPECT_EQ(depot_->use_of(lab).used, Bytes(0));
  EXPECT_EQ(depot_->total_use().used, Bytes(7));
  EXPECT_EQ(depot_->attempts_with_logs(), (std::vector<AttemptKey>{attempt}));
  EXPECT_EQ(depot_->read_log(attempt, "stdout", Bytes(0), Bytes(100)).value(), "before ");
  EXPECT_EQ(depot_->append_log(lab, attempt, "stdout", Bytes(7), "and after").value(), Bytes(16));
  for (int start = 0; start < 2; ++start) {
    EXPECT_EQ(depot_->use_of(lab).used, Bytes(16));
    EXPECT_EQ(depot_->total_use().used, Bytes(16));
    EXPECT_EQ(depot_->read_log(attempt, "stdout", Bytes(0), Bytes(100)).value(), "before and after");
    open(roomy);
  }
}

TEST_F(DepotLogTest, ALogMeetsTheTotalQuota) {
  // A log that does not fit is refused whole, with the figures.
  open({Bytes(10), Bytes(10)});
  const AttemptKey attempt{JobId(5), 0, 1};
  const auto refused = depot_->append_log(lab, attempt, "stdout", Bytes(0), "0123456789a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
  EXPECT_EQ(depot_->append_log(lab, attempt, "stdout", Bytes(0), "0123456789").value(), Bytes(10));
}

TEST_F(DepotLogTest, NoStreamNamesAFileOfItsChoice) {
  // Only the two streams are names; a path is refused and makes nothing.
  const AttemptKey attempt{JobId(5), 0, 1};
  for (const char* stream : {"../../escaped", "", ".", "stdout/../x", "stdin"}) {
    EXPECT_EQ(depot_->append_log(lab, attempt, stream, Bytes(0), "x").error().field, "stream") << stream;
    EXPECT_EQ(depot_->read_log(attempt, stream, Bytes(0), Bytes(1)).error().field, "stream") << stream;
  }
  EXPECT_EQ(files_in("logs"), 0U);
}

}  // namespace
}  // namespace dayan::depot
