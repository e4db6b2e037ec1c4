#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "depot/depot_fixture.h"

namespace dayan::depot {
namespace {

TEST_F(DepotTest, ContentComesInChunksAndIsReadInParts) {
  // Three chunks make the content whole; any part of it can be read, also across its end and beyond.
  const std::string content = "大衍 is made of chunks";
  EXPECT_PROGRESS(depot_->progress(lab, sha256(content)), 0, false);
  EXPECT_PROGRESS(put(content, 0, 5), 5, false);
  EXPECT_PROGRESS(put(content, 5, 9), 9, false);
  EXPECT_PROGRESS(depot_->progress(lab, sha256(content)), 9, false);
  EXPECT_EQ(depot_->read(lab, sha256(content), Bytes(0), Bytes(5)).error().code, ErrorCode::not_found);
  EXPECT_EQ(depot_->size(lab, sha256(content)).error().code, ErrorCode::not_found);
  EXPECT_PROGRESS(put(content, 9, content.size()), content.size(), true);
  EXPECT_PROGRESS(depot_->progress(lab, sha256(content)), content.size(), true);
  EXPECT_EQ(depot_->size(lab, sha256(content)).value(), Bytes(std::ssize(content)));
  EXPECT_EQ(read_all(content), content);
  EXPECT_EQ(depot_->read(lab, sha256(content), Bytes(7), Bytes(2)).value(), "is");
  EXPECT_EQ(depot_->read(lab, sha256(content), Bytes(std::ssize(content) - 6), Bytes(100)).value(), "chunks");
  EXPECT_EQ(depot_->read(lab, sha256(content), Bytes(1000), Bytes(1)).value(), "");
}

TEST_F(DepotTest, EmptyContentIsContent) {
  // Nothing at all has a digest too; a chunk of nothing makes it whole.
  EXPECT_PROGRESS(put_all(""), 0, true);
  EXPECT_EQ(depot_->size(lab, sha256("")).value(), Bytes(0));
  EXPECT_EQ(read_all(""), "");
}

TEST_F(DepotTest, AnUploadGoesOnAfterARestart) {
  // What had come before the restart is known, need not come again, and the digest still covers all of it.
  const std::string content(100'000, 'x');
  EXPECT_PROGRESS(put(content, 0, 60'000), 60'000, false);
  open(roomy);
  EXPECT_PROGRESS(depot_->progress(lab, sha256(content)), 60'000, false);
  EXPECT_PROGRESS(put(content, 60'000, 70'000), 70'000, false);
  open(roomy);
  EXPECT_PROGRESS(put(content, 70'000, 100'000), 100'000, true);
  open(roomy);
  EXPECT_EQ(read_all(content), content);
  EXPECT_EQ(files_in("uploads"), 0U);
}

TEST_F(DepotTest, APartThatWasDamagedIsNotTakenForTheContent) {
  // A byte of the part file changes while the depot is closed: the end of the upload says so, and a new one succeeds.
  const std::string content(1000, 'x');
  EXPECT_PROGRESS(put(content, 0, 500), 500, false);
  depot_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(root_ / "depot/uploads")) {
    std::fstream(entry.path(), std::ios::in | std::ios::out | std::ios::binary).put('y');
  }
  open(roomy);
  EXPECT_EQ(put(content, 500, 1000).error().code, ErrorCode::corrupt);
  EXPECT_PROGRESS(put_all(content), 1000, true);
  EXPECT_EQ(read_all(content), content);
}

TEST_F(DepotTest, ARepeatedChunkIsFine) {
  // Chunks that are there already, in part or whole, before and after completion, change nothing.
  const std::string content = "0123456789";
  EXPECT_PROGRESS(put(content, 0, 6), 6, false);
  EXPECT_PROGRESS(put(content, 0, 6), 6, false);
  EXPECT_PROGRESS(put(content, 2, 4), 6, false);
  EXPECT_PROGRESS(put(content, 4, 8), 8, false);
  EXPECT_PROGRESS(put(content, 4, 10), 10, true);
  EXPECT_PROGRESS(put(content, 0, 6), 10, true);
  EXPECT_EQ(read_all(content), content);
}

TEST_F(DepotTest, AGapIsRefusedWithWhereToGoOn) {
  // A chunk that begins too late names the byte that is wanted next, and leaves nothing behind.
  const std::string content = "0123456789";
  EXPECT_EQ(put(content, 3, 5).error().code, ErrorCode::invalid);
  EXPECT_PROGRESS(put(content, 0, 4), 4, false);
  const auto gap = put(content, 7, 10);
  ASSERT_FALSE(gap);
  EXPECT_EQ(gap.error().code, ErrorCode::invalid);
  EXPECT_EQ(gap.error().field, "offset");
  EXPECT_EQ(gap.error().right, "go on at byte 4");
  EXPECT_PROGRESS(put(content, 4, 10), 10, true);
}

TEST_F(DepotTest, TheWrongDigestDropsTheUpload) {
  // Content that is not what its digest says is dropped whole, its space is free again, and the right one may come.
  open({Bytes(10), Bytes(10)});
  const std::string content = "0123456789";
  const auto wrong = depot_->put_chunk(lab, sha256(content), Bytes(10), Bytes(0), "012345678x");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::corrupt);
  EXPECT_EQ(files_in("uploads") + files_in("blobs"), 0U);
  EXPECT_PROGRESS(depot_->progress(lab, sha256(content)), 0, false);
  EXPECT_PROGRESS(put_all(content), 10, true);
}

TEST_F(DepotTest, ChunksOutsideTheContentAreRefused) {
  // Each bad argument is one error that names it.
  const Digest digest = sha256("x");
  const auto field = [&](OrganisationId owner, std::int64_t size, std::int64_t offset, std::string_view chunk) {
    const auto refused = depot_->put_chunk(owner, digest, Bytes(size), Bytes(offset), chunk);
    EXPECT_FALSE(refused);
    if (refused) return std::string();
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    return refused.error().field;
  };
  EXPECT_EQ(field(OrganisationId(), 1, 0, "x"), "owner");
  EXPECT_EQ(field(lab, -1, 0, ""), "size");
  EXPECT_EQ(field(lab, 1, -1, "x"), "offset");
  EXPECT_EQ(field(lab, 1, 0, "xx"), "offset");
  EXPECT_EQ(field(lab, 1, std::numeric_limits<std::int64_t>::max(), "x"), "offset");
  EXPECT_EQ(field(lab, 100'000'000, 0, std::string(8'000'001, 'x')), "length");
  EXPECT_EQ(depot_->read(lab, digest, Bytes(-1), Bytes(1)).error().field, "offset");
  EXPECT_EQ(depot_->read(lab, digest, Bytes(0), Bytes(8'000'001)).error().field, "length");
  EXPECT_EQ(files_in("uploads"), 0U);
}

TEST_F(DepotTest, ASizeThatShrinksIsRefused) {
  // Once more has come than a chunk's size says, that chunk is wrong about the content.
  const std::string content = "0123456789";
  EXPECT_PROGRESS(put(content, 0, 6), 6, false);
  const auto refused = depot_->put_chunk(lab, sha256(content), Bytes(4), Bytes(0), "0123");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "size");
  EXPECT_PROGRESS(put(content, 6, 10), 10, true);
}

TEST_F(DepotTest, AnOrganisationsQuotaHoldsAtTheStartOfAnUpload) {
  // Content that will not fit is refused with its first byte, with the figures; another organisation has its own.
  open({Bytes(1000), Bytes(100)});
  EXPECT_PROGRESS(put_all(std::string(60, 'a')), 60, true);
  const std::string large(50, 'b');
  const auto refused = put(large, 0, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
  EXPECT_EQ(refused.error().wrong,
            "your organisation's depot quota is full: 50B more are wanted, 60B of 100B are used");
  EXPECT_EQ(files_in("uploads"), 0U);
  EXPECT_PROGRESS(put_all(large, studio), 50, true);
  EXPECT_PROGRESS(put_all(std::string(40, 'c')), 40, true);
  EXPECT_EQ(put_all("d").error().code, ErrorCode::exhausted);
}

TEST_F(DepotTest, TheTotalQuotaHoldsForAllTogether) {
  // Two organisations within their own quotas meet the depot's.
  open({Bytes(100), Bytes(100)});
  EXPECT_PROGRESS(put_all(std::string(70, 'a'), lab), 70, true);
  const auto refused = put_all(std::string(31, 'b'), studio);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().wrong, "the depot is full: 31B more are wanted, 70B of 100B are used");
  EXPECT_PROGRESS(put_all(std::string(30, 'c'), studio), 30, true);
}

TEST_F(DepotTest, UsageIsCountedAgainAfterARestart) {
  // Whole content, parts and logs count as they did, each for its owner.
  const DepotQuota quota{Bytes(160), Bytes(100)};
  open(quota);
  EXPECT_PROGRESS(put_all(std::string(60, 'a')), 60, true);
  EXPECT_PROGRESS(put(std::string(40, 'b'), 0, 30), 30, false);
  ASSERT_TRUE(depot_->append_log(studio, {JobId(1), 0, 1}, "stdout", Bytes(0), std::string(20, 'l')));
  open(quota);
  EXPECT_EQ(put_all(std::string(11, 'c')).error().wrong,
            "your organisation's depot quota is full: 11B more are wanted, 90B of 100B are used");
  EXPECT_EQ(put_all(std::string(51, 'c'), studio).error().wrong,
            "the depot is full: 51B more are wanted, 110B of 160B are used");
  EXPECT_PROGRESS(put(std::string(40, 'b'), 30, 40), 40, true);
}

TEST_F(DepotTest, TheSameContentIsStoredOnceAndChargedToEach) {
  // A second organisation learns nothing of what is there, has to send all of it, and pays for it like the first; the
  // disk holds one file. Over a restart it stays so.
  const DepotQuota quota{Bytes(1000), Bytes(100)};
  open(quota);
  const std::string content(100, 'a');
  EXPECT_PROGRESS(put_all(content, lab), 100, true);
  EXPECT_PROGRESS(depot_->progress(studio, sha256(content)), 0, false);
  EXPECT_PROGRESS(put(content, 0, 10, studio), 10, false);
  EXPECT_EQ(read_all(content, studio), "(none)");
  EXPECT_EQ(depot_->size(studio, sha256(content)).error().code, ErrorCode::not_found);
  EXPECT_PROGRESS(put(content, 10, 100, studio), 100, true);
  EXPECT_EQ(read_all(content, studio), content);
  EXPECT_EQ(files_in("blobs"), 2U);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / "depot/blobs")) {
    EXPECT_TRUE(!entry.is_regular_file() || entry.hard_link_count() == 2U);
  }
  for (int start = 0; start < 2; ++start) {
    for (const OrganisationId each : {lab, studio}) {
      EXPECT_EQ(put_all("b", each).error().wrong,
                "your organisation's depot quota is full: 1B more are wanted, 100B of 100B are used");
      EXPECT_EQ(read_all(content, each), content);
    }
    open(quota);
  }
}

TEST_F(DepotTest, AForgedDigestProvesNothing) {
  // Who knows a digest but not the bytes gets nothing by sending others under it, and the holder keeps his.
  const std::string content = "0123456789";
  EXPECT_PROGRESS(put_all(content, lab), 10, true);
  const auto forged = depot_->put_chunk(studio, sha256(content), Bytes(10), Bytes(0), "012345678x");
  ASSERT_FALSE(forged);
  EXPECT_EQ(forged.error().code, ErrorCode::corrupt);
  EXPECT_EQ(read_all(content, studio), "(none)");
  EXPECT_EQ(read_all(content, lab), content);
}

TEST_F(DepotTest, WhatACentreBringsIsItsCustomers) {
  // A centre sends an output for an organisation: that one is charged and reads it. The centre does not learn that the
  // organisation has it already, and sending it then costs nothing more; a second of the same is complete at once.
  const DepotQuota quota{Bytes(1000), Bytes(20)};
  open(quota);
  const std::string content = "0123456789";
  EXPECT_PROGRESS(put_all(content, lab), 10, true);
  EXPECT_PROGRESS(depot_->progress({lab, guian}, sha256(content)), 0, false);
  EXPECT_PROGRESS(put(content, 0, 4, {lab, guian}), 4, false);
  open(quota);
  EXPECT_PROGRESS(depot_->progress({lab, guian}, sha256(content)), 4, false);
  EXPECT_PROGRESS(put(content, 4, 10, {lab, guian}), 10, true);
  const std::string output = "9876543210";
  EXPECT_PROGRESS(put_all(output, {lab, guian}), 10, true);
  open(quota);
  EXPECT_PROGRESS(depot_->progress({lab, guian}, sha256(output)), 10, true);
  EXPECT_PROGRESS(depot_->progress(lab, sha256(output)), 10, true);
  EXPECT_PROGRESS(depot_->progress({lab, CentreId(5)}, sha256(output)), 0, false);
  EXPECT_EQ(read_all(output, lab), output);
  EXPECT_EQ(read_all(output, studio), "(none)");
  EXPECT_EQ(put_all("x", {lab, guian}).error().wrong,
            "your organisation's depot quota is full: 1B more are wanted, 20B of 20B are used");
}

TEST_F(DepotTest, OneOwnersWrongBytesDoNotSpoilAnothersUpload) {
  // Another tenant sends wrong bytes under the same digest first: the upload of the one who has the content knows
  // nothing of them and ends well; the other's stays what it was, also over a restart.
  open({Bytes(20), Bytes(10)});
  const std::string content = "0123456789";
  EXPECT_PROGRESS(depot_->put_chunk(studio, sha256(content), Bytes(10), Bytes(0), "xxxx"), 4, false);
  EXPECT_PROGRESS(depot_->progress(lab, sha256(content)), 0, false);
  EXPECT_PROGRESS(put(content, 0, 2), 2, false);
  open({Bytes(20), Bytes(10)});
  EXPECT_PROGRESS(depot_->progress(studio, sha256(content)), 4, false);
  EXPECT_PROGRESS(depot_->progress(lab, sha256(content)), 2, false);
  EXPECT_PROGRESS(put(content, 2, 10), 10, true);
  EXPECT_EQ(read_all(content), content);
  EXPECT_PROGRESS(depot_->progress(studio, sha256(content)), 4, false);
  EXPECT_EQ(put(content, 4, 10, studio).error().code, ErrorCode::corrupt);
  EXPECT_EQ(files_in("uploads"), 0U);
  EXPECT_PROGRESS(put_all("9876543210", studio), 10, true);
}

TEST_F(DepotTest, AnUploadGivenUpIsRemovedAtTheNextStart) {
  // A part that nobody added to for over 7 days goes and its space is free; one a little younger stays.
  const std::string old(60, 'a');
  const std::string young(40, 'b');
  EXPECT_PROGRESS(put(old, 0, 50), 50, false);
  EXPECT_PROGRESS(put(young, 0, 30), 30, false);
  depot_.reset();
  const auto now = std::filesystem::file_time_type::clock::now();
  for (const auto& part : std::filesystem::directory_iterator(root_ / "depot/uploads")) {
    const bool is_old = part.file_size() == 50;
    std::filesystem::last_write_time(part, now - std::chrono::hours(is_old ? 7 * 24 + 1 : 7 * 24 - 1));
  }
  open({Bytes(90), Bytes(90)});
  EXPECT_EQ(files_in("uploads"), 1U);
  EXPECT_PROGRESS(depot_->progress(lab, sha256(old)), 0, false);
  EXPECT_PROGRESS(depot_->progress(lab, sha256(young)), 30, false);
  EXPECT_PROGRESS(put_all(std::string(50, 'c')), 50, true);
}

TEST_F(DepotTest, TwoOwnersSendTheSameContentAtOnce) {
  // Each sends all chunks side by side; the content ends whole for both, charged to each, with nothing left.
  open({Bytes(200'000), Bytes(100'000)});
  const std::string content(100'000, 'x');
  std::vector<std::thread> senders;
  for (const OrganisationId owner : {lab, studio}) {
    senders.emplace_back([&, owner] {
      for (std::size_t at = 0; at < content.size(); at += 1000) {
        const auto sent = put(content, at, at + 1000, owner);
        EXPECT_TRUE(sent) << to_text(sent.error());
      }
    });
  }
  for (auto& sender : senders) sender.join();
  for (const OrganisationId owner : {lab, studio}) {
    EXPECT_EQ(read_all(content, owner), content);
    EXPECT_EQ(put_all("y", owner).error().code, ErrorCode::exhausted);
  }
  EXPECT_EQ(files_in("blobs"), 2U);
  EXPECT_EQ(files_in("uploads"), 0U);
}

TEST_F(DepotTest, ManySendTheSameContentAtOnce) {
  // Four threads send the same chunks side by side; all end with the content whole, once, and nothing left over.
  const std::string content(200'000, 'x');
  std::vector<std::thread> senders;
  for (int sender = 0; sender < 4; ++sender) {
    senders.emplace_back([&] {
      for (std::size_t at = 0; at < content.size(); at += 1000) {
        const auto sent = put(content, at, at + 1000);
        EXPECT_TRUE(sent) << to_text(sent.error());
      }
    });
  }
  for (auto& sender : senders) sender.join();
  EXPECT_PROGRESS(depot_->progress(lab, sha256(content)), content.size(), true);
  EXPECT_EQ(read_all(content), content);
  EXPECT_EQ(files_in("blobs"), 1U);
  EXPECT_EQ(files_in("uploads"), 0U);
}

TEST_F(DepotTest, ContentCutOnTheDiskIsCorrupt) {
  // What someone else did to a file is told, and never read as if it were the content.
  const std::string content(1000, 'x');
  EXPECT_PROGRESS(put_all(content), 1000, true);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / "depot/blobs")) {
    if (entry.is_regular_file()) std::filesystem::resize_file(entry.path(), 10);
  }
  EXPECT_EQ(depot_->read(lab, sha256(content), Bytes(0), Bytes(10)).error().code, ErrorCode::corrupt);
}

TEST_F(DepotTest, ADamagedCopyIsNotPassedOn) {
  // A byte of the first holder's file was changed on the disk, its size was not: the second has the bytes that it sent.
  const std::string content(1000, 'x');
  EXPECT_PROGRESS(put_all(content, lab), 1000, true);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / "depot/blobs")) {
    if (entry.is_regular_file()) std::fstream(entry.path(), std::ios::in | std::ios::out) << 'y';
  }
  EXPECT_PROGRESS(put_all(content, studio), 1000, true);
  EXPECT_EQ(read_all(content, studio), content);
}

TEST_F(DepotTest, AFullDiskIsExhausted) {
  // A file that may not grow, as on a full disk: the chunk is refused, what came before stays, and it can go on
  // later.
  const std::string content(100'000, 'x');
  EXPECT_PROGRESS(put(content, 0, 10'000), 10'000, false);
  auto* const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit limited{50'000, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limited), 0);
  const auto refused = put(content, 10'000, 100'000);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
  EXPECT_PROGRESS(depot_->progress(lab, sha256(content)), 10'000, false);
  EXPECT_PROGRESS(put(content, 10'000, 100'000), 100'000, true);
  EXPECT_EQ(read_all(content), content);
}

TEST_F(DepotTest, ASecondProcessIsRefused) {
  // Two depots on one folder would count the quota twice: the second opener is told.
  const auto second = open_depot((root_ / "depot").string(), roomy, clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
}

TEST_F(DepotTest, StrangeFilesAreLeftAlone) {
  // A file that no depot wrote neither counts nor stops the start.
  depot_.reset();
  std::filesystem::create_directories(root_ / "depot/blobs/zz");
  for (const char* name : {"blobs/zz/notes.txt", "uploads/notes.part"})
    std::ofstream(root_ / "depot" / name) << "hello";
  open({Bytes(10), Bytes(10)});
  EXPECT_PROGRESS(put_all("0123456789"), 10, true);
  EXPECT_TRUE(std::filesystem::exists(root_ / "depot/blobs/zz/notes.txt"));
}

}  // namespace
}  // namespace dayan::depot
