#include <algorithm>

#include "depot/depot_fixture.h"

/// What goes, and what it frees.

namespace dayan::depot {
namespace {

using DepotDropTest = DepotTest;

TEST_F(DepotDropTest, WhatIsDroppedIsGoneAndItsSpaceFree) {
  // One organisation's content goes with all its names, and is not charged any more, also after a restart; another's
  // copy of the same stays.
  const DepotQuota quota{Bytes(100), Bytes(10)};
  open(quota);
  const std::string content = "0123456789";
  EXPECT_PROGRESS(put_all(content, {lab, guian}), 10, true);
  EXPECT_PROGRESS(put_all(content, {studio, guian}), 10, true);
  clock_.time = clock_.time + Duration::hours(1);
  EXPECT_TRUE(depot_->drop({sha256(content), lab}, clock_.time).value());
  EXPECT_FALSE(depot_->drop({sha256(content), lab}, clock_.time).value()) << "it is gone already";
  for (int start = 0; start < 2; ++start) {
    EXPECT_EQ(depot_->read(lab, sha256(content), Bytes(0), Bytes(10)).error().code, ErrorCode::not_found);
    EXPECT_EQ(depot_->use_of(lab).used, Bytes(0));
    EXPECT_EQ(depot_->use_of(studio).used, Bytes(10));
    EXPECT_EQ(depot_->total_use().used, Bytes(10));
    EXPECT_EQ(read_all(content, studio), content);
    EXPECT_EQ(files_in("blobs"), 1U);
    open(quota);
  }
  EXPECT_PROGRESS(put_all(content, lab), 10, true);
}

TEST_F(DepotDropTest, WhatWasUsedSinceStays) {
  // New content, and content whose owner has just asked for it, is not among what may go, nor dropped when asked to.
  const std::string old = "old";
  const std::string asked = "asked for";
  EXPECT_PROGRESS(put_all(old), 3, true);
  EXPECT_PROGRESS(put_all(asked), 9, true);
  const UnixTime since = clock_.time + Duration::hours(1);
  clock_.time = since;
  EXPECT_PROGRESS(depot_->progress(lab, sha256(asked)), 9, true);
  EXPECT_PROGRESS(put_all("new"), 3, true);
  const std::vector<StoredContent> unused = depot_->unused_since(since, {}, 10);
  EXPECT_EQ(unused, (std::vector<StoredContent>{{sha256(old), lab}}));
  EXPECT_FALSE(depot_->drop({sha256(asked), lab}, since).value());
  EXPECT_EQ(read_all(asked), asked);
}

TEST_F(DepotDropTest, WhatMayGoIsListedInParts) {
  // Pages of two after the last one seen name everything once, in order, a content of two senders too.
  std::vector<StoredContent> all;
  for (int i = 0; i < 7; ++i) {
    const std::string content = "content " + std::to_string(i);
    const OrganisationId owner = i % 2 == 0 ? lab : studio;
    EXPECT_PROGRESS(put_all(content, {owner, guian}), 9, true);
    EXPECT_PROGRESS(put_all(content, {owner, CentreId(5)}), 9, true);
    all.push_back({sha256(content), owner});
  }
  std::ranges::sort(all);
  std::vector<StoredContent> listed;
  for (StoredContent after;;) {
    const auto page = depot_->unused_since(clock_.time + Duration::seconds(1), after, 2);
    if (page.empty()) break;
    listed.insert(listed.end(), page.begin(), page.end());
    after = page.back();
  }
  EXPECT_EQ(listed, all);
}

TEST_F(DepotDropTest, AbandonedUploadsGoWhileTheDepotIsOpen) {
  // As at a start: what nobody has added to for 7 days frees its space; what is younger goes on.
  EXPECT_PROGRESS(put(std::string(60, 'a'), 0, 50), 50, false);
  EXPECT_PROGRESS(put(std::string(60, 'b'), 0, 30), 30, false);
  const auto now = std::filesystem::file_time_type::clock::now();
  for (const auto& part : std::filesystem::directory_iterator(root_ / "depot/uploads")) {
    const bool is_old = part.file_size() == 50;
    std::filesystem::last_write_time(part, now - std::chrono::hours(is_old ? 7 * 24 + 1 : 7 * 24 - 1));
  }
  EXPECT_EQ(depot_->drop_abandoned_uploads().value(), 1U);
  EXPECT_EQ(depot_->use_of(lab).used, Bytes(30));
  EXPECT_PROGRESS(put(std::string(60, 'b'), 30, 60), 60, true);
}

TEST_F(DepotDropTest, AnUploadOfWhatIsThereByNowIsDropped) {
  // What a customer has half sent is of no use once a centre has brought the same: the space comes back at once.
  const std::string content(60, 'a');
  EXPECT_PROGRESS(put(content, 0, 50), 50, false);
  EXPECT_PROGRESS(put_all(content, {lab, guian}), 60, true);
  EXPECT_EQ(depot_->use_of(lab).used, Bytes(110));
  EXPECT_EQ(depot_->drop_abandoned_uploads().value(), 1U);
  EXPECT_EQ(depot_->use_of(lab).used, Bytes(60));
  EXPECT_PROGRESS(depot_->progress(lab, sha256(content)), 60, true);
}

TEST_F(DepotDropTest, LogsGoWithTheirSpace) {
  // The attempts that have logs are listed; one's logs go, the other's stay.
  const AttemptKey first{JobId(1), 0, 1};
  const AttemptKey second{JobId(1), 1, 1};
  for (const AttemptKey& each : {second, first}) {
    ASSERT_TRUE(depot_->append_log(each, "stdout", Bytes(0), "12345"));
  }
  EXPECT_EQ(depot_->attempts_with_logs().value(), (std::vector<AttemptKey>{first, second}));
  ASSERT_TRUE(depot_->drop_logs(first));
  ASSERT_TRUE(depot_->drop_logs(first)) << "again: it may be gone";
  EXPECT_EQ(depot_->attempts_with_logs().value(), (std::vector<AttemptKey>{second}));
  EXPECT_EQ(depot_->total_use().used, Bytes(5));
  EXPECT_EQ(depot_->read_log(first, "stdout", Bytes(0), Bytes(5)).value(), "");
}

}  // namespace
}  // namespace dayan::depot
