#include "base/readable.h"

#include <gtest/gtest.h>

namespace dayan {
namespace {

// A size is rounded to a tenth of the unit that fits it, and what rounds to a thousand takes the next unit.
TEST(Readable, SizesAreRounded) {
  EXPECT_EQ(readable(Bytes(0)), "0B");
  EXPECT_EQ(readable(Bytes(999)), "999B");
  EXPECT_EQ(readable(Bytes(1'049)), "1kB");
  EXPECT_EQ(readable(Bytes(41'948'459)), "41.9MB");
  EXPECT_EQ(readable(Bytes(1'250'000)), "1.3MB");
  EXPECT_EQ(readable(Bytes(960'000)), "960kB");
  EXPECT_EQ(readable(Bytes(999'949)), "999.9kB");
  EXPECT_EQ(readable(Bytes(999'950)), "1MB");
  EXPECT_EQ(readable(Bytes(999'999'999'999)), "1TB");
  EXPECT_EQ(readable(bytes_max), "1000PB");
  EXPECT_EQ(readable(Bytes(-1'500'000)), "-1.5MB");
  EXPECT_EQ(readable(Bytes(INT64_MIN)), "-9223.4PB");
}

// What is left is never said to be more than it is.
TEST(Readable, WhatIsLeftIsCutOff) {
  EXPECT_EQ(readable_down(Bytes(999)), "999B");
  EXPECT_EQ(readable_down(Bytes(999'999)), "999.9kB");
  EXPECT_EQ(readable_down(Bytes(1'999'999)), "1.9MB");
  EXPECT_EQ(readable_down(Bytes(2'000'000)), "2MB");
}

// A measured link is no more exact to a reader than a size.
TEST(Readable, BandwidthsAreRoundedToo) {
  EXPECT_EQ(readable(Bandwidth(12'345'678)), "12.3MB/s");
  EXPECT_EQ(readable(Bandwidth(100'000'000)), "100MB/s");
}

}  // namespace
}  // namespace dayan
