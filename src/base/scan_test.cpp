#include "base/scan.h"

#include <gtest/gtest.h>

#include <limits>

namespace dayan {
namespace {

// An error quotes at most 64 bytes, cuts between characters and shows no control character.
TEST(Scan, Quotes) {
  EXPECT_EQ(quote(""), "''");
  EXPECT_EQ(quote("abc"), "'abc'");
  EXPECT_EQ(quote(std::string(64, 'a')), "'" + std::string(64, 'a') + "'");
  EXPECT_EQ(quote(std::string(65, 'a')), "'" + std::string(64, 'a') + "'");
  EXPECT_EQ(quote(std::string(63, 'a') + "元"), "'" + std::string(63, 'a') + "'");
  EXPECT_EQ(quote(std::string(61, 'a') + "元b"), "'" + std::string(61, 'a') + "元'");
  EXPECT_EQ(quote(std::string(200, '\x80')), "''");
  EXPECT_EQ(quote(std::string_view("a\nb\0c\x7f", 6)), "'a?b?c?'");
}

// Digits are the ten ASCII ones: bytes of other digits and characters end a number.
TEST(Scan, TakesDigits) {
  std::string_view text = "12a";
  EXPECT_EQ(take_digits(text), "12");
  EXPECT_EQ(text, "a");
  EXPECT_EQ(take_digits(text), "");
  EXPECT_TRUE(take(text, 'a'));
  EXPECT_FALSE(take(text, 'a'));
  std::string_view wide = "１";
  EXPECT_EQ(take_digits(wide), "");
}

// Numbers are exact up to the largest int64 and refused one above it.
TEST(Scan, Numbers) {
  EXPECT_EQ(number_of("0"), 0);
  EXPECT_EQ(number_of("0042"), 42);
  EXPECT_EQ(number_of("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(number_of("9223372036854775808"), std::nullopt);
  EXPECT_EQ(number_of("99999999999999999999"), std::nullopt);
}

// A whole number is digits and nothing else.
TEST(Scan, WholeNumbers) {
  EXPECT_EQ(whole_number("17"), 17);
  for (const char* text : {"", "17s", " 17", "-1", "1.5", "9223372036854775808"})
    EXPECT_EQ(whole_number(text), std::nullopt) << text;
}

// Decimals are scaled by their place, not by their count.
TEST(Scan, Fractions) {
  EXPECT_EQ(fraction_of("", 6), 0);
  EXPECT_EQ(fraction_of("5", 6), 500'000);
  EXPECT_EQ(fraction_of("000001", 6), 1);
  EXPECT_EQ(fraction_of("999999999999999999", 18), 999'999'999'999'999'999);
}

// Decimals are written to the last that is not zero, of negative numbers and of the least one too.
TEST(Scan, DecimalTexts) {
  EXPECT_EQ(decimal_text(0, 3), "0");
  EXPECT_EQ(decimal_text(1'500, 3), "1.5");
  EXPECT_EQ(decimal_text(12'000, 3), "12");
  EXPECT_EQ(decimal_text(7, 3), "0.007");
  EXPECT_EQ(decimal_text(-250, 3), "-0.25");
  EXPECT_EQ(decimal_text(120, 0), "120");
  EXPECT_EQ(decimal_text(std::numeric_limits<std::int64_t>::min(), 18), "-9.223372036854775808");
}

// The magnitude of the least int64 is exact, although its negation does not fit.
TEST(Scan, Magnitude) {
  EXPECT_EQ(magnitude(std::numeric_limits<std::int64_t>::min()), 9'223'372'036'854'775'808U);
  EXPECT_EQ(magnitude(-1), 1U);
  EXPECT_EQ(magnitude(7), 7U);
}

// Padding fills up to the width and never cuts.
TEST(Scan, Padded) {
  EXPECT_EQ(padded(7, 2), "07");
  EXPECT_EQ(padded(12345, 4), "12345");
}

}  // namespace
}  // namespace dayan
