#include "model/transfer.h"

#include <gtest/gtest.h>

#include "base/prng.h"

namespace dayan {
namespace {

InputFile file(const std::string& content, std::int64_t size) {
  return {"in/" + content, sha256(content), Bytes(size), false};
}

TEST(Transfer, EachContentCountsOnce) {
  // Two paths with one content cross once; what passes 64 bits does not wrap round.
  InputFile twin = file("a", 700);
  twin.path = "elsewhere";
  EXPECT_EQ(input_bytes_of({}), Bytes(0));
  EXPECT_EQ(input_bytes_of({file("a", 700), file("b", 30), twin}), Bytes(730));
  std::vector<InputFile> huge;
  for (const char* name : {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"})
    huge.push_back(file(name, bytes_max.value()));
  EXPECT_EQ(input_bytes_of(huge), bytes_max);
}

TEST(Transfer, TimeIsBytesOverBandwidthRoundedUp) {
  // To the microsecond; never so long that sums with it leave their range.
  EXPECT_EQ(transfer_time(Bytes(12'000'000'000), Bandwidth(100'000'000)), Duration::minutes(2));
  EXPECT_EQ(transfer_time(Bytes(1), Bandwidth(3'000'000)), Duration::microseconds(1));
  EXPECT_EQ(transfer_time(Bytes(), Bandwidth(1)), Duration());
  EXPECT_EQ(transfer_time(bytes_max, Bandwidth(1)), transfer_time_max);
}

TEST(Transfer, CostIsRoundedAsNamed) {
  // 0.05 yuan a GB: 12 GB are 0.60; a byte more is rounded up by a hold and down by a bill; no price, no cost.
  OfferRow offer;
  EXPECT_EQ(transfer_cost(offer, bytes_max, Rounding::up), Cny());
  offer.transfer_gb = Cny::micro(50'000);
  EXPECT_EQ(transfer_cost(offer, Bytes(12'000'000'000), Rounding::down), Cny::micro(600'000));
  EXPECT_EQ(transfer_cost(offer, Bytes(12'000'000'001), Rounding::down), Cny::micro(600'000));
  EXPECT_EQ(transfer_cost(offer, Bytes(12'000'000'001), Rounding::up), Cny::micro(600'001));
  offer.transfer_gb = Cny::yuan(100'000);
  EXPECT_FALSE(transfer_cost(offer, bytes_max, Rounding::up));
}

TEST(Transfer, ALeaseIsGivenTheTimeOfItsInputs) {
  // Nothing without inputs; by the link, or by the assumed one; a day at most.
  EXPECT_EQ(staging_allowance(Bytes(), std::nullopt), Duration());
  EXPECT_EQ(staging_allowance(Bytes(12'000'000'000), Bandwidth(100'000'000)), Duration::minutes(2));
  EXPECT_EQ(staging_allowance(Bytes(12'000'000'000), std::nullopt), Duration::minutes(20));
  EXPECT_EQ(staging_allowance(bytes_max, Bandwidth(100'000'000)), staging_allowance_max);
}

TEST(Transfer, AMeasuredLinkComesNearWhatItIsAndStaysThere) {
  // Little data says nothing; the first sample is taken; later ones draw it to within an eighth of what the link is, in
  // few steps, and then nothing changes any more.
  EXPECT_FALSE(measured_link(std::nullopt, link_sample_min - Bytes(1), Duration::seconds(1)));
  EXPECT_FALSE(measured_link(std::nullopt, link_sample_min, Duration()));
  EXPECT_EQ(measured_link(std::nullopt, Bytes(1'234'567'890), Duration::seconds(1)), Bandwidth(1'200'000'000));
  EXPECT_EQ(measured_link(std::nullopt, bytes_max, Duration::microseconds(1)), bandwidth_max);
  EXPECT_FALSE(measured_link(Bandwidth(100'000'000), Bytes(1'100'000'000), Duration::seconds(10)));
  Prng random(7);
  for (int round = 0; round < 1'000; ++round) {
    const std::int64_t is = std::int64_t{1'000} << random.below(30);
    std::optional<Bandwidth> known(Bandwidth(std::int64_t{1'000} << random.below(30)));
    const Bytes bytes(std::max(is * 20, link_sample_min.value()));
    int steps = 0;
    while (const auto next = measured_link(known, bytes, transfer_time(bytes, Bandwidth(is)))) {
      known = next;
      ASSERT_LT(++steps, 60);
    }
    EXPECT_LE(std::abs(known->value() - is), known->value() / 8 + 1);
  }
}

TEST(Transfer, BandwidthsAreReadAsTheyAreWritten) {
  // With and without a space; bits, sizes and nonsense are refused with what would be right.
  EXPECT_EQ(parse_bandwidth("100MB/s").value(), Bandwidth(100'000'000));
  EXPECT_EQ(parse_bandwidth("1.5 GB/s").value(), Bandwidth(1'500'000'000));
  EXPECT_EQ(to_text(Bandwidth(1'500'000'000)), "1.5GB/s");
  for (const char* wrong :
       {"", "/s", "100MB", "0MB/s", "100Mbit/s", "100Mb/s", "MB/s", "-1MB/s", "200TB/s", "1 00MB /s"})
    EXPECT_FALSE(parse_bandwidth(wrong)) << wrong;
  EXPECT_NE(parse_bandwidth("100Mbit/s").error().wrong.find("bits"), std::string::npos);
}

}  // namespace
}  // namespace dayan
